"""Axes: numbers stand where they belong, in whatever unit, and from whatever zero they count."""

from __future__ import annotations

import numpy as np

from nn_unfold.space.axes import Axes
from nn_unfold.text.labels import Label
from nn_unfold.text.numbers import MINUS


def numbers(axes, axis):
    """The numbers along an axis, and where on it they stand."""
    shown = [(float(m.words.replace(MINUS, "-")), m.anchor) for m in axes.labels if isinstance(m, Label)]
    others = [i for i in range(3) if i != axis]
    corner = np.array([-2.0, -1.0, -3.0])
    return np.array([(value, place[axis]) for value, place in shown if np.allclose(place[others], corner[others])])


def test_numbers_count_from_zeros_in_units():
    axes = Axes((-2, 2, -1, 1, -3, 3), ("x_1", "x_2", "p"), most=4, at_corner=True, units=(1, 1, 6), zeros=(0, 0, -3))
    values, places = numbers(axes, 2).T
    np.testing.assert_allclose(places, -3 + 6 * values)
    assert values.max() == 1
    values, places = numbers(axes, 0).T
    np.testing.assert_array_equal(values, places)
