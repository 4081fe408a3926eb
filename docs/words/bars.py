"""Bars: bars in a plot."""

import numpy as np

from nn_unfold import Bars, Stage


class Example(Stage):
    def construct(self):
        self.add(Bars(np.array([0.05, 0.1, 0.6, 0.25]), (0, 1), size=(7, 4)).center())
        self.wait()
