"""Arrays: the layouts of npz and JSON, which side of a kernel is the input, and files that are wrong."""

import json
import os

import numpy as np
import pytest

from nn_core.network import Network
from nn_core.readers import from_arrays, read_network
from nn_core.storage import save

RNG = np.random.default_rng(5)
W1, B1, W2, B2 = RNG.normal(size=(5, 3)), RNG.normal(size=5), RNG.normal(size=(2, 5)), RNG.normal(size=2)
X = RNG.normal(size=(7, 3))
EXPECTED = np.maximum(X @ W1.T + B1, 0) @ W2.T + B2


def assert_expected(network):
    np.testing.assert_allclose(network.logits(X), EXPECTED, rtol=1e-12, atol=1e-12)
    assert [layer.activation.name for layer in network.layers] == ["relu", "identity"]


LAYERS = [
    {"weight": W1.tolist(), "bias": B1.tolist(), "activation": "relu"},
    {"weight": W2.tolist(), "bias": B2.tolist()},
]


@pytest.mark.parametrize(
    "names",
    [
        ("W1", "b1", "W2", "b2"),
        ("w1", "B1", "w2", "B2"),
        ("weight_0", "bias_0", "weight_1", "bias_1"),
        ("weights0", "biases0", "weights1", "biases1"),
        ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"),
        ("fc1_weight", "fc1_bias", "out_weight", "out_bias"),
        ("hidden/w", "hidden/b", "out/w", "out/b"),
        ("layer1_W", "layer1_b", "layer2_W", "layer2_b"),
        ("arr_0", "arr_1", "arr_2", "arr_3"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_names_and_sides_are_found(tmp_path, names, turned):
    arrays = (W1.T, B1, W2.T, B2) if turned else (W1, B1, W2, B2)
    np.savez(tmp_path / "a.npz", **dict(zip(names, arrays, strict=True)))
    assert_expected(read_network(tmp_path / "a.npz", activations="relu"))


def test_kernels_named_so_are_inputs_first_even_if_square(tmp_path):
    W, V = RNG.normal(size=(3, 3)), RNG.normal(size=(3, 3))
    np.savez(tmp_path / "a.npz", coefs_0=W, intercepts_0=B1[:3], coefs_1=V, intercepts_1=B1[2:])
    network = read_network(tmp_path / "a.npz", activations="tanh")
    np.testing.assert_allclose(network.logits(X), np.tanh(X @ W + B1[:3]) @ V + B1[2:], atol=1e-12)
    np.savez(tmp_path / "b.npz", W1=W, b1=B1[:3], W2=V, b2=B1[2:])
    same = read_network(tmp_path / "b.npz", activations="tanh", inputs_first=True)
    np.testing.assert_array_equal(same.parameters, network.parameters)
    # Taken the other way only the check can tell.
    other = read_network(tmp_path / "b.npz", activations="tanh")
    found = other.check(X, network.logits(X))
    assert not found.agrees
    assert "transposing the square kernels of layers 1, 2 makes it agree" in str(found)


def test_a_network_of_our_own_and_its_classes(tmp_path):
    network = Network.create([3, 5, 2], ["leaky_relu(0.2)", "sigmoid"], rng=np.random.default_rng(0))
    save(network, tmp_path / "a.npz")
    np.testing.assert_array_equal(read_network(tmp_path / "a.npz").parameters, network.parameters)
    assert repr(read_network(tmp_path / "a.npz")) == repr(network)
    np.savez(tmp_path / "b.npz", W1=W1, b1=B1, W2=W2, b2=B2, activations=["relu", "identity"], classes=["no", "yes"])
    assert_expected(read_network(tmp_path / "b.npz"))
    assert read_network(tmp_path / "b.npz").classes == ("no", "yes")


@pytest.mark.parametrize(
    "content",
    [
        {"layers": LAYERS},
        LAYERS,
        {
            "weights": [W1.tolist(), W2.tolist()],
            "biases": [B1.tolist(), B2.tolist()],
            "activations": ["relu", "identity"],
        },
        {"weights": [W1.T.tolist(), W2.T.tolist()], "biases": [B1.tolist(), B2.tolist()], "activations": "relu"},
        {"W1": W1.tolist(), "b1": B1.tolist(), "W2": W2.tolist(), "b2": B2.tolist(), "activation": "relu"},
    ],
)  # fmt: skip
def test_json(tmp_path, content):
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert_expected(read_network(tmp_path / "a.json"))


def test_one_layer_needs_no_activation(tmp_path):
    np.savez(tmp_path / "a.npz", W=W1, b=B1)
    np.testing.assert_allclose(read_network(tmp_path / "a.npz").logits(X), X @ W1.T + B1, atol=1e-12)


def test_from_arrays():
    assert_expected(from_arrays([W1, W2], [B1, B2], "relu"))
    assert_expected(from_arrays([W1.T, W2.T], [B1, B2], ["relu", "identity"], inputs_first=True))
    assert_expected(from_arrays([W1.tolist(), W2.tolist()], [B1.reshape(1, 5), B2], ["relu", "softmax"]))
    without = from_arrays([W1, W2], None, "relu", classes=("a", "b"))
    np.testing.assert_allclose(without.logits(X), np.maximum(X @ W1.T, 0) @ W2.T, atol=1e-12)
    assert without.classes == ("a", "b")
    assert without.with_parameters(without.parameters).classes == ("a", "b")
    # No activation between two layers: they are one.
    merged = from_arrays([W1, W2], [B1, B2], ["identity", "tanh"])
    assert repr(merged) == "Network(3 -> 2 tanh: 8 parameters)"
    np.testing.assert_allclose(merged.forward(X).output, np.tanh((X @ W1.T + B1) @ W2.T + B2), atol=1e-12)


@pytest.mark.parametrize(
    ("weights", "biases", "options", "words"),
    [
        ([W1.T, W2.T], [B1, B2], {}, r"the kernel of layer 1 is not transposed .* shape \(3, 5\) .* inputs_first=True"),
        ([W1, W2], [B1, B2], {"inputs_first": True}, r"kernel of layer 1 .* shape \(5, 3\) .* inputs_first=False"),
        ([W1, W2.T], [B1, None], {}, r"layer 2 has shape \(5, 2\), but 5 numbers come in; .* should be transposed"),
        ([W1, W1], [B1, B1], {}, r"the weight of layer 2 has shape \(5, 3\), but 5 numbers come in"),
        ([W1, W2], [B1], {}, "2 weights and 1 biases"),
        ([], [], {}, "0 weights"),
        ([W1, W2], [B2, B1], {}, r"the bias of layer 1 has shape \(2,\), but its weight gives 5"),
        ([[[1, 2], [3]]], None, {}, "rows differ in length"),
        ([[[np.nan]]], None, {}, "NaN or infinity"),
        ([[1.0, 2.0]], None, {}, "expected a matrix"),
        ([np.zeros((0, 3))], None, {}, "at least 1 of each"),
        ([np.zeros((2, 3, 3))], None, {}, "convolution"),
        ([np.full((9, 9), 1e200), np.full((9, 9), 1e200)], None, {"activations": ["identity", "relu"]}, "too large"),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_told(weights, biases, options, words):
    with pytest.raises(ValueError, match=words):
        from_arrays(weights, biases, **{"activations": "relu", **options})


@pytest.mark.parametrize("weight", [[["a", "b"]], [[1j]], None, [[None]]])
def test_what_is_no_number_is_a_type_error_as_everywhere(weight):
    with pytest.raises(TypeError, match="the weight of layer 1"):
        from_arrays([weight], None, "relu")


def test_softmax_behind_an_activation_reads_what_that_gives():
    network = from_arrays([W1, W2], [B1, B2], ["relu", "relu"])
    ended = from_arrays([W1, W2, np.eye(2)], [B1, B2, None], ["relu", "relu", "softmax"])
    np.testing.assert_allclose(ended.logits(X), network.forward(X).output, atol=1e-12)


def test_softmax_in_the_middle():
    with pytest.raises(ValueError, match="layer 1 is a softmax in the middle"):
        from_arrays([W1, W2], [B1, B2], ["softmax", "identity"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"W1": [[1]], "W1": [[2]]}', "a name twice"),
        ('{"W1": [[1, 2], [3]]}', "rows that differ"),
        ('{"W1": "os.system"}', "instead of numbers"),
        ('{"W1": [[NaN]], "b1": [1]}', "NaN or infinity"),
        ('{"W1": [[1e999]], "b1": [1]}', "NaN or infinity"),
        ('{"layers": [1]}', "its layers are expected"),
        ('{"layers": []}', "no weights"),
        ('{"weights": [[[1]]], "biases": [[1], [2]]}', "1 weights and 2 biases"),
        ('{"W1": [[1]], "activations": 3}', "no names"),
        ('{"W1": [[1]], "activations": ["swoosh"]}', "no activation is called 'swoosh'"),
        ('{"W1": [[1]], "classes": 3}', "no list of names"),
        ('{"hello": [1]}', "'hello' belongs to no layer"),
        ("[1, 2]", "its layers are expected"),
        ('{"W1": [[' + "9" * 5000 + "]]}", "digits|no JSON|instead of numbers"),
    ],
)
def test_json_that_is_no_network(text, words, one_line):
    import re

    line = one_line(text.encode(), "a.json")
    assert re.search(words, line), line


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"W1": np.array(["a"])}, "instead of numbers"),
        ({"X": np.ones((3, 2)), "y": np.ones(3)}, "belongs to no layer"),
        ({"W1": W1, "b1": B1, "W2": W2.T, "b2": B2}, r"layer '2'.*\(5, 2\)"),
        ({"version": np.array(9), "W1": W1}, "layout 9"),
        ({"W1": W1, "activations": np.ones(3)}, "expected a list of names"),
        ({"b1": B1}, "no weight"),
        ({"a.W": np.ones((2, 2)), "a.w": np.ones((2, 2))}, "second weight"),
    ],
)
def test_npz_that_is_no_network(tmp_path, arrays, words, one_line):
    import re

    np.savez(tmp_path / "a.npz", **arrays)
    line = one_line(tmp_path / "a.npz", activations="relu")
    assert re.search(words, line), line


def test_npz_of_objects_is_not_unpickled(tmp_path, one_line):
    trap = tmp_path / "trap"

    class Hostile:
        def __reduce__(self):
            return os.mkdir, (str(trap),)

    np.savez(tmp_path / "a.npz", W1=np.array([Hostile()], object))
    one_line(tmp_path / "a.npz")
    assert not trap.exists()


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "a.onnx", "it is empty"),
        (b"hello", "a.onnx", "damaged|no ONNX"),
        (b"hello", "a.txt", "no format that can be read"),
        (b"\x80\x04.", "a.joblib", "is a pickle, which is a program and is not run"),
        (b"\x80\x04.", "a.pt", "is a pickle"),
        (b"PK\x03\x04", "a.npz", "zip archive"),
        (b"\x89HDF\r\n\x1a\n", "a.h5", "damaged"),
    ],
)
def test_files_of_no_format(data, name, words, one_line):
    import re

    assert re.search(words, one_line(data, name))


def test_what_is_no_file(tmp_path, one_line):
    assert "no regular file" in one_line(tmp_path)
    os.mkfifo(tmp_path / "pipe.pt")
    assert "no regular file" in one_line(tmp_path / "pipe.pt")
    with pytest.raises(FileNotFoundError):
        read_network(tmp_path / "none.pt")


def test_the_content_decides_and_not_the_suffix(tmp_path):
    np.savez(tmp_path / "a.npz", W1=W1, b1=B1, W2=W2, b2=B2)
    (tmp_path / "a.npz").rename(tmp_path / "a.pt")
    assert_expected(read_network(tmp_path / "a.pt", activations="relu"))
