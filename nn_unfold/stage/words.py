"""Words for captions that come from a network: what a layer does, and how many of something there are."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn_core.activations import Activation
from nn_core.geometry import decision_boundary, linearly_separable
from nn_core.interpolation import decompose
from nn_core.network import Layer, Network
from nn_unfold.model.subject import Subject

_SHORT = 20  # characters of the name of a class that a caption has room for
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


def of_points(shown: Subject) -> tuple[list[tuple[str, bool]], dict[str, Any]]:
    """What can be said of points that were brought: wordings for a beat, each with whether it holds, and their values.

    Args:
        shown: with classes.
    """
    K = max(shown.network.n_out, 2)
    apart = sum(linearly_separable(shown.X, shown.y == k) for k in range(K))
    named = K == 2 == len(shown.classes) and max(map(len, shown.classes)) <= _SHORT
    first, second = shown.classes[:2] if named else ("", "")
    wordings = [
        ("{n} points. Their colours are what the network says of them.", shown.own_labels),
        ("Points of {first} and of {second}. No straight line separates them.", named and not apart),
        ("Points of {first} and of {second}. A straight line could separate them.", named and apart > 0),
        ("{n} points of {classes} classes. No straight line separates one class from the others.", not apart),
        ("{n} points of {classes} classes. A straight line could separate {apart} of them from the others.", True),
    ]
    return wordings, {"n": shown.n, "classes": number(K), "first": first, "second": second, "apart": apart}


def title_of(activation: Activation) -> str:
    """The name of an activation as it is written in a sentence, such as "ReLU" for relu."""
    kind = activation.name.partition("(")[0]
    return {"relu": "ReLU", "leaky_relu": "Leaky ReLU"}.get(kind, kind)


def formula_of(activation: Activation, z: str) -> str:
    """An activation of a vector z as a formula in Typst's notation.

    >>> from nn_core.activations import activation
    >>> formula_of(activation("relu"), "bold(z)"), formula_of(activation("leaky_relu(0.2)"), "bold(z)")
    ('max(0, bold(z))', 'max(0.2 bold(z), bold(z))')
    """
    kind = activation.name.partition("(")[0]
    if kind == "relu":
        return f"max(0, {z})"
    if kind == "leaky_relu" and activation.slopes is not None and not isinstance(activation.slopes[0], tuple):
        return f"max({activation.slopes[0]:g} {z}, {z})"
    known = {"identity": z, "sigmoid": f"sigma({z})", "tanh": f"tanh({z})", "sin": f"sin({z})"}
    return known.get(kind, f'op("{kind}")({z})')
