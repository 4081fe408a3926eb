"""NetworkDiagram: neurons as circles, weights as lines; neurons can show heat maps."""

import numpy as np

from nn_core.network import Network
from nn_unfold import NetworkDiagram, Stage


class Example(Stage):
    def construct(self):
        network = Network.create(
            (2, 5, 3, 1), ["tanh", "tanh", "sigmoid"], initializer="glorot", rng=np.random.default_rng(0)
        )
        self.add(NetworkDiagram(network, size=(9, 5), radius=0.45, names=("x", "a", "h", "y"), plane=(-3, 3, -3, 3)))
        self.wait()
