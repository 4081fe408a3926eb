"""What holds for every film: it plays, and at the end of each beat all of it can be seen."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

from nn_unfold.stage.stage import Stage

PROJECT = Path(__file__).resolve().parents[2]

FILES = sorted(path for path in (PROJECT / "scenes").glob("*.py") if not path.name.startswith("_"))


@pytest.mark.parametrize("shape", ["16:9", "9:16"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_layout(path, shape, flaws, monkeypatch):
    """`make check` looks at the other shapes too, and at films in motion."""
    monkeypatch.setenv("UNFOLD_SHAPE", shape)
    module = importlib.import_module(f"scenes.{path.stem}")
    classes = [c for _, c in inspect.getmembers(module, inspect.isclass) if issubclass(c, Stage)]
    (film,) = (c for c in classes if c.__module__ == module.__name__)
    assert film.__name__ == path.stem.title().replace("_", "")
    assert not flaws(film)
