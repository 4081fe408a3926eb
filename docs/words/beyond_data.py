"""BeyondData: covers the part of the plane that is far from all data."""

import numpy as np

from nn_core.datasets import make_moons
from nn_core.network import Network
from nn_unfold import BeyondData, Cloud, HeatPlane, Stage


class Example(Stage):
    def construct(self):
        X, y = make_moons(60, rng=np.random.default_rng(0))
        network = Network.create((2, 8, 1), ["tanh", "sigmoid"], initializer="glorot", rng=np.random.default_rng(0))
        plane = HeatPlane(network, (-4, 5, -4, 4))
        self.look(plane)
        self.add(plane, BeyondData(X, (-4, 5, -4, 4)), Cloud(X, y))
        self.wait()
