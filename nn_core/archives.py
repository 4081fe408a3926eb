"""Archives: zip, npz, npy and gzip files of strangers, whose sizes are judged before anything is read.

Nothing in them is run or unpickled, no name leads out of the archive, and no more is read than was promised and
allowed. Whatever is wrong with a file is one ValueError that names it.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from reprlib import repr as shortened
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 2**28
"""Unpacked, all entries of an archive together, or the array of a file: 256 MiB."""
MOST_ENTRIES = 1000
_MOST_DIRECTORY = 2**20  # bytes of a zip's list of entries
_MOST_HEADER = 10_000  # bytes that tell what an .npy file holds, as NumPy has it
_MOST_MEMBERS = 1000  # gzip files may be several ones, joined
_BEST_RATIO = 1032  # deflate can't pack better, says zlib's manual
_BLOCK = 2**20


class Archive:
    """A zip file that is open to be read; close it, or use it in a `with`.

    Attributes:
        names: of its files, as they stand there; folders are left out.

    Raises:
        OSError: the file can't be opened.
        ValueError: it is no zip file or damaged; it promises more than `limit` bytes or more than `most_entries`;
            or an entry is encrypted, a link, named twice, packed otherwise than by deflate, or has a path that
            leads out of the archive.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, limit: int = MOST_BYTES, most_entries: int = MOST_ENTRIES
    ) -> None:
        self.path = path
        self._file = _opened(path)
        try:
            with _told(path, "is damaged or no zip archive"):
                self._zip = zipfile.ZipFile(_Directory(self._file))
            self._entries = _judged(self._zip.infolist(), path, limit, most_entries)
        except BaseException:
            self._file.close()
            raise
        self.names = list(self._entries)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    def size(self, name: str) -> int:
        """How many bytes a file of the archive promises to hold.

        Raises:
            ValueError: there is no such file in it.
        """
        if name not in self._entries:
            raise ValueError(f"{self.path} lacks {shortened(name)}")
        return self._entries[name].file_size

    def read(self, name: str) -> bytearray:
        """What a file of the archive holds.

        Raises:
            ValueError: there is no such file in it, or it is damaged.
        """
        n_bytes = self.size(name)
        with self._open(name) as file:
            return _exactly(file, n_bytes)

    def array(self, name: str) -> NDArray[Any]:
        """The array in an .npy file of the archive: numbers or text.

        Raises:
            ValueError: there is no such file in it, it is damaged, or it holds something else.
        """
        n_bytes = self.size(name)
        with self._open(name) as file:
            return _array(file, n_bytes)

    @contextmanager
    def _open(self, name: str) -> Iterator[BinaryIO]:
        with (
            _told(self.path, f"is damaged or can't be read at {shortened(name)}"),
            self._zip.open(self._entries[name]) as file,
        ):
            yield file  # type: ignore[misc]


def read_arrays(path: str | os.PathLike[str], *, limit: int = MOST_BYTES) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file by their names.

    Raises:
        OSError: the file can't be opened.
        ValueError: as `Archive`, or a file in it is no .npy file of numbers or text.
    """
    with Archive(path, limit=limit) as archive:
        for name in archive.names:
            if not name.endswith(".npy"):
                raise ValueError(f"{path} is no .npz file of arrays: it holds {shortened(name)}")
        return {name.removesuffix(".npy"): archive.array(name) for name in archive.names}


def read_array(path: str | os.PathLike[str], *, limit: int = MOST_BYTES) -> NDArray[Any]:
    """The array in an .npy file: numbers or text.

    Raises:
        OSError: the file can't be opened.
        ValueError: it is no .npy file, damaged, larger than `limit` bytes, or holds something else.
    """
    with _opened(path) as file, _told(path, "is damaged or no .npy file"):
        n_bytes = os.fstat(file.fileno()).st_size
        if n_bytes > limit:
            raise ValueError(_too_large(n_bytes, limit))
        return _array(file, n_bytes)


def read_idx(path: str | os.PathLike[str], *, limit: int = MOST_BYTES) -> NDArray[Any]:
    """The array in an IDX file, the format of MNIST's, plain or compressed with gzip.

    Two zero bytes, a byte for the type, a byte for the number of dimensions, each dimension as a big-endian
    32-bit number, then the data row by row.

    Raises:
        OSError: the file can't be opened.
        ValueError: it is no such file, not all there, or promises more than `limit` bytes.
    """
    types = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
    with _opened(path) as plain, _told(path, "can't be read"):
        size = os.fstat(plain.fileno()).st_size
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        file = Gunzip(plain) if packed else plain
        magic = file.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in types or not magic[3]:
            raise ValueError(f"it is no IDX file: it starts with {magic!r}")
        header = file.read(4 * magic[3])
        if len(header) < 4 * magic[3]:
            raise ValueError("it is not complete: its header ends early; fetch it again")
        shape, dtype = struct.unpack(f">{magic[3]}I", header), np.dtype(types[magic[2]])
        n_bytes = _n_bytes(shape, dtype, limit)
        there = size * _BEST_RATIO if packed else size - 4 - len(header)
        if there < n_bytes:
            raise ValueError(_incomplete(n_bytes, shape, f"{'at most ' if packed else ''}{there:,}"))
        data = bytearray(n_bytes)
        n_read = _fill(data, file)
        if n_read < n_bytes or file.read(1):
            raise ValueError(_incomplete(n_bytes, shape, f"{n_read:,}" if n_read < n_bytes else "more"))
    return _native(np.frombuffer(data, dtype).reshape(shape))


class Gunzip:
    """What a gzip file holds, unpacked as far as one asks.

    Args:
        file: open to be read, at the start of the gzip data.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._member, self._n_members = file, zlib.decompressobj(31), 1

    def read(self, size: int) -> bytes:
        """The next bytes: `size` of them, or fewer at the end.

        Raises:
            EOFError: the file ends early.
            ValueError: it is joined of too many.
            zlib.error: it is damaged.
        """
        parts: list[bytes] = []
        while size > 0:
            if self._member.eof:
                packed = self._member.unused_data or self._file.read(_BLOCK)
                if not packed:
                    break
                self._member, self._n_members = zlib.decompressobj(31), self._n_members + 1
                if self._n_members > _MOST_MEMBERS:
                    raise ValueError(f"it is joined of more than {_MOST_MEMBERS:,} gzip files")
            else:
                packed = self._member.unconsumed_tail or self._file.read(_BLOCK)
                if not packed:
                    raise EOFError("it ends early")
            parts.append(self._member.decompress(packed, size))
            size -= len(parts[-1])
        return b"".join(parts)


class _Directory(io.BufferedIOBase):
    """A file of which no more is read at once than a zip's list of entries may need: `ZipFile` believes its size."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int | None = -1, /) -> bytes:
        most = _MOST_DIRECTORY + 1
        data = self._file.read(most if size is None or not 0 <= size < most else size)
        if len(data) == most:
            raise ValueError(f"its list of entries has more than {_MOST_DIRECTORY:,} bytes")
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _opened(path: str | os.PathLike[str]) -> BinaryIO:
    """The file, open to be read, if it is one: a pipe or a device has no end that could be judged."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"a path is expected, text or pathlib.Path, not {type(path).__name__}")
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115, the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise ValueError(f"{path} is no regular file")
    return file


def _without_waiting(path: str, flags: int) -> int:
    """Opening a pipe that nobody writes to would wait for ever."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


@contextmanager
def _told(path: object, what: str) -> Iterator[None]:
    """Tell in one line what goes wrong with the content of a file."""
    try:
        yield
    except (
        ValueError,
        EOFError,
        RuntimeError,  # NotImplementedError too
        MemoryError,
        OverflowError,
        struct.error,
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        zlib.error,
    ) as error:
        raise ValueError(_line(path, what, error)) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the start of the file
            raise
        raise ValueError(_line(path, what, error)) from error


def _line(path: object, what: str, error: BaseException) -> str:
    """One line, however many the error has, and no longer than people read."""
    why = " ".join(str(error).split())
    return f"{path} {what}" + (f": {why[:200]}" if why else "")


def _judged(entries: list[zipfile.ZipInfo], path: object, limit: int, most_entries: int) -> dict[str, zipfile.ZipInfo]:
    """The files of a zip by name, if all of it may be read."""
    if len(entries) > most_entries:
        raise ValueError(f"{path} has {len(entries):,} entries; at most {most_entries:,} are read")
    files: dict[str, zipfile.ZipInfo] = {}
    seen = set()
    for entry in entries:
        name, kind = entry.orig_filename, stat.S_IFMT(entry.external_attr >> 16)
        fault = None
        if not _stays_inside(name):
            fault = "has a path that leads out of the archive"
        elif name in seen:
            fault = "is there twice"
        elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            fault = "is a link or a device, no file"
        elif entry.flag_bits & 0x61:
            fault = "is encrypted or patched"
        elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            fault = f"is packed by the method {entry.compress_type}; only stored (0) and deflate (8) are read"
        elif entry.file_size > _BEST_RATIO * entry.compress_size:
            fault = f"promises {entry.file_size:,} bytes, more than {entry.compress_size:,} packed ones can hold"
        if fault:
            raise ValueError(f"{path} can't be read: the entry {shortened(name)} {fault}")
        seen.add(name)
        if not name.endswith("/"):
            files[name] = entry
    total = sum(entry.file_size for entry in files.values())
    if total > limit:
        raise ValueError(f"{path} can't be read: {_too_large(total, limit)}")
    return files


def _stays_inside(name: str) -> bool:
    """Whether the path is a plain one, whatever system reads it."""
    parts = name.removesuffix("/").split("/")
    return not ({"", ".", ".."} & set(parts) or re.search(r"[\x00-\x1f\\:]", name))


def _too_large(n_bytes: int, limit: int) -> str:
    return f"it promises {n_bytes:,} bytes, the limit is {limit:,}; give a larger `limit` if you trust the file"


def _incomplete(n_bytes: int, shape: tuple[int, ...], there: str) -> str:
    shown = shortened(shape)
    return (
        f"it is not complete: its header promises {n_bytes:,} bytes of data {shown}, but there are {there}; "
        "fetch it again"
    )


def _n_bytes(shape: tuple[int, ...], dtype: np.dtype[Any], limit: int) -> int:
    """How many bytes an array has, if that is within the limit."""
    if len(shape) > 32:
        raise ValueError(f"it has {len(shape)} dimensions; at most 32 are read")
    # A length of 0 would hide the others, but NumPy multiplies them all the same.
    n_bytes = dtype.itemsize * prod(max(length, 1) for length in shape)
    if n_bytes > limit:
        raise ValueError(_too_large(n_bytes, limit))
    return 0 if 0 in shape else n_bytes


def _exactly(file: BinaryIO, n_bytes: int) -> bytearray:
    data = bytearray(n_bytes)
    n_read = _fill(data, file)
    if n_read < n_bytes or file.read(1):
        raise ValueError(f"{n_bytes:,} bytes are promised, but there are {'more' if n_read == n_bytes else n_read}")
    return data


def _fill(data: bytearray, file: BinaryIO | Gunzip) -> int:
    """Read until the data are full or the file ends; how many bytes came."""
    n_read = 0
    while n_read < len(data) and (block := file.read(min(_BLOCK, len(data) - n_read))):
        data[n_read : n_read + len(block)] = block
        n_read += len(block)
    return n_read


_ITEM = (
    r"""(?:(?P<{0}>['"](?:descr|fortran_order|shape)['"])\s*:\s*(?P<{1}>True|False|'[^'\\]*'|"[^"\\]*"|\([\d,\s]*\)))"""
)
_HEADER = re.compile(
    r"\s*\{\s*" + r"\s*,\s*".join(_ITEM.format(f"key_{i}", f"value_{i}") for i in range(3)) + r"\s*,?\s*\}\s*"
)
"""A dictionary of three items. Python's own parser isn't asked: a stranger's text may make it slow or deep."""
_SHAPE = re.compile(r"\(\s*(?:\d{1,18}\s*,\s*)*(?:\d{1,18})?\s*\)")
_DESCR = re.compile(r"[<>|=]?[a-zA-Z]\d{0,9}")


def _array(file: BinaryIO, n_bytes: int) -> NDArray[Any]:
    """The array of an .npy file of so many bytes; its header is held against them before they are read.

    https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
    """
    start = file.read(8)
    version = tuple(start[6:])
    if start[:6] != b"\x93NUMPY" or version not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError(f"it is no .npy file: it starts with {start!r}")
    width = 2 if version == (1, 0) else 4
    length = int.from_bytes(file.read(width), "little")
    if length > min(_MOST_HEADER, n_bytes - 8 - width):
        raise ValueError(f"the header of its array has {length:,} bytes; at most {_MOST_HEADER:,} are read")
    header = file.read(length).decode("utf-8" if version == (3, 0) else "latin-1")
    dtype, fortran, shape = _parsed(header)
    promised = _n_bytes(shape, dtype, max(n_bytes, MOST_BYTES))
    there = n_bytes - 8 - width - length
    if promised != there:
        raise ValueError(f"its header promises {promised:,} bytes for {shortened(shape)}, but {there:,} follow")
    data = _exactly(file, promised)
    if dtype.kind == "U" and np.frombuffer(data, dtype.byteorder + "u4").max(initial=0) > 0x10FFFF:
        raise ValueError("its text has characters that do not exist")
    if dtype.kind == "b" and np.frombuffer(data, "u1").max(initial=0) > 1:
        raise ValueError("its truth values are not 0 or 1")
    return _native(np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C"))


def _parsed(header: str) -> tuple[np.dtype[Any], bool, tuple[int, ...]]:
    """The type, whether columns come first, and the shape."""
    found = _HEADER.fullmatch(header)
    items = {found[f"key_{i}"][1:-1]: found[f"value_{i}"] for i in range(3)} if found else {}
    descr, fortran, shape = (items.get(key, "") for key in ("descr", "fortran_order", "shape"))
    if fortran not in ("True", "False") or not _SHAPE.fullmatch(shape) or descr[:1] not in ("'", '"'):
        raise ValueError(f"the header of its array is odd: {shortened(header.strip())}")
    descr = descr[1:-1]
    try:
        dtype = np.dtype(descr) if _DESCR.fullmatch(descr) else None
    except (TypeError, ValueError):
        dtype = None
    if dtype is None or dtype.kind not in "biufUS" or not dtype.itemsize:
        raise ValueError(f"its array holds {shortened(descr)}; only real numbers and text are read")
    return dtype, fortran == "True", tuple(int(number) for number in re.findall(r"\d+", shape))


def _native(array: NDArray[Any]) -> NDArray[Any]:
    """In the order of bytes of this machine, which other libraries take for granted."""
    return array.astype(array.dtype.newbyteorder("="), copy=False)
