"""A layer taken apart in numbers: what each factor is, and what all have made so far."""

from __future__ import annotations

import numpy as np
from manim import VGroup, VMobject

from scenes.kit.motion import AffineFlow
from scenes.kit.theme import theme
from scenes.kit.writing import Follow, LiveMatrix, label, stack


class Product(LiveMatrix):
    """The product of the matrices of one flow after another: what they have made of the axes so far.

    Rows of dimensions that are not there yet, or no more, stay empty.

    Args:
        n_in: of how many dimensions the first flow sets out.
        n_rows: the most dimensions on the way.
        options: of LiveMatrix.

    Attributes:
        matrix: (3, n_in) the product, with zeros below its last row.
    """

    def __init__(self, n_in: int, n_rows: int, **options: int) -> None:
        self.matrix = np.eye(3, n_in)
        super().__init__(self._filled(self.matrix, n_in, n_rows), **options)

    def multiply(self, flow: AffineFlow) -> Follow:
        """An animation that multiplies with the matrix of a flow while this runs."""
        before, rows, layer = self.matrix, self.rows, flow.layer
        self.matrix = flow.matrix(1.0)[0] @ before

        def values(t: float) -> list[np.ndarray]:
            width = max(layer.n_in, layer.n_out) if t < 1 else layer.n_out
            return [Product._filled(flow.matrix(t)[0] @ before, width, rows)]

        return Follow(self, values, self.set_values, run_time=flow.run_time)

    @staticmethod
    def _filled(matrix: np.ndarray, width: int, rows: int) -> np.ndarray:
        filled = np.full((rows, matrix.shape[1]), np.nan)
        filled[:width] = matrix[:width]
        return filled


class Act(LiveMatrix):
    """What a flow does, in numbers: its matrix, or where it moves everything by the same amount, its bias.

    Args:
        flow: that will be played.
        options: of LiveMatrix.
    """

    def __init__(self, flow: AffineFlow, **options: int) -> None:
        self.of_bias = bool(flow.layer.bias.any())
        super().__init__(self._numbers(flow, 0.0), **options)

    def follow(self, flow: AffineFlow) -> Follow:
        """An animation that keeps the numbers on the flow while this runs."""
        return Follow(self, lambda t: [self._numbers(flow, t)], self.set_values, run_time=flow.run_time)

    def _numbers(self, flow: AffineFlow, t: float) -> np.ndarray:
        weight, bias = flow.numbers(t)
        return bias[:, None] if self.of_bias else weight


def titled(title: str, mobject: VMobject, *, colour: str | None = None) -> VGroup:
    """A mobject below its name, a message in English, which is faint if it has no colour."""
    tokens = theme()
    return stack(label(title, size=0.8 * tokens.label_size, colour=colour or tokens.faint), mobject, gap=0.15)
