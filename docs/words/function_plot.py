"""FunctionPlot: the graph of a function, with a dot on it."""

from nn_core.activations import ACTIVATIONS
from nn_unfold import FunctionPlot, Stage


class Example(Stage):
    def construct(self):
        self.add(FunctionPlot(ACTIVATIONS["gelu"], size=(8, 4), name='op("GELU")(z)').center())
        self.wait()
