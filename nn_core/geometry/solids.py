"""Planes in space, cut out by a box."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from nn_core.geometry.subdivision import Array


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
    n, low, high = (np.asarray(v, np.float64) for v in (normal, low, high))
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
