"""ZeroLines: where neurons of any layer are zero before their activation: the creases of that layer."""

import numpy as np

from nn_core.network import Network
from nn_unfold import Draw, Sheet, Stage, ZeroLines


class Example(Stage):
    def construct(self):
        network = Network.create(
            (2, 6, 4, 1), ["relu", "relu", "identity"], initializer="he", rng=np.random.default_rng(1)
        )
        box = (-2, 2, -2, 2)
        sheet, lines = Sheet(box), ZeroLines(network, 1, range(4), box)
        self.look(sheet)
        self.add(sheet, lines)
        self.play(Draw(lines))
