"""Axes: numbers stand where they belong, in whatever unit, and from whatever zero they count."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from nn_core.preprocessing import normalise, principal_axes
from nn_unfold.errors import UnfoldError
from nn_unfold.space.axes import Axes
from nn_unfold.stage import layout
from nn_unfold.text.labels import Label
from nn_unfold.text.numbers import MINUS

STILLS = Path(__file__).parent / "stills"


def numbers(axes, axis):
    """The numbers along an axis, and where on it they stand."""
    shown = [(float(m.words.replace(MINUS, "-")), m.anchor) for m in axes.labels if isinstance(m, Label)]
    others = [i for i in range(3) if i != axis]
    corner = np.array([-2.0, -1.0, -3.0])
    return np.array([(value, place[axis]) for value, place in shown if np.allclose(place[others], corner[others])])


def test_still(play, snapshot):
    stage = play(runpy.run_path(str(STILLS / "data_in_their_own_units.py"))["DataInTheirOwnUnits"])
    snapshot(stage, "data_in_their_own_units")
    assert layout.findings(stage) == []


def test_numbers_count_from_zeros_in_units():
    axes = Axes((-2, 2, -1, 1, -3, 3), ("x_1", "x_2", "p"), most=4, at_corner=True, units=(1, 1, 6), zeros=(0, 0, -3))
    values, places = numbers(axes, 2).T
    np.testing.assert_allclose(places, -3 + 6 * values)
    assert values.max() == 1
    values, places = numbers(axes, 0).T
    np.testing.assert_array_equal(values, places)


def shown(axes):
    """The numbers of an axis in the plane and their positions: for x, then for y."""
    found = [(m.words, m.anchor) for m in axes.labels if isinstance(m, Label)]
    corner = axes.lines.points[0]
    along = [[(words, place[axis]) for words, place in found if place[1 - axis] == corner[1 - axis]] for axis in (0, 1)]
    return [[(float(words.replace(MINUS, "-").replace(",", "")), place) for words, place in each] for each in along]


def test_ticks_are_round_in_the_units_of_the_data_and_stand_where_the_scaling_puts_them():
    X = np.array([[1950.0, 2e4], [1987.0, 1.3e5], [2020.0, 9e5]])
    scaling = normalise(X)
    U = scaling.apply(X)
    axes = Axes((U[0, 0], U[2, 0], U[0, 1], U[2, 1]), units=scaling, at_corner=True)
    for axis, numbers in enumerate(shown(axes)):
        values, places = np.array(numbers).T
        assert 3 <= len(values) <= 9
        steps = np.diff(values)
        assert np.ptp(steps) == 0
        assert steps[0] in (10, 20, 1e5, 2e5)
        at = np.tile(X.mean(axis=0), (len(values), 1))
        at[:, axis] = values
        np.testing.assert_allclose(scaling.apply(at)[:, axis], places, atol=1e-9)
    assert "800,000" in [m.words for m in axes.labels if isinstance(m, Label)]


def test_a_rescaling_that_mixes_features_is_no_scale_of_axes():
    X = np.array([[0.0, 1.0], [1.0, 3.0], [2.0, 2.0]])
    with pytest.raises(UnfoldError, match=r"These 2 axes can't have the units of the data.*normalise"):
        Axes((-1, 1, -1, 1), units=principal_axes(X))
    with pytest.raises(UnfoldError, match=r"These 3 axes .* shape \(2, 2\)"):
        Axes((-1, 1, -1, 1, -1, 1), units=normalise(X))
    with pytest.raises(UnfoldError, match="A feature that never changes has no scale"):
        Axes((-1, 1, -1, 1), units=normalise([[0.0, 5.0], [1.0, 5.0]]))


def test_names_of_data_are_written_as_they_are():
    axes = Axes((-1, 1, -1, 1), ("petal length (cm)", "x_1 * y^2"), words=True)
    assert [m.words for m in axes.labels if isinstance(m, Label)][-2:] == ["petal length (cm)", "x_1 * y^2"]


def test_axes_of_very_different_lengths_have_ticks_of_their_own():
    axes = Axes((1950, 2020, 2e4, 9e5), at_corner=True)
    years, dollars = (np.array(numbers)[:, 0] for numbers in shown(axes))
    np.testing.assert_array_equal(years, np.arange(1950, 2021, 10))
    np.testing.assert_array_equal(dollars[dollars > 2020], np.arange(2e5, 9e5, 2e5))


def test_a_wide_number_does_not_reach_over_its_axis():
    axes = Axes((0, 8e5, 0, 8e5), at_corner=True, units=(1e5, 1e5))
    scaled = Axes((0, 8, 0, 8), at_corner=True, units=(1e-5, 1e-5))
    for each in (axes, scaled):
        beside = [m for m in each.labels if isinstance(m, Label) and m.anchor[0] == 0 and m.anchor[1] > 0]
        assert beside
        assert max(m.get_right()[0] for m in beside) < 0
    assert max(m.width for m in scaled.labels) > 0.6


def test_a_line_has_one_axis():
    axes = Axes((-1, 2), ("h_1",))
    assert np.ptp(axes.lines.points[:2, 0]) == pytest.approx(3.25)
    assert not axes.lines.points[:, 2].any()
