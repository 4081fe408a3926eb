"""Lines on the input plane: where neurons switch, and where a line of a hidden plane comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nn_core.geometry.boundary import curved_borders
from nn_core.geometry.box import Array, Box
from nn_core.geometry.folding import creased_layers, folded, in_double, is_piecewise, steps_of
from nn_core.geometry.subdivision import Subdivision
from nn_core.network import Network


@dataclass(frozen=True)
class Crease:
    """Where the activation of one neuron bends: for ReLU, where z = 0.

    Attributes:
        layer: the number of its layer, from 0, as in `network.layers`.
        neuron: its number in the layer, from 0.
        segments: (m, 2, 2) from start to end, with z > kink on the left; they follow each other, end to
            start, and bend where earlier layers bend the plane. `polylines` joins them.
        kink: the value of z there.
    """

    layer: int
    neuron: int
    segments: Array
    kink: float = 0.0


def creases(network: Network, box: Box, *, through_output: bool = False) -> list[Crease]:
    """Where each hidden neuron of a piecewise-affine network bends, pulled back to the input plane.

    Smooth layers have no creases; they may only stand behind all those that have.

    Args:
        network: of 2 inputs.
        box: (x_min, x_max, y_min, y_max), in data coordinates.
        through_output: whether the last layer's neurons count too.

    Returns:
        For each neuron a crease for each of its kinks that lies inside the box, layer after layer.

    Raises:
        ValueError: the network has not 2 inputs, a layer with creases behind a smooth one, or weights that
            are not finite; or the box is empty.

    >>> from nn_core.network import Layer
    >>> [crease] = creases(Network([Layer([[0, 1]], [-0.5], "relu"), Layer([[1]], [0])]), (0, 1, 0, 1))
    >>> crease.layer, crease.neuron, crease.segments.tolist()
    (0, 0, [[[0.0, 0.5], [1.0, 0.5]]])
    """
    network = in_double(network)
    layers = creased_layers(network.layers if through_output else network.layers[:-1])
    plane = Subdivision.of_box(box)
    found = []
    for number, step in enumerate(steps_of(layers)):
        plane.affine(step.weight, step.bias)
        neurons, levels = step.lines()
        for neuron, level in zip(neurons.tolist(), levels.tolist(), strict=True):
            segments = plane.contour(plane.values.now[neuron] - level, plane.slack.now[neuron])
            if len(segments):
                found.append(Crease(number, neuron, segments, level))
        if number + 1 < len(layers):
            plane.cut_rows(neurons, levels, neurons)
        plane.activate(step.pieces)
    return found


def pull_back(normal: ArrayLike, offset: float, network: Network, box: Box, *, tolerance: float | None = None) -> Array:
    """Where a straight line (or plane) behind the network comes from in the input plane.

    To start from a hidden plane give the layers up to it: `Network(network.layers[:k])`. The segments are
    exact
    if these are piecewise affine; if not they follow the curve as `decision_boundary` does.

    Args:
        normal: (n_out,), and
        offset: the line is {a: normal @ a = offset}, with a the output of the network's last layer.
        network: of 2 inputs.
        box: (x_min, x_max, y_min, y_max) of the input plane, in data coordinates.
        tolerance: for smooth activations only, how far the segments may be off, in data units; if None, a
            thousandth of the longer side of the box.

    Returns:
        segments (m, 2, 2), with normal @ a > offset on their left; they follow each other, end to start.

    Raises:
        ValueError: the normal is not of that shape, or the network or the box is not as it should be.

    >>> from nn_core.network import Layer
    >>> pull_back([1, 1], 1, Network([Layer([[1, 0], [0, 1]], [0, 0], "relu")]), (-1, 2, -1, 2)).tolist()
    [[[-1.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, -1.0]]]
    """
    network = in_double(network)
    normal = np.asarray(normal, np.float64)
    if normal.shape != (network.n_out,):
        raise ValueError(f"normal has shape {normal.shape}, expected ({network.n_out},): one number for each output")
    if is_piecewise(network.layers):
        plane = folded(steps_of(network.layers), box)
        plane.affine(normal[None], np.array([-float(offset)]))
        return plane.contour(plane.values.now[0], plane.slack.now[0])

    def sides(points: Array) -> Array:
        """The height over the line, and 0; the smaller number, that of the height, is the one on the left."""
        height = network.forward(points).output @ normal - offset
        return np.stack([height, 0 * height], axis=1)

    return curved_borders(sides, box, tolerance).segments


def best_line_accuracy(X: ArrayLike, y: ArrayLike) -> float:
    """The largest share of points, of two classes in the plane, that any straight line has on the right side.

    Every way in which a line parts the points is found by turning and shifting one that goes through two of them
    by as little as one likes; these two then lie on whichever sides are wanted. So all pairs are tried.

    Args:
        X: (n, 2), in general position: no three on a line.
        y: (n,) labels 0 and 1.

    >>> best_line_accuracy([[0, 0], [1, 1], [0, 1], [1, 0]], [0, 0, 1, 1])  # exclusive or
    0.75
    """
    places, ones = np.asarray(X, np.float64), np.asarray(y) == 1
    first, second = np.triu_indices(len(places), 1)
    along = places[second] - places[first]
    offset = along[:, 0] * places[first, 1] - along[:, 1] * places[first, 0]
    sides = np.stack([-along[:, 1], along[:, 0]], axis=1) @ places.T - offset[:, None] > 0
    right = sides == ones
    pairs = np.arange(len(first))
    others = right.sum(axis=1) - right[pairs, first] - right[pairs, second]
    # Either side of the line may be that of the ones.
    return float(np.maximum(others, len(places) - 2 - others).max() + 2) / len(places)


def polylines(segments: Array) -> list[Array]:
    """Join segments (m, 2, 2) that follow each other, end to start, into lines (k, 2) to draw in one stroke.

    >>> segments = np.array([[[0, 0], [1, 0]], [[1, 0], [1, 1]], [[5, 5], [6, 6]]])
    >>> [line.tolist() for line in polylines(segments)]
    [[[0, 0], [1, 0], [1, 1]], [[5, 5], [6, 6]]]
    """
    breaks = np.flatnonzero((segments[1:, 0] != segments[:-1, 1]).any(axis=1)) + 1
    return [np.vstack([part[:1, 0], part[:, 1]]) for part in np.split(segments, breaks) if len(part)]
