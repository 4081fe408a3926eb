"""Initializers: the weights and biases that a layer starts with.

An initializer is a function `(n_out, n_in, rng) -> weight (n_out, n_in), bias (n_out,)`, where rng is a generator
or a seed. `INITIALIZERS` is the table of names, and `gaussian`, `uniform` and `sparse` make others of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable
from reprlib import repr as shortened

import numpy as np
from numpy.typing import NDArray

from nn_core.arrays import Rng, generator, real_number, whole_number

Float64 = NDArray[np.float64]
Initializer = Callable[[int, int, Rng], tuple[Float64, Float64]]


def gaussian(std: float = 0.1) -> Initializer:
    """Weights from N(0, std^2), biases 0.

    >>> weight, bias = gaussian(2.0)(3, 2, np.random.default_rng(0))
    >>> weight.shape, bias.tolist()
    ((3, 2), [0.0, 0.0, 0.0])
    """
    std = real_number(std, "std", least=0)
    return lambda n_out, n_in, rng: (generator(rng).normal(0, std, (n_out, n_in)), np.zeros(n_out))


def uniform(limit: float = 0.1) -> Initializer:
    """Weights uniform in [-limit, limit], biases 0."""
    limit = real_number(limit, "limit", least=0)
    return lambda n_out, n_in, rng: (generator(rng).uniform(-limit, limit, (n_out, n_in)), np.zeros(n_out))


def sparse(connections: int = 15, std: float = 1.0) -> Initializer:
    """Each neuron listens to `connections` random inputs, N(0, std^2), and no others (Martens 2010)."""
    connections, std = whole_number(connections, "connections"), real_number(std, "std", least=0)

    def start(n_out: int, n_in: int, rng: Rng) -> tuple[Float64, Float64]:
        rng = generator(rng)
        weight = rng.normal(0, std, (n_out, n_in))
        rank = rng.random((n_out, n_in)).argsort(axis=1).argsort(axis=1)
        return np.where(rank < connections, weight, 0.0), np.zeros(n_out)

    return start


def glorot(n_out: int, n_in: int, rng: Rng) -> tuple[Float64, Float64]:
    """Uniform within sqrt(6 / (n_in + n_out)), which keeps tanh signals alive (Glorot and Bengio 2010)."""
    return uniform(np.sqrt(6 / (n_in + n_out)))(n_out, n_in, rng)


def he(n_out: int, n_in: int, rng: Rng) -> tuple[Float64, Float64]:
    """Gaussian of variance 2 / n_in, which keeps ReLU signals alive (He et al. 2015)."""
    return gaussian(np.sqrt(2 / n_in))(n_out, n_in, rng)


def pytorch(n_out: int, n_in: int, rng: Rng) -> tuple[Float64, Float64]:
    """What torch.nn.Linear starts with: weights and biases uniform within 1 / sqrt(n_in)."""
    limit, rng = 1 / np.sqrt(n_in), generator(rng)
    return rng.uniform(-limit, limit, (n_out, n_in)), rng.uniform(-limit, limit, n_out)


INITIALIZERS: dict[str, Initializer] = {
    "gaussian": gaussian(),
    "uniform": uniform(),
    "glorot": glorot,
    "he": he,
    "sparse": sparse(),
    "pytorch": pytorch,
}


def initializer(name: str | Initializer) -> Initializer:
    """The initializer of a name; a function is returned as it is.

    Raises:
        TypeError: it is neither.
        ValueError: the name is not in the table.
    """
    if callable(name):
        return name
    if not isinstance(name, str):
        raise TypeError(f"initializer is {shortened(name)}, expected a name or a function (n_out, n_in, rng)")
    if name not in INITIALIZERS:
        raise ValueError(f"no initializer is called {name!r}; choose one of {', '.join(INITIALIZERS)}")
    return INITIALIZERS[name]
