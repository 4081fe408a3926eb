"""Descents step by step: the loss anywhere, its gradient, and batches that go through all points."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from nn_core.datasets import make_moons, make_wave
from nn_core.descent import descend, loss_at
from nn_core.network import Network
from nn_core.optimizers import Adam, GradientDescent
from nn_core.training import fit


def small(loss, seed=0):
    rng = np.random.default_rng(seed)
    last = "sigmoid" if loss == "mse" else "identity"
    return Network.create([2, 3, 2], ["tanh", last], rng=rng), *make_moons(10, rng=rng)


@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_a_step_goes_down_the_slope_of_the_loss(loss):
    network, X, y = small(loss)
    start = network.parameters
    first = descend(network, X, y, optimizer=GradientDescent(0.5), steps=1, loss=loss)[1]
    slope = approx_fprime(start, lambda at: loss_at(network, X, y, [at], loss=loss)[0], 1e-7)
    np.testing.assert_allclose((start - first) / 0.5, slope, atol=1e-6)
    np.testing.assert_array_equal(network.parameters, start)


@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
@pytest.mark.parametrize("batch_size", [None, 6])
def test_it_goes_the_way_that_training_goes(loss, batch_size):
    network, X, y = small(loss)
    epochs, per_epoch = 4, 1 if batch_size is None else 4
    settings = {"optimizer": Adam(0.05), "loss": loss, "batch_size": batch_size}
    steps = descend(network, X, y, steps=epochs * per_epoch, rng=np.random.default_rng(3), **settings)
    history = fit(network, X, y, epochs=epochs, snapshots=range(epochs + 1), rng=np.random.default_rng(3), **settings)
    np.testing.assert_allclose(steps[::per_epoch], history.snapshots, atol=1e-12)
    np.testing.assert_allclose(loss_at(network, X, y, steps[::per_epoch], loss=loss), history.loss, atol=1e-12)


def test_each_epoch_sees_each_point_once():
    seen = []

    class Watch:
        learning_rate = 0.0

        def start(self, parameters):
            return lambda w, g: seen.append(g[-1])

    # The last layer is linear and starts at 0: its bias has the gradient 2 mean(-y) of the batch.
    network = Network.create([1, 1], "identity", rng=np.random.default_rng(0)).with_parameters(np.zeros(2))
    X = np.arange(10.0)[:, None]
    descend(network, X, 2.0**X, optimizer=Watch(), steps=8, batch_size=3, rng=np.random.default_rng(0))
    sums = np.array(seen) / -2 * np.array([3, 3, 3, 1] * 2)
    assert sums.reshape(2, 4).sum(axis=1).tolist() == [1023, 1023]
    assert sorted(sums[:4]) != sorted(sums[4:])


def test_batches_need_a_generator():
    network, X, y = small("mse")
    with pytest.raises(ValueError, match="rng"):
        descend(network, X, y, optimizer=Adam(), steps=1, batch_size=2)


def test_the_wave_is_a_sine_with_noise():
    X, y = make_wave(400, frequency=3.0, phase=0.5, noise=0.2, rng=np.random.default_rng(0))
    assert X.shape == y.shape == (400, 1)
    off = y - np.sin(3 * X + 0.5)
    assert off.std() == pytest.approx(0.2, rel=0.1)
    assert abs(off.mean()) < 0.03
