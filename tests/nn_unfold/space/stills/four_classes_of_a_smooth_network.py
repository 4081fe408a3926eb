"""A network with smooth hidden layers and four outputs: probabilities as colours, and its sheet behind two layers."""

from manim import FadeIn

from nn_core.network import Layer, Network
from nn_unfold import HeatPlane, Morph, Sheet, Stage

BOX = (-2.0, 2.0, -2.0, 2.0)


class FourClassesOfASmoothNetwork(Stage):
    """On the left the plane of its probabilities; on the right the sheet in its second hidden layer of two neurons."""

    def construct(self):
        front = Layer([[1.0, 0.4], [-0.5, 1.0], [0.3, -0.8]], [0.3, -0.2, 0.5], "tanh")
        hidden = Layer([[1.2, -0.4, 0.5], [0.3, 1.1, -0.6]], [-0.2, 0.1], "gelu")
        outputs = Layer([[6.0, 2.0], [-4.0, 5.0], [-3.0, -6.0], [4.0, -4.0]], [-1.0, 0.0, -1.5, 0.0])
        network = Network([front, hidden, outputs])
        left, right = self.panels(2)
        plane, sheet = HeatPlane(network, BOX, opacity=1.0), Sheet(BOX, network, boundary=True)
        sheet.boundary.set_opacity(1)
        left.add(plane)
        right.add(sheet)
        self.play(FadeIn(plane, sheet))
        self.play(Morph(sheet, layers=network.layers[:2]))
        self.look(plane)
        self.look(sheet)
