import numpy as np
import pytest

from nn_core.activations import (
    ACTIVATIONS,
    Activation,
    activation,
    argmax,
    argmax_one_hot,
    leaky_relu,
    softmax,
)

Z = np.array([-3.0, -1.0, -0.25, 0.4, 1.0, 2.5])
SQUASH = Activation.of("squash", lambda z: np.arctan(z), lambda z: 1 / (1 + np.square(z)))
ALL = [*ACTIVATIONS.values(), leaky_relu(0.3), leaky_relu(1.7), SQUASH]


@pytest.mark.parametrize("f", ALL, ids=lambda f: f.name)
def test_the_derivative_is_the_slope_of_the_function(f):
    h = 1e-6
    slope = (f(Z + h) - f(Z - h)) / (2 * h)
    np.testing.assert_allclose(f.derivative(Z), slope, atol=1e-8)


@pytest.mark.parametrize("f", ALL, ids=lambda f: f.name)
def test_buffers_and_a_known_value_change_no_number(f):
    a = f(Z)
    out = np.empty_like(Z)
    assert f.function(Z, out=out) is out
    np.testing.assert_array_equal(out, a)
    in_place = Z.copy()
    np.testing.assert_allclose(f.derivative(in_place, a, out=in_place), f.derivative(Z), rtol=1e-14)


@pytest.mark.parametrize("f", ALL, ids=lambda f: f.name)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_values_neither_overflow_nor_change_the_type(f, dtype):
    z = np.array([-1e4, -800, 800, 1e4], dtype)
    with np.errstate(all="raise", under="ignore"):
        a, slope = f(z), f.derivative(z)
    assert np.isfinite(a).all()
    assert np.isfinite(slope).all()
    assert a.dtype == slope.dtype == dtype


@pytest.mark.parametrize("f", ALL, ids=lambda f: f.name)
def test_slopes_are_told_of_exactly_the_piecewise_linear_ones(f):
    z = np.linspace(-2, 2, 41)
    if f.slopes is None:
        assert np.abs(np.diff(f(z[:20]), 2)).max() > 1e-6
    else:
        np.testing.assert_allclose(f(z), np.where(z < 0, f.slopes[0], f.slopes[1]) * z)


def test_known_values():
    assert ACTIVATIONS["sigmoid"](-40.0) == pytest.approx(np.exp(-40), rel=1e-12)
    assert ACTIVATIONS["softplus"](0.0) == pytest.approx(np.log(2))
    np.testing.assert_array_equal(ACTIVATIONS["relu"](np.array([-1.0, 0.0, 2.0])), [0, 0, 2])


def test_names():
    assert activation("tanh") is ACTIVATIONS["tanh"]
    assert activation(activation("leaky_relu(0.2)").name).slopes == (0.2, 1.0)
    own = Activation.of("square", np.square, lambda z: 2 * z)
    assert activation(own) is own
    np.testing.assert_array_equal(own(Z), Z**2)
    with pytest.raises(ValueError, match="no activation is called 'swish'; choose one of identity, relu"):
        activation("swish")
    with pytest.raises(ValueError, match="end the network with 'identity'"):
        activation("softmax")


def test_softmax_from_cold_to_hot():
    z = np.array([[1.0, 3.0, 3.0], [1000.0, -1000.0, 0.0]])
    np.testing.assert_allclose(softmax(z).sum(axis=1), 1)
    np.testing.assert_allclose(softmax(z)[0], np.exp(z[0]) / np.exp(z[0]).sum())
    np.testing.assert_array_equal(softmax(z, 0), [[0, 0.5, 0.5], [1, 0, 0]])
    np.testing.assert_allclose(softmax(z, 1e-4), softmax(z, 0), atol=1e-12)
    np.testing.assert_allclose(softmax(z, 1e9), 1 / 3, atol=1e-6)
    with pytest.raises(ValueError, match="temperature is -1"):
        softmax(z, -1)


def test_the_scaled_log_sum_lies_between_the_maximum_and_ln_k_more():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(50, 4))
    for temperature in (0.1, 1.0, 7.0):
        height = temperature * np.log(np.exp(z / temperature).sum(axis=1))
        top = z.max(axis=1)
        assert (top <= height).all()
        assert (height <= top + temperature * np.log(4) + 1e-12).all()
        # the share of the largest is what this height is the logarithm of
        np.testing.assert_allclose(softmax(z, temperature).max(axis=1), np.exp((top - height) / temperature))


def test_argmax():
    z = np.array([[1.0, 3.0, 2.0], [5.0, 5.0, 0.0]])
    np.testing.assert_array_equal(argmax(z), [1, 0])
    np.testing.assert_array_equal(argmax_one_hot(z), [[0, 1, 0], [1, 0, 0]])
