"""From the steps of a foreign network to layers: affine maps are merged, scales are folded, activations stay.

Every reader turns its file into a list of steps, in the order in which the numbers pass them. `network_of` makes
layers of the list. All of it is exact: what is folded is multiplied out in float64, nothing is approximated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from nn_core.activations import Activation
from nn_core.decisions import Decision
from nn_core.network import Layer, Network
from nn_core.readers.pointwise import recognised
from nn_core.readers.steps import Affine, Pointwise, Scale, Softmax, Step, n_numbers

MAX_PARAMETERS = 50_000_000
"""A network of more numbers is refused: in float64 it takes 400 MB, and no picture is made of so many."""


def network_of(
    steps: Iterable[Step],
    *,
    decision: Decision | Literal["usual"] | None = "usual",
    classes: Sequence[str] = (),
) -> Network:
    """The network that does the same as these steps, one after the other.

    Args:
        steps: as a reader has found them.
        decision: how a class is read; None if the outputs are no classes.
        classes: the names of the labels, if the source has some.

    Raises:
        ValueError: two steps don't fit, there is no weight at all, a softmax stands in the middle, or a formula is
            no activation.
    """
    given = list(steps)
    bare = _without_last_softmax(given)
    steps = recognised(bare)
    if not any(isinstance(step, Affine) for step in steps):
        raise ValueError("it holds no layer with weights")
    width = _width_of(steps)
    layers: list[Layer] = []
    pending: Affine | Scale | None = None
    for step in steps:
        _check_width(step, width)
        if isinstance(step, Affine):
            pending, width = _after(pending, step), len(step.weight)
        elif isinstance(step, Scale):
            pending = _after(pending, step)
        elif isinstance(step, Pointwise):
            if step.activation.name != "identity":
                layers.append(_layer(_matrix(pending, width), step.activation))
                pending = None
        else:
            raise ValueError(f"{step.where} is a softmax in the middle; a network here can have one only at the end")
    if pending is not None or len(bare) < len(given):
        # A softmax right behind an activation reads what that gives: these are the logits.
        layers.append(_layer(_matrix(pending, width), "identity"))
    return Network(layers, decision=decision, classes=classes)


def _without_last_softmax(steps: list[Step]) -> list[Step]:
    while steps and isinstance(steps[-1], Softmax):
        steps = steps[:-1]
    return steps


def _width_of(steps: Sequence[Step]) -> int:
    """The number of inputs: steps before the first affine map don't change it."""
    for step in steps:
        if isinstance(step, Affine):
            return int(step.weight.shape[1])
        if (wanted := n_numbers(step)) > 1:
            return wanted
    return 1


def _check_width(step: Step, width: int) -> None:
    if isinstance(step, Affine):
        n_out, n_in = step.weight.shape
        if n_in != width:
            hint = ""
            if n_out == width:
                hint = "; it looks as if its kernel should be transposed"
            raise ValueError(
                f"the weight of {step.where} has shape ({n_out}, {n_in}), but {width} numbers come in{hint}"
            )
    elif (wanted := n_numbers(step)) not in (1, width):
        raise ValueError(f"{step.where} has {wanted} numbers for each point, but {width} come in")


def _layer(whole: Affine, activation: str | Activation) -> Layer:
    if not (np.isfinite(whole.weight).all() and np.isfinite(whole.bias).all()):
        raise ValueError(f"the numbers of {whole.where} are too large: multiplied out, they are infinite")
    return Layer(whole.weight, whole.bias, activation)


def _after(before: Affine | Scale | None, step: Affine | Scale) -> Affine | Scale:
    """Two affine maps in one."""
    if before is None:
        return step
    with np.errstate(over="ignore", invalid="ignore"):  # _layer looks for infinite numbers
        if isinstance(before, Affine) and isinstance(step, Affine):
            return Affine(step.weight @ before.weight, step.weight @ before.bias + step.bias, step.where)
        if isinstance(before, Affine) and isinstance(step, Scale):
            factor = np.broadcast_to(step.factor, before.bias.shape)
            return Affine(before.weight * factor[:, None], before.bias * factor + step.shift, before.where)
        assert isinstance(before, Scale)
        if isinstance(step, Affine):
            shift = np.broadcast_to(before.shift, step.weight.shape[1:])
            return Affine(step.weight * before.factor, step.weight @ shift + step.bias, step.where)
        return Scale(before.factor * step.factor, before.shift * step.factor + step.shift, step.where)


def _matrix(pending: Affine | Scale | None, width: int) -> Affine:
    """The pending map as a matrix; where nothing is pending, the identity."""
    if isinstance(pending, Affine):
        return pending
    if width**2 > MAX_PARAMETERS:
        raise ValueError(f"an activation stands alone on {width:,} numbers: that would be a matrix of {width**2:,}")
    if pending is None:
        return Affine(np.eye(width), np.zeros(width), "a layer without weights")
    return Affine(np.diag(np.broadcast_to(pending.factor, width)), np.broadcast_to(pending.shift, width), pending.where)
