"""Convex solids: their faces and edges, in the colours of where their corners are."""

from __future__ import annotations

import numpy as np
from scipy.spatial import ConvexHull

from nn_unfold.space.base import SpatialGroup
from nn_unfold.space.primitives import Faces, Segments
from nn_unfold.theme import bilinear, rgb, theme


class Solid(SpatialGroup):
    """The convex hull of some points in space.

    Args:
        corners: (k, 3) in scene units, not all in one plane; those inside the hull don't show.
        opacity: of the faces, 0 to 1; 0 for a frame of edges alone.
        width: of the edges, in pixels of a picture 1080 pixels high.

    Attributes:
        faces, edges: the parts. Their `origin` (n, 3) is where they are at first.
    """

    def __init__(self, corners: np.ndarray, *, opacity: float = 1.0, width: float | None = None) -> None:
        tokens, corners = theme(), np.asarray(corners, dtype=float)
        low, high = corners.min(axis=0), corners.max(axis=0)
        hull = ConvexHull(corners)
        rgba = np.full((len(corners), 4), opacity)
        rgba[:, :3] = bilinear(tokens.corners, ((corners - low) / (high - low))[:, [0, 2]])
        self.faces = Faces(corners, hull.simplices, rgba, origin=corners, uv=corners[:, :2])
        ends = corners[edges_of(hull)]
        width = tokens.line_width if width is None else width
        self.edges = Segments(ends, [*rgb(tokens.edge), 1.0], width=width, origin=ends)
        super().__init__(self.faces, self.edges)


def edges_of(hull: ConvexHull) -> np.ndarray:
    """The edges of a convex solid, (e, 2) numbers of points: those sides of its triangles where two planes meet."""
    found = []
    for i, (triangle, plane) in enumerate(zip(hull.simplices, hull.equations, strict=True)):
        for across, neighbour in enumerate(hull.neighbors[i]):
            if i < neighbour and not np.allclose(plane, hull.equations[neighbour]):
                found.append(sorted(np.delete(triangle, across)))
    return np.array(found)


def cube(low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """The corners (8, 3) of a cube whose coordinates all lie between two numbers.

    >>> cube().sum(axis=0).tolist()
    [4.0, 4.0, 4.0]
    """
    return np.stack(np.meshgrid(*[[low, high]] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
