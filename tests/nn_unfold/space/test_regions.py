"""Regions: every place has the colour of the class that the network predicts; a veil lies where data are far."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from manim import FadeIn
from scipy.spatial import cKDTree

from nn_core.geometry import decision_boundary
from nn_core.network import Network
from nn_unfold.errors import UnfoldError
from nn_unfold.space.regions import BeyondData, Regions
from nn_unfold.stage import layout
from nn_unfold.theme import rgb, theme

STILLS = Path(__file__).parent / "stills"
BOX = (-2.0, 3.0, -1.0, 2.0)

NETWORKS = {
    "relu, 3 classes": ([2, 8, 3], "relu"),
    "deep": ([2, 6, 6, 4], "leaky_relu"),
    "two classes": ([2, 8, 2], "relu"),
    "one output": ([2, 8, 1], "relu"),
    "smooth": ([2, 8, 3], "tanh"),
    "smooth, one output": ([2, 6, 1], "sin"),
}


def random_network(name, seed=0):
    sizes, activation = NETWORKS[name]
    return Network.create(sizes, activation, initializer="gaussian", rng=np.random.default_rng(seed))


def area(faces, which=slice(None)):
    corners = faces.points[faces.triangles[which], :2]
    return np.linalg.det(corners[:, 1:] - corners[:, :1]) / 2


def test_still(play, snapshot):
    film = runpy.run_path(str(STILLS / "class_regions.py"))["ClassRegions"]
    stage = play(film)
    snapshot(stage, "class_regions")
    assert layout.findings(stage) == []


@pytest.mark.parametrize("name", NETWORKS)
def test_pieces_tile_the_box_and_have_the_predicted_colours(name):
    network = random_network(name)
    regions = Regions(network, BOX, opacity=0.8)
    faces = regions.faces
    areas = area(faces)
    assert areas.min() > -1e-12
    assert areas.sum() == pytest.approx(15.0, abs=1e-9)
    # What is cut exactly is right to the last sliver; along smooth boundaries slivers of a thousandth are not.
    large = areas > (1e-9 if "smooth" not in name else 1e-4)
    middles = faces.points[faces.triangles[large]].mean(axis=1)[:, :2]
    colours = np.array([rgb(colour) for colour in theme().class_colours(max(network.n_out, 2))])
    expected = np.column_stack([colours[network.predict(middles)], np.full(len(middles), 0.8)])
    assert len(np.unique(network.predict(middles))) > 1
    for corner in range(3):
        np.testing.assert_array_equal(faces.rgba[faces.triangles[large, corner]], expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_boundary_is_that_of_the_network(name):
    network = random_network(name)
    drawn = Regions(network, BOX).boundary.points[:, :2].reshape(-1, 2, 2)
    true = decision_boundary(network, BOX, tolerance=None if "smooth" not in name else 1e-3).segments
    length = [np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1).sum() for lines in (drawn, true)]
    assert length[0] == pytest.approx(length[1], rel=1e-9 if "smooth" not in name else 1e-2)
    z = network.logits(drawn.mean(axis=1))
    best = np.sort(np.hstack([np.zeros_like(z), z]) if network.n_out == 1 else z, axis=1)[:, -2:]
    np.testing.assert_allclose(best[:, 0], best[:, 1], rtol=0, atol=1e-9 if "smooth" not in name else 5e-3)


def test_cells_are_where_a_neuron_switches():
    network = random_network("relu, 3 classes")
    cells = Regions(network, BOX).cells
    middles = cells.points.reshape(-1, 2, 3).mean(axis=1)[:, :2]
    assert len(middles)
    assert np.abs(network.forward(middles).z[0]).min(axis=1).max() < 1e-12
    assert not cells.rgba[:, 3].any()


def test_another_network_is_shown_with_the_same_opacities(stage):
    regions = Regions(random_network("relu, 3 classes"), BOX)
    stage.play(FadeIn(regions))
    regions.faces.set_opacity(0.5)
    # All one class: no boundary is left, and it comes back as it was.
    constant = random_network("relu, 3 classes")
    constant.layers[-1].weight[:] = 0
    regions.show(constant)
    assert not len(regions.boundary.points)
    other = random_network("relu, 3 classes", seed=3)
    regions.show(other)
    fresh = Regions(other, BOX)
    np.testing.assert_array_equal(regions.faces.points, fresh.faces.points)
    np.testing.assert_array_equal(regions.faces.rgba[:, :3], fresh.faces.rgba[:, :3])
    assert {float(a) for a in regions.faces.rgba[:, 3]} == {0.5}
    np.testing.assert_array_equal(regions.boundary.rgba, fresh.boundary.rgba)


def test_the_veil_lies_where_the_nearest_data_point_is_far():
    X = np.random.default_rng(0).normal(size=(40, 2)) * 0.4
    veil = BeyondData(X, BOX, reach=0.5)
    middles = veil.veil.points[veil.veil.triangles].mean(axis=1)[:, :2]
    assert cKDTree(X).query(middles)[0].min() > 0.5 - 0.01
    limit = veil.limit.points[:, :2]
    np.testing.assert_allclose(cKDTree(X).query(limit)[0], 0.5, atol=0.01)
    places = np.random.default_rng(1).uniform([BOX[0], BOX[2]], [BOX[1], BOX[3]], (20_000, 2))
    far = (cKDTree(X).query(places)[0] > 0.5).mean()
    assert area(veil.veil).sum() / 15.0 == pytest.approx(far, abs=0.01)


def test_the_reach_does_not_depend_on_the_box():
    X = np.random.default_rng(0).normal(size=(40, 2))
    assert BeyondData(X, BOX).reach == BeyondData(X, (-20, 20, -20, 20)).reach > 0
    with pytest.raises(UnfoldError, match="reach is -1"):
        BeyondData(X, BOX, reach=-1)
