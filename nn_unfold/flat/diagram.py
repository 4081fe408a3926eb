"""The network as a diagram: neurons in columns, weights as lines between them, numbers running through.

Columns are counted from 0, the input; layers from 0 too, so that layer k leads from column k to column
k + 1. A neuron of a wide layer that is not drawn has no place and cannot be asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self, cast

import numpy as np
from manim import (
    DOWN,
    RIGHT,
    UP,
    Circle,
    Dot,
    Line,
    ManimColor,
    VGroup,
    VMobject,
)

from nn_core.geometry.box import Box
from nn_core.network import Network
from nn_core.preprocessing import Features
from nn_unfold.errors import UnfoldError
from nn_unfold.flat.columns import Columns, columns_of, first_and_last
from nn_unfold.flat.edge_numbers import numbers_on_edges
from nn_unfold.flat.heat_map import HeatMap, raster_of
from nn_unfold.flat.signals import Signals, show_numbers
from nn_unfold.text.formulas import formula
from nn_unfold.text.labels import label, outlined
from nn_unfold.text.numbers import LiveMatrix
from nn_unfold.theme import rgb, signed_colours, theme


class NetworkDiagram(VGroup):
    """Neurons as circles, weights as lines: colour for the sign, width for the size.

    Of a wide layer the first and the last neurons are shown, with dots between them and their number below.
    Given a piece of the input plane, every neuron is a live heat map of its activation over it. The colours
    of a layer are full at 1, or where a tenth of its values is beyond, if that is more; inputs, which may have
    different units, have each their own scale.

    Numbers stand in the neurons; where these are too small for that, only the outputs have some, beside them.

    Args:
        network: what to draw.
        size: (width, height) of the diagram in frame units.
        radius: of a neuron, at most.
        spread: the distance of the neurons of a column in radii, at most.
        most: neurons shown of one column.
        choose: which neurons are shown of some columns, in order, instead of the first and the last.
        names: one Typst letter per column, such as ("x", "h", "y"), or None.
        plane: (x_min, x_max, y_min, y_max) of the heat maps, in data units; None for plain circles.
        features: what the network is given of points of the plane, (n, 2) -> (n, n_in), if not themselves.
        detail: pixels along a side of a heat map.
        data: (n, n_in) inputs; a ReLU neuron that is active at none of them is dead, and crossed out.
        decimals: of the numbers in the neurons.

    Attributes:
        network: what is shown.
        neurons: for each column a VGroup of circles or heat maps.
        edges: for each layer a VGroup of lines, those into the first neuron first.
        numbers: for each column a VGroup of the numbers of the neurons, without ink until something is read.
        deltas: likewise of those below them, made by `send_back`.
        shown: for each column the numbers of the neurons that are shown.

    Raises:
        UnfoldError: where heat maps are asked for, and the network's input is not the plane.
    """

    def __init__(
        self,
        network: Network,
        *,
        size: tuple[float, float] = (3.0, 2.0),
        radius: float = 0.28,
        spread: float = 3.2,
        most: int = 8,
        choose: Mapping[int, Sequence[int]] = MappingProxyType({}),
        names: Sequence[str] | None = None,
        plane: Box | None = None,
        features: Features | None = None,
        detail: int = 30,
        data: np.ndarray | None = None,
        decimals: int = 2,
    ) -> None:
        super().__init__()
        self.network = network
        self.decimals = decimals
        self.data = data
        self.watched: np.ndarray | None = None
        self.focus: tuple[int, ...] = ()
        self.lit_neurons: tuple[tuple[int, int], ...] = ()
        self.lit_edges: tuple[tuple[int, int, int], ...] = ()
        self.widths = [network.n_in, *(layer.n_out for layer in network.layers)]
        self.shown = [list(choose.get(column, first_and_last(width, most))) for column, width in enumerate(self.widths)]
        self.values = [np.full(width, np.nan) for width in self.widths]
        self.raster = None if plane is None else raster_of(plane, detail, features, network.n_in)
        self.neurons, self.marks, self.numbers = VGroup(), VGroup(), VGroup()
        self.dots, self.counts, self.names = VGroup(), VGroup(), VGroup()
        columns = columns_of(self.widths, self.shown, size, radius=radius, spread=spread)
        self.boldness = min(1.0, columns.pitch / 0.6)
        self.rim = min(2.5, 25 * columns.radius)
        self._place(columns)
        self.edges = VGroup(
            *(
                VGroup(
                    *(
                        Line(start.get_center(), end.get_center())
                        for end in self.neurons[i + 1]
                        for start in self.neurons[i]
                    )
                )
                for i in range(len(network.layers))
            )
        )
        self.pulses = VGroup()
        for column, name in enumerate(names or []):
            for number, neuron in zip(self.shown[column], self.neurons[column], strict=True):
                self.names.add(formula(f"{name}_{number + 1}", size=39 * neuron.width).move_to(neuron))
        self.deltas = VGroup()
        self.add(self.edges, self.pulses, self.neurons, self.marks)
        self.add(self.dots, self.counts, self.names, self.numbers, self.deltas)
        self.show(network)

    def _place(self, columns: Columns) -> None:
        """Put the neurons into their columns, with what stands in and below them."""
        tokens = theme()
        radius, pitch = columns.radius, columns.pitch
        blank = np.zeros((1, 1)) if self.raster is None else np.zeros(self.raster[0])
        last = len(self.widths) - 1
        for number, (width, places, gap) in enumerate(zip(self.widths, columns.places, columns.gaps, strict=True)):
            column, marks, numbers = VGroup(), VGroup(), VGroup()
            for place in places:
                neuron: VMobject
                if self.raster is None:
                    neuron = Circle(radius=radius, stroke_color=tokens.ink, stroke_width=self.rim)
                    neuron.set_fill(tokens.background, opacity=1)
                else:
                    neuron = HeatMap(2 * radius, blank)
                column.add(neuron.move_to(place))
                marks.add(_cross(place, 0.55 * radius))
                if columns.legible:
                    numbers.add(self._number(1.7 * radius).centre_on(place))
                elif number == last:
                    numbers.add(self._number(columns.beside).centre_on(columns.beside_of(place)))
            self.neurons.add(column)
            self.marks.add(marks)
            self.numbers.add(numbers)
            if gap is not None:
                apart = min(0.2, 0.35 * pitch)
                self.dots.add(*(Dot(gap + k * apart * UP, radius=0.03, color=tokens.faint) for k in (-1, 0, 1)))
                count = label(f"{width}", size=0.8 * tokens.label_size, colour=tokens.faint)
                below = VGroup(column, *self.dots[-3:])
                self.counts.add(count.next_to(below, DOWN, buff=0.12))

    def _number(self, width: float, colour: str | None = None) -> LiveMatrix:
        """The place of a number, this wide."""
        number = LiveMatrix([[np.nan]], decimals=self.decimals, brackets=False, centred=True, colour=colour)
        if colour or self.raster is not None:
            outlined(number.entries, 3)
        return number.scale(width / (number.columns_wide * number.advance))

    # What it shows

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show the weights of this network, and what its neurons do over the plane, in place.

        Raises:
            UnfoldError: for a network of other widths.
        """
        widths = [network.n_in, *(layer.n_out for layer in network.layers)]
        if widths != self.widths:
            raise UnfoldError(
                f"The diagram on screen shows a network of widths {self.widths}, but was given one of {widths}: "
                "make a new NetworkDiagram for it."
            )
        self.network = network
        if self.raster is not None:
            shape, inputs = self.raster
            trace = network.forward(inputs)
            for column, a in enumerate([inputs, *trace.a]):
                reach = np.maximum(1.0, np.quantile(np.abs(a), 0.9, axis=None if column else 0)) * np.ones(a.shape[1])
                for neuron, number in zip(self.neurons[column], self.shown[column], strict=True):
                    neuron.set_values(a[:, number].reshape(shape), float(reach[number]))
        if self.watched is not None:
            self.read(self.watched)
        return self._restyle()

    def dead(self) -> list[np.ndarray]:
        """For each column which of its neurons are dead: at no point of the data does their output change."""
        dead = [np.zeros(width, dtype=bool) for width in self.widths]
        if self.data is not None:
            for column, (layer, z) in enumerate(
                zip(self.network.layers, self.network.forward(self.data).z, strict=True), start=1
            ):
                if layer.activation.bends:
                    dead[column] = (layer.activation.derivative(z) == 0).all(axis=0)
        return dead

    def set_focus(self, *layers: int) -> Self:
        """Show the weights of these layers (from 0) in full and dim all others; of none given, show all."""
        self.focus = layers
        return self._restyle()

    def highlight(self, *, neurons: Iterable[tuple[int, int]] = (), edges: Iterable[tuple[int, int, int]] = ()) -> Self:
        """Mark some neurons and edges, and unmark all others.

        Args:
            neurons: pairs of column and neuron.
            edges: triples of layer, neuron that it leads to, neuron that it comes from.
        """
        self.lit_neurons, self.lit_edges = tuple(neurons), tuple(edges)
        for column, number in self.lit_neurons:
            self.neuron(column, number)
        for layer, to, start in self.lit_edges:
            self.edge(layer, to, start)
        return self._restyle()

    def neuron(self, column: int, number: int) -> VMobject:
        """The shape of a neuron.

        Raises:
            UnfoldError: where it is not drawn.
        """
        return cast(VMobject, self.neurons[column][self._row(column, number)])

    def edge(self, layer: int, to: int, start: int) -> Line:
        """The line of a weight of a layer: to one of its neurons, from one of the column before.

        Raises:
            UnfoldError: where it is not drawn.
        """
        place = self._row(layer + 1, to) * len(self.shown[layer]) + self._row(layer, start)
        return cast(Line, self.edges[layer][place])

    def _row(self, column: int, number: int) -> int:
        if number not in self.shown[column]:
            raise UnfoldError(
                f"Neuron {number} of column {column} is not drawn, only {self.shown[column]} of "
                f"{self.widths[column]} are: draw more with `most`."
            )
        return self.shown[column].index(number)

    def _restyle(self) -> Self:
        """Give edges and neurons the looks that the weights, the focus and the highlights ask for."""
        tokens = theme()
        for number, (layer, lines) in enumerate(zip(self.network.layers, self.edges, strict=True)):
            weight = np.asarray(layer.weight)
            largest = max(float(np.abs(weight).max()), 1e-12)
            drawn = weight[np.ix_(self.shown[number + 1], self.shown[number])].ravel()
            dimmed = bool(self.focus) and number not in self.focus
            for line, value in zip(lines, drawn, strict=True):
                share = abs(float(value)) / largest
                line.set_stroke(
                    tokens.positive if value >= 0 else tokens.negative,
                    width=self.boldness * (1.0 + 5.0 * share),
                    opacity=self.boldness**0.5 * (0.2 if dimmed else 0.35 + 0.65 * share),
                )
        for lit in self.lit_edges:
            line = self.edge(*lit)
            line.set_stroke(tokens.accent, width=line.get_stroke_width() + 2, opacity=1.0)
        plain = (tokens.ink, self.rim) if self.raster is None else (tokens.faint, tokens.line_width)
        for column, neurons in enumerate(self.neurons):
            for number, neuron in zip(self.shown[column], neurons, strict=True):
                colour, width = (tokens.accent, 5.0) if (column, number) in self.lit_neurons else plain
                neuron.set_stroke(colour, width=width)
        for shown, marks, dead in zip(self.shown, self.marks, self.dead(), strict=True):
            for number, mark in zip(shown, marks, strict=True):
                mark.set_stroke(opacity=float(dead[number]))
        return self

    # Numbers

    def read(self, x: np.ndarray) -> Self:
        """Show the numbers of one input x (n_in,) in all neurons; circles take colours by them."""
        for column, values in enumerate(self.activations(x)):
            self.set_numbers(column, values)
        return self

    def watch(self, x: np.ndarray) -> Self:
        """Show the numbers of one input x (n_in,), now and of every network that is shown from now on."""
        self.watched = np.asarray(x, dtype=float)
        return self.read(self.watched)

    def activations(self, x: np.ndarray) -> list[np.ndarray]:
        """For each column what its neurons (n,) give for one input x (n_in,)."""
        x = np.asarray(x, dtype=float)
        return [x, *(a[0] for a in self.network.forward(x[None]).a)]

    def set_numbers(
        self, column: int, values: np.ndarray, *, before: np.ndarray | None = None, share: float = 1.0
    ) -> Self:
        """Show numbers in the neurons of a column.

        Args:
            column: which.
            values: (n,) one for each neuron of it, shown or not; NaN shows none.
            before: (n,) what the column showed before, likewise.
            share: 0 to 1, how far it has gone over from that to these.
        """
        after = np.asarray(values, dtype=float)
        before = after if before is None else before
        self.values[column] = after if share == 1 else before
        show_numbers(self.numbers[column], self.shown[column], before, after, share)
        if self.raster is None:
            fills = (1 - share) * _fills(before) + share * _fills(after)
            for number, neuron in zip(self.shown[column], self.neurons[column], strict=True):
                neuron.set_fill(ManimColor.from_rgb(fills[number]))
        # A name makes room for its number.
        for name, live in zip(self.names, _matrices(self.numbers), strict=False):
            name.set_fill(opacity=float(not len(live.entries[0].points)))
        return self

    def clear_numbers(self) -> Self:
        """Take all numbers out of the neurons, and let their names come back."""
        for column, width in enumerate(self.widths):
            self.set_numbers(column, np.full(width, np.nan))
        return self

    def send(self, x: np.ndarray, **kwargs: Any) -> Signals:
        """An animation: one input x (n_in,) runs through the network, and every neuron takes its number.

        The pulse on an edge is as large as what it brings: weight times activation.
        """
        values = self.activations(x)
        amounts = [np.asarray(layer.weight) * a for layer, a in zip(self.network.layers, values, strict=False)]
        order = [(layer, amount) for layer, amount in enumerate(amounts)]
        arrivals = [(column, self.values[column], value) for column, value in enumerate(values)]
        return Signals(self, order, arrivals, self.set_numbers, **kwargs)

    def send_back(self, x: np.ndarray, delta: np.ndarray, **kwargs: Any) -> Signals:
        """An animation: deltas run back from the outputs, and each neuron's is written below it.

        Args:
            x: (n_in,) the input that has been sent.
            delta: (K,) dL/dz of the last layer.
            kwargs: arguments of Signals.
        """
        if not self.deltas:
            self.deltas.add(*(self._below(column) for column in range(len(self.widths))))
        deltas = self.deltas_of(x, delta)
        order = [
            (layer, np.asarray(self.network.layers[layer].weight) * deltas[layer][:, None])
            for layer in reversed(range(1, len(self.network.layers)))
        ]
        arrivals = [
            (layer + 1, np.full_like(deltas[layer], np.nan), deltas[layer]) for layer in reversed(range(len(deltas)))
        ]
        return Signals(self, order, arrivals, self._set_deltas, back=True, **kwargs)

    def deltas_of(self, x: np.ndarray, delta: np.ndarray) -> list[np.ndarray]:
        """dL/dz of each layer (n_out,) for one input x (n_in,), given that of the last.

        The derivative with respect to a bias is the sum of the deltas of all points, and here is one point.
        """
        trace = self.network.forward(np.asarray(x, dtype=float)[None])
        return [gradient.bias for gradient in self.network.backward(trace, np.asarray(delta, dtype=float)[None])]

    def _below(self, column: int) -> VGroup:
        width = 0.85 * self.neurons[column][0].width
        numbers = VGroup(*(self._number(width, theme().accent) for _ in self.neurons[column]))
        for neuron, number in zip(self.neurons[column], numbers, strict=True):
            number.centre_on(neuron.get_bottom() + 0.2 * neuron.height * DOWN)
        return numbers

    def _set_deltas(self, column: int, values: np.ndarray, *, before: np.ndarray, share: float) -> None:
        show_numbers(self.deltas[column], self.shown[column], before, values, share)

    def edge_numbers(
        self,
        layer: int,
        values: np.ndarray | None = None,
        *,
        at: float = 0.25,
        level: float | None = None,
        size: float | None = None,
    ) -> VGroup:
        """Numbers on the edges of a layer, for a film to fade in: its weights, or others.

        Args:
            layer: which.
            values: (n_out, n_in); the weights if not given.
            at: where they stand, as a share of the way along the edge.
            level: the same for edges that run level; `at` if not given.
            size: Manim font size.
        """
        shown = np.asarray(self.network.layers[layer].weight if values is None else values)
        numbered = [
            (self.edge(layer, to, start), shown[to, start])
            for to in self.shown[layer + 1]
            for start in self.shown[layer]
        ]
        digits = len(f"{np.abs(shown).max():.0f}")
        return numbers_on_edges(numbered, decimals=self.decimals, digits=digits, at=at, level=level, size=size)

    def beside(self, column: int, mobjects: Sequence[VMobject], direction: np.ndarray = RIGHT) -> VGroup:
        """Flat mobjects, one next to each neuron that is drawn of a column: the names of classes, say."""
        pairs = zip(mobjects, self.neurons[column], strict=True)
        return VGroup(*(mobject.next_to(neuron, direction, buff=0.15) for mobject, neuron in pairs))


def _matrices(numbers: VGroup) -> Iterator[LiveMatrix]:
    """The numbers of all columns, one after the other."""
    for column in numbers:
        yield from cast("list[LiveMatrix]", column.submobjects)


def _fills(values: np.ndarray) -> np.ndarray:
    """The colours (n, 3) of neurons that hold these numbers (n,); full at 1 or at the largest beyond it."""
    empty = np.isnan(values)
    known = np.where(empty, 0.0, values)
    colours = signed_colours(known / max(1.0, float(np.abs(known).max())))
    colours[empty] = rgb(theme().background)
    return colours


def _cross(place: np.ndarray, reach: float) -> VMobject:
    """Two strokes that cross out what stands at a place."""
    cross = VMobject(stroke_color=theme().faint, stroke_width=25 * reach)
    for slope in (1, -1):
        arm = reach * np.array([1, slope, 0])
        cross.start_new_path(place - arm).add_line_to(place + arm)
    return cross
