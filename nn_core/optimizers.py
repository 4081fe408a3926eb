"""Optimizers: how a step down the slope is taken.

An optimizer holds settings only. `start(parameters)` gives a function `step(parameters, gradient)` that
owns the running averages and moves the parameters, a vector, in place; so one optimizer can start many
descents, on a network or on any surface. The conventions (where epsilon stands, how momentum is scaled) are
PyTorch's. `OPTIMIZERS` is the table of names.

>>> position = np.array([1.0, -2.0])
>>> step = GradientDescent(0.1).start(position)
>>> step(position, 2 * position)  # the slope of x^2 + y^2
>>> position.tolist()
[0.8, -1.6]
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nn_core.arrays import Array, real_number, shortened

Step = Callable[[Array, Array], None]
Rate = float | Callable[[int], float]
"""A learning rate, or a schedule: a function of the number of steps taken so far (0 at the first)."""


class Optimizer(Protocol):
    """Anything with a learning rate that can start a descent."""

    @property
    def learning_rate(self) -> Rate:
        """The size of a step, or its schedule."""

    def start(self, parameters: Array) -> Step:
        """A function that takes one step for each gradient it is given, in place."""


def _rates(rate: Rate) -> Iterator[float]:
    if callable(rate):
        return (real_number(rate(step), "learning_rate", least=0) for step in itertools.count())
    return itertools.repeat(real_number(rate, "learning_rate", least=0))


class _Checked:
    """Settings that are looked at as soon as they are given."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name == "epsilon":
                real_number(value, name, least=0)
            elif name != "learning_rate":  # the running averages forget a share of what was
                real_number(value, name, least=0, most=1)
            elif not callable(value):
                real_number(value, name, least=0)


@dataclass(frozen=True)
class GradientDescent(_Checked):
    """w <- w - rate g."""

    learning_rate: Rate = 0.1

    def start(self, parameters: Array) -> Step:
        """A step function for parameters of this shape."""
        rates, move = _rates(self.learning_rate), np.empty_like(parameters)

        def step(w: Array, g: Array) -> None:
            w -= np.multiply(g, next(rates), out=move)

        return step


@dataclass(frozen=True)
class Momentum(_Checked):
    """v <- momentum v + g; w <- w - rate v (Polyak 1964)."""

    learning_rate: Rate = 0.01
    momentum: float = 0.9

    def start(self, parameters: Array) -> Step:
        """A step function for parameters of this shape."""
        rates, v, move = _rates(self.learning_rate), np.zeros_like(parameters), np.empty_like(parameters)

        def step(w: Array, g: Array) -> None:
            np.multiply(v, self.momentum, out=v)
            np.add(v, g, out=v)
            w -= np.multiply(v, next(rates), out=move)

        return step


@dataclass(frozen=True)
class Nesterov(_Checked):
    """v <- momentum v + g; w <- w - rate (g + momentum v): looks ahead (Sutskever et al. 2013)."""

    learning_rate: Rate = 0.01
    momentum: float = 0.9

    def start(self, parameters: Array) -> Step:
        """A step function for parameters of this shape."""
        rates, v, move = _rates(self.learning_rate), np.zeros_like(parameters), np.empty_like(parameters)

        def step(w: Array, g: Array) -> None:
            np.multiply(v, self.momentum, out=v)
            np.add(v, g, out=v)
            np.multiply(v, self.momentum, out=move)
            np.add(move, g, out=move)
            w -= np.multiply(move, next(rates), out=move)

        return step


@dataclass(frozen=True)
class Adagrad(_Checked):
    """s <- s + g^2; w <- w - rate g / (sqrt(s) + epsilon) (Duchi et al. 2011)."""

    learning_rate: Rate = 0.01
    epsilon: float = 1e-10

    def start(self, parameters: Array) -> Step:
        """A step function for parameters of this shape."""
        rates, s, move = _rates(self.learning_rate), np.zeros_like(parameters), np.empty_like(parameters)

        def step(w: Array, g: Array) -> None:
            np.add(s, np.multiply(g, g, out=move), out=s)
            np.add(np.sqrt(s, out=move), self.epsilon, out=move)
            np.divide(g, move, out=move)
            w -= np.multiply(move, next(rates), out=move)

        return step


@dataclass(frozen=True)
class RMSProp(_Checked):
    """s <- decay s + (1 - decay) g^2; w <- w - rate g / (sqrt(s) + epsilon) (Tieleman and Hinton 2012)."""

    learning_rate: Rate = 0.01
    decay: float = 0.99
    epsilon: float = 1e-8

    def start(self, parameters: Array) -> Step:
        """A step function for parameters of this shape."""
        rates, s, move = _rates(self.learning_rate), np.zeros_like(parameters), np.empty_like(parameters)

        def step(w: Array, g: Array) -> None:
            _average(s, g, g, self.decay, move)
            np.add(np.sqrt(s, out=move), self.epsilon, out=move)
            np.divide(g, move, out=move)
            w -= np.multiply(move, next(rates), out=move)

        return step


@dataclass(frozen=True)
class Adadelta(_Checked):
    """d = g sqrt(u + epsilon) / sqrt(s + epsilon), s and u running averages of g^2 and d^2 (Zeiler 2012)."""

    learning_rate: Rate = 1.0
    decay: float = 0.9
    epsilon: float = 1e-6

    def start(self, parameters: Array) -> Step:
        """A step function for parameters of this shape."""
        rates, s, u = _rates(self.learning_rate), np.zeros_like(parameters), np.zeros_like(parameters)
        move, scratch = np.empty_like(parameters), np.empty_like(parameters)

        def step(w: Array, g: Array) -> None:
            _average(s, g, g, self.decay, move)
            np.add(u, self.epsilon, out=move)
            np.divide(move, np.add(s, self.epsilon, out=scratch), out=move)
            np.multiply(np.sqrt(move, out=move), g, out=move)
            _average(u, move, move, self.decay, scratch)
            w -= np.multiply(move, next(rates), out=move)

        return step


@dataclass(frozen=True)
class Adam(_Checked):
    """Running averages of g and g^2, freed of their start at zero: w <- w - rate m / (sqrt(s) + epsilon).

    Kingma and Ba 2015: m / (1 - beta1^t) and s / (1 - beta2^t) stand in the formula at step t.
    """

    learning_rate: Rate = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def start(self, parameters: Array) -> Step:
        """A step function for parameters of this shape."""
        rates, times = _rates(self.learning_rate), itertools.count(1)
        m, s, move = (np.zeros_like(parameters) for _ in range(3))

        # The sums m and s are kept without their factors 1 - beta, which join the other numbers of the step: the
        # vectors are gone through less often.
        def step(w: Array, g: Array) -> None:
            t = next(times)
            np.add(np.multiply(m, self.beta1, out=m), g, out=m)
            np.multiply(s, self.beta2, out=s)
            np.add(s, np.multiply(g, g, out=move), out=s)
            of_m, of_s = (1 - self.beta1) / (1 - self.beta1**t), ((1 - self.beta2) / (1 - self.beta2**t)) ** 0.5
            np.add(np.sqrt(s, out=move), self.epsilon / of_s, out=move)
            np.divide(m, move, out=move)
            w -= np.multiply(move, next(rates) * of_m / of_s, out=move)

        return step


def _average(mean: Array, u: Array, v: Array, decay: float, scratch: Array) -> None:
    """Move the running mean: decay mean + (1 - decay) u v."""
    np.multiply(mean, decay, out=mean)
    np.multiply(u, v, out=scratch)
    np.add(mean, np.multiply(scratch, 1 - decay, out=scratch), out=mean)


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "gradient_descent": GradientDescent,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": Adagrad,
    "rmsprop": RMSProp,
    "adadelta": Adadelta,
    "adam": Adam,
}


def optimizer(name: str | Optimizer, learning_rate: Rate | None = None) -> Optimizer:
    """The optimizer of a name, at this learning rate (or its usual one); an optimizer is returned as it is.

    Raises:
        TypeError: it is neither.
        ValueError: the name is not in the table, or a rate is given beside an optimizer that has its own.

    >>> optimizer("adam", 0.01).learning_rate
    0.01
    """
    if not isinstance(name, str):
        if not callable(getattr(name, "start", None)):
            raise TypeError(f"optimizer is {shortened(name)}, expected a name or an optimizer such as Adam(0.01)")
        if learning_rate is not None:
            raise ValueError(f"give the learning rate to the optimizer: {type(name).__name__}({learning_rate})")
        return name
    if name not in OPTIMIZERS:
        raise ValueError(f"no optimizer is called {name!r}; choose one of {', '.join(OPTIMIZERS)}")
    return OPTIMIZERS[name]() if learning_rate is None else OPTIMIZERS[name](learning_rate)
