"""The decision boundary in space: on each piece its two classes have the same score, and no other has a larger one."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from nn_core.decisions import Decision
from nn_core.network import Layer, Network
from nn_core.training import fit
from nn_unfold.errors import UnfoldError
from nn_unfold.motion.learning import Learning
from nn_unfold.space.cuts import DecisionPlanes
from nn_unfold.space.primitives import Cloud
from nn_unfold.stage import layout
from nn_unfold.theme import rgb, theme

STILLS = Path(__file__).parent / "stills"
LOW, HIGH = (-2.0, -1.0, -2.0), (2.0, 3.0, 2.0)


def test_still(play, snapshot):
    stage = play(runpy.run_path(str(STILLS / "decision_planes.py"))["DecisionPlanesStill"])
    snapshot(stage, "decision_planes")
    assert layout.findings(stage) == []


@pytest.mark.parametrize("n_classes", [1, 2, 3, 4, 8])
def test_the_best_two_classes_are_equal_on_every_piece(n_classes):
    rng = np.random.default_rng(n_classes)
    layer = Layer(rng.normal(size=(n_classes, 3)), 0.3 * rng.normal(size=n_classes))
    planes = DecisionPlanes(Network([layer]), LOW, HIGH)
    assert planes.classes
    middles = planes.faces.points[planes.faces.triangles].mean(axis=1)
    scores = Network([layer]).logits(middles)
    if n_classes == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    best = np.sort(scores, axis=1)
    np.testing.assert_allclose(best[:, -1], best[:, -2], atol=1e-9)
    assert {tuple(sorted(pair)) for pair in scores.argsort(axis=1)[:, -2:].tolist()} == set(planes.classes)
    # A step to either side of a piece leads to one of its two classes: nothing of the boundary is missing there.
    points = rng.uniform(LOW, HIGH, (4000, 3))
    crossed = Network([layer]).predict(points[::2]) != Network([layer]).predict(points[1::2])
    assert crossed.any()


def test_pieces_have_the_mixed_colour_of_their_classes():
    layer = Layer(np.eye(3), np.zeros(3))
    planes = DecisionPlanes(Network([layer]), (-1, -1, -1), (1, 1, 1))
    assert sorted(planes.classes) == [(0, 1), (0, 2), (1, 2)]
    shades = np.array([rgb(c) for c in theme().class_colours(3)])
    expected = {tuple(shades[list(pair)].mean(axis=0).round(9)) for pair in planes.classes}
    assert {tuple(c) for c in planes.faces.rgba[:, :3].round(9)} == expected
    one = DecisionPlanes(Network([layer]), (-1, -1, -1), (1, 1, 1), colour="#ff0000", opacity=0.25)
    assert np.unique(one.faces.rgba, axis=0).tolist() == [[1.0, 0.0, 0.0, 0.25]]


def test_it_can_be_empty_for_a_while_and_keeps_its_opacities():
    planes = DecisionPlanes(Network([Layer(np.eye(3), np.zeros(3))]), LOW, HIGH, opacity=0.3)
    planes.edges.set_opacity(0.6)
    planes.show(Network([Layer(np.zeros((3, 3)), [0.0, 1.0, 2.0])]))
    assert not len(planes.faces.points)
    planes.show(Network([Layer(np.eye(3), np.zeros(3))]))
    assert (planes.faces.get_opacity(), planes.edges.get_opacity()) == pytest.approx((0.3, 0.6))


def test_a_box_around_things_holds_them():
    cloud = Cloud(np.array([[0.0, 0.0, 0.0], [2.0, 1.0, 4.0]]))
    planes = DecisionPlanes.around(cloud, network=Network([Layer([[1.0, 0.0, 0.0]], [-1.0])]))
    np.testing.assert_allclose(planes.faces.points[:, 0], 1)
    np.testing.assert_allclose(planes.faces.points[:, 1:].min(axis=0), [-0.2, -0.2])
    np.testing.assert_allclose(planes.faces.points[:, 1:].max(axis=0), [1.2, 4.2])


def test_a_plane_is_refused_in_one_line():
    with pytest.raises(UnfoldError, match=r"can't be shown in space: weight has shape \(2, 2\)"):
        DecisionPlanes(Network([Layer(np.eye(2), np.zeros(2))]), LOW, HIGH)


def test_it_is_where_the_network_decides_whatever_was_its_loss():
    """A network that learnt to give 0 and 1 decides half-way; one that reads a sine has no planes."""
    halfway = Network([Layer([[1.0, 0.0, 0.0]], [0.0])], decision=Decision("z", 0.5))
    np.testing.assert_allclose(DecisionPlanes(halfway, LOW, HIGH).faces.points[:, 0], 0.5)
    waves = Network([Layer([[1.0, 0.0, 0.0]], [0.0], "sin")])
    with pytest.raises(UnfoldError, match="read behind its last activation, sin"):
        DecisionPlanes(waves, LOW, HIGH)


def test_it_follows_a_training():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    network = Network.create([3, 3, 3], "relu", rng=rng)
    history = fit(network, X, X.argmax(axis=1), loss="cross_entropy", optimizer="adam", epochs=20, rng=rng, snapshots=5)
    planes = DecisionPlanes(history.interpolated(0), (0, 0, 0), (3, 3, 3))
    learning = Learning(history, planes)
    learning.begin()
    learning.interpolate(1)
    expected = DecisionPlanes(history.network, (0, 0, 0), (3, 3, 3))
    np.testing.assert_array_equal(planes.faces.points, expected.faces.points)
    assert planes.classes == expected.classes
