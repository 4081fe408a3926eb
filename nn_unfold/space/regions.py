"""Regions of the input plane: where a network predicts which class, and where it has never seen data."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.spatial import cKDTree

from nn_core.geometry.box import Box, box_around, longer_side
from nn_core.geometry.pieces import DETAIL, Detail, class_pieces, curved_pieces
from nn_core.network import Network
from nn_unfold.errors import UnfoldError
from nn_unfold.space.base import SpatialGroup
from nn_unfold.space.primitives import Faces, LiveLines, Segments
from nn_unfold.theme import rgb, theme


class Regions(SpatialGroup):
    """The class that a network predicts all over a box, with the decision boundary between the classes.

    Networks with piecewise linear hidden layers are cut exactly along their creases and the decision boundary. For
    smooth ones the boundary is followed in small triangles; islands smaller than the first triangles may be overlooked.

    Args:
        network: of 2 inputs, with any number of outputs; a single one tells two classes apart.
        box: (x_min, x_max, y_min, y_max) in data units.
        opacity: of the faces, 0 to 1.
        order: of faces in the same plane, those with the higher order are drawn on top.
        detail: for smooth networks, how many triangles fit along the longer side of the box, at first and on the
            boundary.

    Attributes:
        faces: coloured by class.
        cells: the creases between linear regions of the same class, hidden until drawn.
        boundary: the decision boundary.
    """

    def __init__(
        self, network: Network, box: Box, *, opacity: float = 1.0, order: int = 0, detail: Detail = DETAIL
    ) -> None:
        tokens = theme()
        self.box, self.detail = box, detail
        none = np.empty((0, 2))
        self.faces = Faces(none, np.empty((0, 3), int), (0, 0, 0, 0), origin=none, order=order)
        self.faces.kept_opacity = opacity
        self.cells = LiveLines(opacity=0.0, width=tokens.grid_width)
        self.boundary = LiveLines(width=tokens.boundary_width, cased=True)
        super().__init__(self.faces, self.cells, self.boundary)
        self.show(network)

    @classmethod
    def over(cls, X: np.ndarray, network: Network, *, margin: float = 0.1, **options: Any) -> Self:
        """The regions around data points X (n, 2), in a square; the margin is a share of the data's extent."""
        return cls(network, box_around(X, margin=margin, square=True), **options)

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show the regions of another network over the same box. The opacities stay."""
        tokens = theme()
        pieces = class_pieces(network, self.box, self.detail)
        colours = np.array([rgb(colour) for colour in tokens.class_colours(max(network.n_out, 2))])
        self.faces.triangles, self.faces.uv = pieces.triangles, pieces.vertices
        self.faces.replace_vertices(pieces.vertices, colours[pieces.labels], origin=pieces.vertices)
        self.cells.lay(pieces.cells, rgb(tokens.grid))
        self.boundary.lay(pieces.borders, rgb(tokens.boundary))
        return self


class BeyondData(SpatialGroup):
    """A dark, hatched layer over the part of a box that is far from all data: there a network extrapolates.

    A point is far if its nearest data point is further away than `reach`.

    Args:
        X: (n, 2) data points.
        box: (x_min, x_max, y_min, y_max) in data units.
        reach: in data units; if not given, four times the median distance of a point to its nearest neighbour, but at
            least a tenth of the data's extent.

    Attributes:
        reach: as given or found.
        veil: the faces over all that is far.
        limit: the line at the distance `reach`.

    Raises:
        UnfoldError: for a reach that is not positive.
    """

    def __init__(self, X: np.ndarray, box: Box, *, reach: float | None = None) -> None:
        tokens = theme()
        X = np.asarray(X, dtype=float)
        tree = cKDTree(X)
        if reach is None:
            apart = np.asarray(tree.query(X, k=2)[0])[:, 1] if len(X) > 1 else np.zeros(1)
            reach = max(4 * float(np.median(apart)), float(np.ptp(X, axis=0).max()) / 10)
        if not reach > 0:
            raise UnfoldError(f"reach is {reach}, expected a distance above 0 in the units of the data.")
        self.reach = reach

        def near_or_far(points: np.ndarray) -> np.ndarray:
            return np.column_stack([np.full(len(points), reach), tree.query(points)[0]])

        pieces = curved_pieces(near_or_far, box)
        far = pieces.triangles[pieces.labels[pieces.triangles[:, 0]] == 1]
        # Grid lines at half steps of one coordinate only: the other coordinate stays between two lines.
        step = longer_side(box) / tokens.hatches
        hatch = np.column_stack(
            [pieces.vertices @ [np.sqrt(0.5), np.sqrt(0.5)], np.full(len(pieces.vertices), step / 2)]
        )
        self.veil = Faces(
            pieces.vertices,
            far,
            [*rgb(tokens.background), tokens.veil_opacity],
            origin=pieces.vertices,
            order=9,
            grid=step,
            uv=hatch,
        )
        self.limit = Segments(pieces.borders, [*rgb(tokens.faint), 1.0], width=tokens.line_width, origin=pieces.borders)
        super().__init__(self.veil, self.limit)
