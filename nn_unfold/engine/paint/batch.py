"""The description of what is painted: the seam between mobjects and every painter of them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

import numpy as np

OPAQUE = 0.995  # from this opacity on, a thing counts as opaque


@dataclass
class Batch:
    """The faces, lines or points of one mobject.

    Attributes:
        points: (n, 3) vertices in scene units.
        rgba: (n, 4) straight-alpha colours in [0, 1], one per vertex.
        triangles: (m, 3) indices of faces.
        segments: (k, 2) indices of the ends of lines.
        dots: (j,) indices of points drawn as balls.
        size: width of lines or radius of dots in pixels at 1080 lines (a number, or one per segment or
            dot); for faces, their order where they are coplanar (higher lies on top).
        marker: (j,) or one number: the marker shape of each dot.
        cased: whether lines have a rim, as dark or bright as the background, a third as wide as they are in all.
        smoothing: whether the lines are soft edges of opaque faces: they are painted right after the faces.
        feather: whether only the left half of each line is painted, as seen on the screen, in turn with the faces: the
            outer half of a soft edge, for translucent faces, on which the inner half would show.
        uv: (n, 2) for faces: the place of each vertex in the plane that they carry lines of; with a picture, in
            that, from (0, 0) at its lower left to (1, 1). For dots with a picture (j, 4): the part of it that
            each shows, as left, right, bottom, top.
        grid: for faces, the distance of these lines in units of `uv`; 0 for none.
        rim: (n, 2) for faces: the place of each vertex in a unit square along whose sides the faces have a line in
            their own colour; None for no such line.
        depth: (m,), or (k,) of feathers, by which translucent faces are painted from large to small, in scene units
            along the view axis; None for that of their middles.
        picture: (h, w, 3) or (h, w, 4) uint8 that faces or dots bear, tinted by their colours; None for none.
    """

    points: np.ndarray
    rgba: np.ndarray
    triangles: np.ndarray = field(default_factory=lambda: np.empty((0, 3), dtype=int))
    segments: np.ndarray = field(default_factory=lambda: np.empty((0, 2), dtype=int))
    dots: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    size: np.ndarray | float = 0.0
    marker: np.ndarray | int = 0
    cased: bool = False
    smoothing: bool = False
    feather: bool = False
    uv: np.ndarray | None = None
    grid: float = 0.0
    rim: np.ndarray | None = None
    depth: np.ndarray | None = None
    picture: np.ndarray | None = None

    def frozen(self) -> Batch:
        """A copy of the arrays that mobjects change in place, to compare later batches with."""
        return replace(self, points=self.points.copy(), rgba=self.rgba.copy())

    def same_as(self, other: Batch) -> bool:
        """Whether another batch gives the same picture."""
        pairs = ((getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return all(
            one is two or (one is not None and two is not None and np.array_equal(one, two)) for one, two in pairs
        )
