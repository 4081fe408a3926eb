import numpy as np
import pytest

from nn_core.initializers import INITIALIZERS, gaussian, initializer, sparse, uniform

# standard deviation of the weights of a layer of 300 inputs and 200 neurons
SPREAD = {
    "gaussian": 0.1,
    "uniform": 0.1 / np.sqrt(3),
    "glorot": np.sqrt(2 / 500),
    "he": np.sqrt(2 / 300),
    "sparse": np.sqrt(15 / 300),
    "pytorch": 1 / np.sqrt(3 * 300),
}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_shapes_spread_and_centre(name):
    weight, bias = initializer(name)(200, 300, np.random.default_rng(0))
    assert weight.shape == (200, 300)
    assert weight.std() == pytest.approx(SPREAD[name], rel=0.02)
    assert abs(weight.mean()) < 4 * SPREAD[name] / np.sqrt(weight.size)
    assert bias.shape == (200,)
    assert np.any(bias) == (name == "pytorch")


def test_bounds():
    rng = np.random.default_rng(0)
    assert np.abs(uniform(0.5)(50, 40, rng)[0]).max() <= 0.5
    weight, bias = INITIALIZERS["pytorch"](50, 16, rng)
    assert max(np.abs(weight).max(), np.abs(bias).max()) <= 0.25
    assert np.abs(INITIALIZERS["glorot"](2, 4, rng)[0]).max() <= 1


def test_each_neuron_of_a_sparse_layer_has_its_own_connections():
    weight, _ = sparse(3)(40, 10, np.random.default_rng(0))
    assert (np.count_nonzero(weight, axis=1) == 3).all()
    assert len(np.unique(weight != 0, axis=0)) > 20
    assert np.count_nonzero(sparse(15)(4, 2, np.random.default_rng(0))[0]) == 8


def test_the_same_generator_gives_the_same_weights_and_a_function_passes():
    one, two = (gaussian(1.0)(3, 2, np.random.default_rng(5))[0] for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert initializer(INITIALIZERS["he"]) is INITIALIZERS["he"]
    with pytest.raises(ValueError, match="no initializer is called 'xavier'; choose one of gaussian"):
        initializer("xavier")


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_seed_is_as_good_as_a_generator(name):
    for one, other in zip(
        INITIALIZERS[name](3, 20, 5), INITIALIZERS[name](3, 20, np.random.default_rng(5)), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(TypeError, match="rng is 'x'"):
        INITIALIZERS[name](3, 20, "x")
