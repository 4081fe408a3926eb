"""Hyperplanes: the lines on which the neurons of the first layer have the score zero."""

from nn_core.network import Layer, Network
from nn_unfold import Hyperplanes, Sheet, Stage, WeightArrow


class Example(Stage):
    def construct(self):
        network = Network(
            [Layer([[0.9, -0.6], [0.5, 1.0]], [0.2, -0.3], "relu"), Layer([[1.2, -1.0]], [-0.1], "sigmoid")]
        )
        box = (-2, 2, -2, 2)
        sheet = Sheet(box)
        self.look(sheet)
        self.add(
            sheet, Hyperplanes(network, box), WeightArrow(network, box, number=0), WeightArrow(network, box, number=1)
        )
        self.wait()
