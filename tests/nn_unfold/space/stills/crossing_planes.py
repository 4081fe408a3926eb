"""Five planes that cut each other, the highest at each place marked by its edges."""

import numpy as np
from manim import DEGREES

from nn_unfold.space.landscape import Landscape
from nn_unfold.stage.stage import Stage


class CrossingPlanes(Stage):
    """Random planes, seen from the side; white lines show where the highest changes."""

    def construct(self):
        rng = np.random.default_rng(6)
        weight, bias = rng.normal(size=(5, 2)), rng.normal(size=5)
        planes = Landscape.planes(weight, bias, (-2, 2, -2, 2), height=0.6, grid=0.5)
        planes.ridges.set_opacity(1)
        self.look(planes, phi=68 * DEGREES, theta=-60 * DEGREES)
        self.add(planes)
