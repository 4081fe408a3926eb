"""Texts are message ids in plain English: a catalog gives them in another language."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from nn_unfold.errors import UnfoldError
from nn_unfold.settings import option

CATALOGS = Path(__file__).parent / "catalogs"


def translate(message: str, **values: Any) -> str:
    """The message in the language in force, or as it is where the catalog lacks it.

    Args:
        message: in English.
        values: what fills its placeholders; words among them are messages too.

    Raises:
        UnfoldError: for a language without a catalog.
    """
    language = option("language")
    found = message if language == "en" else _catalog(language).get(message, message)
    words = {name: translate(value) if isinstance(value, str) else value for name, value in values.items()}
    return found.format(**words) if words else found


@lru_cache(maxsize=4)
def _catalog(language: str) -> dict[str, str]:
    path = CATALOGS / f"{language}.toml"
    known = ["en", *sorted(p.stem for p in CATALOGS.glob("*.toml"))]
    if language not in known:
        raise UnfoldError(
            f"There is no catalog for the language {language!r}: set UNFOLD_LANGUAGE, or language in the "
            f"[unfold] section of manim.cfg, to one of {', '.join(known)}."
        )
    return {str(key): str(value) for key, value in tomllib.loads(path.read_text(encoding="utf-8")).items()}
