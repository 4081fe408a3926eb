"""Follow: shows a function of time in a mobject."""

import numpy as np

from nn_unfold import Follow, LiveMatrix, Stage


class Example(Stage):
    def construct(self):
        matrix = LiveMatrix(np.eye(2), size=64).center()
        self.add(matrix)

        def turned(t):
            return (np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]),)

        self.play(Follow(matrix, turned, matrix.set_values, run_time=3))
