"""Activations: what a layer does to each of its numbers, and softmax and argmax, which read a row of them.

An activation is a small record of a function and its derivative. `ACTIVATIONS` is the table of names, each
with the usual parameters; `FAMILIES` is the table of those that take parameters. `activation` reads a name in
the spelling of any framework. The functions take an optional `out`, the derivatives also an optional `a` (the
function's value, where it is known), so that training allocates little.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

Array = NDArray[np.floating[Any]]


class Pieces(NamedTuple):
    """A piecewise linear activation of a layer with n neurons: slopes[i] * z + intercepts[i] on piece i.

    Piece 0 lies below the first kink, piece i between kink i - 1 and kink i, the last one above all kinks.

    Attributes:
        kinks: (k,) ascending.
        slopes: (k + 1, n).
        intercepts: (k + 1, n).
        bends: (k, n) whether the slope of a neuron changes at a kink.
    """

    kinks: Array
    slopes: Array
    intercepts: Array
    bends: NDArray[np.bool_]


@dataclass(frozen=True)
class Activation:
    """A function applied to every number of a layer, with its derivative.

    Attributes:
        name: what tables and files call it.
        function: `function(z, out=None)`, of any shape.
        derivative: `derivative(z, a=None, out=None)`, where `a` is `function(z)` if known; `out` may be `z`.
        kinks: where a piecewise linear function bends, ascending.
        slopes: of a piecewise linear function, below the first kink, between the kinks, and above the last
            one; each is a number, or a tuple with a number for each neuron. None for any other function.

    >>> float(ACTIVATIONS["tanh"].derivative(0.0))
    1.0
    >>> activation("relu6").kinks, activation("relu6").slopes
    ((0.0, 6.0), (0.0, 1.0, 0.0))
    """

    name: str
    function: Callable[..., Any] = field(repr=False)
    derivative: Callable[..., Any] = field(repr=False)
    kinks: tuple[float, ...] = field(default=(), repr=False)
    slopes: tuple[float | tuple[float, ...], ...] | None = field(default=None, repr=False)

    def __call__(self, z: Any) -> Any:
        """The function's value, of the shape of z."""
        return self.function(z)

    @property
    def bends(self) -> bool:
        """Whether it is piecewise linear with a kink at which the slope changes: such a layer makes creases."""
        return self.slopes is not None and any(a != b for a, b in zip(self.slopes, self.slopes[1:], strict=False))

    @property
    def is_identity(self) -> bool:
        """Whether it gives back each number as it is."""
        return self.slopes is not None and set(self.slopes) == {1.0} and self.function(0.0) == 0

    def pieces(self, n: int) -> Pieces:
        """The pieces of a piecewise linear activation, for a layer of n neurons.

        Raises:
            ValueError: it is not piecewise linear, or has slopes for another number of neurons.

        >>> activation("hard_tanh").pieces(1).intercepts.tolist()
        [[-1.0], [0.0], [1.0]]
        """
        if self.slopes is None:
            raise ValueError(f"{self.name} is not piecewise linear, so it has no pieces")
        slopes = np.empty((len(self.slopes), n))
        for row, slope in zip(slopes, self.slopes, strict=True):
            if isinstance(slope, tuple) and len(slope) != n:
                raise ValueError(_other_width(len(slope), n))
            row[:] = slope
        kinks = np.array(self.kinks, np.float64)
        # A piece is pinned at the kink below it, the first one at the kink above it.
        pins = np.append(kinks[:1], kinks) if len(kinks) else np.zeros(1)
        values = np.stack([np.broadcast_to(self.function(np.full(n, pin)), n) for pin in pins])
        return Pieces(kinks, slopes, values - slopes * pins[:, None], slopes[1:] != slopes[:-1])

    @classmethod
    def of(
        cls,
        name: str,
        function: Callable[[Any], Any],
        derivative: Callable[[Any], Any],
        kinks: Sequence[float] = (),
        slopes: Sequence[float | tuple[float, ...]] | None = None,
    ) -> Activation:
        """An activation from two plain functions of z, for experiments.

        >>> cube = Activation.of("cube", lambda z: z**3, lambda z: 3 * z**2)
        >>> float(cube(2.0)), float(cube.derivative(2.0))
        (8.0, 12.0)
        """
        return cls(
            name,
            partial(_value, function),
            partial(_slope, derivative),
            tuple(kinks),
            None if slopes is None else tuple(slopes),
        )


def _value(function: Callable[[Any], Any], z: Any, out: Array | None = None) -> Any:
    return _into(function(z), out)


def _slope(derivative: Callable[[Any], Any], z: Any, a: Any = None, out: Array | None = None) -> Any:
    return _into(derivative(z), out)


def _into(value: Any, out: Array | None) -> Any:
    if out is None:
        return np.asarray(value)
    np.copyto(out, value)
    return out


def _float_like(z: Any) -> np.dtype[Any]:
    """The type of a derivative at z: that of z, but a floating-point one."""
    return np.result_type(np.asarray(z), np.float32)


def _numbers(owner: str, **parameters: float) -> tuple[float, ...]:
    """Parameters as plain floats.

    Raises:
        TypeError: one is no number.
        ValueError: one is not finite.
    """
    numbers = []
    for name, value in parameters.items():
        try:
            numbers.append(float(value))
        except (TypeError, ValueError):
            raise TypeError(f"{owner} has {name} {value!r}, but it must be a number") from None
        if not math.isfinite(numbers[-1]):
            raise ValueError(f"{owner} has {name} {value}, but it must be a finite number")
    return tuple(numbers)


def _called(name: str, parameters: tuple[float, ...], usual: tuple[float, ...] = ()) -> str:
    """The name that `activation` turns into this activation again."""
    return name if parameters == usual else f"{name}({', '.join(map(repr, parameters))})"


# Piecewise linear ones.


def _two_slopes(left: float, z: Any, a: Any = None, out: Array | None = None) -> Any:
    """The derivative of a function of slope `left` for z <= 0 and 1 for z > 0."""
    z = np.asarray(z)
    step = np.greater(z, 0, out=out if out is not None else np.empty_like(z, dtype=_float_like(z)))
    if left:
        step *= 1 - left
        step += left
    return step


def _identity_slope(z: Any, a: Any = None, out: Array | None = None) -> Any:
    if out is None:
        return np.ones_like(z, dtype=_float_like(z))
    out[...] = 1
    return out


def _relu(z: Any, out: Array | None = None) -> Any:
    return np.maximum(z, 0, out=out)


def _leaky(slope: float, z: Any, out: Array | None = None) -> Any:
    scaled = np.multiply(z, slope, out=out)
    # max(z, s z) is leaky ReLU for s <= 1 only; beyond, the larger branch is the other one.
    return (np.maximum if slope <= 1 else np.minimum)(z, scaled, out=out)


def leaky_relu(slope: float = 0.01) -> Activation:
    """Leaky ReLU: z where z > 0, slope times z elsewhere.

    >>> leaky_relu(0.5)(np.array([-2.0, 2.0])).tolist()
    [-1.0, 2.0]
    """
    (slope,) = _numbers("leaky_relu", slope=slope)
    name = _called("leaky_relu", (slope,), (0.01,))
    return Activation(name, partial(_leaky, slope), partial(_two_slopes, slope), (0.0,), (slope, 1.0))


def _per_neuron(slopes: tuple[float, ...], z: Any) -> Array:
    """The slopes, in the type of z, one for each of its last axis."""
    if np.ndim(z) and np.shape(z)[-1] != len(slopes):
        raise ValueError(_other_width(len(slopes), np.shape(z)[-1]))
    return np.array(slopes, _float_like(z))


def _other_width(n_slopes: int, n: int) -> str:
    return f"prelu has {n_slopes} slopes, but the layer has {n} neurons: give one slope, or one for each neuron"


def _prelu(slopes: tuple[float, ...], z: Any, out: Array | None = None) -> Any:
    return _into(np.where(np.greater(z, 0), z, _per_neuron(slopes, z) * z), out)


def _prelu_slope(slopes: tuple[float, ...], z: Any, a: Any = None, out: Array | None = None) -> Any:
    own = _per_neuron(slopes, z)
    return _into(np.where(np.greater(z, 0), own.dtype.type(1), own), out)


def prelu(*slopes: float) -> Activation:
    """Parametric ReLU: leaky ReLU with a slope for each neuron of the layer; of one slope it is leaky ReLU.

    He et al. 2015, "Delving deep into rectifiers".

    >>> prelu(0.5, 0.25)(np.array([[-2.0, -2.0], [2.0, 2.0]])).tolist()
    [[-1.0, -0.5], [2.0, 2.0]]
    """
    if not slopes:
        raise ValueError("prelu needs its slopes: give one, or one for each neuron")
    own = _numbers("prelu", **{f"slope {number}": slope for number, slope in enumerate(slopes)})
    if len(own) == 1:
        return leaky_relu(*own)
    return Activation(_called("prelu", own), partial(_prelu, own), partial(_prelu_slope, own), (0.0,), (own, 1.0))


def _clip(low: float, high: float, z: Any, out: Array | None = None) -> Any:
    return np.clip(z, low, high, out=out)


def _clip_slope(low: float, high: float, z: Any, a: Any = None, out: Array | None = None) -> Any:
    return _into(np.less(low, z) & np.less(z, high), np.empty_like(z, dtype=_float_like(z)) if out is None else out)


def hard_tanh(low: float = -1.0, high: float = 1.0) -> Activation:
    """Hard tanh: z kept between two bounds.

    >>> hard_tanh()(np.array([-2.0, 0.5, 2.0])).tolist()
    [-1.0, 0.5, 1.0]
    """
    low, high = _numbers("hard_tanh", low=low, high=high)
    if not low < high:
        raise ValueError(f"hard_tanh has the bounds {low} and {high}, but the first must be below the second")
    name = "relu6" if (low, high) == (0, 6) else _called("hard_tanh", (low, high), (-1, 1))
    slopes = (0.0, 1.0, 0.0)
    return Activation(name, partial(_clip, low, high), partial(_clip_slope, low, high), (low, high), slopes)


def relu6() -> Activation:
    """ReLU that stops at 6: `hard_tanh(0, 6)`."""
    return hard_tanh(0, 6)


def _hard_sigmoid(slope: float, offset: float, z: Any, out: Array | None = None) -> Any:
    line = np.multiply(z, slope, out=out)
    return np.clip(np.add(line, offset, out=out), 0, 1, out=out)


def _hard_sigmoid_slope(slope: float, offset: float, z: Any, a: Any = None, out: Array | None = None) -> Any:
    a = np.asarray(_hard_sigmoid(slope, offset, z) if a is None else a)
    steep = np.asarray(slope, _float_like(z))
    return _into(steep * ((a > 0) & (a < 1)), out)


def hard_sigmoid(slope: float = 1 / 6, offset: float = 0.5) -> Activation:
    """Hard sigmoid: slope * z + offset, kept between 0 and 1.

    PyTorch and Keras 3 have the slope 1/6, which is the default here. ONNX and Keras 2 have 0.2.

    >>> hard_sigmoid(0.2)(np.array([-3.0, 0.0, 1.0])).tolist()
    [0.0, 0.5, 0.7]
    """
    slope, offset = _numbers("hard_sigmoid", slope=slope, offset=offset)
    if not slope > 0:
        raise ValueError(f"hard_sigmoid has the slope {slope}, but it must be above 0")
    return Activation(
        _called("hard_sigmoid", (slope, offset), (1 / 6, 0.5)),
        partial(_hard_sigmoid, slope, offset),
        partial(_hard_sigmoid_slope, slope, offset),
        (-offset / slope, (1 - offset) / slope),
        (0.0, slope, 0.0),
    )


def _soft_shrink(threshold: float, z: Any, out: Array | None = None) -> Any:
    return _into(z - np.clip(z, -threshold, threshold), out)


def _soft_shrink_slope(threshold: float, z: Any, a: Any = None, out: Array | None = None) -> Any:
    return _into(np.abs(z) > threshold, np.empty_like(z, dtype=_float_like(z)) if out is None else out)


def soft_shrink(threshold: float = 0.5) -> Activation:
    """Soft shrinkage: z moved towards 0 by the threshold, and 0 where ``|z|`` is below it."""
    (threshold,) = _numbers("soft_shrink", threshold=threshold)
    if not threshold > 0:
        raise ValueError(f"soft_shrink has the threshold {threshold}, but it must be above 0")
    return Activation(
        _called("soft_shrink", (threshold,), (0.5,)),
        partial(_soft_shrink, threshold),
        partial(_soft_shrink_slope, threshold),
        (-threshold, threshold),
        (1.0, 0.0, 1.0),
    )


def _absolute_slope(z: Any) -> Any:
    return np.sign(z, dtype=_float_like(z))


# All others.


def _sigmoid_slope(z: Any, a: Any = None, out: Array | None = None) -> Any:
    a = expit(z) if a is None else a
    return np.multiply(np.subtract(1, a, out=out), a, out=out)


def _tanh_slope(z: Any, a: Any = None, out: Array | None = None) -> Any:
    a = np.tanh(z) if a is None else a
    return np.subtract(1, np.multiply(a, a, out=out), out=out)


def _sin_slope(z: Any, a: Any = None, out: Array | None = None) -> Any:
    return np.cos(z, out=out)


def _softplus(beta: float, z: Any, out: Array | None = None) -> Any:
    if beta == 1:
        return np.logaddexp(0, z, out=out)
    return _into(np.logaddexp(0, beta * np.asarray(z)) / beta, out)


def _softplus_slope(beta: float, z: Any, a: Any = None, out: Array | None = None) -> Any:
    return expit(np.multiply(beta, z, out=out), out=out)


def softplus(beta: float = 1.0) -> Activation:
    """Softplus: log(1 + exp(beta z)) / beta."""
    (beta,) = _numbers("softplus", beta=beta)
    if not beta > 0:
        raise ValueError(f"softplus has beta {beta}, but it must be above 0")
    name = _called("softplus", (beta,), (1.0,))
    return Activation(name, partial(_softplus, beta), partial(_softplus_slope, beta))


def _exponential_unit(alpha: float, scale: float, stretch: float, z: Any) -> Any:
    """The line scale * z above 0, scale * alpha * (exp(z / stretch) - 1) below."""
    z = np.asarray(z)
    return scale * np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0) / stretch))


def _exponential_unit_slope(alpha: float, scale: float, stretch: float, z: Any) -> Any:
    z = np.asarray(z)
    return scale * np.where(z > 0, _float_like(z).type(1), alpha / stretch * np.exp(np.minimum(z, 0) / stretch))


def _exponential_linear(name: str, alpha: float, scale: float, stretch: float) -> Activation:
    make = (alpha, scale, stretch)
    return Activation.of(name, partial(_exponential_unit, *make), partial(_exponential_unit_slope, *make))


def elu(alpha: float = 1.0) -> Activation:
    """Exponential linear unit: z above 0, alpha * (exp(z) - 1) below. Clevert et al. 2016."""
    (alpha,) = _numbers("elu", alpha=alpha)
    return _exponential_linear(_called("elu", (alpha,), (1.0,)), alpha, 1.0, 1.0)


def celu(alpha: float = 1.0) -> Activation:
    """Continuously differentiable ELU: z above 0, alpha * (exp(z / alpha) - 1) below. Barron 2017."""
    (alpha,) = _numbers("celu", alpha=alpha)
    if not alpha > 0:
        raise ValueError(f"celu has alpha {alpha}, but it must be above 0")
    return _exponential_linear(_called("celu", (alpha,), (1.0,)), alpha, 1.0, alpha)


_SELU = (1.6732632423543772, 1.0507009873554805)


def selu(alpha: float = _SELU[0], scale: float = _SELU[1]) -> Activation:
    """Scaled ELU: scale * elu(alpha), with the constants that keep mean 0 and variance 1. Klambauer et al. 2017."""
    alpha, scale = _numbers("selu", alpha=alpha, scale=scale)
    return _exponential_linear(_called("selu", (alpha, scale), _SELU), alpha, scale, 1.0)


def _silu(beta: float, z: Any) -> Any:
    return z * expit(np.multiply(beta, z))


def _silu_slope(beta: float, z: Any) -> Any:
    z = np.asarray(z)
    s = expit(beta * z)
    return s + beta * z * s * expit(-beta * z)


def silu(beta: float = 1.0) -> Activation:
    """SiLU, also called swish: z * sigmoid(beta z). Elfwing et al. 2018, Ramachandran et al. 2017."""
    (beta,) = _numbers("silu", beta=beta)
    return Activation.of(_called("silu", (beta,), (1.0,)), partial(_silu, beta), partial(_silu_slope, beta))


def _gelu(z: Any) -> Any:
    return z * ndtr(z)


def _gelu_slope(z: Any) -> Any:
    z = np.asarray(z)
    return ndtr(z) + z * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


_GELU_TANH = (math.sqrt(2 / math.pi), 0.044715)


def _gelu_tanh(z: Any) -> Any:
    # (1 + tanh(u)) / 2 is the sigmoid of 2 u, which loses no digits for u far below 0.
    z = np.asarray(z)
    return z * expit(2 * _GELU_TANH[0] * (z + _GELU_TANH[1] * z**3))


def _gelu_tanh_slope(z: Any) -> Any:
    z = np.asarray(z)
    twice = 2 * _GELU_TANH[0] * (z + _GELU_TANH[1] * z**3)
    s = expit(twice)
    return s + s * expit(-twice) * (2 * _GELU_TANH[0] * z * (1 + 3 * _GELU_TANH[1] * z * z))


def _mish(z: Any) -> Any:
    return z * np.tanh(np.logaddexp(0, z, dtype=_float_like(z)))


def _mish_slope(z: Any) -> Any:
    z = np.asarray(z)
    t = np.tanh(np.logaddexp(0, z, dtype=_float_like(z)))
    return t + z * expit(z) * (1 - t * t)


def _softsign(z: Any) -> Any:
    return z / (1 + np.abs(z))


def _softsign_slope(z: Any) -> Any:
    return 1 / np.square(1 + np.abs(z))


def _log_sigmoid(z: Any) -> Any:
    return -np.logaddexp(0, np.negative(z))


def _log_sigmoid_slope(z: Any) -> Any:
    return expit(np.negative(z))


def _hard_swish(z: Any) -> Any:
    return z * _hard_sigmoid(1 / 6, 0.5, z)


def _hard_swish_slope(z: Any) -> Any:
    z = np.asarray(z)
    middle = np.clip(z, -3, 3) / 3 + 0.5
    return np.where(np.abs(z) < 3, middle, (z > 0).astype(middle.dtype))


def _exponential(z: Any, a: Any = None, out: Array | None = None) -> Any:
    with np.errstate(over="ignore"):
        return np.exp(z, out=out)


def _tanh_shrink(z: Any) -> Any:
    return z - np.tanh(z)


def _tanh_shrink_slope(z: Any) -> Any:
    return np.square(np.tanh(z))


FAMILIES: dict[str, Callable[..., Activation]] = {
    "leaky_relu": leaky_relu,
    "prelu": prelu,
    "hard_tanh": hard_tanh,
    "hard_sigmoid": hard_sigmoid,
    "soft_shrink": soft_shrink,
    "softplus": softplus,
    "elu": elu,
    "celu": celu,
    "selu": selu,
    "silu": silu,
}
"""The activations with parameters: "elu(0.5)" is `elu(0.5)`."""

ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation("identity", np.positive, _identity_slope, (), (1.0,)),
    "relu": Activation("relu", _relu, partial(_two_slopes, 0), (0.0,), (0.0, 1.0)),
    "leaky_relu": leaky_relu(),
    "sigmoid": Activation("sigmoid", expit, _sigmoid_slope),
    "tanh": Activation("tanh", np.tanh, _tanh_slope),
    "sin": Activation("sin", np.sin, _sin_slope),
    "softplus": softplus(),
    "relu6": relu6(),
    "hard_tanh": hard_tanh(),
    "hard_sigmoid": hard_sigmoid(),
    "hard_swish": Activation.of("hard_swish", _hard_swish, _hard_swish_slope),
    "abs": Activation.of("abs", np.abs, _absolute_slope, (0.0,), (-1.0, 1.0)),
    "soft_shrink": soft_shrink(),
    "tanh_shrink": Activation.of("tanh_shrink", _tanh_shrink, _tanh_shrink_slope),
    "elu": elu(),
    "celu": celu(),
    "selu": selu(),
    "gelu": Activation.of("gelu", _gelu, _gelu_slope),
    "gelu_tanh": Activation.of("gelu_tanh", _gelu_tanh, _gelu_tanh_slope),
    "silu": silu(),
    "mish": Activation.of("mish", _mish, _mish_slope),
    "softsign": Activation.of("softsign", _softsign, _softsign_slope),
    "log_sigmoid": Activation.of("log_sigmoid", _log_sigmoid, _log_sigmoid_slope),
    "exponential": Activation("exponential", _exponential, _exponential),
}

# What frameworks call them, without capitals, hyphens and underscores.
_OTHER_NAMES = {
    "linear": "identity",
    "purelin": "identity",
    "logistic": "sigmoid",
    "logsig": "sigmoid",
    "tansig": "tanh",
    "rectifier": "relu",
    "poslin": "relu",
    "sine": "sin",
    "swish": "silu",
    "hardsilu": "hard_swish",
    "clip": "hard_tanh",
    "exp": "exponential",
    "absolute": "abs",
    "gelunew": "gelu_tanh",
    "gelufast": "gelu_tanh",
    "gelupytorchtanh": "gelu_tanh",
}
_OTHER_PARAMETERS = {
    "leaky_relu": {"negative_slope": "slope", "alpha": "slope"},
    "hard_tanh": {"min_val": "low", "max_val": "high", "min": "low", "max": "high"},
    "hard_sigmoid": {"alpha": "slope", "beta": "offset"},
    "soft_shrink": {"lambd": "threshold", "lambda": "threshold"},
    "selu": {"gamma": "scale"},
    "silu": {"alpha": "beta"},
}
_NO_CHANGE = {"inplace"}  # parameters of frameworks that change no number


def activation(name: str | Activation) -> Activation:
    """The activation of a name; an Activation is returned as it is.

    Capitals, hyphens and underscores make no difference, and other names of frameworks are known: "linear",
    "swish", "LeakyReLU". Parameters follow in brackets, in the order of the function of that name, or with
    the framework's keywords: "leaky_relu(0.2)", "Hardtanh(min_val=-2, max_val=2)".

    Raises:
        TypeError: it is neither a name nor an Activation.
        ValueError: the name is not in the table, or its parameters are not the right ones.

    >>> activation("leaky_relu(0.2)").slopes
    (0.2, 1.0)
    >>> activation("LeakyReLU(negative_slope=0.2)").name
    'leaky_relu(0.2)'
    """
    if isinstance(name, Activation):
        return name
    if not isinstance(name, str):
        raise TypeError(f"an activation is a name or an Activation, but this is {name!r}; write for example 'relu'")
    match = re.fullmatch(r"\s*(?:\w+\.)*([\w\s-]+?)\s*(?:\((.*)\))?\s*", name, re.DOTALL)
    plain = _squashed(match[1]) if match else ""
    if plain in ("softmax", "argmax", "logsoftmax"):
        raise ValueError(
            f"{name!r} reads a whole row, it is no activation of a layer: end the network with 'identity', "
            "train it with the loss 'cross_entropy', and ask for predict_proba or predict"
        )
    known = {_squashed(own): own for own in [*ACTIVATIONS, *FAMILIES]} | _OTHER_NAMES
    if match is None or plain not in known:
        raise ValueError(f"no activation is called {name!r}; choose one of {', '.join(ACTIVATIONS)}")
    return _with_parameters(known[plain], match[2] or "", name)


def _with_parameters(own: str, text: str, given: str) -> Activation:
    """The activation of this own name with the parameters in a text such as "0.2" or "alpha=0.2"."""
    numbers: list[float] = []
    named: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = (piece.strip() for piece in part.rpartition("="))
        if key in _NO_CHANGE:
            continue
        if own == "gelu" and key == "approximate":
            own = "gelu_tanh" if value.strip("'\"").lower() in ("tanh", "true") else "gelu"
            continue
        if own == "softplus" and key == "threshold":
            continue  # beyond it PyTorch takes the line z, which is softplus to the last digit
        try:
            number = float(value)
        except ValueError:
            raise ValueError(f"{given!r} has the parameter {part!r}, which is no number") from None
        if equals:
            named[_OTHER_PARAMETERS.get(own, {}).get(key, key)] = number
        else:
            numbers.append(number)
    if not numbers and not named:
        # Of prelu there is no usual one: it tells what it needs.
        return ACTIVATIONS[own] if own in ACTIVATIONS else FAMILIES[own]()
    if own not in FAMILIES:
        raise ValueError(f"{given!r} has parameters, but {own} takes none")
    make = FAMILIES[own]
    try:
        inspect.signature(make).bind(*numbers, **named)
    except TypeError as error:
        takes = ", ".join(inspect.signature(make).parameters)
        raise ValueError(f"{given!r} doesn't fit: {own} takes {takes} ({error})") from None
    return make(*numbers, **named)


def _squashed(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


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
