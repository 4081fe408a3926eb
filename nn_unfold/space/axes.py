"""Axes with names, ticks and numbers: lines in space, labels that face the reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from manim import Group, Mobject, VGroup

from nn_unfold.motion.flows import Flow, destinations
from nn_unfold.space.base import spatial_parts
from nn_unfold.space.primitives import Box, Segments
from nn_unfold.text.formulas import formula
from nn_unfold.text.labels import anchored, label, outlined
from nn_unfold.text.numbers import MINUS
from nn_unfold.theme import rgb, theme

_OFFSETS = np.array([[0.0, -0.24, 0.0], [-0.3, 0.0, 0.0], [-0.3, 0.0, 0.0]])  # frame units, away from the line


class Axes(Group):
    """Two or three axes through the origin of a plane or of space.

    Args:
        box: (x_min, x_max, y_min, y_max), or six numbers with the range of z; in scene units.
        names: a Typst formula per axis, such as ("x_1", "x_2").
        most: numbers along the longest axis at most.
        at_corner: let the axes meet in the low corner of the box, outside of what it holds, and not at the origin.
        units: scene units per unit of each axis, where its numbers are not those of the scene.
        zeros: scene units, where the number 0 of each axis stands, likewise.

    Attributes:
        lines: the axes and their ticks.
        labels: numbers and names; where things hide the piece of the axis beside one, it fades.
    """

    def __init__(
        self,
        box: Box | Sequence[float],
        names: Sequence[str] = (),
        *,
        most: int = 8,
        at_corner: bool = False,
        units: Sequence[float] = (1.0, 1.0, 1.0),
        zeros: Sequence[float] = (0.0, 0.0, 0.0),
    ) -> None:
        tokens = theme()
        ranges = np.reshape(np.asarray(box, dtype=float), (-1, 2))
        # The lines go through the origin, or as near to it as the box comes.
        cross = ranges[:, 0] if at_corner else np.clip(0.0, ranges[:, 0], ranges[:, 1])
        units = np.array(units[: len(ranges)])
        lengths = np.ptp(ranges, axis=1) / units
        # Axes of the same unit have the same step.
        steps = [unit * nice_step(float(lengths[units == unit].max()), most) for unit in units]
        tick = 0.05 * steps[0]
        ends, numbers = [], []
        parts = zip(ranges, steps, units, zeros[: len(ranges)], strict=True)
        for axis, ((low, high), step, unit, zero) in enumerate(parts):
            across = (axis + 1) % 2
            ends.append([_at(cross, axis, low), _at(cross, axis, high + 0.5 * step)])
            first, last = np.ceil((low - zero) / step - 1e-9), np.floor((high - zero) / step + 1e-9)
            for value in zero + np.arange(first, last + 1) * step:
                place = _at(cross, axis, value)
                side = np.zeros(3)
                side[across] = tick
                ends.append([place - side, place + side])
                # The origin has no number; nor is there room for those of three axes where they meet.
                bare = at_corner and len(ranges) == 3
                if abs(value - cross[axis]) > 0.35 * step if bare else at_corner or abs(value) > 1e-9:
                    text = f"{(value - zero) / unit + 0.0:.10g}".replace("-", MINUS)
                    number = outlined(label(text, size=0.8 * tokens.label_size))
                    around = np.array([place, place])
                    around[:, axis] += [-0.5 * step, 0.5 * step]
                    numbers.append(anchored(number, place, _OFFSETS[axis], around))
        for axis, name in enumerate(names):
            tip = np.array([_at(cross, axis, ranges[axis, 1] + share * steps[axis]) for share in (0.0, 0.5)])
            text = formula(name, size=1.3 * tokens.label_size)
            numbers.append(anchored(text, tip[1], -0.9 * _OFFSETS[axis], tip))
        self.lines = Segments(np.array(ends), [*rgb(tokens.faint), 1.0], width=tokens.axis_width)
        self.labels = VGroup(*numbers)
        super().__init__(self.lines, self.labels)

    @classmethod
    def around(cls, *things: Mobject, names: Sequence[str], flows: Sequence[Flow] = (), **options: Any) -> Self:
        """Axes that reach as far as things do, now or after some flows, and hold the origin.

        Args:
            things: what lives in space.
            names: a Typst formula per axis; their number is the number of axes.
            flows: what the things will have gone through.
            options: arguments of Axes.
        """
        *_, places = destinations(spatial_parts(things), flows, samples=1)
        low, high = (f(places[:, : len(names)], axis=0) for f in (np.min, np.max))
        return cls(np.stack([np.minimum(low, 0.0), np.maximum(high, 0.0)], axis=1).ravel(), names, **options)


def nice_step(length: float, most: int) -> float:
    """The smallest of 1, 2, 5 times a power of ten that divides a length into at most so many steps.

    >>> nice_step(6.0, 8), nice_step(1.0, 4)
    (1.0, 0.5)
    """
    least = length / most
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(power * m for m in (1, 2, 5, 10) if power * m >= least * (1 - 1e-9)))


def _at(cross: np.ndarray, axis: int, value: float) -> np.ndarray:
    place = np.zeros(3)
    place[: len(cross)] = cross
    place[axis] = value
    return place
