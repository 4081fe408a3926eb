"""Cloud: data points; classes differ in colour, brightness and shape."""

import numpy as np

from nn_core.datasets import make_moons
from nn_unfold import Cloud, Stage


class Example(Stage):
    def construct(self):
        X, y = make_moons(100, rng=np.random.default_rng(0))
        cloud = Cloud(X, y)
        self.look(cloud)
        self.add(cloud)
        self.wait()
