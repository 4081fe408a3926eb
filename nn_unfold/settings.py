"""Settings of Unfold: from the environment, or from the section [unfold] of manim.cfg."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from nn_unfold.errors import UnfoldError

PROJECT = Path(__file__).resolve().parents[2]
FONTS = Path(__file__).parent / "fonts"

OPTIONS: Mapping[str, str] = {"theme": "dark", "language": "en"}


def option(name: str) -> str:
    """A setting of Unfold: ``UNFOLD_<NAME>`` in the environment, else ``[unfold]`` in manim.cfg, else its default.

    The manim.cfg of the working directory counts, and before it that of the project.

    Raises:
        UnfoldError: where the section holds an option that does not exist, or cannot be read.
    """
    from_environment = os.environ.get(f"UNFOLD_{name.upper()}")
    return from_environment or _section().get(name, OPTIONS[name])


def _section() -> dict[str, str]:
    for path in (Path("manim.cfg").resolve(), PROJECT / "manim.cfg"):
        if path.is_file() and (given := _given_in(path, path.stat().st_mtime_ns)) is not None:
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
