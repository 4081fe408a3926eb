"""Morph: moves points straight to where some layers map them."""

import numpy as np

from nn_core.network import Network
from nn_unfold import Morph, Sheet, Stage


class Example(Stage):
    def construct(self):
        layers = Network.create(
            (2, 50, 2), ["tanh", "identity"], initializer="glorot", rng=np.random.default_rng(4)
        ).layers
        sheet = Sheet((-2, 2, -2, 2), Network(layers))
        self.look(sheet)
        self.add(sheet)
        self.play(Morph(sheet, layers=layers, run_time=4))
