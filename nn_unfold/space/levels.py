"""An output that was taught to be 0 or 1, as a surface over the plane between the levels 0 and 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from manim import RIGHT, UP, VGroup

from nn_core.network import Network
from nn_unfold.motion.follow import Follow
from nn_unfold.space.base import SpatialGroup
from nn_unfold.space.landscape import Landscape
from nn_unfold.space.primitives import Box, Cloud, polygon
from nn_unfold.stage.view import Panel
from nn_unfold.text.labels import anchored, label, outlined
from nn_unfold.text.numbers import LiveNumber
from nn_unfold.theme import theme

Values = Callable[[np.ndarray], np.ndarray]

_SAMPLES = 60  # along each side of a box, of what is read off the values
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
        unit: scene units per unit of value.

    Attributes:
        surface: a Landscape.
        levels: two rectangles, at 0 and at 1.
        cloud: the points, each as high as its label.
        marks: the numbers of the levels, flat mobjects at corners of theirs that are not a part of this.
    """

    def __init__(
        self,
        values: Values,
        box: Box,
        network: Network,
        data: tuple[np.ndarray, np.ndarray],
        *,
        unit: float,
    ) -> None:
        tokens = theme()
        X, y = data
        shades = tokens.negative, tokens.positive
        options = {
            "network": network,
            "tolerance": _TOLERANCE * value_range(values, box),
            "height": unit,
            "ramp": shades,
        }
        self.surface = Landscape.over(values, box, **options)
        corners = np.array([[box[i], box[j]] for i, j in ((0, 2), (1, 2), (1, 3), (0, 3))])
        rings = [np.column_stack([corners, np.full(4, unit * level)]) for level in (0, 1)]
        self.levels = SpatialGroup(*(polygon(ring, tokens.ink, opacity=_LEVEL) for ring in rings))
        self.cloud = Cloud(np.column_stack([X, unit * y]), y, shades=tokens.points, radius=0.8 * tokens.dot_radius)
        super().__init__(self.levels, self.cloud, self.surface)
        self.marks = VGroup(
            *(
                # At opposite ends: the levels may lie close to each other.
                anchored(outlined(label(f"{level}")), ring[level], (2 * level - 1) * _AWAY)
                for level, ring in enumerate(rings)
            )
        )


class TaughtPanel:
    """A panel with an output over the plane, near the data and far from them, and numbers that tell of its values.

    Args:
        panel: where it is seen.
        name: a message in English, the title above it.
        values, box, network, data: as of Taught.
        height: of the near surface, with its levels, in scene units.
        readings: for each name, a message in English, what is read off the values (n,) all over the box.
        times: how much further the far one goes.

    Attributes:
        near, far: a Taught each, in the same units.
        title, numbers: flat mobjects above the panel; the numbers are those of the near box at first.
    """

    def __init__(
        self,
        panel: Panel,
        name: str,
        values: Values,
        box: Box,
        network: Network,
        data: tuple[np.ndarray, np.ndarray],
        *,
        height: float,
        readings: Mapping[str, Callable[[np.ndarray], float]],
        times: float,
    ) -> None:
        self.values, self.box, self.readings, self.times = values, box, readings, times
        unit = height / value_range(values, box)
        self.near, self.far = (
            Taught(values, tuple(scale * end for end in box), network, data, unit=unit) for scale in (1, times)
        )
        panel.add(self.near, self.near.marks, self.far, self.far.marks)
        self.title = label(name)
        self.numbers = VGroup(*(LiveNumber(name, value, digits=2) for name, value in self.read(1.0).items()))
        self.numbers.arrange(RIGHT)
        middle = np.array([panel.middle[0], panel.area.top, 0])
        VGroup(self.title, self.numbers).arrange(RIGHT, buff=theme().margin).next_to(middle, UP, buff=0.1)

    def read(self, times: float) -> dict[str, float]:
        """The readings over a box so many times as large."""
        values = self.values(_places(tuple(times * end for end in self.box)))
        return {name: float(reading(values)) for name, reading in self.readings.items()}

    def count(self, *readings: float) -> None:
        """Show these readings."""
        for number, value in zip(self.numbers, readings, strict=True):
            number.set_value(value)

    def counting(self) -> Follow:
        """An animation of the numbers, from the near box to the far one."""
        return Follow(
            self.numbers, lambda t: self.read(1 + (self.times - 1) * t).values(), self.count, run_time=theme().turn
        )


def surer_than(confidence: float) -> Callable[[np.ndarray], float]:
    """A reading of the probabilities (n,) of one of two classes: the share that is surer of either than this."""
    return lambda p: float((np.maximum(p, 1 - p) > confidence).mean())


def value_range(values: Values, box: Box) -> float:
    """How far it is from the lowest of the values over a box to the highest, 0 and 1 included."""
    over = values(_places(box))
    return float(max(over.max(), 1.0) - min(over.min(), 0.0))


def _places(box: Box) -> np.ndarray:
    """Points (n, 2) of a grid over a box."""
    xs, ys = np.linspace(*box[:2], _SAMPLES), np.linspace(*box[2:], _SAMPLES)
    return np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
