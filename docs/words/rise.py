"""Rise: lets surfaces rise from the floor, or sink to it."""

import numpy as np
from manim import DEGREES

from nn_unfold import Landscape, Rise, Stage


class Example(Stage):
    def construct(self):
        wave = Landscape.over(lambda X: np.sin(X[:, 0]) * np.cos(X[:, 1]), (-3, 3, -2, 2), tolerance=0.01)
        self.look(wave, phi=60 * DEGREES, theta=-60 * DEGREES)
        self.add(wave)
        self.play(Rise(wave))
