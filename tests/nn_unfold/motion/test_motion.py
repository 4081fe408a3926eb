"""Flows are closed forms of time that begin where things stand and end where the network puts them."""

from __future__ import annotations

import numpy as np
import pytest
from manim import linear, smooth

from nn_core.network import Layer, Network
from nn_core.preprocessing import principal_axes
from nn_core.projections import onto_principal_axes, tells_apart
from nn_unfold.errors import UnfoldError
from nn_unfold.motion.flows import ActivationFlow, AffineFlow, Morph, Passage, lay
from nn_unfold.space.base import SpatialGroup, destinations, in_space, spatial_parts
from nn_unfold.space.primitives import Cloud, Faces, Segments
from nn_unfold.space.sheet import Sheet
from nn_unfold.text.numbers import LiveAffine
from nn_unfold.theme import theme

MATRICES = {
    "turn and stretch": [[1.2, -0.7], [0.4, 0.9]],
    "half a turn": [[-1.0, 0.0], [0.0, -1.0]],
    "mirror": [[0.0, 1.0], [1.0, 0.0]],
    "singular": [[1.0, 2.0], [2.0, 4.0]],
    "nothing": [[0.0, 0.0], [0.0, 0.0]],
    "into space": [[1.0, 0.5], [-0.3, 1.0], [0.2, 0.7]],
    "to a line": [[1.0, -1.0]],
    "in space": [[1.0, 0.2, 0.0], [0.0, 1.0, -0.5], [0.3, 0.0, 1.0]],
    "out of space": [[1.0, 0.5, -0.3], [0.2, 1.0, 0.7]],
}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def layer(name, activation="relu") -> Layer:
    weight = np.array(MATRICES[name])
    return Layer(weight, np.linspace(-0.5, 0.8, len(weight)), activation)


def moved(flow, thing, share) -> np.ndarray:
    flow.begin()
    flow.interpolate(share)
    return thing.points


@pytest.mark.parametrize("kind", ["polar", "svd", "lerp"])
@pytest.mark.parametrize("name", MATRICES)
def test_an_affine_flow_ends_at_the_map_of_the_layer(rng, name, kind):
    it = layer(name)
    X = rng.normal(size=(20, it.n_in))
    cloud = Cloud(in_space(X) if it.n_in > 1 else X)
    flow = AffineFlow(cloud, layer=it, kind=kind)
    np.testing.assert_allclose(moved(flow, cloud, 0.0), in_space(X), atol=1e-12)
    flow.interpolate(1.0)
    expected = np.zeros((20, 3))
    expected[:, : it.n_out] = X @ it.weight.T + it.bias
    np.testing.assert_allclose(cloud.points, expected, atol=1e-9)


def test_an_affine_flow_does_not_jump(rng):
    cloud = Cloud(rng.normal(size=(20, 2)))
    flow = AffineFlow(cloud, layer=layer("turn and stretch"))
    flow.begin()
    places = []
    for t in np.linspace(0, 1, 601):
        flow.interpolate(t)
        places.append(cloud.points)
    steps = np.linalg.norm(np.diff(places, axis=0), axis=2).max(axis=1)
    assert steps.max() < 0.05


def test_a_turn_keeps_lengths_all_the_way(rng):
    c, s = np.cos(2.5), np.sin(2.5)
    X = rng.normal(size=(20, 2))
    cloud = Cloud(X)
    flow = AffineFlow(cloud, layer=Layer(np.array([[c, -s], [s, c]]), np.zeros(2), "identity"))
    flow.begin()
    for t in np.linspace(0, 1, 13):
        flow.interpolate(t)
        np.testing.assert_allclose(np.linalg.norm(cloud.points, axis=1), np.linalg.norm(X, axis=1), atol=1e-9)


def test_the_numbers_that_are_read_out_are_those_of_the_map_at_that_moment(rng):
    it = layer("into space")
    X = rng.normal(size=(20, 2))
    cloud, shown = Cloud(X), []
    flow = AffineFlow(cloud, layer=it)
    numbers = LiveAffine(np.eye(3, 2), np.zeros(3))
    numbers.show = lambda weight, bias: shown.append((weight, bias))
    read_out = flow.read_out(numbers)
    flow.begin()
    for t in (0.0, 0.2, 0.5, 0.9, 1.0):
        flow.interpolate(t)
        read_out.interpolate(t)
        weight, bias = shown[-1]
        np.testing.assert_allclose(cloud.points, X @ weight.T + bias, atol=1e-9)
    assert read_out.run_time == flow.run_time
    np.testing.assert_allclose(shown[-1][0], it.weight, atol=1e-12)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh", "sin", "identity"])
def test_an_activation_flow_blends_from_nothing_to_the_whole(rng, activation):
    it = Layer(np.eye(2), np.zeros(2), activation)
    z = rng.normal(size=(20, 3))
    cloud = Cloud(z)
    flow = ActivationFlow(cloud, layer=it)
    flow.begin()
    for share in (0.0, 0.3, 1.0):
        flow.interpolate(share)
        t = smooth(share)
        np.testing.assert_allclose(cloud.points[:, :2], (1 - t) * z[:, :2] + t * it.activation(z[:, :2]), atol=1e-9)
        # An activation never acts on an axis that the layer does not have.
        np.testing.assert_array_equal(cloud.points[:, 2], z[:, 2])
    np.testing.assert_array_equal(cloud.points[:, :2], it.activation(z[:, :2]))


def test_in_turn_one_neuron_folds_after_the_other(rng):
    it = Layer(np.eye(2), np.zeros(2), "relu")
    z = rng.normal(size=(20, 2))
    cloud = Cloud(z)
    flow = ActivationFlow(cloud, layer=it, in_turn=True)
    half = moved(flow, cloud, 0.5)
    np.testing.assert_allclose(half[:, 0], np.maximum(z[:, 0], 0), atol=1e-12)
    np.testing.assert_allclose(half[:, 1], z[:, 1], atol=1e-12)
    flow.interpolate(1.0)
    np.testing.assert_array_equal(cloud.points[:, :2], np.maximum(z, 0))


def test_a_passage_goes_through_a_network_and_back(rng):
    network = Network.create([2, 3, 2], ["relu", "sigmoid"], rng=rng)
    X = rng.normal(size=(20, 2))
    cloud = Cloud(X)
    forwards = Passage(cloud, layers=network.layers, start=0, stop=2, rate_func=linear)
    trace = network.forward(X)
    for share, expected in ((0.0, X), (0.25, trace.z[0]), (0.5, trace.a[0]), (0.75, trace.z[1]), (1.0, trace.a[1])):
        np.testing.assert_allclose(moved(forwards, cloud, share), in_space(expected), atol=1e-9)
    back = Passage(cloud, layers=network.layers, start=2, stop=0, rate_func=linear)
    np.testing.assert_allclose(moved(back, cloud, 0.5), trace.a[0], atol=1e-9)
    back.interpolate(1.0)
    np.testing.assert_array_equal(cloud.points, in_space(X))


@pytest.mark.parametrize("depth", [0, 1, 1.5, 2])
def test_a_sheet_that_is_split_finer_is_laid_where_the_network_has_it(depth):
    layers = [layer("turn and stretch"), layer("mirror", "sigmoid")]
    network = Network(layers)
    sheet = Sheet((-2, 2, -1, 1), network)
    shown = sheet.faces, sheet.grid, sheet.outline, *sheet.creases
    coarse, look = len(sheet.faces.triangles), [part.get_opacity() for part in shown]
    tolerance = 1e-3
    lay(sheet.show(network, tolerance=tolerance), layers, depth)
    assert len(sheet.faces.triangles) > 2 * coarse
    assert [part.get_opacity() for part in shown] == look
    for part in spatial_parts([sheet]):
        x = part.origin[:, :2]
        hidden = Network(layers[:1]).forward(x).output
        expected = {0: x, 1: hidden, 1.5: network.logits(x), 2: network.forward(x).output}[depth]
        np.testing.assert_allclose(part.points[:, :2], expected, atol=1e-12)
    # In the middle of a triangle too it is there, to the tolerance.
    corners = sheet.faces.origin[sheet.faces.triangles]
    flat, bent = (network.forward(u).output for u in (corners.reshape(-1, 2), corners.mean(axis=1)))
    assert np.abs(flat.reshape(-1, 3, 2).mean(axis=1) - bent).max() < tolerance


def test_a_passage_leaves_alone_what_came_from_nowhere():
    faces = Faces([[0, 0], [1, 0], [0, 1]], [[0, 1, 2]], [1, 1, 1, 1])
    passage = Passage(faces, layers=[layer("turn and stretch")], start=0, stop=1)
    np.testing.assert_array_equal(moved(passage, faces, 1.0), [[0, 0, 0], [1, 0, 0], [0, 1, 0]])


def test_a_flow_may_be_sought_in_any_order(rng):
    """Nothing accumulates: the place at a moment does not depend on the moments before."""
    it = layer("turn and stretch")
    cloud = Cloud(rng.normal(size=(20, 2)))
    flow = AffineFlow(cloud, layer=it)
    flow.begin()
    straight = {t: (flow.interpolate(t), cloud.points.copy())[1] for t in np.linspace(0, 1, 11)}
    for t in rng.permutation(list(straight)):
        flow.interpolate(t)
        np.testing.assert_array_equal(cloud.points, straight[t])


def test_destinations_are_where_flows_lead_one_after_the_other(rng):
    it = layer("turn and stretch")
    X = rng.normal(size=(5, 2))
    cloud, other = Cloud(X), Segments([[[0, 0], [1, 1]]], [1, 1, 1, 1])
    flows = [AffineFlow(cloud, layer=it), ActivationFlow(cloud, layer=it)]
    start, *_, end = destinations([cloud, other], flows, samples=3)
    np.testing.assert_array_equal(start, np.concatenate([in_space(X), other.points]))
    z = X @ it.weight.T + it.bias
    np.testing.assert_allclose(end, np.concatenate([in_space(np.maximum(z, 0)), other.points]), atol=1e-9)
    # Looking ahead moves nothing.
    np.testing.assert_array_equal(cloud.points, in_space(X))


@pytest.mark.parametrize(
    ("weight", "bias", "names"),
    [
        ([[0.0, -1.0], [1.0, 0.0]], [0.0, 0.0], ["rotate"]),
        ([[2.0, 0.0], [0.0, 0.5]], [0.0, 0.0], ["scale"]),
        ([[1.0, 0.0], [0.0, 1.0]], [1.0, 0.0], ["translate"]),
        ([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], ["translate"]),
        ([[0.0, -2.0], [1.0, 0.0]], [1.0, 0.0], ["scale", "rotate", "translate"]),
    ],
)
def test_only_what_a_map_does_takes_time(weight, bias, names):
    flow = AffineFlow(Cloud(np.eye(2)), layer=Layer(np.array(weight), np.array(bias), "identity"))
    assert [stage.name for stage in flow.stages] == names
    assert flow.run_time == len(names) * theme().step


def test_a_passage_stops_between_the_stages_of_the_kind_that_is_asked_for(rng):
    it = layer("turn and stretch")
    cloud = Cloud(rng.normal(size=(20, 2)))
    passage = Passage(cloud, layers=[it], start=0.0, stop=0.25, kind="svd")
    _, singular_values, turn = np.linalg.svd(it.weight)
    # Half of turn, stretch, turn, slide: seen from the second turn, each axis is as long as its singular value.
    halfway = moved(passage, cloud, 1.0)[:, :2]
    gram = np.linalg.lstsq(cloud.origin, halfway, rcond=None)[0]
    np.testing.assert_allclose(gram @ gram.T, turn.T @ np.diag(singular_values**2) @ turn, atol=1e-9)
    np.testing.assert_allclose(gram.T @ gram, np.diag(np.diag(gram.T @ gram)), atol=1e-9)


@pytest.mark.parametrize("n_outputs", [1, 2, 3])
def test_a_morph_ends_where_layers_of_any_width_put_things(n_outputs):
    rng = np.random.default_rng(n_outputs)
    front = Layer(rng.normal(size=(9, 2)), rng.normal(size=9), "tanh")
    layers = [front, Layer(rng.normal(size=(n_outputs, 9)), rng.normal(size=n_outputs))]
    cloud = Cloud(rng.normal(size=(20, 2)))
    flow = Morph(cloud, layers=layers)
    flow.begin()
    flow.interpolate(1)
    output = Network(layers).forward(cloud.origin).output
    np.testing.assert_allclose(cloud.points[:, :n_outputs], output, atol=1e-12)
    assert not cloud.points[:, n_outputs:].any()


def test_a_morph_of_wider_outputs_asks_for_a_projection_and_takes_one():
    rng = np.random.default_rng(0)
    layers = [Layer(rng.normal(size=(9, 2)), rng.normal(size=9), "tanh"), Layer(rng.normal(size=(5, 9)), np.zeros(5))]
    cloud = Cloud(rng.normal(size=(20, 2)))
    with pytest.raises(UnfoldError, match=r"end in 5 numbers.*3 at most: add a projection"):
        Morph(cloud, layers=layers)
    outputs = Network(layers).forward(cloud.origin).output
    flow = Morph(cloud, layers=[*layers, onto_principal_axes(outputs, 2)])
    flow.begin()
    flow.interpolate(1)
    np.testing.assert_allclose(cloud.points[:, :2], principal_axes(outputs, 2).apply(outputs), atol=1e-9)


def test_a_constant_network_and_an_empty_group_can_be_morphed():
    cloud = Cloud(np.array([[0.0, 1.0], [2.0, 1.0]]))
    for mobject in (cloud, SpatialGroup()):
        flow = Morph(mobject, layers=[Layer(np.zeros((2, 2)), [1.0, 2.0])])
        flow.begin()
        for t in (0.0, 0.5, 1.0):
            flow.interpolate(t)
            assert np.isfinite(cloud.points).all()
    np.testing.assert_array_equal(cloud.points[:, :2], [[1, 2], [1, 2]])


@pytest.mark.parametrize(("n_in", "n_out"), [(1, 1), (2, 1), (1, 2), (1, 3), (3, 1)])
def test_layers_to_and_from_a_line_are_flows_too(n_in, n_out):
    rng = np.random.default_rng(0)
    it = Layer(rng.normal(size=(n_out, n_in)), rng.normal(size=n_out), "relu")
    X = rng.normal(size=(20, n_in))
    cloud = Cloud(X)
    for flow in (AffineFlow(cloud, layer=it), ActivationFlow(cloud, layer=it)):
        flow.begin()
        flow.interpolate(1)
    expected = Network([it]).forward(X).output
    np.testing.assert_allclose(cloud.points, np.pad(expected, [(0, 0), (0, 3 - n_out)]), atol=1e-9)


@pytest.mark.parametrize("kind", [AffineFlow, ActivationFlow])
def test_a_layer_that_is_too_wide_for_points_is_refused_in_one_line(kind):
    with pytest.raises(UnfoldError, match="A layer from 2 to 16 dimensions can't be shown as moving points"):
        kind(Cloud(np.zeros((3, 2))), layer=Layer(np.zeros((16, 2)), np.zeros(16)))


def test_what_tells_two_opposite_logits_apart_is_no_sliver():
    """The plane of two opposite logits is a line; the projection keeps lengths, and its first axis is the decision."""
    hidden = Layer([[1.0, 0.3], [-0.2, 1.0]], [0.1, 0.2], "relu")
    last = Layer([[-3.0, -4.0], [3.0, 4.0]], [1.0, -1.0])
    sheet = Sheet((-2, 2, -2, 2), Network([hidden, last]))
    inside = Network([hidden]).forward(sheet.faces.origin).output
    lay(sheet, [hidden], 1)
    flow = AffineFlow(sheet, layer=tells_apart(last))
    flow.begin()
    flow.interpolate(1)
    points = sheet.faces.points[:, :2]
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    np.testing.assert_allclose(distances, np.linalg.norm(inside[:, None] - inside, axis=2), atol=1e-9)
    logits = inside @ last.weight.T + last.bias
    np.testing.assert_allclose(points[:, 0], (logits[:, 1] - logits[:, 0]) / 10, atol=1e-9)
