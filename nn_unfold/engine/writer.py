"""Where films go, and that they and their segments appear there only when they are whole."""

from __future__ import annotations

import configparser
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from manim import config
from manim._config.utils import ManimConfig, config_file_paths, make_config_parser
from manim.scene.scene_file_writer import SceneFileWriter
from manim.scene.video_segment_encoder import VideoSegmentEncoder

from nn_unfold.engine.files import _named_when_whole, _unfinished
from nn_unfold.engine.interrupts import between_frames
from nn_unfold.engine.paint.frames import give_back
from nn_unfold.errors import UnfoldError
from nn_unfold.settings import project_file

ENCODER = {"crf": "18", "preset": "veryfast", "threads": "1", "bf": "0"}
"""Options of libx264. What it writes depends on its number of threads, and with B-frames also on what was in its memory
before: with these, films are the same on every machine and in every run."""

_AMOUNTS = {
    "max_inflight_encoders": 2,  # the encoder of a segment may still work while the next is painted; each takes memory
    "encoder_queue_size": 3,  # frames that wait for an encoder
    "max_files_cached": 500,  # segments of a film that are kept, of all its themes and languages
}


def use_project_settings() -> None:
    """Let films be reproducible wherever they are rendered, and go to the media folder of their project.

    Manim reads the manim.cfg of the working directory alone. Elsewhere the one of the film's project counts. Whatever
    neither they nor the command line say is set here.
    """
    stock, project = _stock(), project_file()
    if project is not None and not Path("manim.cfg").is_file():
        theirs = _digested(make_config_parser(project))
        for name in ("video_codec", "video_encoder_options", *_AMOUNTS):
            if config[name] == stock[name]:
                config[name] = theirs[name]
        if config.media_dir == stock.media_dir:
            config.media_dir = str(project.parent / theirs.media_dir)
    # Other formats, and films with alpha, want other codecs: Manim chooses those itself.
    if config.video_codec == stock.video_codec and config.format in ("auto", "mp4") and not config.transparent:
        config.video_codec = "libx264"
        config.video_encoder_options = {**ENCODER, **config.video_encoder_options}
    for name, value in _AMOUNTS.items():
        if config[name] == stock[name]:
            config[name] = value


@lru_cache(maxsize=1)
def _stock() -> ManimConfig:
    """Manim's settings as they are before any manim.cfg is read."""
    parser = configparser.ConfigParser()
    parser.read(config_file_paths()[0], encoding="utf-8")
    return _digested(parser)


def _digested(parser: configparser.ConfigParser) -> ManimConfig:
    """Settings of Manim's kind, read without changing how much Manim says, which is one for all."""
    verbosity = config.verbosity
    settings = ManimConfig().digest_parser(parser)
    config.verbosity = verbosity
    return settings


def check_output_folder() -> None:
    """See that films can be written.

    Raises:
        UnfoldError: where they can't.
    """
    folder = Path(config.media_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UnfoldError(
            f"Nothing can be written to {folder.resolve()} ({error.strerror}): give write permission there, "
            "or choose another folder with --media_dir."
        ) from error


class WholeSegmentEncoder(VideoSegmentEncoder):
    """Encodes under a temporary name and renames at the end, so that a killed render leaves no half segment."""

    def __init__(self, *, target: Path, spec: Any) -> None:
        self._unfinished = _unfinished(target)
        super().__init__(target=self._unfinished, spec=spec)
        self.target = target  # the name by which Manim looks for work in flight
        # A frame that converts itself sets up all the tables and threads of the conversion anew.
        self._converter = VideoReformatter()

    def write_frame(self, pixels: np.ndarray, *, repeat: int = 1) -> None:
        """As in Manim, packet for packet, but the pixels are not copied, and a frame that stands is converted once."""
        self._validate_frame(pixels, repeat)
        try:
            frame = av.VideoFrame.from_numpy_buffer(pixels, format="rgba")
            frame = self._converter.reformat(frame, format=self.spec.pixel_format)
            frame.time_base = 1 / self.spec.frame_rate
            for _ in range(repeat):
                frame.pts = self._next_pts
                self._next_pts += 1
                self._container.mux(self._stream.encode(frame))
            give_back(pixels)
        except BaseException as error:
            raise self._operation_error("encode", error) from error

    def finish(self) -> None:
        """Close the segment and give it its name."""
        super().finish()
        self._unfinished.replace(self.target)

    def abort(self) -> None:
        """Close the segment and throw it away."""
        try:
            super().abort()
        finally:
            self._unfinished.unlink(missing_ok=True)

    def _operation_error(self, operation: str, error: BaseException) -> Exception:
        # Manim makes a RuntimeError of everything; that a disk is full shall still be seen as what it is.
        if isinstance(error, OSError):
            return OSError(error.errno, error.strerror, str(self.target.parent))
        return super()._operation_error(operation, error)


class WholeFileWriter(SceneFileWriter):
    """Manim's writer of films, but nothing half-written ever bears a final name."""

    def _create_segment_encoder(self, target: Path) -> VideoSegmentEncoder:
        if self.video_encoder is None:
            raise RuntimeError("Segments need resolved encoder settings.")
        return WholeSegmentEncoder(target=target, spec=self.video_encoder)

    def join_all_encode_jobs(self) -> None:
        """As in Manim: wait for all segments, or for what shall be none to be thrown away."""
        with between_frames():
            super().join_all_encode_jobs()

    def combine_files(self, input_files: list[str], output_file: Path, *args: Any, **kwargs: Any) -> None:
        """Join segments into a film or section under a temporary name, then rename."""
        with _named_when_whole(output_file) as unfinished:
            super().combine_files(input_files, unfinished, *args, **kwargs)

    @staticmethod
    def _concat_manifest_bytes(input_files: list[str]) -> bytes:
        """As in Manim, which does not quote an apostrophe in a path: for FFmpeg it would be the end of the path."""
        quoted = [str(path).replace("'", r"'\''") for path in input_files]
        return SceneFileWriter._concat_manifest_bytes(quoted)
