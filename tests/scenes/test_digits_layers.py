"""The film digits_layers: neighbours are those of the layer, and the points stand where the layout puts them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree

from nn_core.datasets import load_digits
from nn_unfold.flat.rows import RowBars
from nn_unfold.model.cache import train
from nn_unfold.space.graph import GraphEdges
from nn_unfold.space.picture import PictureCloud
from nn_unfold.space.primitives import Cloud
from scenes.digits_layers import NEAREST, DigitsLayers, Settle, neighbours_kept, percent

BEATS = 11
JOINED, SETTLED, TOLD, KEPT = range(1, 5)  # beats, from 0
AFTER = {0: SETTLED, 1: 6, 2: 8}  # where the points have settled, for each layer
LAST = BEATS - 1


@pytest.fixture(scope="module")
def layers(media):
    network = train(DigitsLayers.recipe, media / "trained").network
    X = load_digits().X_test
    return [X, *network.forward(X).a]


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(DigitsLayers, (Cloud, PictureCloud, GraphEdges, RowBars))


def points(take):
    return next(part for part in take.shown[Cloud] if not isinstance(part, PictureCloud)).points[:, :2]


def nearest(X, k=NEAREST):
    """The k nearest of each point, found by a tree."""
    return KDTree(X).query(X, k=k + 1)[1][:, 1:]


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1].frame, f"{beat:02d}")


@pytest.mark.parametrize("layer", AFTER)
def test_edges_join_the_nearest_in_the_space_of_the_layer(takes, layers, layer):
    [edges] = takes[AFTER[layer]].shown[GraphEdges]
    pairs = np.column_stack([np.repeat(np.arange(500), NEAREST), nearest(layers[layer]).ravel()])
    np.testing.assert_array_equal(edges.edges, np.unique(np.sort(pairs, axis=1), axis=0))
    np.testing.assert_array_equal(edges.points[:, :2], points(takes[AFTER[layer]]))


@pytest.mark.parametrize("layer", AFTER)
def test_the_layout_brings_neighbours_together(takes, layers, layer):
    near, places = nearest(layers[layer]), points(takes[AFTER[layer]])
    apart = np.linalg.norm(places[near] - places[:, None], axis=2)
    assert np.median(apart) < 0.3 * np.linalg.norm(places, axis=1).mean()


def test_pictures_move_with_their_points(takes):
    for take in takes:
        for pictures in take.shown[PictureCloud]:
            np.testing.assert_array_equal(pictures.points[:, :2], points(take)[pictures.numbers])


def test_the_numbers_on_screen_are_those_of_the_layers(takes, layers):
    y = load_digits().y_test
    shares = [float((y[nearest(layer)] == y[:, None]).mean()) for layer in layers]
    [bars] = takes[LAST].shown[RowBars]
    np.testing.assert_allclose(bars.values, np.floor(100 * np.array(shares)) / 100, atol=1e-9)
    assert shares == sorted(shares)


def test_what_is_kept_is_counted(takes, play):
    told = play(DigitsLayers).told[KEPT].values["share"]
    X, places = load_digits().X_test, points(takes[SETTLED])
    here, there = nearest(X), nearest(places)
    both = np.mean([len(set(a) & set(b)) / NEAREST for a, b in zip(here, there, strict=True)])
    assert told == percent(both)


def test_a_layout_is_gone_through_step_by_step():
    cloud = Cloud(np.zeros((2, 2)))
    cloud.numbers = np.array([1])
    flow = Settle(cloud, steps=np.array([[[0, 0], [1, 1]], [[0, 0], [3, 1]], [[0, 0], [3, 5.0]]]))
    assert [flow.place_part(cloud, None, t)[0, :2].tolist() for t in (0, 0.25, 0.5, 1)] == [
        [1, 1], [2, 1], [3, 1], [3, 5]
    ]  # fmt: skip


def test_neighbours_kept():
    class Line:
        neighbours = np.tile(np.arange(1, NEAREST + 1), (30, 1))

    places = np.column_stack([np.arange(30.0), np.zeros(30)])
    assert 0 < neighbours_kept(Line, places) < 1
