"""Boxes of the plane, (x_min, x_max, y_min, y_max): their corners, their size, and grids of points over them."""

from __future__ import annotations

import numpy as np

from nn_core.geometry.subdivision import Array, Box


def corners(box: Box) -> Array:
    """The four corners (4, 2), counter-clockwise from the lower left one.

    >>> corners((0, 2, 0, 1)).tolist()
    [[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]]
    """
    x_min, x_max, y_min, y_max = box
    return np.array([[x_min, y_min], [x_max, y_min], [x_max, y_max], [x_min, y_max]], dtype=float)


def longer_side(box: Box) -> float:
    """The length of the longer side."""
    return float(max(box[1] - box[0], box[3] - box[2]))


def scaled(box: Box, factor: float) -> Box:
    """The box with all its coordinates multiplied by a factor."""
    return (factor * box[0], factor * box[1], factor * box[2], factor * box[3])


def grid_points(box: Box, n: int) -> Array:
    """The nodes (n * n, 2) of a grid over a box with n lines in each direction, its sides among them."""
    x, y = np.meshgrid(np.linspace(box[0], box[1], n), np.linspace(box[2], box[3], n))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def pixel_centres(box: Box, n: int) -> Array:
    """The middles (n * n, 2) of the pixels of a picture of a box, n by n, row after row from the top.

    >>> pixel_centres((0, 2, 0, 2), 2).tolist()
    [[0.5, 1.5], [1.5, 1.5], [0.5, 0.5], [1.5, 0.5]]
    """
    x_min, x_max, y_min, y_max = box
    middles = (np.arange(n) + 0.5) / n
    x, y = np.meshgrid(x_min + middles * (x_max - x_min), y_max - middles * (y_max - y_min))
    return np.stack([x.ravel(), y.ravel()], axis=1)
