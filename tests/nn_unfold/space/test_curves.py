"""The graph of a network of one input: exact between its breakpoints, and where forward puts it."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.geometry import breakpoints
from nn_core.network import Network
from nn_unfold.space.curves import NetworkCurve


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_it_shows_any_network_where_forward_puts_it(activation):
    first, second = (Network.create([1, 5, 1], activation, rng=np.random.default_rng(seed)) for seed in (0, 1))
    curve = NetworkCurve(first, -2, 3, height=0.5)
    curve.line.set_opacity(0.4)
    for network in (first, second):
        curve.show(network)
        x, y, z = curve.line.points.T
        np.testing.assert_allclose(y, 0.5 * network.forward(x[:, None]).output[:, 0], atol=1e-12)
        assert (z == 0).all()
        assert x[[0, -1]].tolist() == [-2, 3]
        assert curve.hinges.points[:, 0].tolist() == breakpoints(network, -2, 3).tolist()
    assert curve.line.get_opacity() == pytest.approx(0.4)
    exact = 2 * (len(curve.hinges.points) + 1)
    assert len(x) == exact if activation == "relu" else len(x) > 400
