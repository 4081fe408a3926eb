"""Networks of PyTorch, Keras, ONNX Runtime and scikit-learn give what those libraries have given."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nn_core.readers import from_sklearn, read_network
from nn_core.slicing import Slice

ARCHIVE = Path(__file__).parents[1] / "data" / "foreign.zip"
with zipfile.ZipFile(ARCHIVE) as archive:
    CASES = json.loads(archive.read("foreign.json"))["cases"]
WITHOUT_FORWARD = "torch-functional-whole.pt"
FILES = [name for name, case in CASES.items() if case["kind"] not in ("script", "sklearn") and name != WITHOUT_FORWARD]
MODELS = [name for name, case in CASES.items() if case["kind"] == "sklearn"]


def model_of(record):
    """A model of scikit-learn as the reader sees it: a class name and attributes."""
    attributes = dict(record["attributes"])
    if "steps" in attributes:
        attributes["steps"] = [(name, model_of(part)) for name, part in attributes["steps"]]
    model = type(record["class"], (), {})()
    vars(model).update(attributes)
    return model


def assert_same(network, x, y, softmax):
    """The source computes in float32, and so do its constants: 3e-6 of the largest number."""
    found = network.predict_proba(x) if softmax else network.forward(x).output
    y = np.exp(y) if softmax == "log" else y.reshape(len(x), -1)
    assert found.shape == y.shape
    np.testing.assert_allclose(found, y, rtol=0, atol=3e-6 * max(1, np.abs(y).max()))


@pytest.mark.parametrize("name", FILES)
def test_a_file_gives_what_its_library_gave(foreign, recorded, name):
    case = CASES[name]
    network = read_network(foreign / case["file"], activations=case.get("activations"))
    x, y = recorded[f"{name}/x"], recorded[f"{name}/y"]
    assert_same(network, x, y, case.get("softmax"))
    assert network.dtype == np.float64
    found = network.check(x, y)
    assert found.agrees
    assert found.difference < 3e-6 * max(1, np.abs(y).max())
    # Each number counts: another one anywhere is seen.
    other = network.with_parameters(network.parameters + 1e-2)
    assert not other.check(x, y).agrees


@pytest.mark.parametrize("name", MODELS)
def test_a_model_gives_what_scikit_learn_gave(foreign, recorded, name):
    models = json.loads((foreign / "sklearn.json").read_text())
    network = from_sklearn(model_of(models[name.removeprefix("sklearn-")]))
    x, labels = recorded[f"{name}/x"], recorded[f"{name}/labels"]
    assert_same(network, x, recorded[f"{name}/y"], CASES[name]["softmax"])
    if network.classes:
        named = np.array(network.classes)[network.predict(x)]
        assert named.tolist() == [str(label) for label in labels.tolist()]
        assert network.check(x, labels).n_labels == 0


def test_a_slice_through_the_iris_flowers_tells_where_it_is_not_the_network(foreign, recorded):
    models = json.loads((foreign / "sklearn.json").read_text())
    network, X = from_sklearn(model_of(models["standard"])), recorded["iris/x"]
    plane = Slice.principal(X)
    different = plane.disagreements(network, X)
    assert different.tolist() == recorded["iris/differs"].tolist()
    assert different.any()
    assert plane.explained == pytest.approx(float(recorded["iris/explained"]), rel=1e-4)


def test_shapes_and_activations_are_those_of_the_source(foreign):
    def made(name, **options):
        return repr(read_network(foreign / name, **options))

    assert made("torch-2-64-64-5-whole.pt") == ("Network(2 -> 64 relu -> 64 relu -> 5 identity: 4,677 parameters)")
    # BatchNorm before and after, Dropout, Flatten and softmax leave no layer of their own.
    assert made("torch-norm-before-whole.pt") == "Network(2 -> 6 relu -> 5 relu -> 3 identity: 71 parameters)"
    assert made("torch-norm-after-whole.pt") == "Network(2 -> 6 tanh -> 5 tanh -> 3 identity: 71 parameters)"
    assert made("torch-nested.onnx") == "Network(4 -> 8 relu -> 3 identity: 67 parameters)"
    assert made("keras-normalised.keras") == "Network(4 -> 8 leaky_relu(0.15) -> 3 identity: 67 parameters)"
    assert made("torch-act-GELU.onnx") == "Network(2 -> 4 gelu -> 2 identity: 22 parameters)"
    # Parameters that were rounded to float32 are those that were meant.
    assert made("torch-act-LeakyReLU.onnx") == "Network(2 -> 4 leaky_relu(0.2) -> 2 identity: 22 parameters)"
    for name in ("torch-act-Hardsigmoid.onnx", "torch-act-SELU.onnx", "torch-act-ELU.onnx", "torch-act-PReLU-each.pt"):
        kind = {"a": "hard_sigmoid", "E": "selu", "L": "elu", "R": "prelu"}[name.removeprefix("torch-act-")[1]]
        assert read_network(foreign / name).layers[0].activation.name.split("(")[0] == kind
    assert made("torch-act-Hardtanh-2.pt") == "Network(2 -> 4 hard_tanh(-0.5, 1.5) -> 2 identity: 22 parameters)"


def test_code_that_is_not_in_the_file_is_not_guessed(foreign, recorded):
    path = foreign / WITHOUT_FORWARD
    with pytest.raises(ValueError, match="class 'Functional', whose code is not in the file"):
        read_network(path)
    network = read_network(path, activations="relu")
    assert_same(network, recorded[f"{WITHOUT_FORWARD}/x"], recorded[f"{WITHOUT_FORWARD}/y"], False)


def test_torchscript_is_refused(foreign):
    with pytest.raises(ValueError, match="it is TorchScript, whose layers are code"):
        read_network(foreign / "torch-2-3-2-script.pt")


def test_bare_weights_want_activations(foreign):
    for name in ("torch-4-8-3-state.pt", "torch-2-3-2.safetensors", "keras-2-16-16-1.weights.h5"):
        with pytest.raises(ValueError, match=r"layers of weights, but no activations: say which") as caught:
            read_network(foreign / name)
        assert '"relu" (--activations relu)' in str(caught.value)
    with pytest.raises(ValueError, match="3 activations are given for 2 layers"):
        read_network(foreign / "torch-4-8-3-state.pt", activations=["relu"] * 3)


def line_of(path, activations):
    """What reading says, nothing where it succeeds; any other error than ValueError is one of ours."""
    try:
        read_network(path, activations=activations)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", sorted({case["file"] for case in CASES.values()} - {"sklearn.json"}))
def test_a_file_cut_off_or_changed_is_one_line(foreign, name, one_line, tmp_path):
    """Whatever comes out is a network or one line; 12 damages of each file."""
    data = (foreign / name).read_bytes()
    rng = np.random.default_rng(len(data))
    for kind in range(12):
        damaged = bytearray(data)
        if kind < 3:
            del damaged[int(len(data) * (kind + 1) / 4) :]
        else:
            for place in rng.integers(0, len(data), 1 if kind < 8 else 20):
                damaged[place] = rng.integers(0, 256)
        path = tmp_path / name
        path.write_bytes(bytes(damaged))
        line = line_of(path, CASES.get(name, {}).get("activations"))
        assert "\n" not in line
        assert not line or str(path) in line
