"""Faults: renders that are killed, files that are damaged, disks that are full.

In every test run a few moments of each kind; `UNFOLD_FAULTS=100` (`make faults`) tries a hundred.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nn_unfold.engine.seals import is_whole

PROJECT = Path(__file__).resolve().parents[2]
MOMENTS = int(os.environ.get("UNFOLD_FAULTS", "1"))
PATIENCE = 120  # seconds for a render

FILM = '''"""A plane of a trained network moves."""

from manim import DOWN, UP, FadeIn

from nn_unfold import Recipe, Sheet, Stage, formula


class Moved(Stage):
    recipe = Recipe(
        data="crescent", data_options={"n_per_class": 20}, sizes=(2, 2, 2), activations=("relu", "sigmoid"), epochs=20
    )

    def construct(self):
        trained = self.trained(self.recipe)
        sheet = Sheet.over(trained.X, trained.network)
        self.look(sheet)
        with self.beat("A plane."):
            self.play(FadeIn(sheet))
            self.play(sheet.animate.shift(0.1 * UP), run_time=2)
        with self.beat("It falls."):
            self.play(sheet.animate.shift(0.2 * DOWN), run_time=2)
            self.play(FadeIn(formula("x + y")), run_time=2)
'''


@dataclass
class Studio:
    """Where a film is rendered again and again.

    Attributes:
        film: its file.
        folder: the working directory; films go to its folder `out`.
        whole: the bytes of the film as it is when nothing happens.
        seconds: that it takes.
    """

    film: Path
    folder: Path
    whole: bytes = b""
    seconds: float = 0.0

    @property
    def media(self) -> Path:
        """Where films, segments and networks go."""
        return self.folder / "out"

    def start(self, *more: str, **options: Any) -> subprocess.Popen[str]:
        """A render by two workers, in a session of its own."""
        arguments = ("render", str(self.film), "-q", "l", "-w", "2", "--json", "--media-dir", "out", *more)
        env = {**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "300", **options.pop("env", {})}
        return subprocess.Popen(
            [sys.executable, "-m", "nn_unfold", *arguments],
            cwd=self.folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **options,
        )

    def run(self, *more: str, **options: Any) -> dict[str, Any]:
        """Render to the end: the report, with the exit status and what was said on standard error."""
        running = self.start(*more, **options)
        said, complaints = running.communicate(timeout=PATIENCE)
        assert "Traceback" not in complaints, complaints
        reports = json.loads(said).get("films") or [{"state": "failed", "message": json.loads(said)["error"]}]
        return {**reports[0], "status": running.returncode, "complaints": complaints}

    def film_file(self) -> Path | None:
        """The finished film."""
        return next((path for path in self.media.glob("videos/**/*.mp4") if "partial" not in str(path)), None)

    def segments(self) -> list[Path]:
        """The finished segments."""
        return sorted(self.media.rglob("partial_movie_files/*/[!.]*.mp4"))

    def check_nothing_half(self) -> None:
        """Whatever bears a final name is whole."""
        assert all(map(is_whole, self.segments()))
        if film := self.film_file():
            assert film.read_bytes() == self.whole

    def check_recovers(self) -> dict[str, Any]:
        """The next run ends with the very same film, and leaves nothing half-written."""
        report = self.run()
        assert (report["status"], report["state"]) == (0, "done"), report
        film = self.film_file()
        assert film is not None
        assert film.read_bytes() == self.whole
        assert not list(self.media.rglob(".unfinished-*"))
        return report


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Studio]:
    """A film by name, rendered in peace, once in each session."""
    known: dict[str, Studio] = {}

    def render(name: str) -> Studio:
        if name not in known:
            folder = tmp_path_factory.mktemp(name)
            film = folder / "moved.py" if name == "moved" else PROJECT / "scenes" / f"{name}.py"
            if name == "moved":
                film.write_text(FILM)
            studio = Studio(film, folder)
            began = time.monotonic()
            assert studio.run()["status"] == 0
            studio.seconds = time.monotonic() - began
            made = studio.film_file()
            assert made is not None
            studio.whole = made.read_bytes()
            known[name] = studio
        return known[name]

    return render


@pytest.fixture
def studio(untouched: Callable[[str], Studio], tmp_path: Path) -> Studio:
    """An empty folder for the small film."""
    return elsewhere(untouched("moved"), tmp_path)


def elsewhere(studio: Studio, folder: Path) -> Studio:
    """The same film in another folder."""
    return Studio(studio.film, folder, studio.whole, studio.seconds)


def of_session(session: int) -> Iterator[int]:
    """The processes of a session that still run, by Linux's own list; zombies are over."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                yield int(entry.name)
