"""A warp of the plane with stock Manim alone: a NumberPlane and 500 dots through a 2-100-2 tanh map in 4 s."""

import numpy as np
from manim import BLUE, Dot, NumberPlane, Scene, Transform, VGroup

COUNT, STEP = 500, 4.0
RNG = np.random.default_rng(11)
HIDDEN, BIAS, OUTPUT = RNG.normal(0, 1, (100, 2)), RNG.uniform(-2, 2, 100), RNG.normal(0, 0.12, (2, 100))
PLACES = RNG.uniform(-3, 3, (COUNT, 2))


def warp(X):
    """(n, 2) -> (n, 2)."""
    return 0.6 * X + np.tanh(X @ HIDDEN.T + BIAS) @ OUTPUT.T


def warped(point):
    return np.append(warp(np.asarray(point)[None, :2])[0], 0.0)


class GridWarpStock(Scene):
    def construct(self):
        plane = NumberPlane()
        dots = VGroup(*(Dot([x, y, 0], radius=0.04, color=BLUE) for x, y in PLACES))
        goal = VGroup(*(Dot(warped([x, y]), radius=0.04, color=BLUE) for x, y in PLACES))
        self.add(plane, dots)
        plane.prepare_for_nonlinear_transform(200)
        self.play(plane.animate.apply_function(warped), Transform(dots, goal), run_time=STEP)
