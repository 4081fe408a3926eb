"""Landscapes in motion: surfaces rise, and softmax surfaces change their temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from manim import Animation, Mobject, smooth

from nn_unfold.motion.flows import Flow
from nn_unfold.motion.follow import Follow
from nn_unfold.space.base import SpatialMobject
from nn_unfold.text.numbers import LiveNumber
from nn_unfold.theme import theme

if TYPE_CHECKING:
    from nn_unfold.space.landscape import Landscape

_EMERGING = 0.15  # the share of its rise in which a surface becomes visible


class Rise(Flow):
    """Lets surfaces rise from the floor, or sink to it.

    Args:
        mobjects: surfaces, or whole landscapes.
        base: z of the floor.
        down: sink instead, and stay in sight on the floor.
    """

    def __init__(self, *mobjects: Mobject, base: float = 0.0, down: bool = False, **kwargs: Any) -> None:
        self.base, self.down = base, down
        super().__init__(*mobjects, **{"rate_func": smooth, "introducer": not down, **kwargs})

    def place(self, points: np.ndarray, t: float) -> np.ndarray:
        """Where points (n, 3) stand after the share t of the movement."""
        share = 1 - t if self.down else t
        return np.column_stack([points[:, :2], self.base + share * (points[:, 2] - self.base)])

    def interpolate_submobject(self, submobject: Mobject, starting_submobject: Mobject, alpha: float) -> None:
        """Move one part, and let it appear."""
        super().interpolate_submobject(submobject, starting_submobject, alpha)
        if isinstance(submobject, SpatialMobject) and not self.down:
            submobject.rgba = starting_submobject.rgba.copy()
            submobject.rgba[:, 3] *= min(1.0, alpha / _EMERGING)


class Temper(Animation):
    """Takes softmax surfaces, and the points on them, to another temperature, evenly in its logarithm.

    Args:
        landscape: of `Landscape.softmax`.
        temperature: at the end.
    """

    def __init__(self, landscape: Landscape, temperature: float, **kwargs: Any) -> None:
        landscape.tempered(temperature)
        self.temperature = temperature
        super().__init__(landscape, **{"run_time": theme().turn, **kwargs})

    def temperature_at(self, t: float) -> float:
        """The temperature after the share t of the movement."""
        start = self.starting_mobject.function.temperature
        return float(start ** (1 - t) * self.temperature**t)

    def read_out(self, number: LiveNumber) -> Follow:
        """An animation that keeps a number on the temperature while this runs."""
        return Follow(
            number,
            lambda t: [self.temperature_at(t)],
            number.set_value,
            run_time=self.run_time,
            rate_func=self.rate_func,
        )

    def interpolate_mobject(self, alpha: float) -> None:
        """Show the surfaces of this moment."""
        self.mobject.set_temperature(self.temperature_at(self.rate_func(alpha)))
