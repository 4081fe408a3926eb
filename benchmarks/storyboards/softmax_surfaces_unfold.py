"""Five softmax surfaces on the stage: cut along their crossings, translucent in true order, with grids and axes."""

from manim import DEGREES
from softmax_surfaces_stock import BIAS, HEIGHT, SIDE, STEP, WEIGHT

from nn_unfold.motion.surfaces import rise
from nn_unfold.space.axes import Axes
from nn_unfold.space.landscape import Landscape
from nn_unfold.stage.stage import Stage


class SoftmaxSurfacesUnfold(Stage):
    def construct(self):
        box = (-SIDE, SIDE, -SIDE, SIDE)
        surfaces = Landscape.softmax(WEIGHT, BIAS, box, height=HEIGHT, grid=SIDE / 8)
        axes = Axes((*box, 0, HEIGHT), ("x_1", "x_2", "p"))
        self.look(axes, phi=60 * DEGREES, theta=-45 * DEGREES)
        self.add(axes, surfaces)
        self.play(rise(surfaces, run_time=STEP), self.turn(0.2 * STEP, axes, run_time=STEP))
        self.play(self.turn(0.2 * STEP, axes, run_time=STEP))
