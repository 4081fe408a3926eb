"""Regions of the input plane: where a network chooses which class, and where it has never seen data."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np
from scipy.spatial import cKDTree

from nn_core.geometry.boundary import borders, class_scores
from nn_core.geometry.folding import in_double, is_piecewise
from nn_core.geometry.mesh import fans, squares
from nn_core.geometry.refinement import bisect, edges_of, longest_last
from nn_core.geometry.regions import classified
from nn_core.geometry.subdivision import Subdivision
from nn_core.network import Network
from nn_unfold.errors import UnfoldError
from nn_unfold.space.base import SpatialGroup, in_space
from nn_unfold.space.primitives import Box, Faces, Segments
from nn_unfold.theme import rgb, theme

Detail = tuple[int, int]  # how often a triangle fits into the longer side of a box, at first and on a border
DETAIL: Detail = (64, 256)


class Pieces(NamedTuple):
    """A box in pieces of one label each.

    Attributes:
        vertices: (n, 2), and
        triangles: (m, 3); no vertex belongs to pieces of two labels.
        labels: (n,) of the vertices.
        borders: (b, 2, 2) the lines between pieces of different labels.
        cells: (c, 2, 2) all other lines between pieces.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    labels: np.ndarray
    borders: np.ndarray
    cells: np.ndarray


class Regions(SpatialGroup):
    """The class that a network chooses at every place of a box, with the exact lines between the classes.

    Networks with piecewise linear hidden layers are cut exactly along their creases and the decision boundary.
    For smooth ones triangles on the boundary are halved until their sides are below a share of the box, and cut
    where two scores are equal at the places between their corners; islands that slip through the grid that this
    starts from are not seen.

    Args:
        network: of 2 inputs; one output is a class against the other.
        box: (x_min, x_max, y_min, y_max) in data units.
        opacity: of the faces, 0 to 1.
        order: among faces in one plane the higher lies on top.
        detail: of smooth networks, how often a triangle fits into the longer side of the box, at first and on the
            boundary.

    Attributes:
        faces: coloured by class.
        cells: the lines along which the network bends within a class, hidden until drawn.
        boundary: the lines between classes.
    """

    def __init__(
        self, network: Network, box: Box, *, opacity: float = 1.0, order: int = 0, detail: Detail = DETAIL
    ) -> None:
        tokens = theme()
        self.box, self.detail = box, detail
        none = np.empty((0, 2))
        self.faces = Faces(none, np.empty((0, 3), int), (0, 0, 0, 0), origin=none, order=order)
        self.cells = Segments(none, (0, 0, 0, 0), width=tokens.grid_width)
        self.boundary = Segments(none, (0, 0, 0, 0), width=tokens.boundary_width, cased=True)
        super().__init__(self.faces, self.cells, self.boundary)
        self.opacities = [opacity, 0.0, 1.0]
        self.show(network)

    @classmethod
    def over(cls, X: np.ndarray, network: Network, *, margin: float = 0.1, **options: Any) -> Self:
        """The regions around data points X (n, 2), in a square with this share of the data's extent beyond them."""
        low, high = X.min(axis=0), X.max(axis=0)
        middle, half = (low + high) / 2, (0.5 + margin) * float((high - low).max())
        return cls(network, (middle[0] - half, middle[0] + half, middle[1] - half, middle[1] + half), **options)

    def show(self, network: Network) -> Self:
        """Show the regions of another network over the same box; the opacities stay as they are now."""
        # Of a part that was empty nobody can tell but this list.
        self.opacities = [
            part.get_opacity() if len(part.points) else kept
            for part, kept in zip(self.submobjects, self.opacities, strict=True)
        ]
        tokens = theme()
        pieces = class_pieces(network, self.box, self.detail)
        self.faces.triangles = pieces.triangles
        self.faces.uv = pieces.vertices
        colours = np.array([rgb(colour) for colour in tokens.class_colours(max(network.n_out, 2))])
        lines = [np.reshape(ends, (-1, 2)) for ends in (pieces.cells, pieces.borders)]
        shades = [colours[pieces.labels], rgb(tokens.grid), rgb(tokens.boundary)]
        for part, points, shade, opacity in zip(
            self.submobjects, [pieces.vertices, *lines], shades, self.opacities, strict=True
        ):
            part.points, part.origin = in_space(points), points
            part.rgba = np.full((len(points), 4), opacity)
            part.rgba[:, :3] = shade
        return self


class BeyondData(SpatialGroup):
    """A dark, hatched veil over the part of a box that is far from all data: there a network has seen nothing.

    A place is far if its nearest data point is further away than `reach`.

    Args:
        X: (n, 2) data points.
        box: (x_min, x_max, y_min, y_max) in data units.
        reach: in data units; if not given, four times the median distance of a point to its nearest neighbour,
            but at least a tenth of the longer side of what the data span.

    Attributes:
        reach: as given or found.
        veil: the faces over all that is far.
        limit: the line at the distance `reach`.
    """

    def __init__(self, X: np.ndarray, box: Box, *, reach: float | None = None) -> None:
        tokens = theme()
        X = np.asarray(X, dtype=float)
        tree = cKDTree(X)
        if reach is None:
            apart = tree.query(X, k=2)[0][:, 1] if len(X) > 1 else np.zeros(1)
            reach = max(4 * float(np.median(apart)), float(np.ptp(X, axis=0).max()) / 10)
        if not reach > 0:
            raise UnfoldError(f"reach is {reach}, expected a distance above 0 in the units of the data.")
        self.reach = reach

        def near_or_far(points: np.ndarray) -> np.ndarray:
            return np.column_stack([np.full(len(points), reach), tree.query(points)[0]])

        pieces = curved_pieces(near_or_far, box)
        far = pieces.triangles[pieces.labels[pieces.triangles[:, 0]] == 1]
        # Lines at half steps of the one coordinate; the other stays between its lines.
        step = _longer_side(box) / tokens.hatches
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


def class_pieces(network: Network, box: Box, detail: Detail = DETAIL) -> Pieces:
    """The pieces of a box in which a network chooses one class.

    Args:
        network: of 2 inputs; its classes are those of `network.predict`.
        box: (x_min, x_max, y_min, y_max) in data units.
        detail: as for `Regions`.
    """
    network = in_double(network)
    if is_piecewise(network.layers[:-1]):
        return _pieces(classified(network, box))

    return curved_pieces(partial(class_scores, network), box, detail)


def curved_pieces(scores: Callable[[np.ndarray], np.ndarray], box: Box, detail: Detail = DETAIL) -> Pieces:
    """The pieces of a box in which one of some smooth scores, (n, 2) -> (n, K), is the largest.

    Over each triangle of a mesh the scores are replaced by the flat ones through its corners.
    """
    mesh = squares(box, detail[0])
    vertices, triangles = mesh.vertices, longest_last(mesh.vertices, mesh.triangles)
    values = scores(vertices)
    while True:
        best = values.argmax(axis=1)[triangles]
        mixed = (best != best[:, :1]).any(axis=1)
        base = vertices[triangles[:, 1]] - vertices[triangles[:, 2]]
        coarse = mixed & (np.linalg.norm(base, axis=1) > _longer_side(box) / detail[1])
        if not coarse.any():
            break
        n = len(vertices)
        vertices, triangles, *_ = bisect(vertices, triangles, edges_of(triangles[coarse])[:, 0])
        values = np.concatenate([values, scores(vertices[n:])])
    # A triangle that is not mixed has the label of all its corners.
    used, corners = np.unique(triangles[~mixed], return_inverse=True)
    none = np.empty((0, 2, 2))
    whole = Pieces(vertices[used], corners.reshape(-1, 3), values[used].argmax(axis=1), none, none)
    if not mixed.any():
        return whole
    used, corners = np.unique(triangles[mixed], return_inverse=True)
    plane = Subdivision.of_triangles(vertices[used], corners.reshape(-1, 3))
    plane.assign(values[used].T)
    plane.cut_by_winner()
    cut = _pieces(plane)
    return Pieces(
        np.concatenate([whole.vertices, cut.vertices]),
        np.concatenate([whole.triangles, cut.triangles + len(whole.vertices)]),
        np.concatenate([whole.labels, cut.labels]),
        cut.borders,
        cut.cells,
    )


def _pieces(plane: Subdivision) -> Pieces:
    """The faces of a subdivision, which have labels, as pieces."""
    corners, begins = plane.polygons()
    # Neighbours of one label share their vertices: then only the edges between labels are edges.
    n_labels = int(plane.label.max()) + 1
    keys, corners = np.unique(corners * n_labels + np.repeat(plane.label, np.diff(begins)), return_inverse=True)
    number, labels = np.divmod(keys, n_labels)
    vertices = plane.points.now.T[number]
    triangles, _ = fans(vertices, corners, begins)
    edges = plane.edges.now
    inside = (edges[2:4] >= 0).all(axis=0)
    within = inside & (plane.label[edges[2]] == plane.label[edges[3]]) & (edges[4] >= 0)
    lines, _ = borders(plane)
    return Pieces(vertices, triangles, labels, lines.segments, plane.points.now.T[edges[:2, within].T])


def _longer_side(box: Box) -> float:
    return max(box[1] - box[0], box[3] - box[2])
