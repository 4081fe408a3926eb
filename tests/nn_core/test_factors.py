"""A matrix as a product: each factor does one thing, and together they are the matrix."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from nn_core.interpolation import factors

SHAPES = [(3, 2), (2, 3), (2, 2), (3, 3), (2, 1), (1, 2), (1, 3), (3, 1), (5, 2), (2, 5)]
NAMES = {
    1: ["rotate", "scale", "dimension", "rotate"],
    0: ["rotate", "scale", "rotate"],
    -1: ["rotate", "dimension", "scale", "rotate"],
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rank", [1, 3])
def test_the_product_is_the_matrix(shape, rank):
    rng = np.random.default_rng(sum(shape) + rank)
    for _ in range(20):
        weight = rng.normal(size=(shape[0], rank)) @ rng.normal(size=(rank, shape[1]))
        found = factors(weight)
        assert [factor.name for factor in found] == NAMES[int(np.sign(shape[0] - shape[1]))]
        product = reduce(lambda before, factor: factor.matrix @ before, found, np.eye(shape[1]))
        np.testing.assert_allclose(product, weight, atol=1e-12)
        for number, (name, matrix) in enumerate(found):
            if name == "rotate":
                np.testing.assert_allclose(matrix @ matrix.T, np.eye(len(matrix)), atol=1e-12)
                square = shape[0] == shape[1] <= rank
                mirror = square and number > 0 and np.linalg.det(weight) < 0
                assert np.linalg.det(matrix) == pytest.approx(-1 if mirror else 1)
            elif name == "scale":
                assert (matrix == np.diag(np.diag(matrix))).all()
                assert (np.diag(matrix) >= 0).all()
            else:
                np.testing.assert_array_equal(matrix, np.eye(*shape))
