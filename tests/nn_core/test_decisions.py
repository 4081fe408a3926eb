import numpy as np
import pytest

from nn_core.activations import ACTIVATIONS, Activation, activation, leaky_relu, prelu
from nn_core.decisions import Decision, learnt, rises, usual
from nn_core.geometry import class_regions, decision_boundary, sheet_mesh
from nn_core.geometry.boundary import class_scores
from nn_core.network import Layer, Network
from nn_core.training import decision_for, fit

BOX = (-2.0, 2.0, -2.0, 2.0)


def two_clouds(n=100):
    rng = np.random.default_rng(0)
    X = rng.normal(0, 0.3, (2 * n, 2)) + np.repeat([[-1.0, 0], [1, 0]], n, axis=0)
    return X, np.repeat([0, 1], n)


@pytest.mark.parametrize(
    "last", ["identity", "sigmoid", "tanh", "leaky_relu", "softplus", "leaky_relu(0.3)", "hard_tanh", "elu"]
)
@pytest.mark.parametrize("coding", ["labels", "zero and one", "minus and plus one"])
def test_with_squared_errors_the_classes_part_half_way_between_their_targets(last, coding):
    if coding == "minus and plus one" and last in ("sigmoid", "softplus"):
        pytest.skip("never comes to 0")
    X, y = two_clouds()
    t = {"labels": y, "zero and one": 1.0 * y[:, None], "minus and plus one": 2.0 * y[:, None] - 1}[coding]
    net = Network.create([2, 1], [last], rng=0)
    history = fit(net, X, t, loss="mse", epochs=500, learning_rate=0.05)
    half = 0.0 if coding == "minus and plus one" else 0.5
    expected = (net.forward(X).output[:, 0] > half).astype(int)
    np.testing.assert_array_equal(net.predict(X), expected)
    assert history.accuracy[-1] == np.mean(expected == y) > 0.97
    assert history.network_at(history.epochs[-1]).decision == net.decision == decision_for(net, t, loss="mse")
    # What is drawn is what is predicted.
    ends = decision_boundary(net, BOX).segments.reshape(-1, 2)
    np.testing.assert_allclose(net.forward(ends).output, half, atol=1e-9)
    np.testing.assert_array_equal(class_scores(net, X).argmax(axis=1), expected)
    np.testing.assert_array_equal(net.predict_proba(X).argmax(axis=1), expected)


@pytest.mark.parametrize("last", ["identity", "relu", "leaky_relu(-0.5)", "hard_sigmoid", "abs"])
def test_regions_mesh_and_boundary_read_the_same_decision(last):
    rng = np.random.default_rng(3)
    body = Layer(rng.normal(size=(4, 2)), rng.normal(size=4), "relu")
    weight = rng.normal(size=(1, 4))
    middle = np.median(Network([body, Layer(weight, [0])]).logits(rng.uniform(-2, 2, (500, 2))))
    net = Network([body, Layer(weight, [0.4 - middle], last)])
    net.decision = decision_for(net, [0, 1], loss="mse")
    of = "a" if last in ("abs", "leaky_relu(-0.5)") else "z"
    assert net.decision == Decision(of, 0.0 if last == "hard_sigmoid" else 0.5)
    regions = class_regions(net, BOX)
    middles = np.array([region.polygon.mean(axis=0) for region in regions])
    np.testing.assert_array_equal([region.index for region in regions], net.predict(middles))
    mesh = sheet_mesh(BOX, net, boundary=True)
    centres = mesh.vertices[mesh.triangles].mean(axis=1)
    np.testing.assert_array_equal(mesh.classes, net.predict(centres))
    assert set(mesh.classes) == {0, 1}
    on_it = mesh.vertices[mesh.boundary_segments].reshape(-1, 2)
    np.testing.assert_allclose(net.forward(on_it).output, 0.5, atol=1e-9)
    at_half = decision_boundary(net, BOX).segments
    lengths = [
        np.linalg.norm(np.diff(part, axis=1), axis=2).sum() for part in (at_half, mesh.vertices[mesh.boundary_segments])
    ]
    assert lengths[0] == pytest.approx(lengths[1])


def test_several_outputs_are_compared_as_the_loss_reads_them():
    # At x = 3 the logits are 3 and 2, but their sines .14 and .91.
    X = [[3.0]]
    net = Network([Layer([[1.0], [2 / 3]], [0, 0], "sin")])
    assert net.decision == Decision("a")
    assert net.predict(X) == [1]
    net.decision = decision_for(net, [0, 1], loss="cross_entropy")
    assert net.predict(X) == [0]
    net.decision = decision_for(net, [0, 1], loss="mse")
    assert net.predict(X) == [1]
    assert net.predict_proba(X)[0, 1] > 0.5


def test_real_targets_are_no_classes():
    x = np.linspace(-1, 1, 20)[:, None]
    net = Network.create([1, 4, 1], "tanh", rng=0)
    told = []
    history = fit(
        net,
        x,
        np.sin(3 * x),
        loss="mse",
        epochs=5,
        validation=(x, x),
        callback=lambda *now: told.append(now[2]) or False,
    )
    assert net.decision is None
    assert history.accuracy is None
    assert history.validation_accuracy is None
    assert history.validation_loss is not None
    assert np.isnan(told).all()
    for ask in (net.predict, net.predict_proba, lambda X: class_scores(net, X)):
        with pytest.raises(ValueError, match="trained on real numbers, so it has no classes: read forward"):
            ask(x)
    assert net.forward(x).output.shape == (20, 1)


def test_a_level_that_the_last_activation_never_comes_to():
    net = Network.create([2, 1], ["sigmoid"], rng=0)
    with pytest.raises(ValueError, match="the targets are -1 and 1, but sigmoid never comes to 0"):
        fit(net, *two_clouds()[:1], 2.0 * two_clouds()[1][:, None] - 1, loss="mse", epochs=1)


def test_a_class_that_is_missing():
    net = Network.create([1, 1], rng=0)
    assert decision_for(net, [0, 0], loss="mse") == Decision("z", 0.5)
    assert decision_for(net, [[0.0], [0.0]], loss="mse") is None


def test_rising():
    rising = {name for name in ACTIVATIONS if rises(ACTIVATIONS[name])}
    assert rising == set(ACTIVATIONS) - {"sin", "abs", "hard_swish", "gelu", "gelu_tanh", "silu", "mish"}
    assert not rises(leaky_relu(-1))
    assert not rises(prelu(0.1, 0.5))
    assert not rises(Activation.of("minus", lambda z: -z, lambda z: -1 + 0 * z))
    assert usual(activation("sin")) == Decision("a")
    one_hot = np.eye(3)
    assert learnt("a", activation("sin"), one_hot, labels=True) == Decision("a")
    assert learnt("a", activation("tanh"), 2 * one_hot - 1, labels=False) == Decision()
    assert learnt("a", activation("tanh"), one_hot + 0.1, labels=False) is None
    assert learnt("a", activation("tanh"), np.ones((2, 2)), labels=False) is None


def test_the_rest_of_a_network_keeps_its_decision_where_it_is_given():
    net = Network.create([2, 3, 1], rng=0)
    fit(net, *two_clouds(), loss="mse", epochs=1)
    X = two_clouds()[0]
    tail = Network(net.layers[1:], decision=net.decision)
    np.testing.assert_array_equal(tail.predict(net.forward(X).a[0]), net.predict(X))
    with pytest.raises(TypeError, match="decision is 'z', expected Decision"):
        Network(net.layers, decision="z")
