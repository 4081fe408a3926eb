"""What `unfold` answers to odd arguments, paths, settings and streams: one line and an exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nn_unfold.cli.main import COMMANDS
from nn_unfold.out.films import duration, films, find, sources
from nn_unfold.out.production import covered

PROJECT = Path(__file__).resolve().parents[3]

TINY = '''"""A plane rises."""

from manim import FadeIn

from nn_unfold import Sheet, Stage


class Tiny(Stage):
    """A plane can be lifted."""

    def construct(self):
        sheet = Sheet((-1, 1, -1, 1))
        self.look(sheet)
        with self.beat("A plane."):
            self.play(FadeIn(sheet))
'''


def unfold(*args: object, cwd: Path, shell: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run `unfold`; within a line of a shell, it is called `$@`."""
    words = [sys.executable, "-m", "nn_unfold", *map(str, args)]
    return subprocess.run(
        ["bash", "-c", shell, "unfold", *words] if shell else words,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "80", **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def complaint(done: subprocess.CompletedProcess[str], status: int, *words: str) -> None:
    assert done.returncode == status, done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert done.stdout == ""
    for word in words:
        assert word in lines[0]


@pytest.fixture
def tiny(tmp_path):
    (tmp_path / "tiny.py").write_text(TINY)
    return tmp_path / "tiny.py"


# Arguments and paths


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bogus"], ["bogus"]),
        (["render"], ["Say which films"]),
        (["render", "relu_fold", "--all"], ["Say which films"]),
        (["render", "reluffold"], ["Did you mean relu_fold?"]),
        (["render", ""], ["There is no film ''"]),
        (["render", "x" * 5000], ["There is no film"]),
        (["render", "x" * 300 + ".py"], ["There is no film"]),
        (["render", "two\nlines"], ["'two\\nlines'"]),
        (["render", "."], ["There is no film '.'"]),
        (["render", "/dev/null"], ["There is no film"]),
        (["render", "relu_fold", "-q", "x"], ["--quality"]),
        (["render", "relu_fold", "-w", "0"], ["--workers", "1<=x"]),
        (["render", "relu_fold", "-w", "9" * 30], ["--workers"]),
        (["render", "relu_fold", "-w", "2", "--scheduler", "tcp://a:1"], ["exclude each other"]),
        (["render", "relu_fold", "--still", "--sections"], ["exclude each other"]),
        (["render", "relu_fold", "--tls-key", __file__], ["are for --scheduler"]),
        (["render", "relu_fold", "--media-dir", " "], ["--media-dir", "empty"]),
        (["render", "relu_fold", "--network", "nope.npz"], ["--network", "nope.npz"]),
        (["render", "relu_fold", "--data", "."], ["--data"]),
        (["render", "relu_fold", "--set", "seed"], ["FIELD=VALUE"]),
        (["render", "relu_fold", "--theme", ""], ["--theme"]),
        (["render", "relu_fold", "--theme", "drak"], ["drak", "dark-safe"]),
        (["render", "relu_fold", "--language", "../en"], ["'../en'", "zh"]),
        (["list", "--nope"], ["--nope"]),
    ],
)
def test_wrong_arguments_are_a_line_and_status_2(arguments, words, tmp_path, unfold_here):
    complaint(unfold_here(*arguments, cwd=tmp_path), 2, *words)
    assert not list(tmp_path.iterdir())


def test_wrong_arguments_are_json_for_machines(tmp_path):
    done = unfold("render", "nope", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"] in done.stderr


@pytest.mark.parametrize("place", ["taken", "taken/below", "x" * 300, "/proc/nowhere"])
def test_a_folder_that_cannot_be_written_is_a_line_and_status_1(place, tiny, tmp_path, unfold_here):
    (tmp_path / "taken").write_text("not a folder")
    complaint(unfold_here("render", tiny, "--media-dir", place, cwd=tmp_path), 1, place[:60], "--media-dir")
    assert unfold_here("list", "--media-dir", place, cwd=tmp_path).returncode == 0
    assert unfold_here("doctor", "--media-dir", place, cwd=tmp_path).returncode == 1


def test_odd_names_of_films_and_folders(tiny, tmp_path):
    names = ["my film", 'it\'s "quoted"', "🎬", "x" * 200, "a;b&c", "[red]", "class", "a.b", "é"]
    odd = [tmp_path / f"{name}.py" for name in names]
    for film in odd:
        film.write_text(TINY)
    media = Path(*(f"{name}'s" for name in names))  # a folder in a folder, and so on
    done = unfold("render", *odd, "-q", "l", "--json", "--media-dir", media, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    reports = json.loads(done.stdout)["films"]
    assert [report["source"] for report in reports] == [str(film) for film in odd]
    for name, report in zip(names, reports, strict=True):
        assert Path(report["file"]).parents[3] == tmp_path / media
        assert Path(report["file"]).is_file()
        assert name[:3] in done.stderr


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("theme = light\n", 1),
        ("[CLI]\nframe_rate = x\n", 1),
        ("[CLI]\nquality = x\n", 1),
        ("[CLI]\nmedia_dir = tiny.py\n", 1),
        ("\udcff\udcfe", 1),
        ("[unfold]\nthem = light\n", 2),
        ("[unfold]\ntheme = drak\n", 2),
    ],
)
def test_a_broken_manim_cfg_is_a_line(text, status, tiny, tmp_path, unfold_here):
    (tmp_path / "manim.cfg").write_text(text, errors="surrogateescape")
    complaint(unfold("render", tiny, "-q", "l", cwd=tmp_path), status, "tiny.py" if "media" in text else "manim.cfg")
    assert unfold_here("list", cwd=tmp_path).returncode == 0


def test_a_wrong_theme_in_the_environment(tiny, tmp_path):
    complaint(unfold("render", tiny, cwd=tmp_path, UNFOLD_THEME="drak"), 2, "UNFOLD_THEME")


# Streams


def test_closed_and_full_output(tmp_path):
    done = unfold("list", cwd=tmp_path, shell='"$@" | head -1; exit ${PIPESTATUS[0]}', PYTHONUNBUFFERED="")
    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (0, 1, "")
    done = unfold("list", cwd=tmp_path, shell='"$@" | true; exit ${PIPESTATUS[0]}')
    assert (done.returncode, done.stderr) == (0, "")
    assert unfold("list", cwd=tmp_path, shell='"$@" >&- 2>&-').returncode == 0
    assert unfold("render", "nope", cwd=tmp_path, shell='"$@" >&- 2>&-').returncode == 2
    if Path("/dev/full").exists():
        for buffered in ("", "1"):
            full = unfold("list", "--json", cwd=tmp_path, shell='"$@" > /dev/full', PYTHONUNBUFFERED=buffered)
            complaint(full, 1, "No space left")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_output_in_any_encoding(encoding, tmp_path):
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "mine.py").write_text(TINY.replace("can be lifted", "rises 高"), encoding="utf-8")
    for arguments in (["list"], ["list", "--json"]):
        done = unfold(*arguments, cwd=tmp_path, PYTHONIOENCODING=encoding, LC_ALL="C")
        assert (done.returncode, done.stderr) == (0, "")
    assert any(film["teaches"] == "A plane rises 高." for film in json.loads(done.stdout))


def test_a_render_without_home_and_with_few_files(tiny, tmp_path):
    arguments = ("render", tiny, "-q", "l", "--json", "--media-dir", "out")
    done = unfold(*arguments, cwd=tmp_path, shell='unset HOME; ulimit -n 64; "$@"')
    assert done.returncode == 0, done.stdout + done.stderr


# The list


def test_the_list_fits_80_columns_and_cuts_no_path(tmp_path, unfold_here):
    folder = tmp_path / ("long" * 20) / "scenes"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text(TINY)
    done = unfold_here("list", cwd=folder.parent)
    long = [line for line in done.stdout.splitlines() if len(line) > 80]
    assert long == [f"    {folder / 'mine.py'}"]


def test_films_of_one_name_do_not_hide_each_other(tmp_path, monkeypatch, unfold_here):
    (tmp_path / "scenes").mkdir()
    own = tmp_path / "scenes" / "relu_fold.py"
    own.write_text(TINY)
    monkeypatch.chdir(tmp_path)
    assert [film.file for film in films() if film.name == "relu_fold"] == [PROJECT / "scenes" / "relu_fold.py", own]
    assert find("scenes/relu_fold.py").scene == "Tiny"
    complaint(unfold_here("render", "relu_fold", cwd=tmp_path), 2, str(own), str(PROJECT / "scenes" / "relu_fold.py"))


def test_two_films_that_would_be_one_file(tiny, tmp_path):
    other = tmp_path / "other" / "tiny.py"
    other.parent.mkdir()
    other.write_text(TINY)
    done = unfold("render", tiny, other, "-q", "l", "--json", "--media-dir", "out", cwd=tmp_path)
    assert done.returncode == 1
    one, two = json.loads(done.stdout)["films"]
    assert (one["state"], two["state"]) == ("done", "failed")
    assert str(tiny) in two["message"]
    assert str(other) in two["message"]


@pytest.mark.parametrize(
    "text",
    [
        "from tiny import Tiny\nclass Mine(Tiny): pass\n",
        "from tiny import Tiny as Base\nclass Mine(Base): pass\n",
        "import tiny\nclass Mine(tiny.Tiny): pass\n",
        "import tiny as t\nclass Mine(t.Tiny): pass\n",
        "from tiny import *\nclass Mine(Tiny): pass\n",
        "from nn_unfold.films.relu_fold import ReluFold\nclass Mine(ReluFold): pass\n",
        "from nn_unfold.films import relu_fold\nclass Mine(relu_fold.ReluFold): pass\n",
        "from tiny import Tiny\nclass _Half(Tiny): pass\nclass Mine(_Half): pass\n",
    ],
)
def test_a_film_that_inherits_from_a_film_is_one(text, tiny, tmp_path):
    (tmp_path / "mine.py").write_text(text)
    assert find(str(tmp_path / "mine.py")).scene == "Mine"


def test_a_film_that_imports_itself_in_a_circle_is_read(tmp_path, unfold_here):
    (tmp_path / "one.py").write_text("from two import Two\nclass One(Two): pass\n")
    (tmp_path / "two.py").write_text("from one import One\nclass Two(One): pass\n")
    assert unfold_here("render", tmp_path / "one.py", cwd=tmp_path).returncode == 2


def test_the_sources_of_a_film_are_it_and_what_it_imports_from_its_folder(tiny, tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("from parts import more")
    (tmp_path / "parts" / "more.py").write_text("")
    (tmp_path / "helper.py").write_text("import parts.more")
    (tmp_path / "unrelated.py").write_text("")
    tiny.write_text("from helper import *\n" + TINY)
    assert set(sources(find(str(tiny)))) == {"tiny.py", "helper.py", "parts/__init__.py", "parts/more.py"}


def test_the_length_of_a_film_is_that_of_its_file(tmp_path):
    import av
    import numpy as np

    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as film:
        stream = film.add_stream("mpeg4", rate=10)
        stream.width, stream.height = 64, 64
        for _ in range(25):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), dtype=np.uint8))))
        film.mux(stream.encode())
    with av.open(str(path)) as film:
        assert duration(path) == pytest.approx(film.duration / 1e6, abs=1e-3)
    whole = path.read_bytes()
    for end in range(0, len(whole), 97):
        path.write_bytes(whole[:end])
        assert duration(path) in (None, pytest.approx(2.5, abs=1e-3))
    assert duration(tmp_path) is None


def test_time_that_overlaps_or_is_waited_counts_once():
    assert covered([]) == 0
    assert covered([(5, 6), (0, 2), (1, 3), (1, 2)]) == 4


def test_the_list_imports_neither_numpy_nor_a_table(tmp_path):
    program = (
        "import sys; from nn_unfold.cli import main\n"
        "try: main.main(['list'])\nexcept SystemExit as end: assert not end.code\n"
        "sys.exit(bool({'numpy', 'manim', 'av', 'rich', 'cloup'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(PROJECT)}, check=False)
    assert done.returncode == 0


def test_every_command_has_help(tmp_path, unfold_here):
    done = unfold_here("--help", cwd=tmp_path)
    assert done.returncode == 0
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout
        assert unfold_here(name, "--help", cwd=tmp_path).returncode == 0


def test_licences_of_what_is_needed(tmp_path, unfold_here):
    done = unfold_here("licences", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = {row["name"].lower(): row["licence"] for row in json.loads(done.stdout)}
    assert {"manim", "numpy", "scipy", "moderngl", "pillow"} <= listed.keys()
    assert "not declared" not in {listed["manim"], listed["numpy"], listed["scipy"]}


# The doctor


def test_the_doctor_reports_a_cache_that_others_can_change(tmp_path, unfold_here):
    (tmp_path / "out" / "trained").mkdir(parents=True)
    (tmp_path / "out" / "trained").chmod(0o777)
    (tmp_path / "out" / "trained" / "x.npz").write_bytes(b"PK no archive")
    done = unfold_here("doctor", "--json", "--media-dir", "out", cwd=tmp_path)
    (cache,) = (finding for finding in json.loads(done.stdout) if finding["subject"] == "cache")
    assert done.returncode == 1
    assert "trained can be written by every user" in cache["found"]
    assert "x.npz is damaged" in cache["found"]
