"""The earth as a globe: land and sea, coastlines, a grid, and circles of one size as Tissot drew them."""

from __future__ import annotations

from functools import lru_cache
from typing import Self

import numpy as np

from nn_core.datasets import load_land
from nn_core.globe import NORTHMOST, circle, rolled
from nn_unfold.space.base import SpatialGroup, spatial_parts
from nn_unfold.space.primitives import Faces, Segments
from nn_unfold.theme import bilinear, rgb, theme

_CELL = np.radians(2.0)  # of the mesh; divides the latitude where Mercator's map ends
_LINES = np.radians(30.0)  # between two lines of the grid
_RASTER = (720, 1440)  # pixels of the picture of land and sea
_DRAWN = 2.0  # times as wide as other lines are the circles


class Globe(SpatialGroup):
    """The earth on a sphere of radius 1. `Unroll` makes maps of it.

    Args:
        radius: of the circles, in radians.
        latitudes: of their centres, in radians; on each of these parallels there is a circle every 30 degrees.

    Attributes:
        face, grid, coast, circles: the parts. Their `origin` (n, 2) holds places, longitude and latitude in radians.
        latitudes: of the centres of the circles.
        rings: of each latitude, the places (k, 2) of the circle next to the longitude 0.
    """

    def __init__(self, *, radius: float = np.radians(5.0), latitudes: tuple[float, ...]) -> None:
        tokens = theme()
        beyond = np.array([NORTHMOST + _CELL, np.pi / 2])
        inside = np.linspace(-NORTHMOST, NORTHMOST, 1 + round(2 * NORTHMOST / _CELL))
        up, across = np.concatenate([-beyond[::-1], inside, beyond]), np.linspace(-np.pi, np.pi, 181)
        places = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
        share = (places + np.array([np.pi, np.pi / 2])) / [2 * np.pi, np.pi]
        rgba = np.column_stack([bilinear(tokens.corners, share), np.ones(len(places))])
        self.face = Faces(
            np.zeros((len(places), 3)),
            _cells(len(up), len(across)),
            rgba,
            origin=places,
            uv=share,
            picture=_land_and_sea(),
        )
        full, half = np.pi, np.pi / 2
        meridians = [[[x, -half], [x, half]] for x in np.arange(-6, 7) * _LINES]
        parallels = [[[-full, y], [full, y]] for y in np.arange(-2, 3) * _LINES]
        self.grid = _lines(np.array(meridians + parallels), tokens.grid, tokens.grid_width, tokens.grid_opacity)
        self.coast = _lines(_coasts(load_land()), tokens.edge, tokens.line_width)
        self.latitudes = latitudes
        self.rings = [circle([0.0, latitude], radius) for latitude in latitudes]
        ends = [_ends(ring + np.array([x, 0])) for ring in self.rings for x in np.arange(-5, 6) * _LINES]
        self.circles = _lines(np.concatenate(ends), tokens.accent, _DRAWN * tokens.line_width)
        super().__init__(self.face, self.grid, self.coast, self.circles)
        self.show()

    def show(self, stretched: float = 0.0, unrolled: float = 0.0, height: str = "mercator") -> Self:  # type: ignore[override]
        """Show the globe, or what becomes of it: the arguments are those of nn_core.globe.rolled."""
        for part in spatial_parts([self]):
            part.points = rolled(np.asarray(part.origin), stretched=stretched, unrolled=unrolled, height=height)
        return self


def _cells(rows: int, columns: int) -> np.ndarray:
    """Two triangles for each cell of a table of vertices, row after row."""
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).reshape(-1, 1)
    return np.concatenate([np.add(corner, [0, 1, columns + 1]), np.add(corner, [0, columns + 1, columns])])


def _ends(ring: np.ndarray) -> np.ndarray:
    """The sides (k, 2, 2) of a polygon (k, 2)."""
    return np.stack([ring, np.roll(ring, -1, axis=0)], axis=1)


def _coasts(rings: list[np.ndarray]) -> np.ndarray:
    """The sides (k, 2, 2) of rings of land; those along the 180th meridian and at a pole are no coast."""
    ends = np.concatenate([_ends(ring) for ring in rings])
    at_edge = np.isclose(np.abs(ends), [np.pi, np.pi / 2]).all(axis=1)
    return ends[~at_edge.any(axis=1)]


def _lines(ends: np.ndarray, colour: str, width: float, opacity: float = 1.0) -> Segments:
    """Lines between places (k, 2, 2), in pieces so short that they can be bent."""
    start, way = ends[:, 0], ends[:, 1] - ends[:, 0]
    pieces = np.maximum(1, np.ceil(np.linalg.norm(way, axis=1) / _CELL)).astype(int)
    start, step = start.repeat(pieces, axis=0), (way / pieces[:, None]).repeat(pieces, axis=0)
    number = np.concatenate([np.arange(count) for count in pieces])[:, None]
    short = np.stack([start + number * step, start + (number + 1) * step], axis=1)
    rgba = [*rgb(colour), opacity]
    return Segments(np.zeros((len(short), 2, 3)), rgba, width=width, origin=short)


@lru_cache(maxsize=1)
def _land() -> np.ndarray:
    """Where there is land: booleans, the rows from north to south, each cut by the coasts once and for all."""
    rows, columns = _RASTER
    latitudes, longitudes = (
        side * (1 - (2 * np.arange(count) + 1) / count) for side, count in ((np.pi / 2, rows), (-np.pi, columns))
    )
    (x0, y0), (x1, y1) = np.concatenate([_ends(ring) for ring in load_land()]).transpose(1, 2, 0)
    land = np.zeros(_RASTER, dtype=bool)
    for row, y in enumerate(latitudes):
        met = (y0 > y) != (y1 > y)
        at = x0[met] + (y - y0[met]) / (y1[met] - y0[met]) * (x1[met] - x0[met])
        # A place is on land if an odd number of coasts lies to the west of it.
        land[row] = np.searchsorted(np.sort(at), longitudes) % 2 == 1
    return land


def _land_and_sea() -> np.ndarray:
    """A picture to multiply colours with: land as it is, and the sea dimmer."""
    dark = max(rgb(theme().background)) < 0.5
    return np.repeat(np.where(_land(), *((255, 90) if dark else (170, 255))).astype(np.uint8)[..., None], 3, axis=2)
