"""Networks and data that were brought to films of a certain shape: what is shown and said is what they compute."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.network import Layer, Network
from nn_core.storage import save
from nn_core.training import fit
from nn_unfold.space.base import in_space, spatial_parts
from nn_unfold.space.cuts import DecisionPlanes
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.layout import findings
from scenes.argmax_planes import against_zero
from scenes.fold_into_space import FoldIntoSpace, side_of
from scenes.one_line import OneLine
from scenes.relu_fold import ReluFold
from scenes.softmax_surfaces import SoftmaxSurfaces
from scenes.spiral_regions import SpiralRegions


def bring(folder, monkeypatch, sizes, activations, *, run=False, epochs=40):
    """A network that learns ages and incomes of some groups, as files that are given to a film."""
    rng = np.random.default_rng(3)
    k = max(sizes[-1], 2)
    y = np.arange(90) % k
    around = 2 * np.pi * y / k
    X = np.stack([np.cos(around), np.sin(around)], axis=1) + 0.35 * rng.normal(size=(90, 2))
    loss = "binary_cross_entropy" if sizes[-1] == 1 else "cross_entropy"
    start = Network.create(sizes, activations, rng=rng)
    history = fit(start, X, y, loss=loss, epochs=epochs, learning_rate=0.05, snapshots=5)

    def raw(network):
        """The same network for years and dollars."""
        first, *rest = network.layers
        weight = first.weight / [10, 20000]
        return Network([Layer(weight, first.bias - weight @ [45, 60000], first.activation), *rest])

    path = folder / ("run" if run else "own.npz")
    if run:
        path.mkdir()
        for epoch in history.snapshot_epochs:
            save(raw(history.network_at(epoch)), path / f"epoch-{epoch}.npz")
    else:
        save(raw(history.network), path)
    rows = [f"{a * 10 + 45},{b * 20000 + 60000},group {label}" for (a, b), label in zip(X, y, strict=True)]
    (folder / "own.csv").write_text("\n".join(["age,income,bought", *rows]))
    monkeypatch.setenv("UNFOLD_NETWORK", str(path))
    monkeypatch.setenv("UNFOLD_DATA", str(folder / "own.csv"))
    return history


def words(stage):
    return " ".join(str(beat) for beat in stage.told)


@pytest.mark.parametrize("outputs", [1, 3, 4])
def test_fold_into_space_takes_any_number_of_outputs(tmp_path, monkeypatch, play, outputs):
    history = bring(tmp_path, monkeypatch, (2, 3, outputs), "relu")
    flaws, takes = [], []

    class Paused(FoldIntoSpace):
        def turn(self, *args, **kwargs):
            takes.extend(part for part in self.mobjects if isinstance(part, DecisionPlanes))
            return super().turn(*args, **kwargs)

    def look(stage):
        flaws.extend(findings(stage))
        seen.append([(p.origin.copy(), p.points.copy()) for p in spatial_parts(stage.mobjects) if p.origin is not None])

    seen = []
    stage = play(Paused, look)
    assert not flaws
    assert not stage.findings
    assert "moons" not in words(stage)
    sheet = next(m for mobject in stage.mobjects for m in mobject.get_family() if isinstance(m, Sheet))
    assert len(sheet.boundary.points)
    np.testing.assert_allclose(sheet.faces.points, in_space(sheet.faces.origin), atol=1e-9)
    # The cut in space is where the two largest scores are equal.
    scores = against_zero(history.network.layers[1])
    for cut in takes:
        top = np.sort(cut.faces.points @ scores.weight.T + scores.bias, axis=1)
        np.testing.assert_allclose(top[:, -1], top[:, -2], atol=1e-6)
    # The last plane is an affine image of the hidden layer, in which the classes are told apart.
    side = side_of(history.network.layers[1])
    assert side.n_out == 2
    assert np.linalg.matrix_rank(side.weight, tol=0.1 * np.abs(side.weight).max()) == 2
    assert len(seen[-2]) == len(seen[-1])


def test_two_opposite_logits_are_no_sliver():
    weight = np.array([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.01]])
    side = side_of(Layer(weight, [0.5, -0.5]))
    assert np.linalg.svd(side.weight, compute_uv=False) == pytest.approx([1, 1])
    h = np.random.default_rng(0).normal(size=(50, 3))
    u, scores = h @ side.weight.T + side.bias, h @ weight.T + [0.5, -0.5]
    np.testing.assert_array_equal(u[:, 0] > 0, scores[:, 1] > scores[:, 0])


def test_a_network_that_gives_scores_needs_no_sigmoid_in_relu_fold(tmp_path, monkeypatch, play):
    bring(tmp_path, monkeypatch, (2, 2, 2), "relu")
    stage = play(ReluFold)
    assert not stage.findings
    assert "sigmoid" not in words(stage)
    assert "group 0" in words(stage)


def test_one_output_has_two_softmax_surfaces(tmp_path, monkeypatch, play):
    bring(tmp_path, monkeypatch, (2, 6, 2, 1), "tanh")
    assert not play(SoftmaxSurfaces).findings


@pytest.mark.parametrize(
    ("film", "sizes", "activations"), [(OneLine, (2, 1), ["sigmoid"]), (SpiralRegions, (2, 6, 3), "relu")]
)
def test_films_of_a_training_show_the_checkpoints(tmp_path, monkeypatch, play, film, sizes, activations):
    bring(tmp_path, monkeypatch, sizes, activations, run=True)
    kept = []

    class Watched(film):
        def subject(self, recipe):
            kept.append(super().subject(recipe))
            return kept[-1]

    stage = play(Watched)
    assert len(kept[0].history.loss) == 5
    assert not stage.findings
    assert not any(word in words(stage) for word in ("spiral", "clusters"))


def test_foreign_data_train_the_recipe(tmp_path, monkeypatch, play):
    bring(tmp_path, monkeypatch, (2, 3, 3), "relu")
    monkeypatch.delenv("UNFOLD_NETWORK")
    monkeypatch.setenv("UNFOLD_SET", "epochs=60 starts=1")
    stage = play(FoldIntoSpace)
    assert not stage.findings
    assert "90 points of three classes" in words(stage)
