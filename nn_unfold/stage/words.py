"""Words for captions that come from a network: what a layer does, and how many of something there are."""

from __future__ import annotations

import numpy as np

from nn_core.geometry import decision_boundary
from nn_core.interpolation import decompose
from nn_core.network import Layer, Network

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def verbs_of(layer: Layer, *, translates: bool = True) -> str:
    """What the affine map of a layer does, in the order in which an AffineFlow shows it: a message in English.

    Args:
        layer: its weight and bias.
        translates: whether the bias counts.

    >>> verbs_of(Layer([[0.0, -2.0], [2.0, 0.0]], [1.0, 0.0])), verbs_of(Layer([[0.0, 1.0], [1.0, 0.0]], [0.0, 0.0]))
    ('scales, rotates and translates', 'reflects')
    """
    made = decompose(layer.weight)
    verbs = []
    if not np.allclose(made.singular_values, 1):
        verbs.append("scales")
    if made.mirror:
        verbs.append("reflects")
    elif not np.allclose(made.rotation, np.eye(*made.rotation.shape)):
        verbs.append("rotates")
    if translates and layer.bias.any():
        verbs.append("translates")
    *before, last = verbs or ["keeps"]
    return f"{', '.join(before)} and {last}" if before else last


def number(count: int) -> str:
    """A small number as a word, a message in English; a large one in digits.

    >>> number(3), number(100), number(64)
    ('three', 'a hundred', '64')
    """
    if count == 100:
        return "a hundred"
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def bends(network: Network, box: tuple[float, float, float, float]) -> set[int]:
    """Those hidden neurons of the first layer at whose creases the decision boundary bends, inside a box.

    Args:
        network: of 2 inputs, piecewise affine.
        box: (x_min, x_max, y_min, y_max) of the input plane.
    """
    ends = decision_boundary(network, box).segments.reshape(-1, 2)
    low, high = np.array(box[::2]), np.array(box[1::2])
    slack = 1e-9 * float((high - low).max())
    inside = ends[((ends > low + slack) & (ends < high - slack)).all(axis=1)]
    first = network.layers[0]
    z = (inside @ first.weight.T + first.bias) / np.linalg.norm(first.weight, axis=1)
    return set(np.flatnonzero((np.abs(z) < slack).any(axis=0)).tolist()) if len(inside) else set()
