"""The film beyond_the_data: two networks, their regions near and far, and the arms that neither of them knows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from manim import tempconfig

from nn_core.datasets import spiral_arms
from nn_unfold.model.cache import train
from nn_unfold.space.regions import Regions
from nn_unfold.theme import rgb, theme
from scenes.beyond_the_data import FAR, BeyondTheData, Side, continued, crests

BEATS = 7


@pytest.fixture(scope="module")
def networks(media):
    recipe = BeyondTheData.recipe
    return {name: train(replace(recipe, activations=name), media / "trained") for name in ("relu", "sin")}


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(BeyondTheData, ())


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1].frame, f"{beat:02d}")


def test_both_networks_have_learnt_the_arms_and_neither_knows_how_they_go_on(networks):
    for trained in networks.values():
        assert trained.history.accuracy[-1] >= 0.99
        _, right, _ = continued(trained.network, 10.0)
        assert right == pytest.approx(1 / trained.network.n_out, abs=0.05)


@pytest.mark.parametrize(("name", "wrong"), [("relu", 0.0), ("sin", 0.02)])
def test_the_far_picture_is_the_network(networks, stage, name, wrong):
    trained = networks[name]
    [panel] = stage.panels(1)
    with tempconfig({"pixel_height": 1080}):  # drafts show less
        side = Side(panel, "z", trained)
    np.testing.assert_allclose(side.far.box, FAR * np.array(side.near.box))
    colours = np.array([rgb(colour) for colour in theme().class_colours(5)])
    for regions, tolerated in ((side.near, wrong / 10), (side.far, wrong)):
        assert isinstance(regions, Regions)
        corners = regions.faces.points[regions.faces.triangles]
        area = np.abs(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2])
        expected = colours[trained.network.predict(corners.mean(axis=1)[:, :2])]
        differ = (regions.faces.rgba[regions.faces.triangles[:, 0], :3] != expected).any(axis=1)
        assert area[differ].sum() <= tolerated * area.sum()


def test_the_arms_are_those_of_the_data(networks):
    arms, *_ = continued(networks["relu"].network, 10.0)
    colours = np.array([rgb(colour) for colour in theme().class_colours(5)])
    np.testing.assert_array_equal(arms.rgba[:, :3], colours[spiral_arms(arms.points[:, :2])])


def test_a_wave_is_highest_on_its_crests(networks):
    network = networks["sin"].network
    lines = crests(network, (-3.0, 3.0, -3.0, 3.0))
    heights = np.sin(lines.points[:, :2] @ network.layers[0].weight.T + network.layers[0].bias)
    neuron = np.linalg.norm(network.layers[1].weight, axis=0).argmax()
    np.testing.assert_allclose(heights[:, neuron], 1.0)
