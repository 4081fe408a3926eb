"""The beats of a film, with their times, their key frames, or all their frames; what no one asks for is not painted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from nn_unfold.engine.camera import StageCamera
from nn_unfold.engine.paint.frames import straight
from nn_unfold.engine.renderer import SpatialRenderer
from nn_unfold.engine.writer import WholeFileWriter
from nn_unfold.errors import UnfoldError
from nn_unfold.out.exporters import ALL, NoSuchBeats, Range, Step
from nn_unfold.out.films import Film
from nn_unfold.out.rendering import load, one_line_errors, studio
from nn_unfold.stage.stage import Stage
from nn_unfold.text.labels import caption_height

Frame = npt.NDArray[np.uint8]  # (h, w, 3), or (h, w, 4) with straight alpha
Take = Callable[[Frame, int], object]  # gets a frame, and for how many frames it stays


def steps(film: Film, settings: Mapping[str, Any], chosen: Range) -> list[Step]:
    """The captions of some beats and when they are read; nothing is painted.

    Args:
        film: which.
        settings: of Manim, as `rendering.settings` gives them.
        chosen: which beats.

    Raises:
        UnfoldError: where the film can't be made.
        NoSuchBeats: where it has fewer beats.
    """
    return _painted(film, settings, chosen)


def key_frames(film: Film, settings: Mapping[str, Any], chosen: Range) -> tuple[list[Step], list[Frame]]:
    """Some beats and their key frames, (h, w, 3), without the caption and its room at the bottom.

    The key frame of a beat is what it shows when it calls `Stage.key_frame`, else its last frame. Arguments and errors
    as of `steps`.
    """
    pictures: dict[int, Frame] = {}

    def keep(number: int, stage: Stage) -> None:
        pictures[number] = _without_caption(stage)

    found = _painted(film, settings, chosen, at_key=keep)
    return found, [pictures[step.number] for step in found]


def frames(
    film: Film, settings: Mapping[str, Any], chosen: Range, take: Take, *, transparent: bool = False
) -> list[Step]:
    """Paint every frame of some beats; arguments and errors as of `steps`.

    Args:
        film: which.
        settings: of Manim.
        chosen: which beats.
        take: gets each frame when it is painted. It must copy what it keeps.
        transparent: whether frames are (h, w, 4) with straight alpha, and (0, 0, 0, 0) where nothing is, instead of
            (h, w, 3) on the background.
    """
    return _painted(film, settings, chosen, take=take, transparent=transparent)


def walk(film: Film, settings: Mapping[str, Any], *, at_start: Told, at_key: Told) -> list[Step]:
    """Go through all beats of a film; errors as of `steps`.

    Nothing is painted but what is asked for, with `shown`.

    Args:
        film: which.
        settings: of Manim.
        at_start: is told before each beat.
        at_key: is told when a beat marks its key frame, or at its end if it marks none; of several marks the last one
            counts.
    """
    return _painted(film, settings, ALL, at_start=at_start, at_key=at_key)


class PartRenderer(SpatialRenderer):
    """Renders the beats that are wanted, and skips all else."""

    wanted = False  # whether the beat that is played is one of them

    def update_skipping_status(self) -> None:
        """As in Manim."""
        super().update_skipping_status()
        self.skip_animations = self.skip_animations or not self.wanted


class _FrameRenderer(PartRenderer):
    """Gives away the frames of the chosen beats, and writes none."""

    take: Take | None = None
    transparent = False

    def update_skipping_status(self) -> None:
        super().update_skipping_status()
        self.skip_animations = self.skip_animations or self.take is None

    def add_frame(self, frame: Any, num_frames: int = 1) -> None:
        if not self.skip_animations:
            self.time += num_frames / self.camera.frame_rate
            assert self.take is not None
            self.take(straight(frame) if self.transparent else frame[..., :3], num_frames)


Told = Callable[[int, Stage], object]  # gets the number of a beat, from 1, and the stage as it is now


def played(
    film: Film,
    settings: Mapping[str, Any],
    chosen: Range,
    made: Callable[[], PartRenderer],
    *,
    at_start: Told | None = None,
    at_key: Told | None = None,
    at_end: Told | None = None,
) -> list[Step]:
    """Play a film, of which some beats are rendered; errors as of `steps`.

    Args:
        film: which.
        settings: of Manim.
        chosen: which beats.
        made: makes the renderer.
        at_start: is told before each of these beats.
        at_key: is told when a beat marks its key frame, or at its end if it marks none; of several marks the last one
            counts.
        at_end: is told after each of these beats.
    """
    found: list[Step] = []
    with one_line_errors(film), studio(film, settings):
        scene_class = load(film)

        class Watched(scene_class):  # type: ignore[misc, valid-type]  # the class is a value here
            @contextmanager
            def beat(self, *args: Any, **kwargs: Any) -> Iterator[None]:
                self.number, began = len(self.told) + 1, self.renderer.time
                self.renderer.wanted, self.marked = self.number in chosen, False
                self.tell(at_start)
                with super().beat(*args, **kwargs):
                    yield
                found.append(Step(self.number, self.words, round(began, 3), round(self.renderer.time, 3)))
                if not self.marked:
                    self.tell(at_key)
                self.tell(at_end)
                self.renderer.wanted = False

            def key_frame(self) -> None:
                super().key_frame()
                self.marked = True
                self.tell(at_key)

            def tell(self, whom: Told | None) -> None:
                if whom is not None and self.renderer.wanted:
                    whom(self.number, self)

            def add_subcaption(self, content: str, duration: float = 1, offset: float = 0) -> None:
                self.words = content

        Watched.__name__ = scene_class.__name__
        Watched(renderer=made()).render()
    if not found:
        raise UnfoldError(f"{film.scene} has no beats: play its animations within `with self.beat(...)`.")
    if chosen.first > len(found) or (chosen.last or 0) > len(found):
        raise NoSuchBeats(f"{film.scene} has {len(found)} beats, and {chosen} was asked for: choose some of these.")
    return [step for step in found if step.number in chosen]


def _painted(
    film: Film,
    settings: Mapping[str, Any],
    chosen: Range,
    *,
    take: Take | None = None,
    transparent: bool = False,
    at_start: Told | None = None,
    at_key: Told | None = None,
) -> list[Step]:
    """Go through the beats of a film and write no film."""
    more = {"disable_caching": True, "dry_run": True, "save_sections": False}

    def made() -> PartRenderer:
        renderer = _FrameRenderer(WholeFileWriter, StageCamera)
        renderer.take, renderer.transparent = take, transparent
        return renderer

    clear = {"background_opacity": 0.0, "format": "mov"} if transparent else {}
    return played(film, {**settings, **more, **clear}, chosen, made, at_start=at_start, at_key=at_key)


def shown(stage: Stage, *, caption: bool = True) -> Frame:
    """What a stage shows now, (h, w, 3), with or without its caption."""
    renderer: Any = stage.renderer
    renderer.static_image = None
    mobjects = [m for m in stage.mobjects if caption or m not in (stage.shown_caption, stage._band)]
    renderer.update_frame(stage, mobjects, ignore_skipping=True)
    frame: Frame = renderer.get_frame()[..., :3]
    return frame.copy()


def _without_caption(stage: Stage) -> Frame:
    """What a stage shows now, but for the caption and its room."""
    frame = shown(stage, caption=False)
    band = caption_height() / stage.camera.frame_height
    return frame[: round(len(frame) * (1 - band))]
