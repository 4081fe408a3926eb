"""Panel: a part of the screen with a camera of its own."""

from nn_core.network import Layer, Network
from nn_unfold import HeatPlane, Sheet, Stage


class Example(Stage):
    def construct(self):
        network = Network(
            [Layer([[0.9, -0.6], [0.5, 1.0]], [0.2, -0.3], "relu"), Layer([[1.2, -1.0]], [-0.1], "sigmoid")]
        )
        left, right = self.panels(2, gap=0.4)
        sheet, plane = Sheet((-2, 2, -2, 2), network), HeatPlane(network, (-2, 2, -2, 2))
        left.add(sheet)
        right.add(plane)
        self.look(sheet)
        self.look(plane)
        self.add(sheet, plane)
        self.wait()
