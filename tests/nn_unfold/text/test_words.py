"""Words from a network: what a layer does, where a boundary bends, and counts."""

from __future__ import annotations

import tomllib
from itertools import product

import numpy as np
import pytest

from nn_core.geometry import linearly_separable
from nn_core.network import Layer, Network
from nn_unfold.stage.words import bends, number, verbs_of
from nn_unfold.text.catalog import CATALOGS, translate

TURN, FLIP, STRETCH = np.array([[0.0, -1], [1, 0]]), np.diag([1.0, -1]), np.diag([2.0, 1])
STILL, SLIDE = np.zeros(2), np.ones(2)


@pytest.mark.parametrize(
    ("weight", "bias", "verbs"),
    [
        (np.eye(2), STILL, "keeps"),
        (TURN, STILL, "rotates"),
        (FLIP, STILL, "reflects"),
        (STRETCH, STILL, "scales"),
        (np.eye(2), SLIDE, "translates"),
        (TURN @ STRETCH, SLIDE, "scales, rotates and translates"),
        (FLIP @ STRETCH, SLIDE, "scales, reflects and translates"),
        (FLIP @ TURN, STILL, "reflects"),
    ],
)
def test_what_a_layer_does(weight, bias, verbs):
    assert verbs_of(Layer(weight, bias)) == verbs


def test_all_words_are_in_the_catalog(monkeypatch):
    catalog = tomllib.loads((CATALOGS / "zh.toml").read_text(encoding="utf-8"))
    for stretch, turn, slide in product((np.eye(2), STRETCH), (np.eye(2), TURN, FLIP), (STILL, SLIDE)):
        assert verbs_of(Layer(turn @ stretch, slide)) in catalog
    assert all(number(count) in catalog for count in (*range(13), 100))
    assert number(64) == "64"
    monkeypatch.setenv("UNFOLD_LANGUAGE", "zh")
    assert translate("Its hidden layer {verbs} the plane.", verbs="scales and reflects") == "隐藏层对平面缩放和反射。"


def test_where_a_boundary_bends():
    hidden = Layer([[1.0, 0.0], [0.0, 1.0]], [0.0, -5.0], "relu")
    network = Network([hidden, Layer([[1.0, 1.0], [0.0, 0.0]], [0.0, -1.0])])
    # The boundary is x_1 = -1 for x_2 < 5: it meets no crease. With the second neuron's weight it meets its crease.
    assert bends(network, (-4, 4, -4, 4)) == set()
    corner = Network([Layer(np.eye(2), [0.0, 0.0], "relu"), Layer([[1.0, 1.0], [0.0, 0.0]], [-1.0, 0.0])])
    assert bends(corner, (-4, 4, -4, 4)) == {0, 1}
    assert bends(corner, (-4, 4, 0.5, 4)) == {0}


def test_whether_a_line_separates():
    square = [[0, 0], [1, 1], [0, 1], [1, 0]]
    assert not linearly_separable(square, [0, 0, 1, 1])
    assert linearly_separable(square, [0, 1, 1, 1])
    # A point on the line between two of the other class is not separated, nor is a point that is there twice.
    assert not linearly_separable([[0, 0], [1, 1], [2, 2]], [0, 1, 0])
    assert not linearly_separable([[0, 0], [0, 0]], [0, 1])
