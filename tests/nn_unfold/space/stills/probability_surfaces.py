"""Softmax probabilities as surfaces, with data points standing on the highest."""

import numpy as np
from manim import DEGREES

from nn_core.datasets import make_clusters
from nn_core.network import Layer, Network
from nn_unfold.motion.surfaces import Anneal
from nn_unfold.space.landscape import Landscape
from nn_unfold.space.regions import Regions
from nn_unfold.stage.stage import Stage


class ProbabilitySurfaces(Stage):
    """Three classes, cooled down to a temperature of 0.4, over the regions that no temperature moves."""

    def construct(self):
        weight, bias = np.array([[-1.5, 0.5], [0.3, 1.6], [1.4, -1.0]]), np.array([0.2, -0.4, 0.1])
        box = (-2, 2, -2, 2)
        surfaces = Landscape.softmax(weight, bias, box, height=2.5, base=0.8, grid=0.5)
        regions = Regions(Network([Layer(weight, bias)]), box)
        X, _ = make_clusters(8, n_clusters=3, rng=np.random.default_rng(0))
        X *= 1.8 / np.abs(X).max()
        surfaces.add_points(X, surfaces.values(X).argmax(axis=1), n_classes=3)
        surfaces.ridges.set_opacity(1)
        self.look(surfaces, regions, phi=66 * DEGREES, theta=-55 * DEGREES)
        self.add(regions, surfaces)
        self.play(Anneal(surfaces, 0.4))
