"""A hash of everything in Unfold that shapes a picture: it belongs to the key of every segment in Manim's cache."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import nn_core
from nn_unfold.fingerprint import meaning

_PACKAGE, _CORE = Path(__file__).parents[1], Path(nn_core.__file__).parent
# The rooms whose code draws or moves something. What finds, plans and joins films shapes no picture.
_ROOMS = ("engine", "text", "model", "space", "flat", "motion", "stage")
# Of the data, those that are read while a film plays. Data sets are in the mobjects that are made of them.
_DATA = ("*.vert", "*.frag", "*.otf", "*.ttf", "*.toml")


@lru_cache(maxsize=1)
def code_fingerprint() -> str:
    """A hash of code, shaders, fonts and catalogs; comments, docstrings and blank lines don't count."""
    return fingerprint_of(_PACKAGE, _CORE)


def fingerprint_of(package: Path, core: Path) -> str:
    """The hash of two folders, laid out as `nn_unfold` and `nn_core` are."""
    folders = [core, *(package / room for room in _ROOMS)]
    modules = (path for folder in folders for path in sorted(folder.rglob("*.py")))
    sources = [package / "colours.py", package / "theme.py", *modules]
    data = [path for pattern in _DATA for path in sorted(package.rglob(pattern))]
    digest = hashlib.sha256()
    for path in (*sources, *data):
        content = meaning(path.read_bytes()) if path.suffix == ".py" else path.read_bytes()
        place = path.relative_to(core if path.is_relative_to(core) else package).as_posix()
        digest.update(f"{place} {len(content)}\n".encode() + content)
    return digest.hexdigest()
