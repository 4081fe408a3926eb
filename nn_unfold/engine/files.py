"""Files that appear under their name only when they are whole, and folders that one process writes at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, which gets its name when all is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _named_when_whole(path) as unfinished, unfinished.open("wb") as file:
        yield file


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other renders out of a folder in which Manim writes files that they would read half-written.

    The system lets go of the lock when a process ends, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("wb") as lock:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _named_when_whole(path: Path) -> Iterator[Path]:
    """A temporary name beside a path, to write to; at the end it becomes the path, or is gone."""
    unfinished = _unfinished(path)
    try:
        yield unfinished
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def _unfinished(path: Path) -> Path:
    # The extension stays: the container format is read off it. Each process has a name of its own.
    return path.with_name(f".unfinished-{os.getpid()}-{path.name}")
