"""polygon: a convex polygon with its outline."""

import numpy as np

from nn_unfold import Stage, polygon


class Example(Stage):
    def construct(self):
        turns = np.linspace(0, 2 * np.pi, 7)[:-1]
        piece = polygon(np.column_stack([np.cos(turns), np.sin(turns), 0 * turns]), self.tokens.accent, opacity=0.4)
        self.look(piece)
        self.add(piece)
        self.wait()
