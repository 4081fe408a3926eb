"""Renders that are killed at random moments: the next run goes on, and the film is the same to the last bit."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.conftest import MOMENTS, PATIENCE, Studio, elsewhere, of_session

FILMS = ("moved", "one_line") if MOMENTS > 1 else ("moved",)
KINDS = ("worker", "parent", "SIGTERM", "SIGINT") if MOMENTS > 1 else ("parent", "SIGTERM")
OF_ONE_FILM = 5  # so often a render is disturbed before the film must come to its end

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="reads the processes of Linux")


def a_worker(pid: int, rng: random.Random) -> int | None:
    """One of the workers of a render; its other child keeps an account of shared memory."""
    with suppress(OSError):
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        workers = [int(child) for child in listed if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
        return rng.choice(workers) if workers else None
    return None


def disturb(kind: str, studio: Studio, rng: random.Random) -> None:
    """Start a render and disturb it at a random moment; see how it ends, and what it leaves."""
    running = studio.start()
    try:
        time.sleep(rng.uniform(0, studio.seconds))
        over = running.poll() is not None
        worker = a_worker(running.pid, rng)
        if kind == "worker":
            if worker is not None:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
        elif not over:
            numbers = {"parent": signal.SIGKILL, "SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT}
            # A terminal sends Ctrl-C to all processes, other senders to one.
            (os.killpg if kind == "SIGINT" else os.kill)(running.pid, numbers[kind])
        said, complaints = running.communicate(timeout=PATIENCE)
        assert "Traceback" not in complaints, complaints
        if kind == "worker" or over:
            assert running.returncode == 0, complaints
            assert studio.film_file() is not None
        else:
            expected = {"parent": {-9}, "SIGTERM": {-15, 143, 130}, "SIGINT": {130, -2}}[kind]
            assert running.returncode in expected | {0}, (running.returncode, said, complaints)
        until = time.monotonic() + 10
        while left := list(of_session(running.pid)):
            assert time.monotonic() < until, f"still running: {left}"
            time.sleep(0.05)
        studio.check_nothing_half()
    finally:
        for process in of_session(running.pid):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


@pytest.mark.parametrize("film", FILMS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_next_run_goes_on(
    kind: str, film: str, untouched: Callable[[str], Studio], tmp_path: Path, record_property: Callable[..., None]
) -> None:
    studio = elsewhere(untouched(film), tmp_path)
    rng = random.Random(f"{kind} {film}")
    for number in range(1, MOMENTS + 1):
        disturb(kind, studio, rng)
        if number % OF_ONE_FILM == 0 or number == MOMENTS:
            studio.check_recovers()
            shutil.rmtree(studio.media)
    record_property("moments", MOMENTS)


def test_two_renders_of_one_film_at_once(studio: Studio) -> None:
    both = [studio.start(), studio.start()]
    for running in both:
        said, complaints = running.communicate(timeout=PATIENCE)
        assert running.returncode == 0, (said, complaints)
    studio.check_recovers()
