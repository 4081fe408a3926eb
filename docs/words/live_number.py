"""LiveNumber: a number with its name that can change in every frame."""

import numpy as np

from nn_unfold import Follow, LiveNumber, Stage


class Example(Stage):
    def construct(self):
        loss = LiveNumber("loss", 1.0, size=64)
        self.add(loss)
        self.play(Follow(loss, lambda t: (np.exp(-3 * t),), loss.set_value, run_time=3))
