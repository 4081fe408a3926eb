"""DataThumbnails: small pictures of data sets to choose from."""

import numpy as np

from nn_core.datasets import make_circle, make_moons, make_xor
from nn_unfold import DataThumbnails, Stage


class Example(Stage):
    def construct(self):
        rng = np.random.default_rng(0)
        data = [make_circle(60, rng=rng), make_xor(60, rng=rng), make_moons(60, rng=rng)]
        self.add(DataThumbnails(data, (-6, 6, -6, 6), side=1.6, chosen=1))
        self.wait()
