"""Probe: a point in the colour of its true class that wanders through the plane."""

import numpy as np
from manim import RIGHT

from nn_core.network import Layer, Network
from nn_unfold import HeatPlane, Probe, Stage, Wander, stack


class Example(Stage):
    def construct(self):
        network = Network(
            [Layer([[0.9, -0.6], [0.5, 1.0]], [0.2, -0.3], "relu"), Layer([[1.2, -1.0]], [-0.1], "sigmoid")]
        )
        plane = HeatPlane(network, (-3, 3, -3, 3))
        probe = Probe(np.array([[-2.0, -2.0], [2.5, 2.0]]), lambda X: (X[:, 0] > 0).astype(int), network)
        self.look(plane)
        self.add(plane, probe, stack(probe.confidence, probe.for_truth).to_corner(RIGHT))
        self.play(Wander(probe, run_time=4))
