"""Descent on a loss, step by step: how high the loss is at any weights, and the way that an optimizer takes down.

Training as in `nn_core.training` keeps a few moments of many epochs; here every single step is kept, so that
the way can be drawn on the surface of the loss.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nn_core.arrays import MOST_NUMBERS, Array, Rng, generator, numbers, whole_number
from nn_core.losses import Loss
from nn_core.losses import loss as _loss
from nn_core.network import Network, Trace, points
from nn_core.optimizers import Optimizer
from nn_core.optimizers import optimizer as _optimizer


def loss_at(network: Network, X: ArrayLike, y: ArrayLike, parameters: ArrayLike, *, loss: str | Loss = "mse") -> Array:
    """The loss of a network with other weights and biases, whatever its own are.

    Args:
        network: whose make counts.
        X: (n, n_in).
        y: labels (n,) or targets (n, K).
        parameters: (m, P), each row as `Network.parameters`.
        loss: a name of `LOSSES`, or a Loss.

    Returns:
        (m,) the loss for each row.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: the data or the parameters are unfit.

    >>> from nn_core.network import Layer
    >>> line = Network([Layer([[1.0]], [0.0])])
    >>> loss_at(line, [[1.0], [2.0]], [[1.0], [2.0]], [[1, 0], [1, 3]]).tolist()  # y = x, and y = x + 3
    [0.0, 9.0]
    """
    of, X, aims = _given(network, X, y, loss)
    rows = numbers(parameters, "parameters", shape=("m", network.n_parameters), dtype=np.float64)
    return np.array([of.value(_read(network.with_parameters(row).forward(X), of), aims) for row in rows])


def descend(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    optimizer: str | Optimizer,
    steps: int,
    loss: str | Loss = "mse",
    batch_size: int | None = None,
    rng: Rng | None = None,
) -> Array:
    """The weights and biases after every step of a descent; the network itself stays as it is.

    Each epoch goes through all points once in a new order, a batch for each step, as `nn_core.training.fit` does.

    Args:
        network: where the descent starts.
        X: (n, n_in).
        y: labels (n,) or targets (n, K).
        optimizer: how a step is taken: a name of `OPTIMIZERS`, or an optimizer.
        steps: how many.
        loss: a name of `LOSSES`, or a Loss.
        batch_size: points that a step sees; all if not given.
        rng: draws the batches, or a seed; all points together need none.

    Returns:
        (steps + 1, P), the start first, each row as `Network.parameters`.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: batches without a generator, data that are unfit, or a descent that leaves all bounds.

    >>> from nn_core.network import Layer
    >>> from nn_core.optimizers import GradientDescent
    >>> line = Network([Layer([[0.0]], [0.0])])
    >>> descend(line, [[1.0]], [[1.0]], optimizer=GradientDescent(0.25), steps=2).tolist()
    [[0.0, 0.0], [0.5, 0.5], [0.5, 0.5]]
    """
    of, X, aims = _given(network, X, y, loss)
    # All are kept.
    steps = whole_number(steps, "steps", most=MOST_NUMBERS // network.n_parameters)
    size = len(X) if batch_size is None else whole_number(batch_size, "batch_size", least=1)
    if rng is None and size < len(X):
        raise ValueError("mini-batches are drawn at random: give rng=np.random.default_rng(seed)")
    rng, at = None if rng is None else generator(rng), network.parameters
    moving, step = network.with_parameters(at), _optimizer(optimizer).start(at)
    order = np.arange(len(X))
    way = [at.copy()]
    for number in range(steps):
        first = number % -(-len(X) // size) * size
        if first == 0 and rng is not None:
            order = rng.permutation(len(X))
        batch = order[first : first + size]
        with np.errstate(over="ignore", invalid="ignore"):
            step(at, _gradient(moving, X[batch], aims[batch], of))
        if not np.isfinite(at).all():
            raise ValueError(f"step {number + 1} leads to weights that are infinite or NaN; lower the learning rate")
        way.append(at.copy())
    return np.array(way)


def _given(network: Network, X: ArrayLike, y: ArrayLike, loss: str | Loss) -> tuple[Loss, Array, Array]:
    """The loss, the points (n, n_in) and what it wants of them (n, K), in double precision."""
    kind = _loss(loss)
    X, aims = points(X, network.n_in), kind.targets(y, network.n_out)
    if not len(X) or len(X) != len(aims):
        raise ValueError(f"X holds {len(X)} points but y {len(aims)} labels; they must be as many, at least one")
    return kind, X, aims


def _read(trace: Trace, loss: Loss) -> Array:
    """The outputs that a loss looks at."""
    return trace.logits if loss.of == "z" else trace.output


def _gradient(network: Network, X: Array, aims: Array, loss: Loss) -> Array:
    """The derivatives of the loss as one vector in the order of `Network.parameters`."""
    trace = network.forward(X)
    delta = loss.delta(_read(trace, loss), aims)
    if loss.of == "a":
        delta = delta * network.layers[-1].activation.derivative(trace.z[-1], trace.a[-1])
    return np.concatenate([part.ravel("F") for layer in network.backward(trace, delta) for part in layer])
