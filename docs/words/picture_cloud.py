"""PictureCloud: points that are small pictures."""

from nn_core.datasets import load_digits
from nn_core.projections import principal_axes
from nn_unfold import PictureCloud, Stage


class Example(Stage):
    def construct(self):
        digits = load_digits()
        X, y = digits.X[:150], digits.y[:150]
        places = principal_axes(X, 2).apply(X)
        cloud = PictureCloud(X.reshape(-1, 28, 28), places, y, radius=16)
        self.look(cloud)
        self.add(cloud)
        self.wait()
