"""The probabilities that a network gives its classes all over a plane, as colours."""

from __future__ import annotations

from typing import Self

import numpy as np

from nn_core.geometry import decision_boundary
from nn_core.geometry.boundary import class_scores, curved_borders
from nn_core.geometry.box import Box, box_corners, longer_side, pixel_middles
from nn_core.network import Network
from nn_core.preprocessing import Features
from nn_unfold.space.base import SpatialGroup
from nn_unfold.space.primitives import Faces, LiveLines, Segments
from nn_unfold.theme import rgb, signed_colours, theme

_ACROSS = 60  # the longer side of the box, in tolerances of the decision boundary


class HeatPlane(SpatialGroup):
    """The probabilities that a network gives its classes all over a box, as colours, and the decision boundary.

    Two classes: where class 1 has the probability p, the colour is that of 2 p - 1, from the theme's negative at p = 0
    over neutral to its positive at p = 1. More classes: the colour of the most probable class, mixed with neutral; it
    is neutral where all classes are equally probable, and the full class colour where one is certain.

    Args:
        network: with any number of outputs; a single one tells two classes apart.
        box: (x_min, x_max, y_min, y_max) in units of the plane.
        depth: how many layers of the network are in front of the plane; 0 for its input.
        features: what the network is given for points of the plane, (n, 2) -> (n, n_in); the points if not given.
        detail: pixels along a side.
        opacity: of the colours, 0 to 1.

    Attributes:
        face: the colours.
        outline: of the box.
        pixels: (detail^2, 2) the middles of the pixels, row after row from the top.
        values: of two classes (detail, detail), 2 p - 1 at these points; of K classes (detail, detail, K), the
            probabilities.
        boundary: where the most probable class changes.
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
        self.box, self.n_before, self.features, self.detail = box, depth, features, detail
        self.pixels = pixel_middles(box, detail)
        ring, unit = box_corners(box), box_corners((0, 1, 0, 1))
        triangles = np.array([[0, 1, 2], [0, 2, 3]])
        self.face = Faces(ring, triangles, (1, 1, 1, opacity), origin=ring, order=-1, uv=unit)
        self.boundary = LiveLines(width=tokens.boundary_width, cased=True)
        sides = np.stack([ring, np.roll(ring, -1, axis=0)], axis=1)
        self.outline = Segments(sides, [*rgb(tokens.edge), 1.0], width=tokens.line_width, origin=sides)
        super().__init__(self.face, self.outline, self.boundary)
        self.show(network)

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show the probabilities of this network. The opacities stay."""
        behind = Network(network.layers[self.n_before :], decision=network.decision)
        probabilities = behind.predict_proba(self._inputs(self.pixels)).reshape(self.detail, self.detail, -1)
        if probabilities.shape[2] == 2:
            self.values = 2 * probabilities[..., 1] - 1
            colours = signed_colours(self.values)
        else:
            self.values = probabilities
            colours = class_shades(probabilities)
        self.face.picture = np.rint(255 * colours).astype(np.uint8)
        self.boundary.lay(self._ends(behind), rgb(theme().boundary))
        return self

    def _inputs(self, X: np.ndarray) -> np.ndarray:
        return X if self.features is None else self.features(X)

    def _ends(self, network: Network) -> np.ndarray:
        """The decision boundary, (k, 2, 2)."""
        tolerance = longer_side(self.box) / _ACROSS
        if self.features is None:
            return decision_boundary(network, self.box, tolerance=tolerance).segments
        return curved_borders(lambda X: class_scores(network, self._inputs(X)), self.box, tolerance).segments


def class_shades(probabilities: np.ndarray) -> np.ndarray:
    """The colours (..., 3) of probabilities of K > 2 classes (..., K); neutral where all are equal."""
    tokens, n_classes = theme(), probabilities.shape[-1]
    classes = np.array([rgb(colour) for colour in tokens.class_colours(n_classes)])
    certain = ((probabilities.max(axis=-1) - 1 / n_classes) / (1 - 1 / n_classes))[..., None]
    neutral = np.array(rgb(tokens.neutral))
    return np.asarray(neutral + certain * (classes[probabilities.argmax(axis=-1)] - neutral))
