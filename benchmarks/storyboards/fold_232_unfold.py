"""The 2-3-2 fold on the stage: the same sheet, points, axes and movements, with depth, shading and exact creases."""

import numpy as np
from fold_232_stock import BIAS, COUNT, SIDE, STEP, WEIGHT
from manim import DEGREES

from nn_core.network import Layer, Network
from nn_unfold.motion.flows import ActivationFlow, AffineFlow
from nn_unfold.space.axes import Axes
from nn_unfold.space.base import SpatialGroup
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.stage import Stage


class Fold232Unfold(Stage):
    def construct(self):
        places = np.random.default_rng(7).uniform(-SIDE, SIDE, (COUNT, 2))
        layer = Layer(WEIGHT, BIAS, "relu")
        sheet = Sheet((-SIDE, SIDE, -SIDE, SIDE), Network([layer]), grid=2 * SIDE / 24)
        sheet.creases.set_opacity(1)
        cloud = Cloud(places)
        world = SpatialGroup(sheet, cloud)
        axes = Axes((-4, 4, -4, 4, -3, 4), most=2)  # as in stock Manim: lines and ticks, no numbers
        self.add(axes, world)
        self.look(axes, phi=60 * DEGREES, theta=-45 * DEGREES)
        for flow in (
            AffineFlow(world, layer=layer, kind="lerp", run_time=STEP),
            ActivationFlow(world, layer=layer, run_time=STEP),
        ):
            self.play(flow, self.turn(0.2 * STEP, axes, run_time=STEP))
