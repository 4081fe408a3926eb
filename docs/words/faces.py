"""Faces: triangles of your own."""

import numpy as np

from nn_unfold import Faces, Stage


class Example(Stage):
    def construct(self):
        corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0.0], [-1, 1, 0.0], [0, 0, 1.5]])
        roof = Faces(corners, np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]]), (0.4, 0.6, 0.9, 1.0))
        self.look(roof, phi=1.1, theta=-1.0)
        self.add(roof)
        self.play(self.turn(2.0, roof, run_time=4))
