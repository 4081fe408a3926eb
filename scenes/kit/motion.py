"""Layers in motion: the flows that take a sheet and its data through a network.

A flow moves vertices along closed forms of time, from where they stand to exactly where the layer puts
them. It acts on scene points, which are data points: a mobject that has gone through a flow shows the
network's own numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from manim import Animation, Create, Group, Mobject, linear, smooth

from nn_core.interpolation import affine_stages
from nn_core.network import Layer
from scenes.kit.spatial import SpatialMobject, in_space
from scenes.kit.theme import theme
from scenes.kit.writing import Follow, LiveAffine


class Draw(Create):
    """Draws lines that are in the scene but hidden, such as the creases of a sheet."""

    def begin(self) -> None:
        """Make them visible, then draw from nothing."""
        self.mobject.set_opacity(1.0)
        super().begin()


class Flow(Animation):
    """Moves all spatial parts of some mobjects along `place`, a closed form of time.

    Args:
        mobjects: sheets, clouds, segments: whatever lives in space.
    """

    def __init__(self, *mobjects: Mobject, **kwargs: Any) -> None:
        mobject = mobjects[0] if len(mobjects) == 1 else Group(*mobjects)
        super().__init__(mobject, **kwargs)

    def place(self, points: np.ndarray, t: float) -> np.ndarray:
        """Where points (n, 3) stand after the share t of the flow."""
        raise NotImplementedError

    def interpolate_submobject(self, submobject: Mobject, starting_submobject: Mobject, alpha: float) -> None:
        """Move one part."""
        if isinstance(submobject, SpatialMobject):
            submobject.points = self.place(starting_submobject.points, alpha)


class AffineFlow(Flow):
    """A layer's affine map, shown as what it does: stretch, turn, slide, one after the other.

    Args:
        mobjects: what moves.
        layer: its weight and bias are the map; up to 3 inputs and outputs.
        kind: "polar" (stretch, turn, slide), "svd" (turn, stretch, turn, slide), "lerp" or "log"; see
            nn_core.interpolation.
        run_time: seconds in all; one theme step for each stage if not given.
    """

    def __init__(
        self, *mobjects: Mobject, layer: Layer, kind: str = "polar", run_time: float | None = None, **kwargs: Any
    ) -> None:
        self.layer = layer
        self.stages = affine_stages(layer.weight, layer.bias, kind)
        run_time = theme().step * len(self.stages) if run_time is None else run_time
        super().__init__(*mobjects, run_time=run_time, rate_func=linear, **kwargs)

    def matrix(self, t: float) -> tuple[np.ndarray, np.ndarray]:
        """The map at the share t of the flow: A (3, 3) and b (3,), acting on points in space."""
        step = min(int(t * len(self.stages)), len(self.stages) - 1)
        return self.stages[step].path(smooth(t * len(self.stages) - step) if t < 1 else 1.0)

    def place(self, points: np.ndarray, t: float) -> np.ndarray:
        """Where points (n, 3) stand after the share t of the flow."""
        weight, bias = self.matrix(t)
        return points @ weight.T + bias

    def numbers(self, t: float) -> tuple[np.ndarray, np.ndarray]:
        """The map at t in the layer's own coordinates: weight (n_out, n_in), bias (n_out,)."""
        weight, bias = self.matrix(t)
        return weight[: self.layer.n_out, : self.layer.n_in], bias[: self.layer.n_out]

    def read_out(self, numbers: LiveAffine) -> Follow:
        """An animation that keeps these numbers on the map while the flow runs."""
        return Follow(numbers, self.numbers, numbers.show, run_time=self.run_time)


class ActivationFlow(Flow):
    """A layer's activation, on the axes that the layer has: (1 - t) z + t f(z).

    For ReLU this is max(z, (1 - t) z), a leaky ReLU of falling slope: the plane creases and folds flat.
    """

    def __init__(self, *mobjects: Mobject, layer: Layer, run_time: float | None = None, **kwargs: Any) -> None:
        self.layer = layer
        super().__init__(*mobjects, run_time=run_time or 1.5 * theme().step, rate_func=smooth, **kwargs)

    def place(self, points: np.ndarray, t: float) -> np.ndarray:
        """Where points (n, 3) stand after the share t of the flow."""
        width = self.layer.n_out
        moved = points.copy()
        z = points[:, :width]
        moved[:, :width] = (1 - t) * z + t * self.layer.activation(z)
        return moved


class Passage(Flow):
    """Takes what has an origin in the input plane through whole layers, forwards or back.

    Backwards it undoes even what a fold has flattened, since every vertex knows where it came from.

    Args:
        mobjects: sheets, clouds, segments with an `origin`.
        layers: what to pass, in the order of the network.
        backwards: run from the last layer's output back to the input.
    """

    def __init__(self, *mobjects: Mobject, layers: Sequence[Layer], backwards: bool = False, **kwargs: Any) -> None:
        self.flows = [
            flow(layer=layer) for layer in layers for flow in (partial(AffineFlow, Mobject()), partial(ActivationFlow, Mobject()))
        ]
        self.backwards = backwards
        super().__init__(*mobjects, **{"run_time": 1.5 * theme().step, "rate_func": smooth, **kwargs})

    def place(self, points: np.ndarray, t: float) -> np.ndarray:
        """Where input points (n, 3) stand after the share t of the passage."""
        gone = (1 - t if self.backwards else t) * len(self.flows)
        for i, flow in enumerate(self.flows):
            if gone <= i:
                break
            points = flow.place(points, min(gone - i, 1.0))
        return points

    def interpolate_submobject(self, submobject: Mobject, starting_submobject: Mobject, alpha: float) -> None:
        """Move one part, from its origin."""
        if isinstance(submobject, SpatialMobject) and submobject.origin is not None:
            submobject.points = self.place(in_space(submobject.origin), alpha)


def extent(parts: Iterable[SpatialMobject], *flows: Flow, samples: int = 9) -> np.ndarray:
    """The places (n, 3) that parts pass through in one flow after another, at some moments of each.

    Args:
        parts: where they stand now is where they set out.
        flows: what they go through.
        samples: moments of each flow; 1 for its end alone, and then the start does not count either.
    """
    places = []
    for part in parts:
        points = part.points
        if samples > 1 or not flows:
            places.append(points)
        for flow in flows:
            if samples > 1:
                places += [flow.place(points, t) for t in np.linspace(0, 1, samples)[1:-1]]
            points = flow.place(points, 1.0)
            if samples > 1 or flow is flows[-1]:
                places.append(points)
    return np.concatenate(places) if places else np.zeros((1, 3))
