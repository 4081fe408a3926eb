"""HeatMap: a function of the plane as a small picture on the screen."""

import numpy as np

from nn_unfold import HeatMap, Stage


class Example(Stage):
    def construct(self):
        x, y = np.meshgrid(np.linspace(-3, 3, 60), np.linspace(3, -3, 60))
        self.add(HeatMap(4.5, np.sin(x) * np.cos(y)))
        self.wait()
