"""Plain files from strangers: their size is judged before a byte is held in memory. Archives: `nn_core.archives`."""

from __future__ import annotations

import stat
from pathlib import Path

from nn_core.archives import MOST_BYTES


def read_bytes(path: Path, limit: int = MOST_BYTES) -> bytes:
    """A whole file.

    Raises:
        ValueError: it is no file, it is empty, or larger than the limit.
        OSError: there is none, or it can't be read.
    """
    check_size(path, limit)
    return path.read_bytes()


def check_size(path: Path, limit: int = MOST_BYTES) -> int:
    """How many bytes a file has.

    Raises:
        ValueError: it is no file, it is empty, or larger than the limit.
        OSError: there is none.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is no regular file")
    if status.st_size == 0:
        raise ValueError("it is empty")
    if status.st_size > limit:
        raise ValueError(f"it has {status.st_size:,} bytes; at most {limit:,} are read")
    return status.st_size
