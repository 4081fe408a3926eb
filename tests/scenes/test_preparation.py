"""The film preparation: surfaces, counted steps and histograms are those of the data and of the networks."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.initializers import gaussian, glorot, he
from nn_unfold.out.checks import cases, examine
from nn_unfold.space.primitives import Cloud
from scenes.preparation import (
    DEPTH,
    LOSS,
    POINTS,
    WIDTH,
    Bowl,
    Histograms,
    Preparation,
    deep_network,
    signals_and_gradients,
    spread,
)

BEATS, STAGES = 10, 5


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(Preparation, (Cloud, Bowl, Histograms))


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1].frame, f"{beat:02d}")


@pytest.mark.parametrize("beat", range(STAGES))
def test_the_surface_is_the_loss_of_the_cloud_that_is_shown(takes, beat):
    [cloud], [bowl] = takes[beat].shown[Cloud], takes[beat].shown[Bowl]
    faces = bowl.faces()[0]
    # Without a bias and with errors as they are: the mean of (w x)^2 over the points.
    heights = np.square(faces.origin @ cloud.points[:, :2].T).mean(axis=1)
    np.testing.assert_allclose(faces.points[:, 2] / bowl.unit_height, heights, atol=1e-9)
    whole = np.column_stack([cloud.points[:, :2], np.ones(len(cloud.points))])
    assert bowl.condition == pytest.approx(np.linalg.cond(whole) ** 2)


def test_each_step_of_preparation_does_what_it_is_named_for(takes):
    raw, centred, normalised, rotated, whitened = (take.shown[Cloud][0].points[:, :2] for take in takes[:STAGES])
    assert np.abs(raw.mean(axis=0)).max() > 0.5
    for X in (centred, normalised, rotated, whitened):
        np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(normalised.std(axis=0), 1)
    np.testing.assert_allclose(np.cov(rotated.T)[0, 1], 0, atol=1e-9)
    np.testing.assert_allclose(np.cov(whitened.T, bias=True), np.eye(2), atol=1e-9)
    steps = [take.shown[Bowl][0].steps for take in takes[:STAGES]]
    assert steps[0] > steps[1] > steps[2] > steps[4] == 1
    assert abs(steps[2] - steps[3]) <= 1


def test_gradients_are_those_of_the_loss():
    rng = np.random.default_rng(0)
    network = deep_network(he, rng)
    X, y = rng.normal(size=(3, WIDTH)), np.array([1, 0, 7])
    signals, gradients = signals_and_gradients(network, X, y)
    assert len(signals) == len(gradients) == DEPTH
    np.testing.assert_allclose(signals[4], network.forward(X).a[4])
    # A derivative with respect to a bias of the whole loss, by differences: the mean over the points.
    layer, neuron, step = 6, 11, 1e-6
    values = []
    for sign in (1, -1):
        network.layers[layer].bias[neuron] += sign * step
        values.append(LOSS.value(network.logits(X), LOSS.targets(y, 10)))
        network.layers[layer].bias[neuron] -= sign * step
    assert np.mean(gradients[layer][:, neuron]) == pytest.approx(
        (values[0] - values[1]) / (2 * step), rel=1e-3, abs=1e-9
    )


@pytest.mark.parametrize("draw", [gaussian(0.1), glorot, he])
def test_signals_grow_by_half_the_variance_of_all_weights_of_a_neuron(draw):
    rng = np.random.default_rng(1)
    network = deep_network(draw, rng)
    signals, gradients = signals_and_gradients(network, rng.normal(size=(POINTS, WIDTH)), rng.integers(0, 10, POINTS))
    expected = (WIDTH * network.layers[0].weight.var() / 2) ** ((DEPTH - 1) / 2)
    assert np.log(spread(signals[-1]) / spread(signals[0])) == pytest.approx(np.log(expected), abs=1.2)
    assert np.log(spread(gradients[0]) / spread(gradients[-1])) == pytest.approx(np.log(expected), abs=1.2)


@pytest.mark.parametrize("case", ["seed +1", "seed +2"])
def test_what_is_said_and_shown_is_true_for_other_seeds(case):
    report = examine(cases(Preparation, 2)[case], case, motion=False)
    assert report.findings == []
