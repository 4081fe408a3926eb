"""Reading: a column of numbers that are read off the network of the moment."""

import numpy as np

from nn_core.network import Layer, Network
from nn_unfold import Reading, Stage


class Example(Stage):
    def construct(self):
        network = Network(
            [Layer([[0.9, -0.6], [0.5, 1.0]], [0.2, -0.3], "relu"), Layer([[1.2, -1.0]], [-0.1], "sigmoid")]
        )
        X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        self.add(Reading(lambda network: network.predict_proba(X)[:, -1], network, size=54).center())
        self.wait()
