"""The beats of a film, with their times, their key frames, or all their frames; what no one asks for is not painted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from nn_unfold.engine.camera import StageCamera
from nn_unfold.engine.renderer import SpatialRenderer
from nn_unfold.engine.writer import WholeFileWriter
from nn_unfold.errors import UnfoldError
from nn_unfold.out.exporters import NoSuchBeats, Range, Step
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
    return _played(film, settings, chosen)


def key_frames(film: Film, settings: Mapping[str, Any], chosen: Range) -> tuple[list[Step], list[Frame]]:
    """Some beats and their last frames, (h, w, 3), without the caption and its room at the bottom.

    Arguments and errors as of `steps`.
    """
    pictures: list[Frame] = []
    found = _played(film, settings, chosen, at_end=lambda stage: pictures.append(_without_caption(stage)))
    return found, pictures


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
    return _played(film, settings, chosen, take=take, transparent=transparent)


def straight(premultiplied: Frame) -> Frame:
    """Colours (h, w, 4) that are not multiplied by their alpha; those without alpha are (0, 0, 0, 0)."""
    alpha = premultiplied[..., 3:].astype(np.uint32)
    colours = (premultiplied[..., :3] * np.uint32(255) + alpha // 2) // np.maximum(alpha, 1)
    whole = np.concatenate([np.minimum(colours, 255) * (alpha > 0), alpha], axis=-1)
    return whole.astype(np.uint8)


class _FrameRenderer(SpatialRenderer):
    """Gives away the frames of the chosen beats, and writes none."""

    take: Take | None = None
    transparent = False
    wanted = False  # whether the beat that is played is chosen

    def update_skipping_status(self) -> None:
        super().update_skipping_status()
        self.skip_animations = self.skip_animations or not self.wanted or self.take is None

    def add_frame(self, frame: Any, num_frames: int = 1) -> None:
        if not self.skip_animations:
            self.time += num_frames / self.camera.frame_rate
            assert self.take is not None
            self.take(straight(frame) if self.transparent else frame[..., :3], num_frames)


def _played(
    film: Film,
    settings: Mapping[str, Any],
    chosen: Range,
    *,
    take: Take | None = None,
    transparent: bool = False,
    at_end: Callable[[Stage], object] = lambda stage: None,
) -> list[Step]:
    found: list[Step] = []
    with one_line_errors(film), studio(film, settings, disable_caching=True, dry_run=True, save_sections=False):
        scene_class = load(film)

        class Watched(scene_class):  # type: ignore[misc, valid-type]  # the class is a value here
            @contextmanager
            def beat(self, *args: Any, **kwargs: Any) -> Iterator[None]:
                number, began = len(self.told) + 1, self.renderer.time
                self.renderer.wanted = number in chosen
                with super().beat(*args, **kwargs):
                    yield
                found.append(Step(number, self.words, round(began, 3), round(self.renderer.time, 3)))
                if number in chosen:
                    at_end(self)
                self.renderer.wanted = False

            def add_subcaption(self, content: str, duration: float = 1, offset: float = 0) -> None:
                self.words = content

        Watched.__name__ = scene_class.__name__
        renderer = _FrameRenderer(WholeFileWriter, StageCamera)
        renderer.take, renderer.transparent = take, transparent
        stage = Watched(renderer=renderer)
        if transparent:
            # Over colours without alpha, Cairo would leave some of them at every edge.
            stage.camera.background[:] = 0
        stage.render()
    if not found:
        raise UnfoldError(f"{film.scene} has no beats: play its animations within `with self.beat(...)`.")
    if chosen.first > len(found) or (chosen.last or 0) > len(found):
        raise NoSuchBeats(f"{film.scene} has {len(found)} beats, and {chosen} was asked for: choose some of these.")
    return [step for step in found if step.number in chosen]


def _without_caption(stage: Stage) -> Frame:
    """What a stage shows at the end of a beat, but for the caption and its room."""
    renderer: Any = stage.renderer
    renderer.static_image = None
    renderer.update_frame(stage, [m for m in stage.mobjects if m is not stage.shown_caption], ignore_skipping=True)
    frame: Frame = renderer.get_frame()[..., :3]
    band = caption_height() / stage.camera.frame_height
    return frame[: round(len(frame) * (1 - band))].copy()
