"""Writes films: they and their segments appear under their names only when they are whole."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.video import VideoStream
from av.video.reformatter import VideoReformatter
from manim import logger
from manim.scene.scene_file_writer import SceneFileWriter
from manim.scene.video_segment_encoder import VideoSegmentEncoder

from nn_unfold.engine.files import named_when_whole, sweep, unfinished_name, writing
from nn_unfold.engine.interrupts import between_frames
from nn_unfold.engine.paint.frames import give_back, straight
from nn_unfold.engine.seals import is_whole, seal


class WholeSegmentEncoder(VideoSegmentEncoder):
    """Encodes under a temporary name and renames at the end, so that a killed render leaves no half segment."""

    def __init__(self, *, target: Path, spec: Any) -> None:
        sweep(target.parent)
        self._unfinished = unfinished_name(target)
        super().__init__(target=self._unfinished, spec=spec)
        self.target = target  # the name by which Manim looks for work in flight
        # One converter for all frames: to set up its tables and threads takes time.
        self._converter = VideoReformatter()

    def write_frame(self, pixels: np.ndarray, *, repeat: int = 1) -> None:
        """As in Manim, packet for packet, but pixels are not copied, and a frame that is repeated is converted once."""
        self._validate_frame(pixels, repeat)
        try:
            frame = av.VideoFrame.from_numpy_buffer(pixels, format="rgba")
            frame = self._converter.reformat(frame, format=self.spec.pixel_format)
            frame.time_base = 1 / self.spec.frame_rate
            for _ in range(repeat):
                frame.pts = self._next_pts
                self._next_pts += 1
                self._container.mux(cast(VideoStream, self._stream).encode(frame))
            give_back(pixels)
        except BaseException as error:
            raise self._operation_error("encode", error) from error

    def finish(self) -> None:
        """Close the segment, seal it and give it its name."""
        super().finish()
        seal(self._unfinished)
        self._unfinished.replace(self.target)

    def abort(self) -> None:
        """Close the segment and throw it away."""
        try:
            super().abort()
        finally:
            self._unfinished.unlink(missing_ok=True)

    def _operation_error(self, operation: str, error: BaseException) -> Exception:  # type: ignore[override]
        # Manim makes a RuntimeError of everything; a full disk must stay an OSError, with its reason.
        if isinstance(error, OSError):
            return OSError(error.errno, error.strerror, str(self.target.parent))
        return super()._operation_error(operation, error)


class WholeFileWriter(SceneFileWriter):
    """Manim's writer of films, but nothing half-written ever bears a final name.

    Raises:
        NotWritten: by every method, where the disk is full or the folder closed.
    """

    def _create_segment_encoder(self, target: Path) -> VideoSegmentEncoder:
        if self.video_encoder is None:
            raise RuntimeError("Segments need resolved encoder settings.")
        return WholeSegmentEncoder(target=target, spec=self.video_encoder)

    def open_partial_movie_stream(self, **options: Any) -> None:
        """As in Manim."""
        with self._writing():
            super().open_partial_movie_stream(**options)

    def write_frame(self, pixels: np.ndarray, *, repeat: int = 1) -> None:
        """As in Manim."""
        with self._writing():
            super().write_frame(self._out(pixels), repeat=repeat)

    def close_partial_movie_stream(self) -> None:
        """As in Manim."""
        with self._writing():
            super().close_partial_movie_stream()

    def is_already_cached(self, hash_invocation: str) -> bool:
        """As in Manim, which may wait for this very segment to be written. A damaged one is deleted."""
        with self._writing():
            if not super().is_already_cached(hash_invocation):
                return False
            path = self.output_plan.segment_path(hash_invocation)
            if not (whole := is_whole(path)):
                logger.warning(f"The segment {path} is damaged, or from an older version: it is rendered anew.")
                path.unlink(missing_ok=True)
            return whole

    def join_all_encode_jobs(self) -> None:
        """As in Manim: wait for all segments, or for what shall be none to be thrown away."""
        with between_frames(), self._writing():
            super().join_all_encode_jobs()

    def save_image(self, pixels: np.ndarray) -> None:
        """As in Manim."""
        with self._writing():
            super().save_image(self._out(pixels))

    def finish(self) -> None:
        """As in Manim: join the segments, and write sounds and captions."""
        with self._writing():
            super().finish()

    def combine_files(self, input_files: list[str], output_file: Path, *args: Any, **kwargs: Any) -> None:
        """Join segments into a film or section under a temporary name, then rename."""
        with named_when_whole(output_file) as unfinished:
            super().combine_files(input_files, unfinished, *args, **kwargs)

    def _out(self, pixels: np.ndarray) -> np.ndarray:
        """Pixels as files have them: where they may be transparent, their colours are not multiplied by alpha."""
        return straight(pixels) if self.output_spec.transparent else pixels

    def _writing(self) -> AbstractContextManager[None]:
        return writing(self.output_plan.primary_artifact or Path())

    @staticmethod
    def _concat_manifest_bytes(input_files: list[str]) -> bytes:
        """As in Manim, which does not quote an apostrophe in a path: for FFmpeg it would be the end of the path."""
        quoted = [str(path).replace("'", r"'\''") for path in input_files]
        return SceneFileWriter._concat_manifest_bytes(quoted)
