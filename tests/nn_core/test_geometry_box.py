"""Boxes against what can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn_core.geometry import (
    box_around,
    box_corners,
    checked_box,
    grid_points,
    in_box,
    longer_side,
    pixel_middles,
    round_box,
    round_step,
)

BOX = (-1.0, 2.0, 0.5, 1.5)
COORDINATES = st.floats(-1e6, 1e6, allow_subnormal=False)


def test_corners_turn_counter_clockwise():
    x, y = box_corners(BOX).T
    assert (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2 == 3.0
    assert box_corners(BOX)[0].tolist() == [-1, 0.5]
    assert longer_side(BOX) == 3


def test_pixels_are_middles_and_the_top_row_comes_first():
    picture = pixel_middles(BOX, 3, 2).reshape(2, 3, 2)
    assert picture[0, 0] == pytest.approx([-0.5, 1.25])
    assert picture[1, 2] == pytest.approx([1.5, 0.75])
    assert len(pixel_middles(BOX, 4)) == 16
    # The mean over the pixels of an affine function is its value in the middle of the box.
    assert pixel_middles(BOX, 7, 5).mean(axis=0) == pytest.approx([0.5, 1.0])


def test_grid_points_reach_from_side_to_side():
    points = grid_points(BOX, 4)
    assert points[[0, 3, 12, 15]].tolist() == [[-1, 0.5], [2, 0.5], [-1, 1.5], [2, 1.5]]
    assert in_box(points, BOX).all()


def test_points_on_a_side_are_in_the_box():
    assert in_box([[-1, 0.5], [2, 1.5], [2.1, 1], [0, 0.4]], BOX).tolist() == [True, True, False, False]


@given(st.lists(st.tuples(COORDINATES, COORDINATES), min_size=1, max_size=8), st.sampled_from([0.0, 0.1, 2.0]))
def test_a_box_around_points_holds_them_and_is_none_without_room(points, margin):
    for square in (False, True):
        box = checked_box(box_around(points, margin=margin, square=square))
        x_min, x_max, y_min, y_max = box
        slack = 1e-12 * np.abs(box).max()
        assert in_box(points, (x_min - slack, x_max + slack, y_min - slack, y_max + slack)).all()
        if square:
            assert x_max - x_min == pytest.approx(y_max - y_min, abs=1e-9 * np.abs(box).max())


def test_margins_are_shares_of_the_longer_side():
    points = [[0, 0], [4, 2], [1, 1]]
    assert box_around(points, margin=0.5) == (-2, 6, -2, 4)
    assert box_around(points, margin=0.5, square=True) == (-2, 6, -3, 5)
    assert box_around([[3, 0], [3, 4]], margin=0) == (1, 5, 0, 4)
    assert box_around([[20, 0]], margin=0) == (10, 30, -10, 10)
    assert box_around([[0, 0]]) == (-0.5, 0.5, -0.5, 0.5)


@pytest.mark.parametrize(
    ("points", "margin", "message"),
    [
        (np.empty((0, 2)), 0.1, "at least one row"),
        ([1, 2], 0.1, r"shape \(2,\)"),
        ([[1, 2, 3]], 0.1, r"shape \(1, 3\)"),
        ([[0, np.nan]], 0.1, "finite"),
        ([[0, 0]], -1, "margin is -1"),
        ([[0, 0]], np.nan, "margin is nan"),
    ],
)
def test_points_without_a_box_are_told_in_a_line(points, margin, message):
    with pytest.raises(ValueError, match=message):
        box_around(points, margin=margin)


@given(st.floats(1e-9, 1e9))
def test_a_round_step_is_1_2_or_5_and_fits_five_times_at_least(length):
    step = round_step(length)
    digits = f"{step:e}"
    assert float(digits[: digits.index("e")]) in (1, 2, 5)
    assert 5 * step <= length * (1 + 1e-8)
    assert length < 12.6 * step


@given(st.tuples(COORDINATES, st.floats(1e-3, 1e3), COORDINATES, st.floats(1e-3, 1e3)))
def test_a_round_box_is_the_smallest_on_round_numbers(numbers):
    x, width, y, height = numbers
    box = (x, x + width, y, y + height)
    step = round_step(longer_side(box))
    rounded = round_box(box)
    shares = np.array(rounded) / step
    assert shares == pytest.approx(np.round(shares), abs=1e-6)
    out = np.array([-1, 1, -1, 1]) * (np.array(rounded) - box)
    assert (out >= -2e-9 * max(step, np.abs(box).max())).all()
    assert (out < step * (1 + 1e-6)).all()


def test_round_numbers_are_the_ones_that_one_would_write():
    assert round_box((-0.61, 0.59, 0.0, 0.3), 0.1) == (-0.7, 0.6, 0.0, 0.3)
    assert round_box((0.1 * 3, 0.7, -0.3, 0.3), 0.1) == (0.3, 0.7, -0.3, 0.3)
    assert round_box((1871, 2024, 0, 100_000)) == (0, 20_000, 0, 100_000)
    with pytest.raises(ValueError, match="step is 0"):
        round_box(BOX, 0)
    with pytest.raises(ValueError, match="length is -1"):
        round_step(-1)
