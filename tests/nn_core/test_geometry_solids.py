"""Planes in a box in space, against what wins at random points beside them."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from nn_core.geometry import plane_in_box, winning_planes

LOW, HIGH = np.array([-1.0, -0.5, 0.0]), np.array([1.0, 1.5, 2.0])


def area(polygon):
    seen = polygon - polygon[0]
    return np.linalg.norm(np.cross(seen[1:-1], seen[2:]).sum(axis=0)) / 2


def sampled_area(W, b, i, j, rng, n=200_000):
    """The area of where i and j win together: of points on their plane, the share in the box and above all others."""
    normal, offset = W[i] - W[j], b[j] - b[i]
    length = np.linalg.norm(normal)
    foot = normal * offset / length**2
    middle = (LOW + HIGH) / 2
    centre = middle - normal * ((middle @ normal - offset) / length**2)
    first, second = np.linalg.svd(normal[None])[2][1:]
    reach = np.linalg.norm(HIGH - LOW)
    u, v = rng.uniform(-reach, reach, (2, n))
    points = centre + u[:, None] * first + v[:, None] * second
    assert foot @ normal == pytest.approx(offset)
    scores = points @ W.T + b
    wins = (scores[:, i] >= scores.max(axis=1) - 1e-9) & ((points >= LOW) & (points <= HIGH)).all(axis=1)
    return (2 * reach) ** 2 * wins.mean()


@pytest.mark.parametrize(("n_classes", "seed"), [(2, 0), (3, 1), (4, 2), (6, 3)])
def test_each_piece_is_where_its_two_classes_win(n_classes, seed):
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(n_classes, 3)), 0.3 * rng.normal(size=n_classes)
    pieces = winning_planes(W, b, LOW, HIGH)
    found = {piece.classes: piece.polygon for piece in pieces}
    assert len(found) == len(pieces) > 0
    for (i, j), polygon in found.items():
        assert i < j
        scores = polygon @ W.T + b
        assert scores[:, i] == pytest.approx(scores[:, j], abs=1e-12)
        assert (scores.max(axis=1) <= scores[:, i] + 1e-12).all()
        assert ((polygon >= LOW - 1e-12) & (polygon <= HIGH + 1e-12)).all()
        # Counter-clockwise seen from the side of the first class, and convex.
        normal = W[i] - W[j]
        sides = np.roll(polygon, -1, axis=0) - polygon
        assert (np.cross(sides, np.roll(sides, -1, axis=0)) @ normal > 0).all()
    for i, j in combinations(range(n_classes), 2):
        expected = sampled_area(W, b, i, j, rng)
        size = area(found[i, j]) if (i, j) in found else 0.0
        assert size == pytest.approx(expected, abs=0.05 + 0.05 * expected)


def test_between_random_points_of_two_classes_lies_a_piece():
    rng = np.random.default_rng(4)
    W, b = rng.normal(size=(5, 3)), 0.3 * rng.normal(size=5)
    pieces = winning_planes(W, b, LOW, HIGH)
    for _ in range(300):
        start, end = rng.uniform(LOW, HIGH, (2, 3))
        share = np.linspace(0, 1, 4001)
        label = ((start + share[:, None] * (end - start)) @ W.T + b).argmax(axis=1)
        changes = {tuple(sorted(pair)) for pair in pairwise(label) if pair[0] != pair[1]}
        crossed = set()
        for polygon, (i, j) in pieces:
            normal, offset = W[i] - W[j], b[j] - b[i]
            at_start, at_end = start @ normal - offset, end @ normal - offset
            if at_start * at_end < 0:
                point = start + (end - start) * at_start / (at_start - at_end)
                inward = np.cross(normal, np.roll(polygon, -1, axis=0) - polygon)
                if (((point - polygon) * inward).sum(axis=1) > 0).all():
                    crossed.add((i, j))
        # Where the line passes close to a third class, 4,000 steps may jump over it.
        assert changes <= crossed


def test_one_output_competes_with_0():
    [piece] = winning_planes([[1, 0, 0]], [-0.5], LOW, HIGH)
    assert piece.classes == (0, 1)
    assert (piece.polygon[:, 0] == 0.5).all()
    assert area(piece.polygon) == pytest.approx(4)
    same = winning_planes([[0, 0, 0], [1, 0, 0]], [0, -0.5], LOW, HIGH)
    assert same[0].polygon.tolist() == piece.polygon.tolist()


def test_planes_that_are_equal_parallel_or_never_win():
    assert winning_planes([[1, 2, 3]] * 3, [0, 0, 0], LOW, HIGH) == []
    assert winning_planes([[1, 2, 3]] * 2, [0, 1], LOW, HIGH) == []
    assert winning_planes([[1, 0, 0], [0, 0, 0]], [5, 0], LOW, HIGH) == []
    # The second of two that are the same makes no piece of its own.
    twice = winning_planes([[1, 0, 0], [0, 0, 0], [0, 0, 0]], [0, 0, 0], LOW, HIGH)
    assert [piece.classes for piece in twice] == [(0, 1)]
    # The third only touches the ridge of the first two.
    roof = winning_planes([[1, 0, 0], [-1, 0, 0], [0, 0, 0]], [0, 0, 0], LOW, HIGH)
    assert [piece.classes for piece in roof] == [(0, 1)]
    fan = winning_planes([[1, 1, 1], [3, 3, 3], [2, 2, 2], [0, 0, 0]], [0.1, -1.9, -0.9, 1.1], LOW, HIGH)
    assert [piece.classes for piece in fan] == [(1, 3)]
    # Four classes that meet in one line: neighbours share a quarter of a plane, opposite ones nothing.
    cross = winning_planes([[1, 1, 0], [1, -1, 0], [-1, 1, 0], [-1, -1, 0]], np.zeros(4), LOW, HIGH)
    assert [piece.classes for piece in cross] == [(0, 1), (0, 2), (1, 3), (2, 3)]
    # A plane in a side of the box.
    [side] = winning_planes([[0, 0, 1], [0, 0, 0]], [-2, 0], LOW, HIGH)
    assert area(side.polygon) == pytest.approx(4)


@pytest.mark.parametrize(
    ("weight", "bias", "low", "high", "message"),
    [
        ([1, 2, 3], [0], LOW, HIGH, "weight has shape"),
        ([[1, 2]], [0], LOW, HIGH, "weight has shape"),
        ([[1, 2, 3]], [0, 1], LOW, HIGH, "weight has shape"),
        ([[1, 2, np.nan]], [0], LOW, HIGH, "finite"),
        ([[1, 2, 3]], [0], HIGH, LOW, "the first below the second"),
        ([[1, 2, 3]], [0], [0, 0], [1, 1], "the first below the second"),
    ],
)
def test_other_shapes_are_told_in_a_line(weight, bias, low, high, message):
    with pytest.raises(ValueError, match=message):
        winning_planes(weight, bias, low, high)


def test_a_plane_that_misses_the_box_is_empty():
    assert plane_in_box([1, 0, 0], 9, LOW, HIGH).shape == (0, 3)
