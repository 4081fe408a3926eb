"""What a film shows, moment by moment, as numbers: batches in space, outlines on the screen, views of the cameras."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from manim import Mobject, Scene, VMobject

from nn_unfold.engine.camera import Perspective, SpatialCamera, StageCamera
from nn_unfold.engine.paint.batch import Batch
from nn_unfold.engine.paint.order import cut_apart
from nn_unfold.engine.renderer import SpatialRenderer
from nn_unfold.engine.writer import WholeFileWriter
from nn_unfold.out.films import Film
from nn_unfold.out.rendering import load, one_line_errors, studio
from nn_unfold.settings import option
from nn_unfold.shapes import lines_of
from nn_unfold.stage.stage import Stage
from nn_unfold.stage.view import View

RATE = 12  # moments a second that are kept before `pack` leaves out what lies on a straight line between others


@dataclass
class Span:
    """What one thing looks like over some moments in a row, in which its structure stays the same.

    Attributes:
        first: the number of the first moment.
        structure: what doesn't change.
        values: for each channel one array per moment, all of one shape.
        held: of how many moments at its end the values are those of the moment before.
    """

    first: int
    structure: dict[str, Any]
    values: dict[str, list[np.ndarray]]
    held: int = 0

    @property
    def length(self) -> int:
        """How many moments it lasts."""
        return len(next(iter(self.values.values())))


@dataclass
class Track:
    """One thing that a film shows, such as a mobject or the view of a camera, in spans."""

    kind: str
    spans: list[Span] = field(default_factory=list)

    def add(self, moment: int, structure: dict[str, Any], values: Mapping[str, np.ndarray]) -> None:
        """Note how it looks at a moment."""
        last = self.spans[-1] if self.spans else None
        if last is None or last.first + last.length != moment or not _alike(last, structure, values):
            last = Span(moment, structure, {name: [] for name in values})
            self.spans.append(last)
        for name, value in values.items():
            before = last.values[name]
            # What stays is kept once.
            last.values[name].append(before[-1] if before and np.array_equal(before[-1], value) else value.copy())


@dataclass
class Beat:
    """A beat of a film.

    Attributes:
        caption: what is written while it lasts, in the language of the film.
        start, end: seconds; what the film does between two beats belongs to neither.
    """

    caption: str
    start: float
    end: float = 0.0


@dataclass
class Recording:
    """A film as numbers.

    Attributes:
        times: (T,) seconds of the moments, ascending.
        tracks: by a number of their own.
        shown: for each moment the numbers of the tracks, in the order in which they are drawn.
        beats: of the film.
        frame: width and height in frame units.
        look: what all views share: colours, light, the width of grid lines.
        length: seconds.
    """

    title: str
    about: str
    language: str
    frame: tuple[float, float]
    look: dict[str, Any]
    times: list[float] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    shown: list[tuple[int, ...]] = field(default_factory=list)
    beats: list[Beat] = field(default_factory=list)
    length: float = 0.0
    _numbers: dict[int, int] = field(default_factory=dict)
    _kept: list[Any] = field(default_factory=list)

    def take(self, time: float, camera: SpatialCamera, mobjects: Sequence[Mobject]) -> None:
        """Note all that is to be seen at a moment."""
        moment = len(self.times)
        self.times.append(time)
        shown = [m for m in camera.get_mobjects_to_display(mobjects) if m is not camera._frame_center]
        spatial = [m for m in shown if hasattr(m, "batch")]
        seen = _seen_of_lines(camera, spatial, shown)
        batches = dict(zip(spatial, _batches(camera, spatial), strict=True))
        order = []
        for mobject in shown:
            lens = camera.lens(mobject)
            if hasattr(mobject, "batch"):
                batch = batches[mobject]
                if not batch.rgba[:, 3].any():
                    continue
                structure, values = _of_batch(batch)
            elif isinstance(mobject, VMobject) and _is_visible(mobject):
                structure, values = _of_outline(camera, mobject, seen)
            else:
                continue
            if "lens" in structure or hasattr(mobject, "batch"):
                structure["lens"] = self._view(moment, lens, camera)
            order.append(self._note(moment, mobject, structure, values))
        self.shown.append(tuple(order))

    def _view(self, moment: int, lens: Perspective, camera: SpatialCamera) -> int:
        """The number of the track of a camera's or a panel's view at this moment."""
        view = View.of(lens)
        values = {
            "view": np.array([view.phi, view.theta, lens.get_gamma(), view.zoom, *lens.frame_center, *lens.middle])
        }
        area = None if lens.area is None else [float(side) for side in lens.area]
        number = self._number(lens, "view")
        track = self.tracks[number]
        if not (track.spans and track.spans[-1].first + track.spans[-1].length == moment + 1):
            track.add(moment, {"area": area}, values)
        return number

    def _note(self, moment: int, thing: Any, structure: dict[str, Any], values: Mapping[str, np.ndarray]) -> int:
        number = self._number(thing, structure["kind"])
        self.tracks[number].add(moment, structure, values)
        return number

    def _number(self, thing: Any, kind: str) -> int:
        if id(thing) not in self._numbers:
            self._numbers[id(thing)] = len(self.tracks)
            self._kept.append(thing)  # its id must stay its own
            self.tracks.append(Track(kind))
        return self._numbers[id(thing)]


def record(film: Film, settings: Mapping[str, Any]) -> Recording:
    """Go through a film and keep what it shows.

    Args:
        film: which.
        settings: of Manim, as `rendering.settings` gives them.

    Raises:
        UnfoldError: where the film can't be made.
    """
    more = {"frame_rate": RATE, "disable_caching": True, "dry_run": True, "save_sections": False}
    with one_line_errors(film), studio(film, settings, **more):
        scene_class = _recorded(load(film))
        renderer = RecordingRenderer(WholeFileWriter, StageCamera)
        stage = scene_class(renderer=renderer)
        tokens = stage.tokens
        recording = Recording(
            title=film.scene,
            about=film.teaches or film.about,
            language=option("language"),
            frame=(stage.camera.frame_width, stage.camera.frame_height),
            look={
                "background": tokens.background,
                "ink": tokens.ink,
                "faint": tokens.faint,
                "accent": tokens.accent,
                "light": list(tokens.light),
                "shading": tokens.shading,
                "casing": tokens.casing,
                "grid": tokens.grid,
                "gridOpacity": tokens.grid_opacity,
                "gridWidth": tokens.grid_width,
                "scale": lines_of(1, stage.camera.frame_width, stage.camera.frame_height),
            },
        )
        renderer.recording = recording
        stage.render()
        recording.length = stage.renderer.time
        return recording


class RecordingRenderer(SpatialRenderer):
    """Keeps what each frame would be painted of, and paints none.

    Attributes:
        recording: what is kept.
    """

    recording: Recording

    def save_static_frame_data(self, scene: Scene, static_mobjects: Any) -> None:
        """Nothing: every moment is kept whole."""

    def update_frame(self, scene: Scene, *args: Any, **kwargs: Any) -> None:
        """Keep what is to be seen now."""
        if not self.skip_animations:
            self.recording.take(self.time, self.camera, scene.mobjects)

    def render(self, scene: Scene, time: float, moving_mobjects: Any = None) -> None:
        """As in Manim, without a picture."""
        self.update_frame(scene)
        self.add_frame(None)

    def add_frame(self, frame: Any, num_frames: int = 1) -> None:
        """Let the time go on."""
        self.time += num_frames / self.camera.frame_rate


def _recorded(film: type[Stage]) -> type[Stage]:
    """The film with a renderer that records, and that tells when its beats begin."""

    class Recorded(film):  # type: ignore[misc, valid-type]
        def next_section(self, name: str = "unnamed", *args: Any, **kwargs: Any) -> None:
            super().next_section(name, *args, **kwargs)
            self.renderer.recording.beats.append(Beat(name, self.renderer.time))

        def add_subcaption(self, content: str, duration: float = 1, offset: float = 0) -> None:
            super().add_subcaption(content, duration, offset)
            beat = self.renderer.recording.beats[-1]
            beat.caption, beat.end = content, self.renderer.time

    Recorded.__name__ = film.__name__
    return Recorded


def _alike(span: Span, structure: dict[str, Any], values: Mapping[str, np.ndarray]) -> bool:
    """Whether a thing goes on as it was, but for its values."""
    if span.structure.keys() != structure.keys() or span.values.keys() != values.keys():
        return False
    if any(span.values[name][-1].shape != value.shape for name, value in values.items()):
        return False
    return all(_same(one, structure[name]) for name, one in span.structure.items())


def _same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.shape == other.shape and np.array_equal(one, other)
    return type(one) is type(other) and not isinstance(one, np.ndarray) and bool(one == other)


def _of_batch(batch: Batch) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What of a batch stays while it moves, and what changes."""
    structure: dict[str, Any] = {"kind": "batch", "cased": batch.cased, "grid": float(batch.grid)}
    for name in ("triangles", "segments", "dots"):
        indices = getattr(batch, name)
        if len(indices):
            structure[name] = np.asarray(indices, dtype=np.uint32)
    for name in ("size", "marker"):
        structure[name] = np.ravel(np.asarray(getattr(batch, name), dtype=np.float32))
    for name in ("uv", "rim"):
        if getattr(batch, name) is not None:
            structure[name] = np.asarray(getattr(batch, name), dtype=np.float32)
    if batch.picture is not None:
        structure["picture"] = batch.picture
    rgba = np.asarray(batch.rgba, dtype=float)
    if len(rgba) and (rgba == rgba[0]).all():
        rgba = rgba[:1]
    return structure, {"points": np.asarray(batch.points, dtype=float), "rgba": rgba}


def _of_outline(
    camera: SpatialCamera, mobject: VMobject, seen: Mapping[Any, float]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What of a vector mobject stays while it moves over the screen, and what changes."""
    structure: dict[str, Any] = {"kind": "outline"}
    points = np.asarray(mobject.points, dtype=float)
    anchor = getattr(mobject, "anchor", None)
    place = np.zeros(0)
    if anchor is not None:
        structure["lens"], place = 0, np.asarray(anchor, dtype=float)
    elif camera.follows_view(mobject):
        points = camera.transform_points_pre_display(mobject, points)
    middle = points[0, :2]
    outline = np.round((points[:, :2] - middle) * 4096).astype(np.int32)
    structure["outline"] = _Outline.of(outline)
    line = camera._line(mobject)
    share = 1.0 if line is None else seen.get(line, 1.0)
    style = [
        *_colour(mobject.get_fill_rgbas(), share),
        *_colour(mobject.get_stroke_rgbas(), share),
        float(mobject.get_stroke_width()),
        *_colour(mobject.get_stroke_rgbas(background=True), share),
        float(mobject.get_stroke_width(background=True)),
    ]
    picture = getattr(mobject, "picture", None)
    if picture is not None:
        structure["picture"] = np.ascontiguousarray(picture())
    return structure, {"place": np.concatenate([middle, place]), "style": np.array(style)}


@dataclass(frozen=True)
class _Outline:
    """An outline (n, 2) in 4096ths of a frame unit, from its first point; equal outlines are one."""

    digest: bytes
    points: np.ndarray = field(compare=False, repr=False)

    @classmethod
    def of(cls, points: np.ndarray) -> _Outline:
        return cls(hashlib.blake2b(points.tobytes(), digest_size=12).digest(), points)


def _colour(rgbas: np.ndarray, share: float) -> Iterator[float]:
    """One colour for an outline; of several their mean."""
    red, green, blue, alpha = np.mean(np.atleast_2d(rgbas), axis=0)
    yield from (float(red), float(green), float(blue), float(alpha) * share)


def _is_visible(mobject: VMobject) -> bool:
    if not len(mobject.points):
        return False
    stroked = mobject.get_stroke_width() > 0 and mobject.get_stroke_opacity() > 0
    rimmed = mobject.get_stroke_width(background=True) > 0 and mobject.get_stroke_opacity(background=True) > 0
    return bool(mobject.get_fill_opacity() > 0 or stroked or rimmed)


def _batches(camera: SpatialCamera, spatial: Sequence[Mobject]) -> list[Batch]:
    """The batches of mobjects; a page can order surfaces over one mesh, but it can't cut them where they cross."""
    batches = [mobject.batch() for mobject in spatial]
    for lens in dict.fromkeys(map(camera.lens, spatial)):
        seen = [i for i, mobject in enumerate(spatial) if camera.lens(mobject) is lens]
        members = [i for i in seen if batches[i].rgba[:, 3].any()]
        for i, batch in zip(members, cut_apart([batches[i] for i in members]), strict=True):
            batches[i] = batch
    return batches


def _seen_of_lines(camera: SpatialCamera, spatial: Sequence[Mobject], shown: Sequence[Mobject]) -> dict[Any, float]:
    """How much is seen of the lines in space that labels belong to, as the painter tells."""
    found: dict[Any, float] = {}
    for lens in dict.fromkeys(camera.lens(mobject) for mobject in spatial):
        lines = {key: m.belongs_to for m in shown if (key := camera._line(m)) is not None and key[0] is lens}
        if lines:
            batches = [m.batch() for m in spatial if camera.lens(m) is lens]
            painting = camera.painted(batches, lens, np.reshape([*lines.values()], (-1, 2, 3)))
            found.update(zip(lines, painting.seen.tolist(), strict=True))
    return found
