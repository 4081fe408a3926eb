"""Small pictures as the points of a cloud."""

from nn_core.datasets import load_digits
from nn_core.embedding import pca
from nn_unfold.space.picture import PictureCloud
from nn_unfold.stage.stage import Stage


class PicturesAsPoints(Stage):
    """Ten of each digit, seen along their two directions of largest spread."""

    def construct(self):
        digits = load_digits()
        chosen = slice(None, None, 20)
        X = digits.X[chosen]
        cloud = PictureCloud(X.reshape(-1, 28, 28), pca(X)[0], digits.y[chosen])
        self.look(cloud)
        self.add(cloud)
