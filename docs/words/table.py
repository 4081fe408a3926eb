"""Table: columns of numbers below their names."""

import numpy as np

from nn_unfold import Stage, Table


class Example(Stage):
    def construct(self):
        self.add(
            Table(
                {"x_1": np.array([0, 0, 1, 1]), "x_2": np.array([0, 1, 0, 1]), "y": np.array([0.02, 0.97, 0.96, 0.03])}
            ).scale(1.8)
        )
        self.wait()
