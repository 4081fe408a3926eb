"""A film is rehearsed, rendered in pieces, and joined.

The rehearsal goes through the film without a picture and learns the key of every segment; workers render the
segments that are missing into Manim's own cache; the film is joined from them by what the rehearsal knows.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from manim import config, tempconfig
from manim.constants import QUALITIES
from manim.mobject.svg.svg_mobject import SVG_HASH_TO_MOB_MAP

from nn_unfold.engine.files import NotWritten
from nn_unfold.engine.writer import WholeFileWriter
from nn_unfold.errors import UnfoldError
from nn_unfold.out.films import Film
from nn_unfold.out.plan import Piece, Play
from nn_unfold.settings import base_file, media_folder
from nn_unfold.stage.stage import Stage


def settings(quality: str, media_dir: Path | None, *, sections: bool = False) -> dict[str, Any]:
    """All settings of Manim that shape a segment or say where it goes, so that every worker has the same.

    Those of the manim.cfg in the working directory count; elsewhere, those of the checkout.

    Args:
        quality: a letter, as in `manim render -q`.
        media_dir: where films go, if not where manim.cfg says.
        sections: whether one clip per beat is written as well.
    """
    config.verbosity = "WARNING"
    if (file := base_file()) is not None:
        config.digest_file(file)
    (pixels,) = (q for q in QUALITIES.values() if q["flag"] == quality)
    return {
        "media_dir": str(media_dir.resolve() if media_dir else media_folder()),
        "pixel_width": pixels["pixel_width"],
        "pixel_height": pixels["pixel_height"],
        "frame_rate": pixels["frame_rate"],
        "video_codec": config.video_codec,
        "pixel_format": config.pixel_format,
        "video_encoder_options": config.video_encoder_options,
        "max_inflight_encoders": config.max_inflight_encoders,
        "encoder_queue_size": config.encoder_queue_size,
        "max_files_cached": config.max_files_cached,
        "format": "mp4",
        "save_sections": sections,
        "dry_run": False,
        "disable_caching": False,
        "progress_bar": "none",
        "verbosity": "WARNING",
    }


@contextmanager
def studio(film: Film, settings: Mapping[str, Any], **more: Any) -> Iterator[None]:
    """Manim with these settings for this film, as in a process that has shown no other."""
    # The second of two like formulas comes from this cache and has other attributes than the first, which
    # are part of the keys of segments.
    SVG_HASH_TO_MOB_MAP.clear()
    with tempconfig({**settings, "input_file": str(film.file), "scene_names": [film.scene], **more}):
        yield


def load(film: Film) -> type[Stage]:
    """The class of a film.

    Raises:
        UnfoldError: where it is no film on this stage.
    """
    # By its path: films of one name don't hide each other.
    name = f"unfold_film_{sha256(str(film.file).encode()).hexdigest()[:8]}_{film.name}"
    spec = importlib.util.spec_from_file_location(name, film.file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where Manim looks for the source of functions
    # As with `manim render`, a film can import its neighbours.
    sys.path.insert(0, str(film.file.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(film.file.parent))
    scene = getattr(module, film.scene)
    if not (isinstance(scene, type) and issubclass(scene, Stage)):
        raise UnfoldError(
            f"{film.scene} in {film.file} is not a film of Unfold: derive it from nn_unfold.Stage, "
            "or render it with `manim render`."
        )
    return scene


# The rehearsal


class _RehearsalWriter(WholeFileWriter):
    """Takes every segment for rendered, so that the film passes by without a picture."""

    def is_already_cached(self, hash_invocation: str) -> bool:
        return True

    def finish(self) -> None:
        """Nothing yet: see `join`."""

    def join(self) -> None:
        """Join the segments, which must be there by now, into the film."""
        super().finish()


@dataclass(frozen=True)
class Rehearsal:
    """What going through a film without a picture tells.

    Attributes:
        plays: all plays of the film, in order.
        networks: the files of the trained networks that it uses.
    """

    film: Film
    plays: tuple[Play, ...]
    networks: tuple[Path, ...]
    frame_rate: float
    _writer: _RehearsalWriter

    @property
    def path(self) -> Path:
        """Where the film will be."""
        return self._writer.movie_file_path

    @property
    def subtitles(self) -> Path | None:
        """Where its captions will be."""
        return self._writer.output_plan.subcaption_file if self._writer.subcaptions else None

    @property
    def frames(self) -> int:
        """How many frames the film has."""
        return sum(play.frames for play in self.plays)

    def segment(self, key: str) -> Path:
        """The file of a segment in Manim's cache."""
        return self._writer.output_plan.segment_path(key)

    def present(self) -> set[str]:
        """The keys of the segments that are there."""
        return {play.key for play in self.plays if self.segment(play.key).is_file()}

    def join(self) -> None:
        """Write the film, its captions and its sections from the segments."""
        with told(self.film):
            self._writer.join()


def rehearse(film: Film, settings: Mapping[str, Any]) -> Rehearsal:
    """Go through a film without a picture; its networks are trained where they are not yet.

    Raises:
        UnfoldError: where the film can't be made.
    """
    with told(film), studio(film, settings):
        scene = load(film)()
        writer = scene.renderer.file_writer = _RehearsalWriter(scene.file_writer_settings)
        scene.render()
        keys = [Path(path).stem for path in writer.partial_movie_files if path is not None]
        plays = tuple(Play(key, *played) for key, played in zip(keys, scene.renderer.plays, strict=True))
        return Rehearsal(film, plays, tuple(scene.networks), config.frame_rate, writer)


# The segments


class _PieceWriter(WholeFileWriter):
    """Writes some segments of a film, and never the film."""

    wanted: frozenset[str]

    def add_sound(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: segments are silent, and sounds are added where the film is joined."""

    def is_already_cached(self, hash_invocation: str) -> bool:
        return hash_invocation not in self.wanted or super().is_already_cached(hash_invocation)

    def finish(self) -> None:
        """Wait until the last segment is encoded."""
        self.join_all_encode_jobs()


def render_piece(piece: Piece) -> Path:
    """Render the segments of a piece that are not there yet.

    Returns:
        The folder that holds them.

    Raises:
        UnfoldError: where they can't be rendered.
    """
    part = {"from_animation_number": piece.first, "upto_animation_number": piece.last, "save_sections": False}
    # Where each worker has a processor, nothing is lost when it waits for the encoder, and much memory is saved.
    patient = {"max_inflight_encoders": 1, "encoder_queue_size": 1}
    with told(piece.film), studio(piece.film, piece.settings, **part, **patient):
        scene = load(piece.film)()
        writer = scene.renderer.file_writer = _PieceWriter(scene.file_writer_settings)
        writer.wanted = frozenset(piece.wanted)
        scene.render()
        return writer.partial_movie_directory


def render_whole(film: Film, settings: Mapping[str, Any], **more: Any) -> Path:
    """Render a film in this process, as `manim render` does, from the segments that are there.

    Args:
        film: which.
        settings: of Manim.
        **more: settings that differ, such as `format="png"` for a picture of the last frame.

    Returns:
        The file.
    """
    with told(film), studio(film, settings, **more):
        scene = load(film)()
        scene.render()
        return Path(scene.renderer.file_writer.final_file_path)


@contextmanager
def told(film: Film) -> Iterator[None]:
    """Whatever stops a film is told in one line.

    Raises:
        UnfoldError: that line.
        KeyboardInterrupt: after Ctrl-C.
    """
    try:
        yield
    except UnfoldError as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # the stage tells Ctrl-C in one line as well
            raise KeyboardInterrupt from None
        raise
    except NotWritten as error:
        raise UnfoldError(error.told(film.scene)) from error
    except Exception as error:
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == film.file]
        place = f", line {own[-1].lineno}" if own else ""
        mistake = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise UnfoldError(
            f"{film.scene} can't be rendered: {mistake} ({film.file}{place}). "
            f"`manim render {film.file}` shows how it came to it."
        ) from error
