"""Residuals: lines from labels to the probabilities that a network gives."""

import numpy as np
from manim import DEGREES

from nn_core.datasets import make_gauss
from nn_core.network import Layer, Network
from nn_unfold import Residuals, Response, Stage


class Example(Stage):
    def construct(self):
        X, y = make_gauss(15, noise=0.6, rng=np.random.default_rng(0))
        neuron = Network([Layer([[0.6, 0.6]], [0.2], "sigmoid")])
        surface = Response(neuron, (-4, 4, -4, 4), height=3, grid=1)
        self.look(surface, phi=70 * DEGREES, theta=-60 * DEGREES)
        self.add(surface, Residuals(neuron, X, y, height=3))
        self.wait()
