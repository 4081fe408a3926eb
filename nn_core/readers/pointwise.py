"""Activations as other frameworks write them: with parameters, or spelled out as a formula.

The functions give the steps of one activation. A formula of many nodes, such as z * sigmoid(z), is recognised by its
values.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erf

from nn_core.activations import ACTIVATIONS, FAMILIES, Activation, activation
from nn_core.arrays import numbers
from nn_core.readers.steps import Array, Pointwise, Scale, Step, n_numbers, scale

Steps = tuple[Step, ...]


def plain(name: str | Activation, where: str) -> Steps:
    """An activation without parameters, by its name in any spelling.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        return (Pointwise(activation(name), where),)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def known(name: str, where: str, *parameters: float) -> Steps:
    """An activation with parameters, in the order of the function of that name in `FAMILIES`.

    Raises:
        ValueError: a parameter is not a finite number, or not one that it takes.
    """
    usual = [entry.default for entry in inspect.signature(FAMILIES[name]).parameters.values()]
    plainly = [_as_written(_number(value, name, where)) for value in parameters]
    # The usual ones too may have been rounded to float32.
    snapped = [
        default if isinstance(default, float) and np.float32(value) == np.float32(default) else value
        for value, default in zip_longest(plainly, usual[: len(plainly)])
    ]
    try:
        return plain(FAMILIES[name](*snapped), where)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def leaky_relu(where: str, slope: float) -> Steps:
    """Leaky ReLU with this slope where z < 0: ReLU of 0, nothing of 1."""
    if slope == 0:
        return plain("relu", where)
    return () if slope == 1 else known("leaky_relu", where, slope)


def prelu(slope: ArrayLike, where: str) -> Steps:
    """Leaky ReLU with a slope for each neuron, (n,); or with one for all."""
    slopes = numbers(slope, f"the slope of {where}", dtype=np.float64).reshape(-1)
    if not slopes.size:
        raise ValueError(f"{where} has no slope")
    return leaky_relu(where, slopes[0]) if (slopes == slopes[0]).all() else known("prelu", where, *slopes)


def gelu(approximate: str, where: str) -> Steps:
    """The product z Phi(z) with the exact distribution ("none"), or approximated by a tanh ("tanh")."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"{where} is approximated by {approximate!r}, expected 'none' or 'tanh'")
    return plain("gelu" if approximate == "none" else "gelu_tanh", where)


def clip(low: float | None, high: float | None, where: str) -> Steps:
    """max(low, min(high, z)); None is no bound."""
    low = None if low is None or low == -np.inf else _number(low, "clip", where)
    high = None if high is None or high == np.inf else _number(high, "clip", where)
    if low is not None and high is not None:
        return known("hard_tanh", where, low, high)
    if low is not None:
        return (scale(1, -low, where), *plain("relu", where), scale(1, low, where)) if low else plain("relu", where)
    if high is not None:
        return (scale(-1, high, where), *plain("relu", where), scale(-1, high, where))
    return ()


def part(name: str, function: Callable[[Array], Array], where: str, size: int = 1) -> Steps:
    """A function that is no activation by itself, but may be a part of one, such as the erf of a GELU.

    Raises:
        ValueError: it is made of more operations than any activation.
    """
    if size > MOST_OPERATIONS:
        raise ValueError(f"{where} ends a formula of more than {MOST_OPERATIONS} operations: it is no activation")
    return (Pointwise(Activation.of(name, function, np.zeros_like), where, known=False, size=size),)


MOST_OPERATIONS = 64
"""Of one formula: the tanh approximation of GELU has 9."""

PARTS: dict[str, Callable[[Array], Array]] = {
    "erf": erf,
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "square": np.square,
    "reciprocal": np.reciprocal,
    "sign": np.sign,
}
"""Functions of one number that a formula may be made of."""


def joined(
    left: Sequence[Step], right: Sequence[Step], function: Callable[[Array, Array], Array], name: str, where: str
) -> Steps:
    """Two values that were made of one value, number by number, in one formula.

    Args:
        left: the steps to the one value.
        right: the steps to the other one.
        function: what is computed of both.
        name: of the function, such as "Mul".
        where: what the source calls it, for messages.

    Raises:
        ValueError: they come by different weights, such as the two branches of a skip connection.
    """
    n = 0
    while n < min(len(left), len(right)) and left[n] is right[n]:
        n += 1
    branches = left[n:], right[n:]
    if not all(_is_pointwise(step) for branch in branches for step in branch):
        raise ValueError(f"{where} joins two branches; a network here is one chain of layers, without skip connections")
    first, second = (_composed(branch) for branch in branches)
    size = 1 + sum(step.size for branch in branches for step in branch if isinstance(step, Pointwise))
    return (*left[:n], *part(name, lambda z: function(first(z), second(z)), where, size))


def recognised(steps: Iterable[Step]) -> list[Step]:
    """The same steps, where formulas are the activations that they are.

    Raises:
        ValueError: a formula is none that there is.
    """
    steps = list(steps)
    found: list[Step] = []
    i = 0
    while i < len(steps):
        step, run = steps[i], _longest_run(steps, i)
        ends = [j for j in range(1, len(run) + 1) if not all(_is_known(part) for part in run[:j])]
        match = next(((kind, j) for j in reversed(ends) if (kind := _match(run[:j])) is not None), None)
        if match is not None:
            found += match[0]
            i += match[1]
        elif _is_known(step):
            found.append(step)
            i += 1
        else:
            assert isinstance(step, Pointwise)
            raise ValueError(f"{step.where} ({step.activation.name}) is no activation that a layer can have")
    return found


_LONGEST_RUN = 8


def _longest_run(steps: Sequence[Step], start: int) -> Sequence[Step]:
    end = start
    while end < min(len(steps), start + _LONGEST_RUN) and _is_pointwise(steps[end]):
        end += 1
    return steps[start:end]


def _is_known(step: Step) -> bool:
    return not isinstance(step, Pointwise) or step.known


_GRID = np.linspace(-9, 9, 181)


def _match(run: Sequence[Step]) -> Steps | None:
    """The activation that this run of steps is, by its values at many points; None if there is none."""
    where = next(step.where for step in run)
    with np.errstate(all="ignore"):
        values = _composed(run)(_GRID)
    for candidate in ACTIVATIONS.values():
        # Sources compute their constants in float32.
        if np.allclose(values, candidate(_GRID), rtol=1e-5, atol=1e-6):
            return plain(candidate, where)
    return None


def _is_pointwise(step: Step) -> bool:
    return isinstance(step, Pointwise | Scale) and n_numbers(step) == 1


def _composed(steps: Iterable[Step]) -> Callable[[Array], Array]:
    steps = list(steps)

    def function(z: Array) -> Array:
        for step in steps:
            if isinstance(step, Scale):
                z = step.factor * z + step.shift
            elif isinstance(step, Pointwise):
                z = step.activation(z)
        return z

    return function


def _as_written(value: float) -> float:
    """The number that was meant: of 0.20000000298, which is 0.2 in float32, 0.2."""
    with np.errstate(over="ignore"):
        single = np.float32(value)
    return float(str(single)) if float(single) == value else value


def _number(value: float, name: str, where: str) -> float:
    """A number that a file may hold as an array of one."""
    try:
        number = numbers(value, f"a parameter of {name} of {where}", dtype=np.float64)
    except TypeError as error:
        raise ValueError(str(error)) from error
    if number.size != 1:
        raise ValueError(f"a parameter of {name} of {where} has shape {number.shape}, expected one number")
    return float(number.reshape(()))
