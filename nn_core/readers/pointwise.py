"""Activations as other frameworks write them: with parameters, or spelled out as a formula.

The functions give the steps of one activation. A parameter that the table of activations doesn't know becomes an
exact scale before and after, such as softplus(beta z) / beta. A formula of many nodes, such as z * sigmoid(z), is
recognised by its values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erf

from nn_core.activations import Activation, activation
from nn_core.arrays import numbers
from nn_core.readers.steps import Array, Pointwise, Scale, SlopePerNeuron, Step, scale

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


def leaky_relu(slope: float, where: str) -> Steps:
    """As is for z > 0, slope * z elsewhere."""
    slope = _number(slope, "the slope", where)
    if slope == 0:
        return plain("relu", where)
    return () if slope == 1 else plain(f"leaky_relu({slope!r})", where)


def prelu(slope: ArrayLike, where: str) -> Steps:
    """Leaky ReLU with a slope for each neuron, (n,); or with one for all."""
    slopes = numbers(slope, f"the slope of {where}", dtype=np.float64).astype(np.float64, copy=False).reshape(-1)
    if not slopes.size:
        raise ValueError(f"{where} has no slope")
    if (slopes == slopes[0]).all():
        return leaky_relu(float(slopes[0]), where)
    return (SlopePerNeuron(slopes, where),)


def elu(alpha: float, where: str) -> Steps:
    """As is for z > 0, alpha (exp z - 1) elsewhere."""
    alpha = _number(alpha, "alpha", where)
    return plain("elu" if alpha == 1 else f"elu({alpha!r})", where)


def celu(alpha: float, where: str) -> Steps:
    """ELU with another scale: alpha elu(z / alpha)."""
    alpha = _number(alpha, "alpha", where)
    if alpha == 0:
        raise ValueError(f"{where} divides by alpha, which is 0")
    return _within(1 / alpha, 0, plain("elu", where), alpha, 0, where)


SELU = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
"""alpha and gamma of Klambauer et al. 2017."""


def selu(alpha: float, gamma: float, where: str) -> Steps:
    """ELU times a factor: gamma elu(z; alpha)."""
    if np.allclose((alpha, gamma), SELU, rtol=1e-6):
        return plain("selu", where)
    return (*elu(alpha, where), scale(gamma, 0, where))


def softplus(beta: float, where: str) -> Steps:
    """log(1 + exp(beta z)) / beta."""
    beta = _number(beta, "beta", where)
    if beta == 0:
        raise ValueError(f"{where} divides by beta, which is 0")
    return _within(beta, 0, plain("softplus", where), 1 / beta, 0, where)


def log_sigmoid(where: str) -> Steps:
    """-softplus(-z)."""
    return _within(-1, 0, plain("softplus", where), -1, 0, where)


def silu(beta: float, where: str) -> Steps:
    """The swish z sigmoid(beta z)."""
    beta = _number(beta, "beta", where)
    if beta == 0:
        return (scale(0.5, 0, where),)
    return _within(beta, 0, plain("silu", where), 1 / beta, 0, where)


def gelu(approximate: str, where: str) -> Steps:
    """The product z Phi(z) with the exact distribution ("none"), or approximated by a tanh ("tanh")."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"{where} is approximated by {approximate!r}, expected 'none' or 'tanh'")
    return plain("gelu" if approximate == "none" else "gelu_tanh", where)


def clip(low: float | None, high: float | None, where: str) -> Steps:
    """max(low, min(high, z)); None is no bound.

    Raises:
        ValueError: the bounds don't leave anything between them.
    """
    low = None if low is None or low == -np.inf else _number(low, "the lower bound", where)
    high = None if high is None or high == np.inf else _number(high, "the upper bound", where)
    if low is None:
        return () if high is None else _within(-1, high, plain("relu", where), -1, high, where)
    if high is None:
        return _within(1, -low, plain("relu", where), 1, low, where)
    if not low < high:
        raise ValueError(f"{where} keeps numbers between {low} and {high}: nothing is left")
    if low == 0:
        return _within(6 / high, 0, plain("relu6", where), high / 6, 0, where)
    middle, half = (low + high) / 2, (high - low) / 2
    return _within(1 / half, -middle / half, plain("hard_tanh", where), half, middle, where)


def hard_sigmoid(alpha: float, beta: float, where: str) -> Steps:
    """max(0, min(1, alpha z + beta)): 1/6 and 1/2 in PyTorch, 1/5 and 1/2 in ONNX and Keras 2."""
    factor, shift = 6 * _number(alpha, "alpha", where), 6 * _number(beta, "beta", where) - 3
    if abs(factor - 1) < 1e-6 and abs(shift) < 1e-6:  # 1/6 in float32
        factor, shift = 1, 0
    return _within(factor, shift, plain("hard_sigmoid", where), 1, 0, where)


def absolute(where: str) -> Steps:
    """|z|, a leaky ReLU of slope -1."""
    return leaky_relu(-1.0, where)


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
        match = next(((kind, j) for j in ends if (kind := _match(run[:j])) is not None), None)
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


_CANDIDATES = [
    "identity",
    "relu",
    "sigmoid",
    "tanh",
    "silu",
    "gelu",
    "gelu_tanh",
    "mish",
    "hard_swish",
    "softsign",
    "softplus",
    "hard_sigmoid",
    "hard_tanh",
    "relu6",
    "elu",
    "selu",
    "sin",
]
_GRID = np.linspace(-9, 9, 181)


def _match(run: Sequence[Step]) -> Steps | None:
    """The activation that this run of steps is, by its values at many points; None if there is none."""
    where = next(step.where for step in run)
    with np.errstate(all="ignore"):
        values = _composed(run)(_GRID)
    for candidate in (*(plain(name, where) for name in _CANDIDATES), log_sigmoid(where)):
        # Sources compute their constants in float32.
        if np.allclose(values, _composed(candidate)(_GRID), rtol=1e-5, atol=1e-6):
            return candidate
    return None


def _is_pointwise(step: Step) -> bool:
    return isinstance(step, Pointwise) or (isinstance(step, Scale) and step.factor.ndim == step.shift.ndim == 0)


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


def _within(factor: float, shift: float, inner: Steps, factor_after: float, shift_after: float, where: str) -> Steps:
    before = () if (factor, shift) == (1, 0) else (scale(factor, shift, where),)
    after = () if (factor_after, shift_after) == (1, 0) else (scale(factor_after, shift_after, where),)
    return (*before, *inner, *after)


def _number(value: float, name: str, where: str) -> float:
    number = numbers(value, f"{name} of {where}")
    if number.size != 1:
        raise ValueError(f"{name} of {where} has shape {number.shape}, expected one number")
    return float(number.reshape(()))
