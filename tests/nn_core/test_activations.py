import pickle
from pathlib import Path

import numpy as np
import pytest

from nn_core.activations import (
    ACTIVATIONS,
    Activation,
    activation,
    argmax,
    argmax_one_hot,
    celu,
    elu,
    hard_sigmoid,
    hard_tanh,
    leaky_relu,
    prelu,
    selu,
    silu,
    soft_shrink,
    softmax,
    softplus,
)
from nn_core.network import Layer, Network
from nn_core.storage import load, save

# No number at which one of the functions has a kink.
Z = np.array([-7.5, -3.2, -1.2, -0.25, 0.4, 1.1, 2.5, 6.3])
SQUASH = Activation.of("squash", lambda z: np.arctan(z), lambda z: 1 / (1 + np.square(z)))
ALL = [
    *ACTIVATIONS.values(),
    leaky_relu(0.3),
    leaky_relu(1.7),
    leaky_relu(-0.5),
    prelu(*np.linspace(-0.5, 1.5, len(Z))),
    hard_tanh(-2, 0.3),
    hard_sigmoid(0.2, 0.45),
    soft_shrink(0.1),
    softplus(3.0),
    elu(0.5),
    celu(0.5),
    selu(1.5, 0.9),
    silu(1.702),
    SQUASH,
]
RECORD = Path(__file__).with_name("data") / "activations-2.13.npz"


@pytest.mark.parametrize("f", ALL, ids=lambda f: f.name)
def test_the_derivative_is_the_slope_of_the_function(f):
    h = 1e-6
    slope = (f(Z + h) - f(Z - h)) / (2 * h)
    np.testing.assert_allclose(f.derivative(Z), slope, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("f", ALL, ids=lambda f: f.name)
def test_buffers_and_a_known_value_change_no_number(f):
    a = f(Z)
    out = np.empty_like(Z)
    assert f.function(Z, out=out) is out
    np.testing.assert_array_equal(out, a)
    in_place = Z.copy()
    assert f.derivative(in_place, a, out=in_place) is in_place
    np.testing.assert_allclose(in_place, f.derivative(Z), rtol=1e-14)


@pytest.mark.parametrize("f", [f for f in ALL if f.name != "exponential"], ids=lambda f: f.name)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_values_neither_overflow_nor_change_the_type(f, dtype):
    z = np.array([-1e4, -800, -90, -20, 20, 90, 800, 1e4], dtype)
    with np.errstate(all="raise", under="ignore"):
        a, slope = f(z), f.derivative(z)
    assert np.isfinite(a).all()
    assert np.isfinite(slope).all()
    assert a.dtype == slope.dtype == dtype
    # In single precision there is nothing but the rounding of its own.
    exact = f(z.astype(np.float64))
    np.testing.assert_allclose(a, exact, rtol=1e-4, atol=100 * np.finfo(dtype).tiny)


def test_the_exponential_overflows_to_infinity_without_a_warning():
    f = ACTIVATIONS["exponential"]
    assert f(np.array([-1e4, 0.0, 1e4])).tolist() == [0, 1, np.inf]


@pytest.mark.parametrize("f", ALL, ids=lambda f: f.name)
def test_kinks_and_slopes_are_told_of_exactly_the_piecewise_linear_ones(f):
    z = np.repeat(np.linspace(-9, 9, 181)[:, None] + 0.013, len(Z), axis=1)
    if f.slopes is None:
        assert np.abs(np.diff(f(z), 2, axis=0)).max() > 1e-4
        assert f.kinks == ()
        assert not f.bends
        with pytest.raises(ValueError, match="is not piecewise linear"):
            f.pieces(3)
        return
    assert len(f.slopes) == len(f.kinks) + 1
    assert list(f.kinks) == sorted(f.kinks)
    pieces = f.pieces(len(Z))
    number = np.searchsorted(f.kinks, z[:, 0])
    np.testing.assert_allclose(f(z), pieces.slopes[number] * z + pieces.intercepts[number], atol=1e-14)
    for i, kink in enumerate(f.kinks):
        left, right = (pieces.slopes[piece] * kink + pieces.intercepts[piece] for piece in (i, i + 1))
        np.testing.assert_allclose(left, right, atol=1e-15)
        np.testing.assert_array_equal(pieces.bends[i], pieces.slopes[i] != pieces.slopes[i + 1])
    assert f.bends == (f.name != "identity")


def test_known_values():
    assert ACTIVATIONS["sigmoid"](-40.0) == pytest.approx(np.exp(-40), rel=1e-12)
    assert ACTIVATIONS["softplus"](0.0) == pytest.approx(np.log(2))
    np.testing.assert_array_equal(ACTIVATIONS["relu"](np.array([-1.0, 0.0, 2.0])), [0, 0, 2])
    np.testing.assert_array_equal(ACTIVATIONS["relu6"](np.array([-1.0, 2.0, 7.0])), [0, 2, 6])
    np.testing.assert_array_equal(ACTIVATIONS["hard_sigmoid"](np.array([-3.0, 0.0, 3.0])), [0, 0.5, 1])
    np.testing.assert_array_equal(hard_sigmoid(0.2)(np.array([-2.5, 0.0, 2.5])), [0, 0.5, 1])
    np.testing.assert_array_equal(prelu(0.5, 0.25)(np.array([[-1.0, -1.0], [3.0, 3.0]])), [[-0.5, -0.25], [3, 3]])
    # Far on the left GELU is z times the normal density over |z|, up to a share of 1 / z^2.
    assert ACTIVATIONS["gelu"](-30.0) == pytest.approx(-np.exp(-450) / np.sqrt(2 * np.pi), rel=2e-3)
    assert ACTIVATIONS["mish"](-100.0) == pytest.approx(-100 * np.exp(-100), rel=1e-12)


def test_values_and_derivatives_are_those_of_pytorch():
    with np.load(RECORD) as record:
        z = record["z"]
        names = [name.removesuffix("/a") for name in record.files if name.endswith("/a")]
        assert len(names) >= 20
        for name in names:
            f = activation(name)
            np.testing.assert_allclose(f(z), record[f"{name}/a"], rtol=1e-10, atol=1e-14, err_msg=name)
            # PyTorch has the slope 1/6 of its hard sigmoid in single precision.
            np.testing.assert_allclose(f.derivative(z), record[f"{name}/slope"], rtol=1e-7, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("f", [f for f in ALL if f is not SQUASH], ids=lambda f: f.name)
def test_a_name_leads_back_to_its_activation_and_copies_are_the_same(f):
    for again in (activation(f.name), pickle.loads(pickle.dumps(f))):
        assert (again.name, again.kinks, again.slopes) == (f.name, f.kinks, f.slopes)
        np.testing.assert_array_equal(again(Z), f(Z))


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("ReLU", "relu"),
        ("linear", "identity"),
        ("Linear", "identity"),
        ("swish", "silu"),
        ("Swish", "silu"),
        ("SiLU()", "silu"),
        ("LeakyReLU", "leaky_relu"),
        ("leaky-relu", "leaky_relu"),
        ("LeakyReLU(negative_slope=0.2)", "leaky_relu(0.2)"),
        ("leaky_relu(1e-3)", "leaky_relu(0.001)"),
        ("hard_silu", "hard_swish"),
        ("Hardswish", "hard_swish"),
        ("HardSwish", "hard_swish"),
        ("ReLU6", "relu6"),
        ("hard_tanh(0, 6)", "relu6"),
        ("Hardtanh(min_val=-2, max_val=2)", "hard_tanh(-2.0, 2.0)"),
        ("Clip(min=0, max=1)", "hard_tanh(0.0, 1.0)"),
        ("logistic", "sigmoid"),
        ("HardSigmoid(alpha=0.2, beta=0.5)", "hard_sigmoid(0.2, 0.5)"),
        ("torch.nn.ReLU(inplace=True)", "relu"),
        ("nn.GELU(approximate='tanh')", "gelu_tanh"),
        ("GELU(approximate='none')", "gelu"),
        ("gelu_new", "gelu_tanh"),
        ("Softplus(beta=2.0, threshold=20.0)", "softplus(2.0)"),
        ("PReLU(0.25)", "leaky_relu(0.25)"),
        ("prelu(0.1, 0.2)", "prelu(0.1, 0.2)"),
        ("Softshrink(lambd=0.3)", "soft_shrink(0.3)"),
        (" LogSigmoid ", "log_sigmoid"),
    ],
)
def test_the_spellings_of_frameworks_are_understood(name, own):
    assert activation(name).name == own


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("swosh", ValueError, "no activation is called 'swosh'; choose one of identity, relu"),
        ("", ValueError, "no activation is called ''"),
        ("leaky_relu(0.2", ValueError, "no activation is called"),
        ("softmax", ValueError, "end the network with 'identity'"),
        ("LogSoftmax(dim=1)", ValueError, "end the network with 'identity'"),
        ("leaky_relu(inf)", ValueError, "leaky_relu has slope inf, but it must be a finite number"),
        ("elu(nan)", ValueError, "elu has alpha nan"),
        ("elu(1, 2)", ValueError, "elu takes alpha"),
        ("elu(beta=2)", ValueError, "elu takes alpha"),
        ("relu(2)", ValueError, "relu takes none"),
        ("elu(x)", ValueError, "'x', which is no number"),
        ("elu(1\n2)", ValueError, "which is no number"),
        ("prelu", ValueError, "prelu needs its slopes"),
        ("hard_tanh(1, -1)", ValueError, "the first must be below the second"),
        ("hard_sigmoid(0)", ValueError, "slope 0.0, but it must be above 0"),
        ("softplus(-1)", ValueError, "beta -1.0, but it must be above 0"),
        ("celu(0)", ValueError, "alpha 0.0"),
        ("soft_shrink(0)", ValueError, "threshold 0.0"),
        (None, TypeError, "this is None"),
        (("relu",), TypeError, "a name or an Activation"),
        (3, TypeError, "this is 3"),
    ],
)
def test_what_is_no_activation_is_told_in_a_line(name, error, message):
    with pytest.raises(error, match=message) as told:
        activation(name)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("make", [leaky_relu, elu, hard_tanh, softplus, prelu])
@pytest.mark.parametrize(
    ("value", "error"), [(np.inf, ValueError), (np.nan, ValueError), (None, TypeError), ("a", TypeError)]
)
def test_parameters_are_finite_numbers(make, value, error):
    with pytest.raises(error, match=make.__name__):
        make(value)


def test_activations_stay_as_they_are():
    assert activation("tanh") is ACTIVATIONS["tanh"]
    own = Activation.of("square", np.square, lambda z: 2 * z)
    assert activation(own) is own
    np.testing.assert_array_equal(own(Z), Z**2)
    assert ACTIVATIONS["identity"].is_identity
    assert leaky_relu(1).is_identity
    assert not Activation.of("up", lambda z: z + 1, np.ones_like, (), (1.0,)).is_identity


def test_every_activation_can_be_saved(tmp_path):
    functions = [f for f in ALL if f is not SQUASH]
    network = Network([Layer(np.eye(len(Z)), np.zeros(len(Z)), f) for f in functions])
    save(network, tmp_path / "net.npz")
    again = load(tmp_path / "net.npz")
    assert [layer.activation.name for layer in again.layers] == [f.name for f in functions]
    for layer, f in zip(again.layers, functions, strict=True):
        np.testing.assert_array_equal(layer.activation(Z), f(Z))


def test_slopes_for_another_number_of_neurons_are_told_in_a_line():
    network = Network([Layer(np.eye(3, 2), np.zeros(3), prelu(0.1, 0.2))])
    with pytest.raises(ValueError, match="prelu has 2 slopes, but the layer has 3 neurons"):
        network.forward([[1.0, 2.0]])
    with pytest.raises(ValueError, match="prelu has 2 slopes, but the layer has 3 neurons"):
        network.layers[0].activation.pieces(3)


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
