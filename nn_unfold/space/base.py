"""What lives in space: mobjects that the painter draws, and that every Manim animation can move."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from manim import Group, ManimColor, Mobject
from manim.mobject.types.image_mobject import AbstractImageMobject
from manim.utils.color import ParsableManimColor, color_to_rgb

from nn_unfold.engine.door import told_by_manim
from nn_unfold.engine.paint.batch import Batch
from nn_unfold.errors import UnfoldError


class SpatialMobject(AbstractImageMobject):
    """Vertices and their colours; what stands between the vertices is the subclass's `batch`.

    For cameras of stock Manim it is an image: they ask it for its pixels, and are told that they can't show it.

    Args:
        points: (n, 2) or (n, 3) vertices; two columns lie in the plane z = 0.
        rgba: (n, 4) straight-alpha colours, or one of them for all.
        origin: (n, d) where each vertex came from, in the input space of a network.
    """

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

    def get_array_attrs(self) -> list[str]:
        """The arrays that Manim copies along with the points."""
        return [*super().get_array_attrs(), "rgba"]

    def apply_over_attr_arrays(self, func: Any) -> Self:
        """Manim changes dimensions through this; the colours have none to change."""
        self.points = func(self.points)
        return self

    def set_color(self, color: ParsableManimColor, alpha: float | None = None, family: bool = True) -> Self:
        """Give all vertices one colour; their opacity stays, unless `alpha` says otherwise."""
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
        # The mean of equal numbers may be off by a rounding, and what is given on from frame to frame would drift.
        even = len(opacities) > 0 and (opacities == opacities[0]).all()
        return float(opacities[0] if even else opacities.mean())

    def fade(self, darkness: float = 0.5, family: bool = True) -> Self:
        """Take away this share of the opacity."""
        self.rgba[:, 3] *= 1.0 - darkness
        return super().fade(darkness, family)

    def interpolate_color(self, mobject1: Mobject, mobject2: Mobject, alpha: float) -> Self:
        """Mix the colours of two mobjects, vertex by vertex."""
        self.rgba = (1.0 - alpha) * mobject1.rgba + alpha * mobject2.rgba
        return self

    def align_points_with_larger(self, larger_mobject: Mobject) -> Self:
        """Only clouds can grow; a mesh can't become one with other vertices.

        Raises:
            UnfoldError: always, naming both.
        """
        raise UnfoldError(
            f"A {type(self).__name__} of {len(self.points)} vertices can't be transformed into one of "
            f"{len(larger_mobject.points)}: build both from the same mesh, or fade one out and the other in."
        )


class SpatialGroup(Group):
    """Spatial mobjects that fade and colour together."""

    def set_opacity(self, opacity: float) -> Self:
        """Give all parts one opacity."""
        for part in self.submobjects:
            part.set_opacity(opacity)
        return self

    def interpolate_color(self, mobject1: Mobject, mobject2: Mobject, alpha: float) -> Self:
        """A group has no colours of its own; stock Manim can't restore groups for want of this."""
        return self


def in_space(points: np.ndarray) -> np.ndarray:
    """(n, 2) or (n, 3) points as a fresh (n, 3) array; the plane lies at z = 0.

    Raises:
        UnfoldError: for points of any other width.
    """
    points = np.asarray(points, dtype=float)
    if points.ndim != 2 or points.shape[1] not in (2, 3):
        raise UnfoldError(
            f"Points in space have shape (n, 2) or (n, 3), but these have {points.shape}: "
            "project them first, for example with nn_core.embedding.pca."
        )
    return np.pad(points, [(0, 0), (0, 3 - points.shape[1])])


def spatial_parts(mobjects: Iterable[Mobject]) -> list[SpatialMobject]:
    """All spatial mobjects among these and their parts, each once, in display order."""
    family = dict.fromkeys(part for mobject in mobjects for part in mobject.get_family())
    return [part for part in family if isinstance(part, SpatialMobject)]
