"""What CONTRIBUTING.md tells works as it is written: the film, its test, and the command that renders it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def python(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(cwd), str(ROOT)])}
    return subprocess.run(
        [sys.executable, "-m", *args], cwd=cwd, env=env, capture_output=True, text=True, timeout=180, check=False
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with the film and its test, and a package `scenes` of its own."""
    folder = tmp_path_factory.mktemp("desk")
    film, test = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.S)
    for path, text in (("scenes/__init__.py", ""), ("scenes/one_layer.py", film), ("tests/test_one_layer.py", test)):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def run_tests(desk: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return python("pytest", "-q", "-p", "nn_unfold.testing", "-p", "no:cacheprovider", *options, "tests", cwd=desk)


def test_the_film_is_listed_and_rendered(desk):
    listed = {film["name"]: film for film in json.loads(python("nn_unfold", "list", "--json", cwd=desk).stdout)}
    assert listed["one_layer"]["data"] == ["moons"]
    assert listed["relu_fold"]["shipped"]
    assert not listed["one_layer"]["shipped"]
    done = python("nn_unfold", "render", "one_layer", "-q", "l", "--json", cwd=desk)
    assert done.returncode == 0, done.stdout + done.stderr
    (report,) = json.loads(done.stdout)["films"]
    assert Path(report["file"]).is_relative_to(desk / "media")


def test_the_test_of_the_film_holds_it_to_its_network_and_its_baseline(desk):
    film = desk / "scenes" / "one_layer.py"
    text = film.read_text(encoding="utf-8")
    without_baseline = run_tests(desk)
    assert "There is no baseline one_layer-end.png" in without_baseline.stdout
    assert (desk / "tests" / "failed" / "one_layer-end" / "actual.png").is_file()
    assert run_tests(desk, "--update-snapshots").returncode == 0
    baseline = desk / "tests" / "snapshots" / "one_layer-end.png"
    assert baseline.is_file()
    again = run_tests(desk)
    assert again.returncode == 0, again.stdout

    film.write_text(text.replace("            self.play(fold)\n", ""), encoding="utf-8")
    broken = run_tests(desk)
    assert broken.returncode == 1
    assert "Not equal to tolerance" in broken.stdout
    film.write_text(text, encoding="utf-8")


def test_a_baseline_that_no_test_asks_for_fails_a_whole_run_only(tmp_path):
    (tmp_path / "snapshots").mkdir()
    for name in ("mine-old", "gone-end"):
        (tmp_path / "snapshots" / f"{name}.png").write_bytes(b"")
    (tmp_path / "test_mine.py").write_text(
        "import numpy as np\n"
        "def test_one(snapshot): snapshot(np.zeros((9, 9, 3), dtype=np.uint8), 'one')\n"
        "def test_two(): pass\n"
    )
    options = ("-q", "-p", "nn_unfold.testing", "-p", "no:cacheprovider")
    for more, status in (
        (["--update-snapshots"], 1),
        ([], 1),
        (["-n", "2"], 1),
        (["-k", "two"], 0),
        (["test_mine.py::test_one"], 0),
    ):
        done = python("pytest", *options, *more, cwd=tmp_path)
        assert done.returncode == status, (more, done.stdout, done.stderr)
        assert ("mine-old.png: delete it" in done.stdout) == (status == 1)
        assert "mine-one.png: delete it" not in done.stdout
    (tmp_path / "snapshots" / "mine-old.png").unlink()
    assert "gone-end.png: delete it" in python("pytest", *options, cwd=tmp_path).stdout
    (tmp_path / "snapshots" / "gone-end.png").unlink()
    assert python("pytest", *options, cwd=tmp_path).returncode == 0


def test_the_plugin_of_pytest_imports_no_manim(tmp_path):
    (tmp_path / "test_plain.py").write_text(
        "import sys\ndef test_plain(): assert not {'manim', 'numpy', 'scipy', 'PIL'} & set(sys.modules)\n"
    )
    done = python("pytest", "-q", "-p", "nn_unfold.testing", "-p", "no:cacheprovider", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
