"""Passage: moves what has an origin from one depth of a network to another, also backwards."""

from nn_core.network import Layer, Network
from nn_unfold import Passage, Sheet, Stage


class Example(Stage):
    def construct(self):
        network = Network(
            [
                Layer([[0.9, -0.6], [0.5, 1.0]], [0.2, -0.3], "relu"),
                Layer([[1.2, -1.0], [0.3, 0.9]], [-0.1, 0.2], "tanh"),
            ]
        )
        sheet = Sheet((-2, 2, -2, 2), network)
        self.look(sheet)
        self.add(sheet)
        self.play(Passage(sheet, layers=network.layers, start=0, stop=2, run_time=6))
