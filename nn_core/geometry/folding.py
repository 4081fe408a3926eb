"""Fold the plane through the layers of a piecewise-affine network, cutting it along every crease."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn_core.activations import Pieces
from nn_core.geometry.box import Array, Box, Flags, Indices
from nn_core.geometry.subdivision import Subdivision
from nn_core.network import Layer, Network


class Step(NamedTuple):
    """A layer for the cutter: weight (n_out, n_in), bias (n_out,), and the pieces of its activation."""

    weight: Array
    bias: Array
    pieces: Pieces

    def lines(self) -> tuple[Indices, Array]:
        """Where the activation bends: the neuron of each crease (m,), and the value of z on it (m,)."""
        neurons, kinks = np.nonzero(self.pieces.bends.T)
        return neurons, self.pieces.kinks[kinks]

    def piece_numbers(self, above: Flags) -> NDArray[np.uint8]:
        """On which piece of its activation each neuron is, given on which side of each crease: (n, m) -> (n, n_out).

        It counts the kinks below z; one at which a neuron doesn't bend is passed over.
        """
        neurons, kinks = np.nonzero(self.pieces.bends.T)
        if len(self.pieces.kinks) == 1 and self.pieces.bends.all():
            return above.view(np.uint8)
        numbers = np.zeros((len(above), len(self.bias)), np.uint8)
        for number in range(len(self.pieces.kinks)):
            here = kinks == number
            numbers[:, neurons[here]] = np.where(above[:, here], number + 1, numbers[:, neurons[here]])
        return numbers


def in_double(network: Network) -> Network:
    """The same network in double precision, once it is sure that it can be drawn on the plane.

    Raises:
        ValueError: it has not 2 inputs, or a weight that is not finite.
    """
    if not isinstance(network, Network):
        raise TypeError(f"network is a {type(network).__name__}, expected a Network")
    if network.n_in != 2:
        raise ValueError(
            f"the network has {network.n_in} inputs; its geometry lies in a plane, so the first layer must take 2"
        )
    for number, layer in enumerate(network.layers, start=1):
        if not (np.isfinite(layer.weight).all() and np.isfinite(layer.bias).all()):
            raise ValueError(f"layer {number} has weights that are not finite; did the training diverge?")
    return Network(
        (
            Layer(layer.weight.astype(np.float64), layer.bias.astype(np.float64), layer.activation)
            for layer in network.layers
        ),
        decision=network.decision,
    )


def is_piecewise(layers: Sequence[Layer]) -> bool:
    """Whether none of these layers has a smooth activation."""
    return all(layer.activation.slopes is not None for layer in layers)


def creased_layers(layers: Sequence[Layer]) -> list[Layer]:
    """The layers before the first smooth one: behind it there may be no more creases.

    Raises:
        ValueError: a layer behind a smooth one has creases, which would be curved.
    """
    smooth = [number for number, layer in enumerate(layers) if layer.activation.slopes is None]
    for number, layer in enumerate(layers):
        if smooth and number > smooth[0] and layer.activation.bends:
            raise ValueError(
                f"layer {number + 1} ({layer.activation.name}) stands behind a smooth layer, "
                f"{layers[smooth[0]].activation.name}, so its creases are curved; exact ones need piecewise "
                "linear layers before them"
            )
    return list(layers[: smooth[0]] if smooth else layers)


def steps_of(layers: Sequence[Layer]) -> list[Step]:
    """Layers with piecewise linear activations, as steps.

    Raises:
        ValueError: an activation is smooth, or is made for another number of neurons.
    """
    steps = []
    for number, layer in enumerate(layers, start=1):
        if layer.activation.slopes is None:
            raise ValueError(
                f"layer {number} has the smooth activation {layer.activation.name!r}, but exact regions and "
                "creases need one that is piecewise linear there, such as relu, hard_tanh or identity"
            )
        steps.append(Step(layer.weight, layer.bias, layer.activation.pieces(layer.n_out)))
    return steps


def folded(steps: Sequence[Step], box: Box) -> Subdivision:
    """A box cut along every crease of these layers, with the values after the last activation at its corners.

    New edges carry the number of the neuron as their tag, counted through all layers from 0.
    """
    plane = Subdivision.of_box(box)
    tag = 0
    for step in steps:
        plane.affine(step.weight, step.bias)
        neurons, levels = step.lines()
        plane.cut_rows(neurons, levels, tag + neurons)
        plane.activate(step.pieces)
        tag += len(step.bias)
    return plane
