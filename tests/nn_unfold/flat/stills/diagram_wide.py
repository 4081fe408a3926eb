"""A network that is too wide to be drawn whole, with a digit in it."""

import numpy as np

from nn_core.datasets import load_digits
from nn_core.network import Network
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.stage.stage import Stage


class DiagramWide(Stage):
    """784-16-10, untrained: some of the pixels, all hidden neurons, the outputs with their numbers."""

    def construct(self):
        digits = load_digits()
        network = Network.create([784, 16, 10], "relu", rng=np.random.default_rng(0))
        row_of_pixels = range(14 * 28 + 6, 14 * 28 + 22)
        diagram = NetworkDiagram(network, most=16, choose={0: row_of_pixels}, size=(9.0, 5.6), data=digits.X[:10])
        self.add(diagram.move_to(self.area().centre).read(digits.X[0]))
