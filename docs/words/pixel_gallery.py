"""PixelGallery: pictures of weights in rows, each with a number below it."""

import numpy as np

from nn_unfold import PixelGallery, Stage


class Example(Stage):
    def construct(self):
        weights = np.random.default_rng(0).normal(size=(8, 6, 6))
        self.add(PixelGallery(weights, np.array([1.2, 0.0, 3.4, 0.3, 0.0, 2.2, 0.8, 1.0]), side=1.8).center())
        self.wait()
