"""cube: the corners of a cube."""

from nn_unfold import Cloud, Solid, Stage, cube


class Example(Stage):
    def construct(self):
        solid, corners = Solid(cube(-1, 1), opacity=0.6), Cloud(cube(-1, 1))
        self.look(solid, phi=1.1, theta=-1.0)
        self.add(solid, corners)
        self.wait()
