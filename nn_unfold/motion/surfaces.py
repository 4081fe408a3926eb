"""Surfaces in motion: they rise, bend, and change their temperature."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from manim import Animation, LaggedStart, Mobject, linear, smooth

from nn_unfold.motion.flows import Flow
from nn_unfold.motion.follow import Follow
from nn_unfold.space.base import SpatialMobject
from nn_unfold.space.landscape import Landscape
from nn_unfold.space.response import Response
from nn_unfold.text.numbers import LiveNumber
from nn_unfold.theme import theme

_EMERGING = 0.15  # the share of its rise in which a surface becomes visible
_OVERLAP = 0.6  # the share of one surface's rise after which the next one begins


class Rise(Flow):
    """Lets surfaces rise from the floor, or sink to it.

    Args:
        mobjects: surfaces, or whole landscapes.
        base: z of the floor.
        down: whether they sink instead, and stay visible on the floor.
    """

    def __init__(self, *mobjects: Mobject, base: float = 0.0, down: bool = False, **kwargs: Any) -> None:
        self.base, self.down = base, down
        super().__init__(*mobjects, **{"rate_func": smooth, "introducer": not down, **kwargs})

    def place(self, points: np.ndarray, t: float) -> np.ndarray:
        """Where points (n, 3) are after the share t of the movement."""
        share = 1 - t if self.down else t
        return np.column_stack([points[:, :2], self.base + share * (points[:, 2] - self.base)])

    def interpolate_submobject(self, submobject: Mobject, starting_submobject: Mobject, alpha: float) -> Self:
        """Move one part, and let it appear."""
        super().interpolate_submobject(submobject, starting_submobject, alpha)
        if isinstance(submobject, SpatialMobject) and isinstance(starting_submobject, SpatialMobject) and not self.down:
            submobject.rgba = starting_submobject.rgba.copy()
            submobject.rgba[:, 3] *= min(1.0, alpha / _EMERGING)
        return self


def rise(landscape: Landscape, *, in_turn: bool = False, run_time: float | None = None) -> Animation:
    """An animation in which the surfaces of a landscape rise from its floor, all at once or one after another."""
    step = theme().step
    if in_turn:
        rising = [Rise(surface, base=landscape.base) for surface in landscape.surfaces.submobjects]
        time = run_time or step * (1 + _OVERLAP * (len(rising) - 1))
        return LaggedStart(*rising, lag_ratio=_OVERLAP, run_time=time, rate_func=linear)
    return Rise(landscape, base=landscape.base, run_time=run_time or step)


class Anneal(Animation):
    """Changes the temperature of softmax surfaces, and of the points on them, evenly in its logarithm.

    Args:
        landscape: of `Landscape.softmax`.
        temperature: at the end.

    Raises:
        UnfoldError: for surfaces that have no temperature.
    """

    def __init__(self, landscape: Landscape, temperature: float, **kwargs: Any) -> None:
        self.landscape, self.start, self.temperature = landscape, landscape.temperature, temperature
        super().__init__(landscape, **{"run_time": theme().turn, **kwargs})

    def begin(self) -> None:
        """Start from the temperature of this moment."""
        self.start = self.landscape.temperature
        super().begin()

    def temperature_at(self, t: float) -> float:
        """The temperature after the share t of the movement."""
        return float(self.start ** (1 - t) * self.temperature**t)

    def read_out(self, number: LiveNumber) -> Follow:
        """An animation that shows the temperature of each moment in a number while this runs."""
        return Follow(
            number,
            lambda t: [self.temperature_at(t)],
            number.set_value,
            run_time=self.run_time,
            rate_func=self.rate_func,
        )

    def interpolate_mobject(self, alpha: float) -> None:
        """Show the surfaces of this moment."""
        self.landscape.set_temperature(self.temperature_at(self.rate_func(alpha)))


class Bend(Animation):
    """Bends the plane of a neuron's scores into the surface of its activation.

    Args:
        response: what bends.
        to: the share at the end, 0 for the plane and 1 for the activation.
    """

    def __init__(self, response: Response, to: float = 1.0, **kwargs: Any) -> None:
        self.response, self.start, self.to = response, response.bend, to
        super().__init__(response, **{"run_time": theme().turn, "rate_func": smooth, **kwargs})

    def begin(self) -> None:
        """Start from the share of this moment."""
        self.start = self.response.bend
        super().begin()

    def interpolate_mobject(self, alpha: float) -> None:
        """Show the surface of this moment."""
        share = self.rate_func(alpha)
        self.response.set_bend((1 - share) * self.start + share * self.to)
