"""ActivationFlow: an activation acts on each axis: ReLU folds the plane."""

from nn_core.network import Layer, Network
from nn_unfold import ActivationFlow, Axes, Sheet, Stage


class Example(Stage):
    def construct(self):
        layer = Layer([[1, 0], [0, 1]], [0, 0], "relu")
        sheet, axes = Sheet((-2, 2, -2, 2), Network([layer])), Axes((-2, 2, -2, 2))
        self.look(axes)
        self.add(axes, sheet)
        self.play(ActivationFlow(sheet, layer=layer, in_turn=True, run_time=4))
