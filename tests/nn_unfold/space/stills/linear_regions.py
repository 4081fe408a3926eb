"""The linear regions of a network with two wide layers, with the creases of both."""

from itertools import pairwise

import numpy as np

from nn_core.network import Layer, Network
from nn_unfold import Draw, LinearRegions, Stage

BOX = (-2.0, 2.0, -1.5, 1.5)


class LinearRegionsStill(Stage):
    """A 2-16-12-3 network with random weights; the creases of its second layer bend at those of the first."""

    def construct(self):
        rng = np.random.default_rng(4)
        sizes = [2, 16, 12, 3]
        network = Network(
            Layer(rng.normal(size=(n_out, n_in)), rng.normal(size=n_out), "relu") for n_in, n_out in pairwise(sizes)
        )
        regions = LinearRegions(network, BOX)
        self.look(regions)
        self.add(regions)
        for layer in regions.creases:
            self.play(Draw(layer))
