"""Descents on a landscape: level lines, and balls that roll along the steps of an optimizer."""

from __future__ import annotations

from typing import Any, Protocol, Self

import numpy as np
from manim import Animation, Group, linear

from nn_core.geometry import level_lines
from nn_unfold.space.base import SpatialGroup
from nn_unfold.space.landscape import Landscape
from nn_unfold.space.primitives import Cloud, Segments
from nn_unfold.theme import rgb, theme

_DETAIL = 0.05  # scene units in the plane between two points of a line on a surface


class LevelLines(Segments):
    """Lines of equal height on the first surface of a landscape, which they follow when added to it.

    Args:
        landscape: with one surface.
        step: between two heights, in units of the function.
    """

    def __init__(self, landscape: Landscape, step: float) -> None:
        tokens, faces = theme(), landscape.surfaces[0].faces
        values = landscape.values(faces.origin)[:, 0]
        self.levels = step * np.arange(np.ceil(values.min() / step), values.max() / step)
        ends = level_lines(faces.origin, faces.triangles, values, self.levels)
        rgba = [*rgb(tokens.grid), tokens.grid_opacity]
        super().__init__(ends, rgba, width=tokens.grid_width, origin=ends)
        self.surface = np.zeros(len(self.points), dtype=int)
        self.points = landscape.at(self.origin, 0)


class Trail(SpatialGroup):
    """A ball on a landscape and the line that it leaves, up to any step of a way.

    Args:
        landscape: on whose highest surface it stays.
        way: (T + 1, 2) places of the plane, the start and that after each step.
        colour: hex.

    Attributes:
        head: the ball, a Cloud of one point.
        line: Segments, as far as the ball has come.
    """

    def __init__(self, landscape: Landscape, way: np.ndarray, colour: str) -> None:
        tokens = theme()
        self.way = np.asarray(way, dtype=float)
        lengths = np.linalg.norm(np.diff(self.way, axis=0), axis=1)
        pieces = np.maximum(1, np.ceil(lengths / _DETAIL)).astype(int)
        shares = [k + np.arange(n) / n for k, n in enumerate(pieces)]
        self.moments = np.append(np.concatenate(shares), len(pieces))
        between = self._between(self.way, np.arange(len(self.way)), self.moments)
        self.places, self.heights = landscape.at(between), landscape.values(between).max(axis=1)
        ends = np.stack([self.places[:-1], self.places[1:]], axis=1)
        self.line = Segments(ends, [*rgb(colour), 1.0], width=tokens.crease_width, cased=True)
        self.head = Cloud(self.places[:1], radius=1.5 * tokens.dot_radius)
        self.head.rgba[:, :3] = rgb(colour)
        start = Cloud(self.places[:1], radius=0.8 * tokens.dot_radius)
        start.rgba[:, :3] = rgb(colour)
        super().__init__(self.line, start, self.head)
        self.show_step(0)

    def at(self, step: float) -> np.ndarray:
        """Where the ball is in the plane, (2,)."""
        return self._between(self.places, self.moments, [step])[0, :2]

    def height(self, step: float = 0) -> float:
        """The value of the function where the ball is after some steps."""
        return float(np.interp(step, self.moments, self.heights))

    def show_step(self, step: float) -> Self:
        """Let the ball have come this far."""
        points = self._between(self.places, self.moments, np.minimum(self.moments, step))
        self.line.points = np.stack([points[:-1], points[1:]], axis=1).reshape(-1, 3)
        # What is not drawn yet has no length, but its caps would show.
        self.line.rgba[:, 3] = self.head.rgba[0, 3] * np.repeat(self.moments[:-1] < step, 2)
        self.head.points = points[-1:].copy()
        return self

    @staticmethod
    def _between(places: np.ndarray, moments: np.ndarray, steps: Any) -> np.ndarray:
        return np.stack([np.interp(steps, moments, column) for column in places.T], axis=1)


class ShowsStep(Protocol):
    """What can follow a descent: a trail, a legend, a plot of what the weights mean."""

    def show_step(self, step: float) -> Any:
        """Show the descent after this many steps."""


class Roll(Animation):
    """Runs descents: every follower shows the same step.

    Args:
        followers: mobjects with the verb `show_step(step)`.
        steps: how many are gone at the end.
    """

    def __init__(self, *followers: ShowsStep, steps: float, **kwargs: Any) -> None:
        self.followers, self.steps = followers, steps
        super().__init__(Group(*followers), **{"run_time": 2 * theme().turn, "rate_func": linear, **kwargs})

    def interpolate_mobject(self, alpha: float) -> None:
        """Show the step of this moment."""
        for follower in self.followers:
            follower.show_step(self.rate_func(alpha) * self.steps)
