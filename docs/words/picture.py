"""Picture: a sheet with a picture on it; any map can move it."""

from nn_core.network import Layer
from nn_unfold import AffineFlow, Picture, Stage


class Example(Stage):
    def construct(self):
        house = Picture(height=3)
        self.look(house)
        self.add(house)
        self.play(AffineFlow(house, layer=Layer([[1, 0.8], [0, 1]], [0, 0], "identity")))
