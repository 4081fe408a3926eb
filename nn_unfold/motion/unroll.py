"""The globe in motion: it becomes a cylinder, is unrolled to a flat map, and one map becomes another."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from manim import Mobject, smooth

from nn_core.globe import rolled
from nn_unfold.motion.flows import Flow
from nn_unfold.space.base import SpatialMobject
from nn_unfold.space.globe import Globe
from nn_unfold.theme import theme


class Rolled(NamedTuple):
    """What has become of a globe: arguments of nn_core.globe.rolled."""

    stretched: float = 1.0
    unrolled: float = 0.0
    height: str = "mercator"


GLOBE = Rolled(0.0)


class Unroll(Flow):
    """Takes a globe from one shape to another: the globe itself, a cylinder around it, or a flat map.

    Each moment between two shapes with the same heights is one that `rolled` gives; between different heights places
    go straight.

    Args:
        globe: what moves.
        start: its shape before.
        stop: its shape at the end.
    """

    def __init__(self, globe: Globe, *, start: Rolled, stop: Rolled, **kwargs: Any) -> None:
        self.start, self.stop = start, stop
        super().__init__(globe, **{"run_time": theme().turn, "rate_func": smooth, **kwargs})

    def at(self, places: np.ndarray, t: float) -> np.ndarray:
        """Where places (n, 2) of the globe are after the share t of the movement, (n, 3)."""
        stretched, unrolled = ((1 - t) * a + t * b for a, b in zip(self.start[:2], self.stop[:2], strict=True))
        before, after = (
            rolled(places, stretched=stretched, unrolled=unrolled, height=height)
            for height in (self.start.height, self.stop.height)
        )
        return (1 - t) * before + t * after

    def place_part(self, part: SpatialMobject, points: np.ndarray, t: float) -> np.ndarray:
        """Where a part is after the share t of the movement, computed from its places."""
        return points if part.origin is None else self.at(part.origin, t)

    def interpolate_submobject(self, submobject: Mobject, starting_submobject: Mobject, alpha: float) -> Self:
        """Move one part, from its places."""
        if isinstance(submobject, SpatialMobject):
            submobject.points = self.place_part(submobject, submobject.points, alpha)
        return self
