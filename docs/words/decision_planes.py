"""DecisionPlanes: the decision boundary in the space of three hidden neurons."""

from manim import DEGREES

from nn_core.network import Layer, Network
from nn_unfold import Axes, DecisionPlanes, Stage


class Example(Stage):
    def construct(self):
        scores = Layer([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0], "identity")
        cuts = DecisionPlanes(Network([scores]), (0, 0, 0), (2, 2, 2))
        axes = Axes((0, 2, 0, 2, 0, 2), ("h_1", "h_2", "h_3"))
        self.look(axes, phi=65 * DEGREES, theta=-35 * DEGREES)
        self.add(axes, cuts)
        self.wait()
