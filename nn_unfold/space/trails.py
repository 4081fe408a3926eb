"""Gradient descent on a landscape: level lines, and balls with trails along the steps of an optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from nn_core.geometry import level_lines
from nn_unfold.space.base import SpatialGroup
from nn_unfold.space.landscape import Landscape
from nn_unfold.space.primitives import Cloud, Segments
from nn_unfold.theme import rgb, theme

_DETAIL = 0.05  # scene units between two points of a trail, measured in the plane


class LevelLines(Segments):
    """Level lines (contours) on the first surface of a landscape. Added to the landscape, they follow its surface.

    Args:
        landscape: with one surface.
        step: the difference of two levels, in units of the function.
    """

    def __init__(self, landscape: Landscape, step: float) -> None:
        tokens, faces = theme(), landscape.faces()[0]
        places = np.asarray(faces.origin)
        values = landscape.values(places)[:, 0]
        self.levels = step * np.arange(np.ceil(values.min() / step), values.max() / step)
        ends = level_lines(places, faces.triangles, values, self.levels)
        rgba = [*rgb(tokens.grid), tokens.grid_opacity]
        super().__init__(ends, rgba, width=tokens.grid_width, origin=ends)
        self.on_surface = np.zeros(len(self.points), dtype=int)
        self.points = landscape.at(ends.reshape(-1, 2), 0)


class Trail(SpatialGroup):
    """A ball on a landscape, and the line behind it, up to any step of a path.

    Args:
        landscape: the ball stays on its highest surface.
        path: (T + 1, 2) points of the plane: the start, and the point after each step.
        colour: hex.

    Attributes:
        head: the ball, a Cloud of one point.
        line: Segments, from the start to the ball.
    """

    def __init__(self, landscape: Landscape, path: np.ndarray, colour: str) -> None:
        tokens = theme()
        self.path = np.asarray(path, dtype=float)
        lengths = np.linalg.norm(np.diff(self.path, axis=0), axis=1)
        pieces = np.maximum(1, np.ceil(lengths / _DETAIL)).astype(int)
        shares = [k + np.arange(n) / n for k, n in enumerate(pieces)]
        self.moments = np.append(np.concatenate(shares), len(pieces))
        between = self._between(self.path, np.arange(len(self.path)), self.moments)
        self.places = landscape.at(between)
        # A function, since copies of a mobject share it: they need no landscape of their own.
        self._value_at = lambda place: float(landscape.values(place[None]).max())
        ends = np.stack([self.places[:-1], self.places[1:]], axis=1)
        self.line = Segments(ends, [*rgb(colour), 1.0], width=tokens.crease_width, cased=True)
        self.head = Cloud(self.places[:1], radius=1.5 * tokens.dot_radius)
        self.head.rgba[:, :3] = rgb(colour)
        start = Cloud(self.places[:1], radius=0.8 * tokens.dot_radius)
        start.rgba[:, :3] = rgb(colour)
        super().__init__(self.line, start, self.head)
        self.show_step(0)

    def at(self, step: float) -> np.ndarray:
        """The point of the plane below the ball after some steps, (2,)."""
        return np.asarray(self._between(self.places, self.moments, [step])[0, :2])

    def value(self, step: float = 0) -> float:
        """The value of the function at the point below the ball after some steps."""
        return self._value_at(self.at(step))

    def show_step(self, step: float) -> Self:
        """Show the ball after this many steps, with the line up to there."""
        points = self._between(self.places, self.moments, np.minimum(self.moments, step))
        self.line.points = np.stack([points[:-1], points[1:]], axis=1).reshape(-1, 3)
        # Segments ahead of the ball have length 0, but their round ends would be visible.
        self.line.rgba[:, 3] = self.head.rgba[0, 3] * np.repeat(self.moments[:-1] < step, 2)
        self.head.points = points[-1:].copy()
        return self

    @staticmethod
    def _between(places: np.ndarray, moments: np.ndarray, steps: np.ndarray | Sequence[float]) -> np.ndarray:
        return np.stack([np.interp(steps, moments, column) for column in places.T], axis=1)
