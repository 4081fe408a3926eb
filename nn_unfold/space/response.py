"""A neuron over the plane: the graph of its output, the line where its score is zero, and its weights as an arrow.

All of these can follow a training: they have the verb `show(network)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from nn_core.geometry import decision_boundary, pull_back, refined
from nn_core.geometry.box import Box
from nn_core.geometry.mesh import squares
from nn_core.network import Layer, Network
from nn_unfold.space.base import in_space
from nn_unfold.space.primitives import Faces, LiveLines, Segments
from nn_unfold.theme import rgb, theme

_BARB = 0.22  # the barbs of an arrow, as a share of its length
_BARB_TURN = np.radians([150, -150])  # from its direction


class Response(Faces):
    """The output of a neuron all over a box, as a surface.

    With bend = 1 its height is the activation a = f(z). With bend = 0 it is the tangent plane f(0) + f'(0) z of the
    score z, which touches the surface where z is 0. The vertex above the point x is at base + height * value. Its
    colour is that of a: the first colour for 0, the second for 1.

    Args:
        network: of 2 inputs.
        box: (x_min, x_max, y_min, y_max) in data units.
        layer: of the neuron; the last one if not given.
        number: of the neuron in its layer.
        height: scene units per unit of value; 0 for a flat map.
        base: z where the value is 0.
        bend: 0 for the plane of scores, 1 for the activation.
        grid: the distance of the lines drawn on it, in data units; None for no lines.
        colours: of 0 and of 1, hex; the first and the last of a sheet's corners if not given.
        opacity: 0 to 1; that of the theme if not given.
        tolerance: how far flat triangles may be from the surface, in units of the value.
    """

    def __init__(
        self,
        network: Network,
        box: Box,
        *,
        layer: int = -1,
        number: int = 0,
        height: float = 1.0,
        base: float = 0.0,
        bend: float = 1.0,
        grid: float | None = None,
        colours: tuple[str, str] | None = None,
        opacity: float | None = None,
        tolerance: float = 4e-3,
        **kwargs: Any,
    ) -> None:
        tokens = theme()
        self.box, self.layer, self.number = box, layer, number
        self.unit_height, self.base, self.bend, self.tolerance = height, base, bend, tolerance
        self.ends = np.array([rgb(colour) for colour in colours or (tokens.corners[0], tokens.corners[3])])
        opacity = tokens.surface_opacity if opacity is None else opacity
        none = np.empty((0, 2))
        super().__init__(none, np.empty((0, 3), int), (0, 0, 0, 0), origin=none, grid=grid, rim=none, **kwargs)
        self._show(network, opacity)

    def values(self, X: np.ndarray) -> np.ndarray:
        """The heights of the surface as it is bent now, beside the activations a: (n, 2) -> (n, 2)."""
        trace, f = self.network.forward(X), self.network.layers[self.layer].activation
        z, a = (part[self.layer][:, self.number] for part in (trace.z, trace.a))
        plane = f(0.0) + f.derivative(0.0) * z
        return np.stack([(1 - self.bend) * plane + self.bend * a, a], axis=1)

    def at(self, X: np.ndarray) -> np.ndarray:
        """The points (n, 3) of the surface above points (n, 2) of the plane."""
        return np.column_stack([X, self.base + self.unit_height * self.values(X)[:, 0]])

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show this network's neuron. The opacity stays."""
        return self._show(network, self.get_opacity())

    def set_bend(self, bend: float) -> Self:
        """Bend the surface to this share; `Bend` does it in motion."""
        self.bend = bend
        return self.show(self.network)

    def _show(self, network: Network, opacity: float) -> Self:
        self.network = network
        mesh = refined(squares(self.box, 8), self.values, tolerance=self.tolerance)
        low, high = np.array(self.box[::2]), np.array(self.box[1::2])
        self.points, self.triangles = self.at(mesh.vertices), mesh.triangles
        self.origin = self.uv = mesh.vertices
        self.rim = (mesh.vertices - low) / (high - low)
        share = np.clip(self.values(mesh.vertices)[:, 1:], 0.0, 1.0)
        self.rgba = np.full((len(mesh.vertices), 4), opacity)
        self.rgba[:, :3] = (1 - share) * self.ends[0] + share * self.ends[1]
        return self


class Hyperplanes(LiveLines):
    """The hyperplanes of a network's first layer: the lines in the plane where a neuron has the score zero.

    Args:
        network: of 2 inputs.
        box: (x_min, x_max, y_min, y_max) in data units; a line outside of it is not shown.
        colours: one for each neuron, hex; that of decision boundaries if not given.
        options: of Segments.

    Attributes:
        neurons: (k,) the neuron of each line.
    """

    def __init__(self, network: Network, box: Box, *, colours: Sequence[str] | None = None, **options: Any) -> None:
        tokens = theme()
        self.box = box
        self.colours = [rgb(c) for c in colours or [tokens.boundary] * network.layers[0].n_out]
        super().__init__(**{"width": tokens.boundary_width, "cased": True, **options})
        self.show(network)

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show the lines of this network. The opacity stays."""
        layer = network.layers[0]
        alone = [Network([Layer(layer.weight[[k]], layer.bias[[k]])]) for k in range(layer.n_out)]
        lines = [pull_back([1.0], 0.0, one, self.box) for one in alone]
        self.neurons = np.repeat(np.arange(layer.n_out), [len(line) for line in lines])
        return self.lay(np.concatenate(lines), np.array(self.colours)[self.neurons])


class DecisionBoundary(LiveLines):
    """The decision boundary in the input plane, of a network with any layers and any number of classes.

    Args:
        network: of 2 inputs.
        box: (x_min, x_max, y_min, y_max) in data units.
        options: of Segments.
    """

    def __init__(self, network: Network, box: Box, **options: Any) -> None:
        self.box = box
        super().__init__(**{"width": theme().boundary_width, **options})
        self.show(network)

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show the decision boundary of this network. The opacity stays."""
        return self.lay(decision_boundary(network, self.box).segments, rgb(theme().boundary))


class WeightArrow(Segments):
    """The weights of a neuron of the first layer as an arrow in the plane: the gradient of its score.

    It is perpendicular to the line where the score is zero, and starts on it, as near to the middle of the box as
    possible.

    Args:
        network: of 2 inputs.
        box: (x_min, x_max, y_min, y_max) in data units.
        number: of the neuron.
        unit: scene units per unit of weight.
        colour: hex; the accent if not given.
    """

    def __init__(
        self, network: Network, box: Box, *, number: int = 0, unit: float = 1.0, colour: str | None = None
    ) -> None:
        tokens = theme()
        self.middle, self.number, self.unit = np.array([box[0] + box[1], box[2] + box[3]]) / 2, number, unit
        none = np.zeros((3, 2, 2))
        super().__init__(none, [*rgb(colour or tokens.accent), 1.0], width=tokens.boundary_width, origin=none)
        self.show(network)

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show the weights of this network."""
        weight, bias = network.layers[0].weight[self.number], network.layers[0].bias[self.number]
        steep = weight @ weight
        foot = self.middle - (weight @ self.middle + bias) / steep * weight if steep else self.middle
        arrow = self.unit * weight
        cos, sin = np.cos(_BARB_TURN), np.sin(_BARB_TURN)
        barbs = _BARB * np.stack([cos * arrow[0] - sin * arrow[1], sin * arrow[0] + cos * arrow[1]], axis=1)
        tip = foot + arrow
        ends = np.array([foot, tip, tip, tip + barbs[0], tip, tip + barbs[1]])
        self.points, self.origin = in_space(ends), ends
        return self
