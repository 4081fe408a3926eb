"""Films as a user renders them, by `manim render` in a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest
import srt

PROJECT = Path(__file__).resolve().parents[3]


SMALL = ("-r", "160,90", "--fps", "4", "--progress_bar", "none")
LARGER = ("-r", "640,360", "--fps", "30", "--progress_bar", "none")
FILM = PROJECT / "scenes" / "relu_fold.py"

TINY = '''
from manim import UP, FadeIn

from nn_unfold import Sheet
from nn_unfold import Stage


class Tiny(Stage):
    """Three movements in one beat: the caption comes, the sheet comes, the sheet rises; then rest."""

    def construct(self):
        sheet = Sheet((-1, 1, -1, 1))
        self.look(sheet)
        with self.beat("A plane."):
            self.play(FadeIn(sheet))
            self.play(sheet.animate.shift(0.1 * UP), run_time=2)
'''


def command(*args: object) -> list[str]:
    return [sys.executable, "-m", "manim", "render", *map(str, args)]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "400", **more}


def manim(*args: object, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*args), cwd=cwd, env=env or environment(), capture_output=True, text=True, timeout=120, check=False
    )


def segments(media: Path) -> dict[str, float]:
    """The finished segments with the time of their last change, in seconds to the millisecond."""
    found = (path for path in media.rglob("partial_movie_files/*/*.mp4") if path.name[0] != ".")
    return {path.name: round(path.stat().st_mtime, 3) for path in found}


def duration(path: Path) -> float:
    with av.open(str(path)) as film:
        return film.duration / 1e6


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.py"
    path.write_text(TINY)
    return path


# The film


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """The first film, small, with its sections, in a folder of its own."""
    folder = tmp_path_factory.mktemp("film")
    done = manim(FILM, *SMALL, "--save_sections", "--media_dir", folder / "out", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out"


def test_the_film_is_as_long_as_a_lecturer_has_patience(rendered):
    (film,) = rendered.rglob("ReluFold.mp4")
    assert 40 <= duration(film) <= 70


def test_there_is_a_subtitle_for_each_beat_and_none_overlap(rendered):
    (film,) = rendered.rglob("ReluFold.mp4")
    lines = list(srt.parse(film.with_suffix(".srt").read_text(encoding="utf-8")))
    assert len(lines) == len(list(film.parent.glob("sections/*.mp4"))) == 10
    assert lines[0].content.startswith("Two classes")
    ends = [line.end.total_seconds() for line in lines]
    starts = [line.start.total_seconds() for line in lines]
    assert starts[0] == 0
    assert all(end <= start + 0.01 for end, start in zip(ends, starts[1:], strict=False))
    assert ends[-1] <= duration(film) + 0.5


def test_the_sections_together_are_the_film(rendered):
    (film,) = rendered.rglob("ReluFold.mp4")
    (index,) = film.parent.glob("sections/*.json")
    sections = json.loads(index.read_text(encoding="utf-8"))
    assert sections[0]["name"].startswith("Two classes")
    clips = [duration(index.parent / section["video"]) for section in sections]
    assert min(clips) > 1
    assert sum(clips) == pytest.approx(duration(film), abs=0.2)


def test_the_second_render_only_joins(rendered, tmp_path):
    before = segments(rendered)
    done = manim(FILM, *SMALL, "--media_dir", rendered, cwd=tmp_path)
    assert done.returncode == 0
    assert segments(rendered) == before
    hits = re.findall(r"Animation (\d+) : Using cached data", done.stdout)
    assert hits == [str(i) for i in range(len(hits))]
    assert len(hits) >= len(before) > 20
    assert "Partial movie file written" not in done.stdout


def test_two_processes_fill_the_cache_for_a_third(tiny, tmp_path):
    options = (*SMALL, "--media_dir", tmp_path / "out")
    halves = [
        subprocess.Popen(command(tiny, *options, "-n", part), cwd=tmp_path, env=environment(), stdout=subprocess.PIPE)
        for part in ("0,1", "2,3")
    ]
    for half in halves:
        half.communicate(timeout=60)
        assert half.returncode == 0
    before = segments(tmp_path / "out")
    assert len(before) == 4
    done = manim(tiny, *options, cwd=tmp_path)
    assert done.returncode == 0
    assert segments(tmp_path / "out") == before
    assert len(re.findall("Using cached data", done.stdout)) == 4


def test_a_folder_is_had_by_one_process_at_a_time(tmp_path):
    """Each adds one to a number in a file, which goes wrong where two read it before either writes."""
    program = (
        "import sys, time; from pathlib import Path; from nn_unfold.engine.files import alone_in\n"
        "folder = Path(sys.argv[1]); number = folder / 'number'\n"
        "for _ in range(20):\n"
        "    with alone_in(folder):\n"
        "        old = int(number.read_text()) if number.exists() else 0\n"
        "        time.sleep(0.002)\n"
        "        number.write_text(str(old + 1))\n"
    )
    racing = [
        subprocess.Popen([sys.executable, "-c", program, tmp_path / "shared"], cwd=PROJECT, env=environment())
        for _ in range(3)
    ]
    assert [process.wait(60) for process in racing] == [0, 0, 0]
    assert (tmp_path / "shared" / "number").read_text() == "60"


def test_the_film_goes_to_renders_from_three_working_directories(tmp_path):
    """In a checkout of its own, so that the test leaves nothing in the project's."""
    checkout = tmp_path / "checkout"
    for package in ("scenes", "nn_unfold", "nn_core"):
        shutil.copytree(PROJECT / package, checkout / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "manim.cfg", checkout)
    empty = tmp_path / "empty"
    empty.mkdir()
    env = environment(PYTHONPATH=str(checkout))
    for folder in (checkout, checkout / "scenes", empty):
        film = os.path.relpath(checkout / "scenes" / "relu_fold.py", folder)
        done = manim(film, "-s", "-n", "0,2", *SMALL, cwd=folder, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        (still,) = (checkout / "renders").rglob("ReluFold*.png")
        still.unlink()
    assert list(empty.iterdir()) == []
    assert not (checkout / "scenes" / "media").exists()
    assert not (checkout / "scenes" / "renders").exists()
    # One training served all three.
    assert len(list((checkout / "renders" / "trained").iterdir())) == 1


# Bad input: one line that says what to do, exit status 1, nothing half-written.


def complaint(done: subprocess.CompletedProcess[str], *expected: str) -> None:
    """See that a run has ended with status 1 and one line with these words."""
    said = done.stdout + (done.stderr or "")
    assert done.returncode == 1, said
    assert "Traceback" not in said
    greeting, *lines = [line for line in said.splitlines() if line.strip()]
    assert greeting.startswith("Manim Community")
    assert len(lines) == 1, said
    for words in expected:
        assert words in lines[0]


def test_an_unknown_theme(tiny, tmp_path):
    done = manim(tiny, *SMALL, cwd=tmp_path, env=environment(UNFOLD_THEME="drak"))
    complaint(done, "theme is 'drak'", "UNFOLD_THEME", "dark-safe")
    assert not list(tmp_path.rglob("*.mp4"))


def test_an_unknown_language(tiny, tmp_path):
    done = manim(tiny, *SMALL, cwd=tmp_path, env=environment(UNFOLD_LANGUAGE="xx"))
    complaint(done, "language is 'xx'", "UNFOLD_LANGUAGE", "en")
    assert not list(tmp_path.rglob("*.mp4"))


def test_an_unknown_option_in_manim_cfg(tiny, tmp_path):
    (tmp_path / "manim.cfg").write_text("[unfold]\nthem = light\n")
    done = manim(tiny, *SMALL, cwd=tmp_path)
    complaint(done, "'them'", str(tmp_path / "manim.cfg"), "theme")


def test_a_film_that_does_not_exist(tmp_path):
    done = manim("nope.py", *SMALL, cwd=tmp_path)
    assert done.returncode == 2  # a wrong argument
    greeting, line = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    assert greeting.startswith("Manim Community")
    assert "There is no file" in line
    assert "nope.py" in line
    assert not list(tmp_path.rglob("*.mp4"))


def test_a_manim_cfg_that_cannot_be_read(tiny, tmp_path):
    """Manim reads it before any code of the project runs; its last words name the file and the line."""
    (tmp_path / "manim.cfg").write_text("theme = light\n")
    done = manim(tiny, *SMALL, cwd=tmp_path)
    assert done.returncode == 1
    assert "manim.cfg" in done.stderr
    assert "theme = light" in done.stderr.splitlines()[-1]
    assert not list(tmp_path.rglob("*.mp4"))


def test_a_file_where_the_folder_for_films_should_be(tiny, tmp_path):
    (tmp_path / "out").write_text("not a folder")
    done = manim(tiny, *SMALL, "--media_dir", "out", cwd=tmp_path)
    complaint(done, str(tmp_path / "out"), "--media_dir")
    assert (tmp_path / "out").read_text() == "not a folder"


def test_a_machine_without_opengl(tiny, tmp_path):
    nowhere = str(tmp_path / "nowhere")
    # The two ways to a driver: through the vendors that libglvnd lists, and Mesa's own folder.
    env = environment(__EGL_VENDOR_LIBRARY_FILENAMES=nowhere, LIBGL_DRIVERS_PATH=nowhere, GBM_BACKENDS_PATH=nowhere)
    done = manim(tiny, *SMALL, "-v", "WARNING", cwd=tmp_path, env=env)
    complaint(done, "OpenGL", "apt-get install libegl1 libgl1 libgl1-mesa-dri")
    assert not list(tmp_path.rglob("Tiny.mp4"))


def test_a_full_disk(tiny, tmp_path):
    resource = pytest.importorskip("resource", reason="the size of files is limited by POSIX means")

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    media = tmp_path / "out"
    done = subprocess.run(
        command(tiny, *LARGER, "-v", "WARNING", "--media_dir", media),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=small_files,
    )
    complaint(done, "Tiny can't be written", str(media), "make room")
    assert not list(media.rglob("Tiny.mp4"))
    assert not list(media.rglob(".unfinished-*"))


def started(film: Path, media: Path, cwd: Path) -> subprocess.Popen[str]:
    """A render that has finished its first segment and is in the middle of a later one."""
    running = subprocess.Popen(
        command(film, *LARGER, "-v", "WARNING", "--media_dir", media),
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until = time.monotonic() + 60
    while not segments(media) or not list(media.rglob(".unfinished-*")):
        assert running.poll() is None, running.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.005)
    return running


def test_ctrl_c_keeps_what_is_finished(tiny, tmp_path):
    media = tmp_path / "out"
    running = started(tiny, media, tmp_path)
    running.send_signal(signal.SIGINT)
    said = running.communicate(timeout=60)[0]
    complaint(subprocess.CompletedProcess([], running.returncode, said, ""), "Stopped", "Tiny", "render it again")
    kept = segments(media)
    assert 0 < len(kept) < 4
    assert not list(media.rglob("Tiny.mp4"))
    assert not list(media.rglob(".unfinished-*"))
    done = manim(tiny, *LARGER, "--media_dir", media, cwd=tmp_path)
    assert done.returncode == 0
    assert len(re.findall("Using cached data", done.stdout)) == len(kept)
    assert kept.items() <= segments(media).items()
    (film,) = media.rglob("Tiny.mp4")
    assert duration(film) > 3


def test_a_killed_render_leaves_only_whole_segments(tiny, tmp_path):
    media = tmp_path / "out"
    running = started(tiny, media, tmp_path)
    running.kill()
    running.communicate(timeout=60)
    kept = segments(media)
    assert kept
    assert not list(media.rglob("Tiny.mp4"))
    for path in media.rglob("partial_movie_files/*/*.mp4"):
        if path.name in kept:
            assert duration(path) > 0
    assert list(media.rglob(".unfinished-*"))


def test_linear_algebra_has_one_thread_while_a_film_is_rendered(tiny, tmp_path):
    """Also where NumPy was imported before, as by a script: the last bits of a key may depend on it."""
    tiny.write_text(
        TINY.replace("from manim import", "import numpy\nfrom threadpoolctl import threadpool_info\nfrom manim import")
        + "        print('threads', {p['num_threads'] for p in threadpool_info() if p['user_api'] == 'blas'})\n"
        + "if __name__ == '__main__':\n    Tiny().render()\n"
    )
    env = environment()
    for name in ("OMP", "OPENBLAS", "MKL"):
        env.pop(f"{name}_NUM_THREADS", None)
    done = subprocess.run(
        [sys.executable, tiny], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "threads {1}" in done.stdout


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to the administrator")
def test_a_folder_that_is_closed_while_a_film_is_rendered(tiny, tmp_path):
    media = tmp_path / "out"
    film = "        import os; os.chmod('out/videos', 0o500)\n"
    tiny.write_text(TINY.replace("        sheet =", film + "        sheet ="))
    (media / "videos").mkdir(parents=True)
    complaint(manim(tiny, *SMALL, "--media_dir", media, cwd=tmp_path), "Tiny can't be written", "write permission")


def test_a_missing_table_is_no_full_disk(tiny, tmp_path):
    tiny.write_text(TINY.replace("sheet =", "open('points.csv')\n        sheet ="))
    done = manim(tiny, *SMALL, "--media_dir", tmp_path / "out", cwd=tmp_path)
    line = next(n for n, text in enumerate(tiny.read_text().splitlines(), 1) if "points.csv" in text)
    complaint(done, f"Tiny (line {line}) can't be rendered", "points.csv", "Give the right path")
    assert "written" not in done.stderr
