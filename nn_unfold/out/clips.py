"""Beats as clips with their sound; segments that exist are not rendered again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import numpy.typing as npt

from nn_unfold.engine.camera import StageCamera
from nn_unfold.engine.writer import WholeFileWriter
from nn_unfold.errors import UnfoldError
from nn_unfold.out.beats import Frame, PartRenderer, played, shown
from nn_unfold.out.exporters import Order, Step
from nn_unfold.stage.stage import Stage

LINES, RATE = 1080, 60  # as of `unfold render`
HERTZ = 44100


@dataclass(frozen=True)
class Clip:
    """A beat of a film as a film of its own.

    Attributes:
        step: the beat.
        file: an MP4.
        picture: its key frame, (h, w, 3), with its caption.
    """

    step: Step
    file: Path
    picture: Frame


class Sound(NamedTuple):
    """A file of sound, when it begins in seconds, and how much louder it is, in decibels."""

    file: Path
    start: float
    gain: float = 0.0


def clips(order: Order, folder: Path) -> list[Clip]:
    """Render beats, each into a file of its own, as `unfold render` does: what that has rendered is used.

    Args:
        order: which beats of which film.
        folder: for the files.

    Raises:
        UnfoldError: where the film can't be made, or a beat has no frames.
        NoSuchBeats: where it has fewer beats.
    """
    pictures: dict[int, Frame] = {}
    starts: dict[int, int] = {}
    segments: dict[int, list[str]] = {}
    made: list[PartRenderer] = []

    def renderer() -> PartRenderer:
        made.append(PartRenderer(_ClipWriter, StageCamera))
        return made[0]

    def begin(number: int, stage: Stage) -> None:
        starts[number] = len(stage.renderer.file_writer.partial_movie_files)

    def keep(number: int, stage: Stage) -> None:
        pictures[number] = shown(stage)

    def end(number: int, stage: Stage) -> None:
        files = stage.renderer.file_writer.partial_movie_files[starts[number] :]
        segments[number] = [str(file) for file in files if file is not None]

    values = {**order.settings(LINES, RATE), "save_sections": False}
    found = played(order.film, values, order.beats, renderer, at_start=begin, at_key=keep, at_end=end)
    writer = made[0].file_writer
    assert isinstance(writer, _ClipWriter)
    done, at = [], 0.0  # what is left out takes no time: the writer counts the beats alone
    for step in found:
        if not segments[step.number]:
            raise UnfoldError(f"Beat {step.number} of {order.film.scene} has no frames: choose others by --beats.")
        file = folder / f"{step.number:02}.mp4"
        writer.combine_files(segments[step.number], file)
        length = step.end - step.start
        heard = [s._replace(start=s.start - at) for s in writer.sounds if at - 1e-6 <= s.start < at + length]
        if heard:
            add_sounds(file, heard)
        at += length
        done.append(Clip(step, file, pictures[step.number]))
    return done


class _ClipWriter(WholeFileWriter):
    """Writes segments and no film, and notes the sounds."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sounds: list[Sound] = []

    def add_sound(self, sound_file: Any, time: float | None = None, gain: float | None = None, **kwargs: Any) -> None:
        """Note a sound, and when it is heard."""
        self.sounds.append(Sound(Path(sound_file), time or 0.0, gain or 0.0))

    def finish(self) -> None:
        """Wait until the last segment is encoded."""
        self.join_all_encode_jobs()


def add_sounds(film: Path, sounds: Sequence[Sound]) -> None:
    """Give a silent MP4 its sounds, as AAC; they end with it.

    Args:
        film: the file, which is written anew.
        sounds: what is heard.
    """
    silent = film.with_name(f".silent-{film.name}")
    film.replace(silent)
    with av.open(str(silent)) as source, av.open(str(film), "w", format="mp4") as target:
        picture = source.streams.video[0]
        assert source.duration is not None
        heard = np.zeros((source.duration * HERTZ // av.time_base, 2))
        for sound in sounds:
            rest = heard[max(0, round(HERTZ * sound.start)) :]
            wave = decoded(sound.file)[: len(rest)]
            rest[: len(wave)] += wave * 10 ** (sound.gain / 20)
        to, voice = target.add_stream_from_template(picture), target.add_stream("aac", rate=HERTZ, layout="stereo")
        for packet in source.demux(picture):
            if packet.dts is not None:
                packet.stream = to
                target.mux(packet)
        whole = np.clip(np.rint(heard), -(2**15), 2**15 - 1).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(whole.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate = HERTZ
        target.mux(voice.encode(frame))
        target.mux(voice.encode())
    silent.unlink()


def decoded(sound: Path) -> npt.NDArray[np.int16]:
    """A file of sound as samples (n, 2), `HERTZ` of them a second."""
    to = av.AudioResampler("s16", "stereo", HERTZ)
    with av.open(str(sound)) as source:
        frames = [part for frame in source.decode(audio=0) for part in to.resample(frame)] + to.resample(None)
    samples: npt.NDArray[np.int16] = np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in frames])
    return samples
