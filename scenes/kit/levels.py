"""An output that was taught to be 0 or 1, as a surface over the plane between the levels 0 and 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import VGroup

from nn_core.network import Network
from scenes.kit.landscape import Landscape
from scenes.kit.spatial import Box, Cloud, SpatialGroup, polygon
from scenes.kit.theme import theme
from scenes.kit.writing import anchored, label

_TOLERANCE = 1 / 150  # how far flat triangles may be off, as a share of the height of the surface
_LEVEL = 0.12  # opacity
_AWAY = np.array([0.22, 0.0, 0.0])  # frame units from the corner of a level to its number


class Taught(SpatialGroup):
    """The values of an output over a box, the levels 0 and 1 that it was taught, and the points by which it was.

    Args:
        values: (n, 2) -> (n,) the output.
        box: (x_min, x_max, y_min, y_max) in data units.
        network: that it is the output of; the surface is split along its creases.
        data: X (n, 2) and the labels y (n,), 0 or 1, of its training.
        height: of the surface from its lowest to its highest, in scene units, the levels included.

    Attributes:
        low, high: the lowest and the highest value over the box.
        surface: a Landscape.
        levels: two rectangles, at 0 and at 1.
        cloud: the points, each as high as its label.
        marks: the numbers of the levels, flat mobjects at corners of theirs that are not a part of this.
    """

    def __init__(
        self,
        values: Callable[[np.ndarray], np.ndarray],
        box: Box,
        network: Network,
        data: tuple[np.ndarray, np.ndarray],
        *,
        height: float,
    ) -> None:
        tokens = theme()
        X, y = data
        grid = np.stack(np.meshgrid(np.linspace(*box[:2], 60), np.linspace(*box[2:], 60)), axis=-1).reshape(-1, 2)
        self.low, self.high = float(values(grid).min()), float(values(grid).max())
        spread = max(self.high, 1.0) - min(self.low, 0.0)
        unit = height / spread
        shades = tokens.negative, tokens.positive
        options = {"network": network, "tolerance": _TOLERANCE * spread, "height": unit, "ramp": shades}
        self.surface = Landscape.over(values, box, **options)
        corners = np.array([[box[i], box[j]] for i, j in ((0, 2), (1, 2), (1, 3), (0, 3))])
        rings = [np.column_stack([corners, np.full(4, unit * level)]) for level in (0, 1)]
        self.levels = SpatialGroup(*(polygon(ring, tokens.ink, opacity=_LEVEL) for ring in rings))
        self.cloud = Cloud(np.column_stack([X, unit * y]), y, shades=shades, radius=0.6 * tokens.dot_radius)
        super().__init__(self.levels, self.cloud, self.surface)
        self.marks = VGroup(
            *(
                # At opposite ends: the levels may lie close to each other.
                anchored(label(f"{level}", size=tokens.label_size), ring[level], (2 * level - 1) * _AWAY)
                for level, ring in enumerate(rings)
            )
        )
