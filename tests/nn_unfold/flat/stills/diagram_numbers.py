"""A small network with its numbers: activations in the neurons, weights on the edges, deltas below."""

import numpy as np

from nn_core.network import Layer, Network
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.stage.stage import Stage


class DiagramNumbers(Stage):
    """One input has gone forward, and its deltas have come back."""

    def construct(self):
        network = Network(
            [Layer([[1.0, -0.5], [0.5, 1.5]], [0.2, -0.1], "relu"), Layer([[0.8, -1.2], [-0.6, 0.9]], [0.0, 0.3])]
        )
        diagram = NetworkDiagram(network, names=("x", "h", "y"), size=(9.0, 4.4), radius=0.5, spread=6)
        diagram.move_to(self.area().centre)
        self.add(diagram)
        x = np.array([0.9, 0.4])
        self.play(diagram.send(x))
        self.play(diagram.send_back(x, np.array([0.3, -0.7])))
        diagram.highlight(neurons=[(1, 0)], edges=[(0, 0, 0), (0, 0, 1)])
        self.add(diagram.edge_numbers(0), diagram.edge_numbers(1))
