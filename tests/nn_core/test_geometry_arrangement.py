"""All lines at once against one line after the other, and against what can be counted."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn_core.geometry import linear_regions
from nn_core.geometry.arrangement import Sides, arrange, sides
from nn_core.geometry.folding import in_double, steps_of
from nn_core.geometry.subdivision import Subdivision
from nn_core.network import Layer, Network

BOX = (-1.0, 1.0, -1.0, 1.0)


def random_network(sizes, activations="relu", seed=0):
    rng = np.random.default_rng(seed)
    network = Network.create(sizes, activations, rng=rng)
    for layer in network.layers:
        layer.bias[:] = 0.3 * rng.normal(size=layer.n_out)
    return network


def cut_one_by_one(plane, rows, levels, tags):
    """The cutter that takes one line at a time."""
    for row, level, tag in zip(rows.tolist(), levels.tolist(), tags.tolist(), strict=True):
        sign = plane.cut(plane.values.now[row] - level, plane.slack.now[row], tag)
        plane.values.now[row, sign == 0] = level


def folded(network, box, cut):
    plane = Subdivision.of_box(box)
    for step in steps_of(in_double(network).layers):
        plane.affine(step.weight, step.bias)
        neurons, levels = step.lines()
        cut(plane, neurons, levels, neurons)
        plane.activate(step.pieces)
    return plane


def areas(plane):
    corners, begins = plane.polygons()
    x, y = plane.points.now[:, corners]
    return np.array(
        [(x[a:b] * np.roll(y[a:b], -1) - y[a:b] * np.roll(x[a:b], -1)).sum() / 2 for a, b in itertools.pairwise(begins)]
    )


def assert_same(network, box):
    """Both ways of cutting lead to the same faces, corners, edges and values."""
    at_once, one_by_one = folded(network, box, Subdivision.cut_rows), folded(network, box, cut_one_by_one)
    assert at_once.n_faces == one_by_one.n_faces
    n_corners, n_edges = at_once.points.now.shape[1], at_once.edges.now.shape[1]
    # Euler's formula for a box that is cut up, without the outside.
    assert n_corners - n_edges + at_once.n_faces == 1
    assert n_corners == one_by_one.points.now.shape[1]
    assert n_edges == one_by_one.edges.now.shape[1]
    scale = np.abs(box).max()
    assert np.sort(areas(at_once)) == pytest.approx(np.sort(areas(one_by_one)), abs=1e-11 * scale**2)
    # Each edge has its neuron, the same length of creases in all.
    for plane in (at_once, one_by_one):
        assert (np.bincount(plane.edges.now[2:4][plane.edges.now[2:4] >= 0]) >= 3).all()
    assert sorted(at_once.edges.now[4]) == sorted(one_by_one.edges.now[4])
    final = in_double(network).forward(at_once.points.now.T)
    size = np.abs(final.output).max(initial=1.0)
    assert pytest.approx(final.output, abs=1e-9 * size) == at_once.values.now.T
    return at_once


@pytest.mark.parametrize(
    ("sizes", "activations"),
    [
        ([2, 1], ["relu"]),
        ([2, 3], ["relu"]),
        ([2, 40], ["relu"]),
        ([2, 12, 12], ["relu", "leaky_relu"]),
        ([2, 10, 8, 6, 5], ["relu"] * 4),
        ([2, 12, 6], ["hard_tanh", "relu6"]),
        ([2, 6, 6], ["hard_sigmoid", "hard_sigmoid(0.2, 0.5)"]),
        ([2, 3, 4], ["prelu(0.1, 1.0, -0.5)", "soft_shrink(0.1)"]),
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_all_at_once_is_one_by_one(sizes, activations, seed):
    assert_same(random_network(sizes, activations, seed), (-1.5, 1.5, -1.0, 2.0))


def one_layer(weight, bias, activation="relu"):
    return Network([Layer(weight, bias, activation)])


def test_degenerate_lines_are_cut_as_before():
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, np.pi, 12)
    normals = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    # Through one point inside, on a side, in a corner, and just outside.
    for x, y in ((0, 0), (0.3, 0.1), (1, 0.2), (1, 1), (1 + 1e-15, 0.2), (0.1, -1 - 1e-13)):
        assert_same(one_layer(normals, -normals @ [x, y]), BOX)
    assert assert_same(one_layer(normals, np.zeros(12)), BOX).n_faces == 24
    # Coincident, mirrored, parallel, along a side, through corners, zero rows, lines that miss the box.
    weight = [[1, 0], [-2, 0], [1, 0], [1, 0], [0, 1], [1, 1], [1, -1], [0, 0], [0, 0], [0, 0], [1, 2], [3, 6]]
    bias = [0.2, -0.4, 0.2 + 1e-9, 1, -1, 0, 0, 0, 1, -1, 9, 27]
    plane = assert_same(one_layer(weight, bias), BOX)
    # Two upright lines 1e-9 apart, and both diagonals.
    assert plane.n_faces == 3 + 7 - 1 + 1
    # A triangle of lines far smaller than floats can tell, and one that they can.
    for size in (1e-17, 1e-13, 1e-9, 1e-5):
        assert_same(one_layer([[1, 0], [0, 1], [1, 1]], [0.25, 0.125, 0.375 + size]), BOX)
    # Points of a lattice through which diagonals go.
    lines = [(1, 0, k / 4) for k in range(-3, 4)] + [(0, 1, k / 4) for k in range(-3, 4)]
    lines += [(1, 1, k / 4) for k in range(-7, 8)]
    weight, bias = np.array(lines)[:, :2], np.array(lines)[:, 2]
    plane = assert_same(one_layer(weight, bias), BOX)
    assert plane.n_faces == 2 * 8 * 8


def test_lines_nearly_parallel_are_cut_as_before():
    for step in (1e-3, 1e-6, 1e-9, 1e-12, 1e-15):
        angle = 0.3 + step * np.arange(5)
        weight = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        rng = np.random.default_rng(0)
        assert_same(one_layer(weight, -weight @ [0.3, 0.1]), BOX)
        assert_same(one_layer(weight, step * rng.normal(size=5)), BOX)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(*[st.integers(-3, 3)] * 3), min_size=1, max_size=12))
def test_lines_of_small_whole_numbers_are_cut_as_before(lines):
    """Such lines meet in one point, coincide and run through corners all the time."""
    weight, bias = np.array(lines, float)[:, :2], np.array(lines, float)[:, 2]
    assert_same(one_layer(weight, bias), (-2.0, 2.0, -1.0, 3.0))
    assert_same(Network([Layer(weight, bias, "relu"), Layer(np.ones((3, len(lines))), [-2, 0, 1], "relu")]), BOX)


@pytest.mark.parametrize("n", [1, 2, 30, 200])
def test_lines_in_general_position_have_the_counts_of_the_formulas(n):
    rng = np.random.default_rng(n)
    angle = (np.arange(n) + rng.uniform(0.2, 0.8, n)) * np.pi / n
    weight, bias = np.stack([np.cos(angle), np.sin(angle)], axis=1), rng.uniform(-1, 1, n)
    side = 4.0 * n**2
    plane = folded(one_layer(weight, bias), (-side, side, -side, side), Subdivision.cut_rows)
    meetings = n * (n - 1) // 2
    assert plane.n_faces == 1 + n + meetings
    assert plane.points.now.shape[1] == 4 + 2 * n + meetings
    # n lines, each in n parts, and the four sides in 2 n more parts.
    assert plane.edges.now.shape[1] == 4 + 2 * n + n * n


def test_the_faces_know_their_sides():
    network = random_network([2, 70], ["relu"], seed=5)
    [step] = steps_of(in_double(network).layers)
    plane = Subdivision.of_box(BOX)
    plane.affine(step.weight, step.bias)
    neurons, levels = step.lines()
    told = plane.cut_and_tell(neurons, levels, neurons, keep_values=False)
    corners, begins = plane.polygons()
    middles = np.add.reduceat(plane.points.now.T[corners], begins[:-1]) / np.diff(begins)[:, None]
    np.testing.assert_array_equal(told.above(slice(None)), network.forward(middles).z[0] > 0)
    assert len(np.unique(told.words, axis=0)) == plane.n_faces
    # Without values the plane starts from its coordinates again.
    np.testing.assert_array_equal(plane.values.now, plane.points.now)


@pytest.mark.parametrize("n", [1, 8, 63, 64, 65, 200])
def test_sides_are_bits(n):
    above = np.random.default_rng(n).random((50, n)) < 0.5
    told = Sides.of(above)
    np.testing.assert_array_equal(told.above(slice(None)), above)
    np.testing.assert_array_equal(told.of_faces(np.array([7, 3])).above(np.array([1])), above[[3]])
    other = ~above[:, n // 2]
    told.put(n // 2, other)
    above[:, n // 2] = other
    np.testing.assert_array_equal(told.above(slice(10, 30)), above[10:30])


def test_two_lines_by_hand():
    points = np.array([[0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    edges = np.array([[0, 1, 2, 3], [1, 2, 3, 0], [0, 0, 0, 0], [-1, -1, -1, -1]])
    values = np.array([points[0] - 0.25, points[1] - 0.5])
    found = arrange(points, edges, 1, values, np.full(2, 1e-16))
    assert found.lines.tolist() == [0, 1]
    assert found.on_edge.tolist() == [0, 1, 2, 3]
    assert found.on_edge_line.tolist() == [0, 1, 0, 1]
    assert found.on_edge_share.tolist() == [0.25, 0.5, 0.75, 0.5]
    assert found.meeting_lines.tolist() == [[0], [1]]
    assert found.meeting_share.tolist() == [0.5]
    assert found.face_origin.tolist() == [0] * 4
    assert found.edges.shape == (4, 12)
    told = sides(found, values > 0, np.arange(2)).above(slice(None))
    assert sorted(map(tuple, told.tolist())) == [(False, False), (False, True), (True, False), (True, True)]


def test_a_hundred_thousand_cells_tile_the_box():
    rng = np.random.default_rng(3)
    n = 450
    angle = rng.uniform(0, np.pi, n)
    weight = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    network = Network([Layer(weight, -(weight * rng.uniform(-0.5, 0.5, (n, 2))).sum(axis=1), "relu")])
    network.layers.append(Layer(rng.normal(size=(3, n)), np.zeros(3)))
    cells = linear_regions(network, (-1.5, 1.5, -1.5, 1.5))
    assert len(cells) > 80_000
    assert cells.areas().sum() == pytest.approx(9, rel=1e-12)
    assert cells.areas().min() > -1e-15
    big = np.flatnonzero(cells.areas() > 1e-6)[::50]
    middles = np.array([cells[i].polygon.mean(axis=0) for i in big])
    trace = network.forward(middles)
    np.testing.assert_array_equal(cells.pattern[big], trace.z[0] > 0)
    logits = np.einsum("nki,ni->nk", cells.weight[big], middles) + cells.bias[big]
    assert logits == pytest.approx(trace.logits, abs=1e-11)
