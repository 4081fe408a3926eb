import numpy as np
import pytest
from scipy.special import expit

from nn_core.losses import LOSSES, loss, targets


def test_values_by_their_definitions():
    rng = np.random.default_rng(1)
    z, y = rng.normal(size=(7, 3)), rng.integers(0, 3, 7)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    assert LOSSES["cross_entropy"].value(z, y) == pytest.approx(-np.log(p[np.arange(7), y]).mean())
    s, t = expit(z), np.eye(3)[y]
    expected = -(t * np.log(s) + (1 - t) * np.log(1 - s)).mean()
    assert LOSSES["binary_cross_entropy"].value(z, y) == pytest.approx(expected)
    assert LOSSES["mse"].value(z, y) == pytest.approx(((z - t) ** 2).mean())


@pytest.mark.parametrize(
    ("name", "n_outputs"),
    [("cross_entropy", 4), ("binary_cross_entropy", 1), ("binary_cross_entropy", 4), ("mse", 1), ("mse", 4)],
)
def test_delta_is_the_slope_of_the_value(name, n_outputs):
    rng = np.random.default_rng(2)
    z, y = rng.normal(size=(5, n_outputs)), rng.integers(0, max(n_outputs, 2), 5)
    delta, h = LOSSES[name].delta(z, y), 1e-6
    for place in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[place] = h
        slope = (LOSSES[name].value(z + step, y) - LOSSES[name].value(z - step, y)) / (2 * h)
        assert delta[place] == pytest.approx(slope, abs=1e-9)


@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy"])
def test_sure_logits_neither_overflow_nor_lose_the_loss(name):
    z = np.array([[1000.0, -1000.0], [-1000.0, 1000.0]])
    with np.errstate(all="raise", under="ignore"):
        assert LOSSES[name].value(z, [0, 1]) == 0
        assert LOSSES[name].value(z, [1, 0]) == pytest.approx(2000 if name == "cross_entropy" else 1000)
        assert np.isfinite(LOSSES[name].delta(z, [1, 0])).all()


def test_targets():
    np.testing.assert_array_equal(targets([1, 0], 1), [[1], [0]])
    np.testing.assert_array_equal(targets([1.0, 2.0], 3), [[0, 1, 0], [0, 0, 1]])
    soft = np.array([[0.25, 0.75]])
    np.testing.assert_array_equal(targets(soft, 2), soft)


@pytest.mark.parametrize(
    ("y", "n_outputs", "message"),
    [
        ([0, 3], 3, "labels run from 0 to 3, but 3 outputs can tell only 0 to 2"),
        ([-1, 0], 2, "labels run from -1 to 0"),
        ([0, 2], 1, "1 output can tell only 0 to 1"),
        ([0.5, 1], 2, "labels must be integers"),
        ([np.nan, 1], 2, "labels must be integers"),
        ([["a"]], 1, "labels hold text"),
        (["a", "b"], 2, "labels hold text"),
        ([[[0]]], 2, r"labels have shape \(1, 1, 1\)"),
        ([[0.5, 0.5]], 3, r"targets have shape \(1, 2\), expected \(n, 3\)"),
        ([[0.5, np.inf]], 2, "targets hold NaN or infinity"),
    ],
)
def test_unfit_labels_are_told_in_a_line(y, n_outputs, message):
    with pytest.raises((TypeError, ValueError), match=message) as error:
        targets(y, n_outputs)
    assert "\n" not in str(error.value)


def test_names_and_shapes():
    assert loss("mse") is loss(LOSSES["mse"])
    with pytest.raises(ValueError, match="no loss is called 'hinge'; choose one of cross_entropy"):
        loss("hinge")
    with pytest.raises(ValueError, match="K >= 2"):
        LOSSES["cross_entropy"].value(np.zeros((3, 1)), [0, 0, 0])


@pytest.mark.parametrize(
    ("name", "y", "n_outputs", "message"),
    [
        ("binary_cross_entropy", [[-1.0], [1.0]], 1, "targets run from -1 to 1, but binary_cross_entropy reads shares"),
        ("binary_cross_entropy", [[0.5], [1.5]], 1, "targets run from 0.5 to 1.5"),
        (
            "cross_entropy",
            [[1.0, 0.0], [0.7, 0.7]],
            2,
            r"row 1 of the targets is \[0.7, 0.7\], but cross_entropy reads",
        ),
        ("cross_entropy", [[1.0, 0.0], [1.5, -0.5]], 2, "row 1 of the targets"),
        ("mse", [[1.0, 2.0]], 2, "2 rows of outputs but 1 of targets"),
        ("mse", [1], 2, "2 rows of outputs but 1 of targets"),
        ("mse", [[1.0], [2.0], [3.0]], 1, "2 rows of outputs but 3 of targets"),
    ],
)
def test_targets_are_held_against_the_loss(name, y, n_outputs, message):
    for read in (LOSSES[name].value, LOSSES[name].delta):
        with pytest.raises(ValueError, match=message):
            read(np.zeros((2, n_outputs)), y)


def test_shares_may_be_rounded_and_labels_may_stand_in_a_column():
    third = np.full((2, 3), 1 / 3, np.float32)
    assert LOSSES["cross_entropy"].value(np.zeros((2, 3)), third) == pytest.approx(np.log(3))
    np.testing.assert_array_equal(targets([[2], [0]], 3), targets([2, 0], 3))
    np.testing.assert_array_equal(targets([True, False], 2), targets([1, 0], 2))


def test_a_loss_beyond_all_numbers():
    with pytest.raises(ValueError, match="the mse of these outputs is inf"):
        LOSSES["mse"].value([[1e200]], [[-1e200]])
