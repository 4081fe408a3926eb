"""The part of a segment's key that tells which code, shaders, fonts and catalogs made it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import nn_core
import nn_unfold
from nn_unfold.engine.fingerprint import code_fingerprint, fingerprint_of


@pytest.fixture
def copy(tmp_path):
    """Copies of both packages."""
    for package in (nn_core, nn_unfold):
        source = Path(package.__file__).parent
        shutil.copytree(source, tmp_path / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def fingerprint(folder: Path) -> str:
    return fingerprint_of(folder / "nn_unfold", folder / "nn_core")


def test_it_is_the_same_wherever_the_packages_lie(copy):
    assert fingerprint(copy) == code_fingerprint()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("nn_unfold/space/sheet.py", "from __future__", "# a remark\n\nfrom __future__"),
        ("nn_unfold/engine/camera.py", '"""The cameras: ', '"""Other words: '),
        ("nn_core/geometry/regions.py", "\n\n\ndef ", "\n\n\n\n\ndef "),
    ],
)
def test_words_for_readers_leave_it_as_it_is(copy, name, old, new):
    path = copy / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert fingerprint(copy) == code_fingerprint()


def test_a_command_and_a_way_out_shape_no_picture(copy):
    for name in ("cli/main.py", "out/plan.py"):
        with (copy / "nn_unfold" / name).open("a", encoding="utf-8") as file:
            file.write("\nMORE = 1\n")
    assert fingerprint(copy) == code_fingerprint()


@pytest.mark.parametrize(
    "name",
    [
        "nn_unfold/theme.py",
        "nn_unfold/engine/paint/order.py",
        "nn_unfold/motion/flows.py",
        "nn_unfold/flat/heat_map.py",
        "nn_core/geometry/regions.py",
        "nn_core/activations.py",
    ],
)
def test_code_that_does_something_else_changes_it(copy, name):
    with (copy / name).open("a", encoding="utf-8") as file:
        file.write("\nMORE = 1\n")
    assert fingerprint(copy) != code_fingerprint()


@pytest.mark.parametrize("pattern", ["*.vert", "*.frag", "*.otf", "*.toml"])
def test_shaders_fonts_and_catalogs_count(copy, pattern):
    path = next((copy / "nn_unfold").rglob(pattern))
    path.write_bytes(path.read_bytes() + b" ")
    assert fingerprint(copy) != code_fingerprint()


def test_a_file_that_is_moved_counts(copy):
    path = copy / "nn_unfold" / "space" / "curves.py"
    path.rename(path.with_name("lines.py"))
    assert fingerprint(copy) != code_fingerprint()
