import numpy as np
import pytest
from scipy.spatial import cKDTree

from nn_core.datasets import load_digits, make_clusters
from nn_core.embedding import MODELS, Graph, force_layout, knn_graph, label_agreement, pca, stress, stress_layout
from nn_core.preprocessing import principal_axes


@pytest.mark.parametrize(("n", "d"), [(40, 3), (1100, 5)])
def test_neighbours_are_those_of_a_tree_even_far_from_the_origin(n, d):
    X = np.random.default_rng(0).normal(size=(n, d)) + 1e5
    graph = knn_graph(X, 7)
    distances, neighbours = cKDTree(X).query(X, 8)
    np.testing.assert_array_equal(graph.neighbours, neighbours[:, 1:])
    np.testing.assert_allclose(graph.distances, distances[:, 1:])


def test_a_point_is_never_its_own_neighbour_even_among_doubles():
    graph = knn_graph(np.zeros((6, 2)), 5)
    for i, row in enumerate(graph.neighbours):
        assert sorted(row) == [j for j in range(6) if j != i]


def test_weights_are_symmetric():
    weights = knn_graph([[0.0], [1.0], [3.0]], 1).adjacency().toarray()
    np.testing.assert_array_equal(weights, [[0, 1, 0], [1, 0, 0.5], [0, 0.5, 0]])


def test_label_agreement_by_hand():
    # In the row 0 0 1 1 1 the nearest of each point is alike for all but the third, which lies nearer to
    # the second.
    X = np.array([[0.0], [1.0], [2.5], [5.0], [6.0]])
    assert label_agreement(X, [0, 0, 1, 1, 1], 1) == pytest.approx(4 / 5)


def test_pca_is_the_view_along_the_principal_axes():
    X = np.random.default_rng(0).normal(size=(50, 4)) * [1, 5, 2, 3]
    points, explained = pca(X)
    np.testing.assert_allclose(points, principal_axes(X, 2).apply(X))
    assert points.shape == (50, 2)
    np.testing.assert_allclose(explained, points.var(axis=0) / X.var(axis=0).sum())


def pairs_by_hand(x, weight):
    """The sum over j of weight(d_ij^2) (x_i - x_j), one pair after the other."""
    total = np.zeros_like(x)
    for i in range(len(x)):
        for j in range(len(x)):
            if i != j:
                total[i] += weight(((x[i] - x[j]) ** 2).sum()) * (x[i] - x[j])
    return total


def test_the_first_step_of_springs_by_the_formula_of_fruchterman_and_reingold():
    x = np.random.default_rng(0).normal(size=(12, 2))
    x = (x - x.mean(axis=0)) / x.std(axis=0).max()
    graph = knn_graph(x, 2)
    moved = next(force_layout(graph, start=x, model="springs", steps=10))
    x = x * np.sqrt(12) / 4
    force = pairs_by_hand(x, lambda squares: 1 / squares)
    weights = graph.adjacency().toarray()
    for i, j in zip(*weights.nonzero(), strict=True):
        force[i] += weights[i, j] * np.linalg.norm(x[j] - x[i]) * (x[j] - x[i])
    length = np.linalg.norm(force, axis=1, keepdims=True)
    np.testing.assert_allclose(moved, x + force / length * np.minimum(length, np.sqrt(12) / 10), rtol=1e-4)


def test_the_first_step_of_student_t_goes_down_the_slope_of_what_t_sne_minimises():
    x = np.random.default_rng(0).normal(size=(10, 2))
    x = 0.01 * (x - x.mean(axis=0)) / x.std(axis=0).max()
    graph = knn_graph(x, 3)
    p = graph.adjacency().toarray()
    p /= p.sum()

    def objective(x):
        """The cross-entropy of the neighbourhoods p and q, with the early pull of 8."""
        likeness = 1 / (1 + ((x[:, None] - x[None]) ** 2).sum(axis=-1))
        np.fill_diagonal(likeness, 0)
        return np.log(likeness.sum()) - 8 * (p[p > 0] * np.log(likeness[p > 0])).sum()

    slope = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        h = np.zeros_like(x)
        h[place] = 1e-4
        slope[place] = (objective(x + h) - objective(x - h)) / 2e-4
    step = next(force_layout(graph, start=x, steps=10)) - x
    np.testing.assert_allclose(step, -len(x) / 8 * slope, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_layouts_settle_and_are_the_same_each_time(model):
    X, _ = make_clusters(25, rng=np.random.default_rng(0))
    graph, start = knn_graph(X, 5), np.random.default_rng(1).normal(size=(50, 2))
    paths = [np.array(list(force_layout(graph, start=start, model=model, steps=80))) for _ in range(2)]
    np.testing.assert_array_equal(*paths)
    assert paths[0].shape == (80, 50, 2)
    moves = np.linalg.norm(np.diff(paths[0], axis=0), axis=-1).mean(axis=1)
    assert moves[-1] < 0.1 * moves.max()
    assert label_agreement(paths[0][-1], np.repeat([0, 1], 25)) > 0.9


def test_points_on_one_spot_and_layouts_in_space_work():
    graph = knn_graph(np.random.default_rng(0).normal(size=(20, 4)), 3)
    for model in MODELS:
        *_, last = force_layout(graph, start=np.zeros((20, 2)), model=model, steps=3)
        assert np.isfinite(last).all()
        *_, last = force_layout(graph, start=np.random.default_rng(0).normal(size=(20, 3)), model=model, steps=3)
        assert last.shape == (20, 3)


def test_the_digits_come_apart():
    digits = load_digits()
    start, _ = pca(digits.X)
    *_, positions = force_layout(knn_graph(digits.X, 10), start=start)
    assert label_agreement(start, digits.y) < 0.5
    assert label_agreement(positions, digits.y) >= 0.75


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: knn_graph(np.ones((5, 2)), 5), "k is 5, expected 1 to 4"),
        (lambda: knn_graph(np.ones(5), 1), r"X has shape \(5,\)"),
        (lambda: knn_graph([[np.nan], [1.0]], 1), "NaN or infinity"),
        (lambda: force_layout(GRAPH, start=np.ones((3, 2))), r"start has shape \(3, 2\)"),
        (lambda: force_layout(GRAPH, start=np.ones((2, 2)), model="lava"), "no layout is called 'lava'"),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


GRAPH = Graph(np.array([[1], [0]]), np.ones((2, 1)))


def test_stress_never_rises_and_ends_at_distances_that_can_be_had():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 2))
    wanted = np.linalg.norm(X[:, None] - X, axis=2)
    start = X + rng.normal(0, 0.3, X.shape)
    way = [start, *stress_layout(wanted, start=start, steps=300)]
    stresses = [stress(x, wanted) for x in way]
    assert (np.diff(stresses) <= 1e-9).all()
    assert stresses[-1] < 1e-6 < stresses[0]


@pytest.mark.parametrize("wanted", [np.eye(2), [[0, 1], [2, 0]], [[0, -1], [-1, 0]], np.zeros((3, 3))])
def test_what_is_no_table_of_distances_is_refused(wanted):
    with pytest.raises(ValueError, match="distances"):
        stress([[0.0], [1.0]], wanted)
