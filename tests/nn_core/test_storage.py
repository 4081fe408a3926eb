import os
import pickle

import numpy as np
import pytest

from nn_core.activations import Activation
from nn_core.decisions import Decision
from nn_core.network import Layer, Network
from nn_core.storage import load, save


@pytest.fixture
def net():
    return Network.create([3, 4, 2], ["leaky_relu(0.2)", "tanh"], rng=np.random.default_rng(0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_loaded_is_what_was_saved(tmp_path, net, dtype):
    net = net.with_parameters(net.parameters.astype(dtype))
    save(net, tmp_path / "net.npz")
    again = load(tmp_path / "net.npz")
    np.testing.assert_array_equal(again.parameters, net.parameters)
    assert again.dtype == dtype
    assert [layer.activation.name for layer in again.layers] == ["leaky_relu(0.2)", "tanh"]
    assert again.layers[0].activation.slopes == (0.2, 1.0)
    assert os.listdir(tmp_path) == ["net.npz"]


@pytest.mark.parametrize("decision", [Decision(), Decision("z", 0.5), Decision("a", -0.25), None])
def test_the_decision_is_kept(tmp_path, net, decision):
    save(Network(net.layers, decision=decision), tmp_path / "net.npz")
    assert load(tmp_path / "net.npz").decision == decision


def test_files_of_the_first_layout_have_the_usual_decision(tmp_path, net):
    save(net, tmp_path / "net.npz")
    change(version=np.array(1), decision=None, level=None)(tmp_path / "net.npz")
    assert load(tmp_path / "net.npz").decision == Decision()


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, net, monkeypatch):
    path = tmp_path / "net.npz"
    save(net, path)
    old = path.read_bytes()

    def full(file, **arrays):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        save(net, path)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["net.npz"]


def test_an_activation_of_ones_own_cannot_be_saved(tmp_path):
    own = Activation.of("square", np.square, lambda z: 2 * z)
    with pytest.raises(ValueError, match="the activation 'square' can't be saved"):
        save(Network([Layer([[1.0]], [0.0], own)]), tmp_path / "net.npz")
    assert not os.listdir(tmp_path)


class _Mine:
    """Whoever unpickles it makes a folder."""

    def __reduce__(self):
        return os.mkdir, (os.environ["UNFOLD_TRAP"],)


def test_no_file_can_run_code(tmp_path, monkeypatch):
    trap = tmp_path / "trap"
    monkeypatch.setenv("UNFOLD_TRAP", str(trap))
    np.savez(tmp_path / "net.npz", version=np.array([_Mine()], object))
    with pytest.raises(ValueError, match="only real numbers and text are read"):
        load(tmp_path / "net.npz")
    (tmp_path / "net.npz").write_bytes(pickle.dumps(_Mine()))
    with pytest.raises(ValueError, match="damaged or no zip archive"):
        load(tmp_path / "net.npz")
    assert not trap.exists()


def change(**arrays):
    def rewrite(path):
        with np.load(path) as file:
            kept = dict(file) | arrays
        np.savez(path, **{name: array for name, array in kept.items() if array is not None})

    return rewrite


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(b""), "damaged or no zip archive"),
        (lambda path: path.write_text("hello"), "damaged or no zip archive"),
        (lambda path: path.write_bytes(path.read_bytes()[:300]), "damaged or no zip archive"),
        (lambda path: path.write_bytes(path.read_bytes().replace(b"weight_0", b"weight_9")), "lacks 'weight_0'"),
        (change(version=np.array(3)), "layout 3, but this version of nn_core reads 1 to 2"),
        (change(version=np.array(1.7)), r"layout 1\.7, but"),
        (change(version=np.array(np.inf)), "layout inf, but"),
        (change(version=np.array(True)), "layout True, but"),
        (change(version=np.array([1])), r"layout \[1\], but"),
        (change(version=None), "lacks 'version'"),
        (change(activations=np.array(["tanh"])), "names 1 activations, to which .*bias_1.*, .*weight_1.* don't belong"),
        (change(weight_2=np.ones((2, 2))), "names 2 activations, to which .*weight_2.* don't belong"),
        (change(activations=np.array(["leaky_relu(inf)", "tanh"])), "leaky_relu"),
        (change(decision=np.array("x")), "its decision is"),
        (change(decision=None), "lacks 'decision'"),
        (change(level=np.array(np.nan)), "its level is"),
        (change(level=np.array("a")), "its level is"),
        (change(bias_1=None), "lacks 'bias_1'"),
        (change(bias_1=np.zeros(5)), r"bias has shape \(5,\)"),
        (change(weight_1=np.zeros((2, 5))), r"weight has shape \(2, 5\) but the layer before has 4 outputs"),
        (change(activations=np.array(["tanh", "swosh"])), "no activation is called 'swosh'"),
        (change(activations=np.array(1)), "can't be read as a network"),
        (change(weight_0=np.array([["a"] * 3] * 4)), "can't be read as a network"),
    ],
)
def test_damaged_files_are_told_in_a_line(tmp_path, net, damage, message):
    path = tmp_path / "net.npz"
    save(net, path)
    damage(path)
    with pytest.raises(ValueError, match=message) as error:
        load(path)
    assert "\n" not in str(error.value)
    assert "net.npz" in str(error.value)


def test_bytes_changed_at_random_are_found_or_harmless(tmp_path, net):
    path, rng = tmp_path / "net.npz", np.random.default_rng(0)
    save(net, path)
    whole = path.read_bytes()
    n_found = 0
    for _ in range(300):
        changed = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            changed[place] ^= int(rng.integers(1, 256))
        path.write_bytes(changed)
        try:
            load(path)
        except ValueError:
            n_found += 1
    assert n_found > 200


def test_no_file():
    with pytest.raises(FileNotFoundError):
        load("nothing.npz")
