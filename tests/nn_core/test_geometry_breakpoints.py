"""Breakpoints: where the graph of a network of one input bends."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.geometry import breakpoints
from nn_core.network import Layer, Network


def tents(depth: int) -> Network:
    hidden = [Layer([[2.0, -4.0]] * 2 if k else [[1.0], [1.0]], [0.0, -0.5], "relu") for k in range(depth)]
    return Network([*hidden, Layer([[2.0, -4.0]], [0.0])])


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_tents_on_tents(depth):
    np.testing.assert_allclose(breakpoints(tents(depth), 0, 1), np.arange(1, 2**depth) / 2**depth, atol=1e-14)


@pytest.mark.parametrize("activations", ["relu", "hard_tanh", ("leaky_relu", "relu", "identity")])
@pytest.mark.parametrize("seed", range(3))
def test_the_graph_is_straight_between_them_and_bends_at_them(activations, seed):
    rng = np.random.default_rng(seed)
    network = Network.create([1, 6, 5, 1], activations if isinstance(activations, str) else list(activations), rng=rng)
    for layer in network.layers:
        layer.bias[:] = rng.normal(size=len(layer.bias))
    bends = breakpoints(network, -4, 4)
    assert (np.diff(bends) > 0).all()
    assert len(bends) > 3
    ends = np.array([-4, *bends, 4])

    def f(x):
        return network.forward(np.asarray(x)[:, None]).output[:, 0]

    thirds = ends[:-1] + np.diff(ends) / 3
    np.testing.assert_allclose(f(thirds), (2 * f(ends[:-1]) + f(ends[1:])) / 3, atol=1e-9)
    # Nowhere else does a neuron change its piece: on a fine grid, slopes change only next to a breakpoint.
    x = np.linspace(-4, 4, 4001)
    turns = np.flatnonzero(np.abs(np.diff(f(x), 2)) > 1e-9)
    assert all(np.abs(bends - x[turn + 1]).min() <= 0.0021 for turn in turns)


def test_a_smooth_network_has_none():
    assert len(breakpoints(Network.create([1, 4, 1], "tanh", rng=np.random.default_rng(0)), -1, 1)) == 0


@pytest.mark.parametrize(
    ("network", "low", "high", "message"),
    [
        (Network([Layer([[1.0, 1.0]], [0.0])]), 0, 1, "1 input"),
        (tents(1), 1, 1, "interval"),
        (tents(1), 0, np.inf, "interval"),
    ],
)
def test_errors(network, low, high, message):
    with pytest.raises(ValueError, match=message):
        breakpoints(network, low, high)
