"""Four classes behind a hidden layer of three neurons: the decision boundary is a part of each pair's plane."""

import numpy as np
from manim import DEGREES

from nn_core.network import Layer, Network
from nn_unfold import Axes, Cloud, DecisionPlanes, Stage


class DecisionPlanesStill(Stage):
    """Points at the corners of a tetrahedron, and the planes between them."""

    def construct(self):
        corners = np.array([[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]])
        rng = np.random.default_rng(0)
        y = np.repeat(np.arange(4), 12)
        cloud = Cloud(corners[y] + 0.25 * rng.normal(size=(48, 3)), y)
        planes = DecisionPlanes.around(cloud, network=Network([Layer(corners, np.zeros(4))]))
        axes = Axes((-1.5, 1.5, -1.5, 1.5, -1.5, 1.5), ("h_1", "h_2", "h_3"), at_corner=True, most=3)
        self.look(axes, planes, phi=68 * DEGREES, theta=-58 * DEGREES)
        self.add(axes, planes, cloud)
