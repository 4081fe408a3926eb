"""Seals of cached files: a digest at the end of a file, by which damage is noticed.

A file can be damaged by a failing disk, by a copy that was cut off, or by another program. No film may be made of such
files. The digest is wrapped in what readers of the format skip, so that every program still reads the file.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

_MARK = b"unfold"
_LENGTH = len(_MARK) + len(sha256().hexdigest())

# What stands before and after mark and digest, by the ending of the file's name.
_BOX = ((8 + _LENGTH).to_bytes(4, "big") + b"free", b"")  # ISO/IEC 14496-12, 8.1.2: a box of free space
_WRAPS = {
    ".mp4": _BOX,
    ".mov": _BOX,
    ".webm": (bytes((0xEC, 0x80 | _LENGTH)), b""),  # RFC 8794, 11.3.2: an element that is void
    ".npy": (b"", b""),  # NumPy reads no further than its array
    ".svg": (b"<!--", b"-->"),
}


def seal(path: Path) -> None:
    """Write the digest of a finished file to its end. Formats that have no place for it stay as they are.

    Raises:
        OSError: where it can't be written.
    """
    if path.suffix in _WRAPS:
        end = _seal_of(path.read_bytes(), path.suffix)
        with path.open("ab") as file:
            file.write(end)


def is_whole(path: Path) -> bool:
    """Whether a file is there and is what was sealed. Formats that have no place for a seal are taken as they are."""
    try:
        status = path.stat()
        return _is_whole(path, (status.st_mtime_ns, status.st_size, status.st_ino))
    except OSError:
        return False


# A long render looks several times a second which segments are there.
@lru_cache(maxsize=4096)
def _is_whole(path: Path, version: tuple[int, int, int]) -> bool:
    if path.suffix not in _WRAPS:
        return True
    data = path.read_bytes()
    content = data[: -len(_seal_of(b"", path.suffix))]
    return data == content + _seal_of(content, path.suffix)


def _seal_of(content: bytes, suffix: str) -> bytes:
    before, after = _WRAPS[suffix]
    return before + _MARK + sha256(content).hexdigest().encode() + after
