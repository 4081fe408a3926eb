"""The film label_probability: labels and surfaces stand at what they mean, and errors are those of forward."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nn_core.datasets import SURFACES
from nn_core.geometry import grid_points, in_box
from nn_unfold.model.cache import train
from nn_unfold.motion.learning import SurfaceError
from nn_unfold.out.checks import cases, examine
from nn_unfold.space.landscape import Landscape
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.response import Response
from scenes.label_probability import HEIGHT, SAMPLES, LabelProbability

BEATS = 7
SURFACE, LABELS, LEARNT, COMPARED, CROWD, ROUGH, LOST = range(BEATS)


@pytest.fixture(scope="module")
def trained(media):
    return train(LabelProbability.recipe, media / "trained")


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(LabelProbability, (Cloud, Landscape, Response, SurfaceError))


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1].frame, f"{beat:02d}")


def test_the_hidden_surface_is_as_high_as_its_probability(takes):
    for beat in (SURFACE, COMPARED):
        [landscape] = takes[beat].shown[Landscape]
        places = landscape.faces()[0].points
        np.testing.assert_allclose(places[:, 2], HEIGHT * SURFACES["waves"](places[:, :2]), atol=1e-12)


def test_every_point_stands_at_its_label(takes, trained):
    [cloud] = takes[LABELS].shown[Cloud]
    np.testing.assert_array_equal(cloud.points[:, :2], trained.X)
    np.testing.assert_array_equal(cloud.points[:, 2], HEIGHT * trained.y)
    assert (cloud.rgba[:, 3] == 1).all()


def test_labels_are_as_frequent_as_the_surface_says():
    X, y = replace(LabelProbability.recipe, data_options={"n": 200, "probability": "waves", "repeats": 200}).draw(
        np.random.default_rng(0)
    )
    shares = y.reshape(200, 200).mean(axis=1)
    assert (np.abs(shares - SURFACES["waves"](X[::200])) < 4.5 * np.sqrt(0.25 / 200)).all()


def test_the_surface_of_the_network_and_its_errors_are_those_of_forward(takes, trained):
    network = trained.network
    [response] = takes[COMPARED].shown[Response]
    heights = HEIGHT * network.forward(response.points[:, :2]).output[:, 0]
    np.testing.assert_allclose(response.points[:, 2], heights, atol=1e-12)
    places = grid_points(response.box, SAMPLES)
    near = in_box(places, (-2, 2, -2, 2))
    off = np.abs(network.forward(places).output[:, 0] - SURFACES["waves"](places))
    expected = [off[near].mean(), off[~near].mean()]
    np.testing.assert_allclose([number.error for number in takes[LEARNT].shown[SurfaceError]], expected)


def test_what_a_crowd_says_is_learnt(takes, media):
    crowd = train(LabelProbability.crowd, media / "trained")
    assert (crowd.X == 0).all()
    assert crowd.n == 200
    [number] = takes[CROWD].shown[SurfaceError]
    assert number.error == pytest.approx(crowd.y.mean(), abs=0.005)


@pytest.mark.parametrize("case", ["seed +1"])
def test_what_is_said_and_shown_is_true_for_another_seed(case):
    report = examine(cases(LabelProbability, 1)[case], case, motion=False)
    assert report.findings == []
