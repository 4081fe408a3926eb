"""AffineFlow: an affine map, shown as what it does: it scales, rotates and translates."""

from nn_core.network import Layer
from nn_unfold import AffineFlow, Axes, Picture, Stage


class Example(Stage):
    def construct(self):
        layer = Layer([[0.4, -1.2], [1.0, 0.5]], [0.8, 0.3], "identity")
        picture, axes = Picture(), Axes((-2, 2, -2, 2))
        self.look(axes)
        self.add(axes, picture)
        self.play(AffineFlow(picture, layer=layer))
