"""Triangles, line segments and points: the three kinds that the painter draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from manim import Mobject
from numpy.typing import ArrayLike

from nn_core.geometry.box import Box as Box
from nn_unfold.engine.paint.batch import Batch
from nn_unfold.errors import UnfoldError
from nn_unfold.space.base import SpatialGroup, SpatialMobject
from nn_unfold.space.classes import class_labels
from nn_unfold.theme import rgb, theme


class Faces(SpatialMobject):
    """Triangles between vertices.

    Args:
        points: (n, 2) or (n, 3) vertices in scene units.
        triangles: (m, 3) indices of vertices.
        rgba: (n, 4) colours, or one for all.
        order: of faces in the same plane, those with the higher order are drawn on top.
        grid: the distance between grid lines drawn on the faces, in units of `uv`; None for no lines.
        uv: (n, 2) coordinates of the vertices for these grid lines; the origin if not given. With a picture,
            coordinates in it, from (0, 0) at its lower left to (1, 1) at its upper right.
        picture: (h, w, 3) or (h, w, 4) uint8, multiplied by the colours; None for no picture.
        rim: (n, 2) coordinates of the vertices in the unit square. The faces have a line along the sides of that
            square; None for no line.
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
        """The triangles, as the painter draws them."""
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
    """Straight line segments, each with its own two ends.

    Args:
        ends: (k, 2, 2) or (k, 2, 3) pairs of ends in scene units.
        rgba: one colour for all, or (k, 4), one per segment.
        width: pixels in a picture 1080 pixels high.
        cased: whether the lines have a dark rim, so that they can be seen on bright sheets.
        origin: (k, 2, d) where the ends came from, in the input space of a network.
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
        """The segments, as the painter draws them."""
        ends = np.arange(len(self.points)).reshape(-1, 2)
        return Batch(self.points, self.rgba, segments=ends, size=self.width_px, cased=self.cased)

    def pointwise_become_partial(self, mobject: Mobject, a: float, b: float) -> Self:
        """Show the part of other segments from share `a` to share `b` of their total length; Manim's `Create` uses it.

        Raises:
            UnfoldError: where the other mobject has no segments.
        """
        if not isinstance(mobject, Segments):
            raise UnfoldError(f"Segments can show a part of other Segments, not of a {type(mobject).__name__}.")
        start, end = mobject.points[::2], mobject.points[1::2]
        lengths = np.linalg.norm(end - start, axis=1)
        after = np.cumsum(lengths)
        # The total is taken from the running sums. `lengths.sum()` may differ from it by a rounding error, and then
        # the last segments would stay hidden.
        total, before = float(after[-1]) if len(after) else 0.0, after - lengths
        share = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        low, high = (np.clip((x * total - before) * share, 0.0, 1.0)[:, None] for x in (a, b))
        self.points[::2], self.points[1::2] = start + low * (end - start), start + high * (end - start)
        # A segment of length 0, made by a fold, is shown when the drawing passes it.
        shown = (after >= a * total) & (before <= b * total) & (b > a)
        self.rgba = mobject.rgba.copy()
        self.rgba[:, 3] *= np.repeat(shown, 2)
        return self


class LiveLines(Segments):
    """Lines in the plane that are replaced at every moment, such as the decision boundary of a network in training.

    Args:
        opacity: of the first lines, 0 to 1.
        options: of Segments.
    """

    def __init__(self, *, opacity: float = 1.0, **options: Any) -> None:
        super().__init__(np.empty((0, 2, 2)), (0, 0, 0, 0), **options)
        self.kept_opacity = opacity

    def lay(self, ends: np.ndarray, colours: np.ndarray | Sequence[float]) -> Self:
        """Replace the lines by these (k, 2, d), in one colour (3,) or (k, 3), one for each. The opacity stays."""
        origin = ends.reshape(-1, ends.shape[-1])
        colours = np.repeat(np.broadcast_to(colours, (len(ends), 3)), 2, axis=0)
        return self.replace_vertices(origin, colours, origin=origin)


def bold_lines(ends: np.ndarray, colour: str | None = None) -> Segments:
    """Wide lines (k, 2, 2) in the input plane, with a dark rim; in the colour of decision boundaries by default."""
    tokens = theme()
    rgba = [*rgb(colour or tokens.boundary), 1.0]
    return Segments(ends, rgba, width=tokens.boundary_width, cased=True, origin=ends)


class Cloud(SpatialMobject):
    """Data points as small shaded balls; classes differ in colour, brightness and shape.

    Args:
        X: (n, d) points in scene units, d from 1 to 3.
        y: (n,) labels of any kind that `class_labels` takes, or None for a cloud of one kind.
        n_classes: how many classes there are, if `y` does not have all of them.
        radius: pixels in a picture 1080 pixels high.
        shades: a hex colour for each class; those of the theme if not given.

    Attributes:
        labels: (n,) the number of the class of each point.
        classes: the names of the classes.

    Raises:
        UnfoldError: where there are not as many labels as points.
    """

    def __init__(
        self,
        X: np.ndarray,
        y: ArrayLike | None = None,
        *,
        n_classes: int | None = None,
        radius: float | None = None,
        shades: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        labels, classes = class_labels(np.zeros(len(X), dtype=int) if y is None else y, n_classes)
        if len(labels) != len(X):
            raise UnfoldError(f"There are {len(X)} points but {len(labels)} labels: give one label for each point.")
        self.labels, self.classes = labels, classes
        colours = np.array([rgb(c) for c in shades or theme().class_colours(len(classes))])
        rgba = np.concatenate([colours[labels], np.ones((len(labels), 1))], axis=1)
        super().__init__(X, rgba, origin=np.asarray(X, dtype=float), **kwargs)
        self.radius_px = theme().dot_radius if radius is None else radius
        self.markers = labels % 7

    def batch(self) -> Batch:
        """The balls, as the painter draws them."""
        return Batch(self.points, self.rgba, dots=np.arange(len(self.points)), size=self.radius_px, marker=self.markers)

    def align_points_with_larger(self, larger_mobject: Mobject) -> Self:
        """Repeat points until there are as many as in the larger cloud."""
        again = np.arange(len(larger_mobject.points)) % len(self.points)
        self.points, self.rgba, self.markers = self.points[again], self.rgba[again], self.markers[again]
        return self


def polygon(corners: np.ndarray, colour: str, *, opacity: float = 1.0) -> SpatialGroup:
    """A convex polygon with its outline.

    Args:
        corners: (k, 3) in order.
        colour: hex.
        opacity: of the face; the outline is opaque.
    """
    k = len(corners)
    fan = [[0, i, i + 1] for i in range(1, k - 1)]
    border = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
    return SpatialGroup(Faces(corners, np.array(fan), [*rgb(colour), opacity]), Segments(border, [*rgb(colour), 1.0]))
