"""Spatial mobjects: the painter draws them with depth, and every Manim animation can move them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, Self

import numpy as np
from manim import WHITE, Group, ManimColor, Mobject
from manim.mobject.types.image_mobject import AbstractImageMobject
from manim.utils.color import ParsableManimColor, color_to_rgb

from nn_unfold.engine.door import told_by_manim
from nn_unfold.engine.paint.batch import Batch
from nn_unfold.errors import UnfoldError


class SpatialMobject(AbstractImageMobject):
    """Vertices and their colours. A subclass says in `batch` what is drawn between the vertices.

    For cameras of stock Manim it is an image: they ask it for its pixels, and are told that they can't show it.

    Args:
        points: (n, d) vertices with d from 1 to 3; coordinates that are missing are 0.
        rgba: (n, 4) straight-alpha colours, or one of them for all.
        origin: (n, d) where each vertex came from, in the input space of a network.

    Attributes:
        kept_opacity: the last opacity of a mobject that has no vertices now: no colours could keep it.
        on_surface: (n,) the number of the surface on which each vertex lies, for parts of a Landscape.
    """

    points: np.ndarray
    rgba: np.ndarray
    origin: np.ndarray | None
    on_surface: np.ndarray | None = None
    kept_opacity: float = 1.0

    def __init__(
        self,
        points: np.ndarray,
        rgba: np.ndarray | Sequence[float],
        *,
        origin: np.ndarray | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(scale_to_resolution=0, **kwargs)
        self.points = in_space(points)
        self.rgba = np.broadcast_to(np.asarray(rgba, dtype=float), (len(self.points), 4)).copy()
        self.origin = None if origin is None else np.asarray(origin, dtype=float)

    def batch(self) -> Batch:
        """The arrays that the painter draws."""
        raise NotImplementedError

    def reset_points(self) -> Self:
        """No vertices; images begin with their corners."""
        self.points = np.zeros((0, 3))
        return self

    def get_pixel_array(self) -> np.ndarray:
        """Asked for by scenes that can't paint what lives in space.

        Raises:
            UnfoldError: always, naming the scenes that can.
        """
        with told_by_manim(at_once=True):
            raise UnfoldError(
                f"A {type(self).__name__} lives in space, and this scene can't paint it: derive the scene from "
                "nn_unfold.SpatialScene, which is a ThreeDScene, or from nn_unfold.Stage."
            )

    def replace_vertices(
        self, points: np.ndarray, colours: np.ndarray | Sequence[float], *, origin: np.ndarray | None = None
    ) -> Self:
        """Take other vertices (n, d), in one colour (3,) or (n, 3), one for each. The opacity stays."""
        if len(self.points):
            self.kept_opacity = self.get_opacity()
        self.points, self.origin = in_space(points), origin
        self.rgba = np.full((len(points), 4), self.kept_opacity)
        self.rgba[:, :3] = colours
        return self

    def get_array_attrs(self) -> list[str]:
        """The arrays that Manim copies along with the points."""
        return [*super().get_array_attrs(), "rgba"]

    def apply_over_attr_arrays(self, func: Any) -> Self:
        """Manim changes dimensions through this; the colours have none to change."""
        self.points = func(self.points)
        return self

    def set_color(self, color: ParsableManimColor = WHITE, alpha: float | None = None, family: bool = True) -> Self:
        """Give all vertices one colour. Their opacity stays, unless `alpha` is given."""
        Mobject.set_color(self, color, alpha, family)  # images leave it to their subclasses
        self.rgba[:, :3] = color_to_rgb(color)
        if alpha is not None:
            self.rgba[:, 3] = alpha
        return self

    def get_color(self) -> ManimColor:
        """The mean colour of the vertices."""
        return ManimColor.from_rgb(self.rgba[:, :3].mean(axis=0))

    def set_opacity(self, opacity: float, family: bool = True) -> Self:
        """Give all vertices one opacity from 0 (gone) to 1 (opaque)."""
        self.rgba[:, 3] = opacity
        if family:
            for part in self.submobjects:
                part.set_opacity(opacity)
        return self

    def get_opacity(self) -> float:
        """The mean opacity of the vertices."""
        opacities = self.rgba[:, 3]
        # The mean of equal numbers may differ from them by a rounding error, which would add up over the frames.
        even = len(opacities) > 0 and (opacities == opacities[0]).all()
        return float(opacities[0] if even else opacities.mean())

    def fade(self, darkness: float = 0.5, family: bool = True) -> Self:
        """Reduce the opacity by this share."""
        self.rgba[:, 3] *= 1.0 - darkness
        return super().fade(darkness, family)

    def interpolate_color(self, mobject1: Mobject, mobject2: Mobject, alpha: float) -> Self:
        """Mix the colours of two spatial mobjects, vertex by vertex."""
        if isinstance(mobject1, SpatialMobject) and isinstance(mobject2, SpatialMobject):
            self.rgba = (1.0 - alpha) * mobject1.rgba + alpha * mobject2.rgba
        return self

    def align_points_with_larger(self, larger_mobject: Mobject) -> Self:
        """Refuse to change the number of vertices; only a cloud can do that.

        Raises:
            UnfoldError: always, naming both.
        """
        raise UnfoldError(
            f"A {type(self).__name__} of {len(self.points)} vertices can't be transformed into one of "
            f"{len(larger_mobject.points)}: make both from the same mesh, or fade one out and the other in."
        )


class SpatialGroup(Group):
    """Spatial mobjects that fade and change colour together."""

    def set_opacity(self, opacity: float) -> Self:
        """Give all parts one opacity."""
        for part in self.submobjects:
            part.set_opacity(opacity)
        return self

    def interpolate_color(self, mobject1: Mobject, mobject2: Mobject, alpha: float) -> Self:
        """Do nothing: a group has no colours of its own. Manim's `Restore` needs this method."""
        return self


def in_space(points: np.ndarray) -> np.ndarray:
    """Points (n, 1), (n, 2) or (n, 3) as a new array (n, 3). A line lies on the x axis, a plane at z = 0.

    Raises:
        UnfoldError: for points of any other shape.
    """
    points = np.asarray(points, dtype=float)
    if points.ndim != 2 or points.shape[1] not in (1, 2, 3):
        raise UnfoldError(
            f"Points in space have shape (n, 1), (n, 2) or (n, 3), but these have {points.shape}: "
            "project them first, for example with a layer of nn_core.projections behind the network."
        )
    return np.pad(points, [(0, 0), (0, 3 - points.shape[1])])


def spatial_parts(mobjects: Iterable[Mobject]) -> list[SpatialMobject]:
    """All spatial mobjects among these and their parts, each once, in display order."""
    family = dict.fromkeys(part for mobject in mobjects for part in mobject.get_family())
    return [part for part in family if isinstance(part, SpatialMobject)]


class Movement(Protocol):
    """What moves spatial parts along closed forms of time, such as a Flow."""

    @property
    def moved(self) -> set[Mobject]:
        """All parts that it moves."""

    def place_part(self, part: SpatialMobject, points: np.ndarray, t: float) -> np.ndarray:
        """Where a part that started at these points (n, 3) is after the share t of the movement."""


def destinations(parts: Iterable[SpatialMobject], flows: Sequence[Movement], samples: int) -> Iterator[np.ndarray]:
    """The positions (n, 3) of all parts at some moments of several flows, one flow after another.

    The first array has the positions before all flows. A part that a flow does not move keeps its position.

    Args:
        parts: they start where they are now.
        flows: in order.
        samples: moments of each flow; the last one is its end.
    """
    parts = list(parts)
    now = [part.points for part in parts]
    yield np.concatenate(now)
    for flow in flows:
        moved = flow.moved
        start = now
        for t in np.linspace(0, 1, samples + 1)[1:]:
            now = [
                flow.place_part(part, points, float(t)) if part in moved else points
                for part, points in zip(parts, start, strict=True)
            ]
            yield np.concatenate(now)
