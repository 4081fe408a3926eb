"""Faces, lines and points in space: what the painter draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from manim import Mobject

from nn_unfold.engine.paint.batch import Batch
from nn_unfold.space.base import SpatialGroup, SpatialMobject, in_space
from nn_unfold.theme import rgb, theme

Box = tuple[float, float, float, float]


class Faces(SpatialMobject):
    """Faces between vertices.

    Args:
        points: (n, 2) or (n, 3) vertices in scene units.
        triangles: (m, 3) indices of vertices.
        rgba: (n, 4) colours, or one for all.
        order: among faces in one plane the higher order lies on top.
        grid: the distance of lines drawn on the faces, in units of `uv`; None for none.
        uv: (n, 2) places of the vertices in the plane that carries these lines; their origin if not given. With a
            picture, places in that, from (0, 0) at its lower left to (1, 1).
        picture: (h, w, 3) or (h, w, 4) uint8, which the colours tint; None for none.
        rim: (n, 2) places of the vertices in a unit square along whose sides the faces have a line; None for none.
    """

    def __init__(
        self,
        points: np.ndarray,
        triangles: np.ndarray,
        rgba: np.ndarray | Sequence[float],
        *,
        order: int = 0,
        grid: float | None = None,
        uv: np.ndarray | None = None,
        picture: np.ndarray | None = None,
        rim: np.ndarray | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(points, rgba, **kwargs)
        self.triangles = np.asarray(triangles, dtype=int).reshape(-1, 3)
        self.order = order
        self.grid_step = grid or 0.0
        self.uv = self.origin if uv is None else np.asarray(uv, dtype=float)
        self.picture, self.rim = picture, rim

    def batch(self) -> Batch:
        """Faces."""
        return Batch(
            self.points,
            self.rgba,
            triangles=self.triangles,
            size=float(self.order),
            uv=self.uv,
            grid=self.grid_step,
            picture=self.picture,
            rim=self.rim,
        )


class Segments(SpatialMobject):
    """Straight lines, each with its own two ends.

    Args:
        ends: (k, 2, 2) or (k, 2, 3) pairs of ends in scene units.
        rgba: one colour for all, or (k, 4), one per line.
        width: pixels at 1080 lines.
        cased: give the lines a rim, for those that cross sheets of their own brightness.
        origin: (k, 2, d) where the ends came from.
    """

    def __init__(
        self,
        ends: np.ndarray,
        rgba: np.ndarray | Sequence[float],
        *,
        width: float | None = None,
        cased: bool = False,
        origin: np.ndarray | None = None,
        **kwargs: Any,
    ) -> None:
        ends = np.asarray(ends, dtype=float)
        ends = ends.reshape(len(ends), 2, -1) if ends.size else np.zeros((0, 2, 2))
        colours = np.broadcast_to(np.asarray(rgba, dtype=float), (len(ends), 4))
        if origin is not None:
            origin = np.reshape(origin, (2 * len(ends), -1)) if len(ends) else np.zeros((0, 2))
        super().__init__(ends.reshape(-1, ends.shape[-1]), np.repeat(colours, 2, axis=0), origin=origin, **kwargs)
        self.width_px = theme().line_width if width is None else width
        self.cased = cased

    def batch(self) -> Batch:
        """Lines."""
        ends = np.arange(len(self.points)).reshape(-1, 2)
        return Batch(self.points, self.rgba, segments=ends, size=self.width_px, cased=self.cased)

    def pointwise_become_partial(self, mobject: Segments, a: float, b: float) -> Self:
        """Show the part of another's lines from share `a` to share `b` of their length: Manim's `Create`."""
        start, end = mobject.points[::2], mobject.points[1::2]
        lengths = np.linalg.norm(end - start, axis=1)
        after = np.cumsum(lengths)
        # The total is the last of the running sums: another sum may differ by a rounding, and hide the last lines.
        total, before = float(after[-1]) if len(after) else 0.0, after - lengths
        share = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        low, high = (np.clip((x * total - before) * share, 0.0, 1.0)[:, None] for x in (a, b))
        self.points[::2], self.points[1::2] = start + low * (end - start), start + high * (end - start)
        # A line that a fold has shrunk to a point is passed like any other.
        shown = (after >= a * total) & (before <= b * total) & (b > a)
        self.rgba = mobject.rgba.copy()
        self.rgba[:, 3] *= np.repeat(shown, 2)
        return self


class LiveLines(Segments):
    """Lines in the plane that are other ones at every moment, such as the border of a network that learns.

    Args:
        options: of Segments.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(np.empty((0, 2, 2)), (0, 0, 0, 0), **options)
        self.opacity = 1.0  # of lines that are nowhere, nobody could tell it

    def lay(self, ends: np.ndarray, colours: np.ndarray | Sequence[float]) -> Self:
        """Be these lines (k, 2, 2), in one colour (3,) or one for each (k, 3); the opacity stays as it is now."""
        if len(self.points):
            self.opacity = self.get_opacity()
        self.origin = ends.reshape(-1, 2)
        self.points = in_space(self.origin)
        self.rgba = np.full((len(self.points), 4), self.opacity)
        self.rgba[:, :3] = np.repeat(np.broadcast_to(colours, (len(ends), 3)), 2, axis=0)
        return self


def bold_lines(ends: np.ndarray, colour: str | None = None) -> Segments:
    """Lines (k, 2, 2) in the input plane that stand out from a sheet; in the colour of boundaries, if none is given."""
    tokens = theme()
    rgba = [*rgb(colour or tokens.boundary), 1.0]
    return Segments(ends, rgba, width=tokens.boundary_width, cased=True, origin=ends)


class Cloud(SpatialMobject):
    """Data points as small lit balls; classes differ in colour, brightness and shape.

    Args:
        X: (n, 2) or (n, 3) points in scene units.
        y: (n,) integer labels, or None for a cloud of one kind.
        n_classes: how many classes there are, if more than `y` shows.
        radius: pixels at 1080 lines.
        shades: a hex colour for each class; those of the theme if not given.
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray | None = None,
        *,
        n_classes: int | None = None,
        radius: float | None = None,
        shades: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        labels = np.zeros(len(X), dtype=int) if y is None else np.asarray(y, dtype=int)
        count = n_classes or (int(labels.max(initial=0)) + 1)
        colours = np.array([rgb(c) for c in shades or theme().class_colours(count)])
        rgba = np.concatenate([colours[labels], np.ones((len(labels), 1))], axis=1)
        super().__init__(X, rgba, origin=np.asarray(X, dtype=float), **kwargs)
        self.radius_px = theme().dot_radius if radius is None else radius
        self.markers = labels % 7

    def batch(self) -> Batch:
        """Balls."""
        return Batch(self.points, self.rgba, dots=np.arange(len(self.points)), size=self.radius_px, marker=self.markers)

    def align_points_with_larger(self, larger_mobject: Mobject) -> Self:
        """Double points up until there are as many as in the larger cloud."""
        again = np.arange(len(larger_mobject.points)) % len(self.points)
        self.points, self.rgba, self.markers = self.points[again], self.rgba[again], self.markers[again]
        return self


def polygon(corners: np.ndarray, colour: str, *, opacity: float = 1.0) -> SpatialGroup:
    """A convex polygon with its border.

    Args:
        corners: (k, 3) in order.
        colour: hex.
        opacity: of the face; the border is opaque.
    """
    k = len(corners)
    fan = [[0, i, i + 1] for i in range(1, k - 1)]
    border = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
    return SpatialGroup(Faces(corners, np.array(fan), [*rgb(colour), opacity]), Segments(border, [*rgb(colour), 1.0]))
