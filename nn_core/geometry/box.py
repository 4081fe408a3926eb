"""Boxes: the rectangles of the plane, (x_min, x_max, y_min, y_max), that pictures and exact geometry fill."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_core.arrays import Array as Array
from nn_core.arrays import numbers, shortened

Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]
Box = tuple[float, float, float, float]
_LARGEST = 1e100  # squares of larger coordinates leave the range of floats


def checked_box(box: Box) -> Box:
    """The box as four floats.

    Raises:
        ValueError: it is not (x_min, x_max, y_min, y_max) with finite numbers that leave room between them.
    """
    sides = numbers(box, "box", dtype=np.float64, finite=False)
    if sides.shape != (4,) or not np.abs(sides).max() <= _LARGEST or sides[0] >= sides[1] or sides[2] >= sides[3]:
        raise ValueError(
            f"box is {shortened(box)}, expected (x_min, x_max, y_min, y_max) with x_min < x_max and y_min < y_max"
        )
    x_min, x_max, y_min, y_max = sides.tolist()
    return x_min, x_max, y_min, y_max


def box_corners(box: Box) -> Array:
    """The corners (4, 2) of a box, counter-clockwise from the lowest on the left.

    >>> box_corners((0, 2, -1, 1)).tolist()
    [[0.0, -1.0], [2.0, -1.0], [2.0, 1.0], [0.0, 1.0]]
    """
    x_min, x_max, y_min, y_max = checked_box(box)
    return np.array([[x_min, y_min], [x_max, y_min], [x_max, y_max], [x_min, y_max]])


def longer_side(box: Box) -> float:
    """The length of its longer side."""
    return max(box[1] - box[0], box[3] - box[2])


def in_box(points: Array, box: Box) -> NDArray[np.bool_]:
    """Which of these points (n, 2) lie in a box, its sides included: (n,)."""
    x, y = numbers(points, "points", shape=("n", 2)).T
    return np.asarray((box[0] <= x) & (x <= box[1]) & (box[2] <= y) & (y <= box[3]))


def grid_points(box: Box, n: int) -> Array:
    """The n * n crossings (n * n, 2) of a grid over a box whose outer lines are its sides, the lowest row first.

    >>> grid_points((0, 1, 0, 2), 2).tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [1.0, 2.0]]
    """
    x_min, x_max, y_min, y_max = checked_box(box)
    x, y = np.meshgrid(np.linspace(x_min, x_max, n), np.linspace(y_min, y_max, n))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def pixel_middles(box: Box, columns: int, rows: int | None = None) -> Array:
    """The middles (rows * columns, 2) of the pixels of a picture that fills a box, the top row first.

    What a function gives there is a picture after `.reshape(rows, columns)`.

    Args:
        box: (x_min, x_max, y_min, y_max).
        columns: pixels across.
        rows: pixels from top to bottom; as many as columns if None.

    >>> pixel_middles((0, 2, 0, 1), 2, 1).tolist()
    [[0.5, 0.5], [1.5, 0.5]]
    """
    x_min, x_max, y_min, y_max = checked_box(box)
    rows = columns if rows is None else rows
    across, down = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows
    x, y = np.meshgrid(x_min + across * (x_max - x_min), y_max - down * (y_max - y_min))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def box_around(points: ArrayLike, *, margin: float = 0.1, square: bool = False) -> Box:
    """The box that holds some points, with room around them.

    Args:
        points: (n, 2), at least one.
        margin: the room on each side, as a share of the longer side of what the points span.
        square: whether both sides of the box are as long as the longer one.

    Where the points span nothing, along one axis or both, the box is as wide as they are along the other one, or
    as their largest coordinate is, or 1.

    Raises:
        ValueError: there is no point, or a number is not finite; or the margin is negative.

    >>> box_around([[0, 0], [4, 2]], margin=0.25)
    (-1.0, 5.0, -1.0, 3.0)
    >>> box_around([[0, 0], [4, 2]], margin=0.0, square=True)
    (0.0, 4.0, -1.0, 3.0)
    """
    places = numbers(points, "points", dtype=np.float64)
    if places.ndim != 2 or places.shape[1] != 2 or not len(places):
        raise ValueError(f"points have shape {places.shape}, expected (n, 2) with at least one row of finite numbers")
    if np.abs(places).max() > _LARGEST:
        raise ValueError(f"points hold {np.abs(places).max():.4g}, but numbers up to {_LARGEST:g} are worked with")
    if not 0 <= margin < math.inf:
        raise ValueError(f"margin is {margin}, but it must be 0 or more: a share of what the points span")
    low, high = places.min(axis=0), places.max(axis=0)
    span = float((high - low).max())
    middle, half = (low + high) / 2, (high - low) / 2 + margin * span
    if square:
        half[:] = half.max()
    least = 0.5 * (span or max(1.0, float(np.abs(middle).max())))
    half = np.where(half > 0, half, least)
    return (
        float(middle[0] - half[0]),
        float(middle[0] + half[0]),
        float(middle[1] - half[1]),
        float(middle[1] + half[1]),
    )


def round_box(box: Box, step: float | None = None) -> Box:
    """The smallest box around this one whose sides lie at multiples of a step.

    Args:
        box: (x_min, x_max, y_min, y_max).
        step: above 0; if None, the `round_step` of the longer side.

    Raises:
        ValueError: the box is empty, or the step is not above 0.

    >>> round_box((-0.93, 1.1, -0.42, 0.4))
    (-1.0, 1.2, -0.6, 0.4)
    """
    box = checked_box(box)
    step = round_step(longer_side(box)) if step is None else step
    if not 0 < step < math.inf:
        raise ValueError(f"step is {step}, but it must be above 0")
    # A side that rounding alone keeps off a multiple is that multiple.
    low = [_multiple(math.floor(end / step + 1e-9), step) for end in (box[0], box[2])]
    high = [_multiple(math.ceil(end / step - 1e-9), step) for end in (box[1], box[3])]
    return low[0], high[0], low[1], high[1]


def round_step(length: float) -> float:
    """The largest of 1, 2 and 5 times the powers of ten that fits at least five times into a length.

    Raises:
        ValueError: the length is not above 0.

    >>> round_step(2.0), round_step(30.0), round_step(0.7)
    (0.2, 5.0, 0.1)
    """
    if not 0 < length < math.inf:
        raise ValueError(f"length is {length}, but it must be above 0")
    most = length / 5 * (1 + 1e-9)
    power = math.floor(math.log10(most))
    # From text, since a product such as 2 * 0.1 may be off in the last digit.
    return max(step for step in (float(f"{k}e{power}") for k in (1, 2, 5)) if step <= most)


def _multiple(times: int, step: float) -> float:
    """The multiple of a step, as the number that one would write: 6 * 0.1 is 0.6."""
    return float(f"{times * step:.12g}")
