"""A layer taken apart: flows that do one thing each, and numbers that follow them."""

from __future__ import annotations

import numpy as np
import pytest
from manim import ManimColor

from nn_core.network import Layer
from nn_unfold.flat.factors import FactorMatrix, Product, TakenApart, single_flows
from nn_unfold.space.base import in_space
from nn_unfold.space.primitives import Cloud
from nn_unfold.theme import theme

RNG = np.random.default_rng(4)
LAYERS = [
    Layer(RNG.normal(size=shape), RNG.normal(size=shape[0]), "tanh") for shape in ((3, 2), (2, 3), (2, 2), (1, 2))
]


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_flows_one_after_the_other_are_the_layer(layer, stage):
    X = np.random.default_rng(0).normal(size=(20, layer.n_in))
    cloud = Cloud(in_space(np.pad(X, [(0, 0), (0, 3 - layer.n_in)])))
    product = Product(layer.n_in, max(layer.weight.shape))
    for flow in single_flows(layer, cloud):
        stage.play(flow, product.multiply(flow))
    np.testing.assert_allclose(cloud.points[:, : layer.n_out], X @ layer.weight.T + layer.bias, atol=1e-12)
    np.testing.assert_allclose(product.matrix[: layer.n_out], layer.weight, atol=1e-12)


def shown(matrix):
    """The numbers on the screen, told apart by their outlines; None where there is none."""
    return [
        tuple(np.round(entry.points[:, :2] - entry.get_corner([-1, -1, 0])[:2], 4).ravel()) for entry in matrix.entries
    ]


@pytest.mark.parametrize("layer", LAYERS[:2], ids=str)
def test_numbers_at_the_end_are_those_of_the_factor_and_of_the_product(layer, stage):
    product = Product(layer.n_in, 3)
    for flow in single_flows(layer, Cloud(np.zeros((1, 3)))):
        act = FactorMatrix(flow)
        stage.play(flow, act.follow(flow), product.multiply(flow))
        weight, bias = flow.numbers(1.0)
        numbers = bias[:, None] if act.of_bias else weight
        assert shown(act) == shown(act.copy().set_values(numbers))
        filled = np.full((3, layer.n_in), np.nan)
        filled[: flow.layer.n_out] = product.matrix[: flow.layer.n_out]
        assert shown(product) == shown(product.copy().set_values(filled))


def test_one_part_of_the_equation_is_marked(stage):
    taken = TakenApart(LAYERS[0], "{{U: u}} {{S: s}} bold(x)")
    stage.add(*taken.column)
    for part, other in (("u", "s"), ("s", "u")):
        stage.play(taken.mark(part))
        for name, colour in ((part, theme().accent), (other, theme().ink)):
            for glyph in taken.equation.select(name).family_members_with_points():
                assert ManimColor(glyph.get_fill_color()) == ManimColor(colour)
