"""Where neurons are zero, whatever their activation: lines in the input plane, curved behind smooth layers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nn_core.geometry import pull_back
from nn_core.geometry.box import Box
from nn_core.network import Layer, Network
from nn_unfold.space.primitives import Segments
from nn_unfold.theme import rgb, theme


class ZeroLines(Segments):
    """The lines of the input plane on which neurons of one layer are zero before their activation. Hidden until drawn.

    Args:
        network: of 2 inputs.
        layer: the number of the layer, from 0.
        neurons: which neurons of it.
        box: (x_min, x_max, y_min, y_max) in data units.

    Attributes:
        met: the neurons that have a line in the box.
    """

    def __init__(self, network: Network, layer: int, neurons: Iterable[int], box: Box) -> None:
        own = network.layers[layer]
        front = Network([*network.layers[:layer], Layer(own.weight, own.bias)])
        found = {neuron: pull_back(np.eye(own.n_out)[neuron], 0.0, front, box) for neuron in neurons}
        self.met = [neuron for neuron, ends in found.items() if len(ends)]
        ends = np.concatenate([np.empty((0, 2, 2)), *found.values()])
        super().__init__(ends, [*rgb(theme().crease), 0.0], width=theme().crease_width, cased=True, origin=ends)
