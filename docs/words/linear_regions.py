"""LinearRegions: the pieces on which a network is affine, and the creases between them."""

import numpy as np

from nn_core.network import Network
from nn_unfold import LinearRegions, Stage


class Example(Stage):
    def construct(self):
        network = Network.create(
            (2, 16, 8, 1), ["relu", "relu", "identity"], initializer="he", rng=np.random.default_rng(3)
        )
        pieces = LinearRegions(network, (-2, 2, -2, 2))
        self.look(pieces)
        self.add(pieces)
        self.wait()
