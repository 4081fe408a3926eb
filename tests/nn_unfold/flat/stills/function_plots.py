"""The graphs of activations."""

from manim import VGroup

from nn_core.activations import ACTIVATIONS
from nn_unfold.flat.plots import FunctionPlot
from nn_unfold.stage.stage import Stage


class FunctionPlots(Stage):
    """ReLU, tanh, sigmoid and sin, each with its value at 1.5."""

    def construct(self):
        names = ("relu", "tanh", "sigmoid", "sin")
        ranges = ((-1, 3), (-1, 1), (0, 1), (-1, 1))
        plots = VGroup(
            *(FunctionPlot(ACTIVATIONS[name], y=y, size=(4.0, 1.5)) for name, y in zip(names, ranges, strict=True))
        )
        plots.arrange_in_grid(2, 2, buff=0.8).move_to(self.area().centre)
        for plot in plots:
            plot.show_at(1.5)
        self.add(plots)
