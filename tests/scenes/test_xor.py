"""The film xor: the surfaces, the points and the numbers are those of the networks, and the captions are true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nn_core.datasets import xor_points
from nn_core.network import Network
from nn_unfold.flat.table import Reading, Table, Tags
from nn_unfold.model.cache import train
from nn_unfold.space.base import in_space
from nn_unfold.space.primitives import Cloud, Segments
from nn_unfold.space.regions import Regions
from nn_unfold.space.residuals import Residuals
from nn_unfold.space.response import Response
from nn_unfold.space.sheet import Sheet
from nn_unfold.text.labels import Label
from scenes.xor import BOX, Xor

BEATS = 11
LIFTED, FITTED, JOINED, MOVED, BENT, CLOSE, FOUND, BACK, OWN = 1, 2, 4, 5, 6, 7, 8, 9, 10  # beats, from 0
KINDS = (Sheet, Cloud, Segments, Residuals, Response, Regions, Table, Reading, Tags)
X, Y = xor_points()
HIDDEN = Network([Xor.hidden]).forward(X).output


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(Xor, KINDS)


def trained(media, seed, **changes):
    return train(replace(Xor.recipe, seed=seed, **changes), media / "trained")


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1][0], f"{beat:02d}")


def test_the_hidden_layer_gives_the_numbers_of_the_table(takes):
    np.testing.assert_allclose(HIDDEN[[0, 3]], [[0.5, 0.5], [0.88, 0.27]], atol=0.005)
    np.testing.assert_allclose(HIDDEN[1:3], [[0.73, 0.38]] * 2, atol=0.005)
    [table] = takes[BENT][1][Table]
    expected = Table({"x_1": X[:, 0], "x_2": X[:, 1], "h_1": HIDDEN[:, 0], "h_2": HIDDEN[:, 1]})
    for name, column in expected.columns.items():
        for entry, other in zip(table.columns[name].entries, column.entries, strict=True):
            assert len(entry.points) == len(other.points)
    np.testing.assert_array_equal(Xor.hidden.weight, [[1, 1], [-0.5, -0.5]])
    assert not Xor.hidden.bias.any()


@pytest.mark.parametrize(
    ("beat", "place"),
    [
        (0, X),
        (LIFTED, np.column_stack([X, Y])),
        (FITTED, np.column_stack([X, Y])),
        (JOINED, X),
        (MOVED, X @ Xor.hidden.weight.T),
        (BENT, HIDDEN),
        (FOUND, HIDDEN),
        (BACK, X),
        (OWN, np.column_stack([X, Y])),
    ],
)
def test_points_and_tags_stand_where_the_network_puts_them(takes, beat, place):
    shown = takes[beat][1]
    [cloud], [tags] = shown[Cloud], shown[Tags]
    np.testing.assert_allclose(cloud.points, in_space(place), atol=1e-12)
    for tag in tags:
        assert isinstance(tag, Label)
        names = ["({:.0f}, {:.0f})".format(*x) for x in X[np.isclose(cloud.points, tag.anchor).all(axis=1)]]
        assert tag.words in (", ".join(names), *names)


def test_the_sheet_is_moved_by_the_layer_and_brought_back(takes):
    for beat, network in (
        (MOVED, lambda X: X @ Xor.hidden.weight.T),
        (BENT, lambda X: Network([Xor.hidden]).forward(X).output),
    ):
        [sheet] = takes[beat][1][Sheet]
        np.testing.assert_allclose(sheet.faces.points[:, :2], network(sheet.faces.origin), atol=1e-12)
    np.testing.assert_array_equal(takes[BACK][1][Sheet][0].faces.points, in_space(takes[0][1][Sheet][0].faces.origin))


@pytest.mark.parametrize(("beat", "changes"), [(FITTED, Xor.alone), (OWN, {})])
def test_surfaces_misses_and_numbers_are_the_probabilities_of_the_trained_network(takes, media, beat, changes):
    network = trained(media, Xor.recipe.seed, **changes).network
    shown = takes[beat][1]
    surface, misses, found = shown[Response][0], shown[Residuals][0], shown[Reading][-1]
    np.testing.assert_allclose(surface.points[:, 2], network.predict_proba(surface.points[:, :2])[:, 1], atol=1e-12)
    probabilities = network.predict_proba(X)[:, 1]
    np.testing.assert_allclose(misses.points[1::2, 2], probabilities, atol=1e-12)
    np.testing.assert_array_equal(misses.points[::2, 2], Y)
    np.testing.assert_allclose(found.values[:, 0], probabilities, atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_neuron_alone_ends_at_one_half_and_three_succeed(media, seed):
    alone = trained(media, seed, **Xor.alone)
    np.testing.assert_allclose(alone.network.predict_proba(X)[:, 1], 0.5, atol=0.005)
    assert alone.history.loss[-1] == pytest.approx(np.log(2), abs=5e-4)
    together = trained(media, seed)
    assert np.abs(together.network.predict_proba(X)[:, 1] - Y).max() < 0.05


def test_the_segments_between_points_of_one_class_cross_and_then_do_not(takes):
    for beat, place in ((JOINED, X), (BENT, HIDDEN)):
        bonds = next(s for s in takes[beat][1][Segments] if len(s.points) == 4 and s not in takes[beat][1][Sheet])
        ends = bonds.points.reshape(2, 2, 3)[..., :2]
        np.testing.assert_allclose(ends, [place[Y == 0], place[Y == 1]])
    np.testing.assert_allclose(X[Y == 0].mean(axis=0), X[Y == 1].mean(axis=0))
    # Behind the layer the segment of class 1 is one point, on one side of the line of the other.
    np.testing.assert_array_equal(HIDDEN[1], HIDDEN[2])
    (a, b), c = HIDDEN[Y == 0], HIDDEN[1]
    assert np.linalg.det([b - a, c - a]) > 0.005


def test_the_line_found_parts_the_classes_and_is_two_lines_in_the_input_plane(takes):
    [halves], found = takes[FOUND][1][Regions], takes[FOUND][1][Reading][-1].values[:, 0]
    assert ((found > 0.9) == (Y == 1)).all()
    assert ((found < 0.1) == (Y == 0)).all()
    ends = halves.boundary.points[:, :2]
    line = np.linalg.svd(ends - ends.mean(axis=0))[2][1]
    sides = (HIDDEN - ends.mean(axis=0)) @ line
    np.testing.assert_allclose((ends - ends.mean(axis=0)) @ line, 0, atol=1e-6)
    assert (np.sign(sides) == np.sign(sides[1]) * (2 * Y - 1)).all()
    border = [s for s in takes[BACK][1][Segments] if s.origin is not None][-1]
    sums = border.points[:, 0] + border.points[:, 1]
    low, high = sums[sums < 1], sums[sums > 1]
    assert np.ptp(low) < 1e-3
    assert np.ptp(high) < 1e-3
    assert 0 < low.mean() < 1 < high.mean() < 2
    np.testing.assert_allclose(np.abs(border.points[:, :2] - 0.5).max(axis=0), BOX[1] - 0.5)
    # On both the features lie on the line found.
    network = Network([Xor.hidden])
    np.testing.assert_allclose((network.forward(border.points[:, :2]).output - ends.mean(axis=0)) @ line, 0, atol=1e-3)
