"""Bars: one number each, such as the scores or the probabilities of many classes."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from manim import Line, Rectangle, VGroup

from nn_unfold.errors import UnfoldError
from nn_unfold.flat.plots import Plot
from nn_unfold.theme import theme

_FILLED = 0.72  # of the distance from one bar to the next


class Bars(Plot):
    """Bars in a plot, numbered from 1 and as high as some values.

    Args:
        values: (n,) to start with.
        y: (low, high), the range of the values; it holds 0, on which the bars stand.
        size: (width, height) of the part inside the axes, in frame units.
        options: of Plot.

    Attributes:
        values: (n,) what they show.
        bars: a VGroup of n rectangles, to colour one by one.

    Raises:
        UnfoldError: for a range without 0.
    """

    def __init__(
        self, values: np.ndarray, y: tuple[float, float], *, size: tuple[float, float] = (3.0, 2.0), **options: Any
    ) -> None:
        if not y[0] <= 0 <= y[1]:
            raise UnfoldError(f"Bars stand on 0, which the range {y[0]:g} to {y[1]:g} does not hold: widen it.")
        n, tokens = len(values), theme()
        super().__init__((0.5, n + 0.5), y, size=size, **options)
        self.bars = VGroup(*(Rectangle(stroke_width=0) for _ in range(n)))
        self.bars.set_fill(tokens.positive, opacity=1)
        self.add(self.bars)
        if y[0] < 0:
            ends = self.place([[0.5, 0.0], [n + 0.5, 0.0]])
            self.lines.add(Line(*ends, stroke_color=tokens.faint, stroke_width=tokens.axis_width))
        self.set_values(values)

    def set_values(self, values: np.ndarray) -> Self:
        """Show these values (n,), wherever the plot now is.

        Raises:
            UnfoldError: for another number of values.
        """
        self.values = np.asarray(values, dtype=float)
        if self.values.shape != (len(self.bars),):
            raise UnfoldError(f"There are {len(self.bars)} bars, but the values have shape {self.values.shape}.")
        low, high = self.ranges[1]
        for number, (bar, value) in enumerate(zip(self.bars, np.clip(self.values, low, high), strict=True), start=1):
            left, right = number - _FILLED / 2, number + _FILLED / 2
            corners = self.place([[left, 0.0], [right, 0.0], [right, value], [left, value], [left, 0.0]])
            bar.set_points_as_corners(corners)
        return self
