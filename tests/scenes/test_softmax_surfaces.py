"""The film softmax_surfaces: heights are probabilities at the temperature shown, and steps stand on their cells."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from nn_core.network import Network
from nn_unfold.model.cache import train
from nn_unfold.space.landscape import Surface
from nn_unfold.space.regions import Regions
from nn_unfold.text.numbers import LiveNumber
from nn_unfold.theme import rgb, theme
from scenes.softmax_surfaces import COLD, HEIGHT, HOT, SoftmaxSurfaces

BEATS = 6
RISEN, TRAINED, STEPS = {1: HOT}, {2: 1.0, 3: 1.0}, {4: COLD}  # beats, from 0, and their temperatures


@pytest.fixture(scope="module")
def last(media):
    return train(SoftmaxSurfaces.recipe, media / "trained").network.layers[-1]


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(SoftmaxSurfaces, (Surface, Regions, LiveNumber))


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1][0], f"{beat:02d}")


@pytest.mark.parametrize(("beat", "temperature"), [*RISEN.items(), *TRAINED.items(), *STEPS.items()])
def test_surfaces_are_as_high_as_the_probabilities(takes, last, beat, temperature):
    found = takes[beat][1]
    [regions] = found[Regions]
    one = HEIGHT * (regions.box[1] - regions.box[0])
    assert len(found[Surface]) == 5
    for k, surface in enumerate(found[Surface]):
        X = surface.faces.points[:, :2]
        p = softmax((X @ last.weight.T + last.bias) / temperature, axis=1)
        np.testing.assert_allclose(surface.faces.points[:, 2], one * p[:, k], atol=1e-9)
        np.testing.assert_array_equal(surface.faces.rgba[:, :3], np.tile(rgb(theme().classes[k]), (len(X), 1)))


@pytest.mark.parametrize(("beat", "temperature"), [*RISEN.items(), *TRAINED.items(), *STEPS.items()])
def test_the_temperature_is_read_out(takes, beat, temperature):
    [shown] = takes[beat][1][LiveNumber]
    expected = LiveNumber("temperature", temperature, digits=3)
    here, there = (n.number.entries[0].points - n.number.frame.points[0] for n in (shown, expected))
    np.testing.assert_allclose(here, there, atol=1e-9)


def test_hot_surfaces_are_level_and_cold_ones_are_steps(takes):
    """Level: all heights within .3. Steps: over nine tenths of the plane each is within .01 of zero or one."""
    heights, areas = {}, {}
    for beat in (1, 4):
        [regions] = takes[beat][1][Regions]
        faces = [surface.faces for surface in takes[beat][1][Surface]]
        corners = np.concatenate([face.points[face.triangles] for face in faces])
        heights[beat] = corners[..., 2] / (HEIGHT * (regions.box[1] - regions.box[0]))
        areas[beat] = np.abs(np.linalg.det(corners[:, 1:, :2] - corners[:, :1, :2]))
    assert np.ptp(heights[1]) < 0.3
    settled = (np.abs(heights[4] - 0.5) > 0.49).all(axis=1)
    assert areas[4][settled].sum() > 0.9 * areas[4].sum()


def test_the_map_is_that_of_the_last_layer(takes, last):
    [cells] = takes[-1][1][Regions]
    triangles = cells.faces.triangles
    colours = np.array([rgb(colour) for colour in theme().class_colours(5)])
    winners = Network([last]).predict(cells.faces.points[triangles].mean(axis=1)[:, :2])
    np.testing.assert_array_equal(cells.faces.rgba[triangles[:, 0], :3], colours[winners])
