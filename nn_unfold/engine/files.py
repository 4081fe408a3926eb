"""Files that appear under their name only when they are whole, and folders that one process writes at a time."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import IO

from filelock import FileLock


class NotWritten(OSError):
    """A file of Unfold's could not be written; other OSErrors are about files that a film wants to read."""

    def told(self, film: str) -> str:
        """The line for whoever renders this film."""
        return (
            f"{film} can't be written to {self.filename} ({self.strerror}): "
            "make room or give write permission there, then render it again; finished pieces are kept."
        )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Within, an OSError is about the writing of this file.

    Raises:
        NotWritten: in its place.
    """
    try:
        yield
    except NotWritten:
        raise
    except OSError as error:
        raise NotWritten(error.errno, error.strerror or str(error), str(error.filename or path.parent)) from error


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, which gets its name when all is written.

    Raises:
        NotWritten: where it can't be.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with named_when_whole(path) as unfinished, unfinished.open("wb") as file:
            yield file


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other renders out of a folder in which Manim writes files that they would read half-written.

    The system lets go of the lock when a process ends, however it ends.

    Raises:
        NotWritten: where the lock can't be made.
    """
    lock = FileLock(folder / ".lock")
    with writing(folder / ".lock"):
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def named_when_whole(path: Path) -> Iterator[Path]:
    """A temporary name beside a path, to write to; at the end it becomes the path, or is gone."""
    sweep(path.parent)
    unfinished = unfinished_name(path)
    try:
        yield unfinished
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


_UNFINISHED = ".unfinished-"
_HOST = sha256(platform.node().encode()).hexdigest()[:6]  # a folder may be shared by several machines
_DAY = 24 * 3600.0  # seconds


def unfinished_name(path: Path) -> Path:
    """The name that a file bears while this process writes it; its extension tells the container format."""
    return path.with_name(f"{_UNFINISHED}{os.getpid()}-{_HOST}-{path.name}")


@lru_cache(maxsize=256)
def sweep(folder: Path) -> None:
    """Delete what processes that were killed have left half-written in a folder; once in each process."""
    for path in folder.glob(f"{_UNFINISHED}*"):
        with suppress(OSError, ValueError):
            number, host = path.name.removeprefix(_UNFINISHED).split("-")[:2]
            # A process of today may have the number of one that was killed long ago.
            old = time.time() - path.stat().st_mtime > _DAY
            if old or (host == _HOST and not _runs(int(number))):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _runs(process: int) -> bool:
    """Whether there is a process of this number; where the system can't be asked without harm, yes."""
    if os.name == "posix":
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
    return True
