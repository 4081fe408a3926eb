"""What a network of two classes answers all over a plane, as colours."""

from __future__ import annotations

from typing import Self

import numpy as np

from nn_core.geometry.boundary import class_scores, curved_borders, decision_boundary
from nn_core.network import Network
from nn_unfold.flat.heat_map import Features, signed_colours
from nn_unfold.space.base import SpatialGroup
from nn_unfold.space.primitives import Box, Faces, LiveLines, Segments
from nn_unfold.theme import rgb, theme

_ACROSS = 60  # how often the tolerance of the line between the classes fits into the box


class HeatPlane(SpatialGroup):
    """What a network of two classes answers at every place of a box, as colours, and the line between the classes.

    A place where class 1 has the probability p has the colour of 2 p - 1: the theme's negative at p = 0, its positive
    at p = 1.

    Args:
        network: of one output, or two.
        box: (x_min, x_max, y_min, y_max) in units of the plane.
        depth: behind how many layers of the network the plane lies; 0 for its input.
        features: what the network is given of points of the plane, (n, 2) -> (n, n_in), if not themselves.
        detail: pixels along a side.
        opacity: of the colours, 0 to 1.

    Attributes:
        face: the colours.
        outline: of the box.
        values: (detail, detail) the 2 p - 1 shown, the top row first, each at the middle of its pixel.
        boundary: where p is 1/2.
    """

    def __init__(
        self,
        network: Network,
        box: Box,
        *,
        depth: int = 0,
        features: Features | None = None,
        detail: int = 60,
        opacity: float = 0.7,
    ) -> None:
        tokens = theme()
        self.box, self.n_before, self.features = box, depth, features
        x_min, x_max, y_min, y_max = box
        middles = (np.arange(detail) + 0.5) / detail
        x, y = np.meshgrid(x_min + middles * (x_max - x_min), y_max - middles * (y_max - y_min))
        self.pixels = np.stack([x.ravel(), y.ravel()], axis=1)
        corners = np.array([[x_min, y_min], [x_max, y_min], [x_max, y_max], [x_min, y_max]])
        unit = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
        triangles = np.array([[0, 1, 2], [0, 2, 3]])
        self.face = Faces(corners, triangles, (1, 1, 1, opacity), origin=corners, order=-1, uv=unit)
        self.boundary = LiveLines(width=tokens.boundary_width, cased=True)
        sides = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
        self.outline = Segments(sides, [*rgb(tokens.edge), 1.0], width=tokens.line_width, origin=sides)
        super().__init__(self.face, self.outline, self.boundary)
        self.show(network)

    def show(self, network: Network) -> Self:
        """Show what this network answers; the opacities stay as they are now."""
        behind = Network(network.layers[self.n_before :], decision=network.decision)
        side = round(len(self.pixels) ** 0.5)
        self.values = 2 * behind.predict_proba(self._inputs(self.pixels))[:, 1].reshape(side, side) - 1
        self.face.picture = np.rint(255 * signed_colours(self.values)).astype(np.uint8)
        self.boundary.lay(self._ends(behind), rgb(theme().boundary))
        return self

    def _inputs(self, X: np.ndarray) -> np.ndarray:
        return X if self.features is None else self.features(X)

    def _ends(self, network: Network) -> np.ndarray:
        """The line between the classes, (k, 2, 2)."""
        tolerance = (self.box[1] - self.box[0]) / _ACROSS
        if self.features is None:
            return decision_boundary(network, self.box, tolerance=tolerance).segments
        return curved_borders(lambda X: class_scores(network, self._inputs(X)), self.box, tolerance).segments
