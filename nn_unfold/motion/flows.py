"""Layers in motion: the flows that take a sheet and its data through a network.

A flow moves vertices along closed forms of time, from where they stand to exactly where the layer puts
them. It acts on scene points, which are data points: a mobject that has gone through a flow shows the
network's own numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from manim import Animation, Create, Group, Mobject, linear, smooth

from nn_core.interpolation import AffineStage, affine_stages
from nn_core.network import Layer, Network
from nn_unfold.motion.follow import Follow
from nn_unfold.space.base import SpatialMobject, in_space, spatial_parts
from nn_unfold.text.numbers import LiveAffine
from nn_unfold.theme import theme


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

    def place_part(self, part: SpatialMobject, points: np.ndarray, t: float) -> np.ndarray:
        """Where a part that set out from these points stands after the share t of the flow."""
        return self.place(points, t)

    def interpolate_submobject(self, submobject: Mobject, starting_submobject: Mobject, alpha: float) -> None:
        """Move one part."""
        if isinstance(submobject, SpatialMobject):
            submobject.points = self.place_part(submobject, starting_submobject.points, alpha)


class AffineFlow(Flow):
    """A layer's affine map, shown as what it does: stretch, turn, slide, one after the other.

    A stage that does nothing, such as the stretch of a pure turn, takes no time.

    Args:
        mobjects: what moves.
        layer: its weight and bias are the map; up to 3 inputs and outputs.
        kind: "polar" (stretch, turn, slide), "svd" (turn, stretch, turn, slide), "lerp" or "log"; see
            nn_core.interpolation.
        run_time: seconds in all; one theme step for each stage if not given.
    """

    def __init__(
        self,
        *mobjects: Mobject,
        layer: Layer,
        kind: str = "polar",
        run_time: float | None = None,
        **kwargs: Any,
    ) -> None:
        self.layer = layer
        stages = affine_stages(layer.weight, layer.bias, kind)
        self.stages = [stage for stage in stages if _moves(stage)] or stages[-1:]
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


def _moves(stage: AffineStage) -> bool:
    """Whether a stage ends elsewhere than it begins."""
    ends = zip(stage.path(0.0), stage.path(1.0), strict=True)
    return not all(np.allclose(before, after, rtol=0, atol=1e-12) for before, after in ends)


class ActivationFlow(Flow):
    """A layer's activation, on the axes that the layer has: (1 - t) z + t f(z).

    For ReLU this is max(z, (1 - t) z), a leaky ReLU of falling slope: the plane creases and folds flat.

    Args:
        mobjects: what moves.
        layer: its activation acts, on as many axes as it has neurons.
        in_turn: neuron after neuron, so that one fold can be seen at a time; else all at once.
        run_time: seconds in all.
    """

    def __init__(
        self,
        *mobjects: Mobject,
        layer: Layer,
        in_turn: bool = False,
        run_time: float | None = None,
        **kwargs: Any,
    ) -> None:
        self.layer, self.in_turn = layer, in_turn
        folds = layer.n_out if in_turn else 1.5
        super().__init__(*mobjects, run_time=run_time or folds * theme().step, rate_func=linear, **kwargs)

    def place(self, points: np.ndarray, t: float) -> np.ndarray:
        """Where points (n, 3) stand after the share t of the flow."""
        width = self.layer.n_out
        begins = np.arange(width) if self.in_turn else np.zeros(width)
        shares = np.array([smooth(float(s)) for s in np.clip(t * (begins[-1] + 1) - begins, 0.0, 1.0)])
        if t == 1:
            shares = np.ones(width)
        moved = points.copy()
        z = points[:, :width]
        moved[:, :width] = (1 - shares) * z + shares * self.layer.activation(z)
        return moved


class Passage(Flow):
    """Takes what has an origin in the input plane from one depth of a network to another, forwards or back.

    Backwards it undoes even what a fold has flattened, since every vertex knows where it came from.

    Args:
        mobjects: sheets, clouds, segments with an `origin`.
        layers: all layers of the network up to the deeper end.
        start: the depth at which it sets out, in layers: 0 is the input; up to 0.5 lies the affine map of the first
            layer, from there to 1 its activation, and so on.
        stop: the depth at which it arrives.
        kind: of the affine maps, as of AffineFlow.
    """

    def __init__(
        self,
        *mobjects: Mobject,
        layers: Sequence[Layer],
        start: float,
        stop: float,
        kind: str = "polar",
        **kwargs: Any,
    ) -> None:
        self.flows: list[Flow] = []
        for layer in layers:
            self.flows += [AffineFlow(Mobject(), layer=layer, kind=kind), ActivationFlow(Mobject(), layer=layer)]
        self.start, self.stop = start, stop
        super().__init__(*mobjects, **{"run_time": 2 * theme().step, "rate_func": smooth, **kwargs})

    def interpolate_submobject(self, submobject: Mobject, starting_submobject: Mobject, alpha: float) -> None:
        """Move one part, from its origin."""
        if isinstance(submobject, SpatialMobject):
            submobject.points = self.place_part(submobject, submobject.points, alpha)

    def place_part(self, part: SpatialMobject, points: np.ndarray, t: float) -> np.ndarray:
        """Where a part stands after the share t of the passage, counted from its origin."""
        if part.origin is None:
            return points
        gone = 2 * ((1 - t) * self.start + t * self.stop)
        points = in_space(part.origin)
        for i, flow in enumerate(self.flows):
            if gone <= i:
                break
            points = flow.place(points, min(gone - i, 1.0))
        return points


def lay(thing: Mobject, layers: Sequence[Layer], depth: float) -> None:
    """Put all that has an origin in the input plane where layers take it, to a depth as of Passage."""
    way = Passage(thing, layers=layers, start=0, stop=depth)
    for part in spatial_parts([thing]):
        part.points = way.place_part(part, part.points, 1.0)


class Morph(Flow):
    """Takes what has an origin in the input plane straight to where layers of any width put it: (1 - t) x + t f(x).

    The way is a picture only, for wide layers have none that could be seen; its two ends are the network's. Where f
    makes everything larger t begins slowly, so that the shape, and not the size, changes evenly.

    Args:
        mobjects: sheets, clouds, regions with an `origin`.
        layers: f, from the input plane to two or three numbers.
        start: the share of the way at which it sets out: 0 is the input, 1 its image.
        stop: the share at which it arrives.
    """

    def __init__(
        self, *mobjects: Mobject, layers: Sequence[Layer], start: float = 0.0, stop: float = 1.0, **kwargs: Any
    ) -> None:
        self.network = Network(layers)
        self.start, self.stop = start, stop
        origins = [part.origin for part in spatial_parts(mobjects) if part.origin is not None]
        self.images: dict[SpatialMobject, np.ndarray] = {}
        self.growth = _mean_distance(self.network.forward(np.concatenate(origins)).output) / _mean_distance(
            np.concatenate(origins)
        )
        super().__init__(*mobjects, **{"run_time": 2 * theme().step, "rate_func": smooth, **kwargs})

    def place_part(self, part: SpatialMobject, points: np.ndarray, t: float) -> np.ndarray:
        """Where a part stands after the share t of the movement, counted from its origin."""
        if part.origin is None:
            return points
        gone = (1 - t) * self.start + t * self.stop
        share = gone / (gone + (1 - gone) * self.growth)
        if part not in self.images:
            self.images[part] = in_space(self.network.forward(part.origin).output)
        return (1 - share) * in_space(part.origin) + share * self.images[part]


def _mean_distance(points: np.ndarray) -> float:
    """The root mean square distance of points (n, d) from their middle."""
    return float(np.sqrt(points.var(axis=0).sum()))


def destinations(parts: Iterable[SpatialMobject], flows: Sequence[Flow], samples: int) -> Iterator[np.ndarray]:
    """The places (n, 3) of all parts at some moments of one flow after another, the start first.

    A part that a flow does not move stays where it is.

    Args:
        parts: where they stand now is where they set out.
        flows: what they go through.
        samples: moments of each flow, its end the last of them.
    """
    parts = list(parts)
    now = [part.points for part in parts]
    yield np.concatenate(now)
    for flow in flows:
        moved = set(flow.mobject.get_family())
        start = now
        for t in np.linspace(0, 1, samples + 1)[1:]:
            now = [
                flow.place_part(part, points, t) if part in moved else points
                for part, points in zip(parts, start, strict=True)
            ]
            yield np.concatenate(now)
