from fractions import Fraction

import numpy as np
import pytest

from nn_core import embedding, preprocessing
from nn_core.arrays import generator, labels_of, numbers, real_number, whole_number
from nn_core.datasets import make_moons
from nn_core.descent import descend, loss_at
from nn_core.losses import LOSSES
from nn_core.network import Layer, Network
from nn_core.optimizers import GradientDescent
from nn_core.training import fit


class Frame:
    """A table of another library."""

    def __init__(self, values):
        self.values = values

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)


class Broken:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("can't call numpy() on a tensor\nthat requires grad")


RAGGED = [[1.0, 2.0], [3.0]]
ITSELF = [1.0]
ITSELF.append(ITSELF)

TAKEN = {
    "list": [[1, 2], [3, 4], [5, 7]],
    "tuple": ((1, 2), (3, 4), (5, 7)),
    "rows": [np.array([1, 2]), np.array([3, 4]), np.array([5, 7])],
    "scalars": [[np.float32(1), np.int8(2)], [3, 4], [5, 7]],
    "big endian": np.array([[1, 2], [3, 4], [5, 7]], ">f8"),
    "half": np.array([[1, 2], [3, 4], [5, 7]], np.float16),
    "long": np.array([[1, 2], [3, 4], [5, 7]], np.longdouble),
    "unsigned": np.array([[1, 2], [3, 4], [5, 7]], np.uint8),
    "objects": np.array([[1, 2.0], [Fraction(3), np.int64(4)], [5, 7]], object),
    "frame": Frame([[1, 2], [3, 4], [5, 7]]),
    "masked nowhere": np.ma.masked_array([[1, 2], [3, 4], [5, 7]]),
    "matrix": np.ma.masked_array([[1, 2], [3, 4], [5, 7]]).data.view(),
    "strided": np.array([[1, 0, 2, 0], [3, 0, 4, 0], [5, 0, 7, 0]], float)[:, ::2],
}

REFUSED = {
    "text": ([["1", "2"]], TypeError, "text, expected real numbers"),
    "word": ("hello", TypeError, "text"),
    "bytes": (np.array([[b"a", b"b"]]), TypeError, "bytes"),
    "dates": (np.array([["2020-01-01", "2020-01-02"]], "M8[D]"), TypeError, "dates"),
    "complex": ([[1j, 2]], TypeError, "complex numbers"),
    "records": (np.zeros((1, 2), [("a", float)]), TypeError, "records"),
    "none": (None, TypeError, "can't be None"),
    "gap": ([[1.0, None]], TypeError, "None"),
    "dictionary": ({"a": 1}, TypeError, "can't be a dict"),
    "function": (len, TypeError, "can't be a builtin_function"),
    "generator": ((i for i in range(3)), TypeError, "can't be a generator"),
    "set": ({1, 2}, TypeError, "can't be a set"),
    "nan": ([[1.0, 2.0], [3.0, np.nan]], ValueError, r"NaN or infinity \(first in row 1\)"),
    "infinity": (np.array([[np.inf, 0.0]]), ValueError, "NaN or infinity"),
    "masked": (np.ma.masked_array([[1.0, 2.0]], [[False, True]]), ValueError, "masked entries"),
    "masked in a list": ([[1.0, np.ma.masked]], ValueError, "NaN or infinity"),
    "ragged": (RAGGED, ValueError, "its rows differ in length"),
    "itself": (ITSELF, ValueError, "can't be read as an array|rows differ|too deep"),
    "one point": ([1.0, 2.0], ValueError, r"shape \(2,\), expected \(n, 2\)"),
    "one number": (3.0, ValueError, r"shape \(\), expected \(n, 2\)"),
    "three": (np.zeros((2, 3)), ValueError, r"shape \(2, 3\)"),
    "too large": ([[10**400, 0]], ValueError, "too large"),
    "long and large": (np.array([[1, 2]], np.longdouble) * np.longdouble("1e400"), ValueError, "NaN or infinity"),
    "broken": (Broken(), ValueError, "can't be read as an array: can't call numpy.. on a tensor that requires grad"),
    "endless": (np.broadcast_to(0.0, (2**40, 2)), ValueError, "at most 268,435,456"),
    "a long range": (range(2**40), ValueError, "at most 268,435,456"),
}

NET = Network.create([2, 3, 2], "tanh", rng=0)

DOORS = {
    "numbers": lambda X: numbers(X, shape=("n", 2)),
    "forward": lambda X: NET.forward(X).output,
    "predict": NET.predict,
    "predict_proba": NET.predict_proba,
    "fit": lambda X: fit(Network.create([2, 3, 2], rng=0), X, [0, 1, 0], epochs=2).loss,
    "validation": lambda X: (
        fit(Network.create([2, 3, 2], rng=0), [[1, 2]], [0], epochs=2, validation=(X, [0, 1, 0])).validation_loss
    ),
    "loss_at": lambda X: loss_at(NET, X, [0, 1, 0], [NET.parameters]),
    "descend": lambda X: descend(NET, X, [0, 1, 0], optimizer=GradientDescent(0.1), steps=2),
    "outputs": lambda X: LOSSES["mse"].delta(X, [0, 1, 0]),
    "targets": lambda X: LOSSES["mse"].value(np.zeros((3, 2)), X),
    "normalise": lambda X: preprocessing.normalise(X).apply(X),
    "whiten": lambda X: preprocessing.whiten(X).apply(X),
    "apply": lambda X: preprocessing.normalise([[0.0, 1], [2, 4]]).apply(X),
    "invert": lambda X: preprocessing.normalise([[0.0, 1], [2, 4]]).invert(X),
    "features": lambda X: preprocessing.features(X, ["x_1", "sin x_2"]),
    "knn_graph": lambda X: embedding.knn_graph(X, 1).distances,
    "label_agreement": lambda X: np.array(embedding.label_agreement(X, ["a", "b", "a"], 1)),
    "pca": lambda X: embedding.pca(X)[0],
    "layer": lambda X: Layer(X, [0, 0, 0]).weight,
}
ANY_WIDTH = {"normalise", "whiten", "knn_graph", "label_agreement", "pca", "layer", "outputs"}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", TAKEN)
def test_what_is_taken_is_taken_everywhere(door, kind):
    expected = DOORS[door](np.array([[1.0, 2], [3, 4], [5, 7]]))
    np.testing.assert_array_equal(DOORS[door](TAKEN[kind]), expected)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_is_refused_everywhere_in_a_line(door, kind):
    given, error_type, message = REFUSED[kind]
    if kind == "three" and door in ANY_WIDTH:
        pytest.skip("any width is taken here")
    if kind == "generator":
        given = (i for i in range(3))
    if kind in ("one point", "one number", "three") and door not in ("numbers", "forward"):
        message = "shape"
    if door == "targets" and kind == "one point":
        message = "labels run from 1 to 2"
    with pytest.raises(error_type, match=message) as error:
        DOORS[door](given)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_floats_are_not_copied():
    for dtype in (np.float32, np.float64):
        X = np.ones((3, 2), dtype)
        assert numbers(X) is X


@pytest.mark.parametrize(
    ("y", "index", "names"),
    [
        ([0, 1, 0], [0, 1, 0], (0, 1)),
        ([1, 3, 7, 3], [0, 1, 2, 1], (1, 3, 7)),
        ([-1, 1, -1], [0, 1, 0], (-1, 1)),
        ([-1.0, 1.0], [0, 1], (-1, 1)),
        (np.array([True, False]), [1, 0], (False, True)),
        ([True, False], [1, 0], (False, True)),
        (["b", "a", "b"], [1, 0, 1], ("a", "b")),
        (np.array([b"b", b"a"]), [1, 0], ("a", "b")),
        (np.array(["b", "a"], object), [1, 0], ("a", "b")),
        (np.array([["b"], ["a"]]), [1, 0], ("a", "b")),
        (np.array([3, 1], np.uint8)[:, None], [1, 0], (1, 3)),
        (Frame(["x", "y"]), [0, 1], ("x", "y")),
        ([10**30, 5], [1, 0], (5, 10**30)),
        ([], [], ()),
    ],
)
def test_labels_of_any_kind(y, index, names):
    labels = labels_of(y)
    np.testing.assert_array_equal(labels.index, index)
    assert labels.index.dtype == np.int64
    assert labels.names == names
    assert [type(name) for name in labels.names] == [type(name) for name in names]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0.5, 1], "whole numbers"),
        ([np.nan, 1.0], "whole numbers"),
        (np.array([np.nan, 1.0]), "not whole"),
        (np.array([np.inf, 1.0]), "not whole"),
        (["a", None], "None"),
        (["a", 1], "of several kinds"),
        (["a", float("nan")], "nan"),
        ([True, 1, 2], "of several kinds"),
        ([1j], "1j"),
        (np.array(["2020"], "M8[Y]"), "dates"),
        (np.zeros((3, 2)), r"shape \(3, 2\)"),
        (5, r"shape \(\)"),
        ("cat", r"shape \(\)"),
        (None, "can't be None"),
        (np.ma.masked_array([1, 2], [True, False]), "masked"),
        (np.array([b"\xff"]), "no text"),
    ],
)
def test_labels_that_are_none(y, message):
    with pytest.raises((TypeError, ValueError), match=message) as error:
        labels_of(y)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", [3, 3.0, np.int8(3), np.float32(3), np.array(3), Fraction(3)])
def test_whole_numbers(value):
    assert whole_number(value, "n") == 3
    assert type(whole_number(value, "n")) is int


@pytest.mark.parametrize("value", [2.5, "3", None, True, float("nan"), float("inf"), -1, [3], np.array([3]), 3j])
def test_no_whole_numbers(value):
    with pytest.raises((TypeError, ValueError), match=r"n is .*, expected"):
        whole_number(value, "n")


def test_real_numbers():
    assert real_number(np.float32(0.5), "l2") == 0.5
    for value in (float("nan"), 10**400, "1", None, True, 1j):
        with pytest.raises((TypeError, ValueError), match=r"l2 is .*, expected"):
            real_number(value, "l2")
    with pytest.raises(ValueError, match="l2 is 2, expected 0 to 1"):
        real_number(2, "l2", least=0, most=1)


def test_a_seed_is_as_good_as_a_generator():
    for rng in (7, 7.0, np.int64(7), np.random.default_rng(7)):
        assert generator(rng).random() == np.random.default_rng(7).random()
    X, y = make_moons(30, rng=1)
    np.testing.assert_array_equal(X, make_moons(30, rng=np.random.default_rng(1))[0])
    ends = []
    for rng in (3, np.random.default_rng(3)):
        net = Network.create([2, 4, 2], rng=0)
        fit(net, X, y, epochs=1e1, batch_size=8.0, rng=rng)
        ends.append(net.parameters)
    np.testing.assert_array_equal(*ends)
    for rng in ("seed", None, -1, 0.5, True, np.random.RandomState(0)):
        with pytest.raises((TypeError, ValueError), match="rng is"):
            generator(rng)
        with pytest.raises((TypeError, ValueError), match="rng is"):
            make_moons(3, rng=rng)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Network(["relu"]), "layer 1 is 'relu', expected Layer"),
        (lambda: Network(None), "layers are None, expected a list"),
        (lambda: Network(5), "layers are 5, expected a list"),
        (lambda: Network.create([2.5, 2], rng=0), "a size is 2.5, expected a whole number"),
        (lambda: Network.create(["2", 2], rng=0), "a size is '2', expected a number"),
        (lambda: Network.create("22", rng=0), "sizes are '22'"),
        (lambda: Network.create(5, rng=0), "sizes are 5"),
        (lambda: Network.create([2, 10**8], rng=0), "sizes need 300,000,000 weights"),
        (lambda: Network.create([2, 10**99], rng=0), "a size is 1000.*, expected 1 to"),
        (lambda: Network.create([2, 2], rng="x"), "rng is 'x'"),
        (
            lambda: Network.create([2, 2], [("relu", "tanh")], rng=0),
            "activation is a name",
        ),
        (lambda: Network.create([2, 2], ["leaky_relu(inf)"], rng=0), "slope inf, but it must be a finite number"),
        (lambda: Network.create([2, 2], ["leaky_relu(1e999)"], rng=0), "slope inf, but it must be a finite number"),
        (lambda: Network.create([2, 2], ["leaky_relu(e)"], rng=0), "has the parameter 'e', which is no number"),
        (lambda: Network.create([2, 2], 5, rng=0), "activations are 5"),
        (lambda: Network.create([2, 2], rng=0, dtype=int), "dtype is"),
        (lambda: Network.create([2, 2], rng=0, initializer=5), "initializer is 5"),
        (lambda: Network.create([2, 2], rng=0, initializer=lambda *_: 3), "the initializer gives 3"),
        (lambda: Layer([[np.inf]], [0]), "weight holds NaN or infinity"),
        (lambda: NET.with_parameters(["a"] * 17), "parameters hold text"),
        (lambda: fit(NET, [[1, 2]], [0], optimizer=5), "optimizer is 5"),
        (lambda: fit(NET, [[1, 2]], [0], loss=5), "loss is 5"),
        (lambda: fit("net", [[1, 2]], [0]), "network is a str"),
        (lambda: fit(NET, [[1, 2]], ["a"]), "number the classes, as `labels_of"),
        (lambda: fit(NET, [[1, 2]], [0], epochs="3"), "epochs is '3'"),
        (lambda: fit(NET, [[1, 2]], [0], l2=-1), "l2 is -1"),
        (lambda: fit(NET, [[1, 2]], [0], snapshots=0), "snapshots is 0"),
        (lambda: fit(NET, [[1, 2]], [0], snapshots=[1.5]), "an epoch of snapshots is 1.5"),
        (lambda: fit(NET, [[1, 2]], [0], validation=3), "validation is"),
        (lambda: Network([Layer([[10, 10]], [0])]).forward([[1e308, 1e308]]), "values of layer 1 become infinite"),
    ],
)
def test_nonsense_is_told_in_a_line(make, message):
    with pytest.raises((TypeError, ValueError), match=message) as error:
        make()
    assert "\n" not in str(error.value)
