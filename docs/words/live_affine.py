"""LiveAffine: an affine map in numbers that follows a flow."""

import numpy as np

from nn_unfold import LiveAffine, Stage


class Example(Stage):
    def construct(self):
        self.add(LiveAffine(np.array([[0.9, -0.6], [0.5, 1.0]]), np.array([0.2, -0.3]), size=54))
        self.wait()
