"""A picture as it is, and folded by a ReLU layer half of the way."""

from manim import DEGREES, RIGHT

from nn_core.network import Layer, Network
from nn_unfold.motion.flows import ActivationFlow, AffineFlow
from nn_unfold.space.picture import Picture
from nn_unfold.stage.stage import Stage


class FoldedPicture(Stage):
    """Left the picture, right what a layer does to it."""

    def construct(self):
        layer = Layer([[0.9, 0.5], [-0.4, 0.9]], [0.1, 0.2], "relu")
        before, after = Picture(), Picture(network=Network([layer]), grid=0.25)
        flow = ActivationFlow(after, layer=layer)
        self.play(AffineFlow(after, layer=layer))
        flow.begin()
        flow.interpolate(0.6)
        after.shift(2.6 * RIGHT)
        self.look(before, after, phi=20 * DEGREES, theta=-80 * DEGREES)
        self.add(before, after)
