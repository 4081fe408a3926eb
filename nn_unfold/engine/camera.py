"""The camera of the stage: Manim's perspective, with the painter's picture under Manim's own drawing.

What lives in space is painted in one depth-buffered pass; vector mobjects lie flat on the screen above
it, unless they are solid (`shade_in_3d`) or tied to a place in space (`anchor`).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any, Self

import cairo
import numpy as np
from manim import Mobject, VMobject
from manim.camera.three_d_camera import ThreeDCamera

from nn_unfold.engine.paint.batch import Batch
from nn_unfold.engine.paint.frames import blank_like
from nn_unfold.engine.paint.painter import Painting, painter_for
from nn_unfold.engine.paint.sight import NO_LINES
from nn_unfold.theme import rgb, samples_at, theme

FOCAL_DISTANCE = 20.0  # scene units at zoom 1, as in stock Manim
_BAND = 64  # pixels: the height of the pieces of what is held
_GAP = 0.06  # frame units between two labels of axes, from which the later one fades
_MOST_PATHS = 1000  # outlines whose paths are remembered
NEAR, FAR = 0.05, 4.0  # clipping distances in units of the focal distance


class Perspective:
    """How a place in space comes to the screen: Manim's own perspective.

    The focal distance is the stock one divided by the zoom, so that a small world seen from near looks
    just like a large one seen from afar: scene units can be data units.

    Attributes:
        middle: (2,) where on the screen the frame centre is seen, in frame units.
        area: (left, right, bottom, top) of the screen that it fills, in frame units; None for all of it.
    """

    middle: tuple[float, float] = (0.0, 0.0)
    area: tuple[float, float, float, float] | None = None
    frame_width: float
    frame_height: float

    @property
    def frame_center(self) -> np.ndarray:
        """(3,) the scene point that is seen in the middle."""
        return self._frame_center.points[0]

    @frame_center.setter
    def frame_center(self, place: np.ndarray) -> None:
        # Stock Manim shifts it there, and what rounding leaves depends on where it was before.
        self._frame_center.points = np.array([place], dtype=float)

    def reset_rotation_matrix(self) -> None:
        """Nothing to reset: the matrix is always that of the present angles.

        Stock Manim keeps the matrix of the last frame shown, which differs between a played and a
        skipped animation and so spoils the segment cache.
        """

    def get_rotation_matrix(self) -> np.ndarray:
        """(3, 3) rotation from scene axes to view axes, of the present angles."""
        return _rotation(self.get_phi(), self.get_theta(), self.get_gamma())

    def get_focal_distance(self) -> float:
        """The distance of the eye from the frame centre in scene units."""
        return FOCAL_DISTANCE / self.get_zoom()

    def project_points(self, points: np.ndarray) -> np.ndarray:
        """Scene points (n, 3) in frame units on the screen, with the depth towards the eye as third."""
        return ThreeDCamera.project_points(self, points) + np.array([*self.middle, 0.0])

    def projection(self) -> np.ndarray:
        """The (4, 4) matrix from scene units to clip space, y down; the perspective of `project_points`."""
        focal, zoom = self.get_focal_distance(), self.get_zoom()
        near, far = NEAR * focal, FAR * focal
        view = np.eye(4)
        view[:3, :3] = self.get_rotation_matrix()
        view[:3, 3] = -view[:3, :3] @ self.frame_center
        depth = (far + near) / (far - near)
        perspective = np.zeros((4, 4))
        perspective[0, 0] = 2 * focal * zoom / self.frame_width
        perspective[1, 1] = -2 * focal * zoom / self.frame_height
        perspective[2, 2], perspective[2, 3] = -depth, depth * focal - 2 * far * near / (far - near)
        perspective[3, 2], perspective[3, 3] = -1.0, focal  # w = focal - z
        shift = np.eye(4)
        shift[:2, 3] = 2 * self.middle[0] / self.frame_width, -2 * self.middle[1] / self.frame_height
        return shift @ perspective @ view


class StageCamera(Perspective, ThreeDCamera):
    """A ThreeDCamera that paints `SpatialMobject`s and keeps the overlay still."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # All that shapes the picture belongs to the key of Manim's segment cache: the code that paints,
        # the theme, and the table of displays, which stock Manim makes only when it first displays.
        self.fingerprint = code_fingerprint()
        self.tokens = theme()
        self.type_or_raise(VMobject())
        self._held = _Held()

    def get_mobjects_to_display(
        self, mobjects: Iterable[Mobject], include_submobjects: bool = True, excluded_mobjects: list | None = None
    ) -> list[Mobject]:
        """As stock, in a third of the time: all with their parts, of what comes twice the last, by z index."""
        shown: list[Mobject] = []

        def gather(mobject: Mobject) -> None:
            if len(mobject.points):
                shown.append(mobject)
            for part in mobject.submobjects:
                gather(part)

        for mobject in mobjects:
            gather(mobject)
        solid = any(mobject.__dict__.get("shade_in_3d") for mobject in shown)
        if solid or excluded_mobjects or not include_submobjects:
            return super().get_mobjects_to_display(mobjects, include_submobjects, excluded_mobjects)
        shown = list(dict.fromkeys(reversed(shown)))[::-1]
        return sorted(shown, key=attrgetter("z_index")) if self.use_z_index else shown

    def get_cairo_context(self, pixel_array: np.ndarray) -> cairo.Context:
        """As stock, but the screen stays where it is when the frame centre moves through space."""
        cached = self.get_cached_cairo_context(pixel_array)
        if cached is None:
            centre, self.frame_center = self.frame_center.copy(), np.zeros(3)
            cached = super().get_cairo_context(pixel_array)
            self.frame_center = centre
        return cached

    def transform_points_pre_display(self, mobject: Mobject, points: np.ndarray) -> np.ndarray:
        """Scene points to frame coordinates: flat on the screen unless solid, anchored or registered."""
        if getattr(mobject, "anchor", None) is not None:
            return points + self._anchorage(mobject)
        if self.follows_view(mobject):
            return super().transform_points_pre_display(mobject, points)
        return points

    def set_cairo_context_path(self, ctx: cairo.Context, vmobject: VMobject) -> Self:
        """As stock, but what is only moved over the screen, or stands, keeps its path."""
        anchored = getattr(vmobject, "anchor", None) is not None
        if self.follows_view(vmobject) and not anchored:
            return super().set_cairo_context_path(ctx, vmobject)
        paths, outline = self._held.paths, vmobject.points.tobytes()
        if outline in paths:
            paths.move_to_end(outline)
        else:
            # Always where it was made: elsewhere it is rounded otherwise, and would depend on what was drawn before.
            unmoved = VMobject().set_points(vmobject.points) if anchored else vmobject
            ctx.new_path()
            super().set_cairo_context_path(ctx, unmoved)
            paths[outline] = ctx.copy_path()
            if len(paths) > _MOST_PATHS:
                paths.popitem(last=False)
        x, y, _ = self._anchorage(vmobject) if anchored else np.zeros(3)
        ctx.new_path()
        ctx.translate(x, y)
        ctx.append_path(paths[outline])
        ctx.translate(-x, -y)
        return self

    def _anchorage(self, mobject: Mobject) -> np.ndarray:
        """(3,) where on the screen the anchor of a mobject is seen."""
        x, y, _ = self.lens(mobject).project_points(mobject.anchor[None])[0]
        return np.array([x, y, 0.0])

    def follows_view(self, mobject: Mobject) -> bool:
        """Whether a vector mobject moves on the screen when the camera moves."""
        return (
            getattr(mobject, "anchor", None) is not None
            or getattr(mobject, "shade_in_3d", False)
            or mobject in self.fixed_orientation_mobjects
        )

    def modified_rgbas(self, vmobject: VMobject, rgbas: np.ndarray) -> np.ndarray:
        """As stock, but what belongs to a line fades as that is hidden."""
        rgbas, line = super().modified_rgbas(vmobject, rgbas), self._line(vmobject)
        return rgbas if line is None else rgbas * [1.0, 1.0, 1.0, self._held.seen.get(line, 1.0)]

    def may_be_hidden(self, mobject: Mobject) -> bool:
        """Whether a vector mobject belongs to a line in space, and fades as that is hidden."""
        return self._line(mobject) is not None

    def _line(self, mobject: Mobject) -> tuple[Perspective, bytes] | None:
        """The line that a mobject belongs to, and how it is seen; None where there is none."""
        line = getattr(mobject, "belongs_to", None)
        return None if line is None else (self.lens(mobject), line.tobytes())

    def room_for_labels(self, mobjects: Iterable[Mobject], lens: Perspective) -> dict[tuple[Perspective, bytes], float]:
        """How much room labels of lines have beside each other, from 0 to 1: those that come later give way.

        As the camera turns, numbers of one axis come to lie over those of another: before they touch, one fades.
        Names of points stay.

        Args:
            mobjects: single ones, in the order in which they are displayed.
            lens: the camera or the panel in which they are seen.
        """
        outlines: dict[tuple[Perspective, bytes], list[np.ndarray]] = {}
        taken = np.empty((0, 2, 2))  # the corners of those that stay
        for mobject in mobjects:
            if getattr(mobject, "anchor", None) is None or self.lens(mobject) is not lens or not len(mobject.points):
                continue
            outline = self.transform_points_pre_display(mobject, mobject.points)[:, :2]
            key = self._line(mobject)
            if key is not None:
                outlines.setdefault(key, []).append(outline)
            elif mobject.get_fill_opacity() > 0:  # the name of a point, say: it stays
                taken = np.append(taken, [[outline.min(axis=0), outline.max(axis=0)]], axis=0)
        places = {key: np.concatenate(parts) for key, parts in outlines.items()}
        room: dict[tuple[Perspective, bytes], float] = {}
        for key, points in places.items():
            low, high = points.min(axis=0), points.max(axis=0)
            gaps = np.maximum(low - taken[:, 1], taken[:, 0] - high).max(axis=1)
            room[key] = float(np.clip(gaps.min(initial=_GAP) / _GAP, 0.0, 1.0))
            if room[key] > 0:
                taken = np.append(taken, [[low, high]], axis=0)
        return room

    def lens(self, mobject: Mobject) -> Perspective:
        """The perspective in which a mobject is seen: that of its panel, or the camera's own."""
        return getattr(mobject, "panel", None) or self

    def hold(self, mobjects: Sequence[Mobject]) -> None:
        """Draw vector mobjects once; until the next call they are not drawn again but laid over as one picture.

        Args:
            mobjects: single ones, without their parts, that will not change; none to let go.
        """
        held = self._held
        held.mobjects = dict.fromkeys(mobjects)
        held.paintings, held.drawn_as = [], held.seen
        if mobjects:
            picture = np.zeros((self.pixel_height, self.pixel_width, 4), dtype=np.uint8)
            self.display_multiple_vectorized_mobjects(list(mobjects), picture)
            self.pixel_array_to_cairo_context.pop(id(picture))
            held.paintings = _in_bands(picture)

    def capture_mobjects(self, mobjects: Iterable[Mobject], **kwargs: Any) -> None:
        """Paint what lives in space in one pass, then draw the labels in it, then what is flat on the screen."""
        shown = self.get_mobjects_to_display(mobjects, **kwargs)
        spatial = [mobject for mobject in shown if hasattr(mobject, "batch")]
        held = self._held
        lenses = dict.fromkeys(self.lens(mobject) for mobject in spatial)
        held.seen = {}
        for lens in lenses:
            batches = [m.batch() for m in spatial if self.lens(m) is lens]
            lines = {key: m.belongs_to for m in shown if (key := self._line(m)) is not None and key[0] is lens}
            ends = np.reshape([*lines.values()], (-1, 2, 3))
            paint = self._painted_once if len(lenses) > 1 else self.painted
            painting = paint(batches, lens, ends)
            held.seen.update(zip(lines, painting.seen, strict=True))
            for key, room in self.room_for_labels(shown, lens).items():
                held.seen[key] *= room
            self._lay_over(painting, lens.area)
        if held.seen != held.drawn_as:
            self.hold([*held.mobjects])
        drawn = [m for m in shown if not hasattr(m, "batch") and m is not self._frame_center and m not in held.mobjects]
        self._draw([m for m in drawn if self.follows_view(m)])
        for painting in held.paintings:
            self._lay_over(painting)
        self._draw([m for m in drawn if not self.follows_view(m)])

    def hand_over(self) -> np.ndarray:
        """The frame (h, w, 4) as it is, which the camera will not touch again; the next is drawn elsewhere."""
        frame, self.pixel_array = self.pixel_array, blank_like(self.pixel_array)
        self.pixel_array_to_cairo_context.clear()
        return frame

    def _draw(self, mobjects: list[Mobject]) -> None:
        """Draw single mobjects, already in order, without their parts."""
        if all(isinstance(mobject, VMobject) for mobject in mobjects):
            self.display_multiple_vectorized_mobjects(mobjects, self.pixel_array)
        else:
            super().capture_mobjects(mobjects, include_submobjects=False)

    def apply_fill(self, ctx: cairo.Context, vmobject: VMobject) -> Self:
        """As stock, but a shape with a `picture()` (h, w, 4), premultiplied, is filled with that, edge to edge."""
        picture = getattr(vmobject, "picture", None)
        if picture is None:
            return super().apply_fill(ctx, vmobject)
        corners = self.transform_points_pre_display(vmobject, vmobject.points)[:, :2]
        (left, bottom), (width, height) = corners.min(axis=0), np.ptp(corners, axis=0)
        if width > 0 and height > 0:
            pixels = picture()
            rows, columns = pixels.shape[:2]
            pattern = cairo.SurfacePattern(
                cairo.ImageSurface.create_for_data(pixels, cairo.FORMAT_ARGB32, columns, rows)
            )
            across, down = columns / width, -rows / height
            pattern.set_matrix(cairo.Matrix(across, 0, 0, down, -left * across, -(bottom + height) * down))
            pattern.set_extend(cairo.EXTEND_PAD)
            pattern.set_filter(cairo.FILTER_BILINEAR)
            ctx.set_source(pattern)
            ctx.fill_preserve()
        return self

    def painted(self, batches: list[Batch], lens: Perspective | None = None, lines: np.ndarray = NO_LINES) -> Painting:
        """A picture of these as the camera or a panel stands, and how much is seen of lines (n, 2, 3).

        Its pixels are valid until the next.
        """
        lens = lens or self
        painter = painter_for(self.pixel_width, self.pixel_height, samples_at(self.pixel_height))
        return painter.paint(
            batches,
            lens.projection(),
            light=np.array(self.tokens.light),
            shading=self.tokens.shading,
            grid=(*rgb(self.tokens.grid), self.tokens.grid_opacity),
            grid_width=self.tokens.grid_width,
            within=None if lens.area is None else self.pixels(*lens.area),
            watched=lines,
        )

    def pixels(self, left: float, right: float, bottom: float, top: float) -> tuple[int, int, int, int]:
        """The rectangle (left, top, right, bottom) of whole pixels that holds an area, in frame units."""
        across = (np.array([left, right]) / self.frame_width + 0.5) * self.pixel_width
        down = (0.5 - np.array([top, bottom]) / self.frame_height) * self.pixel_height
        return int(np.floor(across[0])), int(np.floor(down[0])), int(np.ceil(across[1])), int(np.ceil(down[1]))

    def _painted_once(self, batches: list[Batch], lens: Perspective, lines: np.ndarray) -> Painting:
        """The same, but a panel in which nothing has changed keeps its picture."""
        numbers = np.concatenate([lens.projection().ravel(), lines.ravel()])
        before, seen_from, painting = self._held.panels.get(lens, ([], numbers, None))
        same = len(before) == len(batches) and np.array_equal(seen_from, numbers)
        if painting is None or not (same and all(map(Batch.same_as, batches, before))):
            painting = self.painted(batches, lens, lines)
            painting = painting._replace(pixels=painting.pixels.copy())
            self._held.panels[lens] = [batch.frozen() for batch in batches], numbers, painting
        return painting

    def _lay_over(self, painting: Painting, area: tuple[float, float, float, float] | None = None) -> None:
        """Composite a painting over the frame, or over an area of it alone.

        Args:
            painting: what to lay over.
            area: (left, right, bottom, top) in frame units.
        """
        height, width = painting.pixels.shape[:2]
        surface = cairo.ImageSurface.create_for_data(painting.pixels, cairo.FORMAT_ARGB32, width, height)
        context = self.get_cairo_context(self.pixel_array)
        context.save()
        if area is not None:
            left, right, bottom, top = area
            context.rectangle(left, bottom, right - left, top - bottom)
            context.clip()
        context.identity_matrix()
        context.set_source_surface(surface, painting.left, painting.top)
        context.paint()
        context.restore()


@lru_cache(maxsize=64)
def _rotation(phi: float, theta: float, gamma: float) -> np.ndarray:
    """(3, 3) from scene axes to view axes, as Manim turns them: about z to theta, down by phi, then by gamma."""
    to_theta, to_phi, to_gamma = -theta - np.pi / 2, -phi, gamma
    about_z = np.array([[np.cos(to_theta), -np.sin(to_theta), 0], [np.sin(to_theta), np.cos(to_theta), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(to_phi), -np.sin(to_phi)], [0, np.sin(to_phi), np.cos(to_phi)]])
    tilt = np.array([[np.cos(to_gamma), -np.sin(to_gamma), 0], [np.sin(to_gamma), np.cos(to_gamma), 0], [0, 0, 1]])
    return tilt @ about_x @ about_z


class _Held:
    """What is kept to be used again; with slots and no __dict__, so that Manim's cache key sees the type alone."""

    __slots__ = ("drawn_as", "mobjects", "paintings", "panels", "paths", "seen")

    def __init__(self) -> None:
        self.mobjects: dict[Mobject, None] = {}
        self.paintings: list[Painting] = []
        self.panels: dict[Perspective, tuple[list[Batch], np.ndarray, Painting]] = {}
        self.paths: OrderedDict[bytes, cairo.Path] = OrderedDict()
        self.seen: dict[tuple[Perspective, bytes], float] = {}
        self.drawn_as = self.seen


def _in_bands(picture: np.ndarray) -> list[Painting]:
    """What there is to be seen of a picture (h, w, 4), as a few pieces above each other."""
    pieces = []
    for top, band in zip(
        range(0, len(picture), _BAND), np.split(picture, range(_BAND, len(picture), _BAND)), strict=True
    ):
        used = np.flatnonzero(band[..., 3].any(axis=0))
        if len(used):
            pieces.append(Painting(np.ascontiguousarray(band[:, used[0] : used[-1] + 1]), int(used[0]), top))
    return pieces


@lru_cache(maxsize=1)
def code_fingerprint() -> str:
    """A hash of the code and shaders of this package."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted(path for pattern in ("*.py", "*.vert", "*.frag") for path in package.rglob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()
