"""Activations: what a layer does to each of its numbers, and softmax and argmax, which read a row of them.

An activation is a small record of a function and its derivative; `ACTIVATIONS` is the table of names. The
functions take an optional `out`, the derivatives also an optional `a` (the function's value, where it is
known), so that training allocates nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from reprlib import repr as shortened
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from nn_core.arrays import real_number

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Activation:
    """A function applied to every number of a layer, with its derivative.

    Attributes:
        name: what tables and files call it.
        function: `function(z, out=None)`, of any shape.
        derivative: `derivative(z, a=None, out=None)`, where `a` is `function(z)` if known; `out` may be `z`.
        slopes: (slope where z < 0, slope where z > 0) of a piecewise linear function, None of a smooth one.

    >>> float(ACTIVATIONS["tanh"].derivative(0.0))
    1.0
    """

    name: str
    function: Callable[..., Any] = field(repr=False)
    derivative: Callable[..., Any] = field(repr=False)
    slopes: tuple[float, float] | None = field(default=None, repr=False)

    def __call__(self, z: Any) -> Any:
        """The function's value, of the shape of z."""
        return self.function(z)

    @classmethod
    def of(cls, name: str, function: Callable[[Any], Any], derivative: Callable[[Any], Any]) -> Activation:
        """An activation from two plain functions of z, for experiments.

        >>> cube = Activation.of("cube", lambda z: z**3, lambda z: 3 * z**2)
        >>> float(cube(2.0)), float(cube.derivative(2.0))
        (8.0, 12.0)
        """

        def into(value: Any, out: Array | None) -> Any:
            if out is None:
                return np.asarray(value)
            np.copyto(out, value)
            return out

        return cls(
            name,
            lambda z, out=None: into(function(z), out),
            lambda z, a=None, out=None: into(derivative(z), out),
        )


def _two_slopes(left: float, z: Any, a: Any = None, out: Array | None = None) -> Any:
    """The derivative of a function of slope `left` for z <= 0 and 1 for z > 0."""
    z = np.asarray(z)
    step = np.greater(z, 0, out=out if out is not None else np.empty_like(z, dtype=np.result_type(z, np.float32)))
    if left:
        step *= 1 - left
        step += left
    return step


def _leaky(slope: float, z: Any, out: Array | None = None) -> Any:
    scaled = np.multiply(z, slope, out=out)
    # max(z, s z) is leaky ReLU for s <= 1 only; beyond, the larger branch is the other one.
    return (np.maximum if slope <= 1 else np.minimum)(z, scaled, out=out)


def leaky_relu(slope: float = 0.01) -> Activation:
    """Leaky ReLU: z where z > 0, slope times z elsewhere.

    Raises:
        TypeError: the slope is no number.
        ValueError: it is not finite.

    >>> leaky_relu(0.5)(np.array([-2.0, 2.0])).tolist()
    [-1.0, 2.0]
    """
    slope = real_number(slope, "slope")
    name = "leaky_relu" if slope == 0.01 else f"leaky_relu({slope!r})"
    return Activation(name, partial(_leaky, slope), partial(_two_slopes, slope), (slope, 1.0))


def _identity_slope(z: Any, a: Any = None, out: Array | None = None) -> Any:
    if out is None:
        return np.ones_like(z, dtype=np.result_type(np.asarray(z), np.float32))
    out[...] = 1
    return out


def _sigmoid_slope(z: Any, a: Any = None, out: Array | None = None) -> Any:
    a = expit(z) if a is None else a
    return np.multiply(np.subtract(1, a, out=out), a, out=out)


def _tanh_slope(z: Any, a: Any = None, out: Array | None = None) -> Any:
    a = np.tanh(z) if a is None else a
    return np.subtract(1, np.multiply(a, a, out=out), out=out)


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation("identity", np.positive, _identity_slope, (1.0, 1.0)),
    "relu": Activation("relu", lambda z, out=None: np.maximum(z, 0, out=out), partial(_two_slopes, 0), (0.0, 1.0)),
    "leaky_relu": leaky_relu(),
    "sigmoid": Activation("sigmoid", expit, _sigmoid_slope),
    "tanh": Activation("tanh", np.tanh, _tanh_slope),
    "sin": Activation("sin", np.sin, lambda z, a=None, out=None: np.cos(z, out=out)),
    "softplus": Activation(
        "softplus",
        lambda z, out=None: np.logaddexp(0, z, out=out),
        lambda z, a=None, out=None: expit(z, out=out),
    ),
}


def activation(name: str | Activation) -> Activation:
    """The activation of a name; an Activation is returned as it is. "leaky_relu(0.2)" gives the slope.

    Raises:
        TypeError: it is neither.
        ValueError: the name is not in the table.

    >>> activation("leaky_relu(0.2)").slopes
    (0.2, 1.0)
    """
    if isinstance(name, Activation):
        return name
    if not isinstance(name, str):
        raise TypeError(f"activation is {shortened(name)}, expected a name or an Activation")
    if match := re.fullmatch(r"leaky_relu\(([-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)\)", name):
        return leaky_relu(float(match[1]))
    if name in ("softmax", "argmax"):
        raise ValueError(
            f"{name} reads a whole row, it is no activation of a layer: end the network with 'identity', "
            "train it with the loss 'cross_entropy', and ask for predict_proba or predict"
        )
    if name not in ACTIVATIONS:
        raise ValueError(f"no activation is called {shortened(name)}; choose one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]


def softmax(z: Any, temperature: float = 1.0) -> Any:
    """Softmax of each row, exp(z_i / T) / sum_j exp(z_j / T), safe from overflow.

    Args:
        z: (..., K).
        temperature: T > 0 flattens (T -> infinity gives 1/K); 0 gives the limit, argmax, shared among ties.

    Raises:
        ValueError: the temperature is negative.

    >>> softmax(np.array([1000.0, 1000.0])).tolist()
    [0.5, 0.5]
    """
    if not temperature >= 0:
        raise ValueError(f"temperature is {temperature}, but it must be 0 or more")
    z = np.asarray(z)
    with np.errstate(over="ignore"):  # what is infinitely far below the top has no share
        below_top = z - z.max(axis=-1, keepdims=True)
        shares = np.exp(below_top / temperature) if temperature else np.where(below_top == 0, 1.0, 0.0)
    return shares / shares.sum(axis=-1, keepdims=True)


def argmax(z: Any) -> Any:
    """The index of the largest entry of each row (the first among ties): (..., K) -> (...)."""
    return np.argmax(z, axis=-1)


def argmax_one_hot(z: Any) -> Any:
    """1 at the largest entry of each row (the first among ties), 0 elsewhere: (..., K) -> (..., K).

    >>> argmax_one_hot(np.array([0.2, 3.0, 1.0])).tolist()
    [0.0, 1.0, 0.0]
    """
    return np.eye(np.shape(z)[-1])[argmax(z)]
