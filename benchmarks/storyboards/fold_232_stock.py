"""The 2-3-2 fold with stock Manim alone: 24 x 24 faces, 300 dots, two movements of 2 s, the camera turning."""

import numpy as np
from manim import DEGREES, YELLOW, Dot, Surface, ThreeDAxes, ThreeDScene, Transform, VGroup

SIDE, COUNT, STEP = 1.5, 300, 2.0
ROOT2, ROOT3 = np.sqrt(2) / 2, np.sqrt(3) / 3
WEIGHT = 1.5 * np.array([[-ROOT2, -ROOT3], [ROOT2, -ROOT3], [0.0, ROOT3]])
BIAS = np.array([1.0, 1.0, 1.0])


def lifted(u, v):
    return WEIGHT @ np.array([u, v]) + BIAS


def folded(u, v):
    return np.maximum(lifted(u, v), 0.0)


def surface(function):
    return Surface(function, u_range=[-SIDE, SIDE], v_range=[-SIDE, SIDE], resolution=(24, 24))


def cloud(function, places):
    return VGroup(*(Dot(function(u, v), radius=0.04, color=YELLOW) for u, v in places))


class Fold232Stock(ThreeDScene):
    def construct(self):
        places = np.random.default_rng(7).uniform(-SIDE, SIDE, (COUNT, 2))
        sheet, dots = surface(lambda u, v: np.array([u, v, 0.0])), cloud(lambda u, v: np.array([u, v, 0.0]), places)
        self.set_camera_orientation(phi=60 * DEGREES, theta=-45 * DEGREES)
        self.add(ThreeDAxes(), sheet, dots)
        self.begin_ambient_camera_rotation(rate=0.2)
        for function in (lifted, folded):
            goals = Transform(sheet, surface(function)), Transform(dots, cloud(function, places))
            self.play(*goals, run_time=STEP)
