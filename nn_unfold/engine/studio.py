"""Settings of Manim for films: reproducible, in the media folder of their project, in a frame of the right shape."""

from __future__ import annotations

import configparser
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np
from manim import config
from manim._config.utils import ManimConfig, config_file_paths, make_config_parser

from nn_unfold.errors import UnfoldError
from nn_unfold.settings import OPTIONS, option, project_file, refusal
from nn_unfold.shapes import frame_for, is_of, size_in, unit_of

ENCODER = {"crf": "18", "preset": "veryfast", "threads": "1", "bf": "0"}
"""Options of libx264. Its output depends on the number of threads, and with B-frames also on what was in its memory.
With these options films are the same on every machine and in every run."""

_AMOUNTS = {
    "max_inflight_encoders": 2,  # a segment may still be encoded while the next is painted; each encoder takes memory
    "encoder_queue_size": 3,  # frames that wait for an encoder
    "max_files_cached": 500,  # segments that are kept of a film, in all its themes and languages
}


def use_project_settings() -> None:
    """Make films reproducible wherever they are rendered, and put them into the media folder of their project.

    Manim reads only the manim.cfg of the working directory. Without one, that of the film's project counts. Settings
    that neither of them nor the command line gives are set here.

    Raises:
        UnfoldError: for a transparent film in a format that has no alpha.
    """
    stock, project = stock_settings(), project_file()
    if project is not None and not Path("manim.cfg").is_file():
        theirs = _digested(make_config_parser(project))
        for name in ("video_codec", "video_encoder_options", *_AMOUNTS):
            if config[name] == stock[name]:
                config[name] = theirs[name]
        if config.media_dir == stock.media_dir:
            config.media_dir = str(project.parent / theirs.media_dir)
    if config.transparent and config.format == "mp4":
        raise UnfoldError("MP4 has no transparency: take --format=mov or --format=webm with --transparent.")
    # Other formats, and films with alpha, want other codecs: Manim chooses those itself.
    if config.video_codec == stock.video_codec and config.format in ("auto", "mp4") and not config.transparent:
        config.video_codec = "libx264"
        config.video_encoder_options = {**ENCODER, **config.video_encoder_options}
    for name, value in _AMOUNTS.items():
        if config[name] == stock[name]:
            config[name] = value


@lru_cache(maxsize=1)
def stock_settings() -> ManimConfig:
    """Manim's settings as they are before any manim.cfg is read."""
    parser = configparser.ConfigParser()
    parser.read(config_file_paths()[0], encoding="utf-8")
    return _digested(parser)


def _digested(parser: configparser.ConfigParser) -> ManimConfig:
    """Settings that a parser has read. Manim's log level, which is global, stays as it is."""
    verbosity = config.verbosity
    settings = ManimConfig().digest_parser(parser)
    config.verbosity = verbosity
    return settings


@contextmanager
def folder_for(kind: str, folder: Path) -> Iterator[None]:
    """Within, Manim writes files of this kind ("text_dir", "tex_dir") to another folder.

    Manim's `tempconfig` does this too, but copies all settings twice, which takes longer than to set a formula.
    """
    before, config[kind] = config[kind], folder
    try:
        yield
    finally:
        config[kind] = before


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


def fit_frame() -> None:
    """Give the picture the shape that the option says, and the frame the shape of the picture.

    So layouts in frame units fit any picture. Manim lets the camera see another height than that of the settings,
    which layouts go by. A frame that the settings say counts as one of 16:9: see `nn_unfold.shapes`.

    Raises:
        UnfoldError: where the settings ask for a picture of another shape than the option.
    """
    shape, size = option("shape"), (config.pixel_width, config.pixel_height)
    if shape != OPTIONS["shape"].default and not is_of(shape, *size):
        if not is_of("16:9", *size):
            raise refusal("shape", f"the shape of the picture, which has {size[0]} x {size[1]} pixels")
        config.pixel_width, config.pixel_height = size_in(shape, min(size))
    unit = unit_of(config.frame_width, config.frame_height)
    wanted = frame_for(config.pixel_width, config.pixel_height, unit)
    # What differs by a rounding only stays as it is, to the last bit.
    if not np.allclose((config.frame_width, config.frame_height), wanted, rtol=1e-9):
        config.frame_width, config.frame_height = wanted
