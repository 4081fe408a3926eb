"""Landscapes: every vertex as high as the numbers say, at rest, in motion and at every temperature."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from manim import FadeOut
from manim.utils.hashing import get_json
from scipy.special import expit, softmax

from nn_core.geometry import upper_envelope
from nn_core.network import Network
from nn_unfold.errors import UnfoldError
from nn_unfold.motion.surfaces import Anneal, rise
from nn_unfold.space.base import spatial_parts
from nn_unfold.space.landscape import FLOOR, Landscape
from nn_unfold.space.residuals import Residuals
from nn_unfold.stage import layout

STILLS = Path(__file__).parent / "stills"
BOX = (-2.0, 3.0, -1.0, 2.0)
WEIGHT = np.array([[1.0, 0.3], [-0.8, 0.5], [0.1, -1.2], [0.2, 0.1]])
BIAS = np.array([0.1, -0.2, 0.4, -3.0])


def logits(X):
    return X @ WEIGHT.T + BIAS


def heights(part):
    return part.points[:, 2]


@pytest.mark.parametrize("name", ["crossing_planes", "probability_surfaces"])
def test_stills(name, play, snapshot):
    film = runpy.run_path(str(STILLS / f"{name}.py"))["".join(word.capitalize() for word in name.split("_"))]
    stage = play(film)
    snapshot(stage, name)
    assert layout.findings(stage) == []


def test_planes_are_as_high_as_the_logits():
    planes = Landscape.planes(WEIGHT, BIAS, BOX, height=0.5, base=-1.0)
    assert len(planes.surfaces) == 4
    for k, surface in enumerate(planes.surfaces):
        part = surface.faces
        np.testing.assert_allclose(heights(part), -1 + 0.5 * logits(part.points[:, :2])[:, k], rtol=0, atol=1e-12)


def test_the_envelope_is_the_highest_plane_over_exact_cells():
    envelope = Landscape.envelope(WEIGHT, BIAS, BOX)
    cells = {cell.index: cell.polygon for cell in upper_envelope(WEIGHT, BIAS, BOX)}
    assert 3 not in cells
    for k, surface in enumerate(envelope.surfaces):
        corners = surface.faces.points[surface.faces.triangles]
        highest = logits(corners[..., :2].reshape(-1, 2)).max(axis=1)
        np.testing.assert_allclose(corners[..., 2].ravel(), highest, rtol=0, atol=1e-12)
        area = np.linalg.det(corners[:, 1:, :2] - corners[:, :1, :2]).sum() / 2
        x, y = cells.get(k, np.zeros((1, 2))).T
        assert area == pytest.approx((x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2, abs=1e-12)


def test_ridges_lie_where_the_two_highest_planes_are_equal():
    ridges = Landscape.planes(WEIGHT, BIAS, BOX).ridges
    top = np.sort(logits(ridges.points[:, :2]), axis=1)
    assert len(ridges.points)
    np.testing.assert_allclose(top[:, -1], top[:, -2], rtol=0, atol=1e-12)
    np.testing.assert_allclose(heights(ridges), top[:, -1], rtol=0, atol=1e-12)


def test_probabilities_are_softmax_at_every_moment_of_a_tempering():
    surfaces = Landscape.softmax(WEIGHT, BIAS, BOX, temperature=4.0, height=2.0, base=0.5, tolerance=0.02)
    change = Anneal(surfaces, 0.1, rate_func=lambda t: t)
    change.begin()
    for t in (0.0, 0.5, 1.0):
        change.interpolate(t)
        temperature = 4.0 * (0.1 / 4.0) ** t
        assert change.temperature_at(t) == pytest.approx(temperature)
        for k, surface in enumerate(surfaces.surfaces):
            p = softmax(logits(surface.faces.origin) / temperature, axis=1)[:, k]
            np.testing.assert_allclose(heights(surface.faces), 0.5 + 2 * p, rtol=0, atol=1e-9)


@pytest.mark.parametrize("temperature", [1.0, 0.3, 0.1])
def test_flat_triangles_follow_the_probabilities_at_every_temperature(temperature):
    surfaces = Landscape.softmax(WEIGHT, BIAS, BOX, tolerance=0.02).set_temperature(temperature)
    faces = surfaces.surfaces[0].faces
    middles = faces.points[faces.triangles].mean(axis=1)
    p = softmax(logits(middles[:, :2]) / temperature, axis=1)[:, 0]
    np.testing.assert_allclose(middles[:, 2], p, rtol=0, atol=0.02)


def test_only_softmax_surfaces_have_a_temperature():
    planes = Landscape.planes(WEIGHT, BIAS, BOX)
    with pytest.raises(UnfoldError, match="Affine, which has no temperature"):
        Anneal(planes, 0.1)


def test_any_function_and_another_one_on_the_same_mesh():
    network = Network.create([2, 6, 1], "tanh", rng=np.random.default_rng(0))
    surface = Landscape.over(lambda X: network.forward(X).output[:, 0], BOX, tolerance=0.01)
    faces = surface.surfaces[0].faces
    np.testing.assert_allclose(heights(faces), network.logits(faces.origin)[:, 0], rtol=0, atol=1e-12)
    # The one surface runs from the colour of low values to that of high ones.
    assert not np.allclose(faces.rgba[heights(faces).argmin()], faces.rgba[heights(faces).argmax()])
    surface.set_function(lambda X: X[:, 0] ** 2).set_unit_height(3.0)
    np.testing.assert_allclose(heights(faces), 3 * faces.origin[:, 0] ** 2, rtol=0, atol=1e-12)


def test_points_stand_on_the_surface_and_stay_there():
    surfaces = Landscape.softmax(WEIGHT, BIAS, BOX, base=-1.0, tolerance=0.02)
    X = np.random.default_rng(0).uniform(-1, 2, (20, 2))
    stems, cloud = surfaces.add_points(X)
    surfaces.set_temperature(0.2)
    highest = softmax(logits(X) / 0.2, axis=1).max(axis=1)
    np.testing.assert_allclose(heights(cloud), highest - 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(stems.points[1::2], cloud.points, atol=1e-12)
    np.testing.assert_allclose(stems.points[::2], surfaces.at(X, FLOOR), atol=1e-12)
    np.testing.assert_allclose(heights(stems)[::2], -1)


@pytest.mark.parametrize("in_turn", [False, True])
def test_surfaces_rise_from_the_floor_to_their_heights(stage, in_turn):
    planes = Landscape.planes(WEIGHT, BIAS, BOX, base=0.5)
    there = np.concatenate([part.points for part in spatial_parts([planes])])
    rising = rise(planes, in_turn=in_turn)
    rising.begin()
    rising.interpolate(0.0)
    assert {float(z) for surface in planes.surfaces for z in heights(surface.faces)} == {0.5}
    assert not any(surface.faces.get_opacity() for surface in planes.surfaces)
    rising.interpolate(0.5)
    corner = logits(np.array([[BOX[0], BOX[2]]]))[0]
    share = [(surface.faces.points[0, 2] - 0.5) / z for surface, z in zip(planes.surfaces, corner, strict=True)]
    assert share == sorted(share, reverse=True)
    assert (share[0] > share[-1]) == in_turn
    rising.finish()
    np.testing.assert_allclose(np.concatenate([part.points for part in spatial_parts([planes])]), there, atol=1e-12)


def test_what_has_risen_can_fade(stage):
    planes = Landscape.planes(WEIGHT, BIAS, BOX)
    stage.play(rise(planes, in_turn=True))
    assert {surface.faces for surface in planes.surfaces} <= set(spatial_parts(stage.mobjects))
    stage.play(FadeOut(planes))
    assert not spatial_parts(stage.mobjects)


def test_played_and_skipped_leave_the_same_for_the_cache():
    def film(play):
        surfaces = Landscape.softmax(WEIGHT, BIAS, BOX, tolerance=0.05)
        change = Anneal(surfaces, 0.5)
        change.begin()
        if play:
            for t in np.linspace(0, 1, 7):
                change.interpolate(t)
        change.finish()
        return get_json(surfaces)

    assert film(True) == film(False)


def test_misses_reach_from_the_labels_to_the_probabilities():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(6, 2)), np.array([0, 1, 0, 1, 1, 0])
    first, second = (Network.create((2, 1), rng=rng) for _ in range(2))
    misses = Residuals(first, X, y, height=3.0, base=-1.5).show(second)
    np.testing.assert_array_equal(misses.points[::2], np.column_stack([X, 3.0 * y - 1.5]))
    np.testing.assert_allclose(misses.points[1::2], np.column_stack([X, 3 * second.predict_proba(X)[:, 1] - 1.5]))


def test_a_single_logit_is_a_class_like_two():
    w, b = np.array([[1.0, -0.5]]), np.array([0.3])
    X = np.array([[0.0, 0.0], [1.0, 1.0], [-2.0, 2.0]])
    z = X @ w[0] + b
    surfaces = Landscape.softmax(w, b, BOX)
    np.testing.assert_allclose(surfaces.values(X), np.column_stack([expit(-z), expit(z)]), atol=1e-12)
    np.testing.assert_allclose(surfaces.set_temperature(0.5).values(X)[:, 1], expit(2 * z), atol=1e-12)
    envelope = Landscape.envelope(w, b, BOX)
    assert len(envelope.surfaces) == 2
    np.testing.assert_allclose(envelope.values(X).max(axis=1), np.maximum(0, z))
    for landscape in (surfaces, envelope, Landscape.planes(w, b, BOX)):
        ridge = landscape.ridges.origin
        assert len(ridge)
        np.testing.assert_allclose(ridge @ w[0] + b, 0, atol=1e-12)
    assert len(Landscape.planes(w, b, BOX).surfaces) == 1


@pytest.mark.parametrize("n_classes", [1, 2, 3, 4])
def test_scores_of_a_hidden_line_do_not_depend_on_the_second_coordinate(n_classes):
    rng = np.random.default_rng(n_classes)
    w, b = rng.normal(size=(n_classes, 1)), rng.normal(size=n_classes)
    for kind in (Landscape.planes, Landscape.softmax, Landscape.envelope):
        landscape = kind(w, b, BOX)
        np.testing.assert_allclose(landscape.values([[0.5, -1.0]]), landscape.values([[0.5, 2.0]]))


def test_scores_of_a_space_have_no_surface_over_a_plane():
    with pytest.raises(UnfoldError, match=r"stand over a plane.*\(4, 3\) and \(4,\).*tells_apart"):
        Landscape.softmax(np.zeros((4, 3)), np.zeros(4), BOX)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_regression_is_one_surface_as_high_as_the_output(activation):
    network = Network.create([2, 6, 1], activation, initializer="gaussian", rng=np.random.default_rng(1))
    surface = Landscape.over(lambda X: network.forward(X).output, BOX, tolerance=0.01, network=network)
    [faces] = surface.faces()
    np.testing.assert_allclose(heights(faces), network.forward(faces.origin).output[:, 0], atol=1e-12)
    middles = faces.points[faces.triangles].mean(axis=1)
    off = np.abs(middles[:, 2] - network.forward(middles[:, :2]).output[:, 0])
    assert off.max() < (1e-9 if activation == "relu" else 0.0101)
