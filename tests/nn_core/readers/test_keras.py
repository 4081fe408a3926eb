"""Keras files that its own code would not write: links to other files, promises, layers that can't be taken."""

import io
import json
import re
import sys
import zipfile

import numpy as np
import pytest

from nn_core.readers import read_network

h5py = pytest.importorskip("h5py")


def dense(name, units, activation="linear", **config):
    return {"class_name": "Dense", "config": {"name": name, "units": units, "activation": activation, **config}}


def keras(layers, write, *, class_name="Sequential", version="3.5.0"):
    """A `.keras` file of these layers, whose numbers `write(file)` writes."""
    numbers = io.BytesIO()
    with h5py.File(numbers, "w") as file:
        write(file)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": class_name, "config": layers}))
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("model.weights.h5", numbers.getvalue())
    return buffer.getvalue()


W, B = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 3.0])


def plain(file):
    file["layers/dense/vars/0"], file["layers/dense/vars/1"] = W, B


def read(tmp_path, data, name="a.keras"):
    (tmp_path / name).write_bytes(data)
    return read_network(tmp_path / name)


def test_what_is_written_here_is_read(tmp_path):
    network = read(tmp_path, keras({"layers": [dense("a", 3, "tanh")]}, plain))
    np.testing.assert_array_equal(network.layers[0].weight, W.T)
    assert network.layers[0].activation.name == "tanh"


def test_a_hard_sigmoid_of_keras_2_is_another_one(tmp_path):
    x = np.linspace(-3, 3, 9)[:, None]
    found = {}
    for version in ("2.15.0", "3.5.0"):

        def one(file):
            file["layers/dense/vars/0"], file["layers/dense/vars/1"] = [[1.0]], [0.0]

        network = read(tmp_path, keras({"layers": [dense("a", 1, "hard_sigmoid")]}, one, version=version))
        found[version] = network.forward(x).output
    np.testing.assert_allclose(found["2.15.0"], np.clip(0.2 * x + 0.5, 0, 1), atol=1e-12)
    np.testing.assert_allclose(found["3.5.0"], np.clip(x / 6 + 0.5, 0, 1), atol=1e-12)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("centred", [False, True])
def test_a_batch_normalisation_without_some_of_its_arrays(tmp_path, scaled, centred):
    gamma, beta, mean, variance = np.array([[2.0, 3, 4], [-1, 0, 1], [0.5, 0, 1], [1, 4, 9]])
    config = {"name": "n", "scale": scaled, "center": centred, "epsilon": 0.01}

    def write(file):
        plain(file)
        arrays = [*([gamma] if scaled else []), *([beta] if centred else []), mean, variance]
        for i, array in enumerate(arrays):
            file[f"layers/batch_normalization/vars/{i}"] = array

    layers = [dense("a", 3), {"class_name": "BatchNormalization", "config": config}]
    network = read(tmp_path, keras({"layers": layers}, write))
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    expected = (x @ W + B - mean) / np.sqrt(variance + 0.01)
    expected = expected * (gamma if scaled else 1) + (beta if centred else 0)
    np.testing.assert_allclose(network.logits(x), expected, rtol=1e-12)


def test_numbers_in_another_file_are_not_read(tmp_path, one_line):
    secret = tmp_path / "secret"
    secret.write_bytes(np.zeros(6).tobytes())
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["x"] = W

    def linked(file):
        file["layers/dense/vars/0"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "x")
        file["layers/dense/vars/1"] = B

    def soft(file):
        file["real"] = W
        file["layers/dense/vars/0"] = h5py.SoftLink("/real")
        file["layers/dense/vars/1"] = B

    def stored(file):
        file.create_dataset("layers/dense/vars/0", (2, 3), "f8", external=[(str(secret), 0, 48)])
        file["layers/dense/vars/1"] = B

    def virtual(file):
        layout = h5py.VirtualLayout((2, 3), "f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (2, 3))
        file.create_virtual_dataset("layers/dense/vars/0", layout)
        file["layers/dense/vars/1"] = B

    model = {"layers": [dense("a", 3)]}
    assert "is a link (ExternalLink): links are not followed" in one_line(keras(model, linked), "a.keras")
    assert "is a link (SoftLink)" in one_line(keras(model, soft), "a.keras")
    assert "lie in another file: they are not read" in one_line(keras(model, stored), "a.keras")
    assert "lie in another file" in one_line(keras(model, virtual), "a.keras")


def test_promises_are_judged_before_anything_is_read(one_line):
    def huge(file):
        file.create_dataset("layers/dense/vars/0", (10**6, 10**6), "f8", chunks=(100, 100))
        file["layers/dense/vars/1"] = B

    def packed(file):
        file.create_dataset("layers/dense/vars/0", data=W, compression="lzf")
        file["layers/dense/vars/1"] = B

    model = {"layers": [dense("a", 3)]}
    assert "more than" in one_line(keras(model, huge), "a.keras")
    assert "compressed in an unusual way" in one_line(keras(model, packed), "a.keras")


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        (
            [{"class_name": "Lambda", "config": {"name": "l", "function": "os.system"}}],
            r"the layer 'l' \(Lambda\) can't",
        ),
        ([{"class_name": "Conv2D", "config": {"name": "c"}}], r"the layer 'c' \(Conv2D\) can't be taken"),
        ([dense("a", 3, "hard_shrink")], "has the activation 'hard_shrink'"),
        ([dense("a", 3, {"class_name": "os.system", "config": {}})], "has the activation 'os.system'"),
        ([dense("a", 3, use_bias=False)], "has 2 arrays, expected a kernel and a bias"),
        ([dense("a", 3, "softmax"), dense("b", 3)], "has 0 arrays"),
        ([{"class_name": "BatchNormalization", "config": {"name": "n"}}], "has 0 arrays, expected 4"),
        ([{"class_name": "Normalization", "config": {"name": "n"}}], "adapt it before saving"),
        ([dense("a", 3), {"class_name": "ReLU", "config": {"name": "r", "threshold": 1.0}}], "jumps at 1"),
        ([dense("a", 3), {"class_name": "LeakyReLU", "config": {"negative_slope": "x"}}], "where a number is expected"),
        ([dense("a", 3), {"class_name": "Rescaling", "config": {"name": "s", "scale": [1, 2]}}], "has 2 numbers"),
        ([1], "no JSON object"),
        ([], "no layer with weights"),
        ("x", "of the class 'Sequential', expected"),
    ],
)
def test_layers_that_cannot_be_taken_are_named(layers, words, one_line):
    line = one_line(keras({"layers": layers}, plain), "a.keras")
    assert re.search(words, line), line


def functional(*edges):
    """Layers of one input, each with the names of those that it takes."""
    layers = [{"class_name": "InputLayer", "name": "in", "config": {"name": "in"}, "inbound_nodes": []}]
    for name, parents in edges:
        kind = "Add" if len(parents) > 1 else "Dense"
        layers.append(
            {**dense(name, 3), "class_name": kind, "name": name, "inbound_nodes": [[[p, 0, 0, {}] for p in parents]]}
        )
    return {"layers": layers}


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (functional(("a", ["in"]), ("b", ["a"]), ("c", ["a", "b"])), r"the layer 'c' \(Add\) takes 2 others"),
        (functional(("a", ["in"]), ("b", ["in"])), "is taken by two others"),
        (functional(("a", ["b"]), ("b", ["a"])), "not one chain"),
    ],
)
def test_branches_are_refused(model, words, one_line):
    line = one_line(keras(model, plain, class_name="Functional"), "a.keras")
    assert re.search(words, line), line


def test_a_functional_model_of_keras_2_is_read_in_the_order_of_its_chain(tmp_path):
    model = functional(("b", ["a"]), ("a", ["in"]))
    model["layers"][1]["config"]["activation"] = "linear"

    def write(file):
        file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": model})
        for name, weight in (("a", W), ("b", np.eye(3))):
            group = file.create_group(f"model_weights/{name}")
            group.attrs["weight_names"] = [f"{name}/kernel:0", f"{name}/bias:0"]
            group[f"{name}/kernel:0"], group[f"{name}/bias:0"] = weight, B

    with h5py.File(tmp_path / "a.h5", "w") as file:
        write(file)
    network = read_network(tmp_path / "a.h5")
    np.testing.assert_array_equal(network.layers[0].weight, W.T)
    np.testing.assert_array_equal(network.layers[0].bias, 2 * B)


def test_without_h5py_it_is_one_line(tmp_path, monkeypatch, one_line):
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert 'h5py is needed: pip install "nn-unfold[keras]"' in one_line(b"\x89HDF\r\n\x1a\n" + b"\0" * 99, "a.h5")


def test_a_list_of_texts_in_which_hdf5_would_go_round_for_ever(foreign, one_line):
    data = bytearray((foreign / "keras-2-3-2.h5").read_bytes())
    heap = data.index(b"GCOL")
    end = heap + int.from_bytes(data[heap + 8 : heap + 16], "little")
    place = heap + 16
    while data[place : place + 2] != b"\0\0":  # the last entry is what is free
        place += 16 + -(-int.from_bytes(data[place + 8 : place + 16], "little") // 8) * 8
    assert place < end
    data[place + 8 : place + 16] = bytes(8)
    assert "an entry without an end" in one_line(bytes(data), "a.h5")
    data[13] = 4
    assert "doesn't begin as expected" in one_line(bytes(data), "a.h5")


def test_a_configuration_nested_deeply(one_line):
    model = {"layers": [dense("a", 3)]}
    for _ in range(60):
        model = {"layers": [{"class_name": "Sequential", "config": model}]}
    assert "too deeply" in one_line(keras(model, plain), "a.keras")
