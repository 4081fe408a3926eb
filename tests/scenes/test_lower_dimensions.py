"""The film lower_dimensions: distances, shadows and maps are drawn as they are computed."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.embedding import stress, stress_layout
from nn_core.globe import rolled
from nn_unfold.flat.table import Table
from nn_unfold.out.checks import cases, examine
from nn_unfold.space.globe import Globe
from nn_unfold.space.solid import Solid
from scenes.lower_dimensions import (
    Arrangement,
    Distances,
    LowerDimensions,
    Turning,
    distances,
    in_four,
    land_at,
    measure,
)

BEATS = 13
TRIANGLE, PLANE, SPACE, FIVE, FOUR_NUMBERS, FALLS, TURNS, DIAGONAL, EARTH, CYLINDER, MERCATOR, _, LAMBERT = range(13)
PAIRS = {TRIANGLE: (3, 2), PLANE: (4, 2), SPACE: (4, 3), FIVE: (5, 3), FOUR_NUMBERS: (5, 4)}


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(LowerDimensions, (Arrangement, Distances, Turning, Globe, Table))


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1].frame, f"{beat:02d}")


@pytest.mark.parametrize(("beat", "shape"), PAIRS.items())
def test_bars_are_the_distances_of_the_points(takes, beat, shape):
    [points], [bars] = takes[beat].shown[Arrangement], takes[beat].shown[Distances]
    X = points.way[-1]
    assert X.shape == shape
    np.testing.assert_allclose(points.cloud.points[:, : min(3, shape[1])], X[:, :3], atol=1e-12)
    np.testing.assert_allclose(bars.values, distances(X), atol=1e-12)
    if shape[1] < 4:  # nothing is left out
        drawn = np.linalg.norm(points.ties.points[::2] - points.ties.points[1::2], axis=1)
        np.testing.assert_allclose(drawn, bars.values, atol=1e-12)
    # The height of a bar in the plot is its number.
    one = bars.place([[0.5, 1.0]])[0, 1] - bars.place([[0.5, 0.0]])[0, 1]
    np.testing.assert_allclose([bar.height / one for bar in bars.bars], bars.values, rtol=1e-6)


def test_no_start_leads_to_a_better_place_for_four_or_five():
    for (n, d), best in {(4, 2): 3 - 2 * np.sqrt(2), (5, 3): 0.16336}.items():
        for seed in range(5):
            *_, X = stress_layout(1 - np.eye(n), start=np.random.default_rng(seed).normal(size=(n, d)), steps=600)
            assert stress(X, 1 - np.eye(n)) == pytest.approx(best, abs=1e-4)


def test_four_dimensions_rotate():
    rotation = in_four(0.7)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(4), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)


@pytest.mark.parametrize("beat", [TURNS, DIAGONAL])
def test_the_shadow_is_the_solid_without_its_height(takes, beat):
    [world] = takes[beat].shown[Turning]
    for part, edge in ((world.solid.faces, world.shade.faces), (world.solid.edges, world.shade.edges)):
        assert isinstance(world.solid, Solid)
        np.testing.assert_allclose(edge.points, part.points * [1, 1, 0], atol=1e-12)
    np.testing.assert_allclose(world.rays.points[::2], world.solid.faces.points)
    np.testing.assert_allclose(np.sort(distances(world.solid.faces.points))[:12], 1)  # still a cube
    assert len(np.unique(world.shade.faces.points.round(9), axis=0)) == 7


@pytest.mark.parametrize(
    ("beat", "shape"),
    [
        (EARTH, {"stretched": 0}),
        (CYLINDER, {}),
        (MERCATOR, {"unrolled": 1}),
        (LAMBERT, {"unrolled": 1, "height": "equal_area"}),
    ],
)
def test_every_place_is_where_the_map_has_it(takes, beat, shape):
    [globe] = takes[beat].shown[Globe]
    for part in globe:
        np.testing.assert_allclose(part.points, rolled(part.origin, **shape), atol=1e-9)
    [table] = takes[beat].shown[Table]
    measured = np.array([measure(rolled(globe.rings[i], **shape)) for i in (0, 1, 3)])
    for column, numbers in (("A", measured[:, 0] / measured[0, 0]), ("a \\/ b", measured[:, 1])):
        shown = table.columns[column]
        same = shown.copy().set_values(numbers[:, None])
        np.testing.assert_allclose(shown.get_all_points(), same.get_all_points(), atol=1e-6)


def test_greenland_and_australia_are_told_apart():
    for place, lowest, highest in (((-40, 72), 59, 84), ((135, -25), -40, -10)):
        low, high = np.degrees([f(land_at(np.radians(place))[:, 1]) for f in (np.min, np.max)])
        assert lowest < low < high < highest


@pytest.mark.parametrize("case", ["seed +1", "seed +2"])
def test_what_is_said_and_shown_is_true_for_other_seeds(case):
    report = examine(cases(LowerDimensions, 2)[case], case, motion=False)
    assert report.findings == []
