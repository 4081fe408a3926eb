"""anchored: ties a flat mobject to a place in space: it stays upright and keeps its size."""

import numpy as np
from manim import DEGREES

from nn_unfold import Sheet, Stage, anchored, label


class Example(Stage):
    def construct(self):
        sheet = Sheet((-2, 2, -2, 2))
        name = anchored(label("a corner", size=36), np.array([2.0, 2.0, 0.0]), np.array([0.0, 0.3, 0.0]))
        self.look(sheet, phi=60 * DEGREES, theta=-60 * DEGREES)
        self.add(sheet, name)
        self.play(self.turn(1.0, sheet, run_time=3))
