"""Segments: straight lines of your own, in space."""

import numpy as np

from nn_unfold import Segments, Stage


class Example(Stage):
    def construct(self):
        turns = np.linspace(0, 12, 200)
        helix = np.column_stack([np.cos(turns), np.sin(turns), turns / 6])
        line = Segments(np.stack([helix[:-1], helix[1:]], axis=1), (0.9, 0.7, 0.3, 1.0), width=5)
        self.look(line, phi=1.2, theta=-1.0)
        self.add(line)
        self.wait()
