"""The rooms of spatial mobjects and of motion: imports go one way, and no module uses private names of another."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import nn_unfold

ROOT = Path(nn_unfold.__file__).parent
MODULES = sorted(path for room in ("space", "motion") for path in (ROOT / room).glob("*.py"))
FORBIDDEN = {
    "space": ("nn_unfold.flat", "nn_unfold.motion", "nn_unfold.stage", "nn_unfold.out", "nn_unfold.cli"),
    "motion": ("nn_unfold.out", "nn_unfold.cli"),
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module, [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_imports_go_one_way_and_take_public_names(path):
    assert len(MODULES) > 20
    for module, names in imports(path):
        assert not module.startswith(FORBIDDEN[path.parent.name]), module
        assert not [name for name in names if name.startswith("_")], module
        assert "TYPE_CHECKING" not in names
