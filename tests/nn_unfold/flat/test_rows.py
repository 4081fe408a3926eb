"""Rows of bars, tallies, and pictures of pixels: what they show are the numbers that they were given."""

from __future__ import annotations

import numpy as np
import pytest
from manim import UP, VGroup

from nn_unfold.errors import UnfoldError
from nn_unfold.flat.pixels import PixelGallery, Pixels, full_at
from nn_unfold.flat.rows import RowBars
from nn_unfold.flat.tally import Tally
from nn_unfold.text.labels import label

VALUES = np.array([-1.5, 0.0, 2.0])


def lengths(rows):
    """The signed length of each bar in units of its number."""
    corner, right = rows.frame.points[:2]
    unit = (right - corner)[0] / (rows.ends[1] - rows.ends[0])
    return np.array([(bar.points[3, 0] - bar.points[0, 0]) / unit for bar in rows.bars])


def test_bars_are_as_long_as_their_values_wherever_they_are():
    rows = RowBars([label(name) for name in "abc"], VALUES, (-2.0, 3.0))
    np.testing.assert_allclose(lengths(rows), VALUES, atol=1e-9)
    rows.shift(2 * UP).scale(0.5).set_values(VALUES[::-1])
    np.testing.assert_allclose(lengths(rows), VALUES[::-1], atol=1e-9)
    with pytest.raises(UnfoldError, match=r"3 rows, but the values have shape \(2,\)"):
        rows.set_values(VALUES[:2])
    with pytest.raises(UnfoldError, match="0, which 1 to 2 does not hold"):
        RowBars([label("a")], VALUES[:1], (1.0, 2.0))


def test_a_tally_counts_one_after_the_other():
    tally = Tally([label("a"), label("b")], [10, 4])
    assert [tally.show_counted(counted).total for counted in (0.5, 1.0, 1.5, 2.0)] == [5, 10, 12, 14]


def test_the_middles_of_pixels():
    pixels = Pixels(2.0, np.arange(4.0).reshape(2, 2), 3.0).shift(UP)
    np.testing.assert_allclose(pixels.middles()[:, :, :2], [[[-0.5, 1.5], [0.5, 1.5]], [[-0.5, 0.5], [0.5, 0.5]]])
    assert pixels.picture().shape == (16, 16, 4)
    assert len(pixels.numbers()) == 4


def test_a_gallery_dims_what_is_zero():
    weights = np.random.default_rng(0).normal(size=(3, 4, 4))
    gallery = PixelGallery(weights, [1.0, 0.0, 2.5], columns=2)
    assert [picture.get_fill_opacity() < 1 for picture in gallery.pictures] == [False, True, False]
    assert {picture.reach for picture in gallery.pictures} == {full_at(weights)}
    assert isinstance(gallery.mark(1).numbers, VGroup)
    with pytest.raises(UnfoldError, match=r"3 numbers, but the values have shape \(1,\)"):
        gallery.set_values([1.0])
