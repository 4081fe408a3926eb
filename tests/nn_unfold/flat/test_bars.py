"""Bars: as high as their values, wherever the plot stands."""

from __future__ import annotations

import numpy as np
import pytest
from manim import RIGHT

from nn_unfold.errors import UnfoldError
from nn_unfold.flat.bars import Bars

VALUES = np.array([-1.5, 0.0, 0.5, 2.0])


def heights(bars):
    """The signed height of each bar in units of its axis."""
    ends = [bar.points[[0, -5]][:, 1] for bar in bars.bars]  # the first corner, on 0, and the last, at the value
    zero, one = bars.place([[1.0, 0.0], [1.0, 1.0]])[:, 1]
    return np.array([(last - first) / (one - zero) for first, last in ends])


def test_they_are_as_high_as_their_values():
    bars = Bars(VALUES, (-2.0, 2.0))
    np.testing.assert_allclose(heights(bars), VALUES, atol=1e-12)
    bars.shift(3 * RIGHT).scale(0.5).set_values(VALUES[::-1] / 2)
    np.testing.assert_allclose(heights(bars), VALUES[::-1] / 2, atol=1e-12)
    np.testing.assert_array_equal(bars.values, VALUES[::-1] / 2)


def test_they_stand_over_their_numbers_and_end_at_the_edge_of_the_plot():
    bars = Bars([0.3, 7.0], (0.0, 1.0))
    for number, bar in enumerate(bars.bars, start=1):
        assert bar.get_center()[0] == pytest.approx(bars.place([[number, 0.0]])[0, 0])
    np.testing.assert_allclose(heights(bars), [0.3, 1.0], atol=1e-12)


def test_what_cannot_be_shown_is_said_in_one_line():
    with pytest.raises(UnfoldError, match="the range 1 to 2 does not hold"):
        Bars(VALUES, (1.0, 2.0))
    with pytest.raises(UnfoldError, match=r"4 bars, but the values have shape \(3,\)"):
        Bars(VALUES, (-2.0, 2.0)).set_values(VALUES[:3])
