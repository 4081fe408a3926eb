"""Points: data from a table (CSV and its relatives, parquet) or from arrays, with what was done to them told.

Nothing is left out in silence: rows with gaps, columns of text and everything that was guessed is in the `notes`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nn_core.archives import read_array, read_arrays
from nn_core.preprocessing import Rescaling, normalise
from nn_core.readers.files import check_size
from nn_core.readers.tables import Column, Format, column_of, read_table

Label = str | int | Literal[False] | None
LARGEST = 1e100
"""Squares of larger numbers are infinite: nothing can be computed of them."""
MOST_NUMBERS = 50_000_000


@dataclass(frozen=True, eq=False)
class Points:
    """Data of a task.

    Attributes:
        X: (n, d), float64.
        y: (n,): int64, the index of each point's class in `classes`; or float64, what a regression should give; or
            None if there are none.
        names: of the d features.
        classes: the names of the labels; empty if y holds no labels.
        notes: what was guessed or left out, a sentence each.
        scaling: what was done to X since it was read; None if nothing.
    """

    X: NDArray[np.float64]
    y: NDArray[np.int64] | NDArray[np.float64] | None
    names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    scaling: Rescaling | None = field(default=None, repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the numbers, the labels and their order, the names and the scaling: 64 hexadecimal digits."""
        total = hashlib.sha256()
        parts: list[Any] = [self.X, self.y]
        if self.scaling is not None:
            parts += [self.scaling.mean, self.scaling.matrix]
        for part in parts:
            array = np.ascontiguousarray(np.zeros(0) if part is None else part)
            total.update(f"{array.dtype.str}{array.shape}".encode())
            total.update(array.tobytes())
        total.update(repr((self.names, self.classes, self.y is None)).encode())
        return total.hexdigest()

    def standardised(self) -> tuple[Points, Rescaling]:
        """The points with mean 0 and standard deviation 1 in every feature, and the scaling that does it.

        The scaling's `folded_into(network)` gives the network of these points, exactly; `unfolded` the way back.
        """
        scaling = normalise(self.X)
        return replace(self, X=scaling.apply(self.X).astype(np.float64, copy=False), scaling=scaling), scaling

    def ordered(self, classes: Sequence[str]) -> Points:
        """The same points with their labels counted in another order of the classes, such as `network.classes`.

        Raises:
            ValueError: a point is of a class that is not among these.
        """
        if self.y is None or not self.classes:
            raise ValueError("the points have no classes")
        position = {name: i for i, name in enumerate(classes)}
        used = [self.classes[i] for i in np.unique(self.y)]
        if strangers := [name for name in used if name not in position]:
            raise ValueError(f"the points are of the class {strangers[0]!r}, expected one of {', '.join(classes)}")
        table = np.array([position.get(name, -1) for name in self.classes], np.int64)
        return replace(self, y=table[self.y.astype(np.int64)], classes=tuple(classes))

    def __len__(self) -> int:
        return len(self.X)

    def __repr__(self) -> str:
        what = f"{len(self.classes)} classes" if self.classes else "no labels" if self.y is None else "targets"
        return f"Points({len(self.X):,} of {self.X.shape[1]} features, {what})"


def read_points(
    path: str | PathLike[str],
    *,
    label: Label = None,
    separator: str | None = None,
    decimal: str | None = None,
    header: bool | None = None,
    regression: bool | None = None,
) -> Points:
    """The points in a file.

    Args:
        path: of a table as text (CSV, TSV, or with semicolons or blanks), of `.npz` (X, y), `.npy`, or `.parquet`.
        label: the column of the labels by name or by place (-1 is the last one), or False for none. Without it, it
            is a column with a name such as "label", "class" or "species"; or else the only column of text; or else
            the last one, if it holds few integers.
        separator: of a table; found out otherwise.
        decimal: "." or ","; found out otherwise.
        header: whether the first row is one of names; found out otherwise.
        regression: whether the label is a number to be met, instead of a class; otherwise it is one if it is not text
            and has more than 20 values or fractions.

    Raises:
        OSError: there is no such file.
        ValueError: it is damaged or too large, or it holds no numbers that can be taken.
    """
    path = Path(path)
    try:
        suffix = path.suffix.lower()
        if suffix == ".npz":
            return _from_arrays(read_arrays(path), regression)
        if suffix == ".npy":
            return _points(_columns(read_array(path)), label, regression, [])
        if suffix in (".parquet", ".pq"):
            columns, notes = _parquet(path), list[str]()
        else:
            columns, notes = read_table(path, Format(separator, decimal, header))
        return _points(columns, label, regression, notes)
    except ValueError as error:
        why = str(error).removeprefix(f"{path} ")
        raise ValueError(f"{path} can't be read as points: {' '.join(why.split())}") from error


# Arrays -----------------------------------------------------------------------------------------------------------

_KEYS = {
    "X": ("X", "x", "data", "points", "X_train", "x_train", "inputs", "features"),
    "y": ("y", "Y", "labels", "label", "target", "targets", "y_train", "outputs"),
    "names": ("names", "feature_names", "columns"),
    "classes": ("classes", "target_names", "class_names"),
}


def _from_arrays(arrays: Mapping[str, NDArray[Any]], regression: bool | None) -> Points:
    found = {role: next((arrays[key] for key in keys if key in arrays), None) for role, keys in _KEYS.items()}
    X, y = found["X"], found["y"]
    if X is None:
        raise ValueError(f"it lacks the array X; its arrays are {', '.join(arrays) or 'none'}")
    columns = _columns(X)
    if found["names"] is not None and len(found["names"]) == len(columns):
        columns = [replace(column, name=str(name)) for column, name in zip(columns, found["names"], strict=True)]
    if y is None:
        return _points(columns, False, regression, [])
    if y.ndim == 2 and y.shape[1] > 1 and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all():
        y = y.argmax(axis=1)  # one-hot
    y = y.reshape(-1) if y.ndim == 2 and y.shape[1] == 1 else y
    if y.shape != (len(X),):
        raise ValueError(f"its y has shape {y.shape}, expected ({len(X)},): a label for each row of X")
    texts = [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in y.tolist()]
    label = Column("y", y.astype(np.float64), texts) if y.dtype.kind in "fiub" else column_of("y", texts)
    points = _points([*columns, label], len(columns), regression, [])
    names = found["classes"]
    if points.classes and names is not None and names.ndim == 1 and y.dtype.kind in "iu" and y.min(initial=0) >= 0:
        if y.max(initial=0) >= len(names):
            raise ValueError(f"its y counts to {y.max()}, but it names {len(names)} classes")
        return replace(points, y=y.astype(np.int64), classes=tuple(str(name) for name in names.tolist()))
    return points


def _columns(X: NDArray[Any]) -> list[Column]:
    if X.dtype.kind not in "fiub" or X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"its X is {X.dtype} of shape {X.shape}, expected numbers (n, d)")
    if X.size > MOST_NUMBERS:
        raise ValueError(f"its X has {X.size:,} numbers, expected at most {MOST_NUMBERS:,}")
    return [Column(f"x_{i + 1}", column.astype(np.float64), None) for i, column in enumerate(X.T)]


def _parquet(path: Path) -> list[Column]:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise ValueError("to read parquet, pyarrow is needed: pip install pyarrow; or save it as CSV") from error
    check_size(path)
    try:
        file = parquet.ParquetFile(path)
        rows, names = file.metadata.num_rows, file.schema_arrow.names
        if rows * len(names) > MOST_NUMBERS:
            raise ValueError(f"it has {rows:,} rows of {len(names)}, expected at most {MOST_NUMBERS:,} values")
        table = file.read()
    except ValueError:
        raise
    except Exception as error:  # pyarrow has errors of its own
        raise ValueError(f"it is damaged: {error}") from error
    columns = []
    for name, values in zip(names, table.columns, strict=True):
        listed = values.to_pylist()
        if all(value is None or isinstance(value, int | float) for value in listed):
            numbers = np.array([np.nan if value is None else float(value) for value in listed])
            columns.append(Column(str(name), numbers, ["" if value is None else f"{value:g}" for value in listed]))
        else:
            columns.append(column_of(str(name), ["" if value is None else str(value) for value in listed]))
    return columns


# From columns to points -------------------------------------------------------------------------------------------

_LABEL_NAMES = ("label", "labels", "class", "classes", "target", "species", "category", "y", "outcome", "diagnosis")
_GUESSED_CLASSES = 20
_ROW_NAMES = ("", "id", "index", "unnamed: 0", "row")


def _points(columns: list[Column], label: Label, regression: bool | None, notes: list[str]) -> Points:
    chosen = _label_column(columns, label, notes)
    features = [column for column in columns if column is not chosen]
    kept = []
    for column in features:
        if column.numbers is None:
            text = next(
                (text for text, there in zip(column.texts or (), column.is_there(), strict=True) if there), None
            )
            what = "holds only gaps" if text is None else f"holds text (such as {text[:40]!r})"
            notes.append(f"the column {column.name!r} {what} and is left out")
        elif column.name.strip().lower() in _ROW_NAMES and len(features) > 1 and _counts(column.numbers):
            notes.append(f"the column {column.name!r} counts the rows and is left out")
        else:
            kept.append(column)
    if not kept:
        raise ValueError("it has no column of numbers, apart from the label")
    X = np.column_stack([column.numbers for column in kept if column.numbers is not None])
    complete = np.all(np.isfinite(X), axis=1)
    if not complete.all():
        first = int(np.flatnonzero(~complete)[0]) + 1
        n_gaps = int(np.sum(~complete))
        notes.append(f"{n_gaps} of {len(X)} rows have gaps (the first: row {first}) and are left out")
    if chosen is not None:
        labelled = chosen.is_there()
        if n_unlabelled := int(np.sum(complete & ~labelled)):
            notes.append(f"{n_unlabelled} rows have no label and are left out")
        complete = complete & labelled
    if not complete.any():
        raise ValueError("all of its rows have gaps")
    X = X[complete]
    if np.abs(X).max() > LARGEST:
        raise ValueError(f"it has numbers as large as {np.abs(X).max():.0e}, expected at most {LARGEST:.0e}")
    y, classes = (None, ()) if chosen is None else _labels(chosen, complete, regression)
    return Points(X, y, tuple(column.name for column in kept), classes, tuple(notes))


def _label_column(columns: list[Column], label: Label, notes: list[str]) -> Column | None:
    if label is False:
        return None
    if label is not None:
        return _named_column(columns, label)
    named = [column for column in columns if column.name.strip().lower() in _LABEL_NAMES]
    texts = [column for column in columns if column.numbers is None and not _all_differ(column)]
    last = columns[-1]
    if len(columns) < 2:
        return None
    if len(named) == 1:
        return named[0]
    if len(texts) == 1 or (texts and last is texts[-1]):
        chosen = texts[-1]
    elif last.numbers is not None and len(columns) > 2 and _few_integers(last.numbers):
        chosen = last
    else:
        return None
    notes.append(f"the column {chosen.name!r} is taken as the label")
    return chosen


def _named_column(columns: list[Column], label: str | int) -> Column:
    names = [column.name for column in columns]
    if isinstance(label, str):
        for found in (
            [column for column in columns if column.name == label],
            [column for column in columns if column.name.strip().lower() == label.strip().lower()],
        ):
            if len(found) == 1:
                return found[0]
            if found:
                raise ValueError(f"{len(found)} of its columns are called {label!r}")
        if not label.removeprefix("-").isdecimal() or len(label) > 6:
            raise ValueError(f"it has no column {label!r}; its columns are {', '.join(names[:12])}")
        label = int(label)
    if not -len(columns) <= label < len(columns):
        raise ValueError(f"it has no column {label}, but {len(columns)} columns: 0 to {len(columns) - 1}")
    return columns[label]


def _all_differ(column: Column) -> bool:
    texts = [text for text in column.texts or () if text]
    return len(texts) > _GUESSED_CLASSES and len(set(texts)) == len(texts)


def _few_integers(numbers: NDArray[np.float64]) -> bool:
    there = numbers[np.isfinite(numbers)]
    if not len(there) or (there != np.rint(there)).any():
        return False
    return 2 <= len(np.unique(there)) <= min(_GUESSED_CLASSES, max(2, len(there) // 2))


def _counts(numbers: NDArray[np.float64]) -> bool:
    return bool(np.isfinite(numbers).all() and (np.diff(numbers) == 1).all())


def _labels(
    column: Column, rows: NDArray[np.bool_], regression: bool | None
) -> tuple[NDArray[np.int64] | NDArray[np.float64], tuple[str, ...]]:
    if column.numbers is None:
        if regression:
            raise ValueError(f"the column {column.name!r} holds text: it can't be the target of a regression")
        texts = np.array(column.texts)[rows]
        names, y = np.unique(texts, return_inverse=True)
        return y.astype(np.int64), tuple(str(name) for name in names)
    numbers = column.numbers[rows]
    values, y = np.unique(numbers, return_inverse=True)
    whole = bool((values == np.rint(values)).all())
    if regression or (regression is None and not (whole and len(values) <= _GUESSED_CLASSES)):
        return numbers, ()
    return y.astype(np.int64), tuple(
        f"{value:.0f}" if value == np.rint(value) else repr(float(value)) for value in values
    )
