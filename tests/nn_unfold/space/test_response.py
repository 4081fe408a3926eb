"""A neuron over the plane: surfaces as high as its answers, lines where it is zero, arrows along its weights."""

from __future__ import annotations

import numpy as np
import pytest
from manim.utils.hashing import get_json
from scipy.special import expit

from nn_core.network import Layer, Network
from nn_unfold.motion.surfaces import Bend
from nn_unfold.space.response import DecisionBoundary, Hyperplanes, Response, WeightArrow
from nn_unfold.theme import rgb, theme

BOX = (-2.0, 3.0, -1.0, 2.0)
ONE = Network([Layer([[1.5, -2.0]], [0.5], "sigmoid")])
OTHER = Network([Layer([[-3.0, 0.5]], [1.0], "sigmoid")])
TWO = Network([Layer([[2.0, 1.0], [-1.0, 3.0]], [0.5, -1.0], "sigmoid"), Layer([[4.0, -5.0]], [1.0], "sigmoid")])


def scores(network, X, row=0):
    layer = network.layers[0]
    return X @ layer.weight[row] + layer.bias[row]


@pytest.mark.parametrize("bend", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("network", [ONE, OTHER])
def test_a_surface_is_as_high_as_the_neuron_says(network, bend):
    surface = Response(ONE, BOX, height=2.0, base=-1.0, bend=bend).show(network)
    X = surface.origin
    np.testing.assert_array_equal(surface.points[:, :2], X)
    z = scores(network, X)
    value = (1 - bend) * (0.5 + z / 4) + bend * expit(z)
    np.testing.assert_allclose(surface.points[:, 2], -1 + 2 * value, atol=1e-12)
    low, high = (np.array(rgb(colour)) for colour in (theme().corners[0], theme().corners[3]))
    share = expit(z)[:, None]
    np.testing.assert_allclose(surface.rgba[:, :3], (1 - share) * low + share * high, atol=1e-12)


def test_flat_triangles_follow_the_surface():
    surface = Response(ONE, BOX, tolerance=5e-3)
    corners = surface.points[surface.triangles]
    middles = corners.mean(axis=1)
    assert np.abs(surface.at(middles[:, :2])[:, 2] - middles[:, 2]).max() < 2 * 5e-3
    areas = 0.5 * np.abs(np.linalg.det(corners[:, 1:, :2] - corners[:, :1, :2]))
    np.testing.assert_allclose(areas.sum(), 15)


def test_a_surface_of_a_hidden_neuron_or_of_the_last():
    for layer, number in ((0, 0), (0, 1), (-1, 0)):
        surface = Response(TWO, BOX, layer=layer, number=number)
        expected = TWO.forward(surface.origin).a[layer][:, number]
        np.testing.assert_allclose(surface.points[:, 2], expected, atol=1e-12)


def test_another_network_keeps_the_opacity():
    surface, lines, border = Response(ONE, BOX, opacity=0.4), Hyperplanes(ONE, BOX), DecisionBoundary(ONE, BOX)
    for part in (lines, border):
        part.set_opacity(0.2).show(OTHER)
        np.testing.assert_allclose(part.rgba[:, 3], 0.2)
    np.testing.assert_allclose(surface.show(OTHER).rgba[:, 3], 0.4)


def test_bending_goes_from_the_plane_to_the_sigmoid():
    surface = Response(ONE, BOX, bend=0)
    bend = Bend(surface)
    bend.begin()
    for t in (0.5, 1.0):
        bend.interpolate(t)
        assert surface.bend == pytest.approx(t)
        z = scores(ONE, surface.origin)
        np.testing.assert_allclose(surface.points[:, 2], (1 - t) * (0.5 + z / 4) + t * expit(z), atol=1e-12)


def test_played_and_skipped_leave_the_same_for_the_cache():
    def film(played):
        surface = Response(ONE, BOX, bend=0)
        bend = Bend(surface)
        bend.begin()
        if played:
            for t in np.linspace(0, 1, 5):
                bend.interpolate(t)
        bend.finish()
        return get_json(surface)

    assert film(True) == film(False)


def test_showing_often_and_once_leave_the_same_for_the_cache():
    def shown(networks):
        parts = [
            Response(ONE, BOX, opacity=0.6),
            Hyperplanes(ONE, BOX),
            DecisionBoundary(ONE, BOX),
            WeightArrow(ONE, BOX),
        ]
        for part in parts[:3]:
            part.set_opacity(0.6)
        for network in networks:
            for part in parts:
                part.show(network)
        return get_json(parts)

    assert shown([OTHER, ONE, OTHER, ONE]) == shown([ONE])


def test_lines_are_where_neurons_are_zero():
    lines = Hyperplanes(TWO, BOX, colours=["#ff0000", "#00ff00"])
    np.testing.assert_array_equal(lines.neurons, [0, 1])
    for k, colour in enumerate([(1, 0, 0), (0, 1, 0)]):
        ends = slice(2 * k, 2 * k + 2)
        np.testing.assert_allclose(scores(TWO, lines.points[ends, :2], k), 0, atol=1e-12)
        np.testing.assert_array_equal(lines.rgba[ends, :3], [colour, colour])
    # They end on the sides of the box.
    np.testing.assert_allclose(np.abs((lines.points[:, :2] - [0.5, 0.5]) / [2.5, 1.5]).max(axis=1), 1)


def test_a_line_that_leaves_the_box_is_gone_until_it_comes_back():
    away = Network([Layer([[1.0, 0.0]], [9.0], "sigmoid")])
    lines = Hyperplanes(ONE, BOX).set_opacity(0.5).show(away)
    assert len(lines.points) == 0
    np.testing.assert_array_equal(lines.show(ONE).rgba[:, 3], 0.5)


@pytest.mark.parametrize("network", [ONE, TWO])
def test_a_border_is_where_the_answer_is_a_half(network):
    border = DecisionBoundary(network, BOX)
    assert len(border.points)
    np.testing.assert_allclose(network.forward(border.origin).output, 0.5, atol=0.01)


@pytest.mark.parametrize("network", [ONE, OTHER])
def test_an_arrow_is_the_weights_at_right_angles_to_the_line(network):
    arrow = WeightArrow(ONE, BOX, unit=0.5).show(network)
    foot, tip = arrow.points[:2, :2]
    np.testing.assert_allclose(scores(network, foot[None]), 0, atol=1e-12)
    np.testing.assert_allclose(tip - foot, 0.5 * network.layers[0].weight[0], atol=1e-12)
    # No place of the line is nearer to the middle.
    along = Hyperplanes(network, BOX).points[:, :2]
    assert (along[1] - along[0]) @ (foot - [0.5, 0.5]) == pytest.approx(0)
    np.testing.assert_allclose(
        np.linalg.norm(arrow.points[[3, 5]] - arrow.points[1], axis=1), 0.22 * np.hypot(*(tip - foot))
    )


def test_an_arrow_without_weights_has_no_length():
    arrow = WeightArrow(Network([Layer([[0.0, 0.0]], [1.0])]), BOX)
    np.testing.assert_array_equal(arrow.points, np.tile([0.5, 0.5, 0.0], (6, 1)))
