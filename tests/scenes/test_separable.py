"""The film separable: cuts stand between labels, what is carried stands where forward puts it, claims hold."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.network import Network
from nn_unfold.errors import UnfoldError
from nn_unfold.model.cache import train
from nn_unfold.motion.learning import Carried
from nn_unfold.out.checks import cases, examine
from nn_unfold.space.cuts import DecisionPlanes
from nn_unfold.space.primitives import Cloud, LiveLines, Segments
from nn_unfold.space.sheet import Sheet
from scenes.separable import HEIGHT, Separable, changes, winding

BEATS = 14
SIGNS, PARITY, BY_HEART, BEYOND, FEATURE, QUADRANTS, CURVES, LIFTED, CUT, BACK, NARROW, LOOP, WIDE, FREE = range(BEATS)


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(Separable, (Carried, Cloud, DecisionPlanes, Segments, Sheet))


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1].frame, f"{beat:02d}")


def test_cuts_stand_half_way_between_different_labels():
    assert changes(np.array([0.0, 1.0, 4.0, 5.0]), np.array([1, 1, 0, 1])).tolist() == [2.5, 4.5]


@pytest.mark.parametrize(("beat", "places"), [(SIGNS, [-0.5, 0.5]), (PARITY, np.arange(7) + 0.5)])
def test_the_cuts_on_the_line(takes, beat, places):
    upright = [part for part in takes[beat].shown[Segments] if len(part.points) == 2 * len(places) and part.cased]
    assert upright[0].points[::2, 0].tolist() == list(places)


def test_the_curve_is_the_probability_of_odd(takes, media):
    network = train(Separable.parity, media / "trained").network
    curves = [part.points for part in takes[BEYOND].shown[Segments] if isinstance(part, LiveLines) and len(part.points)]
    for points in curves:
        x, height = points[:, 0], points[:, 1]
        np.testing.assert_allclose(height, HEIGHT * network.forward(x[:, None]).output[:, 0], atol=1e-12)
    assert [points[[0, -1], 0].tolist() for points in curves] == [[-0.5, 7.5], [7.5, 15.5]]
    first, more = takes[FEATURE].shown[Cloud]
    for cloud, x in ((first, np.arange(8)), (more, np.arange(8, 16))):
        np.testing.assert_array_equal(cloud.points[:, :2], np.column_stack([x, HEIGHT * (x % 2)]))


@pytest.mark.parametrize(("recipe", "beat"), [(Separable.recipe, CUT), (Separable.ring, FREE)], ids=["curves", "ring"])
def test_the_flat_cut_in_space_is_the_curve_in_the_plane(takes, media, recipe, beat):
    trained = train(recipe, media / "trained")
    hidden, output = trained.network.layers
    [sheet], [planes] = takes[beat].shown[Sheet], takes[beat].shown[DecisionPlanes]
    [cloud] = takes[beat].shown[Cloud]
    np.testing.assert_allclose(cloud.points, Network([hidden]).forward(trained.X).output, atol=1e-9)
    np.testing.assert_allclose(sheet.faces.points, Network([hidden]).forward(sheet.faces.origin).output, atol=1e-9)
    # The plane is exact; the boundary on the sheet is followed to a tolerance in the input plane.
    scale = np.linalg.norm(output.weight)
    np.testing.assert_allclose((planes.faces.points @ output.weight.T + output.bias) / scale, 0, atol=1e-9)
    assert len(sheet.boundary.points) > 20
    assert np.abs((sheet.boundary.points @ output.weight.T + output.bias) / scale).max() < 0.02
    side = (cloud.points @ output.weight.T + output.bias)[:, 0] > 0
    assert (side == trained.y).sum() == trained.right


def test_the_loop_goes_around_the_disc_where_two_neurons_take_it(takes):
    [carried] = takes[LOOP].shown[Carried]
    _, cloud, line = carried
    path = np.concatenate([line.points[::2], line.points[-1:]])[:, :2]
    assert np.array_equal(winding(path, cloud.points[:, :2]) != 0, cloud.labels == 0)
    np.testing.assert_allclose(np.linalg.norm(line.origin, axis=1), 0.5)


def test_winding():
    square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0], [0.0, 0.0]])
    assert winding(square, np.array([[1.0, 1.0], [3.0, 1.0]])).tolist() == [1, 0]
    assert winding(square[::-1], np.array([[1.0, 1.0]])).tolist() == [-1]


def test_what_is_said_and_shown_is_true_for_another_seed():
    report = examine(cases(Separable, 1)["seed +1"], motion=False)
    assert report.findings == []


class InSpace(Separable):
    """The part that takes points of one's own."""

    def construct(self):
        self.cut_space(self.subject(self.recipe))


def test_points_of_ones_own_are_cut(tmp_path, monkeypatch, play):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    rows = [f"{a:.4f},{b:.4f},{'in' if a * a + b * b < 1 else 'out'}" for a, b in X]
    file = tmp_path / "own.csv"
    file.write_text("\n".join(["a,b,kind", *rows]))
    monkeypatch.setenv("UNFOLD_DATA", str(file))
    stage = play(InSpace)
    assert str(stage.told[0]).startswith("Two classes of points.")
    assert stage.told[0].values["n"] == 40
    assert not stage.findings


def test_values_that_are_no_classes_are_refused(tmp_path, monkeypatch, play):
    file = tmp_path / "own.csv"
    file.write_text("\n".join(["a,b,value", *(f"{i},{i * i},{0.37 * i}" for i in range(12))]))
    monkeypatch.setenv("UNFOLD_DATA", str(file))
    with pytest.raises(UnfoldError, match="classes"):
        play(InSpace)
