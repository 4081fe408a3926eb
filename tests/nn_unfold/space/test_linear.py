"""Linear regions: counted and coloured exactly, and their creases drawn layer by layer."""

from __future__ import annotations

import runpy
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nn_core.geometry import grid_points, linear_regions
from nn_core.network import Layer, Network
from nn_unfold.errors import UnfoldError
from nn_unfold.space.linear import LinearRegions, pattern_axes, pattern_colours
from nn_unfold.stage import layout

STILLS = Path(__file__).parent / "stills"
BOX = (-2.0, 2.0, -1.5, 1.5)


def network_of(sizes, activation="relu", seed=0):
    rng = np.random.default_rng(seed)
    return Network(
        Layer(rng.normal(size=(n_out, n_in)), rng.normal(size=n_out), activation) for n_in, n_out in pairwise(sizes)
    )


def test_still(play, snapshot):
    stage = play(runpy.run_path(str(STILLS / "linear_regions.py"))["LinearRegionsStill"])
    snapshot(stage, "linear_regions")
    assert layout.findings(stage) == []


@pytest.mark.parametrize("activation", ["relu", "hard_tanh", "leaky_relu", "identity"])
@pytest.mark.parametrize("sizes", [(2, 5, 1), (2, 64, 10, 4), (2, 8, 8, 8, 3), (2, 12, 2)])
def test_the_regions_are_counted_after_each_layer(sizes, activation):
    network = network_of(sizes, activation)
    regions = LinearRegions(network, BOX)
    assert len(regions.counts) == len(sizes) - 2
    for depth, count in enumerate(regions.counts, start=1):
        front = Network([*network.layers[:depth], Layer(np.eye(sizes[depth]), np.zeros(sizes[depth]))])
        assert count == len(linear_regions(front, BOX))
    assert regions.counts == sorted(regions.counts)


def test_faces_tile_the_box_and_on_each_the_network_is_affine():
    network = network_of((2, 16, 9, 3))
    faces = LinearRegions(network, BOX).faces
    corners = faces.points[faces.triangles][:, :, :2]
    areas = np.linalg.det(corners[:, 1:] - corners[:, :1]) / 2
    assert areas.min() > -1e-12
    assert areas.sum() == pytest.approx(12.0)
    at_corners = network.logits(corners.reshape(-1, 2)).reshape(-1, 3, 3)
    np.testing.assert_allclose(network.logits(corners.mean(axis=1)), at_corners.mean(axis=1), atol=1e-9)


def test_creases_come_layer_by_layer_and_lie_where_a_neuron_switches():
    network = network_of((2, 16, 9, 3))
    creases = LinearRegions(network, BOX).creases
    assert len(creases) == 2
    for number, lines in enumerate(creases):
        z = network.forward(lines.origin).z[number]
        assert len(z)
        assert np.abs(z).min(axis=1).max() < 1e-9
        assert lines.get_opacity() == 0


def test_every_pattern_has_one_colour_and_neighbours_differ_in_brightness():
    patterns = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [0, 0, 0]], dtype=bool)
    colours = pattern_colours(patterns, pattern_axes(patterns))
    np.testing.assert_array_equal(colours[0], colours[4])
    assert len(np.unique(colours.round(6), axis=0)) == 4
    assert (colours >= 0).all()
    assert (colours <= 1).all()
    for alone in (np.ones((1, 4), dtype=bool), np.empty((1, 0), dtype=bool)):
        assert pattern_axes(alone) is None
        assert pattern_colours(alone, None).shape == (1, 3)


def test_colours_do_not_flicker_when_a_network_changes_little_by_little():
    first, last = network_of((2, 12, 1)), network_of((2, 12, 1), seed=5)
    regions, places = LinearRegions(first, BOX), grid_points(BOX, 12)
    shown = []
    for share in np.linspace(0, 1, 200):
        regions.show(first.with_parameters((1 - share) * first.parameters + share * last.parameters))
        faces = regions.faces
        middles = faces.points[faces.triangles].mean(axis=1)[:, :2]
        nearest = np.linalg.norm(places[:, None] - middles, axis=2).argmin(axis=1)
        shown.append(faces.rgba[faces.triangles[:, 0], :3][nearest])
    assert np.abs(np.diff(shown, axis=0)).mean(axis=(1, 2)).max() < 0.1


def test_another_network_is_shown_in_the_same_parts_and_opacities():
    regions = LinearRegions(network_of((2, 6, 4, 3)), BOX, opacity=0.5)
    regions.creases[1].set_opacity(0.7)
    other = network_of((2, 9, 5, 2), seed=3)
    regions.show(other)
    assert regions.counts[-1] == len(linear_regions(other, BOX))
    assert [part.get_opacity() for part in (regions.faces, *regions.creases)] == pytest.approx([0.5, 0.0, 0.7])
    with pytest.raises(UnfoldError, match="made for 2 layers with creases, but this network has 1"):
        regions.show(network_of((2, 5, 1)))


def test_a_linear_network_is_one_region():
    regions = LinearRegions(Network([Layer([[1.0, 2.0]], [0.0])]), BOX)
    assert regions.counts == []
    assert len(regions.creases) == 0
    assert len(regions.faces.triangles) == 2


def test_smooth_layers_are_refused_by_name():
    with pytest.raises(ValueError, match="tanh"):
        LinearRegions(network_of((2, 5, 1), "tanh"), BOX)


def test_regions_around_data_hold_them_in_a_square():
    X = np.array([[0.0, 0.0], [4.0, 1.0]])
    box = LinearRegions.over(X, network_of((2, 5, 1)), margin=0.25).box
    assert box == pytest.approx((-1.0, 5.0, -2.5, 3.5))
