"""The film three_clusters: colours, lines, surfaces and the folded plane are the networks' own numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from nn_core.geometry.lines import best_line_accuracy
from nn_core.network import Network
from nn_unfold.model.cache import train
from nn_unfold.motion.surfaces import Rise
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.response import DecisionBoundary, Hyperplanes, Response
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.layout import findings
from nn_unfold.text.numbers import LiveNumber
from nn_unfold.theme import rgb, theme
from scenes.three_clusters import ALONE, ONE, STARTS, ThreeClusters

BEATS = 8
AGAIN, PAIR, STEPS, SQUARE, CUT, BACK = range(2, 8)  # beats, from 0


@pytest.fixture(scope="module")
def trained(media):
    return train(ThreeClusters.recipe, media / "trained")


@pytest.fixture(scope="module")
def takes(play, picture):
    """Of each beat: the frame, and copies of what is shown, by kind."""
    taken = []
    kinds = (Cloud, Response, Hyperplanes, DecisionBoundary, Sheet, LiveNumber)
    risen = []

    def rise(surface, **kwargs):
        risen.append(surface.copy())
        return Rise(surface, **kwargs)

    def take(stage):
        assert not findings(stage)
        family = [m for mobject in stage.mobjects for m in mobject.get_family()]
        found = {"risen": list(risen)} | {
            kind: [m.copy() for m in dict.fromkeys(family) if isinstance(m, kind)] for kind in kinds
        }
        taken.append((picture(stage), found))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scenes.three_clusters.Rise", rise)
        play(ThreeClusters, take)
    return taken


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1][0], f"{beat:02d}")


def test_one_neuron_gets_two_of_three_points_right_from_any_start_and_two_neurons_all(trained, media):
    ends = []
    for start in STARTS:
        single = train(replace(ThreeClusters.recipe, **ALONE, initializer=start), media / "trained")
        np.testing.assert_array_equal(single.X, trained.X)
        assert single.network.n_parameters == 3
        assert 0.6 <= single.history.accuracy[-1] <= 0.7
        ends.append(single.network.predict_proba(single.X))
    # The loss of a single neuron is convex: there is one end.
    np.testing.assert_allclose(*ends, atol=0.05)
    assert 0.6 <= best_line_accuracy(trained.X, trained.y) <= 0.7
    assert trained.history.accuracy[-1] >= 0.99


def test_the_best_of_all_lines_is_read_out(takes, trained):
    shown = max(takes[AGAIN][1][LiveNumber], key=lambda n: n.number.unit)
    expected = LiveNumber("best of all lines", best_line_accuracy(trained.X, trained.y))
    here, there = (n.number.entries[0].points - n.number.frame.points[0] for n in (shown, expected))
    np.testing.assert_allclose(here, there, atol=1e-9)


@pytest.mark.parametrize("beat", [PAIR, BACK])
def test_the_colours_of_the_plane_are_the_answers(takes, trained, beat):
    [field] = takes[beat][1][Response]
    p = trained.network.forward(field.points[:, :2]).output
    low, high = (np.array(rgb(theme().corners[k])) for k in (0, 3))
    np.testing.assert_allclose(field.rgba[:, :3], (1 - p) * low + p * high, atol=1e-9)
    assert not field.points[:, 2].any()


@pytest.mark.parametrize("beat", [PAIR, STEPS])
def test_two_lines_are_where_the_hidden_neurons_are_zero(takes, trained, beat):
    [lines] = takes[beat][1][Hyperplanes]
    hidden = trained.network.layers[0]
    z = lines.points[:, :2] @ hidden.weight.T + hidden.bias
    np.testing.assert_array_equal(lines.neurons, [0, 1])
    np.testing.assert_allclose(z[[0, 1, 2, 3], [0, 0, 1, 1]], 0, atol=1e-9)


def test_surfaces_are_as_high_as_the_hidden_neurons_answer(takes, trained):
    risen = takes[STEPS][1]["risen"]
    assert [step.number for step in risen] == [0, 1]
    for step in risen:
        h = trained.network.forward(step.points[:, :2]).a[0][:, step.number]
        np.testing.assert_allclose(step.points[:, 2], ONE * h, atol=1e-9)


def test_the_layer_carries_everything_into_the_square(takes, trained):
    hidden = Network(trained.network.layers[:1])
    [sheet], [cloud], [lines] = (takes[SQUARE][1][kind] for kind in (Sheet, Cloud, Hyperplanes))
    for part in (sheet.faces, sheet.outline, cloud, lines):
        np.testing.assert_allclose(part.points[:, :2], hidden.forward(part.origin).output, atol=1e-9)
    for k in range(2):
        np.testing.assert_allclose(lines.points[2 * k : 2 * k + 2, k], 0.5, atol=1e-9)
    # Each cluster is at a corner of its own.
    n = ThreeClusters.recipe.data_options["n_per_cluster"]
    middles = cloud.points[:, :2].reshape(3, n, 2).mean(axis=1)
    assert len({tuple(corner) for corner in np.round(middles)}) == 3
    assert np.abs(middles - np.round(middles)).max() < 0.1


def test_in_the_square_the_cut_is_straight(takes, trained):
    last = trained.network.layers[1]
    cut = next(line for line in takes[CUT][1][Hyperplanes] if len(line.points) == 2)
    [half] = takes[CUT][1][Response]
    np.testing.assert_allclose(cut.points[:, :2] @ last.weight[0] + last.bias[0], 0, atol=1e-9)
    p = expit(half.points[:, :2] @ last.weight.T + last.bias)
    low, high = (np.array(rgb(theme().corners[k])) for k in (0, 3))
    np.testing.assert_allclose(half.rgba[:, :3], (1 - p) * low + p * high, atol=1e-9)


def test_carried_back_the_border_parts_the_classes(takes, trained):
    [border], [cloud] = takes[BACK][1][DecisionBoundary], takes[BACK][1][Cloud]
    np.testing.assert_array_equal(cloud.points[:, :2], trained.X)
    np.testing.assert_array_equal(border.points[:, :2], border.origin)
    # It has a piece on each side of the middle cluster.
    assert border.origin[:, 0].min() < -0.5
    assert border.origin[:, 0].max() > 0.5
    np.testing.assert_allclose(trained.network.forward(border.origin).output, 0.5, atol=0.01)
