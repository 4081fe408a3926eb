"""Five softmax surfaces with stock Manim alone: 32 x 32 faces each, translucent, rising for 2 s, the camera turning."""

import numpy as np
from manim import BLUE, DEGREES, GREEN, PURPLE, RED, YELLOW, Surface, ThreeDAxes, ThreeDScene, Transform

SIDE, HEIGHT, STEP = 4.0, 3.0, 2.0
TURNS = 2 * np.pi * np.arange(5) / 5
WEIGHT = 1.2 * np.stack([np.cos(TURNS), np.sin(TURNS)], axis=1)
BIAS = np.array([0.3, -0.2, 0.1, 0.0, -0.1])


def surface(k, colour, height):
    def place(u, v):
        z = WEIGHT @ np.array([u, v]) + BIAS
        share = np.exp(z - z.max())
        return np.array([u, v, height * share[k] / share.sum()])

    return Surface(
        place,
        u_range=[-SIDE, SIDE],
        v_range=[-SIDE, SIDE],
        resolution=(32, 32),
        fill_opacity=0.6,
        checkerboard_colors=[colour, colour],
        stroke_width=0,
    )


class SoftmaxSurfacesStock(ThreeDScene):
    def construct(self):
        colours = [RED, YELLOW, GREEN, BLUE, PURPLE]
        surfaces = [surface(k, colour, 0.01) for k, colour in enumerate(colours)]
        self.set_camera_orientation(phi=60 * DEGREES, theta=-45 * DEGREES, zoom=0.7)
        self.add(ThreeDAxes(), *surfaces)
        self.begin_ambient_camera_rotation(rate=0.2)
        rising = [Transform(low, surface(k, colours[k], HEIGHT)) for k, low in enumerate(surfaces)]
        self.play(*rising, run_time=STEP)
        self.wait(STEP)
