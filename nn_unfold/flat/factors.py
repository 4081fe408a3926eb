"""A layer taken apart in numbers: what each factor is, and what all have made so far."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import Animation, AnimationGroup, Mobject, VGroup, VMobject

from nn_core.interpolation import factors
from nn_core.network import Layer
from nn_unfold.motion.flows import AffineFlow
from nn_unfold.motion.follow import Follow
from nn_unfold.text.formulas import formula
from nn_unfold.text.labels import label, stack
from nn_unfold.text.numbers import LiveMatrix
from nn_unfold.theme import theme


def single_flows(layer: Layer, *mobjects: Mobject) -> list[AffineFlow]:
    """The affine map of a layer as flows that do one thing each, in the order in which they act; the last one slides.

    Args:
        layer: up to 3 inputs and outputs.
        mobjects: what moves.
    """
    parts = [Layer(factor.matrix, np.zeros(len(factor.matrix))) for factor in factors(layer.weight)]
    return [AffineFlow(*mobjects, layer=part) for part in [*parts, Layer(np.eye(layer.n_out), layer.bias)]]


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

    def __init__(self, n_in: int, n_rows: int, **options: Any) -> None:
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


class FactorMatrix(LiveMatrix):
    """What a flow does, in numbers: its matrix, or where it moves everything by the same amount, its bias.

    Args:
        flow: that will be played.
        options: of LiveMatrix.
    """

    def __init__(self, flow: AffineFlow, **options: Any) -> None:
        self.of_bias = bool(flow.layer.bias.any())
        super().__init__(self._numbers(flow, 0.0), **options)

    def follow(self, flow: AffineFlow) -> Follow:
        """An animation that keeps the numbers on the flow while this runs."""
        return Follow(self, lambda t: [self._numbers(flow, t)], self.set_values, run_time=flow.run_time)

    def _numbers(self, flow: AffineFlow, t: float) -> np.ndarray:
        weight, bias = flow.numbers(t)
        return bias[:, None] if self.of_bias else weight


class TakenApart:
    """A layer in formula and numbers: its factors, what those have made that have acted, and its weight matrix.

    Args:
        layer: that is taken apart.
        equation: in Typst's notation, with parts that can be marked as ``{{U: u}}``.

    Attributes:
        equation: the formula.
        product: of the flows that have acted.
        column: what is to be put aside, the equation first.
    """

    def __init__(self, layer: Layer, equation: str) -> None:
        tokens = theme()
        options: dict[str, Any] = {"digits": len(f"{np.abs(layer.weight).max():.0f}"), "size": 0.75 * tokens.label_size}
        self.equation, self.marked = formula(equation), VGroup()
        self.product = Product(layer.n_in, max(layer.weight.shape), **options)
        whole = LiveMatrix(layer.weight, **options)
        matrices = stack(titled("so far", self.product), titled("weight matrix", whole), gap=0.25)
        self.column = [self.equation, matrices]

    def mark(self, part: str) -> Animation:
        """An animation that gives one part of the equation the accent colour, and takes it from the one before."""
        before, self.marked = self.marked, self.equation.select(part)
        changes = [self.marked.animate.set_color(theme().accent).build()]
        if len(before):
            changes.insert(0, before.animate.set_color(theme().ink).build())
        return AnimationGroup(*changes, run_time=theme().breath)


def titled(title: str, mobject: VMobject, *, colour: str | None = None) -> VGroup:
    """A mobject below its name, a message in English, which is faint if it has no colour."""
    tokens = theme()
    return stack(label(title, size=0.8 * tokens.label_size, colour=colour or tokens.faint), mobject, gap=0.15)
