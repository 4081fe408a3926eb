"""Anneal: lowers the temperature of softmax surfaces: they become steps."""

import numpy as np
from manim import DEGREES

from nn_unfold import Anneal, Landscape, Stage


class Example(Stage):
    def construct(self):
        weight, bias = np.array([[1.0, 0.0], [-0.5, 0.8], [-0.5, -0.8]]), np.zeros(3)
        surfaces = Landscape.softmax(weight, bias, (-3, 3, -3, 3), height=2)
        self.look(surfaces, phi=62 * DEGREES, theta=-60 * DEGREES)
        self.add(surfaces)
        self.play(Anneal(surfaces, 0.1, run_time=4))
