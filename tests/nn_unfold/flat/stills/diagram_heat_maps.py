"""What each neuron of a network does over the plane, from chosen features to the output."""

import numpy as np

from nn_core.network import Network
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.stage.stage import Stage


def features(plane):
    """The plane (n, 2) as x1, x2, their squares, their product and their sines: (n, 7)."""
    x, y = plane.T
    return np.stack([x, y, x**2, y**2, x * y, np.sin(x), np.sin(y)], axis=1)


class DiagramHeatMaps(Stage):
    """A 7-4-2-1 network, as it is before training."""

    def construct(self):
        network = Network.create([7, 4, 2, 1], "tanh", initializer="glorot", rng=np.random.default_rng(4))
        diagram = NetworkDiagram(network, plane=(-6, 6, -6, 6), features=features, size=(9.0, 5.6), radius=0.34)
        self.add(diagram.move_to(self.area().centre))
