"""The door for arrays: what comes from outside is taken or refused here, alike everywhere.

Numbers may be a list, an array of any library that NumPy can read (a DataFrame), booleans, integers of any size and
floats of any precision. Text, dates, complex numbers, gaps (masked or None), ragged rows, NaN and infinity are refused
in one line: a TypeError where the kind is wrong, a ValueError where a value or a shape is.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral, Real
from reprlib import repr as _shortened
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array = NDArray[np.floating[Any]]
Rng = int | np.random.Generator
"""A generator of random numbers, or the seed of one."""

MOST_NUMBERS = 2**28
"""In one array: 2 GB."""

_KINDS = {
    "U": "text",
    "T": "text",
    "S": "bytes",
    "M": "dates",
    "m": "spans of time",
    "c": "complex numbers",
    "V": "records",
}


def numbers(
    values: ArrayLike,
    name: str = "X",
    *,
    shape: tuple[int | str, ...] | None = None,
    dtype: DTypeLike | None = None,
    finite: bool = True,
) -> Array:
    """Real numbers as a NumPy array, without a copy where they are one already.

    Args:
        values: what was given.
        name: what an error calls it.
        shape: that is expected: a number for a length that is known, a letter for one that isn't.
        dtype: float32 or float64; None keeps either and makes float64 of all others.
        finite: whether NaN and infinity are refused.

    Raises:
        TypeError: they are no real numbers.
        ValueError: the shape is another, or a number is NaN, infinite or too large.

    >>> numbers([[1, 2], [3, 4]], shape=("n", 2)).dtype
    dtype('float64')
    """
    found = _array(values, name)
    if found.dtype.kind == "O":
        found = _unboxed(found, name)
    if found.dtype.kind not in "biuf":
        raise TypeError(f"{_holds(name)} {_KINDS.get(found.dtype.kind, found.dtype)}, expected real numbers")
    if shape is not None and not (
        found.ndim == len(shape)
        and all(isinstance(want, str) or want == is_ for want, is_ in zip(shape, found.shape, strict=True))
    ):
        raise ValueError(f"{_holds(name, 'ha')} shape {found.shape}, expected {_shown(shape)}")
    if found.size > MOST_NUMBERS:
        raise ValueError(f"{_holds(name)} {found.size:,} numbers; at most {MOST_NUMBERS:,} are taken")
    if dtype is None:
        dtype = found.dtype if found.dtype in (np.float32, np.float64) else np.float64
    with np.errstate(over="ignore", invalid="ignore"):  # a signalling NaN is one like others
        array: Array = np.asarray(found).astype(dtype, copy=False)
    if finite and not np.isfinite(array).all():
        where = f" (first in row {int(np.argwhere(~np.isfinite(array))[0][0])})" if array.ndim else ""
        raise ValueError(f"{_holds(name)} NaN or infinity{where}, expected finite numbers")
    return array


def near_one(x: Array) -> tuple[Array, int]:
    """The numbers divided by a power of 2, so that the largest is near 1, and its exponent; it rounds nothing.

    Squares, sums and differences don't overflow then.

    >>> near_one(np.array([4e200, 1e200]))[0].max() <= 1
    np.True_
    """
    exponent = int(np.frexp(np.abs(x).max(initial=0.0))[1])
    return np.ldexp(x, -exponent), exponent


def whole_number(value: Any, name: str, *, least: int = 0, most: int | None = None) -> int:
    """A whole number: an integer, or a float such as 1e2 that is one.

    Raises:
        TypeError: it is no number.
        ValueError: it is not whole, below `least` or above `most`.

    >>> whole_number(1e2, "epochs")
    100
    """
    number = _single(value, name)
    if number != number or number in (float("inf"), float("-inf")) or number != int(number):
        raise ValueError(f"{name} is {shortened(value)}, expected a whole number")
    if number < least or (most is not None and number > most):
        range_ = f"at least {least}" if most is None else f"{least} to {most}"
        raise ValueError(f"{name} is {shortened(int(number))}, expected {range_}")
    return int(number)


def real_number(value: Any, name: str, *, least: float | None = None, most: float | None = None) -> float:
    """A finite real number.

    Raises:
        TypeError: it is no number.
        ValueError: it is NaN, infinite, below `least` or above `most`.
    """
    try:
        number = float(_single(value, name))
    except OverflowError:
        number = float("inf")
    if not np.isfinite(number):
        raise ValueError(f"{name} is {shortened(value)}, expected a finite number")
    if (least is not None and number < least) or (most is not None and number > most):
        range_ = f"at least {least:g}" if most is None else f"{'' if least is None else f'{least:g} '}to {most:g}"
        raise ValueError(f"{name} is {number:g}, expected {range_}")
    return number + 0.0  # no -0, of which NumPy's generators say that it is below 0


def generator(rng: Any) -> np.random.Generator:
    """The generator of random numbers, or one with this seed.

    Raises:
        TypeError: it is neither.
        ValueError: the seed is negative.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    try:
        return np.random.default_rng(whole_number(rng, "rng"))
    except TypeError:
        raise TypeError(f"rng is {shortened(rng)}, expected np.random.default_rng(seed), or the seed alone") from None


@dataclass(frozen=True, eq=False)
class Labels:
    """The class of each point.

    Attributes:
        index: (n,) which of the names, from 0.
        names: of the classes, in order: text, whole numbers, or False and True.
    """

    index: NDArray[np.int64]
    names: tuple[str | int | bool, ...]


def labels_of(y: ArrayLike) -> Labels:
    """The classes of labels of any kind, numbered in the order of their names.

    Args:
        y: (n,) or (n, 1): text, whole numbers with or without gaps, or booleans.

    Raises:
        TypeError: the labels are of another kind, or of several.
        ValueError: the shape is another, or a label is missing or no whole number.

    >>> labels_of(["dog", "cat", "dog"])
    Labels(index=array([1, 0, 1]), names=('cat', 'dog'))
    >>> labels_of([-1, 1, 7]).names
    (-1, 1, 7)
    """
    array = _array(y, "labels", as_objects=isinstance(y, list | tuple))
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"labels have shape {array.shape}, expected (n,): one for each point")
    kind = array.dtype.kind
    if kind == "f":
        with np.errstate(invalid="ignore"):
            whole = array.astype(np.int64)
        if not (whole == array).all():
            raise ValueError("labels hold numbers that are not whole; classes have whole numbers, text or booleans")
        array = whole
    elif kind not in "biuUTSO":
        raise TypeError(f"labels are {_KINDS.get(kind, array.dtype)}, expected text, whole numbers or booleans")
    if kind in "SOT":
        plain = [_plain_label(label) for label in array.tolist()]
        if len({type(label) for label in plain}) > 1:
            raise TypeError("labels are of several kinds; give all as text, all as whole numbers or all as booleans")
        ordered = sorted(set(plain))
        number = {name: i for i, name in enumerate(ordered)}
        return Labels(np.array([number[label] for label in plain], np.int64), tuple(ordered))
    names, index = np.unique(array, return_inverse=True)
    return Labels(index.astype(np.int64), tuple(names.tolist()))


def _plain_label(label: Any) -> str | int | bool:
    if isinstance(label, bytes):
        try:
            return label.decode()
        except UnicodeDecodeError:
            raise ValueError(f"labels hold the bytes {shortened(label)}, which are no text") from None
    if isinstance(label, str):
        return str(label)
    if isinstance(label, bool | np.bool_):
        return bool(label)
    if isinstance(label, Integral):
        return int(label)
    if isinstance(label, Real) and float(label).is_integer():
        return int(float(label))
    raise ValueError(f"labels hold {shortened(label)}; classes have whole numbers, text or booleans")


def _single(value: Any, name: str) -> Any:
    """The number in a Python number, or in an array of no dimension."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(f"{name} is {shortened(value)}, expected a number")
    return value


def shortened(value: Any) -> str:
    """What was given, in one line of a few words, for an error to show."""
    return " ".join(_shortened(value).split())


def _shown(shape: Iterable[int | str]) -> str:
    lengths = [str(length) for length in shape]
    return f"({lengths[0]},)" if len(lengths) == 1 else f"({', '.join(lengths)})"


def _array(values: Any, name: str, *, as_objects: bool = False) -> NDArray[Any]:
    """As NumPy has it, whatever kind it is; or its objects one by one, which NumPy would make alike."""
    if isinstance(values, np.ndarray) and type(values) is np.ndarray:
        return values
    if np.ma.is_masked(values):
        raise ValueError(f"{_holds(name)} masked entries; remove or fill those")
    if hasattr(values, "__len__") and len(values) > MOST_NUMBERS:
        raise ValueError(f"{_holds(name)} {len(values):,} entries; at most {MOST_NUMBERS:,} are taken")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as NumPy's for a masked entry in a list, which becomes NaN
            found = np.asarray(values, object if as_objects else None)
    except Exception as error:  # `__array__` may be anybody's
        why = " ".join(str(error).split())
        if "inhomogeneous" in why:
            why = "its rows differ in length"
        raise ValueError(f"{name} can't be read as an array: {why[:200]}") from None
    if found.ndim == 0 and found.dtype.kind == "O":
        raise TypeError(f"{name} can't be {_a_or_none(values)}, expected an array or a list of numbers")
    return found


def _holds(name: str, verb: str = "hold") -> str:
    """The name and its verb, for one thing or for several."""
    several = name.endswith("s") and not name.endswith("bias")
    return f"{name} {'have' if several and verb == 'ha' else verb if several else verb + 's'}"


def _a_or_none(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _unboxed(array: NDArray[Any], name: str) -> Array:
    """The numbers that are kept as Python objects, such as integers that no type of NumPy's can hold."""
    numbers_ = np.empty(array.shape)
    for place, value in np.ndenumerate(array):
        if not isinstance(value, Real | np.bool_):
            raise TypeError(f"{_holds(name)} {shortened(value)} ({type(value).__name__}), expected real numbers")
        try:
            numbers_[place] = float(value)
        except OverflowError:
            raise ValueError(f"{_holds(name)} {shortened(value)}, which is too large") from None
    return numbers_
