"""Curves in the plane: the graph of a function, and that of a network of one input, which can follow a training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np

from nn_core.geometry import breakpoints
from nn_core.geometry.box import Box
from nn_core.network import Network
from nn_unfold.space.base import SpatialGroup
from nn_unfold.space.primitives import Cloud, LiveLines, Segments
from nn_unfold.theme import rgb, theme

_SAMPLES = 240  # pieces of a smooth curve


def function_curve(function: Callable[[np.ndarray], np.ndarray], box: Box, *, samples: int = 200) -> Segments:
    """The graph x_2 = f(x_1) in the plane, from the left side of a box to the right one.

    Args:
        function: (n,) -> (n,).
        box: (x_min, x_max, y_min, y_max) in data units; only its x range counts.
        samples: the number of straight segments.
    """
    tokens, xs = theme(), np.linspace(*box[:2], samples + 1)
    path = np.column_stack([xs, function(xs)])
    ends = np.stack([path[:-1], path[1:]], axis=1)
    return Segments(ends, [*rgb(tokens.accent), 1.0], width=tokens.crease_width, cased=True)


class NetworkCurve(SpatialGroup):
    """The graph of a network of one input and one output, from one x to another, with its breakpoints.

    The point over x is at height * output. A network with piecewise linear layers has straight pieces between its
    breakpoints, and they are drawn as these, exactly; other ones are drawn in many short pieces.

    Args:
        network: of 1 input and 1 output.
        low: the first x, in data units.
        high: the last x.
        height: scene units per unit of the output.
        colour: hex; the accent if not given.
        width: pixels in a picture 1080 pixels high.

    Attributes:
        line: the graph, Segments from the left to the right.
        hinges: a Cloud of the breakpoints on it; empty for a smooth network.
    """

    def __init__(
        self,
        network: Network,
        low: float,
        high: float,
        *,
        height: float = 1.0,
        colour: str | None = None,
        width: float | None = None,
    ) -> None:
        tokens = theme()
        self.low, self.high, self.unit_height, self.colour = low, high, height, rgb(colour or tokens.accent)
        self.line = LiveLines(width=tokens.crease_width if width is None else width, cased=True)
        self.hinges = Cloud(np.empty((0, 2)), radius=1.2 * tokens.dot_radius)
        super().__init__(self.line, self.hinges)
        self.show(network)

    def at(self, x: np.ndarray) -> np.ndarray:
        """The points (n, 2) of the graph over x (n,)."""
        return np.column_stack([x, self.unit_height * self.network.forward(x[:, None]).output[:, 0]])

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show the graph of this network. The opacities stay."""
        self.network = network
        bends = breakpoints(network, self.low, self.high)
        places = np.array([self.low, *bends, self.high])
        if any(layer.activation.slopes is None for layer in network.layers):
            places = np.union1d(places, np.linspace(self.low, self.high, _SAMPLES + 1))
        path = self.at(places)
        self.line.lay(np.stack([path[:-1], path[1:]], axis=1), self.colour)
        hinges = self.at(bends)
        self.hinges.replace_vertices(hinges, self.colour, origin=hinges)
        self.hinges.markers = np.zeros(len(hinges), dtype=int)
        return self
