"""Response: the output of a neuron over the plane, as a surface."""

from manim import DEGREES

from nn_core.network import Layer, Network
from nn_unfold import Bend, Response, Stage


class Example(Stage):
    def construct(self):
        neuron = Network([Layer([[1.5, 0.5]], [0.2], "sigmoid")])
        surface = Response(neuron, (-3, 3, -3, 3), height=2, bend=0, grid=0.5)
        self.look(surface, phi=65 * DEGREES, theta=-60 * DEGREES)
        self.add(surface)
        self.play(Bend(surface))
