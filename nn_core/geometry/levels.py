"""Level lines: where a function over a mesh has a given value."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nn_core.arrays import numbers
from nn_core.geometry.box import Array, Indices


def level_lines(vertices: Array, triangles: Indices, values: ArrayLike, levels: ArrayLike) -> Array:
    """The lines on which a function that is affine on each triangle takes some values.

    Args:
        vertices: (n, d).
        triangles: (m, 3) indices of vertices.
        values: (n,) of the function at the vertices.
        levels: (k,) the values that are looked for; a vertex that has one counts as below it.

    Raises:
        TypeError: values or levels are no numbers.
        ValueError: there is not one value for each vertex, or a number is NaN or infinite.

    Returns:
        (s, 2, d) segments, those of the first level first.

    >>> corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> level_lines(corners, np.array([[0, 1, 2]]), [0.0, 1.0, 1.0], [0.5]).tolist()
    [[[0.5, 0.0], [0.0, 0.5]]]
    """
    heights = numbers(values, "values", shape=(len(vertices),), dtype=np.float64)
    found = [np.empty((0, 2, vertices.shape[1]))]
    for level in np.ravel(numbers(levels, "levels")):
        above = heights[triangles] > level
        cut = above.any(axis=1) & ~above.all(axis=1)
        above, corners = above[cut], triangles[cut]
        # Of three corners one lies by itself: both edges that begin there cross the level.
        alone = np.argmax(above == (above.sum(axis=1) == 1)[:, None], axis=1)
        start, *others = (corners[np.arange(len(corners)), (alone + i) % 3] for i in range(3))
        ends = []
        for other in others:
            share = (level - heights[start]) / (heights[other] - heights[start])
            ends.append(vertices[start] + share[:, None] * (vertices[other] - vertices[start]))
        found.append(np.stack(ends, axis=1))
    return np.concatenate(found)
