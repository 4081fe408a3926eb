"""DecisionBoundary: the decision boundary in the input plane."""

from nn_core.network import Layer, Network
from nn_unfold import DecisionBoundary, Sheet, Stage


class Example(Stage):
    def construct(self):
        network = Network(
            [Layer([[0.9, -0.6], [0.5, 1.0]], [0.2, -0.3], "relu"), Layer([[1.2, -1.0]], [-0.1], "sigmoid")]
        )
        sheet, line = Sheet((-2, 2, -2, 2), network), DecisionBoundary(network, (-2, 2, -2, 2))
        self.look(sheet)
        self.add(sheet, line)
        self.wait()
