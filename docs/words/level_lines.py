"""LevelLines: level lines of a surface."""

from manim import DEGREES

from nn_unfold import Landscape, LevelLines, Stage


class Example(Stage):
    def construct(self):
        bowl = Landscape.over(lambda X: X[:, 0] ** 2 / 4 + X[:, 1] ** 2, (-2, 2, -1, 1), tolerance=0.01)
        lines = LevelLines(bowl, 0.2)
        self.look(bowl, phi=50 * DEGREES, theta=-60 * DEGREES)
        self.add(bowl, lines)
        lines.set_opacity(1)
        self.wait()
