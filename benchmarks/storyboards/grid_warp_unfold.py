"""The same warp on the stage: a coloured sheet, refined until its grid lines are smooth, and 500 points."""

import numpy as np
from grid_warp_stock import BIAS, HIDDEN, OUTPUT, PLACES, STEP, warp
from manim import smooth

from nn_core.network import Layer, Network
from nn_unfold.motion.flows import Flow
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.stage import Stage


class Warp(Flow):
    """(1 - t) x + t warp(x)."""

    def place(self, points, t):
        moved = points.copy()
        moved[:, :2] = (1 - t) * points[:, :2] + t * warp(points[:, :2])
        return moved


class GridWarpUnfold(Stage):
    def construct(self):
        # The warp bends where this network does: what it adds to that, 0.6 x, is straight.
        network = Network([Layer(HIDDEN, BIAS, "tanh"), Layer(OUTPUT, np.zeros(2))])
        sheet = Sheet((-7, 7, -4, 4), network, tolerance=5e-3)
        cloud = Cloud(PLACES)
        self.look(sheet)
        self.add(sheet, cloud)
        self.play(Warp(sheet, cloud, run_time=STEP, rate_func=smooth))
