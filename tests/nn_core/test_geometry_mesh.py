"""Meshes: no cracks, exact on every triangle or as near as asked, and lines that lie where they should."""

import numpy as np
import pytest

from nn_core.geometry import adaptive_mesh, creases, decision_boundary, refined, sheet_mesh
from nn_core.geometry.mesh import fans
from nn_core.network import Layer, Network

BOX = (-1.5, 1.5, -1.0, 2.0)


def random_network(sizes, activations="relu", seed=0):
    rng = np.random.default_rng(seed)
    network = Network.create(sizes, activations, rng=rng)
    for layer in network.layers:
        layer.bias[:] = 0.3 * rng.normal(size=layer.n_out)
    return network


def assert_tiles(mesh, box=BOX):
    """Triangles fill the box, turn left, and meet in whole edges; all segments are edges."""
    a, b, c = np.moveaxis(mesh.vertices[mesh.triangles], 1, 0)
    areas = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    size = (box[1] - box[0]) * (box[3] - box[2])
    assert areas.sum() == pytest.approx(size, rel=1e-12)
    assert (areas > 0).all()
    assert len(np.unique(mesh.vertices, axis=0)) == len(mesh.vertices)
    assert set(mesh.triangles.ravel()) == set(range(len(mesh.vertices)))

    edges = np.sort(mesh.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    edges, counts = np.unique(edges, axis=0, return_counts=True)
    assert counts.max() <= 2
    outline = {tuple(edge) for edge in edges[counts == 1].tolist()}
    assert {tuple(sorted(edge)) for edge in mesh.outline_segments.tolist()} == outline
    known = {tuple(edge) for edge in edges.tolist()}
    for segments in (mesh.grid_segments, mesh.crease_segments, mesh.boundary_segments):
        assert {tuple(sorted(edge)) for edge in segments.tolist()} <= known
    x_low, x_high, y_low, y_high = box
    ends = mesh.vertices[mesh.outline_segments]
    sides = [(ends[..., 0] == x_low), (ends[..., 0] == x_high), (ends[..., 1] == y_low), (ends[..., 1] == y_high)]
    assert np.any([side.all(axis=1) for side in sides], axis=0).all()


def length(vertices, segments):
    return np.linalg.norm(vertices[segments[:, 0]] - vertices[segments[:, 1]], axis=1).sum()


@pytest.mark.parametrize("boundary", [False, True])
@pytest.mark.parametrize(
    ("sizes", "activations"),
    [
        ([2, 2, 2], ["relu", "sigmoid"]),
        ([2, 3, 2], "relu"),
        ([2, 20, 2, 5], "relu"),
        ([2, 10, 10, 1], ["leaky_relu", "relu", "sigmoid"]),
        ([2, 6, 4], ["relu", "relu"]),
        ([2, 6, 4], ["hard_tanh", "relu6"]),
        ([2, 5, 5, 3], ["hard_sigmoid", "relu6", "hard_sigmoid(0.2, 0.5)"]),
        ([2, 3, 2], ["prelu(0.1, 1.0, -0.5)", "hard_tanh(-0.1, 0.2)"]),
    ],
)
def test_a_folded_sheet_is_exact_on_every_triangle(sizes, activations, boundary):
    network = random_network(sizes, activations)
    mesh = sheet_mesh(BOX, network, grid=0.25, boundary=boundary)
    assert_tiles(mesh)
    shares = np.random.default_rng(0).dirichlet(np.ones(3), len(mesh.triangles))
    inside = np.einsum("mi,mid->md", shares, mesh.vertices[mesh.triangles])
    at_corners, at_points = network.forward(mesh.vertices), network.forward(inside)
    for layer, corners, points in zip(network.layers, at_corners.a, at_points.a, strict=True):
        if layer.activation.slopes is not None:
            assert np.einsum("mi,mid->md", shares, corners[mesh.triangles]) == pytest.approx(points, abs=1e-13)
    if boundary:
        assert (mesh.classes == network.predict(inside)).all()
        exact = decision_boundary(network, BOX).segments
        assert length(mesh.vertices, mesh.boundary_segments) == pytest.approx(
            np.linalg.norm(exact[:, 0] - exact[:, 1], axis=1).sum(), rel=1e-12
        )
        assert set(map(tuple, np.sort(mesh.boundary_classes).tolist())) == set(
            map(tuple, decision_boundary(network, BOX).classes.tolist())
        )
    else:
        assert (mesh.classes == -1).all()
        assert len(mesh.boundary_segments) == 0


def test_creases_and_grid_lines_are_complete():
    network = random_network([2, 8, 6, 2])
    mesh = sheet_mesh(BOX, network, grid=0.3)
    for layer, neuron in mesh.crease_neurons:
        own = (mesh.crease_neurons == [layer, neuron]).all(axis=1)
        z = network.forward(mesh.vertices[mesh.crease_segments[own].ravel()]).z[layer][:, neuron]
        assert z == pytest.approx(0, abs=1e-14)
    exact = {(c.layer, c.neuron): c.segments for c in creases(network, BOX)}
    assert {tuple(pair) for pair in mesh.crease_neurons.tolist()} == set(exact)
    total = sum(np.linalg.norm(s[:, 0] - s[:, 1], axis=1).sum() for s in exact.values())
    assert length(mesh.vertices, mesh.crease_segments) == pytest.approx(total, rel=1e-12)

    ends = mesh.vertices[mesh.grid_segments]
    upright, level = (ends[:, 0, 0] == ends[:, 1, 0]), (ends[:, 0, 1] == ends[:, 1, 1])
    assert (upright ^ level).all()
    assert np.unique(ends[upright, 0, 0]) == pytest.approx(0.3 * np.arange(-4, 5), abs=1e-15)
    assert np.unique(ends[level, 0, 1]) == pytest.approx(0.3 * np.arange(-3, 7), abs=1e-15)
    assert length(mesh.vertices, mesh.grid_segments) == pytest.approx(9 * 3 + 10 * 3)


def test_a_sheet_with_nothing_on_it_is_two_triangles():
    mesh = sheet_mesh(BOX)
    assert len(mesh.triangles) == 2
    assert_tiles(mesh)


def test_a_grid_on_a_crease_keeps_both():
    mesh = sheet_mesh((-1, 1, -1, 1), Network([Layer([[1, 0]], [0], "relu")]), grid=1)
    assert length(mesh.vertices, mesh.crease_segments) == pytest.approx(2)
    assert length(mesh.vertices, mesh.grid_segments) == pytest.approx(4)


def test_the_same_sheet_comes_out_twice():
    network = random_network([2, 20, 20, 3])
    one, two = (sheet_mesh(BOX, network, grid=0.1, boundary=True) for _ in range(2))
    for name in one.__dataclass_fields__:
        assert (getattr(one, name) == getattr(two, name)).all()


def test_what_no_sheet_can_be_made_of_is_refused():
    with pytest.raises(ValueError, match="grid is 0"):
        sheet_mesh(BOX, grid=0)
    with pytest.raises(ValueError, match="over 1,000 lines"):
        sheet_mesh(BOX, grid=1e-9)
    with pytest.raises(ValueError, match="needs a network"):
        sheet_mesh(BOX, boundary=True)
    with pytest.raises(ValueError, match="stands behind a smooth layer"):
        sheet_mesh(BOX, random_network([2, 2, 2], ["tanh", "relu"]))
    with pytest.raises(ValueError, match="layer 1 has the smooth activation"):
        sheet_mesh(BOX, random_network([2, 2, 2], ["tanh", "identity"]), boundary=True)


def worst_distance(mesh, function):
    """How far the map is from the flat triangles at random points in them."""
    shares = np.random.default_rng(0).dirichlet(np.ones(3), len(mesh.triangles))
    inside = np.einsum("mi,mid->md", shares, mesh.vertices[mesh.triangles])
    flat = np.einsum("mi,mid->md", shares, function(mesh.vertices)[mesh.triangles])
    return np.linalg.norm(function(inside) - flat, axis=1).max()


@pytest.mark.parametrize("tolerance", [0.1, 0.01, 0.002])
@pytest.mark.parametrize("activation", ["tanh", "sin", "sigmoid"])
def test_flat_triangles_follow_a_smooth_map(activation, tolerance):
    network = random_network([2, 12, 3], [activation, activation])
    network.layers[0].weight *= 3

    def function(X):
        return network.forward(X).output

    mesh = adaptive_mesh(function, BOX, tolerance=tolerance, grid=0.5)
    assert_tiles(mesh)
    # The tolerance holds at some points of each triangle; elsewhere it may be missed by a little.
    assert worst_distance(mesh, function) <= 1.1 * tolerance
    assert length(mesh.vertices, mesh.grid_segments) == pytest.approx(5 * 3 + 5 * 3)


def test_triangles_are_small_only_where_the_map_bends():
    mesh = adaptive_mesh(lambda X: np.tanh(20 * X[:, :1]), (-4, 4, -4, 4), tolerance=0.01)
    assert_tiles(mesh, (-4, 4, -4, 4))
    middle = mesh.vertices[mesh.triangles].mean(axis=1)
    assert (np.abs(middle[:, 0]) < 0.5).mean() > 0.9
    assert len(adaptive_mesh(lambda X: X, BOX, tolerance=1e-6).triangles) == 128


def test_a_turning_point_in_the_middle_of_every_edge_is_no_straight_line():
    def function(X):
        return np.tanh(3 * X[:, :1])

    # Two triangles: every edge that isn't upright has its middle where the map turns.
    mesh = refined(sheet_mesh((-5, 5, -1, 1)), function, tolerance=0.02)
    assert worst_distance(mesh, function) <= 0.022


def test_faces_with_straight_angles_make_no_flat_triangles():
    # Without biases the second layer has z = 0 all over where the first is dead, so its creases end there.
    network = random_network([2, 3, 6, 2], seed=3)
    for layer in network.layers:
        layer.bias[:] = 0
    assert_tiles(sheet_mesh(BOX, network))
    corners = np.array([[0, 0], [0.5, 0], [1, 0], [0, 1]])
    triangles, face = fans(corners, np.arange(4), np.array([0, 4]))
    assert triangles.tolist() == [[1, 2, 3], [1, 3, 0]]
    assert face.tolist() == [0, 0]


def test_a_folded_sheet_can_be_refined_for_the_layer_that_bends():
    network = random_network([2, 4, 2], ["relu", "sigmoid"])
    network.layers[1].weight *= 3

    def function(X):
        return network.forward(X).output

    start = sheet_mesh(BOX, network, grid=0.5, boundary=True)
    mesh = refined(start, function, tolerance=0.003)
    assert len(mesh.triangles) > 2 * len(start.triangles)
    assert_tiles(mesh)
    assert worst_distance(mesh, function) <= 0.0033
    for name in ("grid_segments", "crease_segments", "boundary_segments", "outline_segments"):
        assert length(mesh.vertices, getattr(mesh, name)) == pytest.approx(length(start.vertices, getattr(start, name)))
    z = network.forward(mesh.vertices).z[0]
    for (a, b), (layer, neuron) in zip(mesh.crease_segments, mesh.crease_neurons, strict=True):
        assert layer == 0
        assert z[[a, b], neuron] == pytest.approx(0, abs=1e-14)
    assert (network.predict(mesh.vertices[mesh.triangles].mean(axis=1)) == mesh.classes).all()
    for (a, b), classes in zip(mesh.boundary_segments, mesh.boundary_classes, strict=True):
        (dx, dy), middle = mesh.vertices[b] - mesh.vertices[a], mesh.vertices[[a, b]].mean(axis=0)
        step = 1e-6 * np.array([-dy, dx])
        assert (network.predict([middle + step, middle - step]) == classes).all()


def test_maps_that_cannot_be_followed_are_refused(monkeypatch):
    with pytest.raises(ValueError, match="tolerance is 0"):
        adaptive_mesh(np.tanh, BOX, tolerance=0)
    with pytest.raises(ValueError, match="expected a finite row for each"):
        adaptive_mesh(lambda X: np.full(len(X), np.nan), BOX, tolerance=1)
    with pytest.raises(ValueError, match="expected a finite row for each"):
        adaptive_mesh(lambda X: X[0], BOX, tolerance=1)
    monkeypatch.setattr("nn_core.geometry.mesh.MOST_TRIANGLES", 5_000)
    with pytest.raises(ValueError, match="is it continuous"):
        adaptive_mesh(lambda X: np.sign(X - 0.1), BOX, tolerance=0.1)
