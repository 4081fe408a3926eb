"""The pieces of the plane against `forward` at random points, and against what can be counted by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn_core.geometry import class_regions, linear_regions, upper_envelope
from nn_core.network import Layer, Network

BOX = (-1.5, 1.5, -1.0, 2.0)


def random_network(sizes, activations="relu", seed=0):
    """A network with biases, so that its creases pass by the origin."""
    rng = np.random.default_rng(seed)
    network = Network.create(sizes, activations, rng=rng)
    for layer in network.layers:
        layer.bias[:] = 0.3 * rng.normal(size=layer.n_out)
    return network


def random_points(box, n, seed=1):
    return np.random.default_rng(seed).uniform((box[0], box[2]), (box[1], box[3]), (n, 2))


def area(box):
    return (box[1] - box[0]) * (box[3] - box[2])


def polygon_area(polygon):
    x, y = polygon.T
    return (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2


def locate(polygons, X):
    """Which polygon holds each point, and how far the point is from its nearest side, both (n,)."""
    order = np.argsort(X[:, 0])
    x, y = X[order].T
    where, margin = np.full(len(X), -1), np.full(len(X), -np.inf)
    for number, polygon in enumerate(polygons):
        low, high = np.searchsorted(x, [polygon[:, 0].min(), polygon[:, 0].max()])
        near = low + np.flatnonzero((y[low:high] >= polygon[:, 1].min()) & (y[low:high] <= polygon[:, 1].max()))
        distance = np.full(len(near), np.inf)
        for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            (dx, dy), length = end - start, np.linalg.norm(end - start)
            if length:
                side = (dx * (y[near] - start[1]) - dy * (x[near] - start[0])) / length
                distance = np.minimum(distance, side)
        deeper = distance > margin[order[near]]
        where[order[near[deeper]]], margin[order[near[deeper]]] = number, distance[deeper]
    return where, margin


def reach(network, X):
    """For each layer how large z can be without any cancelling, (n, n_out): the measure of rounding errors."""
    bound, bounds = np.abs(X), []
    for layer in network.layers:
        bound = bound @ np.abs(layer.weight).T + np.abs(layer.bias)
        bounds.append(bound)
        # A number that a kink was taken from has the rounding error of the kink.
        bound = bound + np.abs(layer.activation.kinks).max(initial=0)
    return bounds


def assert_cells_agree(network, cells, where, X):
    """The patterns and the maps of these cells are those of `forward` at these points, up to rounding."""
    trace, bounds = network.forward(X), reach(network, X)
    logits = np.einsum("nki,ni->nk", cells.weight[where], X) + cells.bias[where]
    assert (np.abs(logits - trace.logits) <= 1e-12 * bounds[-1]).all()
    widths = [layer.n_out for layer in network.layers[:-1]]
    patterns = np.split(cells.pattern[where], np.cumsum(widths)[:-1], axis=1) if widths else []
    for layer, z, bound, pattern in zip(network.layers, trace.z, bounds, patterns, strict=False):
        pieces = layer.activation.pieces(layer.n_out)
        piece = np.zeros(z.shape, int)
        near = np.zeros(z.shape, bool)
        for number, (kink, bends) in enumerate(zip(pieces.kinks, pieces.bends, strict=True), start=1):
            piece[(z > kink) & bends] = number
            near |= np.abs(z - kink) <= 1e-12 * (bound + abs(kink))
        assert ((pattern == piece) | near).all()


def assert_agrees(network, box, n):
    """Cells tile the box, and pattern and map are those of `forward` at n points 1e-9 and more from an edge."""
    cells = linear_regions(network, box)
    scale = np.abs(box).max()
    assert cells.areas().sum() == pytest.approx(area(box), rel=1e-12)
    assert cells.areas().min() > -1e-14 * scale**2

    X = random_points(box, n)
    where, margin = locate([cell.polygon for cell in cells], X)
    assert (margin >= -1e-14 * scale).all()
    clear = margin > 1e-9 * scale
    assert clear.mean() > 0.99
    for some in np.array_split(np.flatnonzero(clear), 1 + n // 20_000):
        assert_cells_agree(network, cells, where[some], X[some])
    return cells


def one_layer(weight, bias):
    return Network([Layer(weight, bias, "relu"), Layer(np.ones((1, len(weight))), [0.0])])


def test_a_million_points_agree_with_forward():
    cells = assert_agrees(random_network([2, 60, 2, 5]), BOX, 1_000_000)
    assert len(cells) > 1000


@pytest.mark.parametrize(
    ("sizes", "activations"),
    [
        ([2, 20, 20, 20, 4], "relu"),
        ([2, 1, 1, 1], "leaky_relu"),
        ([2, 12, 5, 12, 3], ["leaky_relu(0.2)", "identity", "relu", "identity"]),
        ([2, 15, 15, 2], ["leaky_relu(-0.5)", "leaky_relu(3)", "sigmoid"]),
        ([2, *[8] * 10, 3], "relu"),
        ([2, 4], ["identity"]),
        ([2, 100, 2, 5], "relu"),
        ([2, 20, 10, 4], "hard_tanh"),
        ([2, 12, 12, 12, 1], "relu6"),
        ([2, 15, 10, 3], ["hard_sigmoid", "hard_sigmoid(0.2, 0.5)", "identity"]),
        ([2, 10, 10, 2], ["hard_tanh(-0.3, 0.1)", "soft_shrink(0.2)", "identity"]),
        ([2, 3, 4, 2], ["prelu(0.1, 1.0, -0.5)", "prelu(2.0, 0.25, 0.0, 1.0)", "identity"]),
        ([2, 8, 8, 2], ["abs", "hard_tanh(0.1, 0.2)", "identity"]),
    ],
)
def test_points_agree_with_forward(sizes, activations):
    assert_agrees(random_network(sizes, activations, seed=3), BOX, 50_000)


def test_points_agree_far_from_the_origin_and_in_tiny_boxes():
    network = random_network([2, 30, 10, 3])
    assert_agrees(network, (1e3, 1e3 + 2, -5e2, -4e2), 20_000)
    assert_agrees(network, (-1e-6, 1e-6, -1e-6, 2e-6), 20_000)


def test_cells_are_convex_and_share_their_sides():
    network = random_network([2, 25, 10, 3])
    cells = linear_regions(network, BOX)
    sides = {}
    for number, cell in enumerate(cells):
        ring = cell.polygon
        one, two = np.roll(ring, -1, axis=0) - ring, np.roll(ring, -2, axis=0) - np.roll(ring, -1, axis=0)
        assert (one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0] >= -1e-14).all()
        for start, end in zip(ring.tolist(), np.roll(ring, -1, axis=0).tolist(), strict=True):
            sides[tuple(start), tuple(end)] = number
    alone = [side for side in sides if side[::-1] not in sides]
    on_box = [(a[0] == b[0] and a[0] in BOX[:2]) or (a[1] == b[1] and a[1] in BOX[2:]) for a, b in alone]
    assert all(on_box)
    # Neighbours differ in their patterns, otherwise they would be one cell.
    assert all(
        (cells[i].pattern != cells[sides[side[::-1]]].pattern).any() for side, i in sides.items() if side[::-1] in sides
    )


@pytest.mark.parametrize("n", [1, 3, 10, 100])
def test_lines_in_general_position_give_as_many_cells_as_the_formula(n):
    rng = np.random.default_rng(n)
    angle = (np.arange(n) + rng.uniform(0.2, 0.8, n)) * np.pi / n
    weight, bias = np.stack([np.cos(angle), np.sin(angle)], axis=1), rng.uniform(-1, 1, n)
    i, j = np.triu_indices(n, 1)
    crossings = np.linalg.solve(weight[np.stack([i, j], axis=1)], -bias[np.stack([i, j], axis=1)][..., None])
    side = 1.1 * max(2, np.abs(crossings).max(initial=0))
    cells = linear_regions(one_layer(weight, bias), (-side, side, -side, side))
    assert len(cells) == 1 + n + n * (n - 1) // 2
    assert len(np.unique(cells.pattern, axis=0)) == len(cells)


def test_lines_that_meet_or_never_meet_are_counted_right():
    n = 60
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(n, 2)) * rng.lognormal(size=(n, 1))
    assert len(linear_regions(one_layer(weight, np.zeros(n)), (-1, 1, -1, 1))) == 2 * n
    assert len(linear_regions(one_layer(weight, -weight @ [0.3, 0.1]), (-1, 1, -1, 1))) == 2 * n
    offsets = np.linspace(-0.9, 0.9, n)
    parallel = np.tile([0.6, 0.8], (n, 1))
    assert len(linear_regions(one_layer(parallel, offsets), (-1, 1, -1, 1))) == n + 1
    level, upright = np.tile([0.0, 1.0], (n, 1)), np.tile([1.0, 0.0], (n, 1))
    lattice = one_layer(np.vstack([level, upright]), np.tile(offsets, 2))
    assert len(linear_regions(lattice, (-1, 1, -1, 1))) == (n + 1) ** 2


def test_lines_nearly_parallel_still_meet_in_one_point():
    angle = np.array([0.1, 0.1 + 1e-4, 0.1 + 2e-4, 1.0, 2.0])
    weight = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    cells = linear_regions(one_layer(weight, -weight @ [0.3, 0.1]), (-1, 1, -1, 1))
    assert len(cells) == 10


def test_lines_closer_than_floats_can_tell_meet_in_one_point():
    rng = np.random.default_rng(1)
    weight = rng.normal(size=(30, 2))
    cells = linear_regions(one_layer(weight, 1e-18 * rng.normal(size=30)), (-1, 1, -1, 1))
    assert len(cells) == 60


def test_a_dead_neuron_however_large_blurs_no_crease():
    # The creases of the layers are 2e-4 apart, less than what rounds off in the neuron that is dead all over.
    first = Layer([[1, 0], [1, 0], [1e6, 0]], [-0.5002, 1, -1e12], "relu")
    network = Network([first, Layer([[0, 1, 1]], [-1.5], "relu"), Layer([[1]], [0])])
    cells = linear_regions(network, (0, 1, 0, 1))
    assert sorted(cells.areas()) == pytest.approx([2e-4, 0.4998, 0.5])


def test_a_dead_neuron_adds_nothing_however_large_the_weight_behind_it():
    network = Network([Layer([[1, 0], [1e150, 0]], [0, -1e151], "relu"), Layer([[1, 1e200]], [0])])
    cells = linear_regions(network, (-1, 1, -1, 1))
    assert sorted(cells.weight.tolist()) == [[[0.0, 0.0]], [[1.0, 0.0]]]


def test_a_badly_conditioned_corner_beside_a_cut_leaves_the_cut_whole():
    # Near the origin lines of wildly scaled neurons almost meet; one corner there is 0 up to its rounding, while
    # its neighbours on both sides are not.
    first = [[0, 0], [0, 0], [2e12, 0], [1e12, 2e12], [0, 0], [-2e12, -1e12]]
    second = [
        [1.34331971, 1.20705967, 1.51216199, -2.65460462, -1.03057617, 3.10655065],
        [-1.75777729, 0.65706997, 0.36713898, -0.97818449, -0.79758695, 0.3689823],
    ]
    network = Network(
        [
            Layer(first, [0, 0, 0, 0, 2, -100], "relu"),
            Layer(second, [0.30420888, -0.71682871], "leaky_relu"),
            Layer([[0, 0], [2, 0], [2, 2], [1, -1], [-1, 0]], [0, -100, 0, 0, 0], "relu"),
            Layer(np.ones((1, 5)), [0]),
        ]
    )
    assert_agrees(network, (-1, 1, -1, 1), 3000)


def test_a_network_by_hand():
    # a = relu(x, y); z = relu(a1 + a2 - 1): the diagonal of the unit square, and its level and upright rays.
    network = Network([Layer(np.eye(2), [0, 0], "relu"), Layer([[1, 1]], [-1], "relu"), Layer([[2]], [5])])
    cells = linear_regions(network, (-1, 2, -1, 2))
    found = {
        tuple(cell.pattern.tolist()): (cell.weight.tolist(), cell.bias.tolist(), polygon_area(cell.polygon))
        for cell in cells
    }
    flat = [[0.0, 0.0]]
    assert found == {
        (1, 1, 1): ([[2.0, 2.0]], [3.0], 3.5),
        (1, 1, 0): (flat, [5.0], 0.5),
        (1, 0, 1): ([[2.0, 0.0]], [3.0], 1.0),
        (1, 0, 0): (flat, [5.0], 1.0),
        (0, 1, 1): ([[0.0, 2.0]], [3.0], 1.0),
        (0, 1, 0): (flat, [5.0], 1.0),
        (0, 0, 0): (flat, [5.0], 1.0),
    }


def test_the_last_activation_counts_when_asked():
    network = Network([Layer([[1, 0], [0, 1]], [0, 0], "relu")])
    assert len(linear_regions(network, (-1, 1, -1, 1))) == 1
    cells = linear_regions(network, (-1, 1, -1, 1), through_output=True)
    assert len(cells) == 4
    X = random_points((-1, 1, -1, 1), 1000)
    where, _ = locate([cell.polygon for cell in cells], X)
    assert np.einsum("nki,ni->nk", cells.weight[where], X) == pytest.approx(np.maximum(X, 0))
    with pytest.raises(ValueError, match="layer 1 has the smooth activation 'tanh'"):
        linear_regions(Network([Layer([[1, 0]], [0], "tanh")]), BOX, through_output=True)


def test_cells_are_a_sequence():
    cells = linear_regions(random_network([2, 4, 2]), BOX)
    assert cells[-1].weight.tolist() == cells.weight[len(cells) - 1].tolist()
    assert [cell.pattern.tolist() for cell in cells[1:3]] == cells.pattern[1:3].tolist()
    assert len(list(cells)) == len(cells)
    with pytest.raises(IndexError):
        cells[len(cells)]


def test_the_same_network_gives_the_same_numbers():
    network = random_network([2, 20, 20, 3])
    one, two = linear_regions(network, BOX), linear_regions(network, BOX)
    for name in ("points", "corners", "begins", "weight", "bias", "pattern"):
        assert (getattr(one, name) == getattr(two, name)).all()


def test_single_precision_weights_are_taken_as_they_are():
    double = random_network([2, 10, 3])
    single = Network(Layer(x.weight.astype("f4"), x.bias.astype("f4"), x.activation) for x in double.layers)
    rounded = Network(Layer(x.weight.astype("f8"), x.bias.astype("f8"), x.activation) for x in single.layers)
    assert (linear_regions(single, BOX).points == linear_regions(rounded, BOX).points).all()


@pytest.mark.parametrize("box", [(0, 1, 0), (1, 0, 0, 1), (0, 0, 0, 1), (0, np.inf, 0, 1), (0, np.nan, 0, 1)])
def test_a_bad_box_is_refused(box):
    with pytest.raises(ValueError, match="expected \\(x_min, x_max, y_min, y_max\\)"):
        linear_regions(random_network([2, 2, 2]), box)


def test_networks_without_exact_regions_are_refused():
    with pytest.raises(ValueError, match="has 3 inputs"):
        linear_regions(random_network([3, 2, 2]), BOX)
    with pytest.raises(ValueError, match="layer 2 has the smooth activation 'sin'"):
        linear_regions(random_network([2, 2, 2, 2], ["relu", "sin", "identity"]), BOX)
    network = random_network([2, 2, 2])
    network.layers[1].weight[0, 0] = 1e200
    with pytest.raises(ValueError, match="too large"):
        linear_regions(Network([*network.layers, Layer([[1, 1]], [0])]), BOX)
    network.layers[1].weight[0, 0] = np.nan
    with pytest.raises(ValueError, match="layer 2 has weights that are not finite"):
        linear_regions(network, BOX)


def test_each_plane_that_wins_has_one_convex_region():
    rng = np.random.default_rng(5)
    weight, bias = rng.normal(size=(40, 2)), 0.5 * rng.normal(size=40)
    # Tangent planes of a paraboloid all win; the first 40 win or not as it happens.
    touch = rng.uniform(-1, 1, (20, 2))
    weight, bias = np.vstack([weight, 6 * touch]), np.append(bias, 4 - 3 * (touch**2).sum(axis=1))
    regions = upper_envelope(weight, bias, BOX)
    assert len({region.index for region in regions}) == len(regions)
    assert set(range(40, 60)) <= {region.index for region in regions}
    assert len(regions) < 60
    assert sum(polygon_area(region.polygon) for region in regions) == pytest.approx(area(BOX), rel=1e-12)
    X = random_points(BOX, 200_000)
    where, margin = locate([region.polygon for region in regions], X)
    won = np.array([region.index for region in regions])[where]
    assert (margin > -1e-12).all()
    assert (won == (X @ weight.T + bias).argmax(axis=1))[margin > 1e-9].all()
    for region in regions:
        sides = np.roll(region.polygon, -1, axis=0) - region.polygon
        following = np.roll(sides, -1, axis=0)
        assert (sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0] > 0).all()


def test_ties_parallels_and_losers_of_an_envelope():
    box = (-1, 1, -1, 1)
    same = upper_envelope([[1, 2]] * 3, [0.5] * 3, box)
    assert [(region.index, polygon_area(region.polygon)) for region in same] == [(0, 4.0)]
    stacked = upper_envelope([[1, 2]] * 3, [0.5, 0.7, 0.6], box)
    assert [region.index for region in stacked] == [1]
    # The ridge of a roof just touches the third plane along a line: it never wins.
    roof = upper_envelope([[1, 0], [-1, 0], [0, 0]], [0, 0, 0], box)
    assert [region.index for region in roof] == [0, 1]
    corners = upper_envelope([[1, 1], [1, -1], [-1, 1], [-1, -1]], np.zeros(4), box)
    assert [polygon_area(region.polygon) for region in corners] == [1.0] * 4
    assert upper_envelope([[1, 1]], [0], box)[0].polygon.tolist() == [[-1, -1], [1, -1], [1, 1], [-1, 1]]


@pytest.mark.parametrize(
    ("weight", "bias"),
    [([1, 2], [0]), ([[1, 2]], [0, 1]), ([[1, 2, 3]], [0]), (np.empty((0, 2)), []), ([[1, np.inf]], [0])],
)
def test_an_envelope_of_something_else_is_refused(weight, bias):
    with pytest.raises(ValueError, match="weight"):
        upper_envelope(weight, bias, BOX)


@pytest.mark.parametrize("n_classes", [1, 2, 5])
def test_every_region_has_the_class_that_the_network_predicts(n_classes):
    network = random_network([2, 20, 8, n_classes], seed=2)
    regions = class_regions(network, BOX)
    assert sum(polygon_area(region.polygon) for region in regions) == pytest.approx(area(BOX), rel=1e-12)
    X = random_points(BOX, 50_000)
    where, margin = locate([region.polygon for region in regions], X)
    label = np.array([region.index for region in regions])[where]
    assert len(np.unique(label)) == max(2, n_classes)
    assert (label == network.predict(X))[margin > 1e-9].all()


KINDS = ["relu", "relu", "leaky_relu", "identity", "hard_tanh", "relu6", "hard_sigmoid"]
ODD_FACTORS = [0.0, 1.0, -1.0, 2.0, 1 / 3]


@st.composite
def degenerate_networks(draw):
    """Small networks with every fault: zero rows, doubles, dead layers, equal outputs, wild scales."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    widths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    sizes = [2, *widths, draw(st.integers(1, 4))]
    layers = []
    for n_in, n_out in itertools.pairwise(sizes):
        weight, bias = rng.normal(size=(n_out, n_in)), rng.normal(size=n_out)
        fault = draw(st.sampled_from(["none", "whole", "zero", "double", "shifted", "dead", "equal", "no bias"]))
        row = draw(st.integers(0, n_out - 1))
        if fault == "whole":
            weight, bias = np.round(weight), np.round(bias)
        elif fault == "zero":
            weight[row], bias[row] = 0, draw(st.sampled_from([0.0, 1.0, -1.0]))
        elif fault == "double":
            factor = draw(st.sampled_from(ODD_FACTORS))
            weight[row], bias[row] = factor * weight[0], factor * bias[0]
        elif fault == "shifted":
            weight[row], bias[row] = weight[0], bias[0] + draw(st.sampled_from([1e-9, 1e-12, 1e-16]))
        elif fault == "dead":
            bias -= 100
        elif fault == "equal":
            weight[:], bias[:] = weight[0], bias[0]
        elif fault == "no bias":
            bias[:] = 0
        weight *= draw(st.sampled_from([1, 1, 1e-12, 1e12]))
        bias *= draw(st.sampled_from([1, 1, 1e-12, 1e12]))
        weight[row] *= draw(st.sampled_from([1, 1, 1e-12, 1e12]))
        layers.append(Layer(weight, bias, draw(st.sampled_from(KINDS))))
    return Network(layers)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(degenerate_networks(), st.sampled_from([(-1, 1, -1, 1), (-3e3, 2e3, 1e3, 5e3), (1e-3, 3e-3, 0, 1e-3)]))
def test_degenerate_networks_agree_with_forward(network, box):
    assert_agrees(network, box, 2_000)
    regions = class_regions(network, box)
    assert sum(polygon_area(region.polygon) for region in regions) == pytest.approx(area(box), rel=1e-9)
    X = random_points(box, 2_000)
    where, margin = locate([region.polygon for region in regions], X)
    label = np.array([region.index for region in regions])[where]
    # A class may only differ from the predicted one where rounding decides between them.
    logits, bound = network.logits(X), reach(network, X)[-1].max(axis=1)
    scores = np.hstack([0 * logits, logits]) if network.n_out == 1 else logits
    behind = scores.max(axis=1) - scores[np.arange(len(X)), label]
    assert (behind <= 1e-12 * bound)[margin > 1e-9 * np.abs(box).max()].all()
