import numpy as np
import pytest

from nn_core.network import Network
from nn_core.slicing import Slice


@pytest.fixture
def data():
    rng = np.random.default_rng(3)
    return rng.normal(size=(60, 4)) @ rng.normal(size=(4, 4)) * [1, 20, 0.1, 3] + [5, -100, 0, 2]


@pytest.fixture
def network():
    return Network.create([4, 6, 3], "relu", rng=np.random.default_rng(1))


@pytest.mark.parametrize("kind", ["principal", "features"])
def test_on_the_plane_the_slice_is_the_network(data, network, kind):
    plane = Slice.principal(data) if kind == "principal" else Slice.of_features(data, 3, 1)
    flat = plane.network(network)
    U = np.random.default_rng(2).normal(size=(50, 2)) * 30
    assert flat.n_in == 2
    np.testing.assert_allclose(flat.logits(U), network.logits(plane.lifted(U)), rtol=1e-9, atol=1e-9)
    # The plane passes through the mean of the data, and its points are their own projection.
    mean = data.mean(axis=0, keepdims=True)
    np.testing.assert_allclose(plane.lifted(plane.project(mean)), mean, atol=1e-9)
    np.testing.assert_allclose(plane.project(plane.lifted(U)), U, atol=1e-9)


def test_two_features_keep_their_units_and_names(data):
    plane = Slice.of_features(data, 3, 1, names=("a", "b", "c", "d"))
    np.testing.assert_allclose(plane.project(data), data[:, [3, 1]], atol=1e-12)
    assert plane.names == ("d", "b")
    assert plane.explained == pytest.approx(data[:, [3, 1]].var(axis=0).sum() / data.var(axis=0).sum())


def test_principal_axes_explain_most_and_say_how_much(data):
    plane = Slice.principal(data)
    values = np.linalg.eigvalsh(np.cov(data.T, bias=True))
    assert plane.explained == pytest.approx(values[-2:].sum() / values.sum())
    assert plane.explained >= Slice.of_features(data, 0, 1).explained


def test_for_how_many_points_the_slice_has_another_answer(data):
    """By hand: the class is the sign of the third feature, which a plane of the first two doesn't see."""
    network = Network.create([4, 1], "identity", rng=np.random.default_rng(0))
    network.layers[0].weight[:] = [[0, 0, 1, 0]]
    network.layers[0].bias[:] = -data[:, 2].mean()
    plane = Slice.of_features(data, 0, 1)
    different = plane.disagreements(network, data)
    # On the plane the third feature is its mean; the score there is 0, but for rounding.
    flat = plane.network(network).predict(plane.project(data))
    assert different.tolist() == (flat != (data[:, 2] > data[:, 2].mean())).tolist()
    assert 10 < different.sum() < 50


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda X: Slice.of_features(X, 1, 1), "two different ones of 0 to 3"),
        (lambda X: Slice.of_features(X, 0, 4), "two different ones of 0 to 3"),
        (lambda X: Slice.of_features(X, 0, 1, names=("a",)), "1 names are given for 4 features"),
        (lambda X: Slice.principal(X[:, :1]), "and 2 features"),
        (lambda X: Slice.principal(X * np.nan), "NaN"),
        (lambda X: Slice.principal(X).network(Network.create([3, 2], rng=np.random.default_rng(0))), "has 3 inputs"),
    ],
)
def test_slices_that_are_none(data, make, words):
    with pytest.raises(ValueError, match=words):
        make(data)
