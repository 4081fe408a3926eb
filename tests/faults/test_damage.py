"""What lies in the cache may be damaged, old, closed or from another time."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.conftest import MOMENTS, Studio, elsewhere

DAMAGES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "cut off": lambda data, rng: data[: rng.randrange(len(data))],
    "empty": lambda data, rng: b"",
    "one bit": lambda data, rng: _with_bit(data, rng.randrange(8 * len(data))),
    "noughts": lambda data, rng: bytes(len(data)),
    "another file": lambda data, rng: b"This is no file of Unfold's.\n",
    "more at the end": lambda data, rng: data + b"\0" * rng.randrange(1, 5000),
}


def _with_bit(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def kept(studio: Studio) -> dict[str, list[Path]]:
    """The files of the cache, by kind."""
    return {
        "segments": studio.segments(),
        "networks": sorted(studio.media.glob("trained/*.npz")),
        "outlines": sorted(studio.media.glob("texts/*.npy")),
        "formulas": sorted(studio.media.glob("Tex/**/*.svg")),
    }


def test_damaged_files_are_noticed_and_made_anew(untouched: Callable[[str], Studio], tmp_path: Path) -> None:
    source = untouched("moved")
    rng = random.Random(0)
    assert all(kept(source).values())
    for name in DAMAGES if MOMENTS > 1 else ("one bit",):
        # All files at once: each has to be noticed, or the film differs.
        studio = elsewhere(source, tmp_path / name.replace(" ", "_"))
        shutil.copytree(source.media, studio.media)
        for paths in kept(studio).values():
            for path in paths:
                path.write_bytes(DAMAGES[name](path.read_bytes(), rng))
        report = studio.check_recovers()
        assert report["rendered"] == len(studio.segments()) > 3
        assert {kind: [path.name for path in paths] for kind, paths in kept(studio).items()} == {
            kind: [path.name for path in paths] for kind, paths in kept(source).items()
        }
        for before, after in zip(kept(source)["segments"], kept(studio)["segments"], strict=True):
            assert before.read_bytes() == after.read_bytes()


def test_segments_of_an_older_version_are_rendered_anew(untouched: Callable[[str], Studio], tmp_path: Path) -> None:
    source = untouched("moved")
    studio = elsewhere(source, tmp_path)
    shutil.copytree(source.media, studio.media)
    old = studio.segments()[0]
    old.write_bytes(old.read_bytes()[:-78])  # without a seal, as they were
    assert studio.check_recovers()["rendered"] == 1


def test_a_clock_that_jumps(studio: Studio) -> None:
    # Python imports this by itself in each process.
    (studio.folder / "sitecustomize.py").write_text(
        "import random, time\n"
        "true, day = time.time, 24 * 3600\n"
        "time.time = lambda: true() + random.choice([-400, -1, 0, 1, 400]) * day\n"
    )
    path = os.pathsep.join([str(studio.folder), str(Path(__file__).parents[2])])
    assert studio.run(env={"PYTHONPATH": path})["status"] == 0
    for number, name in enumerate(studio.segments()):
        os.utime(name, (1e9 * (number % 3), 2e9))  # the years 1970 to 2033
    assert studio.check_recovers()["rendered"] == 0


def test_few_file_descriptors(studio: Studio) -> None:
    resource = pytest.importorskip("resource", reason="open files are limited by POSIX means")
    report = studio.run(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
    assert report["status"] == 0, report
    studio.check_nothing_half()
