"""NetworkCurve: the graph of a network of one input, with its breakpoints."""

from nn_core.network import Layer, Network
from nn_unfold import Axes, NetworkCurve, Stage


class Example(Stage):
    def construct(self):
        hinges = Layer([[1.0], [1.0], [1.0]], [2.0, 0.0, -1.0], "relu")
        network = Network([hinges, Layer([[0.5, -1.0, 1.5]], [-0.5], "identity")])
        axes, curve = Axes((-3, 3, -1, 2), ("x", "y")), NetworkCurve(network, -3, 3)
        self.look(axes)
        self.add(axes, curve)
        self.wait()
