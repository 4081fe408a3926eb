"""SurfaceError: the mean distance of a network from a function at some points."""

import numpy as np

from nn_core.network import Layer, Network
from nn_unfold import Stage, SurfaceError


class Example(Stage):
    def construct(self):
        flat, X = Network([Layer([[0.0]], [0.0], "identity")]), np.linspace(-3, 3, 100)[:, None]
        self.add(SurfaceError("error", flat, lambda X: np.sin(X[:, 0]), X, size=60))
        self.wait()
