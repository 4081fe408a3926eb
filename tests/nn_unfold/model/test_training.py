"""Recipes: a network is trained once, kept whole, and trained anew when anything it depends on changes."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from nn_unfold.errors import UnfoldError
from nn_unfold.model import cache as training
from nn_unfold.model.cache import train
from nn_unfold.model.recipe import Recipe
from nn_unfold.stage.stage import Stage

RECIPE = Recipe(data="moons", data_options={"n_per_class": 20}, sizes=(2, 4, 2), activations="relu", epochs=60)


@pytest.fixture
def trainings(monkeypatch):
    """Counts the trainings that are really carried out."""
    count = []
    fit = training.fit
    monkeypatch.setattr(training, "fit", lambda *args, **options: (count.append(1), fit(*args, **options))[1])
    return count


def test_the_second_time_it_comes_from_the_cache_to_the_last_bit(tmp_path, trainings):
    first, second = train(RECIPE, tmp_path), train(RECIPE, tmp_path)
    assert len(trainings) == 1
    assert first.network.parameters.tobytes() == second.network.parameters.tobytes()
    for name in ("loss", "accuracy", "snapshots", "snapshot_epochs"):
        np.testing.assert_array_equal(getattr(first.history, name), getattr(second.history, name))
    np.testing.assert_array_equal(first.X, second.X)
    for one, other in zip(first.network.layers, second.network.layers, strict=True):
        assert one.weight.flags == other.weight.flags
        assert one.weight.strides == other.weight.strides  # which Manim's segment cache sees too
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


def test_it_learns(tmp_path):
    trained = train(replace(RECIPE, epochs=400), tmp_path)
    assert trained.history.loss[-1] < 0.5 * trained.history.loss[0]
    assert (trained.network.predict(trained.X) == trained.y).mean() > 0.85


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"epochs": 61}, {"data_options": {"n_per_class": 21}}, {"sizes": (2, 5, 2)}, {"learning_rate": 0.02}],
)
def test_another_recipe_is_another_training(tmp_path, trainings, change):
    train(RECIPE, tmp_path)
    train(replace(RECIPE, **change), tmp_path)
    assert len(trainings) == 2


def test_every_ingredient_is_in_the_key():
    others = {
        "data": "xor",
        "sizes": (2, 9, 2),
        "activations": "tanh",
        "data_options": {"n_per_class": 3},
        "loss": "mse",
        "optimizer": "sgd",
        "initializer": "glorot",
        "learning_rate": 0.5,
        "epochs": 3,
        "batch_size": 7,
        "l2": 0.1,
        "seed": 5,
        "starts": 3,
        "snapshots": 4,
        "features": ("x_1", "x_1^2"),
    }
    assert set(others) >= {field.name for field in fields(Recipe)} - {"schedule"}
    keys = {replace(RECIPE, **{name: value}).key() for name, value in others.items()}
    assert len(keys | {RECIPE.key()}) == len(others) + 1


def test_of_several_starts_the_best_is_kept(tmp_path, trainings):
    best = train(replace(RECIPE, starts=4), tmp_path)
    assert len(trainings) == 4
    one = train(RECIPE, tmp_path)
    assert best.history.loss[-1] <= one.history.loss[-1]


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 torn"])
def test_a_damaged_file_is_trained_anew(tmp_path, trainings, content):
    whole = train(RECIPE, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    again = train(RECIPE, tmp_path)
    assert len(trainings) == 2
    assert again.network.parameters.tobytes() == whole.network.parameters.tobytes()
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_unpickled(tmp_path, trainings):
    train(RECIPE, tmp_path)
    (path,) = tmp_path.iterdir()
    np.savez(path, parameters=np.array([{"a": 1}], dtype=object))
    train(RECIPE, tmp_path)
    assert len(trainings) == 2


def test_an_interrupted_training_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_a_film_trains_is_one_line(monkeypatch):
    class Interrupted(Stage):
        def construct(self):
            raise KeyboardInterrupt

    with pytest.raises(UnfoldError, match=r"Stopped\. The finished pieces of Interrupted are kept"):
        Interrupted(skip_animations=True).render()


def test_points_that_are_always_the_same_are_data_too():
    X, y = Recipe(data="xor_points", sizes=(2, 1), activations="identity").draw(np.random.default_rng(3))
    assert X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert y.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data": "moon"}, "no data set 'moon'.*moons"),
        ({"activations": "rely"}, "rely"),
        ({"optimizer": "adamm"}, "adamm"),
        ({"sizes": (3, 4, 2)}, "3"),
    ],
)
def test_a_recipe_that_cannot_be_carried_out_is_one_line(tmp_path, change, words):
    with pytest.raises(UnfoldError, match=words) as error:
        train(replace(RECIPE, **change), tmp_path)
    assert len(str(error.value).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_training_that_diverges_is_one_line(tmp_path):
    wild = replace(RECIPE, optimizer="gradient_descent", learning_rate=1e200, loss="mse", activations="identity")
    with pytest.raises(UnfoldError, match=r"network failed: the loss became (inf|nan)"):
        train(wild, tmp_path)
