"""WeightArrow: the weights of a neuron as an arrow: the gradient of its score."""

from nn_core.network import Layer, Network
from nn_unfold import HeatPlane, Stage, WeightArrow


class Example(Stage):
    def construct(self):
        neuron = Network([Layer([[1.0, 0.5]], [0.2], "sigmoid")])
        plane = HeatPlane(neuron, (-2, 2, -2, 2))
        self.look(plane)
        self.add(plane, WeightArrow(neuron, (-2, 2, -2, 2)))
        self.wait()
