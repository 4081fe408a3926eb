"""The film input_space: points stand where their pixels say, and the numbers told are those of the data."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree

from nn_core.datasets import load_digits
from nn_unfold.out.checks import cases, examine
from nn_unfold.space.picture import PictureCloud
from nn_unfold.space.primitives import Cloud
from scenes.input_space import DAY, MOVED, NEAR, NIGHT, SCENE, SMOOTH, InputSpace, ThreePixels, scenes

BEATS = 10
_, POINT, LIKE, FAR, NOISE, CORNERS, DIGIT, SHIFTED, _, _ = range(BEATS)


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(InputSpace, (ThreePixels, Cloud, PictureCloud))


@pytest.fixture(scope="module")
def told(play):
    return play(InputSpace).told


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1].frame, f"{beat:02d}")


@pytest.mark.parametrize(("beat", "picture"), [(POINT, SCENE), (LIKE, SCENE), (FAR, MOVED)])
def test_the_point_is_the_picture_in_the_column(takes, beat, picture):
    [pixels] = takes[beat].shown[ThreePixels]
    [point] = [cloud for cloud in takes[beat].shown[Cloud] if not isinstance(cloud, PictureCloud)]
    np.testing.assert_allclose(pixels.values, picture)
    np.testing.assert_allclose(point.points[0], picture)
    greys = [square.get_fill_color().to_rgb()[0] for square in pixels.squares]
    np.testing.assert_allclose(greys, picture, atol=1 / 255)


@pytest.mark.parametrize("beat", [POINT, LIKE, NOISE, CORNERS])
def test_each_point_bears_its_own_picture(takes, beat):
    clouds = takes[beat].shown[PictureCloud]
    assert clouds
    for cloud in clouds:
        side = int(np.ceil(np.sqrt(len(cloud.points))))
        for number, point in enumerate(cloud.points):
            row, column = divmod(number, side)
            tile = cloud.contact[12 * row : 12 * row + 12, 12 * column : 12 * column + 12, 0]
            np.testing.assert_allclose(tile[6, [2, 6, 10]] / 255, np.clip(point, 0, 1), atol=1 / 255)


def test_what_is_told_is_true_of_what_is_drawn(takes, told):
    [near] = takes[LIKE].shown[PictureCloud]
    assert np.abs(near.points - SCENE).max() == pytest.approx(told[LIKE].values["most"])
    assert told[LIKE].values["most"] <= NEAR
    farthest = np.linalg.norm(near.points - SCENE, axis=1).max()
    assert told[FAR].values["times"] * farthest <= np.linalg.norm(MOVED - SCENE)
    [noise] = takes[NOISE].shown[PictureCloud]
    one, other = np.abs(np.diff(noise.points, axis=1)).T
    assert told[NOISE].values["smooth"] == ((one < SMOOTH) & (other < SMOOTH)).sum()
    day, night = takes[CORNERS].shown[PictureCloud]
    assert day.points.min() > night.points.max()


def test_digits_stand_at_their_distances(takes, told):
    X = load_digits().X_test
    moved = np.zeros((len(X), 28, 28))
    moved[:, :, 1:] = X.reshape(-1, 28, 28)[:, :, :-1]  # the last column of all digits is empty
    there = np.linalg.norm(moved.reshape(len(X), -1) - X, axis=1)
    other = KDTree(X).query(X, k=2)[0][:, 1]
    assert told[SHIFTED].values["more"] == (there > other).sum()
    digits, shifted = takes[SHIFTED].shown[PictureCloud]
    [chosen] = np.flatnonzero(np.isclose(other, told[DIGIT].values["near"]) & np.isclose(there, shifted.points[0, 0]))
    assert digits.points[:, 0].tolist() == [0, pytest.approx(other[chosen])]


def test_scenes_are_lit_by_day_and_dark_by_night():
    for light in (DAY, NIGHT):
        X = scenes(light, 500, np.random.default_rng(1))
        assert X.mean() == pytest.approx(light, abs=0.02)
        assert (np.abs(np.diff(X, axis=1)) < SMOOTH).all()


@pytest.mark.parametrize("case", ["seed +1", "seed +2"])
def test_what_is_said_and_shown_is_true_for_other_seeds(case):
    report = examine(cases(InputSpace, 2)[case], case, motion=False)
    assert report.findings == []
