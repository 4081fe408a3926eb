"""Lattice: the lines of a grid, without faces; layers can bend them."""

from nn_core.network import Layer
from nn_unfold import ActivationFlow, Lattice, Stage


class Example(Stage):
    def construct(self):
        grid = Lattice((-2, 2, -2, 2), grid=0.25)
        self.look(grid)
        self.add(grid)
        self.play(ActivationFlow(grid, layer=Layer([[1, 0], [0, 1]], [0, 0], "tanh")))
