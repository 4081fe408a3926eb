"""Where the graph of a network of one input bends."""

from __future__ import annotations

import numpy as np

from nn_core.geometry.box import Array
from nn_core.geometry.folding import creased_layers, steps_of
from nn_core.network import Network

_SAME = 1e-12  # as a share of the interval: breakpoints that are nearer to each other are one


def breakpoints(network: Network, low: float, high: float) -> Array:
    """Where a hidden neuron of a network of one input bends, in order.

    Between two breakpoints a network with piecewise linear hidden layers is one affine map, up to its last activation.

    Args:
        network: of 1 input. Behind its first smooth layer there may be no more kinks.
        low: the left end of the interval.
        high: its right end.

    Returns:
        (k,) inputs between `low` and `high`, without these two.

    Raises:
        ValueError: the network has another number of inputs, the interval is empty, or a layer with kinks stands
            behind a smooth one.

    >>> from nn_core.network import Layer
    >>> tent = Network([Layer([[1.0], [1.0]], [0.0, -0.5], "relu"), Layer([[2.0, -4.0]], [0.0])])
    >>> breakpoints(tent, -1.0, 1.0).tolist()
    [0.0, 0.5]
    """
    if network.n_in != 1:
        raise ValueError(f"the network has {network.n_in} inputs; a graph over a line needs a network of 1 input")
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"the interval from {low} to {high} is empty: give a lower end and a higher one")
    layers, least = creased_layers(network.layers[:-1]), _SAME * (high - low)
    x = np.array([low, high], np.float64)
    for number, step in enumerate(steps_of(layers)):
        values = x[:, None] if number == 0 else Network(layers[:number]).forward(x[:, None]).output
        neurons, kinks = step.lines()
        # Between neighbouring places z is affine, since all neurons before it are.
        z = (values @ step.weight.T + step.bias)[:, neurons] - kinks
        before, after = z[:-1], z[1:]
        place, line = np.nonzero(before * after < 0)
        share = before[place, line] / (before[place, line] - after[place, line])
        x = np.unique(np.concatenate([x, x[place] + share * (x[place + 1] - x[place])]))
        x = x[np.append(True, np.diff(x) > least)]
    return x[(x > low + least) & (x < high - least)]
