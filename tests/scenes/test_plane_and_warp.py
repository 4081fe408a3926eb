"""The film plane_and_warp: the grid is where the layers take it, and the line on the right is the curve on the left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nn_core.geometry.lines import best_line_accuracy
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


def height(network, X):
    """How far points of the last hidden plane (n, 2) are from the decision boundary there, with a sign."""
    last = network.layers[-1]
    normal, offset = last.weight[1] - last.weight[0], last.bias[1] - last.bias[0]
    return (X @ normal + offset) / np.linalg.norm(normal)


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
    # The curve is followed to a tolerance in the input plane. At each vertex the way to the exact one is small.
    curve = left.boundary.points[:, :2]
    assert len(curve) > 20
    slope = np.stack([(height(network, front(network).forward(curve + step).output)
                       - height(network, front(network).forward(curve - step).output)) / 2e-5
                      for step in 1e-5 * np.eye(2)], axis=1)
    away = np.abs(height(network, front(network).forward(curve).output)) / np.linalg.norm(slope, axis=1)
    print(away.max(), np.abs(height(network, front(network).forward(curve).output)).max(), left.box)
    assert away.max() < (left.box[1] - left.box[0]) / 60


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
    here, there = takes[FOLDED].shown[Faces][-2:]
    assert told[FOLDED].values["over"] == len(here.triangles) / 2
    assert told[FOLDED].values["squares"] == LINES**2
    # The sign of the Jacobian determinant in the middle of each square, by another way.
    step = 1e-6

    def determinants(X):
        J = np.stack(
            [front(trained.network).forward(X + d).output - front(trained.network).forward(X - d).output
             for d in step * np.eye(2)], axis=2) / (2 * step)
        return np.linalg.det(J)

    low, side = takes[LEARNT].shown[HeatPlane][0].box[0], np.ptp(takes[LEARNT].shown[HeatPlane][0].box[:2]) / LINES
    low_y = takes[LEARNT].shown[HeatPlane][0].box[2]
    middles = np.stack(np.meshgrid(low + side * (np.arange(LINES) + 0.5), low_y + side * (np.arange(LINES) + 0.5)), -1)
    found = determinants(middles.reshape(-1, 2))
    turned = min((found > 0).sum(), (found < 0).sum())
    assert abs(turned - told[FOLDED].values["over"]) < 0.05 * LINES**2
    largest = takes[CLOSE].shown[Faces][-2:]
    print(len(largest[0].points))


def test_signed_areas():
    corners = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]])
    halves = np.array([[0, 1, 2], [0, 2, 3]])
    assert signed_areas(corners, halves).tolist() == [2.0]
    assert signed_areas(corners * [-1, 1], halves).tolist() == [-2.0]


def test_counts_are_those_of_the_networks(takes, trained):
    start = trained.history.network_at(0)
    for beat, network in ((UNTRAINED, start), (LEARNT, trained.network)):
        [count] = takes[beat].shown[Accuracy]
        assert count.share * trained.n == pytest.approx((network.predict(trained.X) == trained.y).sum())


@pytest.mark.parametrize(
    "changes",
    [{"seed": 0}, {"seed": 4}, {"seed": 11}, {"data": "two_spirals", "data_options": {"turns": 1.0}}, {"data": "gauss", "data_options": {}}],
    ids=str,
)
def test_it_is_true_of_any_network(changes, play):
    film = type("Another", (PlaneAndWarp,), {"recipe": replace(PlaneAndWarp.recipe, **changes)})
    found = []
    stage = play(film, lambda stage: found.extend(findings(stage)))
    print([str(b) for b in stage.told])
    assert not found
    assert not stage.findings
