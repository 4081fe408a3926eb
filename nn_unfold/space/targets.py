"""An output over the plane, with the values that it was trained to have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike

from nn_core.geometry.box import Box, box_corners, grid_points
from nn_core.network import Network
from nn_unfold.space.base import SpatialGroup
from nn_unfold.space.classes import class_labels
from nn_unfold.space.landscape import Landscape
from nn_unfold.space.primitives import Cloud, polygon
from nn_unfold.text.labels import anchored, label, outlined
from nn_unfold.theme import theme

Values = Callable[[np.ndarray], np.ndarray]

_SAMPLES = 60  # along each side of a box, for the range and the readings of values
_TOLERANCE = 1 / 150  # how far flat triangles may be from the surface, as a share of its height
_LEVEL = 0.12  # opacity
_AWAY = np.array([0.22, 0.0, 0.0])  # frame units from the corner of a level to its number


class TargetSurface(SpatialGroup):
    """The values of an output over a box, the targets 0 and 1 as two levels, and the training data at their targets.

    Args:
        values: (n, 2) -> (n,) the output.
        box: (x_min, x_max, y_min, y_max) in data units.
        network: the surface is split along its creases.
        data: X (n, 2) and labels (n,) of two classes, of the training.
        unit: scene units per unit of value.

    Attributes:
        surface: a Landscape.
        levels: two rectangles, at 0 and at 1.
        cloud: the points, each as high as its target.
        marks: the numbers of the levels: flat mobjects at their corners that are not a part of this group.

    Raises:
        UnfoldError: for more than two classes.
    """

    def __init__(
        self, values: Values, box: Box, network: Network, data: tuple[np.ndarray, ArrayLike], *, unit: float
    ) -> None:
        tokens = theme()
        X, targets = data[0], class_labels(data[1], 2).numbers
        self.surface = Landscape.over(
            values,
            box,
            tolerance=_TOLERANCE * value_range(values, box),
            network=network,
            height=unit,
            ramp=(tokens.negative, tokens.positive),
        )
        rings = [np.column_stack([box_corners(box), np.full(4, unit * level)]) for level in (0, 1)]
        self.levels = SpatialGroup(*(polygon(ring, tokens.ink, opacity=_LEVEL) for ring in rings))
        lifted = np.column_stack([X, unit * targets])
        self.cloud = Cloud(lifted, targets, n_classes=2, shades=tokens.points, radius=0.8 * tokens.dot_radius)
        super().__init__(self.levels, self.cloud, self.surface)
        self.marks = VGroup(
            *(
                # At opposite ends: the two levels may be close to each other.
                anchored(outlined(label(f"{level}")), ring[level], (2 * level - 1) * _AWAY)
                for level, ring in enumerate(rings)
            )
        )


def value_range(values: Values, box: Box) -> float:
    """The difference of the highest and the lowest value over a box, with 0 and 1 among the values."""
    found = sampled(values, box)
    return float(max(found.max(), 1.0) - min(found.min(), 0.0))


def sampled(values: Values, box: Box) -> np.ndarray:
    """The values (n,) at the points of a grid over a box."""
    return values(grid_points(box, _SAMPLES))


def share_above(confidence: float) -> Callable[[np.ndarray], float]:
    """A reading of the probabilities (n,) of one of two classes: the share where either class has more than this."""
    return lambda p: float((np.maximum(p, 1 - p) > confidence).mean())
