"""`unfold`, as users and scripts call it."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from manim.constants import QUALITIES

from nn_unfold.cli import options
from nn_unfold.cli import render as render_command
from nn_unfold.out import films as films_module
from nn_unfold.out import machine, rendering
from nn_unfold.out.films import Film, UnknownFilm, find
from nn_unfold.out.machine import room_for_workers
from nn_unfold.out.plan import Play, pieces, split

PROJECT = Path(__file__).resolve().parents[3]

TINY = '''"""A plane rises."""

from manim import UP, FadeIn

from nn_unfold import Sheet, Stage


class Tiny(Stage):
    """A plane can be lifted,
    and be lowered again.
    """

    def construct(self):
        sheet = Sheet((-1, 1, -1, 1))
        self.look(sheet)
        with self.beat("A plane."):
            self.play(FadeIn(sheet))
            self.play(sheet.animate.shift(0.1 * UP), run_time=2)
        with self.beat("It falls."):
            self.play(sheet.animate.shift(0.1 * DOWN), run_time=4)
'''.replace("import UP, FadeIn", "import DOWN, UP, FadeIn")

LEARNED = '''"""A plane of a trained network."""

from manim import FadeIn

from nn_unfold import Recipe, Sheet, Stage


class Learned(Stage):
    """A network is trained once."""

    recipe = Recipe(
        data="crescent", data_options={"n_per_class": 20}, sizes=(2, 2, 2), activations=("relu", "sigmoid"), epochs=20
    )

    def construct(self):
        trained = self.trained(self.recipe)
        sheet = Sheet.over(trained.X, trained.network)
        self.look(sheet)
        with self.beat("A plane."):
            self.play(FadeIn(sheet))
'''


def command(*args: object) -> list[str]:
    return [sys.executable, "-m", "nn_unfold", *map(str, args)]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "300", **more}


def scenes(*args: object, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*args), cwd=cwd, env=environment(**env), capture_output=True, text=True, timeout=120, check=False
    )


def segments(media: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in media.rglob("partial_movie_files/*/[!.]*.mp4")}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.py"
    path.write_text(TINY)
    return path


# Films are found by reading


def test_a_film_is_read_without_being_imported(tiny):
    tiny.write_text(TINY.replace("from manim", "raise RuntimeError\nfrom manim"))
    film = find(str(tiny))
    assert (film.name, film.scene, film.about) == ("tiny", "Tiny", "A plane rises.")
    assert film.teaches == "A plane can be lifted, and be lowered again."


def test_films_are_found_by_file_class_and_path():
    by_name = find("relu_fold")
    assert by_name == find("ReluFold") == find(str(PROJECT / "scenes" / "relu_fold.py"))
    assert by_name.data == ("crescent",)


def test_a_misspelt_film_is_told_what_comes_near():
    with pytest.raises(UnknownFilm, match=r"no film 'reluffold'. Did you mean relu_fold\?"):
        find("reluffold")


def test_a_film_that_is_not_python_is_on_the_list(tmp_path, monkeypatch):
    (tmp_path / "broken_film.py").write_text("class (")
    (tmp_path / "helpers.py").write_text("def f(): pass")
    monkeypatch.setattr(films_module, "SHIPPED", tmp_path)
    monkeypatch.chdir(tmp_path)
    (film,) = films_module.films()
    assert film.name == "broken_film"
    assert "can't be read" in film.about


# Pieces

SMALL = {"pixel_width": 854, "pixel_height": 480}


def test_no_split_is_better_balanced():
    rng = random.Random(0)
    for _ in range(200):
        costs = [rng.randint(1, 20) for _ in range(rng.randint(1, 7))]
        parts = rng.randint(1, 4)
        found = split(costs, parts)
        assert [play for part in found for play in part] == list(range(len(costs)))
        cuts = (cut for k in range(parts) for cut in itertools.combinations(range(1, len(costs)), k))
        best = min(
            max(start + sum(costs[start:stop]) for start, stop in itertools.pairwise((0, *cut, len(costs))))
            for cut in cuts
        )
        assert max(part.start + sum(costs[part.start : part.stop]) for part in found) == best


def test_each_missing_segment_is_in_one_piece():
    film = Film("f", Path("f.py"), "F")
    plays = [Play(key, 10) for key in "abcabdef"]
    found = pieces(film, SMALL, plays, {"c", "f"}, 3)
    assert sorted(key for piece in found for key in piece.wanted) == ["a", "b", "d", "e"]
    for piece in found:
        # A piece begins and ends with work, at the first of plays that are alike.
        assert plays[piece.first].key == piece.wanted[0]
        assert plays[piece.last].key == piece.wanted[-1]
    assert pieces(film, SMALL, plays, set("abcdef"), 3) == []


def test_frames_that_stand_still_count_less():
    moving, still = Play("m", 100), Play("s", 100, still=True)
    plays = [Play(f"{index}", play.frames, play.still) for index, play in enumerate([moving, still, still, moving])]
    (first, last) = pieces(Film("f", Path("f.py"), "F"), SMALL, [*plays, Play("n", 100)], set(), 2)
    assert (first.last, last.first) == (2, 3)
    assert moving.cost(2.0) > 2 * still.cost(2.0) > 0


def test_frames_with_more_in_space_count_more():
    light, heavy = (Play(key, 100, vertices=count) for key, count in (("l", 100), ("h", 10_000)))
    plays = [Play(f"{index}", play.frames, vertices=play.vertices) for index, play in enumerate([light] * 3 + [heavy])]
    (first, last) = pieces(Film("f", Path("f.py"), "F"), SMALL, plays, set(), 2)
    assert (first.last, last.first) == (2, 3)
    assert heavy.cost(0.4) > 2 * light.cost(0.4)


# Rendering


def test_what_a_process_has_shown_before_leaves_no_mark_on_the_keys(tiny, tmp_path):
    film = '"""A formula."""\n' + TINY.replace("self.look(sheet)", 'self.look(sheet)\n        self.add(formula("x"))')
    tiny.write_text(film.replace("import Sheet,", "import Sheet, formula,"))
    values = rendering.settings("l", tmp_path / "out")
    first, second = (rendering.rehearse(find(str(tiny)), values) for _ in range(2))
    assert first.plays == second.plays
    assert first.frames == sum(play.frames for play in first.plays) > 100


@pytest.fixture(scope="module")
def by_two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A film in the folder `out`, rendered by two workers, and the report of it."""
    folder = tmp_path_factory.mktemp("by_two")
    (folder / "tiny.py").write_text(TINY)
    # Other values in fresh memory than in the process to compare with show what depends on them.
    options = ("-q", "l", "-w", 2, "--json", "--media-dir", "out")
    done = scenes("render", "tiny.py", *options, cwd=folder, MALLOC_PERTURB_="85")
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(done.stdout)["films"]
    return folder, report


def test_two_workers_make_the_very_film_that_one_process_makes(by_two, tmp_path):
    folder, report = by_two
    assert report["state"] == "done"
    assert report["message"] is None
    assert report["rendered"] == report["segments"] == len(segments(folder / "out")) > 4
    assert report["frames"] / 15 == report["length"]
    one = [
        sys.executable,
        "-m",
        "manim",
        "render",
        "tiny.py",
        "-ql",
        "-c",
        PROJECT / "manim.cfg",
        "--media_dir",
        tmp_path,
    ]
    alone = environment(MALLOC_PERTURB_="170", LP_NUM_THREADS="2")
    subprocess.run([*map(str, one)], cwd=folder, env=alone, check=True, capture_output=True, timeout=120)
    assert segments(tmp_path) == segments(folder / "out")
    for kind in (".mp4", ".srt"):
        (theirs,), (ours,) = (where.rglob(f"Tiny{kind}") for where in (tmp_path, folder / "out"))
        assert theirs.read_bytes() == ours.read_bytes()
    assert Path(report["file"]) == ours.with_suffix(".mp4")


def test_only_what_is_missing_is_rendered(by_two, tmp_path):
    folder, _ = by_two
    shutil.copytree(folder, tmp_path / "copy")
    before = segments(tmp_path / "copy")
    lost = sorted((tmp_path / "copy").rglob("partial_movie_files/*/[!.]*.mp4"))[2]
    lost.unlink()
    options = ("-q", "l", "--json", "--sections", "--media-dir", "out")
    done = scenes("render", "tiny.py", *options, cwd=tmp_path / "copy")
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(done.stdout)["films"]
    assert report["rendered"] == 1
    assert segments(tmp_path / "copy") == before
    assert len(list((tmp_path / "copy").rglob("sections/*.mp4"))) == 2


def test_a_still(tiny, tmp_path):
    done = scenes("render", tiny, "-q", "l", "--still", "--json", "--media-dir", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(done.stdout)["films"]
    assert Path(report["file"]).suffix == ".png"
    assert Path(report["file"]).is_file()
    assert not segments(tmp_path / "out")


def unfinished(media: Path, pid: int | str = "*") -> list[Path]:
    """The segments that are being written, by one process or by any."""
    return list(media.rglob(f"partial_movie_files/*/.unfinished-{pid}-*"))


def workers_of(pid: int) -> list[int]:
    """The workers of a render, by Linux's own list; its other child keeps an account of shared memory."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


@contextmanager
def in_the_middle(tiny: Path, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """A render by two workers that is in the middle of its segments; nothing of it outlives the test."""
    with subprocess.Popen(
        command("render", tiny, "-q", "l", "-w", 2, "--json", "--media-dir", "out"),
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            until = time.monotonic() + 60
            while not unfinished(cwd / "out"):
                assert running.poll() is None, running.communicate()[1]
                assert time.monotonic() < until
                time.sleep(0.01)
            yield running
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)


LINUX = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="reads the processes of Linux")


@LINUX
@pytest.mark.parametrize("waits", [False, True], ids=["at work", "waiting for work"])
def test_a_killed_worker_is_replaced(waits, tiny, tmp_path):
    # With one play, one of the two has nothing to do.
    tiny.write_text(TINY.partition("with self.beat")[0] + "self.play(FadeIn(sheet), run_time=20)\n")
    with in_the_middle(tiny, tmp_path) as running:
        workers = workers_of(running.pid)
        assert len(workers) == 2
        os.kill(next(pid for pid in workers if waits != bool(unfinished(tmp_path / "out", pid))), signal.SIGKILL)
        said, complaints = running.communicate(timeout=120)
    assert running.returncode == 0, complaints
    (report,) = json.loads(said)["films"]
    assert report["state"] == "done"
    assert len(segments(tmp_path / "out")) == report["segments"]


@LINUX
def test_ctrl_c_stops_all_workers_and_keeps_what_is_finished(tiny, tmp_path):
    with in_the_middle(tiny, tmp_path) as running:
        workers = workers_of(running.pid)
        assert workers
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does it: to all of them
        for pid in 3 * workers:  # and as a machine that goes down does it
            time.sleep(0.01)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        said, complaints = running.communicate(timeout=60)
    assert running.returncode == 130
    assert json.loads(said)["films"][0]["state"] == "stopped"
    assert "Traceback" not in complaints
    assert "Warning" not in complaints
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert not list((tmp_path / "out").rglob("Tiny.mp4"))
    assert not unfinished(tmp_path / "out")


# What the machine has


def test_memory_that_is_short_is_for_fewer_workers(monkeypatch, capsys):
    assert room_for_workers(1080, 16.0) > 2 * room_for_workers(2160, 16.0) > 4
    assert room_for_workers(2160, 0.1) == 1
    monkeypatch.setattr(machine, "processors", lambda: 8)
    for memory, wanted, count in ((100.0, None, 8), (4.5, None, 1), (100.0, 3, 3), (4.5, 3, 1)):
        monkeypatch.setattr(machine, "free_memory", lambda memory=memory: memory)
        assert render_command._workers(wanted, 2160) == count
    said = capsys.readouterr().err
    assert said.count("1 of 8 workers are used: 4.5 GB of memory are free") == 1
    assert said.count("1 of 3 workers are used") == 1


def test_qualities_have_as_many_lines_as_those_of_manim():
    """They are told without importing it."""
    manims = {quality["flag"]: quality["pixel_height"] for quality in QUALITIES.values() if quality["flag"]}
    assert options.QUALITIES.items() <= manims.items()


def test_threads_are_shared_out_before_numpy_counts_them():
    """Else the last bits of a key might depend on the machine."""
    check = "import nn_unfold.cli.render, sys; sys.exit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], env=environment(), check=True, timeout=60)


# What goes wrong is told in one line


@pytest.mark.parametrize("names", [["relufold_"], [], ["relu_fold", "--all"]])
def test_usage(names, tmp_path):
    done = scenes("render", "-q", "l", *names, cwd=tmp_path)
    assert done.returncode == 2 or not names  # without any argument the help is shown
    if names:
        assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_film_that_fails_does_not_stop_the_others(tiny, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text(TINY.replace("Tiny", "Broken").replace("self.look(sheet)", "sheet.fly()"))
    done = scenes("render", broken, tiny, "-q", "l", "--json", "--media-dir", "out", cwd=tmp_path)
    assert done.returncode == 1
    bad, good = json.loads(done.stdout)["films"]
    assert good["state"] == "done"
    assert bad["state"] == "failed"
    line = next(n for n, text in enumerate(broken.read_text().splitlines(), 1) if "fly" in text)
    assert f"{broken}, line {line}" in bad["message"]
    assert "Traceback" not in done.stderr


def test_a_scheduler_that_does_not_answer(tiny, tmp_path):
    done = scenes("render", tiny, "-q", "l", "--scheduler", "tcp://127.0.0.1:9", cwd=tmp_path)
    assert done.returncode == 1
    assert "No scheduler answers at tcp://127.0.0.1:9" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


# A cluster

CLUSTER = """
from distributed import LocalCluster

with LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
    print(cluster.scheduler_address, flush=True)
    input()
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[Path, str, subprocess.Popen[str]]]:
    """A checkout, the address of a scheduler there, and its process, which also has the worker."""
    checkout = tmp_path / "checkout"
    for package in ("scenes", "nn_unfold", "nn_core"):
        shutil.copytree(PROJECT / package, checkout / package, ignore=shutil.ignore_patterns("__pycache__"))
    with running_cluster(CLUSTER, checkout, tmp_path) as (address, process):
        yield checkout, address, process


@contextmanager
def running_cluster(program: str, checkout: Path, cwd: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a scheduler, and its process, which also has the worker."""
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=cwd,
        env=environment(PYTHONPATH=str(checkout)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield process.stdout.readline().strip(), process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_cluster_makes_the_very_same_film(cluster, by_two, tmp_path):
    """The film and the file that it imports are the author's own: the worker gets them with the piece."""
    _, address, _ = cluster
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "heights.py").write_text("STEP = 0.1\n")
    film = "from heights import STEP\n" + TINY.replace("shift(0.1 * DOWN)", "shift(STEP * DOWN)")
    (desk / "tiny.py").write_text(film)
    options = ("-q", "l", "--json", "--media-dir", "out")
    done = scenes("render", "tiny.py", *options, "--scheduler", address, cwd=desk)
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(done.stdout)["films"]
    assert report["message"] is None
    assert report["rendered"] == report["segments"]
    assert segments(desk / "out") == segments(by_two[0] / "out")
    again = scenes("render", "tiny.py", *options, cwd=desk)
    assert json.loads(again.stdout)["films"][0]["rendered"] == 0

    (desk / "tiny.py").write_text(film.replace("self.look(sheet)", "self.look(sheet)\n        self.surprise()"))
    broken = scenes("render", "tiny.py", *options, "--scheduler", address, cwd=desk)
    assert broken.returncode == 1
    assert f"{desk / 'tiny.py'}, line" in json.loads(broken.stdout)["films"][0]["message"]


def test_a_trained_network_travels_to_the_cluster(cluster, tmp_path):
    _, address, _ = cluster
    (tmp_path / "learned.py").write_text(LEARNED)
    options = ("-q", "l", "--json", "--media-dir", "out", "--scheduler", address)
    done = scenes("render", "learned.py", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(done.stdout)["films"]
    assert (report["message"], report["rendered"]) == (None, report["segments"])


def test_a_worker_with_other_code_is_refused_with_both_names(cluster, tiny, tmp_path):
    checkout, address, _ = cluster
    elsewhere = tmp_path / "elsewhere"
    for package in ("scenes", "nn_unfold", "nn_core"):
        shutil.copytree(checkout / package, elsewhere / package)
    with (elsewhere / "nn_core" / "losses.py").open("a") as file:
        file.write("# changed\n")
    done = scenes("render", tiny, "-q", "l", "--json", "--scheduler", address, cwd=tmp_path, PYTHONPATH=str(elsewhere))
    assert done.returncode == 1
    said = json.loads(done.stdout)["error"]
    names = r"worker tcp://\S+ on \S+ has other code: code (\w{12}) there, code (?!\1)\w{12} here on \S+\."
    assert re.search(names, said)
    assert "same commit" in said
    assert not list(tmp_path.rglob("*.mp4"))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options of an authority and of a certificate of its own."""
    folder = tmp_path_factory.mktemp("certificates")
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates")
    asked = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    made = [*asked.split(), "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(made, cwd=folder, check=True, capture_output=True)
    files = ("cert.pem", "cert.pem", "key.pem")
    names = ("--tls-ca-file", "--tls-cert", "--tls-key")
    return [part for name, file in zip(names, files, strict=True) for part in (name, str(folder / file))]


def test_tls_admits_only_who_has_a_certificate(certificates, tiny, tmp_path):
    ca_file, cert, key = certificates[1::2]
    security = f"Security(tls_ca_file={ca_file!r}, tls_scheduler_cert={cert!r}, tls_scheduler_key={key!r},"
    security += f"tls_worker_cert={cert!r}, tls_worker_key={key!r}, tls_client_cert={cert!r}, tls_client_key={key!r},"
    security += "require_encryption=True)"
    program = "from distributed import Security\n" + CLUSTER.replace(
        "n_workers=1,", f"n_workers=1, protocol='tls', security={security},"
    )
    with running_cluster(program, PROJECT, tmp_path) as (address, _):
        assert address.startswith("tls://")
        options = ("-q", "l", "--json", "--media-dir", "out", "--scheduler", address)
        refused = scenes("render", tiny, *options, cwd=tmp_path)
        assert refused.returncode == 1
        assert "No scheduler answers" in json.loads(refused.stdout)["error"]
        assert not (tmp_path / "out" / "videos").exists()
        done = scenes("render", tiny, *options, *certificates, cwd=tmp_path)
        assert done.returncode == 0, done.stderr


def test_a_lost_scheduler(cluster, tiny):
    checkout, address, process = cluster
    options = ("-q", "h", "--json", "--media-dir", "out", "--scheduler", address)
    running = subprocess.Popen(
        command("render", tiny, *options),
        cwd=checkout,
        env=environment(PYTHONPATH=str(checkout)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    captions = checkout / "out" / "texts"
    while not list(captions.glob("[!.]*.npy")) and running.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(2)  # its two captions are written in the rehearsal; now the worker starts
    os.killpg(process.pid, signal.SIGKILL)
    said, complaints = running.communicate(timeout=100)
    assert running.returncode == 1, complaints
    (report,) = json.loads(said)["films"]
    assert "has gone; finished pieces are kept" in report["message"]
    assert not list((checkout / "out").rglob("Tiny.mp4"))


# The list and the doctor


def test_the_list_is_json_for_machines(tmp_path):
    done = scenes("list", "--json", "--media-dir", tmp_path, cwd=tmp_path)
    assert done.returncode == 0
    listed = {film["name"]: film for film in json.loads(done.stdout)}
    assert listed["relu_fold"]["teaches"]
    assert listed["relu_fold"]["length"] is None
    assert set(listed) == {path.stem for path in (PROJECT / "scenes").glob("[!_]*.py")}


def test_the_doctor_finds_this_machine_well(tmp_path):
    done = scenes("doctor", "--json", "--media-dir", tmp_path / "out", cwd=tmp_path)
    findings = {finding["subject"]: finding for finding in json.loads(done.stdout)}
    assert all(finding["well"] for finding in findings.values()), findings
    assert done.returncode == 0
    assert {"painter", "font", "formulas", "encoder", "output", "disk"} <= set(findings)


def test_the_doctor_says_what_is_missing(tmp_path):
    nowhere, taken = str(tmp_path / "nowhere"), tmp_path / "taken"
    taken.write_text("not a folder")
    without_gl = {
        "__EGL_VENDOR_LIBRARY_FILENAMES": nowhere,
        "LIBGL_DRIVERS_PATH": nowhere,
        "GBM_BACKENDS_PATH": nowhere,
    }
    done = scenes("doctor", "--media-dir", taken, cwd=tmp_path, **without_gl)
    assert done.returncode == 1
    assert "✗ painter" in done.stdout
    assert "apt-get install libegl1 libgl1 libgl1-mesa-dri" in done.stdout
    assert "✗ output" in done.stdout
    assert "--media-dir" in done.stdout
    assert "✓ formulas" in done.stdout
    assert "Traceback" not in done.stderr
