"""Axes: one, two or three axes with numbers."""

from manim import DEGREES

from nn_unfold import Axes, Stage


class Example(Stage):
    def construct(self):
        axes = Axes((-2, 2, -1, 3, 0, 2), ("x_1", "x_2", "p"), at_corner=True)
        self.look(axes, phi=60 * DEGREES, theta=-60 * DEGREES)
        self.add(axes)
        self.wait()
