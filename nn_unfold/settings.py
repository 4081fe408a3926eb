"""Settings of Unfold: from the environment, or from the section [unfold] of manim.cfg."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import click

from nn_unfold.errors import UnfoldError
from nn_unfold.films import FOLDER

OPTIONS: Mapping[str, str] = {"theme": "dark", "language": "en"}


def option(name: str) -> str:
    """A setting of Unfold: ``UNFOLD_<NAME>`` in the environment, else ``[unfold]`` in manim.cfg, else its default.

    Which files count is told by `settings_files`.

    Raises:
        UnfoldError: where the section holds an option that does not exist, or cannot be read.
    """
    from_environment = os.environ.get(f"UNFOLD_{name.upper()}")
    return from_environment or _section().get(name, OPTIONS[name])


def settings_files() -> list[Path]:
    """The files whose section ``[unfold]`` counts, the first before the next.

    They are the ``--config_file`` of ``manim render``, the manim.cfg of the working directory, and the nearest one in
    the folders above the film, so that the films of a project have its settings from wherever they are rendered.
    """
    context = click.get_current_context(silent=True)
    named = context.params.get("config_file") if context else None
    return [Path(path).resolve() for path in (named, "manim.cfg", project_file()) if path and Path(path).is_file()]


def project_file() -> Path | None:
    """The nearest manim.cfg in the folders above the film that is rendered; None where there is none."""
    from manim import config  # takes a moment: what only lists films does without

    if not config.input_file:
        return None
    folders = Path(config.input_file).resolve().parents
    return next((folder / "manim.cfg" for folder in folders if (folder / "manim.cfg").is_file()), None)


def media_folder() -> Path:
    """Where films go that say nothing else: `media_dir` of the manim.cfg that counts here, or `media`.

    That file is the one of the working directory or, anywhere in a checkout of this package, that of the checkout.
    """
    file = base_file()
    if file is None:
        return Path("media").resolve()
    parser = configparser.ConfigParser(interpolation=None)
    with suppress(configparser.Error, UnicodeDecodeError):
        parser.read(file, encoding="utf-8")
    return (file.parent / parser.get("CLI", "media_dir", fallback="media")).resolve()


def base_file() -> Path | None:
    """The manim.cfg of the working directory or, anywhere in a checkout of this package, that of the checkout."""
    here, checkout = Path.cwd(), FOLDER.parent
    places = [here, checkout] if here.is_relative_to(checkout) else [here]
    return next((place / "manim.cfg" for place in places if (place / "manim.cfg").is_file()), None)


def _section() -> dict[str, str]:
    for path in settings_files():
        if (given := _given_in(path, path.stat().st_mtime_ns)) is not None:
            return given
    return {}


@lru_cache(maxsize=8)
def _given_in(path: Path, time: int) -> dict[str, str] | None:
    """The options in a manim.cfg, last changed at this time; None where it has no section for them."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        reason = str(error).replace("\n", " ")
        raise UnfoldError(f"{path} cannot be read ({reason}): correct or delete that line.") from error
    if not parser.has_section("unfold"):
        return None
    given = dict(parser["unfold"])
    for key in given:
        if key not in OPTIONS:
            raise UnfoldError(
                f"[unfold] in {path} has an option {key!r}, expected one of {', '.join(OPTIONS)}: "
                "correct or delete that line."
            )
    return given
