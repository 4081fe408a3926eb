"""What is read off a descent: a legend of the runs, and the curves that they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from manim import LEFT, ORIGIN, RIGHT, Dot, VGroup, VMobject

from nn_core.network import Network
from nn_unfold.flat.plots import Plot
from nn_unfold.space.trails import Trail
from nn_unfold.text.labels import label, stand
from nn_unfold.text.numbers import LiveNumber
from nn_unfold.theme import theme

_SAMPLES = 121  # points of a curve
_GAP = 0.12  # frame units, half of what is between two columns


class Legend(VGroup):
    """A row for each trail: its colour, its name, and the value of the function where its ball is.

    Args:
        trails: whose colours and heights these are.
        title: what the names are of, a message in English.
        names: of the rows, likewise.
        head: what the values are, a message in English.
        given: by the name of the column, a message in English, a number for each row, such as a learning rate.
        width: frame units; nearly that of the stage's column if not given.
    """

    def __init__(
        self,
        trails: Sequence[Trail],
        title: str,
        names: Sequence[str],
        *,
        head: str = "loss",
        given: Mapping[str, Sequence[float]] = MappingProxyType({}),
        width: float | None = None,
    ) -> None:
        super().__init__()
        tokens = theme()
        size, width = 0.75 * tokens.label_size, width or tokens.aside_width - 2 * _GAP
        self.trails = list(trails)
        numbers = [LiveNumber("", trail.value(), size=size) for trail in trails]
        self.numbers = VGroup(*numbers)
        pitch = 2.2 * self.numbers[0].height
        right = width
        self.add(stand(label(title, size=size, colour=tokens.faint).move_to(ORIGIN, aligned_edge=LEFT), 0))
        columns: list[tuple[str, Sequence[VMobject]]] = [(head, numbers)]
        columns += [
            (name, [label(f"{x:g}", size=size) for x in column]) for name, column in reversed(list(given.items()))
        ]
        for name, entries in columns:
            column = VGroup(label(name, size=size, colour=tokens.faint), *entries)
            for row, entry in enumerate(column):
                stand(entry.move_to(np.array([right, 0.0, 0.0]), aligned_edge=RIGHT), -row * pitch)
            right -= column.width + 2 * _GAP
            self.add(column)
        for trail, name, number in zip(trails, names, numbers, strict=True):
            dot = Dot(np.array([0.0, number.get_y(), 0.0]), radius=0.3 * number.height, color=trail.head.get_color())
            words = label(name, size=size).move_to(np.array([2 * _GAP, 0.0, 0.0]), aligned_edge=LEFT)
            self.add(dot, stand(words, number.foot))

    def show_step(self, step: float) -> Self:
        """Show the values after this many steps."""
        for trail, number in zip(self.trails, self.numbers, strict=True):
            number.set_value(trail.value(step))
        return self


class Fits(Plot):
    """Points (x, y), and for each trail the curve that a network with the weights of its place makes of x.

    Args:
        network: of one input and one output, whose parameters are the places of the plane.
        X: (n, 1).
        y: (n, 1).
        trails: whose places and colours these are.
        options: of Plot.
    """

    def __init__(
        self, network: Network, X: np.ndarray, y: np.ndarray, trails: Sequence[Trail] = (), **options: Any
    ) -> None:
        tokens = theme()
        (low, high), reach = (X.min(), X.max()), 1.05 * np.abs(y).max()
        super().__init__((float(low), float(high)), (-float(reach), float(reach)), at_origin=True, **options)
        self.network, self.trails = network, list(trails)
        self.x = np.linspace(low, high, _SAMPLES)[:, None]
        for place in self.place(np.hstack([X, y])):
            self.dots.add(Dot(place, radius=0.04, color=tokens.faint))
        for trail in self.trails:
            self.add_curve(trail.head.get_color().to_hex())
        self.show_step(0)

    def show_step(self, step: float) -> Self:
        """Show the curves after this many steps."""
        for trail, curve in zip(self.trails, self.curves, strict=True):
            outputs = self.network.with_parameters(trail.at(step)).forward(self.x).output
            curve.set_points_as_corners(self.place(np.hstack([self.x, outputs])))
        return self
