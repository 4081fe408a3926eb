"""RowBars: rows of a name, a bar and its number."""

import numpy as np

from nn_unfold import RowBars, Stage, label


class Example(Stage):
    def construct(self):
        names = [label(name) for name in ("cat", "dog", "bird")]
        self.add(RowBars(names, np.array([0.7, 0.2, 0.1]), (0.0, 1.0), size=(7.0, 3.0)).center())
        self.wait()
