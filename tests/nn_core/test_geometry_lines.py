"""Creases, boundaries and lines pulled back, against the network's own numbers beside and between them."""

import tracemalloc

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.spatial import cKDTree

from nn_core.activations import Activation
from nn_core.geometry import class_regions, creases, decision_boundary, linear_regions, polylines, pull_back
from nn_core.geometry.lines import best_line_accuracy
from nn_core.network import Layer, Network

BOX = (-1.5, 1.5, -1.0, 2.0)
SQUARE = Activation.of("square", lambda z: z**2, lambda z: 2 * z)


def random_network(sizes, activations="relu", seed=0):
    rng = np.random.default_rng(seed)
    network = Network.create(sizes, activations, rng=rng)
    for layer in network.layers:
        layer.bias[:] = 0.3 * rng.normal(size=layer.n_out)
    # Outputs that are equal on average, so that every class has a place.
    network.layers[-1].bias -= network.logits(random_points(500)).mean(axis=0)
    return network


def random_points(n, seed=1):
    return np.random.default_rng(seed).uniform((BOX[0], BOX[2]), (BOX[1], BOX[3]), (n, 2))


def along(segments, shares=(0, 0.3, 1)):
    """Points on each segment (m, 2, 2), and the unit vector to its left: (m, len(shares), 2) and (m, 1, 2)."""
    start, way = segments[:, None, 0], segments[:, None, 1] - segments[:, None, 0]
    left = np.stack([-way[..., 1], way[..., 0]], axis=-1) / np.linalg.norm(way, axis=-1, keepdims=True)
    return start + np.array(shares)[:, None] * way, left


def n_crossings(segments, p, q):
    """How many of the segments (m, 2, 2) the straight way from p to q crosses."""

    def side(a, b, c):
        return (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) > (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])

    a, b = segments[:, 0], segments[:, 1]
    return ((side(a, b, p) != side(a, b, q)) & (side(p, q, a) != side(p, q, b))).sum()


@pytest.mark.parametrize(
    ("sizes", "activations"),
    [
        ([2, 10, 10, 3], "relu"),
        ([2, 6, 3, 6, 2], ["leaky_relu(0.3)", "identity", "relu", "identity"]),
        ([2, 8, 4, 2], ["relu", "relu", "tanh"]),
        ([2, 8, 4, 4, 2], ["relu", "relu", "tanh", "sigmoid"]),
        ([2, 8, 6, 3], "hard_tanh"),
        ([2, 6, 6, 6, 1], "relu6"),
        ([2, 6, 6, 2], ["hard_sigmoid", "hard_sigmoid(0.2, 0.5)", "sigmoid"]),
        ([2, 3, 4, 2], ["prelu(0.1, 1.0, -0.5)", "hard_tanh(-0.2, 0.1)", "identity"]),
    ],
)
def test_creases_are_where_neurons_switch_and_nowhere_else(sizes, activations):
    network = random_network(sizes, activations, seed=4)
    found = {(crease.layer, crease.neuron, crease.kink): crease.segments for crease in creases(network, BOX)}
    for (layer, neuron, kink), segments in found.items():
        points, left = along(segments)
        assert network.forward(points.reshape(-1, 2)).z[layer][:, neuron] == pytest.approx(kink, abs=1e-13)
        middle, step = along(segments, [0.5])[0][:, 0], 1e-7 * left[:, 0]
        assert (network.forward(middle + step).z[layer][:, neuron] > kink).all()
        assert (network.forward(middle - step).z[layer][:, neuron] < kink).all()
    starts, ends = random_points(200, 1), random_points(200, 2)
    at_start, at_end = network.forward(starts).z, network.forward(ends).z
    for layer, kind in enumerate(network.layers[:-1]):
        if kind.activation.slopes is None:
            assert all(number != layer for number, _, _ in found)
            continue
        pieces = kind.activation.pieces(kind.n_out)
        for (i, neuron), bends in np.ndenumerate(pieces.bends):
            kink = pieces.kinks[i]
            crosses = [
                n_crossings(found.get((layer, neuron, kink), np.empty((0, 2, 2))), p, q) % 2
                for p, q in zip(starts, ends, strict=True)
            ]
            switched = (at_start[layer][:, neuron] > kink) != (at_end[layer][:, neuron] > kink)
            assert crosses == list(switched & bends)


def test_a_crease_bends_where_an_earlier_layer_folds():
    network = Network([Layer(np.eye(2), [0, 0], "relu"), Layer([[1, 1]], [-1], "relu"), Layer([[1]], [0])])
    crease = creases(network, (-1, 2, -1, 2))[2]
    assert (crease.layer, crease.neuron) == (1, 0)
    [line] = polylines(crease.segments)
    assert line.tolist() == [[-1, 1], [0, 1], [1, 0], [1, -1]]


def test_double_neurons_each_have_their_crease_and_dead_ones_none():
    weight, bias = [[1, 2], [3, 6], [-1, -2], [0, 0], [0, 0], [1, 0]], [0.1, 0.3, -0.1, 0, 1, 9]
    found = creases(Network([Layer(weight, bias, "relu"), Layer(np.ones((1, 6)), [0])]), BOX)
    assert [crease.neuron for crease in found] == [0, 1, 2]
    first, second, mirrored = (crease.segments for crease in found)
    assert second == pytest.approx(first, abs=1e-15)
    assert mirrored[:, ::-1] == pytest.approx(first, abs=1e-15)


def test_the_creases_of_the_last_layer_count_when_asked():
    network = Network([Layer([[1, 0]], [0], "relu")])
    assert creases(network, BOX) == []
    assert len(creases(network, BOX, through_output=True)) == 1


def test_curved_creases_are_refused():
    with pytest.raises(ValueError, match=r"layer 2 \(relu\) stands behind a smooth layer, tanh"):
        creases(random_network([2, 3, 3, 2], ["tanh", "relu", "identity"]), BOX)


def assert_parts_classes(network, boundary, tie):
    points, left = along(boundary.segments, [0, 0.5, 1])
    z = network.logits(points.reshape(-1, 2))
    z = np.hstack([0 * z, z]) if network.n_out == 1 else z
    ends = np.repeat(boundary.classes, 3, axis=0)
    rows = np.arange(len(z))
    assert z[rows, ends[:, 0]] == pytest.approx(z[rows, ends[:, 1]], abs=tie)
    assert z[rows, ends[:, 0]] == pytest.approx(z.max(axis=1), abs=tie)
    long = np.linalg.norm(boundary.segments[:, 1] - boundary.segments[:, 0], axis=1) > 1e-5
    middle, step = points[long, 1], 1e-7 * left[long, 0]
    assert (network.predict(middle + step) == boundary.classes[long, 0]).all()
    assert (network.predict(middle - step) == boundary.classes[long, 1]).all()


@pytest.mark.parametrize("n_classes", [1, 2, 3, 6])
def test_exact_boundaries_part_the_classes(n_classes):
    network = random_network([2, 30, 10, n_classes], seed=6)
    boundary = decision_boundary(network, BOX)
    assert len(boundary.segments) > 10
    assert_parts_classes(network, boundary, tie=1e-13)
    if n_classes < 3:
        # With two classes every way between them crosses an odd number of times.
        starts, ends = random_points(300, 1), random_points(300, 2)
        odd = [n_crossings(boundary.segments, p, q) % 2 for p, q in zip(starts, ends, strict=True)]
        assert odd == list(network.predict(starts) != network.predict(ends))


def test_short_ways_between_classes_cross_the_boundary_between_them():
    network = random_network([2, 30, 10, 5], seed=6)
    segments = decision_boundary(network, BOX).segments
    starts = random_points(3000)
    ends = starts + 1e-2 * np.random.default_rng(3).normal(size=starts.shape)
    from_class, to_class = network.predict(starts), network.predict(ends)
    changed = np.flatnonzero(from_class != to_class)
    assert len(changed) > 10
    for i in changed:
        assert n_crossings(segments, starts[i], ends[i]) >= 1
    for i in np.flatnonzero(from_class == to_class)[:500]:
        assert n_crossings(segments, starts[i], ends[i]) != 1


def test_three_classes_meet_in_one_point():
    angle = np.array([0.3, 2.4, 4.5])
    network = Network([Layer(np.stack([np.cos(angle), np.sin(angle)], axis=1), [0.1, 0.2, 0.0])])
    segments, classes = decision_boundary(network, (-2, 2, -2, 2))
    assert classes.tolist() == [[0, 1], [0, 2], [1, 2]]
    points, counts = np.unique(segments.reshape(-1, 2), axis=0, return_counts=True)
    meeting = points[counts == 3]
    assert len(meeting) == 1
    assert np.ptp(network.logits(meeting)) < 1e-15


def test_a_network_with_equal_outputs_has_no_boundary():
    network = Network([Layer([[1, 1], [2, 0]], [0, 0], "relu"), Layer([[1, 2]] * 3, [0.5] * 3)])
    assert len(decision_boundary(network, BOX).segments) == 0
    assert {region.index for region in class_regions(network, BOX)} == {0}
    assert len(class_regions(network, BOX)) == len(linear_regions(network, BOX))
    constant = Network([Layer([[1, 1]], [0], "tanh"), Layer([[0]], [1])])
    assert decision_boundary(constant, BOX).segments.shape == (0, 2, 2)


@pytest.mark.parametrize("tolerance", [1e-1, 1e-3, 1e-5])
def test_a_smooth_boundary_keeps_its_tolerance_on_a_circle(tolerance):
    circle = Network([Layer(np.eye(2), [0, 0], SQUARE), Layer([[1, 1]], [-1])])
    segments, classes = decision_boundary(circle, (-2, 2.1, -2, 2.2), tolerance=tolerance)
    radius = np.linalg.norm(along(segments, np.linspace(0, 1, 7))[0], axis=-1)
    assert np.abs(radius - 1).max() <= tolerance
    assert (classes == [0, 1]).all()
    [ring] = polylines(segments)
    assert (ring[0] == ring[-1]).all()
    # Class 0, inside, is on the left: counter-clockwise, and once around.
    x, y = ring[:-1].T
    assert (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2 == pytest.approx(np.pi, abs=7 * tolerance)


@pytest.mark.parametrize("activation", ["tanh", "sin", "sigmoid", "softplus"])
@pytest.mark.parametrize("n_classes", [1, 2, 4])
def test_smooth_boundaries_stay_within_their_tolerance(activation, n_classes):
    network = random_network([2, 20, 10, n_classes], activation, seed=8)
    for layer in network.layers:
        layer.weight *= 2
    network.layers[-1].bias -= network.logits(random_points(500)).mean(axis=0)
    tolerance = 1e-3
    segments, classes = decision_boundary(network, BOX, tolerance=tolerance)
    assert len(segments) > 50
    points, left = along(segments, [0.1, 0.4, 0.8])
    # Beside a point where three classes meet a step may lead into the third one, on a short stretch.
    lengths = np.linalg.norm(segments[:, 1] - segments[:, 0], axis=1, keepdims=True)
    for side, label in ((1, classes[:, :1]), (-1, classes[:, 1:])):
        there = network.predict((points + side * tolerance * left).reshape(-1, 2)).reshape(-1, 3)
        wrong = (lengths * (there != label)).sum() / (3 * lengths.sum())
        assert wrong < (1e-12 if n_classes < 3 else 0.01)
    # Wherever the class changes on a short way, a segment is near.
    starts = random_points(20_000)
    way = 1e-2 * np.random.default_rng(3).normal(size=starts.shape)
    ends = np.clip(starts + way, (BOX[0], BOX[2]), (BOX[1], BOX[3]))
    changed = network.predict(starts) != network.predict(ends)
    assert changed.sum() > 20
    reached = cKDTree(along(segments, np.linspace(0, 1, 60))[0].reshape(-1, 2))
    distance, _ = reached.query((starts + ends)[changed] / 2)
    assert (distance <= np.linalg.norm(ends - starts, axis=1)[changed] / 2 + 2 * tolerance).all()


def test_the_default_tolerance_is_a_thousandth_of_the_box():
    circle = Network([Layer(np.eye(2), [0, 0], SQUARE), Layer([[1, 1]], [-1])])
    chosen = decision_boundary(circle, (-2, 2, -2, 2), tolerance=4e-3).segments
    assert (decision_boundary(circle, (-2, 2, -2, 2)).segments == chosen).all()


@pytest.mark.parametrize("tolerance", [0, -1, np.nan])
def test_a_tolerance_that_is_none_is_refused(tolerance):
    with pytest.raises(ValueError, match="must be above 0"):
        decision_boundary(random_network([2, 3, 2], "tanh"), BOX, tolerance=tolerance)


def test_a_tolerance_that_takes_too_many_triangles_is_refused(monkeypatch):
    monkeypatch.setattr("nn_core.geometry.boundary.MOST_TRIANGLES", 20_000)
    circle = Network([Layer(np.eye(2), [0, 0], SQUARE), Layer([[1, 1]], [-1])])
    with pytest.raises(ValueError, match="too small for 20,000 triangles"):
        decision_boundary(circle, BOX, tolerance=1e-9)


@pytest.mark.parametrize(("activation", "tie"), [("relu", 1e-13), ("leaky_relu", 1e-13), ("tanh", 1e-2)])
def test_a_hidden_line_comes_from_where_its_points_are_mapped_onto_it(activation, tie):
    network = random_network([2, 12, 2, 3], [activation, activation, "identity"], seed=9)
    hidden = Network(network.layers[:2])
    normal = np.array([1.0, -0.5])
    offset = float(hidden.forward([[0.2, 0.3]]).output[0] @ normal)
    segments = pull_back(normal, offset, hidden, BOX)
    assert len(segments) > 3
    points, left = along(segments)
    assert hidden.forward(points.reshape(-1, 2)).output @ normal == pytest.approx(offset, abs=tie)
    middle, step = along(segments, [0.5])[0][:, 0], 5e-3 * left[:, 0]
    ahead, behind = (hidden.forward(middle + sign * step).output @ normal for sign in (1, -1))
    assert (ahead >= behind).all()
    assert (ahead > offset).mean() > 0.9


def test_a_line_that_is_nowhere_reached_has_no_segments():
    assert pull_back([1], -1, Network([Layer([[1, 0]], [0], "relu")]), BOX).shape == (0, 2, 2)
    assert pull_back([1], 2, Network([Layer([[1, 0]], [0], "tanh")]), BOX).shape == (0, 2, 2)
    assert polylines(np.empty((0, 2, 2))) == []


def test_a_normal_of_another_width_is_refused():
    with pytest.raises(ValueError, match=r"normal has shape \(3,\), expected \(2,\)"):
        pull_back([1, 2, 3], 0, random_network([2, 4, 2]), BOX)


@pytest.mark.parametrize("seed", range(5))
def test_no_line_is_better_than_the_best_one(seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(7, 2)), rng.integers(0, 2, 7)
    heights = X @ rng.normal(size=(2, 5000))
    levels = np.sort(heights, axis=0)
    # Each direction has a line between any two neighbours, and one before all.
    levels = np.concatenate([levels[:1] - 1, (levels[:-1] + levels[1:]) / 2])
    right = ((heights[:, None] > levels) == y[:, None, None].astype(bool)).mean(axis=0)
    assert best_line_accuracy(X, y) == pytest.approx(np.maximum(right, 1 - right).max())


def test_the_best_line_parts_what_a_line_can_part():
    X = np.random.default_rng(0).normal(size=(50, 2))
    assert best_line_accuracy(X, X @ [2.0, -1.0] > 0.3) == 1.0


def separable(X, side):
    """Whether some line has the points of each side strictly on its own, by linear programming."""
    sign = np.where(side, 1.0, -1.0)
    rows = -sign[:, None] * np.column_stack([X, np.ones(len(X))])
    return linprog(np.zeros(3), A_ub=rows, b_ub=-np.ones(len(X)), bounds=(None, None)).status == 0


@pytest.mark.parametrize("seed", range(30))
def test_the_best_line_among_points_that_repeat_or_lie_on_lines(seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(-1, 2, (7, 2)) * [1.0, 1 / 3] + 0.1
    y = rng.integers(0, 2, 7)
    sides = [np.array(side) for side in np.ndindex(*[2] * 7)]
    best = max(np.mean(side == y) for side in sides if separable(X, side == 1))
    assert best_line_accuracy(X, y) == pytest.approx(best)
    assert best_line_accuracy(
        np.array([[0.6, -0.8], [0.8, 0.6]]) @ X.T @ np.eye(7)[0] + X @ [[0.6, 0.8], [-0.8, 0.6]], y
    ) == (pytest.approx(best))
    assert best_line_accuracy(1e200 * X, np.array(["no", "yes"])[y]) == pytest.approx(best)


def test_the_best_line_of_thousands():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 50, (3000, 2))
    y = X[:, 0] + 3 * X[:, 1] > 90
    wrong = rng.choice(3000, 60, replace=False)
    y[wrong] = ~y[wrong]
    tracemalloc.start()
    share = best_line_accuracy(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 1 - 60 / 3000 <= share < 1 - 50 / 3000
    assert peak < 100e6


def test_the_best_line_of_little():
    assert best_line_accuracy([[1, 2]], ["a"]) == 1
    assert best_line_accuracy([[1, 2]] * 5, [0, 0, 1, 1, 1]) == 0.6
    assert best_line_accuracy([[0, 0], [1, 1], [2, 2]], [0, 1, 0]) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="there are 3 classes; a line parts two"):
        best_line_accuracy(np.eye(3)[:, :2], [1, 2, 3])
