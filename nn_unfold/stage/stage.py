"""The stage that every film plays on: beats with captions, an overlay that stays still, a calm camera."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeVar

import numpy as np
from manim import (
    DEGREES,
    TAU,
    Animation,
    AnimationGroup,
    FadeIn,
    FadeOut,
    Mobject,
    Rectangle,
    VGroup,
    VMobject,
    config,
    logger,
    smooth,
    squish_rate_func,
)
from manim.renderer.cairo_renderer import CairoRenderer
from scipy.spatial import ConvexHull

from nn_unfold.engine.camera import Perspective, StageCamera
from nn_unfold.engine.door import told_by_manim
from nn_unfold.engine.scene import SpatialScene
from nn_unfold.engine.studio import fit_frame
from nn_unfold.errors import UnfoldError
from nn_unfold.flat.legend import ClassLegend
from nn_unfold.model.given import subject, trained
from nn_unfold.model.plane import InputPlane, chosen_pair
from nn_unfold.model.recipe import Recipe, read_field
from nn_unfold.model.subject import Shape, Subject, Trained
from nn_unfold.motion.flows import Flow
from nn_unfold.settings import named_by_options, option, recipe_fields
from nn_unfold.space.axes import Axes
from nn_unfold.space.base import destinations, spatial_parts
from nn_unfold.space.primitives import Box, Cloud
from nn_unfold.stage import column
from nn_unfold.stage.claims import Beat, Wordings, worded
from nn_unfold.stage.view import NARROW, Area, CameraMove, Direction, Panel, View, fit
from nn_unfold.text.catalog import translate, untranslated
from nn_unfold.text.labels import caption, caption_height, columns
from nn_unfold.text.voice import spoken
from nn_unfold.theme import theme

_FRONT = 100  # the z index of the band of captions
READING_SPEED = 17.0  # half-width characters a second
READING_START = 1.0  # seconds until the eyes are on a new caption
_NAMES = 0.5  # frame units below the axes for their names, where these are words
_NAMED = 5  # classes that a legend beside a diagram names
_POINTS = 300  # of the usual size that a picture has room for
_LONGEST = 24  # characters of such a name that are shown

Known = TypeVar("Known", bound=Subject)


class Played(NamedTuple):
    """A beat that is over: what it said in the language of the film, its seconds of the film, and Manim's section."""

    words: str
    start: float
    end: float
    section: Any


class Stage(SpatialScene):
    """A scene for films of networks.

    Spatial mobjects are painted with true depth; vector mobjects lie flat on the screen above them. The
    screen has quiet zones: a band for the caption below, and a column for formulas on the left when there is
    something in it, or below the subject in a tall frame; the camera frames what is in space in the area that is left.

    Args:
        renderer: None, or a SpatialRenderer.
        camera_class: a StageCamera.
        options: all else that Manim gives a ThreeDScene.

    Raises:
        UnfoldError: as of SpatialScene, and for a background on which text can't be read.
    """

    recipe: Recipe
    """Of the network that a film shows, if it has one of its own; on a stage, with the fields that `set` gives."""

    accepts: ClassVar[Shape | str | None] = None
    """The networks that a film can show in place of its own; or in words why it takes none, and no data either."""

    camera: StageCamera

    def __init__(
        self,
        renderer: CairoRenderer | None = None,
        camera_class: type[StageCamera] = StageCamera,
        **options: Any,
    ) -> None:
        with told_by_manim(at_once=True):
            self.tokens = theme()
        config.notify_outdated_version = False
        fit_frame()
        with told_by_manim(at_once=True):
            self._take_options()
        with told_by_manim(at_once=True), named_by_options(type(self).__name__):
            super().__init__(renderer, camera_class, **options)
        self.told: list[Beat] = []  # all beats so far
        self.played: list[Played] = []  # the beats that are over
        self.networks: list[Path] = []  # the files of the trained networks used so far
        self._named = False  # whether the inputs have names, which stand below their axes
        self.sounds: list[Path] = []  # what was spoken so far
        self._within_beat = False
        self._caption: VGroup | None = None
        self._band: Rectangle | None = None  # that lies under captions
        self._leaving: VGroup | None = None  # the caption before, while it fades
        self._aside = VGroup()

    def _take_options(self) -> None:
        """Have the recipe that the option `set` asks for, and refuse what this film can't show."""
        if changes := recipe_fields():
            if hasattr(self, "recipe"):
                self.recipe = self.recipe.with_fields(changes)
            elif isinstance(getattr(self, "seed", None), int) and [*changes] == ["seed"]:
                self.seed: int = read_field("seed", changes["seed"])
            else:
                takes = "only seed" if hasattr(self, "seed") else "none"
                raise UnfoldError(f"This film has no recipe: of the fields of --set it takes {takes}.")
        for name in ("network", "data"):
            if not isinstance(self.accepts, Shape) and option(name):
                why = self.accepts or "it takes no network"
                raise UnfoldError(f"This film can't show {option(name)}: {why}. `unfold fits` lists films that can.")

    def tear_down(self) -> None:
        """As in Manim; tells which captions have no translation."""
        super().tear_down()
        # A piece of a film has some of its captions only.
        whole = config.from_animation_number == 0 and config.upto_animation_number == np.inf
        if whole and (line := untranslated(self.beats)):
            logger.warning(line)

    # Beats

    @contextmanager
    def beat(
        self, text: str, *, holds: bool | None = None, otherwise: Wordings | None = None, **values: Any
    ) -> Iterator[None]:
        """One step of the story: a caption, a section of its own, and a subcaption for the .srt file.

        The beat lasts at least until its caption has been read, or spoken where there is a voice. A sentence that says
        something about numbers is a claim: it says whether it holds, and what is true otherwise. A claim that fails is
        told in `findings`.

        Args:
            text: the caption, a message in English, with placeholders such as {right}.
            holds: whether it is true of what is shown; None for a sentence that claims nothing.
            otherwise: what is said where it is not: a wording, or several, each with whether it holds.
            values: what fills the placeholders: numbers, or words that are messages too.
        """
        told = self._claim(text, holds, otherwise, values)
        self.next_section(name=str(told))
        section = self.renderer.file_writer.sections[-1]
        began, began_on_film = self.clock, self.time
        new: VGroup | None = caption(told.message, **told.values)
        assert new is not None
        tokens = self.tokens
        new.move_to((0, -config.frame_height / 2 + tokens.margin / 2 + caption_height() / 2, 0))
        changes: list[Animation] = [FadeIn(new)]
        drawn = option("captions")
        if drawn == "band" and self._band is None:
            self._band = self._caption_band()
            self.add(self._band)
        if self._band is not None:
            new.set_z_index(self._band.z_index + 1)
        if drawn == "none":
            # The room stays: players write their own captions there. Nothing takes as long as a caption, to the frame.
            changes = [Animation(Mobject(), remover=True)]
            new = None
        elif self._caption is not None:
            # One after the other: lines that are mixed can't be read.
            changes = [
                FadeOut(self._caption, rate_func=squish_rate_func(smooth, 0.0, 0.5)),
                FadeIn(new, rate_func=squish_rate_func(smooth, 0.5, 1.0)),
            ]
        self._leaving, self._caption = self._caption, new
        self.play(*changes, run_time=tokens.breath)
        self._leaving = None
        words = translate(told.message, **told.values)
        voice = spoken(words, len(self.told))
        if voice is not None:
            self.sounds.append(voice.file)
            self.add_sound(str(voice.file), time_offset=-tokens.breath)
        self._within_beat = True
        yield
        self._within_beat = False
        needed = READING_START + columns(words) / READING_SPEED if voice is None else voice.seconds + tokens.breath
        self.wait(max(tokens.breath, needed - (self.clock - began)))
        duration = self.time - began_on_film
        self.add_subcaption(words, duration=duration, offset=-duration)
        self.played.append(Played(words, began_on_film, self.time, section))

    def key_frame(self) -> None:
        """Mark what is shown now as the picture of this beat, on paper and on slides; else it is the beat's last frame.

        A beat that shows a cut and takes it away again is marked while the cut stands.

        Raises:
            UnfoldError: outside of a beat.
        """
        if not self._within_beat:
            raise UnfoldError("A key frame is of a beat: call key_frame() within `with self.beat(...)`.")

    def _claim(self, text: str, holds: bool | None, otherwise: Wordings | None, values: dict[str, Any]) -> Beat:
        """Note what a beat says, in the first wording that holds."""
        told = worded(text, None if holds is None else bool(holds), otherwise, values)
        self.told.append(told)
        if told.holds is False:
            logger.warning(f"Beat {len(self.told)} of {type(self).__name__} is not true of its network: {told}")
        return told

    def _caption_band(self) -> Rectangle:
        """A band in the colour of the background, on which captions can be read over whatever is there."""
        height = caption_height() + self.tokens.margin / 2
        band = Rectangle(width=config.frame_width, height=height, stroke_width=0, fill_opacity=0.85)
        band.set_fill(self.camera.background_color).move_to((0, (height - config.frame_height) / 2, 0))
        return band.set_z_index(_FRONT)

    @property
    def beats(self) -> list[str]:
        """The messages of all beats so far."""
        return [beat.message for beat in self.told]

    @property
    def shown_caption(self) -> VGroup | None:
        """The caption of the beat that is played, or was played last."""
        return self._caption

    @property
    def findings(self) -> list[str]:
        """The claims so far that do not hold, and have no other wording that does."""
        return [f"beat {i}: {beat}" for i, beat in enumerate(self.told, start=1) if beat.holds is False]

    # The screen

    def area(self) -> Area:
        """What is left of the screen for what lives in space, in frame units."""
        whole = self.whole_area()
        return column.parted(whole)[0] if len(self._aside) else whole

    def whole_area(self) -> Area:
        """The same as long as nothing is aside."""
        tokens = self.tokens
        edge = tokens.margin + tokens.label_room
        right, top = config.frame_width / 2 - edge, config.frame_height / 2 - edge
        bottom = -config.frame_height / 2 + tokens.margin / 2 + caption_height() + tokens.label_room
        bottom += _NAMES if self._named else 0.0
        return Area(-right, right, bottom, top)

    def aside(self, *mobjects: VMobject) -> Animation:
        """Put flat mobjects into the column on the left, below each other; what else was there leaves.

        In a frame that is higher than wide, the column stands below what lives in space, in rows or columns.

        Returns:
            The animation that takes away, then moves, then brings, so that nothing crosses.
        """
        tokens = self.tokens
        leaving = [m for m in self._aside if m not in mobjects]
        staying = [m for m in self._aside if m in mobjects]
        places = {m: m.copy() for m in mobjects}
        column.arrange([*places.values()], column.parted(self.whole_area())[1])
        scales = {m: places[m].width / m.width if m.width else 1.0 for m in staying}
        scales = {m: share for m, share in scales.items() if not np.isclose(share, 1)}
        moved = [m for m in staying if m in scales or not np.allclose(m.get_center(), places[m].get_center())]
        arriving = [m for m in mobjects if m not in staying]
        phases = [phase for phase in (leaving, moved, arriving) if phase]

        def while_of(phase: list[VMobject]) -> Callable[[float], float]:
            number = phases.index(phase)
            return squish_rate_func(smooth, number / len(phases), (number + 1) / len(phases))

        changes: list[Animation] = [FadeOut(m, rate_func=while_of(leaving)) for m in leaving]
        # `animate` is a builder that takes the options of an animation, though Manim types it as a mobject.
        builders: list[Any] = [m.animate for m in moved]
        for builder, m in zip(builders, moved, strict=True):
            there = builder(rate_func=while_of(moved))
            changes.append((there.scale(scales[m]) if m in scales else there).move_to(places[m]).build())
        for mobject in arriving:
            mobject.become(places[mobject])
            changes.append(FadeIn(mobject, rate_func=while_of(arriving)))
        self._aside = VGroup(*mobjects)
        return AnimationGroup(*changes, run_time=tokens.breath * max(1.0, 0.6 * len(phases)))

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
        places = np.concatenate(list(destinations(spatial_parts(things), flows, samples=16)))
        now = View.of(lens)
        phi, theta = now.phi if phi is None else phi, now.theta if theta is None else _nearest(theta, now.theta)
        return fit(lens, places, area, phi=phi, theta=theta)

    def panels(self, count: int, *, gap: float = 0.0, headroom: float = 0.0) -> list[Panel]:
        """The free area shared by panels of one size, side by side; nothing is in them yet.

        In a tall frame they stand one below the other.

        Args:
            count: how many.
            gap: frame units between two of them, for what fills them to the edge.
            headroom: frame units left free above each, for titles; twice as much where panels are narrow.
        """
        areas = self.area().grown(self.tokens.label_room).shared(count, gap=gap)
        headroom *= 2 if areas[0].size[0] < NARROW else 1
        return [Panel(area._replace(top=area.top - headroom)) for area in areas]

    def sides(self, one: Panel, other: Panel) -> tuple[str, str]:
        """Where two panels are seen beside each other, as messages: "on the left" and "on the right", say."""
        across, up, _ = one.room().centre - other.room().centre
        if abs(across) > abs(up):
            return ("on the left", "on the right") if across < 0 else ("on the right", "on the left")
        return ("above", "below") if up > 0 else ("below", "above")

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
        _, *moments = destinations(spatial_parts(things), [flow], samples=36)
        views = [
            fit(lens, places, area, phi=(1 - t) * now.phi + t * end.phi, theta=(1 - t) * now.theta + t * end.theta)
            for t, places in zip(np.linspace(0, 1, len(moments) + 1)[1:], moments, strict=True)
        ]
        return CameraMove(lens, *views, run_time=flow.run_time, rate_func=flow.rate_func)

    def change_axes(
        self,
        old: Mobject,
        new: Mobject,
        *things: Mobject,
        flows: Sequence[Flow] = (),
        phi: float | None = None,
        theta: float | None = None,
    ) -> Mobject:
        """Go over from the axes of one space to those of the next: they come when the camera shows them whole.

        Args:
            old: axes that leave.
            new: axes that come, and are returned.
            things: what else shall be framed.
            flows: what these will go through.
            phi: of the camera, as of `framing`.
            theta: likewise.
        """
        move = self.reframe(new, *things, flows=flows, phi=phi, theta=theta)
        move.set_run_time(move.run_time - 2 * self.tokens.breath)
        self.exchange(old, new, move)
        return new

    def exchange(self, leaving: Mobject, coming: Mobject, *moves: Animation) -> None:
        """Play what leaves, then what moves, then what comes: nothing fades over something else.

        Args:
            leaving: what fades out first.
            coming: what fades in last.
            moves: of the camera, or of anything else.
        """
        self.play(FadeOut(leaving, run_time=self.tokens.breath))
        if moves:
            self.play(*moves)
        self.play(FadeIn(coming, run_time=self.tokens.breath))

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

    # The network

    def subject(self, recipe: Recipe) -> Subject:
        """What the film shows: the network and the data that were brought, or those of a recipe, trained when needed.

        Raises:
            UnfoldError: for a network that the film does not accept, and as of nn_unfold.model.given.subject.
        """
        return self._known(subject(recipe, _networks(), self._shape))

    def trained(self, recipe: Recipe) -> Trained:
        """The network of a recipe with its data, or with those that were brought; trained when first needed.

        Raises:
            UnfoldError: as of nn_unfold.model.given.trained.
        """
        return self._known(trained(recipe, _networks()))

    def cloud_of(self, shown: Subject) -> Cloud:
        """The points of a subject; of many that were brought, the dots are smaller."""
        if not shown.given:
            return Cloud(shown.X, shown.y)
        radius = self.tokens.dot_radius * float(np.clip((_POINTS / shown.n) ** 0.5, 0.4, 1.0))
        return Cloud(shown.X, shown.y, n_classes=max(shown.network.n_out, 2), radius=radius)

    def legend_of(self, shown: Subject) -> list[ClassLegend]:
        """The names of the classes with their colours, to stand beside a diagram; empty where they have no names."""
        return [ClassLegend(shown.classes, most=_NAMED)] if shown.classes else []

    def plane_of(self, shown: Subject) -> InputPlane:
        """The plane on which a subject is seen: that of the option `features`, or of the two principal axes.

        Raises:
            UnfoldError: for features that there are not.
        """
        return InputPlane.of(shown, chosen_pair(shown, option("features")))

    def input_axes(self, shown: Subject | InputPlane, box: Box) -> Axes:
        """The axes of the plane of the inputs; of data that were brought, with their names and in their own units.

        Args:
            shown: whose inputs; of more than two of them, the plane that is shown.
            box: (x_min, x_max, y_min, y_max) in scene units.
        """
        plane = shown if isinstance(shown, InputPlane) else InputPlane.of(shown)
        if not plane.names:
            return Axes(box, ("x_1", "x_2"), at_corner=True)
        names = [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in plane.names]
        units = (1.0, 1.0) if plane.scaling is None else plane.scaling
        return Axes(box, names, words=True, at_corner=True, units=units)

    @property
    def _shape(self) -> Shape | None:
        return self.accepts if isinstance(self.accepts, Shape) else None

    def _known(self, shown: Known) -> Known:
        """The same subject, when the stage has noted what it needs of it."""
        if shown.file is not None:
            self.networks.append(shown.file)
        self._named = self._named or bool(shown.names)
        if shown.guessed and config.from_animation_number == 0:  # not in every piece of a film
            print(shown.guessed, file=sys.stderr)  # a logger would break the line
        return shown


def _networks() -> Path:
    """The folder of trained networks."""
    return Path(config.media_dir) / "trained"


def _nearest(angle: float, to: float) -> float:
    """The same direction as an angle that is less than half a turn from another; radians."""
    return angle + TAU * round((to - angle) / TAU)
