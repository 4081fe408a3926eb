"""Layers in motion: flows carry a sheet and its data through a network.

A flow moves vertices along a closed form of time, from where they are to exactly where the layer puts them. It acts on
scene points, which are data points. So a mobject that has gone through a flow shows the network's own numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, cast

import numpy as np
from manim import Animation, Create, Group, Mobject, linear, smooth

from nn_core.interpolation import AffineStage, affine_stages
from nn_core.network import Layer, Network
from nn_unfold.errors import UnfoldError
from nn_unfold.motion.follow import Follow
from nn_unfold.space.base import SpatialMobject, in_space, spatial_parts
from nn_unfold.text.numbers import LiveAffine
from nn_unfold.theme import theme


class Draw(Create):
    """Draws lines that are in the scene but hidden, such as the creases of a sheet."""

    def begin(self) -> None:
        """Make them visible, and start with none of them drawn."""
        self.mobject.set_opacity(1.0)
        super().begin()


class Flow(Animation):
    """Moves all spatial parts of some mobjects along `place`, a closed form of time.

    Args:
        mobjects: sheets, clouds, segments and other spatial mobjects.
    """

    def __init__(self, *mobjects: Mobject, **kwargs: Any) -> None:
        mobject = mobjects[0] if len(mobjects) == 1 else Group(*mobjects)
        super().__init__(mobject, **kwargs)

    @property
    def moved(self) -> set[Mobject]:
        """All parts of the mobjects."""
        return set(cast(Sequence[Mobject], self.mobject.get_family()))

    def place(self, points: np.ndarray, t: float) -> np.ndarray:
        """Where points (n, 3) are after the share t of the flow."""
        raise NotImplementedError

    def place_part(self, part: SpatialMobject, points: np.ndarray, t: float) -> np.ndarray:
        """Where a part that started at these points (n, 3) is after the share t of the flow."""
        return self.place(points, t)

    def interpolate_submobject(self, submobject: Mobject, starting_submobject: Mobject, alpha: float) -> Self:
        """Move one part."""
        if isinstance(submobject, SpatialMobject) and isinstance(starting_submobject, SpatialMobject):
            submobject.points = self.place_part(submobject, starting_submobject.points, alpha)
        return self


class AffineFlow(Flow):
    """A layer's affine map, shown as what it does: it scales, rotates and translates, one after the other.

    A stage that changes nothing, such as the scaling of a pure rotation, takes no time.

    Args:
        mobjects: what moves.
        layer: its weight and bias are the map; 1 to 3 inputs and outputs.
        kind: "polar" (scale, rotate, translate), "svd" (rotate, scale, rotate, translate), "lerp" or "log"; see
            nn_core.interpolation.
        run_time: seconds in all; one theme step for each stage if not given.

    Raises:
        UnfoldError: for a layer with more than 3 inputs or outputs.
    """

    def __init__(
        self,
        *mobjects: Mobject,
        layer: Layer,
        kind: str = "polar",
        run_time: float | None = None,
        **kwargs: Any,
    ) -> None:
        self.layer = _of_space(layer)
        stages = affine_stages(layer.weight, layer.bias, kind)
        self.stages = [stage for stage in stages if _moves(stage)] or stages[-1:]
        run_time = theme().step * len(self.stages) if run_time is None else run_time
        super().__init__(*mobjects, run_time=run_time, rate_func=linear, **kwargs)

    def matrix(self, t: float) -> tuple[np.ndarray, np.ndarray]:
        """The map at the share t of the flow: A (3, 3) and b (3,), for points in space."""
        step = min(int(t * len(self.stages)), len(self.stages) - 1)
        return self.stages[step].path(smooth(t * len(self.stages) - step) if t < 1 else 1.0)

    def place(self, points: np.ndarray, t: float) -> np.ndarray:
        """Where points (n, 3) are after the share t of the flow."""
        weight, bias = self.matrix(t)
        return np.asarray(points @ weight.T + bias)

    def numbers(self, t: float) -> tuple[np.ndarray, np.ndarray]:
        """The map at the share t in the layer's own coordinates: weight (n_out, n_in), bias (n_out,)."""
        weight, bias = self.matrix(t)
        return weight[: self.layer.n_out, : self.layer.n_in], bias[: self.layer.n_out]

    def read_out(self, numbers: LiveAffine) -> Follow:
        """An animation that shows the map of each moment in these numbers while the flow runs."""
        return Follow(numbers, self.numbers, numbers.show, run_time=self.run_time)


def _of_space(layer: Layer) -> Layer:
    """The same layer, if its inputs and outputs can be shown as points.

    Raises:
        UnfoldError: for more than 3 of either.
    """
    if max(layer.weight.shape) > 3:
        raise UnfoldError(
            f"A layer from {layer.n_in} to {layer.n_out} dimensions can't be shown as moving points; 3 are the most. "
            "Use Morph for several layers at once, with a projection as the last one (see nn_core.projections)."
        )
    return layer


def _moves(stage: AffineStage) -> bool:
    """Whether a stage moves anything."""
    ends = zip(stage.path(0.0), stage.path(1.0), strict=True)
    return not all(np.allclose(before, after, rtol=0, atol=1e-12) for before, after in ends)


class ActivationFlow(Flow):
    """A layer's activation f, on as many axes as the layer has neurons: (1 - t) z + t f(z).

    For ReLU this is max(z, (1 - t) z), a leaky ReLU whose slope falls to 0: the plane creases and becomes flat.

    Args:
        mobjects: what moves.
        layer: with the activation, and 1 to 3 neurons.
        in_turn: whether one neuron acts after the other, so that one crease can be seen at a time.
        run_time: seconds in all.

    Raises:
        UnfoldError: for a layer with more than 3 inputs or outputs.
    """

    def __init__(
        self,
        *mobjects: Mobject,
        layer: Layer,
        in_turn: bool = False,
        run_time: float | None = None,
        **kwargs: Any,
    ) -> None:
        self.layer, self.in_turn = _of_space(layer), in_turn
        folds = layer.n_out if in_turn else 1.5
        super().__init__(*mobjects, run_time=run_time or folds * theme().step, rate_func=linear, **kwargs)

    def place(self, points: np.ndarray, t: float) -> np.ndarray:
        """Where points (n, 3) are after the share t of the flow."""
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
    """Moves what has an origin in the input plane from one depth of a network to another, forwards or backwards.

    Backwards it undoes even what a fold has flattened, since every vertex knows its origin.

    Args:
        mobjects: sheets, clouds, segments with an `origin`.
        layers: all layers of the network up to the deeper end, with up to 3 neurons each.
        start: the depth where it starts, counted in layers: 0 is the input, 0 to 0.5 the affine map of the first layer,
            0.5 to 1 its activation, and so on.
        stop: the depth where it ends.
        kind: of the affine maps, as in AffineFlow.

    Raises:
        UnfoldError: for a layer with more than 3 inputs or outputs.
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
        self.flows: list[AffineFlow | ActivationFlow] = []
        for layer in layers:
            self.flows += [AffineFlow(Mobject(), layer=layer, kind=kind), ActivationFlow(Mobject(), layer=layer)]
        self.start, self.stop = start, stop
        super().__init__(*mobjects, **{"run_time": 2 * theme().step, "rate_func": smooth, **kwargs})

    def interpolate_submobject(self, submobject: Mobject, starting_submobject: Mobject, alpha: float) -> Self:
        """Move one part, from its origin."""
        if isinstance(submobject, SpatialMobject):
            submobject.points = self.place_part(submobject, submobject.points, alpha)
        return self

    def place_part(self, part: SpatialMobject, points: np.ndarray, t: float) -> np.ndarray:
        """Where a part is after the share t of the passage, computed from its origin."""
        if part.origin is None:
            return points
        done = 2 * ((1 - t) * self.start + t * self.stop)
        points = in_space(part.origin)
        for i, flow in enumerate(self.flows):
            if done <= i:
                break
            points = flow.place(points, min(done - i, 1.0))
        return points


def lay(thing: Mobject, layers: Sequence[Layer], depth: float) -> None:
    """Put all that has an origin in the input plane where the layers map it, up to a depth as in Passage."""
    passage = Passage(thing, layers=layers, start=0, stop=depth)
    for part in spatial_parts([thing]):
        part.points = passage.place_part(part, part.points, 1.0)


class Morph(Flow):
    """Moves what has an origin x in the input plane straight to where some layers f map it: (1 - t) x + t f(x).

    The hidden layers may have any width. The states in between are not the network's; the two ends are. Where f makes
    everything larger, t begins slowly, so that the shape changes evenly and not the size.

    Args:
        mobjects: sheets, clouds, regions with an `origin`.
        layers: f, from the input plane to 1, 2 or 3 numbers. More of them need a projection as one more layer, such as
            `tells_apart` or `onto_principal_axes` of nn_core.projections.
        start: the share of the movement where it starts: 0 is the input, 1 its image.
        stop: the share where it ends.

    Raises:
        UnfoldError: for more than 3 outputs.
    """

    def __init__(
        self, *mobjects: Mobject, layers: Sequence[Layer], start: float = 0.0, stop: float = 1.0, **kwargs: Any
    ) -> None:
        self.network = Network(layers)
        if self.network.n_out > 3:
            raise UnfoldError(
                f"The layers end in {self.network.n_out} numbers, but points in space have 3 at most: add a projection "
                "as the last layer, such as tells_apart or onto_principal_axes of nn_core.projections."
            )
        self.start, self.stop = start, stop
        origins = [part.origin for part in spatial_parts(mobjects) if part.origin is not None and len(part.origin)]
        self.images: dict[SpatialMobject, np.ndarray] = {}
        points = np.concatenate(origins) if origins else np.zeros((0, self.network.n_in))
        before, after = (_mean_distance(P) for P in (points, self.network.forward(points).output))
        self.growth = after / before if before and after else 1.0
        super().__init__(*mobjects, **{"run_time": 2 * theme().step, "rate_func": smooth, **kwargs})

    def place_part(self, part: SpatialMobject, points: np.ndarray, t: float) -> np.ndarray:
        """Where a part is after the share t of the movement, computed from its origin."""
        if part.origin is None:
            return points
        done = (1 - t) * self.start + t * self.stop
        share = done / (done + (1 - done) * self.growth)
        if part not in self.images:
            self.images[part] = in_space(self.network.forward(part.origin).output)
        return (1 - share) * in_space(part.origin) + share * self.images[part]


def _mean_distance(points: np.ndarray) -> float:
    """The root mean square distance of points (n, d) from their mean; 0 where there are none."""
    return float(np.sqrt(points.var(axis=0).sum())) if len(points) else 0.0
