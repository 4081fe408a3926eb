"""The film backpropagation: every number on the screen is the network's, the loss's, or the optimizer's."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.losses import LOSSES
from nn_core.optimizers import GradientDescent
from nn_unfold.flat.chain import Equation, Parameters, Pass, Terms
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.flat.plots import LossCurve
from nn_unfold.text.numbers import LiveMatrix
from scenes.backpropagation import Backpropagation

BEATS = 13
LOSS, PRODUCT, BACK, DERIVATIVES, STEP, AGAIN, ON = 2, 7, 8, 9, 10, 11, 12  # beats, from 0
KINDS = (NetworkDiagram, Parameters, Terms, Equation, LossCurve)


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(Backpropagation, KINDS)


@pytest.fixture(scope="module")
def sample():
    return Backpropagation.draw(None, np.random.default_rng(Backpropagation.seed))


def stepped(network, x, target, n_steps):
    """The network after some steps of gradient descent, and the losses on the way: with nothing of the film's."""
    parameters = network.parameters
    step, losses = GradientDescent(Backpropagation.rate).start(parameters), []
    for _ in range(n_steps):
        now = network.with_parameters(parameters)
        trace = now.forward(x[None])
        a = trace.output
        losses.append(LOSSES["mse"].value(a, target[None]))
        gradient = now.backward(trace, (a - target) * a * (1 - a))
        step(parameters, np.concatenate([part.ravel("F") for layer in gradient for part in layer]))
    return network.with_parameters(parameters), losses


def shows(number, value):
    """Whether a live number has the glyphs of this value on the screen."""
    fresh = LiveMatrix([[value]], decimals=number.decimals, digits=number.digits, brackets=False, centred=True)
    have, want = (n.entries[0].points for n in (number, fresh))
    if have.shape != want.shape:
        return False
    have, want = (p - p.mean(axis=0) for p in (have, want))
    return bool(np.allclose(have / np.ptp(have[:, 1]), want / np.ptp(want[:, 1]), atol=0.05))


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1][0], f"{beat:02d}")


@pytest.mark.parametrize(("beat", "n_steps"), [(LOSS, 0), (PRODUCT, 0), (AGAIN, 1), (ON, Backpropagation.steps)])
def test_neurons_hold_the_numbers_of_the_forward_pass(takes, sample, beat, n_steps):
    network, x, target = sample
    network, _ = stepped(network, x, target, n_steps)
    [diagram] = takes[beat][1][NetworkDiagram]
    for column, values in enumerate([x, *(a[0] for a in network.forward(x[None]).a)]):
        for number, value in zip(diagram.numbers[column], values, strict=True):
            assert shows(number, value)


@pytest.mark.parametrize(("beat", "n_steps"), [(0, 0), (STEP, 1), (AGAIN, 1), (ON, Backpropagation.steps)])
def test_edges_bear_the_weights_and_neurons_the_biases(takes, sample, beat, n_steps):
    network, x, target = sample
    network, _ = stepped(network, x, target, n_steps)
    [parameters] = takes[beat][1][Parameters]
    for layer, weights, biases in zip(network.layers, parameters.weights, parameters.biases, strict=True):
        for number, value in zip((*weights, *biases), (*layer.weight.ravel(), *layer.bias), strict=True):
            assert shows(number, value)


def test_the_loss_is_the_mean_squared_error_and_the_sum_of_its_terms(takes, sample):
    network, x, target = sample
    y = network.forward(x[None]).output[0]
    [terms], equations = takes[LOSS][1][Terms], takes[LOSS][1][Equation]
    for number, value in zip(terms.numbers, (y - target) ** 2 / 2, strict=True):
        assert shows(number, value)
    assert shows(equations[-1].number, LOSSES["mse"].value(y[None], target[None]))
    assert LOSSES["mse"].value(y[None], target[None]) == pytest.approx(float(((y - target) ** 2).sum() / 2))
    for equation, value in zip(equations, target, strict=False):
        assert shows(equation.number, value)
    # The target is the class that the network finds less likely.
    assert target.argmax() != y.argmax()


def test_the_links_of_the_chain_multiply_to_the_derivative_of_the_weight_that_is_marked(takes, sample):
    network, x, target = sample
    [diagram], [terms] = takes[PRODUCT][1][NetworkDiagram], takes[PRODUCT][1][Terms]
    gradient = Pass(network, x, target).gradient[1].weight
    k, j = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
    trace = network.forward(x[None])
    y, h = trace.output[0, k], trace.a[0][0, j]
    links = (y - target[k], y * (1 - y), h)
    for number, value in zip(terms.numbers, links, strict=True):
        assert shows(number, value)
    assert shows(takes[PRODUCT][1][Equation][-1].number, np.prod(links))
    # It is how the loss changes: of a small change of this weight alone.
    small = 1e-6
    moved = network.with_parameters(network.parameters)
    moved.layers[1].weight[k, j] += small
    losses = [LOSSES["mse"].value(net.forward(x[None]).output, target[None]) for net in (network, moved)]
    assert (losses[1] - losses[0]) / small == pytest.approx(np.prod(links), abs=1e-5)
    # A copy that a played highlight leaves in the scene has its looks; the mark is the accent's colour.
    marked = diagram.edge(1, k, j).get_stroke_color().to_hex()
    assert [line.get_stroke_color().to_hex() for line in diagram.edges[1]].count(marked) == 1


def test_deltas_and_derivatives_are_those_of_the_backward_pass(takes, sample):
    now = Pass(*sample)
    [diagram], [derivatives] = takes[DERIVATIVES][1][NetworkDiagram], takes[DERIVATIVES][1][Parameters]
    for numbers, layer in zip(diagram.deltas[1:], now.gradient, strict=True):
        for number, value in zip(numbers, layer.bias, strict=True):
            assert shows(number, value)
    for layer, weights, biases in zip(now.gradient, derivatives.weights, derivatives.biases, strict=True):
        for number, value in zip((*weights, *biases), (*layer.weight.ravel(), *layer.bias), strict=True):
            assert shows(number, value)


def test_the_loss_falls_by_nearly_what_is_predicted(takes, sample):
    network, x, target = sample
    _, losses = stepped(network, x, target, 2)
    predicted, measured = takes[AGAIN][1][Equation][-2:]
    steepness = float(sum((part**2).sum() for layer in Pass(network, x, target).gradient for part in layer))
    assert shows(predicted.number, -Backpropagation.rate * steepness)
    assert shows(measured.number, losses[1] - losses[0])


def test_the_curve_is_that_of_gradient_descent(takes, sample):
    _, losses = stepped(*sample, Backpropagation.steps + 1)
    [curve] = takes[ON][1][LossCurve]
    epochs = np.isin(curve.moments, np.arange(len(losses)))
    np.testing.assert_allclose(curve.series[0][epochs], losses, rtol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_what_the_captions_say_holds_for_other_networks(seed):
    network, x, target = Backpropagation.draw(None, np.random.default_rng(seed))
    after, losses = stepped(network, x, target, Backpropagation.steps)
    assert (np.diff(losses) < 0).all()
    assert losses[1] - losses[0] == pytest.approx(-Backpropagation.rate * Pass(network, x, target).steepness, rel=0.1)
    before, then = (np.abs(net.forward(x[None]).output[0] - target) for net in (network, after))
    assert (then < before).all()
    assert then.max() < 0.15
