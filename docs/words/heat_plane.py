"""HeatPlane: the probabilities of the classes everywhere, as colours."""

from nn_core.network import Layer, Network
from nn_unfold import HeatPlane, Stage


class Example(Stage):
    def construct(self):
        network = Network(
            [Layer([[0.9, -0.6], [0.5, 1.0]], [0.2, -0.3], "relu"), Layer([[1.2, -1.0]], [-0.1], "sigmoid")]
        )
        plane = HeatPlane(network, (-2, 2, -2, 2))
        self.look(plane)
        self.add(plane)
        self.wait()
