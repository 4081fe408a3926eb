"""Solid: the convex hull of some points in space."""

import numpy as np

from nn_unfold import Solid, Stage


class Example(Stage):
    def construct(self):
        solid = Solid(np.random.default_rng(0).normal(size=(20, 3)), opacity=0.8)
        self.look(solid, phi=1.1, theta=-1.0)
        self.add(solid)
        self.play(self.turn(2.0, solid, run_time=4))
