"""A tally: counts below each other, and their sum, that run up while one watches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from manim import RIGHT, Line, VGroup, VMobject

from nn_unfold.motion.follow import Follow
from nn_unfold.text.labels import label, stand
from nn_unfold.text.numbers import LiveMatrix
from nn_unfold.theme import theme

_PITCH = 1.9  # heights of a digit from one row to the next
_GAP = 0.3  # frame units between names and numbers


class Tally(VGroup):
    """Whole numbers with their names, one below the other, and below a line the sum of what has been counted.

    Args:
        names: of the numbers.
        counts: (n,) how many there are of each.

    Attributes:
        counts: (n,) as given.
        counted: how many of them are counted so far; 2.5 is two and one half of the third.
        total: the number below the line.
    """

    def __init__(self, names: Sequence[VMobject], counts: Sequence[int]) -> None:
        tokens = theme()
        self.counts, self.counted = np.array(counts), 0.0
        size, digits = 0.95 * tokens.label_size, len(str(sum(counts)))
        names = [*names, label("together", size=size)]
        numbers = [LiveMatrix([[np.nan]], decimals=0, digits=digits, brackets=False, size=size) for _ in names]
        self.numbers = VGroup(*numbers)
        left = max(name.width for name in names) + _GAP
        room = numbers[0].columns_wide * numbers[0].advance
        for row, (name, number) in enumerate(zip(names, numbers, strict=True)):
            height = -_PITCH * number.unit * (row + 0.4 * (row == len(counts)))
            number.shift(np.array([left, height, 0.0]) - number.frame.points[0])
            stand(name, height).shift(RIGHT * (left - _GAP - name.get_right()[0]))
        over = numbers[-1].frame.points[0] + np.array([0.0, 1.5 * numbers[-1].unit, 0.0])
        line = Line(np.array([0.0, over[1], 0.0]), over + room * RIGHT)
        line.set_stroke(tokens.faint, width=tokens.line_width)
        super().__init__(*names, line, self.numbers)
        self.show_counted(0.0)

    @property
    def total(self) -> int:
        """The sum that stands below the line."""
        return int(self._values()[-1])

    def show_counted(self, counted: float) -> Self:
        """Show the first of the counts, the last of these in part; what is not yet reached has no number."""
        self.counted = counted
        for number, value in zip(self.numbers, self._values(), strict=True):
            number.set_values([[value]])
        return self

    def count(self, start: int, stop: int, **options: Any) -> Follow:
        """An animation that counts from one row to another: all rows from `start` to before `stop`."""
        return Follow(self, lambda t: [(1 - t) * start + t * stop], self.show_counted, **options)

    def _values(self) -> np.ndarray:
        shares = np.clip(self.counted - np.arange(len(self.counts)), 0.0, 1.0)
        seen = np.floor(shares * self.counts + 1e-9)
        return np.append(np.where(shares > 0, seen, np.nan), seen.sum() if shares.any() else np.nan)
