"""The globe and its maps: places on a sphere, the cylinder around it, and what maps do to lengths and areas.

The sphere has the radius 1. A place is its longitude and latitude in radians, (n, 2). In space, z points to the north
pole, and the longitude 0 is at y = -1, so that it is in front for who looks along the y axis.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from nn_core.arrays import Array, numbers, real_number, shortened, whole_number

NORTHMOST = np.radians(84.0)
"""The latitude where Mercator's map ends, which would be infinitely high; what lies beyond is left out."""

MAPS: dict[str, Callable[[Array], Array]] = {
    "mercator": lambda latitude: np.arctanh(np.sin(np.clip(latitude, -NORTHMOST, NORTHMOST))),
    "equal_area": np.sin,
}
"""Heights on the cylinder around the globe: Mercator's keep angles (1569), Lambert's keep areas (1772)."""


def rolled(places: ArrayLike, *, stretched: float = 1.0, unrolled: float = 0.0, height: str = "mercator") -> Array:
    """Where places are while the globe becomes a cylinder, and while that is unrolled to a flat map at y = -1.

    The parallels of the globe are stretched to the length of the equator, by straight ways. The cylinder is then
    bent open: it has the curvature 1 - `unrolled` all over, and no length on it changes.

    Args:
        places: (n, 2).
        stretched: 0 for the globe, 1 for the cylinder.
        unrolled: 0 for the cylinder, 1 for the map; between these only what is stretched is a cylinder.
        height: the name of one of `MAPS`.

    Returns:
        (n, 3).

    Raises:
        TypeError: an argument is of another kind.
        ValueError: a share is not between 0 and 1, or there is no such map.

    >>> rolled([[0.0, 0.0], [np.pi / 2, 0.0]], unrolled=1).round(3).tolist()
    [[0.0, -1.0, 0.0], [1.571, -1.0, 0.0]]
    """
    x = numbers(places, "places", shape=("n", 2), dtype=np.float64)
    s, u = (
        real_number(share, name, least=0, most=1) for share, name in ((stretched, "stretched"), (unrolled, "unrolled"))
    )
    if height not in MAPS:
        raise ValueError(f"there is no map {shortened(height)}; choose one of {', '.join(MAPS)}")
    longitude, latitude = x.T
    radius = (1 - s) * np.cos(latitude) + s
    z = (1 - s) * np.sin(latitude) + s * MAPS[height](latitude)
    if u == 1:
        return np.stack([radius * longitude, -radius, z], axis=1)
    bend = 1 - u
    across = radius * np.sin(bend * longitude) / bend
    return np.stack([across, radius * ((1 - np.cos(bend * longitude)) / bend - 1), z], axis=1)


def on_globe(places: ArrayLike) -> Array:
    """Places (n, 2) as points of the sphere, (n, 3)."""
    return rolled(places, stretched=0)


def on_map(places: ArrayLike, height: str = "mercator") -> Array:
    """Places (n, 2) on a flat map, (n, 2): x from -pi to pi."""
    return rolled(places, unrolled=1, height=height)[:, ::2]


def circle(centre: ArrayLike, radius: float, n: int = 60) -> Array:
    """The places of a circle on the globe, (n, 2), as Tissot drew them on maps (1859).

    Args:
        centre: (2,) a place.
        radius: the angle from the centre to its points, in radians.
        n: how many points.

    Returns:
        Longitudes run on from that of the centre, beyond pi where the circle crosses the back of the globe.
    """
    longitude, latitude = numbers(centre, "centre", shape=(2,), dtype=np.float64)
    radius, n = real_number(radius, "radius", least=0, most=np.pi), whole_number(n, "n", least=3)
    turn = 2 * np.pi * np.arange(n) / n
    north, east = np.sin(radius) * np.cos(turn), np.sin(radius) * np.sin(turn)
    high = np.sin(latitude) * np.cos(radius) + np.cos(latitude) * north
    ahead = np.cos(latitude) * np.cos(radius) - np.sin(latitude) * north
    return np.stack([longitude + np.arctan2(east, ahead), np.arcsin(np.clip(high, -1, 1))], axis=1)


def area(corners: ArrayLike) -> float:
    """The area inside a polygon of the plane, (k, 2); below 0 where its corners run clockwise.

    >>> area([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0]])
    1.0
    """
    x, y = numbers(corners, "corners", shape=("k", 2), dtype=np.float64).T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
