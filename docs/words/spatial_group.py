"""SpatialGroup: spatial mobjects that fade and change colour together."""

import numpy as np

from nn_unfold import Cloud, Sheet, SpatialGroup, Stage


class Example(Stage):
    def construct(self):
        rng = np.random.default_rng(0)
        both = SpatialGroup(Sheet((-2, 2, -2, 2)), Cloud(rng.uniform(-2, 2, (40, 2))))
        self.look(both)
        self.add(both)
        self.wait()
