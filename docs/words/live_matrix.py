"""LiveMatrix: a matrix of numbers that can change in every frame."""

import numpy as np

from nn_unfold import LiveMatrix, Stage


class Example(Stage):
    def construct(self):
        self.add(LiveMatrix(np.array([[0.9, -0.6], [0.5, 1.0]]), size=64).center())
        self.wait()
