"""Descents on a landscape: level lines, balls that roll along the steps of an optimizer, and their read-outs.

Steps are counted from 0; between two of them a ball moves evenly over the plane and stays on the surface.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, Self

import numpy as np
from manim import LEFT, ORIGIN, RIGHT, Animation, Dot, Group, VGroup, linear

from nn_core.geometry import level_lines
from nn_core.network import Network
from nn_unfold.text.labels import label, stand
from nn_unfold.text.numbers import LiveNumber
from nn_unfold.theme import rgb, theme
from scenes.kit.curves import Plot
from scenes.kit.landscape import Landscape
from scenes.kit.spatial import Cloud, Segments, SpatialGroup

_DETAIL = 0.05  # scene units in the plane between two points of a line on a surface
_SAMPLES = 121  # points of a curve
_GAP = 0.12  # frame units, half of what is between two columns


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


class Legend(VGroup):
    """A row for each trail: its colour, its name, and the value of the function where its ball is.

    Args:
        trails: whose colours and heights these are.
        title: what the names are of, a message in English.
        names: of the rows, likewise.
        head: what the values are, a message in English.
        given: by the name of the column, a message in English, a number for each row, such as a learning rate.
        width: frame units; nearly that of the stage's column if not given.
    """

    def __init__(
        self,
        trails: Sequence[Trail],
        title: str,
        names: Sequence[str],
        *,
        head: str = "loss",
        given: Mapping[str, Sequence[float]] = MappingProxyType({}),
        width: float | None = None,
    ) -> None:
        super().__init__()
        tokens = theme()
        size, width = 0.75 * tokens.label_size, width or tokens.aside_width - 2 * _GAP
        self.trails = list(trails)
        self.numbers = VGroup(*(LiveNumber("", trail.height(), size=size) for trail in trails))
        pitch = 2.2 * self.numbers[0].height
        right = width
        self.add(stand(label(title, size=size, colour=tokens.faint).move_to(ORIGIN, aligned_edge=LEFT), 0))
        columns = [(head, list(self.numbers))]
        columns += [(name, [label(f"{x:g}", size=size) for x in column]) for name, column in reversed(given.items())]
        for name, entries in columns:
            column = VGroup(label(name, size=size, colour=tokens.faint), *entries)
            for row, entry in enumerate(column):
                stand(entry.move_to([right, 0, 0], aligned_edge=RIGHT), -row * pitch)
            right -= column.width + 2 * _GAP
            self.add(column)
        for trail, name, number in zip(trails, names, self.numbers, strict=True):
            dot = Dot([0, number.get_y(), 0], radius=0.3 * number.height, color=trail.head.get_color())
            words = label(name, size=size).move_to([2 * _GAP, 0, 0], aligned_edge=LEFT)
            self.add(dot, stand(words, number.foot))

    def show_step(self, step: float) -> Self:
        """Show the values after this many steps."""
        for trail, number in zip(self.trails, self.numbers, strict=True):
            number.set_value(trail.height(step))
        return self


class Fits(Plot):
    """Points (x, y), and for each trail the curve that a network with the weights of its place makes of x.

    Args:
        network: of one input and one output, whose parameters are the places of the plane.
        X: (n, 1).
        y: (n, 1).
        trails: whose places and colours these are.
        options: of Plot.
    """

    def __init__(
        self, network: Network, X: np.ndarray, y: np.ndarray, trails: Sequence[Trail] = (), **options: Any
    ) -> None:
        tokens = theme()
        (low, high), reach = (X.min(), X.max()), 1.05 * np.abs(y).max()
        super().__init__((float(low), float(high)), (-float(reach), float(reach)), at_origin=True, **options)
        self.network, self.trails = network, list(trails)
        self.x = np.linspace(low, high, _SAMPLES)[:, None]
        for place in self.place(np.hstack([X, y])):
            self.dots.add(Dot(place, radius=0.04, color=tokens.faint))
        for trail in self.trails:
            self.add_curve(trail.head.get_color().to_hex())
        self.show_step(0)

    def show_step(self, step: float) -> Self:
        """Show the curves after this many steps."""
        for trail, curve in zip(self.trails, self.curves, strict=True):
            outputs = self.network.with_parameters(trail.at(step)).forward(self.x).output
            curve.set_points_as_corners(self.place(np.hstack([self.x, outputs])))
        return self


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
