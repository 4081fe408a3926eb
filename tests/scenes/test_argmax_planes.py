"""The film argmax_planes: planes as high as the scores, cells where each is the highest, points where they belong."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.network import Network
from nn_unfold.model.cache import train
from nn_unfold.space.axes import Axes
from nn_unfold.space.functions import Affine
from nn_unfold.space.landscape import Landscape, Surface
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.regions import Regions
from nn_unfold.text.labels import Label
from nn_unfold.theme import rgb, theme
from scenes.argmax_planes import SLOPE, ArgmaxPlanes

BEATS = 8
CARRIED, RISEN, ENVELOPE, ON_IT, MAP = 1, 2, 4, 5, 6  # beats, from 0


@pytest.fixture(scope="module")
def trained(media):
    return train(ArgmaxPlanes.recipe, media / "trained")


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(ArgmaxPlanes, (Cloud, Landscape, Surface, Regions, Axes))


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1][0], f"{beat:02d}")


def test_it_has_learnt_the_arms(trained):
    assert trained.history.accuracy[-1] >= 0.99


def test_points_lie_where_the_network_puts_them(takes, trained):
    hidden = trained.network.forward(trained.X).a[-2]
    [cloud] = takes[CARRIED][1][Cloud]
    np.testing.assert_allclose(cloud.points[:, :2], hidden)
    [cloud] = takes[-1][1][Cloud]
    np.testing.assert_array_equal(cloud.points[:, :2], trained.X)


def test_planes_are_as_high_as_the_scores_and_the_axis_tells_how_high(takes, trained):
    last = trained.network.layers[-1]
    surfaces = takes[RISEN][1][Surface]
    height = SLOPE / np.linalg.norm(last.weight, axis=1).max()
    assert len(surfaces) == 5
    for k, surface in enumerate(surfaces):
        points = surface.faces.points
        np.testing.assert_allclose(points[:, 2] / height, points[:, :2] @ last.weight[k] + last.bias[k])
        np.testing.assert_array_equal(surface.faces.rgba[:, :3], np.tile(rgb(theme().classes[k]), (len(points), 1)))
    [axes] = takes[RISEN][1][Axes]
    numbers = [(float(m.words), m.anchor[2]) for m in axes.labels if isinstance(m, Label)]
    heights = np.array([pair for pair in numbers if pair[1] > 0])
    assert len(heights) >= 2
    np.testing.assert_allclose(heights[:, 0], heights[:, 1] / height)


def test_on_the_envelope_everything_is_as_high_as_the_highest_plane(takes, trained):
    last = trained.network.layers[-1]
    scores = Affine(last.weight, last.bias)
    [envelope] = takes[ENVELOPE][1][Landscape]
    for k, surface in enumerate(envelope.surfaces):
        corners = surface.faces.points[np.unique(surface.faces.triangles)]
        np.testing.assert_allclose(corners[:, 2] / envelope.unit_height, scores(corners[:, :2]).max(axis=1))
        np.testing.assert_allclose(scores(corners[:, :2])[:, k], scores(corners[:, :2]).max(axis=1))
    [envelope] = takes[ON_IT][1][Landscape]
    [cloud] = takes[ON_IT][1][Cloud]
    np.testing.assert_allclose(cloud.points[:, 2] / envelope.unit_height, trained.network.logits(trained.X).max(axis=1))


def test_the_map_is_that_of_the_last_layer_and_carried_back_that_of_the_network(takes, trained):
    last, whole = Network(trained.network.layers[-1:]), trained.network
    cells = next(r for r in takes[MAP][1][Regions] if r.faces.get_opacity())
    [wound] = takes[-1][1][Regions]
    colours = np.array([rgb(colour) for colour in theme().class_colours(5)])
    for regions, network in ((cells, last), (wound, whole)):
        triangles = regions.faces.triangles
        middles = regions.faces.points[triangles].mean(axis=1)[:, :2]
        np.testing.assert_array_equal(regions.faces.rgba[triangles[:, 0], :3], colours[network.predict(middles)])
        np.testing.assert_array_equal(regions.faces.rgba[:, 3], 1)
