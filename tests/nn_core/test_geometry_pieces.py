"""Pieces of one class each, against `predict` at random points."""

from itertools import pairwise

import numpy as np
import pytest

from nn_core.geometry import class_pieces, curved_pieces, decision_boundary
from nn_core.network import Network

BOX = (-1.5, 1.5, -1.0, 2.0)


def random_network(sizes, activations, seed=0):
    rng = np.random.default_rng(seed)
    network = Network.create(sizes, activations, rng=rng)
    for layer in network.layers:
        layer.bias[:] = 0.3 * rng.normal(size=layer.n_out)
    return network


def areas(pieces):
    a, b, c = np.moveaxis(pieces.vertices[pieces.triangles], 1, 0)
    return ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2


def total(segments):
    return np.linalg.norm(segments[:, 0] - segments[:, 1], axis=1).sum()


@pytest.mark.parametrize("n_classes", [1, 2, 3, 5])
@pytest.mark.parametrize("activation", ["relu", "hard_tanh", "tanh"])
def test_every_triangle_has_the_class_of_the_network(n_classes, activation):
    network = random_network([2, 12, 6, n_classes], activation, seed=2)
    pieces = class_pieces(network, BOX)
    size = areas(pieces)
    assert size.min() > -1e-14
    assert size.sum() == pytest.approx(9, rel=1e-12)
    labels = pieces.labels[pieces.triangles]
    assert (labels == labels[:, :1]).all()
    shares = np.random.default_rng(0).dirichlet(np.ones(3), len(labels))
    inside = np.einsum("mi,mid->md", shares, pieces.vertices[pieces.triangles])
    right = network.predict(inside) == labels[:, 0]
    if activation == "tanh":
        assert size[~right].sum() < 1e-3
    else:
        assert right[size > 1e-12].all()
    exact = decision_boundary(network, BOX).segments
    assert total(pieces.borders) == pytest.approx(total(exact), rel=1e-12 if activation != "tanh" else 1e-2)
    assert (len(pieces.cells) > 0) == (activation != "tanh")


def test_a_circle_is_followed_as_finely_as_asked():
    def scores(X):
        return np.stack([np.ones(len(X)), np.linalg.norm(X, axis=1)], axis=1)

    box = (-2, 2, -2, 2)
    errors = []
    for finest in (64, 256, 1024):
        pieces = curved_pieces(scores, box, (16, finest))
        inner = pieces.labels[pieces.triangles[:, 0]] == 0
        errors.append(np.pi - areas(pieces)[inner].sum())
        assert total(pieces.borders) == pytest.approx(2 * np.pi, rel=1e-2)
    # Chords lie inside; four times as fine is sixteen times as near.
    assert all(0 < after < before / 10 for before, after in pairwise(errors))


def test_one_class_everywhere_has_no_border():
    pieces = curved_pieces(lambda X: np.stack([1 + X[:, 0] ** 2, 0 * X[:, 0]], axis=1), BOX)
    assert (pieces.labels == 0).all()
    assert len(pieces.borders) == len(pieces.cells) == 0
    assert areas(pieces).sum() == pytest.approx(9)
