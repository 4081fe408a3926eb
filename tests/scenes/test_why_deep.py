"""The film why_deep: its counts are those of the formula and of linear_regions, and strips are as high as forward."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from nn_core.geometry import box_around, linear_regions
from nn_core.network import Network
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.out.checks import cases, examine
from nn_unfold.space.linear import LinearRegions
from nn_unfold.space.primitives import Faces
from scenes.why_deep import BREADTH, UNIT, Strip, WhyDeep, all_crossing, kinks, tents, zigzag

BEATS = 9
DEPTH = len(WhyDeep.recipe.sizes) - 2


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(WhyDeep, (Strip, LinearRegions, NetworkDiagram))


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1].frame, f"{beat:02d}")


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_folds_multiply(depth):
    assert np.array_equal(kinks(tents(depth, 1)), np.arange(2**depth + 1) / 2**depth)
    assert len(linear_regions(tents(depth, 2), UNIT)) == 4**depth


def test_the_tent_goes_up_and_down():
    x = np.linspace(0, 1, 101)
    np.testing.assert_allclose(tents(1, 1).forward(x[:, None]).output[:, 0], 1 - np.abs(2 * x - 1), atol=1e-15)
    np.testing.assert_allclose(
        tents(3, 1).forward(x[:, None]).output[:, 0], 1 - np.abs(2 * (4 * x % 1) - 1), atol=1e-13
    )


@pytest.mark.parametrize("n", [3, 4, 10, 17])
def test_a_single_layer_has_one_piece_more_than_neurons(n):
    network = zigzag(n)
    at = kinks(network)
    assert len(at) - 1 == n + 1
    np.testing.assert_allclose(network.forward(at[:, None]).output[:, 0], np.resize([0, 1], n + 2), atol=1e-9)


@pytest.mark.parametrize("n", [3, 24, 31])
@pytest.mark.parametrize("seed", range(3))
def test_all_creases_of_a_single_layer_cross(n, seed):
    network = all_crossing(n, np.random.default_rng(seed))
    assert len(linear_regions(network, UNIT)) == 1 + n + comb(n, 2)


def test_the_strips_are_as_high_as_forward(takes):
    networks = [tents(depth, 1) for depth in range(1, DEPTH + 1)]
    for take, folds in zip(takes[1:5], (1, 2, DEPTH, DEPTH), strict=True):
        strip = take.shown[Strip][0]
        assert_as_high_as_forward(strip, networks[folds - 1], left=0.0)
        drawn = [crease.rgba[:, 3].all() for crease in strip.creases]
        assert drawn == [layer < folds for layer in range(DEPTH)]
    assert_as_high_as_forward(takes[4].shown[Strip][1], zigzag(2 * DEPTH), left=takes[4].shown[Strip][1].left)


def assert_as_high_as_forward(strip: Strip, network: Network, left: float) -> None:
    for part in strip.submobjects:
        x, across, height = part.points.T
        np.testing.assert_allclose(height, network.forward(x[:, None] - left).output[:, 0], atol=1e-12)
        assert (np.isclose(across, 0.0) | np.isclose(across, BREADTH)).all()
    faces = next(part for part in strip.submobjects if isinstance(part, Faces))
    corners = faces.points[faces.triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2
    at = kinks(network)
    length = np.hypot(np.diff(at), np.diff(network.forward(at[:, None]).output[:, 0])).sum()
    np.testing.assert_allclose(area, BREADTH * length)


def test_the_regions_shown_and_told_are_those_of_the_networks(takes, play):
    stage = play(WhyDeep)
    deep = stage.trained(WhyDeep.recipe)
    box = box_around(deep.X, margin=0.1, square=True)
    for take, beat in zip(takes[5:], stage.told[5:], strict=True):
        for name, regions, diagram in zip(
            ("deep", "wide"), take.shown[LinearRegions], take.shown[NetworkDiagram], strict=True
        ):
            network = diagram.network
            assert network.n_parameters == deep.network.n_parameters == 97
            assert regions.box == (UNIT if beat is stage.told[5] else box)
            count = len(linear_regions(network, regions.box))
            assert regions.counts[-1] == count
            if name in beat.values:  # the beat of the random pairs tells none of its own
                assert beat.values[name] == count
    assert [np.array_equal(d.network.parameters, deep.network.parameters) for d in takes[-1].shown[NetworkDiagram]] == [
        True,
        False,
    ]


def test_random_weights_make_more_regions_in_one_layer_than_in_five(play):
    beat = play(WhyDeep).told[6]
    assert beat.holds
    assert beat.values == {"more": 20, "pairs": 20}


@pytest.mark.parametrize("case", ["seed +1", "seed +2", "seed +3"])
def test_what_is_said_and_shown_is_true_for_other_seeds(case):
    report = examine(cases(WhyDeep, 3)[case], case, motion=False)
    assert report.findings == []
