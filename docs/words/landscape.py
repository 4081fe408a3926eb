"""Landscape: surfaces over the plane that may cut each other: functions, planes of scores, softmax."""

import numpy as np
from manim import DEGREES

from nn_unfold import Landscape, Stage, rise


class Example(Stage):
    def construct(self):
        weight, bias = np.array([[1.0, 0.0], [-0.5, 0.8], [-0.5, -0.8]]), np.array([2.0, 2.0, 2.0])
        planes = Landscape.planes(weight, bias, (-2, 2, -2, 2), height=0.6, grid=1)
        self.look(planes, phi=62 * DEGREES, theta=-60 * DEGREES)
        self.play(rise(planes, in_turn=True))
