"""Manim's renderer, but time is counted in frames, and frames that go nowhere are not painted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from manim import Scene
from manim.renderer.cairo_renderer import CairoRenderer

from nn_unfold.engine.camera import SpatialCamera, vertices_of
from nn_unfold.engine.interrupts import between_frames, heed


class Played(NamedTuple):
    """A play that has ended: how many frames it has, whether all are the same, and how many vertices are in space."""

    frames: int
    still: bool
    vertices: int


class SpatialRenderer(CairoRenderer):
    """The renderer of a scene with mobjects in space.

    Stock Manim paints two frames of a play even if its segment is in the cache. For such a play it adds the run time to
    the clock, and for all others the time of their frames: captions drift.

    Attributes:
        plays: all so far, whether rendered or not.
    """

    camera: SpatialCamera

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plays: list[Played] = []
        self._unseen = False

    def play(self, scene: Scene, *args: Any, **kwargs: Any) -> None:
        """As in Manim."""
        began = self.time
        with between_frames():
            super().play(scene, *args, **kwargs)
        self._unseen = False
        rate = self.camera.frame_rate
        rendered = round((self.time - began) * rate)
        frames = _frames(scene, rate) if self.skip_animations else rendered
        self.plays.append(Played(frames, scene.is_current_animation_frozen_frame(), vertices_of(scene.mobjects)))
        self.time = sum(play.frames for play in self.plays) / rate

    def is_in_film(self) -> bool:
        """Whether the last play is in the film: it may be left out, as by `manim render -n`, or come from the cache."""
        return self.animations_hashes[-1] is not None if self.animations_hashes else not self.skip_animations

    def film_time(self) -> float:
        """Seconds of the film so far; what is left out does not count."""
        hashes = self.animations_hashes
        frames = (play.frames for play, key in zip(self.plays, hashes, strict=True) if key is not None)
        return sum(frames) / self.camera.frame_rate

    def save_static_frame_data(self, scene: Scene, static_mobjects: Any) -> Any:
        """As in Manim; from here to the end of a play that is skipped, nothing is painted."""
        self._unseen = self.skip_animations
        return super().save_static_frame_data(scene, static_mobjects)

    def render(self, scene: Scene, time: float, moving_mobjects: Any = None) -> None:
        """As in Manim, but the encoder gets the frame itself, not a copy."""
        heed()
        self.update_frame(scene, moving_mobjects)
        self.add_frame(self.camera.hand_over())

    def update_frame(self, scene: Scene, *args: Any, **kwargs: Any) -> None:
        """As in Manim."""
        if not self._unseen:
            super().update_frame(scene, *args, **kwargs)


def _frames(scene: Scene, rate: float) -> int:
    """How many frames Manim makes of the play that has just been compiled."""
    step = 1 / rate
    if scene.is_current_animation_frozen_frame():
        return int(scene.duration / step)
    return len(np.arange(0, scene.duration, step))
