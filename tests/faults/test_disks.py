"""Disks that are full or closed: one line, nothing half-written, and the next run goes on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import MOMENTS, Studio, elsewhere

SIZE = 16  # MB: more than the small film needs
PLACES = 10 if MOMENTS > 1 else 2


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only the administrator can mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def used(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def test_a_disk_that_fills(untouched: Callable[[str], Studio], disk: Path) -> None:
    whole = untouched("moved")
    needed = used(whole.media)
    assert needed < SIZE * 2**20
    for place in range(PLACES):
        studio = elsewhere(whole, disk / str(place))
        studio.folder.mkdir()
        room = os.statvfs(disk)
        free = room.f_bavail * room.f_frsize
        # From no room at all to nearly enough.
        filler = disk / "filler"
        filler.write_bytes(bytes(max(0, free - int(needed * place / PLACES))))
        report = studio.run()
        assert report["status"] == 1, report
        assert "No space left" in report["message"], report
        assert "\n" not in report["message"]
        studio.check_nothing_half()
        filler.unlink()
        studio.check_recovers()
        subprocess.run(["rm", "-r", str(studio.folder)], check=True)


def test_a_cache_that_can_only_be_read(untouched: Callable[[str], Studio], disk: Path) -> None:
    studio = elsewhere(untouched("moved"), disk)
    assert studio.run()["status"] == 0
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    report = studio.run()
    assert report["status"] == 1
    assert "write permission" in report["message"]
    studio.check_nothing_half()
    assert studio.film_file() is not None
