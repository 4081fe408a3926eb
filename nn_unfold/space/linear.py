"""Linear regions: the cells of the input plane on which a network is one affine map."""

from __future__ import annotations

from typing import Any, Self, cast

import numpy as np

from nn_core.geometry import creases, linear_regions
from nn_core.geometry.box import Box, box_around
from nn_core.geometry.mesh import fans
from nn_core.network import Network
from nn_core.preprocessing import Rescaling, principal_axes
from nn_unfold.errors import UnfoldError
from nn_unfold.space.base import SpatialGroup
from nn_unfold.space.primitives import Faces, LiveLines
from nn_unfold.theme import bilinear, rgb, theme

_PARITY = 0.12  # how much darker regions are whose pattern has an odd sum


class LinearRegions(SpatialGroup):
    """The linear regions of a network over a box, exactly, and the creases between them, layer by layer.

    A region has the colour of its activation pattern, which says on which piece of its activation each neuron is:
    regions with similar patterns have similar colours. Between two neighbours one neuron changes to the next piece, so
    the sum of the pattern is even in one and odd in the other; the odd one is a little darker. What a colour means does
    not change when another network of the same widths is shown: a training does not flicker.

    Args:
        network: of 2 inputs; its hidden layers are piecewise linear, of any width and number.
        box: (x_min, x_max, y_min, y_max) in data units.
        opacity: of the faces, 0 to 1.
        order: of faces in the same plane, those with the higher order are drawn on top.

    Attributes:
        faces: coloured by pattern.
        creases: a SpatialGroup of Segments, one for each hidden layer with creases, in order; hidden until drawn.
        counts: the number of regions after each hidden layer, the last one that of the whole network.

    Raises:
        ValueError: for a network with smooth hidden layers, or that does not have 2 inputs.
    """

    def __init__(self, network: Network, box: Box, *, opacity: float = 1.0, order: int = 0) -> None:
        tokens, none = theme(), np.empty((0, 2))
        self.box = box
        self.counts: list[int] = []
        self._axes: Rescaling | None = None  # of the first network
        self.faces = Faces(none, np.empty((0, 3), int), (0, 0, 0, 0), origin=none, order=order)
        n_creased = sum(layer.activation.bends for layer in network.layers[:-1])
        self.faces.kept_opacity = opacity
        self.creases = SpatialGroup(*(LiveLines(opacity=0.0, width=tokens.line_width) for _ in range(n_creased)))
        super().__init__(self.faces, self.creases)
        self.show(network)

    @classmethod
    def over(cls, X: np.ndarray, network: Network, *, margin: float = 0.1, **options: Any) -> Self:
        """The regions around data points X (n, 2), in a square; the margin is a share of the data's extent."""
        return cls(network, box_around(X, margin=margin, square=True), **options)

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show the regions of another network over the same box. The opacities stay.

        Raises:
            UnfoldError: for a network with another number of hidden layers that have creases.
        """
        tokens, ends = theme(), _ends_by_layer(network, self.box)
        if len(ends) != len(self.creases):
            raise UnfoldError(
                f"The regions were made for {len(self.creases)} layers with creases, but this network has {len(ends)}: "
                "make them with a network of the same kind."
            )
        cells = linear_regions(network, self.box)
        triangles, cell = fans(cells.points, cells.corners, cells.begins)
        # Cells have different colours, so they share no vertices here.
        vertices = cells.points[triangles].reshape(-1, 2)
        self.counts = _counts(network, cells.pattern)
        if self._axes is None or len(self._axes.mean) != cells.pattern.shape[1]:
            self._axes = pattern_axes(cells.pattern)
        colours = pattern_colours(cells.pattern, self._axes)[np.repeat(cell, 3)]
        self.faces.triangles, self.faces.uv = np.arange(len(vertices)).reshape(-1, 3), vertices
        self.faces.replace_vertices(vertices, colours, origin=vertices)
        for lines, places in zip(self.creases.submobjects, ends, strict=True):
            cast(LiveLines, lines).lay(places, rgb(tokens.crease))
        return self


def pattern_axes(pattern: np.ndarray) -> Rescaling | None:
    """The two principal axes of activation patterns (n, H), whole numbers; None where all are the same."""
    spread = np.asarray(pattern, dtype=float)
    varies = len(spread) > 1 and spread.shape[1] and np.ptp(spread, axis=0).any()
    return principal_axes(spread, min(2, spread.shape[1])) if varies else None


def pattern_colours(pattern: np.ndarray, axes: Rescaling | None) -> np.ndarray:
    """Colours (n, 3) of activation patterns (n, H), whole numbers.

    Their places along the axes are places in the colours of a sheet. An odd sum makes it darker.

    Args:
        pattern: of each region.
        axes: as of `pattern_axes`; without any, all are of one colour.
    """
    place = np.full((len(pattern), 2), 0.5)
    if axes is not None:
        along = axes.apply(np.asarray(pattern, dtype=float))
        sizes = np.ptp(along, axis=0)
        place[:, : along.shape[1]] = np.divide(
            along - along.min(axis=0), sizes, out=np.full(along.shape, 0.5), where=sizes > 1e-9
        )
    odd = np.asarray(pattern).sum(axis=1, dtype=int) % 2 == 1
    return np.asarray(bilinear(theme().corners, place) * np.where(odd, 1 - _PARITY, 1.0)[:, None])


def _ends_by_layer(network: Network, box: Box) -> list[np.ndarray]:
    """The creases (k, 2, 2) of each hidden layer that has a kink in its activation."""
    found: dict[int, list[np.ndarray]] = {
        number: [np.empty((0, 2, 2))] for number, layer in enumerate(network.layers[:-1]) if layer.activation.bends
    }
    for crease in creases(network, box):
        found[crease.layer].append(crease.segments)
    return [np.concatenate(pieces) for pieces in found.values()]


def _counts(network: Network, pattern: np.ndarray) -> list[int]:
    """The number of regions after each hidden layer: that of the different patterns up to there."""
    # All points with the same pattern form a convex set: so there are as many regions as patterns.
    widths = np.cumsum([layer.n_out for layer in network.layers[:-1]], dtype=int).tolist()
    before = [len({row.tobytes() for row in pattern[:, :width]}) for width in widths[:-1]]
    return [*before, len(pattern)] if widths else []
