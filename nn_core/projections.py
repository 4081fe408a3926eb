"""Projections: affine maps to one, two or three dimensions, for what lies in more of them, as layers.

A projection is one more layer behind a network. So whatever draws a network draws what is projected too:
`Network([*network.layers[:2], onto_principal_axes(hidden)])`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_core.network import Layer
from nn_core.preprocessing import principal_axes

Array = NDArray[np.floating[Any]]


def onto_principal_axes(X: ArrayLike, k: int = 2) -> Layer:
    """The orthogonal projection to the k directions in which points differ most; their mean becomes 0.

    Args:
        X: (n, d), such as the hidden activations of data points.
        k: how many dimensions are kept, at most d.

    Returns:
        A layer from d to k numbers, without an activation.

    Raises:
        ValueError: X is not of that shape, or k is not between 1 and d.

    >>> layer = onto_principal_axes([[0.0, 0.0, 1.0], [3.0, 4.0, 1.0], [6.0, 8.0, 1.0]], 1)
    >>> (layer.weight @ [6.0, 8.0, 1.0] + layer.bias).round(9).tolist()
    [5.0]
    """
    axes = principal_axes(X, k)
    return Layer(axes.matrix, -axes.matrix @ axes.mean)


def tells_apart(layer: Layer, k: int = 2) -> Layer:
    """The orthogonal projection of a layer's inputs to the k directions that tell its classes apart best.

    Take this in place of the last layer where its outputs don't show well. Two opposite logits, for example, map the
    plane to a line: all that is seen is a sliver. The classes depend on the differences of the logits only. These
    differences, as functions of the layer's input, are D = (I - 1 1^T / K) W. The rows of the projection are the first
    k right singular vectors of D: an orthonormal basis, in the order in which the differences change most. Where D has
    a lower rank, directions in which no difference changes complete the basis. So lengths and angles stay as they are:
    the input is only rotated and seen from one side.

    For two classes, or one logit, which competes with 0, the first new coordinate is the signed distance from the
    decision boundary, positive on the side of class 1. For more classes the origin is where all logits are equal, or
    as near to that as possible.

    Args:
        layer: the last layer of a network, with K outputs; its activation does not count. Of a network whose decision
            is another than the usual one, take the last layer of `network.classifier()`.
        k: how many dimensions are kept; no more than the layer has inputs.

    Returns:
        A layer from n_in to k numbers, without an activation. Square ones are rotations, not reflections, except for
        a single number.

    Raises:
        ValueError: k is not between 1 and the number of inputs.

    >>> apart = tells_apart(Layer([[-3.0, -4.0], [3.0, 4.0]], [5.0, -5.0]))
    >>> (apart.weight @ [3.0, 4.0] + apart.bias).round(9).tolist()
    [4.0, 0.0]
    """
    weight, bias = layer.weight.astype(np.float64), layer.bias.astype(np.float64)
    if not 1 <= k <= layer.n_in:
        raise ValueError(f"k is {k}, but the layer has {layer.n_in} inputs: choose 1 to {layer.n_in}")
    if layer.n_out == 1:
        weight, bias = np.vstack([0 * weight, weight]), np.concatenate([[0.0], bias])
    differences, offsets = weight - weight.mean(axis=0), bias - bias.mean()
    _, _, rows = np.linalg.svd(differences)
    centre = -np.linalg.pinv(differences) @ offsets
    basis = rows[:k]
    # The sign of a singular vector is free: the last class lies on the positive side.
    signs = np.sign(basis @ differences[-1])
    basis = basis * np.where(signs == 0, 1.0, signs)[:, None]
    if 1 < k == layer.n_in and np.linalg.det(basis) < 0:
        basis[-1] *= -1
    return Layer(basis, -basis @ centre)
