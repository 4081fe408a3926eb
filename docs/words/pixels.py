"""Pixels: a square picture of numbers whose pixels are seen as squares."""

from nn_core.datasets import load_digits
from nn_unfold import Pixels, Stage


class Example(Stage):
    def construct(self):
        digits = load_digits()
        self.add(Pixels(6.0, digits.X[0].reshape(28, 28), ink=True))
        self.wait()
