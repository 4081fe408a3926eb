"""Level lines: every end on its level, and round shapes closed."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.geometry import level_lines, refined
from nn_core.geometry.mesh import squares

BOX = (-2.0, 2.0, -2.0, 2.0)


def test_of_an_affine_function_they_are_exact():
    mesh = squares(BOX, 3)
    values = mesh.vertices @ [1.0, -2.0] + 0.3
    lines = level_lines(mesh.vertices, mesh.triangles, values, [0.1])
    np.testing.assert_allclose(lines @ [1.0, -2.0] + 0.3, 0.1, atol=1e-12)
    # x - 2 y = -0.2 crosses the square from its left side to its right side.
    length = np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1).sum()
    np.testing.assert_allclose(length, np.hypot(4, 2))


def test_circles_are_closed_and_each_level_comes_in_turn():
    mesh = refined(squares(BOX, 8), lambda X: (X * X).sum(axis=1), tolerance=1e-3)
    values = (mesh.vertices**2).sum(axis=1)
    rings = [level_lines(mesh.vertices, mesh.triangles, values, [level]) for level in (1.0, 2.25)]
    for ring, radius in zip(rings, (1.0, 1.5), strict=True):
        np.testing.assert_allclose(np.linalg.norm(ring, axis=2), radius, atol=1e-3)
        length = np.linalg.norm(ring[:, 1] - ring[:, 0], axis=1).sum()
        np.testing.assert_allclose(length, 2 * np.pi * radius, rtol=1e-3)
    both = level_lines(mesh.vertices, mesh.triangles, values, [1.0, 2.25])
    np.testing.assert_array_equal(both, np.concatenate(rings))


def test_there_are_none_beyond_the_values():
    mesh = squares(BOX, 2)
    assert level_lines(mesh.vertices, mesh.triangles, np.ones(len(mesh.vertices)), [0.5, 1.0, 2.0]).shape == (0, 2, 2)


@pytest.mark.parametrize(
    ("values", "levels", "message"),
    [
        ([0.0, 1.0], [0.5], "values have shape"),
        ([0.0, 1.0, np.nan], [0.5], "values hold NaN"),
        ([0.0, 1.0, 2.0], [np.inf], "levels hold NaN or infinity"),
        ([0.0, 1.0, 2.0], ["high"], "levels hold text"),
    ],
)
def test_what_is_no_number_is_one_line(values, levels, message):
    with pytest.raises((TypeError, ValueError), match=message):
        level_lines(np.eye(3), np.array([[0, 1, 2]]), values, levels)
