"""The film outside_the_data: what is said of places without data is what the networks answer there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nn_core.datasets import make_day_night, make_night
from nn_unfold.model.cache import train
from nn_unfold.motion.learning import Accuracy
from nn_unfold.space.heat import HeatPlane
from nn_unfold.space.landscape import Landscape
from nn_unfold.space.primitives import Segments
from nn_unfold.space.probe import Probe, path_to_confident_error
from nn_unfold.space.regions import BeyondData
from nn_unfold.space.targets import TargetSurface, share_above
from scenes.outside_the_data import BOX, FAR, OutsideTheData

BEATS = 9
LEARNT, VEIL, WANDERED, RISEN, FURTHER, NIGHT = 1, 2, 3, 4, 6, 7  # beats, from 0


@pytest.fixture(scope="module")
def trained(media):
    return train(OutsideTheData.recipe, media / "trained")


@pytest.fixture(scope="module")
def linear(media):
    return train(replace(OutsideTheData.recipe, sizes=(2, 16, 1), loss="mse"), media / "trained")


@pytest.fixture(scope="module")
def night(trained):
    return make_night(len(trained.X), rng=np.random.default_rng(OutsideTheData.recipe.seed))


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(OutsideTheData, (HeatPlane, Accuracy, BeyondData, Probe, Landscape, TargetSurface, Segments))


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1][0], f"{beat:02d}")


def test_the_colours_are_the_probabilities(takes, trained):
    [answers] = takes[LEARNT][1][HeatPlane]
    p = trained.network.predict_proba(answers.pixels)[:, 1].reshape(answers.values.shape)
    np.testing.assert_allclose(answers.values, 2 * p - 1)
    ends = answers.boundary.points[:, :2]
    np.testing.assert_allclose(trained.network.predict_proba(ends), 0.5)


def test_right_by_day_and_wrong_by_night(takes, trained, night):
    by_day, by_night = takes[NIGHT][1][Accuracy]
    assert by_day.share == (trained.network.predict(trained.X) == trained.y).mean() >= 0.99
    assert by_night.share == (trained.network.predict(night[0]) == night[1]).mean() <= 0.9


def test_the_veil_is_over_what_is_far_from_all_data(takes, trained):
    [veil] = takes[VEIL][1][BeyondData]
    middles = veil.veil.points[veil.veil.triangles].mean(axis=1)[:, :2]
    nearest = np.linalg.norm(middles[:, None] - trained.X, axis=2).min(axis=1)
    assert (nearest > 0.98 * veil.reach).all()


def test_the_probe_ends_where_the_network_is_sure_and_wrong(takes, trained, night):
    [probe] = takes[WANDERED][1][Probe]
    start, end = path_to_confident_error(trained.network, (trained.X, trained.y), night)
    np.testing.assert_array_equal(probe.place, end)
    p = trained.network.predict_proba(np.array([start, end]))
    true = int(night[1][(night[0] == end).all(axis=1)][0])
    assert p.max(axis=1).min() > 0.99
    assert p[1, true] < 0.01
    np.testing.assert_array_equal(probe.point.rgba[0, :3], probe.shades[true])


def test_heights_are_the_outputs(takes, trained, linear):
    outputs = (
        lambda X: linear.network.forward(X).output[:, 0],
        lambda X: trained.network.predict_proba(X)[:, 1],
    )
    pairs = zip(takes[RISEN][1][Landscape], takes[FURTHER][1][TargetSurface], outputs, strict=True)
    for near, taught, output in pairs:
        surface = taught.surface
        assert surface.unit_height == near.unit_height
        for faces in (near.surfaces[0].faces, surface.surfaces[0].faces):
            np.testing.assert_allclose(faces.points[:, 2] / near.unit_height, output(faces.points[:, :2]), atol=1e-9)
        zero, one = (level[0].points[:, 2] / surface.unit_height for level in taught.levels)
        np.testing.assert_allclose([zero, one], [np.zeros(4), np.ones(4)])
        np.testing.assert_allclose(taught.cloud.points[:, 2] / surface.unit_height, trained.y)


def test_far_away_the_linear_output_grows_and_softmax_is_surer(takes, trained, linear):
    grid = np.stack(np.meshgrid(np.linspace(*BOX[:2], 60), np.linspace(*BOX[2:], 60)), axis=-1).reshape(-1, 2)
    near, far = (linear.network.forward(times * grid).output for times in (1, FAR))
    assert near.max() > 1.5
    assert np.ptp(far) > 2 * np.ptp(near)
    near, far = (share_above(0.99)(trained.network.predict_proba(times * grid)[:, 1]) for times in (1, FAR))
    assert (near, far) == pytest.approx((0.927, 0.96), abs=0.005)
    widths = [np.ptp(surface.surfaces[0].faces.points[:, 0]) for surface in takes[FURTHER][1][Landscape]]
    np.testing.assert_allclose(sorted(widths), np.ptp(BOX[:2]) * np.array([1, 1, FAR, FAR]))


def test_the_curve_parts_day_and_night_as_their_labels_do(takes):
    graph = takes[-1][1][Segments][-1].points
    path = graph[np.argsort(graph[:, 0])]
    for X, y in make_day_night(200, rng=np.random.default_rng(1)):
        np.testing.assert_array_equal(X[:, 1] > np.interp(X[:, 0], path[:, 0], path[:, 1]), y == 1)
