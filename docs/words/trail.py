"""Trail: a ball on a landscape and the way that it came; Roll moves it."""

import numpy as np
from manim import DEGREES

from nn_unfold import Landscape, Roll, Stage, Trail


class Example(Stage):
    def construct(self):
        bowl = Landscape.over(lambda X: X[:, 0] ** 2 / 4 + X[:, 1] ** 2, (-2, 2, -1, 1), tolerance=0.01)
        steps = 1.8 * 0.8 ** np.arange(20)
        trail = Trail(bowl, np.column_stack([steps, 0.4 * steps * (-1) ** np.arange(20)]), self.tokens.accent)
        self.look(bowl, phi=50 * DEGREES, theta=-60 * DEGREES)
        self.add(bowl, trail)
        self.play(Roll(trail, steps=19, run_time=4))
