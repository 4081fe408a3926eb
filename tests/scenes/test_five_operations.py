"""The film five_operations: each factor moves the sheet as its matrix says, and together they are the network."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from nn_core.interpolation import factors
from nn_unfold.flat.factors import FactorMatrix, Product
from nn_unfold.model.cache import train
from nn_unfold.space.base import in_space, spatial_parts
from scenes.five_operations import FiveOperations

BEATS = 12
# After each beat, how many factors of the first layer have acted, or where the sheet is.
FIRST, BENT, SECOND = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4}, 6, {7: 1, 8: 2, 9: 4}
SHIFTED, CUT, LAST = 5, 10, 11


@pytest.fixture(scope="module")
def trained(media):
    return train(FiveOperations.recipe, media / "trained")


@pytest.fixture(scope="module")
def takes(play, picture):
    """Of each beat: the frame, the (origin, points) of every part of the world, and the matrices on screen."""
    taken = []

    def take(stage):
        family = [m for mobject in stage.mobjects for m in mobject.get_family()]
        parts = [
            m for m in spatial_parts(stage.mobjects) if m.origin is not None and m not in spatial_parts([stage.ghost])
        ]
        world = [(m.origin.copy(), m.points.copy()) for m in parts]
        matrices = {kind: [m.copy() for m in family if isinstance(m, kind)] for kind in (FactorMatrix, Product)}
        taken.append((picture(stage), world, matrices))

    stage = play(FiveOperations, take)
    assert 30 <= stage.clock <= 90
    return taken


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1][0], f"{beat:02d}")


def stands_at(take, place):
    world = [(origin, points) for origin, points in take[1] if len(origin)]
    assert len(world) >= 3
    for origin, points in world:
        np.testing.assert_allclose(points, in_space(place(origin)), rtol=0, atol=1e-9)


def product(weight, count):
    """The product of the first factors of a matrix."""
    return reduce(lambda before, factor: factor.matrix @ before, factors(weight)[:count], np.eye(weight.shape[1]))


@pytest.mark.parametrize(("beat", "count"), FIRST.items())
def test_factors_of_the_first_layer_act_one_after_the_other(takes, trained, beat, count):
    weight = trained.network.layers[0].weight
    stands_at(takes[beat], lambda X: X @ product(weight, count).T)
    np.testing.assert_allclose(product(weight, 4), weight)


def test_then_come_the_bias_and_the_activation(takes, trained):
    stands_at(takes[SHIFTED], lambda X: trained.network.forward(X).z[0])
    stands_at(takes[BENT], lambda X: trained.network.forward(X).a[0])


@pytest.mark.parametrize(("beat", "count"), SECOND.items())
def test_factors_of_the_second_layer_act_on_what_is_bent(takes, trained, beat, count):
    layer = trained.network.layers[1]
    bias = layer.bias if count == 4 else 0
    stands_at(takes[beat], lambda X: trained.network.forward(X).a[0] @ product(layer.weight, count).T + bias)


def test_all_in_one_go_it_is_the_network(takes, trained):
    for beat in (CUT, LAST):
        stands_at(takes[beat], lambda X: trained.network.forward(X).output)


def test_the_matrices_on_screen_are_the_factors_and_their_product(takes, trained):
    for layer, beats in zip(trained.network.layers, ({1: 1, 2: 2, 3: 3, 4: 4}, {7: 1, 8: 2}), strict=True):
        for beat, count in beats.items():
            [act], [so_far] = takes[beat][2][FactorMatrix], takes[beat][2][Product]
            for shown, numbers in (
                (act, factors(layer.weight)[count - 1].matrix),
                (so_far, product(layer.weight, count)),
            ):
                filled = np.full((shown.rows, shown.columns), np.nan)
                filled[: len(numbers)] = numbers
                np.testing.assert_array_equal(shown.get_all_points(), shown.copy().set_values(filled).get_all_points())
    [act] = takes[SHIFTED][2][FactorMatrix]
    same = act.copy().set_values(trained.network.layers[0].bias[:, None])
    np.testing.assert_array_equal(act.get_all_points(), same.get_all_points())


def test_a_straight_line_parts_the_classes(takes, trained):
    assert trained.history.accuracy[-1] >= 0.98
    origin, points = takes[CUT][1][-1]
    logits = trained.network.logits(origin)
    assert len(origin) > 20
    np.testing.assert_allclose(logits[:, 0], logits[:, 1], atol=0.05)
    np.testing.assert_allclose(points[:, :2] @ [1, -1], 0, atol=0.05)
