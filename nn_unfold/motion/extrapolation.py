"""Extrapolation: what an output does far away from its training data, beside what it does near them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from manim import RIGHT, VGroup
from numpy.typing import ArrayLike

from nn_core.geometry.box import Box
from nn_core.network import Network
from nn_unfold.motion.follow import Follow
from nn_unfold.space.targets import TargetSurface, Values, sampled, value_range
from nn_unfold.stage.view import Panel
from nn_unfold.text.labels import label
from nn_unfold.text.numbers import LiveNumber
from nn_unfold.theme import theme


class ExtrapolationPanel:
    """A panel with an output over the plane, near its training data and far from them, and numbers about its values.

    Args:
        panel: where it is shown.
        name: a message in English, the title above it.
        values, box, network, data: as in TargetSurface.
        height: of the near surface, with its levels, in scene units.
        readings: for each name, a message in English, what is computed of the values (n,) all over the box.
        times: the far box is so many times as large as the near one.

    Attributes:
        near, far: a TargetSurface each, in the same units.
        title, numbers: flat mobjects above the panel; at first the numbers are those of the near box.
    """

    def __init__(
        self,
        panel: Panel,
        name: str,
        values: Values,
        box: Box,
        network: Network,
        data: tuple[np.ndarray, ArrayLike],
        *,
        height: float,
        readings: Mapping[str, Callable[[np.ndarray], float]],
        times: float,
    ) -> None:
        self.values, self.box, self.readings, self.times = values, box, readings, times
        unit = height / value_range(values, box)
        self.near, self.far = (
            TargetSurface(values, _scaled(box, factor), network, data, unit=unit) for factor in (1, times)
        )
        panel.add(self.near, self.near.marks, self.far, self.far.marks)
        self.title = label(name)
        self.numbers = VGroup(*(LiveNumber(name, value, digits=2) for name, value in self.read(1.0).items()))
        self.numbers.arrange(RIGHT)
        panel.head(self.title, self.numbers, gap=theme().margin)

    def read(self, times: float) -> dict[str, float]:
        """The readings over a box so many times as large as the near one."""
        values = sampled(self.values, _scaled(self.box, times))
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


def _scaled(box: Box, factor: float) -> Box:
    return (factor * box[0], factor * box[1], factor * box[2], factor * box[3])
