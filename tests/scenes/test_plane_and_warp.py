"""The film plane_and_warp: the grid is where the layers take it, and the line on the right is the curve on the left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nn_core.geometry.box import pixel_middles
from nn_core.network import Network
from nn_core.optimizers import Momentum
from nn_unfold.model.cache import train
from nn_unfold.motion.learning import Accuracy, Carried
from nn_unfold.space.heat import HeatPlane
from nn_unfold.space.primitives import Cloud, Faces
from nn_unfold.space.sheet import Lattice
from nn_unfold.stage.layout import findings
from scenes.plane_and_warp import LINES, NEAR, RIM, PlaneAndWarp, along, signed_areas

BEATS = 8
WARPED, UNTRAINED, LEARNT, LINE, WALK, FOLDED, CLOSE = range(1, BEATS)  # beats, from 0


@pytest.fixture(scope="module")
def trained(media):
    return train(PlaneAndWarp.recipe, media / "trained")


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(PlaneAndWarp, (HeatPlane, Carried, Lattice, Cloud, Faces, Accuracy))


def front(network):
    return Network(network.layers[:-1])


def normal(network):
    """The unit normal (2,) of the decision boundary in the last hidden plane."""
    direction = np.diff(network.layers[-1].weight, axis=0)[0]
    return direction / np.linalg.norm(direction)


def height(network, X):
    """How far points of the last hidden plane (n, 2) are from the decision boundary there, with a sign."""
    last = network.layers[-1]
    return X @ normal(network) + np.diff(last.bias) / np.linalg.norm(np.diff(last.weight, axis=0))


def marked(take):
    """The squares that are marked in the input plane, and their images."""
    return [faces for faces in take.shown[Faces] if faces.order == 1]


def jacobians(network, X, step=1e-6):
    """The Jacobians (n, 2, 2) of the hidden layers at points (n, 2), by central differences."""
    ways = step * np.eye(2)
    moved = [front(network).forward(X + way).output - front(network).forward(X - way).output for way in ways]
    return np.stack(moved, axis=2) / (2 * step)


@pytest.mark.parametrize("beat", [LEARNT, FOLDED, CLOSE])
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat].frame, f"{beat + 1:02d}")


def test_the_network_and_its_training_are_those_of_convnetjs():
    recipe = PlaneAndWarp.recipe
    assert (recipe.sizes, recipe.activations, recipe.batch_size, recipe.l2) == ((2, 6, 2, 2), "tanh", 10, 1e-3)
    assert recipe.optimizer == Momentum(learning_rate=0.01, momentum=0.1)


@pytest.mark.parametrize(
    ("beat", "epoch"), [(WARPED, 0), (UNTRAINED, 0), (LEARNT, -1), (LINE, -1), (WALK, -1), (FOLDED, -1), (CLOSE, -1)]
)
def test_grid_and_points_stand_where_the_hidden_layers_take_them(takes, trained, beat, epoch):
    network = front(trained.history.network_at(trained.history.snapshot_epochs[epoch]))
    [lattice] = [part for carried in takes[beat].shown[Carried] for part in carried if isinstance(part, Lattice)]
    clouds = [part for carried in takes[beat].shown[Carried] for part in carried if isinstance(part, Cloud)]
    for part in (lattice.grid, lattice.outline, *clouds):
        np.testing.assert_allclose(part.points[:, :2], network.forward(part.origin).output, atol=1e-12)


def test_the_line_on_the_right_is_the_curve_on_the_left(takes, trained):
    left, right = takes[LEARNT].shown[HeatPlane]
    network = trained.network
    straight = right.boundary.points[:, :2]
    assert right.box == RIM
    assert len(straight) == 2
    np.testing.assert_allclose(height(network, straight), 0, atol=1e-9)
    np.testing.assert_array_equal(np.unique(left.boundary.rgba, axis=0), np.unique(right.boundary.rgba, axis=0))
    # The curve is followed to a tolerance in the input plane: from each vertex the way to the exact curve is short.
    curve, side = left.boundary.points[:, :2], left.box[1] - left.box[0]
    heights = height(network, front(network).forward(curve).output)
    slopes = np.linalg.norm(jacobians(network, curve).swapaxes(1, 2) @ normal(network), axis=1)
    assert len(curve) > 20
    assert (np.abs(heights) / slopes).max() < side / 500


def test_a_point_on_the_curve_is_a_point_on_the_line(takes, trained):
    here, there = [cloud for cloud in takes[WALK].shown[Cloud] if len(cloud.points) == 1]
    image = front(trained.network).forward(here.points[:, :2]).output
    np.testing.assert_allclose(there.points[:, :2], image, atol=1e-12)
    assert abs(height(trained.network, image)[0]) < 1e-3


def test_the_walk_is_even_and_ends_where_the_path_does():
    walk = along(np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]]))
    assert [walk(t)[0].tolist() for t in (0, 0.5, 0.75, 1)] == [[0, 0], [2, 0], [3, 0], [3, 1]]


def test_what_is_turned_over_and_what_is_stretched_most(takes, trained, play):
    told = play(PlaneAndWarp).told
    over, squares = (told[FOLDED].values[name] for name in ("over", "squares"))
    assert [len(faces.triangles) for faces in marked(takes[FOLDED])] == [2 * over, 2 * over]
    # Held against the determinant of the Jacobian in the middle of each square.
    box = takes[LEARNT].shown[HeatPlane][0].box
    found = np.linalg.det(jacobians(trained.network, pixel_middles(box, LINES)))
    assert squares == len(found)
    assert abs(min((found > 0).sum(), (found < 0).sum()) - over) < 0.05 * squares
    piece = takes[CLOSE].shown[Lattice][0]
    here, there = marked(takes[CLOSE])
    place = front(trained.network).forward(here.points[:, :2]).output
    np.testing.assert_allclose(there.points[:, :2], place, atol=1e-12)
    assert len(here.points) == 4
    assert np.ptp(piece.outline.origin, axis=0) == pytest.approx((2 * NEAR + 1) * np.ptp(here.points[:, :2], axis=0))
    area = abs(np.linalg.det(jacobians(trained.network, here.points[:, :2].mean(axis=0, keepdims=True)))[0])
    assert area / np.abs(found).mean() == pytest.approx(told[CLOSE].values["times"], rel=0.1)


def test_signed_areas():
    corners = np.array([[0.0, 0.0], [2.0, 1.0], [1.0, 3.0], [-1.0, 2.0]])  # a square with sides of length sqrt(5)
    halves = np.array([[0, 1, 2], [0, 2, 3]])
    assert signed_areas(corners, halves).tolist() == [5.0]
    assert signed_areas(corners * [-1, 1], halves).tolist() == [-5.0]


def test_counts_are_those_of_the_networks(takes, trained):
    start = trained.history.network_at(0)
    for beat, network in ((UNTRAINED, start), (LEARNT, trained.network)):
        [count] = takes[beat].shown[Accuracy]
        assert count.share * trained.n == pytest.approx((network.predict(trained.X) == trained.y).sum())


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 0},
        {"seed": 4},
        {"seed": 11},
        {"data": "two_spirals", "data_options": {"turns": 1.0}},
        {"data": "gauss", "data_options": {}},
        {"data": "gauss", "data_options": {}, "sizes": (2, 2, 2, 2), "epochs": 20, "seed": 1},
    ],
    ids=str,
)
def test_it_is_true_of_any_network(changes, play):
    film = type("Another", (PlaneAndWarp,), {"recipe": replace(PlaneAndWarp.recipe, **changes)})
    found = []
    stage = play(film, lambda stage: found.extend(findings(stage)))
    assert not found
    assert not stage.findings
