"""Where the camera stands: views that frame things inside an area of the screen, and calm moves between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np
from manim import DEGREES, DOWN, RIGHT, UP, Animation, Mobject, Point, Scene, VGroup, VMobject, config, smooth
from scipy.interpolate import PchipInterpolator

from nn_unfold.engine.camera import Perspective
from nn_unfold.shapes import lines_of
from nn_unfold.theme import theme


class Direction(NamedTuple):
    """Where the camera looks from: radians from the vertical and about it."""

    phi: float
    theta: float


TOP = Direction(0.0, -90 * DEGREES)  # from above, x to the right, y up
NARROW = 6.0  # frame units: what stands above narrower panels takes two lines
_LEADING = 0.15  # frame units between two lines above a panel
_FITS = 1e-9  # frame units, and share of the zoom: a view that is better by less is good enough


class Area(NamedTuple):
    """A rectangle on the screen in frame units."""

    left: float
    right: float
    bottom: float
    top: float

    @property
    def centre(self) -> np.ndarray:
        """Its middle, (3,): where a flat mobject goes that shall fill it."""
        return np.array([(self.left + self.right) / 2, (self.bottom + self.top) / 2, 0.0])

    @property
    def size(self) -> tuple[float, float]:
        """Its width and height."""
        return self.right - self.left, self.top - self.bottom

    @property
    def along(self) -> np.ndarray:
        """The direction in which things follow each other in it: to the right where it is wide, else down."""
        return RIGHT if self.size[0] > self.size[1] else DOWN

    def grown(self, by: float) -> Area:
        """The same area with so much more on each side."""
        return Area(self.left - by, self.right + by, self.bottom - by, self.top + by)

    def columns(self, *widths: float, gap: float) -> list[Area]:
        """Areas side by side, from the left; of the widths those that are 0 share what the others leave."""
        starts, ends = _split(self.size[0], widths, gap)
        return [Area(self.left + a, self.left + b, self.bottom, self.top) for a, b in zip(starts, ends, strict=True)]

    def rows(self, *heights: float, gap: float) -> list[Area]:
        """Areas one below the other, from the top; of the heights those that are 0 share what the others leave."""
        starts, ends = _split(self.size[1], heights, gap)
        return [Area(self.left, self.right, self.top - b, self.top - a) for a, b in zip(starts, ends, strict=True)]

    def shared(self, count: int, *, gap: float) -> list[Area]:
        """So many areas of one size: side by side, or one below the other where that leaves larger squares."""
        (width, height), gaps = self.size, gap * (count - 1)
        if min((width - gaps) / count, height) >= min(width, (height - gaps) / count):
            return self.columns(*[0] * count, gap=gap)
        return self.rows(*[0] * count, gap=gap)

    def apart(self, width: float, height: float, *, gap: float, shares: int = 1) -> tuple[Area, Area]:
        """A part for notes and the rest, which takes the larger square, or so many, in one of two ways.

        Args:
            width: of the notes, where they stand to the left of the rest.
            height: of the notes, where they stand above it.
            gap: between the two.
            shares: how many areas the rest will be shared by.
        """

        def square(rest: Area) -> float:
            return min(rest.shared(shares, gap=gap)[0].size)

        beside, above = self.columns(width, 0, gap=gap), self.rows(height, 0, gap=gap)
        notes, rest = beside if square(beside[1]) >= square(above[1]) else above
        return notes, rest


def rows_of_pixels(count: float) -> float:
    """The share of the height of 16:9 that so many rows of pixels are: drafts need not be finer than they can show."""
    return count / lines_of(config.pixel_height, config.frame_width, config.frame_height)


def _split(length: float, parts: Sequence[float], gap: float) -> tuple[np.ndarray, np.ndarray]:
    """Where parts of a length begin and end, with gaps between them; parts of 0 share the rest."""
    sizes = np.array(parts, dtype=float)
    free = sizes == 0
    sizes[free] = (length - sizes.sum() - gap * (len(sizes) - 1)) / max(free.sum(), 1)
    ends = np.cumsum(sizes + gap) - gap
    return ends - sizes, ends


class Panel(Perspective):
    """A part of the screen with a camera of its own: what is shown in it lives in a space of its own.

    Args:
        area: the rectangle on the screen; nothing in the panel is painted outside of it.

    The stage's `framing`, `reframe`, `follow` and `turn` look through the panel of what they are given.
    """

    def __init__(self, area: Area) -> None:
        self.area = area
        self.middle = tuple(area.centre[:2])
        self.frame_width, self.frame_height = config.frame_width, config.frame_height
        self.exponential_projection = False
        self._frame_center = Point(stroke_width=0)
        self.phi, self.theta, self.zoom = *TOP, 1.0

    def __deepcopy__(self, memo: dict[int, Any]) -> Panel:
        """A copy of a mobject is seen in the same panel."""
        return self

    def add(self, *mobjects: Mobject) -> None:
        """Show mobjects, with all their parts, in this panel."""
        for mobject in mobjects:
            for part in mobject.get_family():
                part.panel = self  # type: ignore[attr-defined]  # `SpatialCamera.lens` reads it

    def head(self, *mobjects: VMobject, gap: float) -> VGroup:
        """Put flat mobjects above the panel, beside each other or, in a narrow panel, below each other."""
        area = cast(Area, self.area)
        line = VGroup(*mobjects).arrange(RIGHT, buff=gap)
        if area.size[0] < NARROW or line.width > area.size[0]:
            line.arrange(DOWN, buff=_LEADING)
        return line.next_to(np.array([self.middle[0], area.top, 0]), UP, buff=0.1)

    def room(self) -> Area:
        """The area that things are framed in: within the panel, with room for the labels of axes."""
        return cast(Area, self.area).grown(-theme().label_room)

    def get_phi(self) -> float:
        """Radians from the vertical."""
        return self.phi

    def get_theta(self) -> float:
        """Radians about the vertical."""
        return self.theta

    def get_gamma(self) -> float:
        """Radians about the line of sight: panels are never tilted."""
        return 0.0

    def get_zoom(self) -> float:
        """Frame units per scene unit in the middle."""
        return self.zoom

    def set_phi(self, value: float) -> None:
        """Radians from the vertical."""
        self.phi = value

    def set_theta(self, value: float) -> None:
        """Radians about the vertical."""
        self.theta = value

    def set_zoom(self, value: float) -> None:
        """Frame units per scene unit in the middle."""
        self.zoom = value


@dataclass(frozen=True)
class View:
    """A place of the camera.

    Attributes:
        phi: radians from the z axis.
        theta: radians about it.
        zoom: frame units per scene unit at the centre.
        centre: (3,) scene point at the middle of the screen.
    """

    phi: float
    theta: float
    zoom: float
    centre: np.ndarray

    @classmethod
    def of(cls, camera: Perspective) -> View:
        """The view that the camera has now."""
        return cls(camera.get_phi(), camera.get_theta(), camera.get_zoom(), camera.frame_center.copy())

    def take(self, camera: Perspective) -> None:
        """Put the camera there."""
        camera.set_phi(self.phi)
        camera.set_theta(self.theta)
        camera.set_zoom(self.zoom)
        camera.frame_center = self.centre

    def numbers(self) -> np.ndarray:
        """The view as (6,) numbers between which a camera moves evenly: zoom counts by equal factors."""
        return np.array([self.phi, self.theta, np.log(self.zoom), *self.centre])

    @classmethod
    def from_numbers(cls, numbers: np.ndarray) -> View:
        """The inverse of `numbers`."""
        return cls(float(numbers[0]), float(numbers[1]), float(np.exp(numbers[2])), numbers[3:])


def fit(
    camera: Perspective, points: np.ndarray, area: Area, *, phi: float, theta: float, most_zoom: float = np.inf
) -> View:
    """The view from a direction in which points just fill an area of the screen.

    The picture of the points is found by the camera's own projection; zoom and centre are corrected until it
    fits, which takes a few rounds since perspective changes little from one to the next.

    Args:
        camera: the stage's or a panel, whose perspective counts; it is left as it was.
        points: (n, 3) scene points.
        area: where they shall lie.
        phi: radians.
        theta: radians.
        most_zoom: a zoom that is not to be exceeded; the points then lie in the middle of the area.
    """
    before = View.of(camera)
    low, high = extent(points)
    # A single point has no size to go by, nor has a line that is seen from its end.
    zoom = 4.0 / (float(np.linalg.norm(high - low)) or 1.0)
    most_zoom = min(most_zoom, 16 * zoom)
    view = View(phi, theta, zoom, (low + high) / 2)
    middle, room = area.centre[:2], np.array(area.size)
    try:
        for _ in range(24):
            view.take(camera)
            lower, upper = extent(camera.project_points(points)[:, :2])
            off = (lower + upper) / 2 - middle
            factor = float(np.min(room / np.maximum(upper - lower, 1e-9)))
            shift = camera.get_rotation_matrix()[:2].T @ off / view.zoom
            zoom = min(view.zoom * float(np.clip(factor, 0.25, 4.0)), most_zoom)
            fits = max(abs(zoom / view.zoom - 1), np.abs(off).max()) < _FITS
            view = View(phi, theta, zoom, view.centre + shift)
            if fits:
                break
    finally:
        before.take(camera)
    return view


def extent(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest coordinates (d,) of points (n, d)."""
    # Column by column: NumPy is several times slower along the first axis of rows of two or three numbers.
    columns = points.T
    return np.array([column.min() for column in columns]), np.array([column.max() for column in columns])


class CameraMove(Animation):
    """Takes the camera to another view, by way of others if there are any.

    Args:
        camera: the stage's, or a panel.
        views: where to, evenly spread over the run time; the last is the end.
    """

    def __init__(self, camera: Perspective, *views: View, **kwargs: Any) -> None:
        self.camera, self.views = camera, views
        super().__init__(camera._frame_center, **{"rate_func": smooth, **kwargs})

    def begin(self) -> None:
        """Set out from where the camera stands now."""
        stops = [View.of(self.camera), *self.views]
        # Shape-preserving cubics: smooth from stop to stop, and never beyond them.
        self.way = PchipInterpolator(np.linspace(0, 1, len(stops)), [view.numbers() for view in stops])
        super().begin()

    def interpolate_mobject(self, alpha: float) -> None:
        """Stand on the way."""
        View.from_numbers(self.way(self.rate_func(alpha))).take(self.camera)

    def clean_up_from_scene(self, scene: Scene) -> None:
        """The frame centre is not to be seen: it was in the scene only to tell that everything moves."""
        super().clean_up_from_scene(scene)
        scene.remove(self.mobject)  # type: ignore[arg-type]  # with Cairo it is a Mobject
