"""Files that appear under their name only when they are whole, and folders that one process writes at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    unfinished = unfinished_name(path)
    try:
        yield unfinished
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def unfinished_name(path: Path) -> Path:
    """The name that a file bears while this process writes it; its extension tells the container format."""
    return path.with_name(f".unfinished-{os.getpid()}-{path.name}")
