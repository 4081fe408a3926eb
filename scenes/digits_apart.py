"""Pictures of digits as points: a network learns to draw ten classes apart in a plane."""

import numpy as np
from manim import FadeIn, FadeOut, Transform

from nn_core.datasets import load_digits
from nn_core.embedding import pca
from nn_core.network import Network
from scenes.kit.axes import Axes
from scenes.kit.curves import LossCurve
from scenes.kit.diagram import NetworkDiagram
from scenes.kit.learning import Carried, Learning
from scenes.kit.picture import Thumbnails
from scenes.kit.regions import Regions
from scenes.kit.spatial import in_space
from scenes.kit.stage import Stage
from scenes.kit.training import Recipe
from scenes.kit.writing import LiveNumber, formula

DEPTH = 2  # the layers up to the plane in the middle
SHOWN = 400  # of the 2,000 digits that are learnt: as many pictures as the plane has room for


class DigitsApart(Stage):
    """A network with a plane in its middle draws the ten digits apart until straight lines separate them."""

    recipe = Recipe(
        data="digits",
        sizes=(784, 64, 2, 10),
        activations=("relu", "identity", "identity"),
        learning_rate=2e-3,
        epochs=60,
        batch_size=50,
        l2=1e-4,
        snapshots=24,
    )

    def construct(self):
        trained = self.trained(self.recipe)
        history, network = trained.history, trained.network
        some = np.linspace(0, len(trained.X) - 1, SHOWN).astype(int)
        X, y = trained.X[some], trained.y[some]
        flat, explained = pca(trained.X)
        digits = Thumbnails(X.reshape(-1, 28, 28), flat[some], y)

        with self.beat("Every picture of a digit is a point with 784 numbers, one for each pixel."):
            share = LiveNumber("variance shown", float(explained.sum()))
            self.play(self.aside(formula("bold(x) in [0, 1]^784"), share))
            self.look(digits)
            self.play(FadeIn(digits))

        with self.beat("In the plane of their largest spread the classes lie over each other."):
            names = tuple(f'"direction" {k}' for k in (1, 2))
            spread = Axes.around(digits, names=names, at_corner=True)
            self.play(FadeIn(spread), self.reframe(digits, spread))

        with self.beat("A network squeezes them through a plane of two neurons. Untrained, it mixes them."):
            diagram = NetworkDiagram(history.network_at(0), names=("x", "a", "h", "y"), size=(3.4, 1.9))
            mixed = digits.copy()
            mixed.points = in_space(behind(history.network_at(0), X))
            self.play(self.aside(diagram), FadeOut(spread))
            self.play(Transform(digits, mixed), self.reframe(mixed))

        with self.beat("Training draws the classes apart, all by the same weights."):
            curves = [LossCurve(history, (name,), size=(2.9, 0.8)) for name in ("loss", "accuracy")]
            self.play(self.aside(diagram, *curves))
            digits.origin = X
            learning = Learning(history, Carried(digits, depth=DEPTH), diagram, *curves, pace="linear", run_time=14)
            self.play(learning, learning.follow(self, digits))

        with self.beat("Now the last layer needs nothing but straight lines: each digit has its sector."):
            last = Network(network.layers[DEPTH:])
            regions = Regions.over(digits.points[:, :2], last, opacity=0.55)
            axes = Axes(regions.box, ("h_1", "h_2"), at_corner=True)
            self.play(self.reframe(axes, regions))
            self.bring_to_back(regions)
            self.play(FadeIn(regions), FadeIn(axes))

        with self.beat("Digits that it has never seen find their sectors too, if not quite as often."):
            unseen = load_digits()
            right = float((network.predict(unseen.X_test) == unseen.y_test).mean())
            self.play(self.aside(diagram, LiveNumber("right among new digits", right)))
            new = np.linspace(0, len(unseen.X_test) - 1, SHOWN // 2).astype(int)
            pictures, labels = unseen.X_test[new], unseen.y_test[new]
            guests = Thumbnails(pictures.reshape(-1, 28, 28), behind(network, pictures), labels)
            self.play(FadeOut(digits))
            self.play(FadeIn(guests))


def behind(network: Network, X: np.ndarray) -> np.ndarray:
    """Where the layers up to the plane take pictures (n, 784): (n, 2)."""
    return Network(network.layers[:DEPTH]).forward(X).output
