"""The cameras: Manim's perspective, with the painter's picture under Manim's own drawing.

Mobjects in space are painted in one depth-buffered pass. Vector mobjects are drawn above it: first those that move with
the view, then those that stand still on the screen.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any, Self

import cairo
import numpy as np
from manim import ManimColor, Mobject, Point, VMobject, config
from manim.camera.three_d_camera import ThreeDCamera

from nn_unfold.colours import contrast, rgb
from nn_unfold.engine.fingerprint import code_fingerprint
from nn_unfold.engine.paint.batch import Batch
from nn_unfold.engine.paint.frames import blank_like
from nn_unfold.engine.paint.occlusion import NO_LINES
from nn_unfold.engine.paint.painter import REFERENCE_HEIGHT, Painting, painter_for
from nn_unfold.engine.paint.primitives import REACH
from nn_unfold.engine.studio import stock_settings
from nn_unfold.errors import UnfoldError
from nn_unfold.shapes import lines_of
from nn_unfold.theme import READABLE, samples_at, theme

FOCAL_DISTANCE = 20.0  # of a stage, in scene units at zoom 1; the same as in stock Manim
_BAND = 64  # pixels: the height of the strips in which held mobjects are kept
_GAP = 0.06  # frame units between two labels of axes, from which the later one fades
_BEHIND_EYE = 1e6  # how much larger than in the middle a thing is seen that is behind the eye, as in stock Manim
_MOST_PATHS = 1000  # outlines whose Cairo paths are kept
NEAR, FAR = 0.05, 4.0  # clipping distances in units of the focal distance


class Perspective:
    """The perspective of Manim's ThreeDCamera: from places in space to places on the screen.

    The focal distance is that of stock Manim divided by the zoom. So a small world seen from near looks like a large
    one seen from afar, and scene units can be data units.

    Attributes:
        middle: (2,) where on the screen the frame centre is seen, in frame units.
        area: (left, right, bottom, top) of the screen that it fills, in frame units; None for all of it.
    """

    middle: tuple[float, float] = (0.0, 0.0)
    area: tuple[float, float, float, float] | None = None
    frame_width: float
    frame_height: float
    _frame_center: Point
    # Angles and zoom: a camera of Manim has them, and so has a panel.
    get_phi: Callable[[], float]
    get_theta: Callable[[], float]
    get_gamma: Callable[[], float]
    get_zoom: Callable[[], float]
    set_phi: Callable[[float], None]
    set_theta: Callable[[float], None]
    set_zoom: Callable[[float], None]

    @property
    def frame_center(self) -> np.ndarray:
        """(3,) the scene point that is seen in the middle."""
        return self._frame_center.points[0]

    @frame_center.setter
    def frame_center(self, place: np.ndarray) -> None:
        # Stock Manim shifts it there, so that the last bits depend on where it was before.
        self._frame_center.points = np.array([place], dtype=float)

    def reset_rotation_matrix(self) -> None:
        """Do nothing: the matrix is always that of the present angles.

        Stock Manim keeps the matrix of the last frame that was drawn. It differs between a played and a skipped
        animation, and so would the keys of the segment cache.
        """

    def get_rotation_matrix(self) -> np.ndarray:
        """(3, 3) rotation from scene axes to view axes, of the present angles."""
        return _rotation(self.get_phi(), self.get_theta(), self.get_gamma())

    def get_focal_distance(self) -> float:
        """The distance of the eye from the frame centre in scene units."""
        return FOCAL_DISTANCE / self.get_zoom()

    def project_points(self, points: np.ndarray) -> np.ndarray:
        """Scene points (n, 3) in frame units on the screen, with the depth towards the eye as third."""
        seen = (points - self.frame_center) @ self.get_rotation_matrix().T
        distance = self.get_focal_distance() - seen[:, 2]
        with np.errstate(divide="ignore"):
            nearness = np.where(distance < 0, _BEHIND_EYE, self.get_focal_distance() / distance)
        nearness *= self.get_zoom()
        # Column by column: NumPy is several times slower on rows of two numbers.
        for column, shift in enumerate(self.middle):
            seen[:, column] *= nearness
            seen[:, column] += shift
        return seen

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


def is_in_space(mobject: Mobject) -> bool:
    """Whether a mobject lives in space: the painter draws what its `batch()` gives."""
    return hasattr(mobject, "batch")


def vertices_of(mobjects: Iterable[Mobject]) -> int:
    """How many vertices in space these mobjects have, with their parts."""
    family = {part for mobject in mobjects for part in mobject.get_family()}
    return sum(len(part.points) for part in family if is_in_space(part))


class SpatialCamera(Perspective, ThreeDCamera):
    """A ThreeDCamera that paints mobjects in space with true depth.

    Vector mobjects are drawn above them, where Manim's own camera draws them.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # All that shapes the picture belongs to the key of Manim's segment cache: the code that paints,
        # the theme, and the table of displays, which stock Manim makes only when it first displays.
        self.fingerprint = code_fingerprint()
        self.tokens = theme()
        self.type_or_raise(VMobject())
        self._held = _Held()

    def init_background(self) -> None:
        """As in Manim, but multiplied by its alpha, as Cairo has all colours; else edges keep some of it."""
        super().init_background()
        background: Any = self.background
        background[..., :3] = np.rint(background[..., :3] * (background[..., 3:] / 255))

    def get_focal_distance(self) -> float:
        """The distance of the eye from the frame centre in scene units, as in stock Manim."""
        return ThreeDCamera.get_focal_distance(self)

    def get_mobjects_to_display(
        self, mobjects: Iterable[Mobject], include_submobjects: bool = True, excluded_mobjects: list | None = None
    ) -> list[Mobject]:
        """As stock, in a third of the time: all mobjects with their parts, sorted by z index.

        A mobject that is there twice keeps its last place.
        """
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
        """Scene points to frame coordinates: mobjects that don't move with the view keep theirs."""
        if self.is_label(mobject):
            return points + self._anchorage(mobject)
        if self.follows_view(mobject):
            return super().transform_points_pre_display(mobject, points)
        return points

    def set_cairo_context_path(self, ctx: cairo.Context, vmobject: VMobject) -> Self:
        """As stock, but the path of a mobject that keeps its shape on the screen is made once."""
        anchored = self.is_label(vmobject)
        if self.follows_view(vmobject) and not anchored:
            return super().set_cairo_context_path(ctx, vmobject)
        paths, outline = self._held.paths, vmobject.points.tobytes()
        if outline in paths:
            paths.move_to_end(outline)
        else:
            # The path is made at the origin of the mobject: elsewhere it is rounded differently, and the picture would
            # depend on what was drawn before.
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
        place: np.ndarray = mobject.anchor  # type: ignore[assignment]  # for Manim any attribute may be a setter
        x, y, _ = self.lens(mobject).project_points(place[None])[0]
        return np.array([x, y, 0.0])

    def follows_view(self, mobject: Mobject) -> bool:
        """Whether a vector mobject moves on the screen when the camera moves."""
        return mobject not in self.fixed_in_frame_mobjects

    def is_label(self, mobject: Mobject) -> bool:
        """Whether a vector mobject is tied to a place in space, where it stands upright in its own size."""
        return getattr(mobject, "anchor", None) is not None

    def eyes(self, mobjects: Iterable[Mobject]) -> set[Mobject]:
        """The mobjects of Manim that move when the camera moves, or a panel that some of these mobjects are seen in."""
        lenses = {self, *(self.lens(part) for mobject in mobjects for part in mobject.get_family())}
        return {*self.get_value_trackers(), *(lens._frame_center for lens in lenses)}

    def modified_rgbas(self, vmobject: VMobject, rgbas: np.ndarray) -> np.ndarray:
        """As stock, but a label fades as far as the line that it belongs to is hidden."""
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

    def hold(self, mobjects: Sequence[VMobject]) -> None:
        """Draw vector mobjects once into a picture, which is laid over every frame until the next call.

        Args:
            mobjects: without their parts; they must not change until the next call. None of them ends the holding.
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
        """Paint mobjects in space in one pass, draw those that move with the view, then those that stand still."""
        shown = self.get_mobjects_to_display(mobjects, **kwargs)
        spatial = [mobject for mobject in shown if is_in_space(mobject)]
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
        drawn = [m for m in shown if not is_in_space(m) and m is not self._frame_center and m not in held.mobjects]
        self._draw([m for m in drawn if self.follows_view(m)])
        for painting in held.paintings:
            self._lay_over(painting)
        self._draw([m for m in drawn if not self.follows_view(m)])

    def hand_over(self) -> np.ndarray:
        """Give the frame (h, w, 4) away: the next one is drawn into other memory."""
        frame, self.pixel_array = self.pixel_array, blank_like(self.pixel_array)
        self.pixel_array_to_cairo_context.clear()
        return frame

    def _draw(self, mobjects: list[Mobject]) -> None:
        """Draw single mobjects, already in order, without their parts."""
        vectors = [mobject for mobject in mobjects if isinstance(mobject, VMobject)]
        if len(vectors) == len(mobjects):
            self.display_multiple_vectorized_mobjects(vectors, self.pixel_array)
        else:
            super().capture_mobjects(mobjects, include_submobjects=False)

    def display_multiple_vectorized_mobjects(self, vmobjects: Iterable[VMobject], pixel_array: np.ndarray) -> None:
        """As stock, and also shapes with a `picture()`: they refuse to be drawn by cameras that can't fill them."""
        for pictured, group in groupby(vmobjects, lambda vmobject: hasattr(vmobject, "picture")):
            if pictured:
                self.display_multiple_non_background_colored_vmobjects(group, pixel_array)
            else:
                super().display_multiple_vectorized_mobjects(list(group), pixel_array)

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
        wide_height = lines_of(self.pixel_height, self.frame_width, self.frame_height)
        painter = painter_for(self.pixel_width, self.pixel_height, samples_at(wide_height))
        return painter.paint(
            batches,
            lens.projection(),
            wide_height=wide_height,
            light=np.array(self.tokens.light),
            shading=self.tokens.shading,
            grid=(*rgb(self.tokens.grid), self.tokens.grid_opacity),
            grid_width=self.tokens.grid_width,
            casing=rgb(self.tokens.casing),
            within=None if lens.area is None else self.pixels(*lens.area),
            watched=lines,
        )

    def may_mark(self, batch: Batch, lens: Perspective) -> tuple[int, int, int, int] | None:
        """A rectangle (left, top, right, bottom) in pixels outside of which `painted` shows nothing of a batch.

        None where nothing of it is to be seen at all.
        """
        points = batch.points[batch.rgba[:, 3] > 0]
        if not len(points):
            return None
        left, top, right, bottom = (
            (0, 0, self.pixel_width, self.pixel_height) if lens.area is None else self.pixels(*lens.area)
        )
        # A primitive with a visible end is drawn up to its other end too.
        x, y, w = (batch.points @ lens.projection()[[0, 1, 3], :3].T + lens.projection()[[0, 1, 3], 3]).T
        if w.min() <= 0:
            return left, top, right, bottom  # something is behind the eye
        sized = len(batch.segments) + len(batch.dots)
        around = REACH * float(np.max(batch.size)) * self.pixel_height / REFERENCE_HEIGHT if sized else 0.0
        around += 3.0  # soft edges, and rounding
        across, down = (x / w + 1) * self.pixel_width / 2, (y / w + 1) * self.pixel_height / 2
        return (
            max(left, int(across.min() - around)),
            max(top, int(down.min() - around)),
            min(right, int(across.max() + around) + 1),
            min(bottom, int(down.max() + around) + 1),
        )

    def pixels(self, left: float, right: float, bottom: float, top: float) -> tuple[int, int, int, int]:
        """The rectangle (left, top, right, bottom) of whole pixels that holds an area, in frame units."""
        across = (np.array([left, right]) / self.frame_width + 0.5) * self.pixel_width
        down = (0.5 - np.array([top, bottom]) / self.frame_height) * self.pixel_height
        return int(np.floor(across[0])), int(np.floor(down[0])), int(np.ceil(across[1])), int(np.ceil(down[1]))

    def _painted_once(self, batches: list[Batch], lens: Perspective, lines: np.ndarray) -> Painting:
        """As `painted`, but the picture of a panel is kept as long as nothing in it changes."""
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
        surface = cairo.ImageSurface.create_for_data(painting.pixels.data, cairo.FORMAT_ARGB32, width, height)
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


class StageCamera(SpatialCamera):
    """The camera of a stage, whose screen is an overlay that stands still.

    Vector mobjects lie flat on the screen unless they are solid (`shade_in_3d`), tied to a place in space (`anchor`),
    or of fixed orientation.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"background_color": _background(), **kwargs})

    def get_focal_distance(self) -> float:
        """The distance of the eye from the frame centre in scene units: it goes with the zoom."""
        return Perspective.get_focal_distance(self)

    def follows_view(self, mobject: Mobject) -> bool:
        """Whether a vector mobject moves on the screen when the camera moves."""
        return (
            self.is_label(mobject)
            or getattr(mobject, "shade_in_3d", False)
            or mobject in self.fixed_orientation_mobjects
        )


def _background() -> str:
    """The colour behind a stage: `background_color` of Manim's settings where it says one, else that of the theme.

    Raises:
        UnfoldError: where text in the theme's ink could not be read on it.
    """
    tokens, given = theme(), ManimColor.parse(config.background_color)
    if given == ManimColor.parse(stock_settings().background_color):
        return tokens.background
    ratio = float(contrast(np.array(rgb(tokens.ink)), np.array(rgb(given.to_hex()))))
    if ratio < READABLE:
        raise UnfoldError(
            f"background_color is {given.to_hex()}, on which the text of theme {tokens.name!r} ({tokens.ink}) has a "
            f"contrast of {ratio:.1f}; it needs {READABLE}: choose another background, or another theme."
        )
    return given.to_hex()


@lru_cache(maxsize=64)
def _rotation(phi: float, theta: float, gamma: float) -> np.ndarray:
    """(3, 3) from scene axes to view axes, as Manim turns them: about z to theta, down by phi, then by gamma."""
    to_theta, to_phi, to_gamma = -theta - np.pi / 2, -phi, gamma
    about_z = np.array([[np.cos(to_theta), -np.sin(to_theta), 0], [np.sin(to_theta), np.cos(to_theta), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(to_phi), -np.sin(to_phi)], [0, np.sin(to_phi), np.cos(to_phi)]])
    tilt = np.array([[np.cos(to_gamma), -np.sin(to_gamma), 0], [np.sin(to_gamma), np.cos(to_gamma), 0], [0, 0, 1]])
    return tilt @ about_x @ about_z


class _Held:
    """What is kept from frame to frame. With slots and no __dict__, Manim's cache key sees only its type."""

    __slots__ = ("drawn_as", "mobjects", "paintings", "panels", "paths", "seen")

    def __init__(self) -> None:
        self.mobjects: dict[VMobject, None] = {}
        self.paintings: list[Painting] = []
        self.panels: dict[Perspective, tuple[list[Batch], np.ndarray, Painting]] = {}
        self.paths: OrderedDict[bytes, cairo.Path] = OrderedDict()
        self.seen: dict[tuple[Perspective, bytes], float] = {}
        self.drawn_as = self.seen


def _in_bands(picture: np.ndarray) -> list[Painting]:
    """The parts of a picture (h, w, 4) that are not transparent, cut into horizontal strips."""
    pieces = []
    for top, band in zip(
        range(0, len(picture), _BAND), np.split(picture, range(_BAND, len(picture), _BAND)), strict=True
    ):
        used = np.flatnonzero(band[..., 3].any(axis=0))
        if len(used):
            pieces.append(Painting(np.ascontiguousarray(band[:, used[0] : used[-1] + 1]), int(used[0]), top))
    return pieces
