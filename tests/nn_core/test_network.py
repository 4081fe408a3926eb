import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn_core.activations import ACTIVATIONS, leaky_relu
from nn_core.losses import LOSSES
from nn_core.network import Layer, Network

KINDS = st.one_of(st.sampled_from(sorted(ACTIVATIONS)), st.floats(0.05, 0.9).map(leaky_relu))


def whole(net, X, y, loss):
    trace = net.forward(X)
    return loss.value(trace.logits if loss.of == "z" else trace.output, y)


def gradient(net, X, y, loss):
    trace = net.forward(X)
    delta = loss.delta(trace.logits if loss.of == "z" else trace.output, y)
    if loss.of == "a":
        delta = delta * net.layers[-1].activation.derivative(trace.logits)
    return np.concatenate([part.ravel("F") for pair in net.backward(trace, delta) for part in pair])


@settings(max_examples=150, deadline=None)
@given(
    kinds=st.lists(KINDS, min_size=1, max_size=4),
    name=st.sampled_from(sorted(LOSSES)),
    seed=st.integers(0, 2**32 - 1),
    data=st.data(),
)
def test_the_gradient_is_that_of_central_differences(kinds, name, seed, data):
    loss, rng = LOSSES[name], np.random.default_rng(seed)
    sizes = [data.draw(st.integers(1, 5)) for _ in kinds] + [data.draw(st.integers(loss.min_outputs, 4))]
    net = Network.create(sizes, kinds, initializer="pytorch", rng=rng)
    X, y = rng.normal(size=(6, sizes[0])), rng.integers(0, max(sizes[-1], 2), 6)
    trace, h = net.forward(X), 1e-5
    # Across a kink there is no derivative: points that a step may carry over one are left out.
    clear = np.all([(np.abs(z) > 1e-3).all(axis=1) for z in trace.z], axis=0)
    X, y = X[clear], y[clear]
    if not len(X):
        return
    ours, theta = gradient(net, X, y, loss), net.parameters
    for i in range(len(theta)):
        values = []
        for side in (h, -h):
            moved = theta.copy()
            moved[i] += side
            values.append(whole(net.with_parameters(moved), X, y, loss))
        numeric = (values[0] - values[1]) / (2 * h)
        assert ours[i] == pytest.approx(numeric, rel=1e-6, abs=1e-8), f"{ours[i]} by hand, {numeric} numerically"


def test_forward_is_affine_maps_and_activations_with_every_number_kept():
    rng = np.random.default_rng(0)
    net = Network.create([2, 3, 2], ["tanh", "sigmoid"], rng=rng)
    X = rng.normal(size=(5, 2))
    trace, a = net.forward(X), X
    for layer, z, after in zip(net.layers, trace.z, trace.a, strict=True):
        np.testing.assert_allclose(z, a @ layer.weight.T + layer.bias)
        np.testing.assert_allclose(after, layer.activation(z))
        a = after
    np.testing.assert_array_equal(trace.logits, net.logits(X))
    np.testing.assert_array_equal(trace.output, trace.a[-1])


def test_backward_leaves_the_trace_and_delta_as_they_were():
    rng = np.random.default_rng(0)
    net = Network.create([2, 4, 4, 3], ["relu", "identity", "sigmoid"], rng=rng)
    trace = net.forward(rng.normal(size=(5, 2)))
    delta = rng.normal(size=(5, 3))
    before = [part.copy() for part in (*trace.z, *trace.a, delta)]
    net.backward(trace, delta)
    for part, old in zip((*trace.z, *trace.a, delta), before, strict=True):
        np.testing.assert_array_equal(part, old)


def test_one_pass_worked_by_hand():
    # x = (1, 2). Layer 1: z = (1*1 + 0*2 + 0, 1*1 - 1*2 + .5) = (1, -.5), a = relu(z) = (1, 0).
    # Layer 2: z = (2*1 + 1*0 - 1, -1*1 + 3*0 + 1) = (1, 0) = a. Target (0, 1), loss ((1 - 0)^2 + (0 - 1)^2)
    # / 2 = 1.
    net = Network([Layer([[1, 0], [1, -1]], [0, 0.5], "relu"), Layer([[2, 1], [-1, 3]], [-1, 1])])
    trace = net.forward([[1.0, 2.0]])
    np.testing.assert_array_equal(trace.z[0], [[1, -0.5]])
    np.testing.assert_array_equal(trace.a[0], [[1, 0]])
    np.testing.assert_array_equal(trace.logits, [[1, 0]])
    assert LOSSES["mse"].value(trace.output, [1]) == 1
    # Backward: delta2 = 2 (a - t) / 2 = (1, -1); dW2 = delta2 a1^T = [[1, 0], [-1, 0]], db2 = (1, -1).
    delta = LOSSES["mse"].delta(trace.output, [1])
    np.testing.assert_array_equal(delta, [[1, -1]])
    first, second = net.backward(trace, delta)
    np.testing.assert_array_equal(second.weight, [[1, 0], [-1, 0]])
    np.testing.assert_array_equal(second.bias, [1, -1])
    # delta1 = (W2^T delta2) relu'(z1) = (2*1 + 1, 1*1 - 3) * (1, 0) = (3, 0); dW1 = delta1 x^T = [[3, 6],
    # [0, 0]].
    np.testing.assert_array_equal(first.weight, [[3, 6], [0, 0]])
    np.testing.assert_array_equal(first.bias, [3, 0])


def test_the_hidden_layer_of_xor():
    net = Network([Layer([[1, 1], [-0.5, -0.5]], [0, 0], "sigmoid")])
    hidden = net.forward([[0, 0], [0, 1], [1, 0], [1, 1]]).output
    np.testing.assert_allclose(hidden.round(2), [[0.5, 0.5], [0.73, 0.38], [0.73, 0.38], [0.88, 0.27]])


def test_parameter_count_and_repr():
    net = Network.create([784, 16, 10], "sigmoid", rng=np.random.default_rng(0))
    assert net.n_parameters == 12_730 == len(net.parameters)
    assert (net.n_in, net.n_out) == (784, 10)
    assert repr(net) == "Network(784 -> 16 sigmoid -> 10 identity: 12,730 parameters)"
    assert repr(net.layers[0]) == "784 -> 16 sigmoid"


def test_probabilities_and_labels():
    X = np.array([[-2.0], [0.5], [40.0]])
    single = Network([Layer([[1]], [0], "sigmoid")])
    p = single.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_allclose(p[:, 1], 1 / (1 + np.exp(-X[:, 0])))
    assert p[2, 0] == pytest.approx(np.exp(-40))
    np.testing.assert_array_equal(single.predict(X), [0, 1, 1])
    pair = Network([Layer([[0], [1]], [0, 0], "sigmoid")])  # sigmoid(x) against sigmoid(0), by its logits
    np.testing.assert_allclose(pair.predict_proba(X), p)
    np.testing.assert_array_equal(pair.predict(X), [0, 1, 1])
    assert pair.predict(X).dtype == np.int64


def test_parameters_are_a_copy_and_with_parameters_a_view():
    net = Network.create([2, 3, 1], "relu", rng=np.random.default_rng(0))
    theta = net.parameters
    theta[:] = 7
    assert not (net.layers[0].weight == 7).any()
    twin = net.with_parameters(theta)
    theta[0] = 5
    assert twin.layers[0].weight[0, 0] == 5
    with pytest.raises(ValueError, match=r"parameters have shape \(3,\), expected \(13,\)"):
        net.with_parameters(np.zeros(3))


def test_the_type_is_kept():
    net = Network.create([2, 4, 3], "tanh", rng=np.random.default_rng(0), dtype=np.float32)
    trace = net.forward(np.ones((5, 2)))
    assert net.dtype == trace.logits.dtype == trace.output.dtype == net.parameters.dtype == np.float32


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda rng: Network([]), "at least one layer"),
        (
            lambda rng: Network([Layer(np.ones((4, 2)), np.ones(4)), Layer(np.ones((3, 2)), np.ones(3))]),
            r"weight has shape \(3, 2\) but the layer before has 4 outputs",
        ),
        (lambda rng: Layer([1, 2], [0]), r"weight has shape \(2,\), expected \(n_out, n_in\)"),
        (lambda rng: Layer([[1, 2]], [0, 0]), r"bias has shape \(2,\) but the weight \(1, 2\): give \(1,\)"),
        (lambda rng: Layer([[1]], [0], "swosh"), "no activation is called 'swosh'"),
        (lambda rng: Network.create([2], rng=rng), r"sizes are \[2\]"),
        (lambda rng: Network.create([2, 0], rng=rng), "a size is 0, expected 1 to"),
        (lambda rng: Network.create([2, 2, 2], ["relu"], rng=rng), "1 activations were given for 2 layers"),
        (
            lambda rng: Network.create([2, 3], rng=rng).forward([1, 2]),
            r"X has shape \(2,\), expected \(n, 2\)",
        ),
        (lambda rng: Network.create([2, 3], rng=rng).predict(np.ones((4, 3))), r"X has shape \(4, 3\)"),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(make, message):
    with pytest.raises(ValueError, match=message) as error:
        make(np.random.default_rng(0))
    assert "\n" not in str(error.value)
