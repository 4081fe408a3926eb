"""Backpropagation in numbers: every derivative is the slope of the loss, and stands where it belongs."""

from __future__ import annotations

import numpy as np
import pytest
from manim import FadeIn

from nn_core.initializers import gaussian
from nn_core.network import Network
from nn_unfold.flat.chain import Equation, Parameters, Pass, Terms
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.stage.layout import findings

SMALL = 1e-6


def network(seed=0, hidden=3):
    return Network.create((2, hidden, 2), ["tanh", "sigmoid"], initializer=gaussian(), rng=np.random.default_rng(seed))


@pytest.fixture
def sample():
    return np.array([0.3, -0.8]), np.array([1.0, 0.25])


def loss_of(net, x, target):
    return float(np.mean((net.forward(x[None]).output - target) ** 2))


def test_a_pass_holds_every_factor_of_the_chain_rule(sample):
    x, target = sample
    one = Pass(network(), x, target)
    assert one.loss == pytest.approx(loss_of(network(), x, target))
    np.testing.assert_allclose(one.delta, one.error * one.slope)
    # The derivatives are differences of the loss, for every weight and bias.
    parameters = network().parameters
    flat = np.concatenate([part.ravel("F") for layer in one.gradient for part in layer])
    for i, derivative in enumerate(flat):
        there = [network().with_parameters(parameters + sign * SMALL * np.eye(len(flat))[i]) for sign in (1, -1)]
        difference = np.subtract(*(loss_of(net, x, target) for net in there)) / (2 * SMALL)
        assert derivative == pytest.approx(difference, abs=1e-8)
    np.testing.assert_allclose(one.gradient[1].weight, np.outer(one.delta, one.hidden))
    assert one.steepness == pytest.approx(float(flat @ flat))


def test_parameters_stand_on_their_edges_and_above_their_neurons(stage):
    net = network(hidden=2)
    diagram = NetworkDiagram(net, size=(8, 5), radius=0.5, spread=4, decimals=3)
    numbers = Parameters(diagram, net.layers)
    for layer, weights in enumerate(numbers.weights):
        n_in = net.layers[layer].n_in
        for i, number in enumerate(weights):
            edge = diagram.edge(layer, *divmod(i, n_in))
            start, end = edge.get_start_and_end()
            across = np.cross(end - start, number.entries.get_center() - start)[2] / np.linalg.norm(end - start)
            assert abs(across) < 0.12
    for column, biases in enumerate(numbers.biases, start=1):
        for neuron, number in zip(diagram.neurons[column], biases, strict=True):
            assert number.get_bottom()[1] > neuron.get_top()[1]
            assert abs(number.entries.get_center()[0] - neuron.get_center()[0]) < 0.1
    stage.add(diagram, numbers)
    assert not findings(stage)


def test_parameters_follow_the_network_that_they_are_shown(sample):
    first, second = network(1), network(2)
    diagram = NetworkDiagram(first, size=(8, 5), radius=0.5, decimals=3)
    numbers, fresh = Parameters(diagram, first.layers).show(second), Parameters(diagram, second.layers)
    for group, others in zip((*numbers.weights, *numbers.biases), (*fresh.weights, *fresh.biases), strict=True):
        for number, other in zip(group, others, strict=True):
            np.testing.assert_allclose(number.entries[0].points, other.entries[0].points, atol=1e-9)
    # Derivatives come in the same shape as layers.
    gradient = Pass(second, *sample).gradient
    assert numbers.set_values(gradient).values is gradient


def test_terms_stand_above_their_numbers_and_are_revealed_one_by_one(stage):
    terms = Terms([("a", "b + c"), ("d", "e"), ("f", "g")], (-0.5, 0.25, 1.0), hidden=True)
    assert all(entry.get_fill_opacity() == 0 for number in terms.numbers for entry in number.entries)
    stage.play(FadeIn(terms))
    stage.play(terms.reveal(1))
    shown = [number.entries[0].get_fill_opacity() for number in terms.numbers]
    assert shown == [0, 1, 0]
    for number in (0, 2):
        stage.play(terms.reveal(number))
    assert not findings(stage)
    for column, number in zip(terms.columns, terms.numbers, strict=True):
        formulas = [part for part in column if "dot.op" not in getattr(part, "typst_code", "dot.op")]
        assert formulas
        assert all(part.get_bottom()[1] > number.entries.get_top()[1] for part in formulas)
    lefts = [number.entries.get_left()[0] for number in terms.numbers]
    assert lefts == sorted(lefts)
    # Nothing else becomes visible with the ink.
    assert all(number.frame.get_fill_opacity() == 0 for number in terms.numbers)


@pytest.mark.parametrize("value", [0.25, -0.25])
def test_an_equation_ends_with_its_number(value):
    equation = Equation("L =", value)
    words, number = equation
    gap = number.entries.get_left()[0] - words.get_right()[0]
    assert 0.05 < gap < 0.3
    assert abs(number.entries.get_center()[1] - words.get_center()[1]) < 0.1
