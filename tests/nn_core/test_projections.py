"""Projections: orthonormal, and what they keep is what tells classes apart."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.network import Layer, Network
from nn_core.preprocessing import principal_axes
from nn_core.projections import onto_principal_axes, tells_apart


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def random_layer(n_in, n_out, seed=0):
    rng = np.random.default_rng(seed)
    return Layer(rng.normal(size=(n_out, n_in)), rng.normal(size=n_out))


@pytest.mark.parametrize("n_in", [1, 2, 3, 5])
@pytest.mark.parametrize("n_out", [1, 2, 3, 7])
def test_rows_are_orthonormal_and_square_ones_rotate(n_in, n_out):
    for k in range(1, n_in + 1):
        basis = tells_apart(random_layer(n_in, n_out), k).weight
        np.testing.assert_allclose(basis @ basis.T, np.eye(k), atol=1e-12)
        if 1 < k == n_in:
            assert np.linalg.det(basis) == pytest.approx(1)


@pytest.mark.parametrize("n_in", [1, 2, 3, 5])
@pytest.mark.parametrize("n_out", [1, 2])
def test_the_first_coordinate_of_two_classes_is_the_signed_distance_from_the_boundary(n_in, n_out, rng):
    layer = random_layer(n_in, n_out)
    h = rng.normal(size=(50, n_in))
    first = h @ tells_apart(layer, 1).weight[0] + tells_apart(layer, 1).bias[0]
    z = h @ layer.weight.T + layer.bias
    lead = z[:, 0] if n_out == 1 else z[:, 1] - z[:, 0]
    norm = np.linalg.norm(layer.weight[0] if n_out == 1 else layer.weight[1] - layer.weight[0])
    np.testing.assert_allclose(first, lead / norm, atol=1e-9)
    np.testing.assert_array_equal(first > 0, Network([layer]).predict(h) == 1)


def test_three_classes_meet_at_the_origin():
    layer = random_layer(2, 3)
    apart = tells_apart(layer)
    h = np.linalg.solve(apart.weight, -apart.bias)
    assert np.ptp(layer.weight @ h + layer.bias) < 1e-9


@pytest.mark.parametrize(("n_in", "n_out", "k"), [(5, 3, 2), (64, 4, 3), (3, 2, 1), (10, 1, 1)])
def test_with_as_many_dimensions_as_the_differences_have_no_class_changes(n_in, n_out, k, rng):
    """The projection, and the scores as functions of it, are the network's own decision."""
    layer = random_layer(n_in, n_out)
    apart = tells_apart(layer, k)
    h = rng.normal(size=(200, n_in))
    shown = h @ apart.weight.T + apart.bias
    back = (shown - apart.bias) @ apart.weight
    np.testing.assert_array_equal(Network([layer]).predict(back), Network([layer]).predict(h))


def test_principal_axes_as_a_layer_are_those_of_the_data(rng):
    X = rng.normal(size=(40, 6)) * [5, 4, 3, 2, 1, 1] + 7
    layer = onto_principal_axes(X, 3)
    np.testing.assert_allclose(Network([layer]).forward(X).output, principal_axes(X, 3).apply(X), atol=1e-9)


def test_what_cannot_be_projected_is_told():
    with pytest.raises(ValueError, match="k is 3, but the layer has 2 inputs: choose 1 to 2"):
        tells_apart(random_layer(2, 3), 3)


def test_equal_logits_leave_the_plane_as_it_is_up_to_a_rotation():
    apart = tells_apart(Layer([[1.0, 2.0], [1.0, 2.0]], [0.0, 0.0]))
    np.testing.assert_allclose(apart.weight @ apart.weight.T, np.eye(2), atol=1e-12)
    assert np.isfinite(apart.bias).all()
