"""The stage that every film plays on: beats with captions, an overlay that stays still, a calm camera."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
from manim import (
    DEGREES,
    DOWN,
    LEFT,
    TAU,
    UP,
    Animation,
    AnimationGroup,
    FadeIn,
    FadeOut,
    Mobject,
    ThreeDScene,
    VGroup,
    VMobject,
    config,
    smooth,
    squish_rate_func,
)
from scipy.spatial import ConvexHull

from nn_unfold.engine.camera import Perspective, StageCamera
from nn_unfold.engine.door import told_by_manim
from nn_unfold.engine.renderer import StageRenderer
from nn_unfold.engine.writer import WholeFileWriter, check_output_folder, use_project_settings
from nn_unfold.errors import UnfoldError
from nn_unfold.model.cache import Trained, stored_at, train
from nn_unfold.model.recipe import Recipe
from nn_unfold.motion.flows import Flow, destinations
from nn_unfold.space.base import SpatialMobject, spatial_parts
from nn_unfold.stage.view import Area, CameraMove, Direction, Panel, View, fit
from nn_unfold.text.catalog import translate
from nn_unfold.text.labels import caption, columns
from nn_unfold.theme import theme

READING_SPEED = 17.0  # half-width characters a second
READING_START = 1.0  # seconds until the eyes are on a new caption


class Stage(ThreeDScene):
    """A scene for films of networks.

    Spatial mobjects are painted with true depth; vector mobjects lie flat on the screen above them. The
    screen has quiet zones: a band for the caption below, and a column for formulas on the left when there is
    something in it; the camera frames what is in space in the area that is left.
    """

    camera: StageCamera
    renderer_class: type[StageRenderer] = StageRenderer  # who shows the film, or records it

    def __init__(self, *, skip_animations: bool = False, **kwargs: Any) -> None:
        with told_by_manim(at_once=True):
            tokens = theme()
            config.background_color = tokens.background
            config.notify_outdated_version = False
            use_project_settings()
            check_output_folder()
        renderer = self.renderer_class(
            file_writer_class=WholeFileWriter, camera_class=StageCamera, skip_animations=skip_animations
        )
        super().__init__(renderer=renderer, camera_class=StageCamera, skip_animations=skip_animations, **kwargs)
        self.tokens = tokens
        self.clock = 0.0  # seconds of film so far, the same whether played or skipped
        self.beats: list[str] = []
        self.networks: list[Path] = []  # the files of the trained networks used so far
        self._caption: VGroup | None = None
        self._aside = VGroup()

    def render(self, preview: bool = False) -> bool:
        """Render the film.

        Raises:
            UnfoldError: where it can't be, in one line; after Ctrl-C, what to do to go on.
        """
        name = type(self).__name__
        with told_by_manim():
            try:
                return super().render(preview)
            except KeyboardInterrupt:
                raise UnfoldError(
                    f"Stopped. The finished pieces of {name} are kept: render it again to go on from there."
                ) from None
            except OSError as error:
                raise UnfoldError(
                    f"{name} can't be written to {error.filename or config.media_dir} ({error.strerror}): "
                    "make room or give write permission there, then render it again; finished pieces are kept."
                ) from error
        return False

    # Beats

    @contextmanager
    def beat(self, text: str) -> Iterator[None]:
        """One step of the story: a caption, a section of its own, and a subcaption for the .srt file.

        The beat lasts at least until its caption has been read.

        Args:
            text: the caption, a message in English.
        """
        self.beats.append(text)
        self.next_section(name=text)
        began, began_on_film = self.clock, self.time
        new = caption(text)
        tokens = self.tokens
        new.move_to([0, -config.frame_height / 2 + tokens.margin / 2 + tokens.caption_height / 2, 0])
        changes: list[Animation] = [FadeIn(new)]
        if self._caption is not None:
            # One after the other: lines that are mixed can't be read.
            changes = [
                FadeOut(self._caption, rate_func=squish_rate_func(smooth, 0.0, 0.5)),
                FadeIn(new, rate_func=squish_rate_func(smooth, 0.5, 1.0)),
            ]
        self._caption = new
        self.play(*changes, run_time=tokens.breath)
        yield
        reading = READING_START + columns(translate(text)) / READING_SPEED
        self.wait(max(tokens.breath, reading - (self.clock - began)))
        duration = self.time - began_on_film
        self.add_subcaption(translate(text), duration=duration, offset=-duration)

    def play(self, *args: Any, **kwargs: Any) -> None:
        """As in Manim; keeps the clock."""
        super().play(*args, **kwargs)
        self.camera.hold([])
        self.clock += self.duration

    # The screen

    def area(self) -> Area:
        """What is left of the screen for what lives in space, in frame units."""
        tokens = self.tokens
        edge = tokens.margin + tokens.label_room
        right, top = config.frame_width / 2 - edge, config.frame_height / 2 - edge
        left = -right + (tokens.aside_width if len(self._aside) else 0.0)
        bottom = -config.frame_height / 2 + tokens.margin / 2 + tokens.caption_height + tokens.label_room
        return Area(left, right, bottom, top)

    def aside(self, *mobjects: VMobject) -> Animation:
        """Put flat mobjects into the column on the left, below each other; what else was there leaves.

        Returns:
            The animation that brings, moves and takes away.
        """
        tokens = self.tokens
        leaving = [m for m in self._aside if m not in mobjects]
        staying = [m for m in self._aside if m in mobjects]
        places = {m: m.copy() for m in mobjects}
        column = VGroup(*places.values())
        for place in column:
            if place.width > tokens.aside_width:
                place.scale_to_fit_width(tokens.aside_width)
        column.arrange(DOWN, buff=tokens.margin, aligned_edge=LEFT)
        corner = [-config.frame_width / 2 + tokens.margin, config.frame_height / 2 - tokens.margin, 0]
        column.shift(np.array(corner) - column.get_corner(UP + LEFT))
        changes: list[Animation] = [FadeOut(m) for m in leaving]
        for mobject, place in places.items():
            if mobject in staying:
                if not np.allclose(mobject.get_center(), place.get_center()):
                    changes.append(mobject.animate.move_to(place).build())
            else:
                mobject.become(place)
                changes.append(FadeIn(mobject))
        self._aside = VGroup(*mobjects)
        return AnimationGroup(*changes, run_time=tokens.breath)

    # The camera

    def framing(
        self,
        *things: Mobject,
        flows: Sequence[Flow] = (),
        phi: float | None = None,
        theta: float | None = None,
    ) -> View:
        """The view in which things fill the free area, now and all along some flows.

        Args:
            things: spatial mobjects, or groups of them.
            flows: what they will go through, one after the other.
            phi: radians from the vertical; as it is now if not given.
            theta: radians about it, reached by the shorter way; as it is now if not given.
        """
        lens, area = self.lens(*things)
        places = np.concatenate(list(destinations(spatial_parts(things), flows, samples=8)))
        now = View.of(lens)
        phi, theta = now.phi if phi is None else phi, now.theta if theta is None else _nearest(theta, now.theta)
        return fit(lens, places, area, phi=phi, theta=theta)

    def panels(self, count: int, *, gap: float = 0.0, headroom: float = 0.0) -> list[Panel]:
        """The free area split into panels of the same width, side by side; nothing is in them yet.

        Args:
            count: how many.
            gap: frame units between two of them, for what fills them to the edge.
            headroom: frame units left free above them, for titles.
        """
        whole = self.area().grown(self.tokens.label_room)
        return [Panel(area) for area in whole._replace(top=whole.top - headroom).columns(*[0] * count, gap=gap)]

    def lens(self, *things: Mobject) -> tuple[Perspective, Area]:
        """The camera or panel that things are seen in, and the area of the screen that is theirs.

        Raises:
            UnfoldError: for things in different panels.
        """
        lenses = {self.camera.lens(part) for part in spatial_parts(things)} or {self.camera}
        if len(lenses) > 1:
            raise UnfoldError("These things are in different panels: frame those of one panel at a time.")
        [lens] = lenses
        return lens, lens.room() if isinstance(lens, Panel) else self.area()

    def look(self, *things: Mobject, **kwargs: Any) -> None:
        """Cut to the view that frames these things; arguments as of `framing`."""
        self.framing(*things, **kwargs).take(self.lens(*things)[0])

    def reframe(self, *things: Mobject, run_time: float | None = None, **kwargs: Any) -> CameraMove:
        """An animation towards the view that frames these things; arguments as of `framing`."""
        lens, _ = self.lens(*things)
        return CameraMove(lens, self.framing(*things, **kwargs), run_time=run_time or self.tokens.turn)

    def swing(self, *things: Mobject, phi: float, theta: float, run_time: float | None = None) -> CameraMove:
        """An animation towards another direction, in which things stay framed all the way.

        Args:
            things: what lives in space.
            phi: radians from the vertical, at the end.
            theta: radians about it, at the end, reached by the shorter way.
            run_time: seconds; a camera move if not given.
        """
        lens, area = self.lens(*things)
        now, places = View.of(lens), np.concatenate([part.points for part in spatial_parts(things)])
        theta = _nearest(theta, now.theta)
        shares = np.linspace(0, 1, 17)
        fits = [
            fit(lens, places, area, phi=(1 - t) * now.phi + t * phi, theta=(1 - t) * now.theta + t * theta).numbers()
            for t in shares
        ]
        # Where the camera stands now need not be where it would frame these things: that fades on the way.
        off = now.numbers() - fits[0]
        views = [View.from_numbers(numbers + (1 - t) * off) for t, numbers in zip(shares, fits, strict=True)]
        return CameraMove(lens, *views[1:], run_time=run_time or self.tokens.turn)

    def follow(self, flow: Flow, *things: Mobject, phi: float | None = None, theta: float | None = None) -> CameraMove:
        """An animation that keeps things framed at every moment of a flow.

        Args:
            flow: the movement, to be played together with this.
            things: what shall stay in the frame.
            phi: radians from the vertical, at the end.
            theta: radians about it, at the end, reached by the shorter way.
        """
        lens, area = self.lens(*things)
        now = View.of(lens)
        end = Direction(now.phi if phi is None else phi, now.theta if theta is None else _nearest(theta, now.theta))
        _, *moments = destinations(spatial_parts(things), [flow], samples=12)
        views = [
            fit(lens, places, area, phi=(1 - t) * now.phi + t * end.phi, theta=(1 - t) * now.theta + t * end.theta)
            for t, places in zip(np.linspace(0, 1, len(moments) + 1)[1:], moments, strict=True)
        ]
        return CameraMove(lens, *views, run_time=flow.run_time, rate_func=flow.rate_func)

    def facing(self, *things: Mobject, phi: float, flows: Sequence[Flow] = ()) -> float:
        """The theta from which things show the most of themselves, now or after some flows.

        Of the directions all around, every 15 degrees, it is the one with the largest outline; of two sides alike the
        one that takes the least turning from where the camera is.

        Args:
            things: what lives in space.
            phi: radians from the vertical.
            flows: what they will have gone through.
        """
        lens, _ = self.lens(*things)
        now = View.of(lens)
        *_, places = destinations(spatial_parts(things), flows, samples=1)

        def outline(theta: float) -> float:
            View(phi, theta, now.zoom, places.mean(axis=0)).take(lens)
            # Joggled input: seen from its edge a sheet is a line. In the plane, Qhull's volume is the area.
            return float(ConvexHull(lens.project_points(places)[:, :2], qhull_options="QJ").volume)

        turns = np.radians(15 * np.arange(-12, 12))
        areas = np.array([outline(now.theta + turn) for turn in turns])
        now.take(lens)
        good = turns[areas > 0.97 * areas.max()]
        return float(now.theta + good[np.argmin(np.abs(good))])

    def turn(
        self, angle: float, *things: Mobject, run_time: float, rate_func: Callable[[float], float] = smooth
    ) -> CameraMove:
        """An animation that walks around things: they stay framed from every side, and as large as they can.

        Args:
            angle: radians about the vertical, positive against the clock seen from above.
            things: what lives in space.
            run_time: seconds.
            rate_func: how the walk begins and ends.
        """
        lens, area = self.lens(*things)
        now, places = View.of(lens), np.concatenate([part.points for part in spatial_parts(things)])
        angles = now.theta + np.linspace(0, angle, max(5, 1 + round(abs(angle) / (15 * DEGREES))))
        zoom = min(fit(lens, places, area, phi=now.phi, theta=theta).zoom for theta in angles)
        stops = [fit(lens, places, area, phi=now.phi, theta=theta, most_zoom=zoom) for theta in angles]
        return CameraMove(lens, *stops[1:], run_time=run_time, rate_func=rate_func)

    def get_moving_mobjects(self, *animations: Animation) -> list[Mobject]:
        """What must be drawn anew in every frame: everything, if anything in space moves.

        All that lives in space is painted in one pass under all that is flat, and hides labels of axes.
        """
        moving = super().get_moving_mobjects(*animations)
        parts = (part for mobject in moving for part in mobject.get_family())
        in_space = any(isinstance(part, SpatialMobject) or self.camera.may_be_hidden(part) for part in parts)
        return self.mobjects if in_space or self._turning(animations) else moving

    def begin_animations(self) -> None:
        """As in Manim; what is flat and stays as it is while things move in space is drawn once."""
        super().begin_animations()
        if self.moving_mobjects and not self.static_mobjects and not self.renderer.skip_animations:
            driven, turning = set(_driven(self.animations)), self._turning(self.animations)

            def moves(part: Mobject) -> bool:
                return part in driven or bool(part.updaters) or (turning and self.camera.follows_view(part))

            flat = [part for part in self.camera.get_mobjects_to_display(self.mobjects) if isinstance(part, VMobject)]
            labels = [part for part in flat if self.camera.follows_view(part) and not moves(part)]
            screen = [part for part in flat if not self.camera.follows_view(part)]
            # What lies above something that moves must be drawn after it.
            self.camera.hold([*labels, *takewhile(lambda part: not moves(part), screen)])

    def _turning(self, animations: Iterable[Animation]) -> bool:
        """Whether the camera or a panel moves."""
        return any(isinstance(animation, CameraMove) for animation in _nested(animations))

    # The network

    def trained(self, recipe: Recipe) -> Trained:
        """The network of a recipe with its data, trained when first needed and kept under renders/."""
        cache = Path(config.media_dir) / "trained"
        self.networks.append(stored_at(recipe, cache))
        return train(recipe, cache)


def _nearest(angle: float, to: float) -> float:
    """The same direction as an angle that is less than half a turn from another; radians."""
    return angle + TAU * round((to - angle) / TAU)


def _nested(animations: Iterable[Animation]) -> Iterator[Animation]:
    """Animations with those that they are made of."""
    for animation in animations:
        yield animation
        if isinstance(animation, AnimationGroup):
            yield from _nested(animation.animations)


def _driven(animations: Iterable[Animation]) -> Iterator[Mobject]:
    """All mobjects that animations change, with their parts."""
    for animation in _nested(animations):
        yield from animation.mobject.get_family()
