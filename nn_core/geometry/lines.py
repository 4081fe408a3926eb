"""Lines on the input plane: where neurons switch, and where a line of a hidden plane comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_core.arrays import labels_of, near_one, numbers, real_number
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
    normal, offset = numbers(normal, "normal", dtype=np.float64), real_number(offset, "offset")
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

    Every way in which a line parts the points is that of a line through one of them, turned so that it meets no other
    place and moved to either side by as little as one likes. So around each place a line is turned past all others,
    in the order of their directions, and the points that change sides are counted: O(n^2 log n) time, O(n) memory.

    Args:
        X: (n, 2); they may repeat, or lie on lines. Directions that differ by less than 1e-12 radians count as one.
        y: (n,) labels of any kind, of at most two classes.

    Raises:
        TypeError: X holds no numbers, or the labels are of no kind that `labels_of` takes.
        ValueError: the shapes are others, there is no point, or there are more than two classes.

    >>> best_line_accuracy([[0, 0], [1, 1], [0, 1], [1, 0]], [0, 0, 1, 1])  # exclusive or
    0.75
    """
    places, labels = numbers(X, "X", shape=("n", 2), dtype=np.float64), labels_of(y)
    n = len(places)
    if not n or len(labels.index) != n:
        raise ValueError(f"X holds {n} points but y {len(labels.index)} labels; they must be as many, at least one")
    if len(labels.names) > 2:
        raise ValueError(f"there are {len(labels.names)} classes; a line parts two")
    ones = labels.index == 1
    places, _ = near_one(places)
    pivots, which = np.unique(places, axis=0, return_inverse=True)
    here = np.bincount(which.ravel(), ones, len(pivots)), np.bincount(which.ravel(), ~ones, len(pivots))
    best = 0
    size = max(1, _PAIRS // n)
    for start in range(0, len(pivots), size):
        some = slice(start, start + size)
        right = _best_turns(places, ones, pivots[some])
        best = max(best, int((right + np.maximum(*here)[some]).max()))
    return best / n


_PAIRS = 2**18
"""Pairs of points that are worked on at a time."""


def _best_turns(places: Array, ones: NDArray[np.bool_], pivots: Array) -> Array:
    """The most points elsewhere that a line through each pivot (m, 2) has on the right side, (m,)."""
    way = places - pivots[:, None]
    elsewhere = (way != 0).any(axis=2)
    # Seen from the pivot a place lies ahead, at an angle from 0 to pi, or behind, opposite to one. A line that has just
    # begun to turn at the angle 0 has what lies ahead on its left; past its angle each place changes sides.
    ahead = (way[:, :, 1] > 0) | ((way[:, :, 1] == 0) & (way[:, :, 0] > 0))
    way = np.where(ahead[:, :, None], way, -way)
    angle = np.arctan2(way[:, :, 1], way[:, :, 0])
    angle[~elsewhere] = np.inf
    right = ((ahead == ones) & elsewhere).sum(axis=1, keepdims=True)  # of a line with the ones on its left
    change = np.where(elsewhere, np.where(ahead == ones, -1, 1), 0)
    order = angle.argsort(axis=1)
    angle, change = (np.take_along_axis(each, order, axis=1) for each in (angle, change))
    counts = np.concatenate([right, right + change.cumsum(axis=1)], axis=1)
    # Places in one direction, or in opposite ones, change sides together.
    between = np.ones(counts.shape, bool)
    with np.errstate(invalid="ignore"):
        between[:, 1:-1] = ~(np.diff(angle, axis=1) <= 1e-12)
    others = elsewhere.sum(axis=1, keepdims=True)
    return np.asarray(np.where(between, np.maximum(counts, others - counts), 0).max(axis=1))


def polylines(segments: Array) -> list[Array]:
    """Join segments (m, 2, 2) that follow each other, end to start, into lines (k, 2) to draw in one stroke.

    >>> segments = np.array([[[0, 0], [1, 0]], [[1, 0], [1, 1]], [[5, 5], [6, 6]]])
    >>> [line.tolist() for line in polylines(segments)]
    [[[0, 0], [1, 0], [1, 1]], [[5, 5], [6, 6]]]
    """
    breaks = np.flatnonzero((segments[1:, 0] != segments[:-1, 1]).any(axis=1)) + 1
    return [np.vstack([part[:1, 0], part[:, 1]]) for part in np.split(segments, breaks) if len(part)]
