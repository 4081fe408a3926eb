"""What callers give: arrays of all kinds and shapes, right and wrong, and single values."""

from __future__ import annotations

import datetime
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from nn_core.activations import ACTIVATIONS


class Foreign:
    """An array of another library."""

    def __init__(self, values):
        self.values = values

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)


DTYPES = [
    "f8", "f4", "f2", "g", ">f8", ">f4", "i8", "i4", "u1", "u8", "?", "c16", "M8[D]", "m8[s]", "U3", "S2", "O", "V4",
    "i4,f8",
]  # fmt: skip
NUMBERS = st.one_of(
    st.floats(-3, 3),
    st.integers(-3, 10).map(float),
    st.sampled_from([0.0, -0.0, 1e-310, 1e-160, 1e30, 1e160, 1e308, -1e308, 3.4e38, 1e39]),
)
ODD = st.one_of(
    NUMBERS,
    st.sampled_from(
        [float("nan"), float("inf"), None, "a", "1", b"x", 1j, True, 10**400, Fraction(1, 3), datetime.date(2020, 1, 1)]
    ),
    st.sampled_from([np.float32(1.5), np.int8(3), np.array(2.0), np.array([1.0]), np.ma.masked, (), [1], {}, object]),
)


def shapes(n_columns: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.one_of(
        st.integers(1, 12).map(lambda n: (n, n_columns)),
        st.tuples(st.integers(0, 5), st.integers(0, 5)),
        st.tuples(st.integers(0, 5)),
        st.just(()),
        st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
    )


@st.composite
def good(draw, shape, elements=NUMBERS):
    """Finite numbers of this shape, in any container."""
    size = int(np.prod(shape))
    values = np.array(draw(st.lists(elements, min_size=size, max_size=size)), float).reshape(shape)
    wrap = draw(st.sampled_from(["array", "list", "foreign", "object", "fortran", "f4", "strided", "masked"]))
    with np.errstate(all="ignore"):
        return {
            "array": lambda: values,
            "list": values.tolist,
            "foreign": lambda: Foreign(values),
            "object": lambda: values.astype(object),
            "fortran": lambda: np.asfortranarray(values),
            "f4": lambda: np.clip(values, -1e30, 1e30).astype(np.float32),
            "strided": lambda: np.repeat(values, 2, axis=0)[::2],
            "masked": lambda: np.ma.masked_array(values),
        }[wrap]()


@st.composite
def arrays(draw, n_columns):
    """Points, or what somebody might give for them."""
    shape = draw(shapes(n_columns))
    size = int(np.prod(shape))
    how = draw(st.sampled_from(["good", "good", "good", "dtype", "odd", "ragged", "masked", "single", "large"]))
    if how == "good":
        return draw(good((max(1, size // n_columns), n_columns)))
    if how == "dtype":
        raw = np.array(draw(st.lists(st.integers(0, 9), min_size=size, max_size=size))).reshape(shape)
        dtype = np.dtype(draw(st.sampled_from(DTYPES)))
        return np.zeros(shape, dtype) if dtype.kind == "V" else raw.astype(dtype)
    if how == "odd":
        values = draw(st.lists(st.lists(ODD, min_size=n_columns, max_size=n_columns), min_size=1, max_size=4))
        return draw(st.sampled_from([values, tuple(map(tuple, values)), Foreign(values)]))
    if how == "ragged":
        return draw(st.lists(st.lists(NUMBERS, max_size=3), max_size=3))
    if how == "masked":
        mask = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)), bool).reshape(shape)
        return np.ma.masked_array(np.ones(shape), mask)
    if how == "large":
        return draw(
            st.sampled_from([np.broadcast_to(1.0, (2**40, n_columns)), range(10**12), np.zeros((0, n_columns))])
        )
    return draw(ODD)


@st.composite
def labels(draw, n, n_classes):
    """Labels or targets of n points, or what somebody might give for them."""
    how = draw(st.sampled_from(["right", "right", "right", "float", "text", "column", "shares", "any", "short"]))
    index = draw(st.lists(st.integers(0, n_classes - 1), min_size=n, max_size=n))
    if how == "right":
        return draw(st.sampled_from([index, np.array(index, np.int64), np.array(index, object), tuple(index)]))
    if how == "float":
        return np.array(index, float)
    if how == "text":
        return [f"c{i}" for i in index]
    if how == "column":
        return np.array(index)[:, None] * draw(st.sampled_from([1, 2, 1.5])) - draw(st.sampled_from([0, 1]))
    if how == "shares":
        shares = np.array(draw(st.lists(st.floats(0, 1), min_size=n * n_classes, max_size=n * n_classes)))
        return shares.reshape(n, n_classes)
    return draw(arrays(n_classes)) if how == "any" else index[: n // 2]


ACTIVATION = st.one_of(
    st.sampled_from(sorted(ACTIVATIONS)), st.sampled_from(["leaky_relu(0.2)", "leaky_relu(-1)", "leaky_relu(2)"])
)


def mostly(right: st.SearchStrategy, wrong: st.SearchStrategy = ODD) -> st.SearchStrategy:
    """Nine times out of ten what is right."""
    return st.integers(0, 9).flatmap(lambda i: wrong if i == 0 else right)
