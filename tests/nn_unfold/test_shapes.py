"""The shape of the picture: sizes, frames and names."""

from __future__ import annotations

import numpy as np
import pytest

from nn_unfold.shapes import SHAPES, frame_for, is_of, lines_of, size_in, tag, unit_of

SIZES = [(1920, 1080), (854, 480), (1080, 1920), (1080, 1080), (1440, 1080), (1080, 1350), (860, 360), (200, 900)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("lines", [270, 360, 480, 720, 1080, 1440, 2160])
def test_a_picture_has_its_shape_and_even_sides(shape, lines):
    size = size_in(shape, lines)
    assert min(size) == lines
    assert not any(side % 2 for side in size)
    assert is_of(shape, *size)
    assert [other for other in SHAPES if is_of(other, *size)] == [shape]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("unit", [8.0, 10.0])
def test_a_frame_has_the_shape_of_its_picture_and_the_room_of_16_9(size, unit):
    width, height = frame_for(*size, unit)
    assert width / height == pytest.approx(size[0] / size[1])
    assert min(width, height) >= unit
    assert width * height >= unit**2 * 16 / 9 * (1 - 1e-9)
    assert min(width, height) == pytest.approx(unit) or width * height == pytest.approx(unit**2 * 16 / 9)
    assert unit_of(width, height) == pytest.approx(unit)


def test_lines_and_dots_have_the_width_of_a_picture_of_16_9_with_frame_units_as_large():
    assert lines_of(1080, *frame_for(1920, 1080)) == 1080
    assert lines_of(1920, *frame_for(1080, 1920)) == pytest.approx(1080)
    assert lines_of(1080, *frame_for(1080, 1080)) == pytest.approx(1080 * 0.75)


def test_each_shape_has_a_name_of_its_own_and_16_9_has_none():
    assert [tag(*size_in(shape, 480)) for shape in SHAPES] == ["", "9x16", "1x1", "4x3"]
    assert len({tag(*size) for size in SIZES}) == len(SIZES) - 1
    assert tag(1366, 768) == ""


def test_the_frame_of_16_9_is_that_of_manim():
    np.testing.assert_allclose(frame_for(1920, 1080), (128 / 9, 8.0), rtol=1e-12)
