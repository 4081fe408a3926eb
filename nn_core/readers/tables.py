"""Tables as text: CSV and its relatives, in the many ways in which they are written.

The file is read line by line with a limit, so that no file and no line can fill the memory.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn_core.readers.files import check_size

LONGEST_LINE = 1_000_000
"""Characters."""
MOST_CELLS = 4_000_000
"""As text they take some 250 MB. More points than that are better kept as .npz."""
MOST_COLUMNS = 10_000
_GAPS = {
    "",
    "na",
    "n/a",
    "nan",
    "null",
    "none",
    "?",
    "-",
    ".",
    "inf",
    "-inf",
    "+inf",
    "infinity",
    "-infinity",
    "missing",
}
_SEPARATORS = ("\t", ";", ",", "|", " ")
_SAMPLE = 50


@dataclass(frozen=True)
class Format:
    """How a table is written; None is to be found out.

    Attributes:
        separator: between the cells; a blank stands for any number of blanks.
        decimal: "." or ",".
        header: whether the first row has the names.
    """

    separator: str | None = None
    decimal: str | None = None
    header: bool | None = None


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a table.

    Attributes:
        name: of it.
        numbers: (n,), with NaN for gaps; None if a cell is no number.
        texts: the cells as they stand there; None where only the numbers are known.
    """

    name: str
    numbers: NDArray[np.float64] | None
    texts: Sequence[str] | None

    def is_there(self) -> NDArray[np.bool_]:
        """Which of its cells are no gaps: (n,)."""
        if self.numbers is not None:
            return np.isfinite(self.numbers)
        return np.array([text.strip().lower() not in _GAPS for text in self.texts or ()], bool)


def column_of(name: str, texts: Sequence[str], decimal: str = ".") -> Column:
    """A column of cells: of numbers, if all that are no gaps are numbers."""
    numbers = np.empty(len(texts))
    for i, text in enumerate(texts):
        value = _number(text, decimal)
        if value is None:
            return Column(name, None, [text.strip() for text in texts])
        numbers[i] = value
    if not np.isfinite(numbers).any():
        return Column(name, None, [text.strip() for text in texts])
    return Column(name, numbers, texts)


def read_table(path: Path, format: Format) -> tuple[list[Column], list[str]]:
    """The columns of a text file, and notes of what was guessed.

    Raises:
        ValueError: it is no text, too large, or its rows differ in length.
    """
    check_size(path, 1 << 40)
    notes: list[str] = []
    try:
        rows, comments, separator = _rows(path, _encoding(path), format)
    except UnicodeDecodeError:
        rows, comments, separator = _rows(path, "latin-1", format)
        notes.append("it is not in UTF-8 and is read as Latin-1: letters with accents may be wrong")
    width = len(rows[0])
    decimal = format.decimal or _decimal(rows, separator)
    header = format.header if format.header is not None else _has_header(rows, decimal)
    if header and len(rows) < 2:
        raise ValueError("it has a row of names and no rows of numbers")
    names = [name.strip() for name in rows.pop(0)] if header else _named_by(comments, width)
    columns = [
        column_of(name or f"x_{i + 1}", texts, decimal)
        for i, (name, texts) in enumerate(zip(names, zip(*rows, strict=True), strict=True))
    ]
    return columns, notes


def _encoding(path: Path) -> str:
    with open(path, "rb") as file:
        start = file.read(4096)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in start:
        raise ValueError(f"it begins with {start[:8]!r}: it is no text; expected CSV, .npz, .npy or .parquet")
    return "utf-8-sig"


def _rows(path: Path, encoding: str, format: Format) -> tuple[list[list[str]], list[str], str]:
    comments: list[str] = []
    with open(path, "rb") as binary:
        text = io.TextIOWrapper(binary, encoding, newline="")
        lines = _lines(text, comments)
        sample = [line for _, line in zip(range(_SAMPLE), lines, strict=False)]
        if not sample:
            raise ValueError("it holds no rows")
        separator = format.separator or _separator(sample)
        if len(separator) != 1:
            raise ValueError(f"the separator is {separator!r}, expected one character")

        def all_lines() -> Iterator[str]:
            yield from sample
            yield from lines

        return _split(all_lines(), separator), comments, separator


def _lines(text: io.TextIOWrapper, comments: list[str]) -> Iterator[str]:
    """The lines that have something in them, without comments."""
    count = 0
    while line := text.readline(LONGEST_LINE + 1):
        count += 1
        if len(line) > LONGEST_LINE:
            raise ValueError(
                f"line {count} has more than {LONGEST_LINE:,} characters: a table has a line for each point"
            )
        if line.lstrip()[:1] in ("#", "%"):
            if len(comments) < 100:
                comments.append(line.strip().lstrip("#% "))
        elif line.strip():
            yield line


def _split(lines: Iterator[str], separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    width, n_cells = 0, 0
    try:
        for row in _cells(lines, separator):
            if rows and len(row) == width + 1 and not row[-1].strip():
                row.pop()  # a separator at the end of the line
            width = width or len(row)
            if width > MOST_COLUMNS:
                raise ValueError(f"its first row has {width:,} cells, expected at most {MOST_COLUMNS:,}")
            if len(row) != width:
                raise ValueError(f"row {len(rows) + 1} has {len(row)} cells, but the first one has {width}")
            n_cells += width
            if n_cells > MOST_CELLS:
                raise ValueError(f"it has more than {MOST_CELLS:,} cells: save so many points as .npz")
            rows.append(row)
    except csv.Error as error:
        raise ValueError(f"row {len(rows) + 1} is damaged ({error}); is a quote not closed?") from error
    if len(rows) > 1 and all(not row[-1].strip() for row in rows) and width > 1:
        rows = [row[:-1] for row in rows]
    return rows


def _cells(lines: Iterator[str] | Sequence[str], separator: str) -> Iterator[list[str]]:
    if separator == " ":
        for line in lines:
            yield line.split()
    else:
        yield from csv.reader(lines, delimiter=separator, skipinitialspace=True)


def _separator(sample: Sequence[str]) -> str:
    """The one that gives rows of one length, most of whose cells are numbers."""

    def score(separator: str) -> tuple[float, float, int]:
        try:
            rows = [row for row in _cells(list(sample), separator) if row]
        except csv.Error:
            return (0, 0, 0)
        if not rows:
            return (0, 0, 0)
        width, count = Counter(len(row) for row in rows).most_common(1)[0]
        cells = [cell for row in rows for cell in row]
        # After the first row, which may be names; of a table of one row there is only that.
        below = [cell for row in rows[1:] for cell in row] or cells
        numeric = sum(any(_number(cell, decimal) is not None for decimal in ".,") for cell in below) / len(below)
        return (count / len(rows) if width > 1 else 0, numeric, width)

    best = max(_SEPARATORS, key=score)
    return best if score(best)[2] > 1 else ","


_PLAIN = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_THOUSANDS = {
    ".": re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?"),
    ",": re.compile(r"[-+]?[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]*)?"),
}


def _number(text: str, decimal: str) -> float | None:
    """The number in a cell, NaN for a gap, None for other text."""
    text = text.strip().replace("\u2212", "-")
    if text.lower() in _GAPS:
        return float("nan")
    if len(text) > 400:
        return None
    if _THOUSANDS[decimal].fullmatch(text):
        text = text.replace("," if decimal == "." else ".", "")
    if decimal == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    return float(text) if _PLAIN.fullmatch(text) else None


def _decimal(rows: Sequence[Sequence[str]], separator: str) -> str:
    """The comma, if cells have commas that only a decimal comma explains."""
    cells = [cell.strip() for row in rows[: _SAMPLE * 4] for cell in row if "," in cell]
    as_point = sum(_number(cell, ".") is not None for cell in cells)
    as_comma = sum(_number(cell, ",") is not None for cell in cells)
    if separator == ",":
        return "," if as_comma > as_point else "."
    return "," if as_comma and as_comma >= as_point else "."


def _has_header(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """The first row has no number, and some row below has one in a place where the first has text."""

    def is_number(text: str) -> bool:
        value = _number(text, decimal)
        return value is not None and np.isfinite(value)

    first, below = rows[0], rows[1 : _SAMPLE + 1]
    if any(is_number(cell) for cell in first) or not any(cell.strip() for cell in first):
        return False
    return any(is_number(cell) for row in below for cell in row)


def _named_by(comments: Sequence[str], width: int) -> list[str]:
    """Names from a comment of as many words as there are columns, or x_1, x_2, ..."""
    for comment in comments:
        for words in (re.split(r"\s*[,;\t|]\s*", comment), comment.split()):
            if len(words) == width and width > 1 and not any(_PLAIN.fullmatch(word) for word in words):
                return words
    return [f"x_{i + 1}" for i in range(width)]
