"""The contract with Manim, and the arrows between the rooms of the package."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest
from manim import Scene

import nn_unfold
from nn_unfold.engine.contract import OVERRIDDEN, USED, broken, member

PACKAGE = Path(nn_unfold.__file__).parent

# Who may import whom: from a room, those of its own floor and of all floors below it.
FLOORS = (
    ("cli",),
    ("out", "testing"),
    ("stage", "motion", "flat", "space"),
    ("text", "model"),
    ("engine",),
    ("theme",),
    ("settings", "films", "colours", "fingerprint", "shapes"),
    ("errors",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def modules() -> list[str]:
    """All modules of the package but the films and what needs an extra to be imported."""
    found = pkgutil.walk_packages(nn_unfold.__path__, "nn_unfold.")
    return [m.name for m in found if not m.name.startswith("nn_unfold.films") and not m.name.endswith("__main__")]


# Manim


def test_manim_is_as_unfold_relies_on_it():
    assert broken() == []


def test_a_member_that_manim_moves_is_named(monkeypatch):
    def play(self, *args, pace=1, **kwargs):
        """Another signature."""

    monkeypatch.setattr(Scene, "play", play)
    monkeypatch.delattr(Scene, "begin_animations")
    assert [line.split(",")[0] for line in broken()] == [
        "manim.scene.scene.Scene.begin_animations is missing",
        "manim.scene.scene.Scene.play is (self",
    ]


def test_attributes_of_objects_are_found_in_what_makes_them():
    assert member("manim.scene.scene.Scene", "mobjects") == "attribute"
    assert member("manim.scene.scene.Scene", "no_such_thing") == "missing"
    assert member("manim.no_such_module", "thing") == "missing"


def test_every_override_of_manim_is_in_the_contract():
    classes = {
        value
        for name in modules()
        for value in vars(importlib.import_module(name)).values()
        if isinstance(value, type) and value.__module__.startswith("nn_unfold.")
    }
    # Manim's metaclasses give these to every class.
    given = {"_original__init__", "animation_overrides", "_abc_impl"}
    missing = set()
    for kind in classes:
        manims = [base for base in kind.__mro__ if base.__module__.startswith("manim.")]
        ours = [base for base in kind.__mro__ if base.__module__.startswith("nn_unfold.")]
        for name in {name for base in ours for name in vars(base)} - given:
            owner = next((base for base in manims if name in vars(base)), None)
            if owner is not None and not name.startswith("__"):
                place = f"{owner.__module__}.{owner.__qualname__}"
                if name not in OVERRIDDEN.get(place, {}):
                    missing.add(f"{place}.{name}")
    assert missing == set()


def test_every_private_member_of_manim_that_is_used_is_in_the_contract():
    """Whatever begins with an underscore and is not defined in the package itself."""
    listed = {name for owners in (OVERRIDDEN, USED) for members in owners.values() for name in members}
    defined, used = {"_replace", "_exit"}, {}  # of named tuples, and of os
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                defined.add(node.name)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                defined.add(node.target.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                defined.add(node.value)  # a slot
            elif isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
                if isinstance(node.ctx, ast.Store):
                    defined.add(node.attr)
                else:
                    used[node.attr] = path.name
    assert {name: where for name, where in used.items() if name not in defined | listed} == {}


# Rooms


def imports(path: Path) -> set[str]:
    """The rooms of the package that a module imports, at any place."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module == "nn_unfold":
            names = [f"nn_unfold.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("nn_unfold.")}
    return found


@pytest.mark.parametrize("room", sorted(FLOOR))
def test_arrows_between_rooms_point_down(room):
    folder = PACKAGE / room
    paths = [PACKAGE / f"{room}.py"] if (PACKAGE / f"{room}.py").is_file() else sorted(folder.rglob("*.py"))
    up = {f"{path.name} imports {other}" for path in paths for other in imports(path) if FLOOR[other] < FLOOR[room]}
    assert up == set()


def test_every_room_has_its_floor():
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert rooms - {"__init__", "__main__"} <= FLOOR.keys()
