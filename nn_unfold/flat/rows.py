"""Bars that lie: one number a row, with what it belongs to before it and its digits behind it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Self

import numpy as np
from manim import RIGHT, UP, Line, Rectangle, VGroup, VMobject

from nn_unfold.errors import UnfoldError
from nn_unfold.text.numbers import Frame, LiveMatrix
from nn_unfold.theme import theme

_FILLED = 0.62  # of the height of a row, by its bar
_GAP = 0.15  # frame units between the head of a row, its bar and its number
_QUIET = 0.35  # the opacity of rows that are not marked


class RowBars(VGroup):
    """Rows of a head, a bar as long as a number, and that number.

    Args:
        heads: what stands before each bar: names, formulas, pictures.
        values: (n,) to start with.
        ends: (low, high), where the bars end; it holds 0, on which they stand.
        size: (width, height) of all of it, in frame units.
        decimals: of the numbers.

    Attributes:
        values: (n,) what the rows show.
        bars: a VGroup of n rectangles.

    Raises:
        UnfoldError: for ends without 0, or not one head for each value.
    """

    def __init__(
        self,
        heads: Sequence[VMobject],
        values: np.ndarray,
        ends: tuple[float, float],
        *,
        size: tuple[float, float] = (3.0, 3.0),
        decimals: int = 2,
    ) -> None:
        if not ends[0] <= 0 <= ends[1] or ends[0] == ends[1]:
            raise UnfoldError(f"Bars stand on 0, which {ends[0]:g} to {ends[1]:g} does not hold: widen it.")
        n, tokens = len(heads), theme()
        self.ends = ends
        pitch = size[1] / n
        digits = len(f"{max(abs(end) for end in ends):.0f}")
        numbers = [
            LiveMatrix([[0.0]], decimals=decimals, digits=digits, brackets=False, size=0.9 * tokens.label_size)
            for _ in range(n)
        ]
        self.numbers = VGroup(*numbers)
        room = numbers[0].columns_wide * numbers[0].advance
        left = max(head.width for head in heads) + _GAP
        right = size[0] - room - _GAP
        # The frame remembers where the rows were moved and scaled to: the upper left corner, right end, lower end.
        self.frame = Frame(np.array([left * RIGHT, right * RIGHT, left * RIGHT - size[1] * UP, left * RIGHT]))
        self.heads = VGroup(*heads)
        rows = -pitch * (np.arange(n) + 0.5)
        for head, number, row in zip(self.heads, self.numbers, rows, strict=True):
            head.move_to(np.array([(left - _GAP) / 2, row, 0.0]))
            number.centre_on(np.array([size[0] - room / 2, row, 0.0]))
        self.bars = VGroup(*(Rectangle(stroke_width=0) for _ in range(n)))
        zero = left + (right - left) * -ends[0] / (ends[1] - ends[0])
        foot = Line(zero * RIGHT, zero * RIGHT - size[1] * UP)
        foot.set_stroke(tokens.faint, width=tokens.axis_width)
        super().__init__(self.frame, self.bars, foot, self.heads, self.numbers)
        self.set_values(values)

    def set_values(self, values: np.ndarray) -> Self:
        """Show these values (n,), wherever the rows now are; a bar ends where the range does, its number does not.

        Raises:
            UnfoldError: for another number of values.
        """
        self.values = np.asarray(values, dtype=float)
        n = len(self.bars)
        if self.values.shape != (n,):
            raise UnfoldError(f"There are {n} rows, but the values have shape {self.values.shape}.")
        tokens = theme()
        low, high = self.ends
        corner, right, foot = self.frame.points[:3]
        along, down = (right - corner) / (high - low), (foot - corner) / n
        start = corner - low * along
        for row, (bar, number, value) in enumerate(zip(self.bars, self.numbers, self.values, strict=True)):
            upper, lower = (start + (row + 0.5 + half * _FILLED) * down for half in (-0.5, 0.5))
            length = float(np.clip(value, low, high)) * along
            bar.set_points_as_corners([lower, lower + length, upper + length, upper, lower])
            bar.set_fill(tokens.positive if value >= 0 else tokens.negative, opacity=bar.get_fill_opacity() or 1.0)
            number.set_values([[value]])
        return self

    def mark(self, rows: Collection[int]) -> Self:
        """Let some rows stand out, and dim all others; of none given, show all alike."""
        for row, parts in enumerate(zip(self.bars, self.heads, self.numbers, strict=True)):
            for part in parts:
                part.set_fill(opacity=1.0 if row in rows or not rows else _QUIET)
        return self
