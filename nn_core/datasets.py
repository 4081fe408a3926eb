"""Data sets: small clouds of points in the plane with labels, drawn from a generator that is passed in.

Each function returns X (n, 2) float64 and y (n,) int64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator
Data = tuple[NDArray[np.float64], NDArray[np.int64]]


def _polar(radius: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (n, 2) at this radius and angle, counted from the x axis."""
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def _labelled(*classes: NDArray[np.float64]) -> Data:
    """The points of all classes one class after the other, labelled 0, 1, ..."""
    return np.concatenate(classes), np.repeat(np.arange(len(classes)), [len(points) for points in classes])


def make_crescent(n_per_class: int, *, noise: float = 0.12, rng: Rng) -> Data:
    """A full moon (0) within a crescent (1): no line separates them, two creases do.

    The moon is a disc of radius 0.7 around (0, -0.3); the crescent follows 200 degrees of the circle of
    radius 2 around the origin, open below. `noise` is the standard deviation added to both.
    """
    disc = _polar(0.7 * np.sqrt(rng.random(n_per_class)), rng.uniform(0, 2 * np.pi, n_per_class))
    disc[:, 1] -= 0.3
    arc = _polar(np.full(n_per_class, 2.0), np.deg2rad(rng.uniform(-10, 190, n_per_class)))
    return _labelled(*(part + rng.normal(0, noise, part.shape) for part in (disc, arc)))


def make_moons(n_per_class: int, *, noise: float = 0.1, rng: Rng) -> Data:
    """Two half circles of radius 1 that reach into each other."""
    upper, lower = (rng.uniform(0, np.pi, n_per_class) for _ in range(2))
    one = np.ones(n_per_class)
    classes = _polar(one, upper), _polar(one, -lower) + np.array([1, 0.5])
    return _labelled(*(part + rng.normal(0, noise, part.shape) for part in classes))


def make_spiral(n_per_class: int, *, n_classes: int = 5, noise: float = 0.2, rng: Rng) -> Data:
    """Arms from radius 0.2 to 1, each turning by 2 / n_classes of a whole turn; noise in radians."""
    radius = np.linspace(0.2, 1, n_per_class)
    arms = []
    for i in range(n_classes):
        turn = 2 * np.pi * np.linspace(i, i + 2, n_per_class) / n_classes
        # sin for x: the angle is counted clockwise from the top.
        arms.append(_polar(radius, np.pi / 2 - turn - rng.normal(0, noise, n_per_class)))
    return _labelled(*arms)
