"""Graph edges run between the points of their cloud wherever these are."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from manim import FadeIn, Group, Rotate, Transform

from nn_core.embedding import knn_graph
from nn_core.network import Layer
from nn_unfold.errors import UnfoldError
from nn_unfold.motion.flows import AffineFlow
from nn_unfold.space.graph import GraphEdges
from nn_unfold.space.primitives import Cloud
from nn_unfold.stage import layout

STILLS = Path(__file__).parent / "stills"


@pytest.fixture
def cloud():
    X = np.random.default_rng(0).normal(size=(40, 3))
    return Cloud(X, np.arange(40) % 3)


@pytest.fixture
def edges(cloud):
    return GraphEdges(cloud, knn_graph(cloud.points, 4), reach=1.0, opacity=0.8)


def drawn(edges):
    """The ends (e, 2, 3) and the opacities (e,) of the lines as painted."""
    batch = edges.batch()
    return batch.points[batch.segments], batch.rgba[batch.segments[:, 0], 3]


def test_still(play, snapshot):
    stage = play(runpy.run_path(str(STILLS / "neighbour_graph.py"))["NeighbourGraph"])
    snapshot(stage, "neighbour_graph")
    assert layout.findings(stage) == []


def test_every_pair_of_neighbours_is_joined_once(cloud, edges):
    neighbours = knn_graph(cloud.points, 4).neighbours
    expected = {tuple(sorted((i, int(j)))) for i, row in enumerate(neighbours) for j in row}
    assert sorted(expected) == [tuple(pair) for pair in edges.edges.tolist()]
    ends, opacity = drawn(edges)
    np.testing.assert_array_equal(ends, cloud.points[edges.edges])
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    np.testing.assert_allclose(opacity, 0.8 / (1 + length**2), atol=1e-12)


@pytest.mark.parametrize(
    "movement",
    [
        lambda cloud: Rotate(cloud, 1.0),
        lambda cloud: Transform(cloud, Cloud(cloud.points[::-1])),
        lambda cloud: cloud.animate.shift([1, 2, 3]),
        lambda cloud: AffineFlow(cloud, layer=Layer(np.diag([2.0, -1.0, 0.5]), np.ones(3))),
    ],
)
def test_edges_follow_whatever_moves_the_cloud(stage, cloud, edges, movement):
    before = cloud.points.copy()
    stage.add(edges, cloud)
    stage.play(movement(cloud))
    assert np.abs(cloud.points - before).max() > 0.5
    np.testing.assert_array_equal(drawn(edges)[0], cloud.points[edges.edges])


def test_edges_and_cloud_move_as_a_group_and_copy_as_one(stage, cloud, edges):
    group = Group(edges, cloud)
    stage.play(FadeIn(group))
    copy = group.copy().shift([5, 0, 0])
    np.testing.assert_array_equal(drawn(copy[0])[0], copy[1].points[edges.edges])
    np.testing.assert_array_equal(drawn(edges)[0], cloud.points[edges.edges])


def test_by_default_the_look_does_not_depend_on_the_scale(cloud):
    edges = GraphEdges(cloud, knn_graph(cloud.points, 4))
    before = drawn(edges)[1]
    cloud.scale(100.0)
    np.testing.assert_allclose(drawn(edges)[1], before, atol=1e-12)


def test_fading_fades_the_edges(stage, cloud, edges):
    before = drawn(edges)[1]
    edges.set_opacity(0.4)
    np.testing.assert_allclose(drawn(edges)[1], before / 2, atol=1e-12)


def test_a_graph_of_other_points_is_refused(cloud):
    with pytest.raises(UnfoldError, match="39 nodes, but the cloud has 40 points"):
        GraphEdges(cloud, knn_graph(cloud.points[:39], 4))
