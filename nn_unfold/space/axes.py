"""Axes with names, ticks and numbers: lines in space, labels that face the reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from manim import DOWN, LEFT, UP, Group, Mobject, VGroup, VMobject

from nn_core.geometry.box import Box
from nn_core.preprocessing import Rescaling
from nn_unfold.errors import UnfoldError
from nn_unfold.space.base import Movement, destinations, spatial_parts
from nn_unfold.space.primitives import Segments
from nn_unfold.space.ticks import nice_step, tick_text
from nn_unfold.text.formulas import formula
from nn_unfold.text.labels import Label, anchored, label, outlined
from nn_unfold.theme import rgb, theme

_OFFSETS = np.array([[0.0, -0.24, 0.0], [-0.3, 0.0, 0.0], [-0.3, 0.0, 0.0]])  # frame units, away from the line
_GAP = 0.1  # frame units between a wide number and its axis
_UNEVEN = 10.0  # axes of which one is this many times as long as the other have nothing in common


class Axes(Group):
    """One, two or three axes through the origin of a plane or of space.

    Args:
        box: (x_min, x_max, y_min, y_max), or two numbers for a line, or six with the range of z; in scene units.
        names: of each axis, such as ("x_1", "x_2"): formulas in Typst's notation.
        words: whether the names are words, to be written as they are: "petal length (cm)".
        most: numbers along the longest axis at most.
        at_corner: whether the axes meet in the lower corner of the box, and not at the origin.
        units: scene units per unit of each axis, where its numbers are not those of the scene. Or the Rescaling that
            made scene coordinates of data, one axis for each feature: then the numbers are those of the data.
        zeros: where the number 0 of each axis is, in scene units; not to be given with a Rescaling.

    Attributes:
        lines: the axes and their ticks.
        labels: numbers and names. A label fades where things hide the part of the axis next to it.

    Raises:
        UnfoldError: for a Rescaling that mixes features, or has another number of them than there are axes.
    """

    def __init__(
        self,
        box: Box | Sequence[float],
        names: Sequence[str] = (),
        *,
        words: bool = False,
        most: int = 8,
        at_corner: bool = False,
        units: Sequence[float] | Rescaling = (1.0, 1.0, 1.0),
        zeros: Sequence[float] = (0.0, 0.0, 0.0),
    ) -> None:
        tokens = theme()
        ranges = np.reshape(np.asarray(box, dtype=float), (-1, 2))
        if isinstance(units, Rescaling):
            units, zeros = _scale(units, len(ranges))
        # The lines go through the origin, or as near to it as the box comes.
        cross = ranges[:, 0] if at_corner else np.clip(0.0, ranges[:, 0], ranges[:, 1])
        scale = np.array(units[: len(ranges)])
        steps = scale * _steps(np.ptp(ranges, axis=1) / scale, scale, most)
        # Half the length of a tick is the same share of every axis as it is of the first one.
        ticks = 0.05 * steps if _uneven(ranges) else np.full(len(ranges), 0.05 * steps[0])
        ends, labels = [], []
        parts = zip(ranges, steps, scale, zeros[: len(ranges)], strict=True)
        for axis, ((low, high), step, unit, zero) in enumerate(parts):
            across = (axis + 1) % 2
            ends.append([_at(cross, axis, low), _at(cross, axis, high + 0.5 * step)])
            first, last = np.ceil((low - zero) / step - 1e-9), np.floor((high - zero) / step + 1e-9)
            for value in zero + np.arange(first, last + 1) * step:
                place = _at(cross, axis, value)
                side = np.zeros(3)
                side[across] = ticks[across if across < len(ticks) else 0]
                ends.append([place - side, place + side])
                # The origin has no number. At the common corner of three axes there is no room for numbers either.
                bare = at_corner and len(ranges) == 3
                if abs(value - cross[axis]) > 0.35 * step if bare else at_corner or abs(value) > 1e-9:
                    number = outlined(label(tick_text((value - zero) / unit), size=0.8 * tokens.label_size))
                    around = np.array([place, place])
                    around[:, axis] += [-0.5 * step, 0.5 * step]
                    offset = _OFFSETS[axis].copy()
                    if offset[0] and number.width > -2 * offset[0]:
                        # A number so wide that it would reach over its axis ends in front of it.
                        offset[0] = -0.5 * number.width - _GAP
                    labels.append(anchored(number, place, offset, around))
        for axis, name in enumerate(names):
            tip = np.array([_at(cross, axis, ranges[axis, 1] + share * steps[axis]) for share in (0.0, 0.5)])
            text: VMobject
            if words:
                text = outlined(Label(name, tokens.label_size).center())
                # Words are below the numbers of the first axis, where it ends, and above the tips of the others.
                offset = 0.5 * text.width * LEFT + 0.66 * DOWN if axis == 0 else 0.3 * UP
            else:
                text, offset = formula(name, size=1.3 * tokens.label_size), -0.9 * _OFFSETS[axis]
            labels.append(anchored(text, tip[1], offset, tip))
        self.lines = Segments(np.array(ends), [*rgb(tokens.faint), 1.0], width=tokens.axis_width)
        self.labels = VGroup(*labels)
        super().__init__(self.lines, self.labels)

    @classmethod
    def around(cls, *things: Mobject, names: Sequence[str], flows: Sequence[Movement] = (), **options: Any) -> Self:
        """Axes that are as long as things are large, now or after some flows, and that contain the origin.

        Args:
            things: spatial mobjects.
            names: of the axes, as in Axes; their number is the number of axes.
            flows: what the things will have gone through.
            options: arguments of Axes.
        """
        *_, places = destinations(spatial_parts(things), flows, samples=1)
        low, high = (f(places[:, : len(names)], axis=0) for f in (np.min, np.max))
        if not (low.any() or high.any()):  # all things are at the origin, which gives axes no length
            low, high = low - 1.0, high + 1.0
        box = np.stack([np.minimum(low, 0.0), np.maximum(high, 0.0)], axis=1).ravel()
        return cls(box.tolist(), names, **options)


def _scale(units: Rescaling, n_axes: int) -> tuple[list[float], list[float]]:
    """The scene units per unit of each feature, and where each feature is 0."""
    matrix = np.asarray(units.matrix, dtype=float)
    if matrix.shape != (n_axes, n_axes) or np.count_nonzero(matrix - np.diag(np.diag(matrix))):
        raise UnfoldError(
            f"These {n_axes} axes can't have the units of the data: the Rescaling has a matrix of shape "
            f"{matrix.shape}. Give one that scales each of {n_axes} features alone, such as that of normalise."
        )
    factors = np.diag(matrix)
    if not (factors > 0).all():
        raise UnfoldError("A feature that never changes has no scale: leave its axis out, or give it a unit.")
    return factors.tolist(), (-np.asarray(units.mean, dtype=float) * factors).tolist()


def _steps(lengths: np.ndarray, units: np.ndarray, most: int) -> np.ndarray:
    """The distance of ticks on each axis, in its own units; the same one on axes of one unit, where it suits both."""
    steps = []
    for length, unit in zip(lengths, units, strict=True):
        longest = float(lengths[units == unit].max())
        alone = 0 < length * _UNEVEN < longest
        steps.append(nice_step(float(length) if alone else longest, most))
    return np.array(steps)


def _uneven(ranges: np.ndarray) -> bool:
    """Whether the axes are so different in length that they can't share the length of their ticks."""
    lengths = np.ptp(ranges, axis=1)
    lengths = lengths[lengths > 0]
    return bool(len(lengths) and lengths.max() > _UNEVEN * lengths.min())


def _at(cross: np.ndarray, axis: int, value: float) -> np.ndarray:
    place = np.zeros(3)
    place[: len(cross)] = cross
    place[axis] = value
    return place
