"""SpatialScene: a ThreeDScene of Manim that can also paint what lives in space; no beats, no layout."""

from manim import DEGREES, UP, Text

from nn_unfold import Sheet, SpatialScene


class Example(SpatialScene):
    def construct(self):
        self.set_camera_orientation(phi=60 * DEGREES, theta=-60 * DEGREES)
        self.add(Sheet((-2, 2, -2, 2)))
        self.add_fixed_in_frame_mobjects(Text("a scene of your own").to_edge(UP))
        self.wait()
