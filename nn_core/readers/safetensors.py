"""safetensors: a length, a JSON table of names, types, shapes and places, then the numbers.

https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn_core.readers.files import read_bytes

MOST_HEADER = 1_000_000
_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U8": "|u1",
}  # fmt: skip


def read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file by name.

    Raises:
        ValueError: it is damaged: the places of two arrays overlap, or lie outside of the file.
    """
    data = memoryview(read_bytes(path))
    length = int.from_bytes(data[:8], "little")
    if len(data) < 10 or length > min(MOST_HEADER, len(data) - 8):
        raise ValueError(
            f"its table has {length:,} bytes, expected at most {min(MOST_HEADER, max(len(data) - 8, 0)):,}"
        )
    table = parse_json(bytes(data[8 : 8 + length]), "its table")
    if not isinstance(table, dict):
        raise ValueError("its table is no JSON object")
    body = data[8 + length :]
    arrays, places = {}, []
    for name, entry in table.items():
        if name != "__metadata__":
            arrays[name], place = _array(name, entry, body)
            places.append(place)
    end = 0
    for start, stop in sorted(places):
        if start != end:
            raise ValueError(
                f"it is damaged: between its arrays, bytes {min(start, end)} to {max(start, end)} don't fit"
            )
        end = stop
    if end != len(body):
        raise ValueError(f"it is damaged: {len(body):,} bytes follow the table, its arrays take {end:,}")
    return arrays


def _array(name: str, entry: Any, body: memoryview) -> tuple[NDArray[Any], tuple[int, int]]:
    match entry:
        case {"dtype": str(kind), "shape": [*shape], "data_offsets": [int(start), int(stop)]} if all(
            type(number) is int and number >= 0 for number in (*shape, start, stop)
        ):
            pass
        case _:
            raise ValueError(f"the entry of its array {name!r} has no dtype, shape and data_offsets as expected")
    if kind not in _TYPES:
        raise ValueError(f"its array {name!r} is of type {kind}, expected one of {', '.join(_TYPES)}")
    if len(shape) > 8:
        raise ValueError(f"its array {name!r} has {len(shape)} dimensions, expected at most 8")
    size = prod(shape) * np.dtype(_TYPES[kind]).itemsize
    if not start <= stop <= len(body) or stop - start != size:
        raise ValueError(f"its array {name!r} of shape {tuple(shape)} doesn't fit the bytes {start} to {stop}")
    row: NDArray[Any] = np.frombuffer(body[start:stop], _TYPES[kind])
    if kind == "BF16":  # the upper half of a float32
        row = (row.astype(np.uint32) << 16).view(np.float32)
    return row.reshape(shape), (start, stop)


def parse_json(text: bytes | str, what: str) -> Any:
    """JSON in which no name stands twice.

    Raises:
        ValueError: it is none, or nested too deeply.
    """

    def unique(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError(f"{what} has a name twice")
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except RecursionError as error:
        raise ValueError(f"{what} is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{what} is no text in UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"{what} is no JSON: {error}") from error
