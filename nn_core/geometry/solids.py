"""Planes in space, cut out by a box: the cuts between classes in a hidden layer of width 3."""

from __future__ import annotations

from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nn_core.arrays import numbers
from nn_core.geometry.box import Array


def plane_in_box(normal: ArrayLike, offset: float, low: ArrayLike, high: ArrayLike) -> Array:
    """The convex polygon that a box in space cuts out of the plane normal . p = offset.

    Args:
        normal: (3,), not zero.
        offset: how far along the normal the plane lies, times the normal's length.
        low: (3,) the lowest corner of the box.
        high: (3,) the highest.

    Returns:
        (k, 3) corners in order around the normal, counter-clockwise seen from its tip; k is 0 where the plane misses
        the box.

    Raises:
        ValueError: the normal is zero.

    >>> plane_in_box([0, 0, 2], 1, [0, 0, 0], [1, 1, 1]).tolist()
    [[0.0, 0.0, 0.5], [1.0, 0.0, 0.5], [1.0, 1.0, 0.5], [0.0, 1.0, 0.5]]
    """
    n, low, high = (
        numbers(v, name, shape=(3,), dtype=np.float64) for v, name in ((normal, "normal"), (low, "low"), (high, "high"))
    )
    if not n.any():
        raise ValueError("the normal is 0, which is no direction: give the normal of a plane")
    corners = np.array(list(product(*zip(low, high, strict=True))))
    values = corners @ n - offset
    # The corners of a box differ in one coordinate along each of its 12 edges.
    ends = [(i, i | bit) for i in range(8) for bit in (1, 2, 4) if not i & bit]
    points = [
        corners[i] + (corners[j] - corners[i]) * values[i] / (values[i] - values[j])
        for i, j in ends
        if (values[i] < 0) != (values[j] < 0)
    ]
    if not points:
        return np.empty((0, 3))
    found = np.array(points)
    # Two axes within the plane, right-handed with the normal.
    first = np.eye(3)[np.argmin(np.abs(n))]
    first = first - n * (first @ n) / (n @ n)
    second = np.cross(n, first)
    around = found - found.mean(axis=0)
    angles = np.arctan2(around @ second / np.linalg.norm(second), around @ first / np.linalg.norm(first))
    return np.asarray(found[np.argsort(angles)])


class WinningPlane(NamedTuple):
    """A convex piece of a plane between two classes.

    Attributes:
        polygon: (k, 3) its corners, counter-clockwise seen from the side of the first class.
        classes: the class on the side that the corners turn to, and the one behind.
    """

    polygon: Array
    classes: tuple[int, int]


def winning_planes(weight: ArrayLike, bias: ArrayLike, low: ArrayLike, high: ArrayLike) -> list[WinningPlane]:
    """Where in a box in space the largest of K affine functions changes: the decision boundary of a last layer.

    Of the plane on which two of them are equal only that part counts where no other is larger. It is convex.

    Args:
        weight: (K, 3), and
        bias: (K,): the scores at h are weight @ h + bias. A single one competes with 0: its sign is the class.
        low: (3,) the lowest corner of the box.
        high: (3,) the highest.

    Returns:
        The pieces that have an area, for the pairs of classes i < j in order. Of equal functions the first wins.

    Raises:
        ValueError: the shapes are others, a number is not finite, or the box has no room.

    >>> [piece] = winning_planes([[0, 0, 2], [0, 0, 0]], [-1, 0], [0, 0, 0], [1, 1, 1])
    >>> piece.classes, piece.polygon.tolist()
    ((0, 1), [[0.0, 0.0, 0.5], [1.0, 0.0, 0.5], [1.0, 1.0, 0.5], [0.0, 1.0, 0.5]])
    """
    W, b, low, high = (
        numbers(v, name, dtype=np.float64)
        for v, name in ((weight, "weight"), (bias, "bias"), (low, "low"), (high, "high"))
    )
    if W.ndim != 2 or W.shape[1] != 3 or not len(W) or b.shape != W.shape[:1]:
        raise ValueError(f"weight has shape {W.shape} and bias {b.shape}, expected (K, 3) and (K,)")
    if low.shape != (3,) or high.shape != (3,) or not (low < high).all():
        raise ValueError(f"the box reaches from {low} to {high}, expected two corners (3,), the first below the second")
    if len(W) == 1:
        W, b = np.vstack([np.zeros(3), W]), np.append(0.0, b)
    # Of functions that are the same only the first can win.
    rows = sorted(np.unique(np.column_stack([W, b]), axis=0, return_index=True)[1].tolist())
    # What is thinner than rounding allows to know is left out.
    least = 1e-12 * float((high - low).max())
    found = []
    for i, j in combinations(rows, 2):
        normal = W[i] - W[j]
        if not normal.any():
            continue
        polygon = plane_in_box(normal, b[j] - b[i], low, high)
        for k in rows:
            if k in (i, j):
                continue
            lead = polygon @ (W[i] - W[k]) + (b[i] - b[k])
            reach = np.abs(polygon) @ (np.abs(W[i]) + np.abs(W[k])) + np.abs(b[i]) + np.abs(b[k])
            if (np.abs(lead) > 1e-12 * reach).any():
                polygon = _half(polygon, lead)
            elif (W[k] - W[i]) @ normal > 0 or (W[j] - W[k]) @ normal > 0:
                # Equal on all of it, the third one wins beside it.
                polygon = polygon[:0]
        polygon = _without_short_sides(polygon, least)
        if len(polygon) > 2 and _width(polygon) > least:
            found.append(WinningPlane(polygon, (i, j)))
    return found


def _half(polygon: Array, values: Array) -> Array:
    """The part of a convex polygon (k, 3) where an affine function, given at its corners (k,), is not negative."""
    corners = []
    for start, end, at_start, at_end in zip(
        polygon, np.roll(polygon, -1, axis=0), values, np.roll(values, -1), strict=True
    ):
        if at_start >= 0:
            corners.append(start)
        if (at_start < 0 < at_end) or (at_end < 0 < at_start):
            corners.append(start + (end - start) * (at_start / (at_start - at_end)))
    return np.array(corners).reshape(-1, 3)


def _without_short_sides(polygon: Array, least: float) -> Array:
    """A polygon (k, 3) without the corners that lie on the one before."""
    sides = polygon - np.roll(polygon, 1, axis=0)
    return np.asarray(polygon[np.linalg.norm(sides, axis=1) > least])


def _width(polygon: Array) -> float:
    """Twice the area of a convex polygon (k, 3), over its diameter: about how wide it is."""
    seen = polygon - polygon[0]
    area = np.linalg.norm(np.cross(seen[1:-1], seen[2:]).sum(axis=0))
    return float(area / np.linalg.norm(seen, axis=1).max())
