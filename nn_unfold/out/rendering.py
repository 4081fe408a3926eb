"""A film is rehearsed, rendered in pieces, and joined.

The rehearsal plays the film without drawing and notes the key of every segment. Workers render the segments that are
missing into Manim's own cache. The film is joined from the segments whose keys the rehearsal noted.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
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
from nn_unfold.engine.seals import is_whole
from nn_unfold.engine.studio import fit_frame
from nn_unfold.engine.writer import WholeFileWriter
from nn_unfold.errors import UnfoldError
from nn_unfold.out.exporters import Step
from nn_unfold.out.films import Film
from nn_unfold.out.plan import Piece, Play
from nn_unfold.settings import OPTIONS, base_file, media_folder, option
from nn_unfold.shapes import size_in
from nn_unfold.stage.stage import Played, Stage

GIVEN = ("network", "data", "set")
"""What the environment may say of the network of a film, as UNFOLD_NETWORK, UNFOLD_DATA and UNFOLD_SET."""


def settings(quality: str, media_dir: Path | None, *, sections: bool = False) -> dict[str, Any]:
    """The settings of Manim that a segment and its place depend on, so that every worker has the same.

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
    width, height = size_in(option("shape"), pixels["pixel_height"])
    return {
        "media_dir": str(media_dir.resolve() if media_dir else media_folder()),
        "pixel_width": width,
        "pixel_height": height,
        "frame_rate": pixels["frame_rate"],
        "frame_width": config.frame_width,
        "frame_height": config.frame_height,
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
    """Manim with these settings for this film, as in a process that has played no other film."""
    # The second of two equal formulas comes from this cache and has other attributes than the first. Attributes are
    # part of the keys of segments. Where there are no segments, formulas stay in memory from one play to the next.
    values = {**settings, "input_file": str(film.file), "scene_names": [film.scene], **more}
    if not values.get("disable_caching"):
        SVG_HASH_TO_MOB_MAP.clear()
    with tempconfig(values):
        fit_frame()  # before any camera is made
        yield


def load(film: Film) -> type[Stage]:
    """The class of a film.

    Raises:
        UnfoldError: where it is not a Stage.
    """
    if film.live is not None:
        return _stage(film, film.live)
    # By its path: two films of one name are two modules.
    name = f"unfold_film_{sha256(str(film.file).encode()).hexdigest()[:8]}_{film.name}"
    spec = importlib.util.spec_from_file_location(name, film.file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where Manim looks for the source of functions
    # As with `manim render`, a film can import files of its folder.
    _forget_modules_of_other_folders(film.file.parent)
    sys.path.insert(0, str(film.file.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(film.file.parent))
    return _stage(film, getattr(module, film.scene, None))


def _stage(film: Film, scene: object) -> type[Stage]:
    if not (isinstance(scene, type) and issubclass(scene, Stage)):
        raise UnfoldError(
            f"{film.scene} in {film.file} is not a film of Unfold: derive it from nn_unfold.Stage, "
            "or render it with `manim render`."
        )
    return scene


_folders: set[Path] = set()  # of the films that were loaded


def _forget_modules_of_other_folders(folder: Path) -> None:
    """Let a film import files of its own folder, where a film of another folder has imported others of these names."""
    for path in folder.glob("*.py"):
        file = getattr(sys.modules.get(path.stem), "__file__", None)
        if file and Path(file).parent in _folders - {folder}:
            del sys.modules[path.stem]
    _folders.add(folder)


# The rehearsal


class _RehearsalWriter(WholeFileWriter):
    """Takes every segment for rendered, so that the film is played without drawing."""

    def is_already_cached(self, hash_invocation: str) -> bool:
        return True

    def finish(self) -> None:
        """Nothing: the film is joined later, by `join`."""

    def join(self) -> None:
        """Join the segments, which must all exist, into the film."""
        super().finish()


@dataclass(frozen=True)
class Rehearsal:
    """What playing a film without drawing found out.

    Attributes:
        film: which.
        plays: all plays of the film, in order.
        networks: the files of the trained networks that it uses.
        options: the settings of Unfold that it was played with, by name.
        frame_rate: frames a second.
        sounds: the files of what is spoken.
    """

    film: Film
    plays: tuple[Play, ...]
    networks: tuple[Path, ...]
    options: Mapping[str, str]
    frame_rate: float
    _writer: _RehearsalWriter
    _played: tuple[Played, ...] = ()
    sounds: tuple[Path, ...] = ()

    def beats(self) -> list[Step]:
        """Its beats with their times, and with their clips where sections are written."""
        clips = [None if played.section.video is None else self._clip(played) for played in self._played]
        return [
            Step(number, played.words, round(played.start, 3), round(played.end, 3), clip)
            for number, (played, clip) in enumerate(zip(self._played, clips, strict=True), start=1)
        ]

    def _clip(self, played: Played) -> str:
        return str(self._writer.sections_output_dir / played.section.video)

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
        """The keys of the segments that exist and are not damaged."""
        return {play.key for play in self.plays if is_whole(self.segment(play.key))}

    def join(self) -> None:
        """Write the film, its captions and its sections from the segments."""
        with one_line_errors(self.film):
            self._writer.join()


def options_in_force() -> dict[str, str]:
    """The settings of Unfold, and what the environment says of the network, the data and the recipe, by name."""
    given = {name: os.environ.get(f"UNFOLD_{name.upper()}") for name in GIVEN}
    return {name: option(name) for name in OPTIONS} | {name: value for name, value in given.items() if value}


def rehearse(film: Film, settings: Mapping[str, Any]) -> Rehearsal:
    """Play a film without drawing; networks that are not in the cache are trained.

    Raises:
        UnfoldError: where the film can't be made.
    """
    with one_line_errors(film), studio(film, settings):
        scene = load(film)()
        writer = scene.renderer.file_writer = _RehearsalWriter(scene.file_writer_settings)
        scene.render()
        keys = [Path(path).stem for path in writer.partial_movie_files if path is not None]
        played = scene.renderer.plays
        plays = tuple(Play(key, *play) for key, play in zip(keys, played, strict=True))
        return Rehearsal(
            film, plays, tuple(scene.networks), options_in_force(), config.frame_rate, writer, tuple(scene.played)
        )


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
    """Render the segments of a piece that don't exist yet.

    Returns:
        The folder that holds them.

    Raises:
        UnfoldError: where they can't be rendered.
    """
    part = {"from_animation_number": piece.first, "upto_animation_number": piece.last, "save_sections": False}
    # Each worker has one processor: it loses no time when it waits for the encoder, and needs much less memory.
    short_queue = {"max_inflight_encoders": 1, "encoder_queue_size": 1}
    with one_line_errors(piece.film), studio(piece.film, piece.settings, **part, **short_queue):
        scene = load(piece.film)()
        writer = scene.renderer.file_writer = _PieceWriter(scene.file_writer_settings)
        writer.wanted = frozenset(piece.wanted)
        scene.render()
        return writer.partial_movie_directory


def render_whole(film: Film, settings: Mapping[str, Any], **more: Any) -> Path:
    """Render a film in this process, as `manim render` does, with the segments that exist.

    Args:
        film: which.
        settings: of Manim.
        **more: settings that differ, such as `format="png"` for a picture of the last frame.

    Returns:
        The file.
    """
    with one_line_errors(film), studio(film, settings, **more):
        scene = load(film)()
        scene.render()
        return Path(scene.renderer.file_writer.final_file_path)


@contextmanager
def one_line_errors(film: Film) -> Iterator[None]:
    """Within, whatever stops a film becomes an UnfoldError with a message of one line.

    Raises:
        UnfoldError: with that line.
        KeyboardInterrupt: after Ctrl-C.
    """
    try:
        yield
    except UnfoldError as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # Stage.render has a line of its own for Ctrl-C
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
            f"`manim render {shlex.quote(str(film.file))}` shows the traceback."
        ) from error
