"""Lines on the input plane: where neurons switch, where classes meet, and where a hidden line comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nn_core.geometry.folding import check, creased_layers, folded, steps_of
from nn_core.geometry.regions import classified
from nn_core.geometry.subdivision import Array, Box, Indices, Subdivision
from nn_core.network import Network


@dataclass(frozen=True)
class Crease:
    """Where one neuron switches between z <= 0 and z > 0.

    Attributes:
        layer: the number of its layer, from 0, as in `network.layers`.
        neuron: its number in the layer, from 0.
        segments: (m, 2, 2) from start to end, with z > 0 on the left; bent where earlier layers bend the
            plane.
    """

    layer: int
    neuron: int
    segments: Array


class Boundary(NamedTuple):
    """Where the class changes.

    Attributes:
        segments: (m, 2, 2) from start to end.
        classes: (m, 2) the class on the left of each, and the one on the right.
    """

    segments: Array
    classes: Indices


def creases(network: Network, box: Box, *, through_output: bool = False) -> list[Crease]:
    """Where each hidden neuron of a piecewise-affine network switches, pulled back to the input plane.

    Smooth layers have no creases; they may only stand behind all those that have.

    Args:
        network: of 2 inputs.
        box: (x_min, x_max, y_min, y_max), in data coordinates.
        through_output: whether the last layer's neurons count too.

    Returns:
        A crease for each neuron that switches inside the box, layer after layer.

    Raises:
        ValueError: the network has not 2 inputs, a layer with creases behind a smooth one, or weights that
            are not finite; or the box is empty.

    >>> from nn_core.network import Layer
    >>> [crease] = creases(Network([Layer([[0, 1]], [-0.5], "relu"), Layer([[1]], [0])]), (0, 1, 0, 1))
    >>> crease.layer, crease.neuron, crease.segments.tolist()
    (0, 0, [[[0.0, 0.5], [1.0, 0.5]]])
    """
    check(network)
    layers = creased_layers(network.layers if through_output else network.layers[:-1])
    plane = Subdivision(box)
    found = []
    for number, step in enumerate(steps_of(layers)):
        plane.affine(step.weight, step.bias)
        if step.switches:
            for neuron, (z, slack) in enumerate(zip(plane.values.now, plane.slack.now, strict=True)):
                segments = plane.contour(z, slack)
                if len(segments):
                    found.append(Crease(number, neuron, segments))
            if number + 1 < len(layers):
                plane.cut_rows(range(len(step.bias)))
        plane.activate(step.slopes)
    return found


def decision_boundary(network: Network, box: Box) -> Boundary:
    """Where the predicted class changes: the exact segments of a piecewise-affine network.

    Any number of classes will do; a network with one logit has its boundary at logit 0. A corner where three
    classes meet is shared by the segments that end in it.

    Args:
        network: of 2 inputs.
        box: (x_min, x_max, y_min, y_max), in data coordinates.

    Raises:
        ValueError: the network has not 2 inputs, or weights that are not finite; or the box is empty.

    >>> from nn_core.network import Layer
    >>> segments, classes = decision_boundary(Network([Layer([[1, 0], [-1, 0]], [0, 0])]), (-1, 1, -1, 1))
    >>> segments.tolist(), classes.tolist()
    ([[[0.0, -1.0], [0.0, 1.0]]], [[1, 0]])
    """
    return borders(classified(network, box))


def borders(plane: Subdivision) -> Boundary:
    """The edges between faces of different labels."""
    tail, head, left, right = plane.edges.now[:4]
    border = (left >= 0) & (right >= 0)
    border[border] = plane.label[left[border]] != plane.label[right[border]]
    segments = plane.points.now.T[np.stack([tail[border], head[border]], axis=1)]
    return Boundary(segments, plane.label[np.stack([left[border], right[border]], axis=1)])


def pull_back(normal: ArrayLike, offset: float, network: Network, box: Box) -> Array:
    """Where a straight line (or plane) behind the network comes from in the input plane.

    To start from a hidden plane give the layers up to it: `Network(network.layers[:k])`.

    Args:
        normal: (n_out,), and
        offset: the line is {a: normal @ a = offset}, with a the output of the network's last layer.
        network: of 2 inputs.
        box: (x_min, x_max, y_min, y_max) of the input plane, in data coordinates.

    Returns:
        segments (m, 2, 2), with normal @ a > offset on their left.

    Raises:
        ValueError: the normal is not of that shape, or the network or the box is not as it should be.

    >>> from nn_core.network import Layer
    >>> pull_back([1, 1], 1, Network([Layer([[1, 0], [0, 1]], [0, 0], "relu")]), (-1, 2, -1, 2)).tolist()
    [[[0.0, 1.0], [1.0, 0.0]], [[-1.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, -1.0]]]
    """
    check(network)
    normal = np.asarray(normal, np.float64)
    if normal.shape != (network.n_out,):
        raise ValueError(
            f"normal has shape {normal.shape}, expected ({network.n_out},): one number for each output"
        )
    plane = folded(steps_of(network.layers), box)
    plane.affine(normal[None], np.array([-float(offset)]))
    return plane.contour(plane.values.now[0], plane.slack.now[0])
