"""Backpropagation in numbers: derivatives on a diagram, and formulas with live numbers below their terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import RIGHT, UP, Animation, VGroup

from nn_core.losses import LOSSES, Loss
from nn_core.network import Gradient, Layer, Network
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.text.formulas import formula
from nn_unfold.text.numbers import LiveMatrix
from nn_unfold.theme import theme

Numbers = Sequence[Layer] | Sequence[Gradient]
"""A weight (n_out, n_in) and a bias (n_out,) for each layer: a network's own, or the derivatives by them."""

_AT = 0.35  # of the way along an edge: clear of the neuron that it leaves and of the edge that it crosses
_MIDDLE = 0.5  # likewise of a level one, which crosses none
_SIZE = 1.15  # of the numbers in formulas, in label sizes
_LARGER = 1.35  # a formula than the numbers beside or below it
_GAP = 0.16  # frame units between a sign and what stands beside it


def _parts(values: Numbers) -> list[Layer | Gradient]:
    return [*values]


class Pass:
    """One point forward and back through a network of two layers or more, with every factor of the chain rule.

    Args:
        network: it is not changed.
        x: (n_in,) the point.
        target: (K,) what the outputs should be.
        loss: a loss of outputs.

    Attributes:
        hidden: (n,) the numbers that go into the last layer.
        y: (K,) the outputs.
        loss: the loss.
        error: (K,) dL/dy.
        slope: (K,) dy/dz.
        delta: (K,) dL/dz, the product of the two.
        gradient: the derivatives of the loss by the weight and the bias of each layer.
    """

    def __init__(self, network: Network, x: np.ndarray, target: np.ndarray, *, loss: Loss = LOSSES["mse"]) -> None:
        trace = network.forward(x[None])
        self.hidden, self.y = trace.a[-2][0], trace.output[0]
        self.loss = loss.value(trace.output, target[None])
        self.error = loss.delta(trace.output, target[None])[0]
        self.slope = network.layers[-1].activation.derivative(trace.z[-1], trace.output)[0]
        self.delta = self.error * self.slope
        self.gradient = network.backward(trace, self.delta[None])

    @property
    def steepness(self) -> float:
        """The sum of the squares of all derivatives: how fast the loss falls along them, at first."""
        return float(sum((part**2).sum() for layer in self.gradient for part in layer))


class Parameters(VGroup):
    """Numbers for all weights, on the edges of a diagram, and for all biases, above its neurons.

    Args:
        diagram: where they stand.
        values: what they are, such as a network's layers, or the gradients of its backward pass.
        colour: hex; the theme's ink if not given.

    Attributes:
        values: the layers or gradients that are shown.
        weights, biases: for each layer a VGroup of numbers, in the order of the rows.
    """

    def __init__(self, diagram: NetworkDiagram, values: Numbers, *, colour: str | None = None) -> None:
        colour = colour or theme().ink
        self.values = values
        self.weights = VGroup(
            *(
                diagram.edge_numbers(layer, np.asarray(part.weight), at=_AT, level=_MIDDLE, size=theme().label_size)
                for layer, part in enumerate(_parts(values))
            )
        )
        self.biases = VGroup()
        for column, part in enumerate(_parts(values), start=1):
            numbers = VGroup()
            for neuron, number in zip(diagram.neurons[column], diagram.shown[column], strict=True):
                live = _number(float(part.bias[number]), diagram.decimals, theme().label_size)
                numbers.add(live.centre_on(neuron.get_top() + 0.17 * neuron.height * UP))
            self.biases.add(numbers)
        super().__init__(self.weights, self.biases)
        self.shown = diagram.shown
        for group in (*self.weights, *self.biases):
            for number in group:
                number.entries.set_fill(colour)

    def set_values(self, values: Numbers) -> Self:
        """Show other numbers in the same places."""
        self.values = values
        for column, (part, weights, biases) in enumerate(
            zip(_parts(values), self.weights, self.biases, strict=True), start=1
        ):
            rows, columns = self.shown[column], self.shown[column - 1]
            drawn = np.asarray(part.weight)[np.ix_(rows, columns)].ravel()
            for number, value in zip((*weights, *biases), (*drawn, *np.asarray(part.bias)[rows]), strict=True):
                number.set_values([[value]])
        return self

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show the weights and biases of this network; so they can follow a training."""
        return self.set_values(network.layers)


class Terms(VGroup):
    """A sum or a product, with what its terms stand for and live numbers below them.

    Args:
        terms: for each term its rows, formulas in Typst.
        values: for each term its number.
        sign: between the terms, in Typst.
        decimals: digits after the point.
        size: Manim font size of the numbers.
        hidden: let no term be seen until it is revealed.

    Attributes:
        columns: for each term a VGroup: the sign before it and the term, row by row, the numbers last.
    """

    def __init__(
        self,
        terms: Sequence[Sequence[str]],
        values: Sequence[float],
        *,
        sign: str = "dot.op",
        decimals: int = 3,
        size: float | None = None,
        hidden: bool = False,
    ) -> None:
        super().__init__()
        size = size or _SIZE * theme().label_size
        self.columns, self.numbers = VGroup(), VGroup()
        rows = [[*(formula(row, size=_LARGER * size) for row in term)] for term in terms]
        heights = [*(max(row.height for row in across) for across in zip(*rows, strict=True)), _digit_height(size)]
        drops = np.cumsum(heights) + 0.2 * np.arange(len(heights)) - np.array(heights) / 2
        left = 0.0
        for number, (term, value) in enumerate(zip(rows, values, strict=True)):
            live = _number(value, decimals, size)
            column = VGroup()
            if number:
                signs = VGroup(*(formula(sign, size=_LARGER * size) for _ in drops))
                for mark, drop in zip(signs, drops, strict=True):
                    mark.move_to(np.array([left + mark.width / 2, -drop, 0]))
                left += signs[0].width + _GAP
                column.add(*signs)
            width = max(live.columns_wide * live.advance, *(part.width for part in term))
            for part, drop in zip((*term, live), drops, strict=True):
                middle = np.array([left + width / 2, -drop, 0])
                column.add(part.centre_on(middle) if part is live else part.move_to(middle))
            left += width + _GAP
            self.columns.add(column)
            self.numbers.add(live)
        self.add(*self.columns)
        if hidden:
            self.columns.set_opacity(0)

    def reveal(self, number: int) -> Animation:
        """An animation that lets a term be seen."""
        return self.columns[number].animate.set_opacity(1).build()


class Equation(VGroup):
    """A formula with a live number at its end.

    Args:
        typst: the formula up to the number, such as "L =".
        value: the number.
        decimals: digits after the point.
        size: Manim font size of the number.
    """

    def __init__(self, typst: str, value: float, *, decimals: int = 3, size: float | None = None) -> None:
        size = size or _SIZE * theme().label_size
        self.number = _number(value, decimals, size)
        written = formula(typst, size=_LARGER * size)
        # The line of a fraction, and of a minus, is as high as the middle of a digit.
        self.number.shift(written.get_right() + _GAP * RIGHT - self.number.entries.get_left())
        super().__init__(written, self.number)


def _digit_height(size: float) -> float:
    return LiveMatrix([[0.0]], size=size).unit


def _number(value: float, decimals: int, size: float) -> LiveMatrix:
    return LiveMatrix([[value]], decimals=decimals, brackets=False, centred=True, size=size)
