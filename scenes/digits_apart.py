"""Pictures of digits as points: a network learns to draw ten classes apart in a plane."""

import numpy as np
from manim import FadeIn, FadeOut
from scipy.spatial import KDTree

from nn_core.datasets import load_digits
from nn_core.network import Network
from nn_core.preprocessing import principal_axes
from nn_unfold import (
    Accuracy,
    Axes,
    Carried,
    Cloud,
    Flow,
    Learning,
    LiveNumber,
    LossCurve,
    NetworkDiagram,
    PictureCloud,
    Recipe,
    Regions,
    Stage,
    formula,
    in_space,
    rounded_down,
)

DEPTH = 2  # the layers up to the plane in the middle
PICTURED = 120  # of the points that are seen as pictures: as many as the plane has room for


class Gather(Flow):
    """Takes pictures straight from where they stand to where a network puts them: a picture of the way, a true end."""

    def __init__(self, carried, *, network, **kwargs):
        super().__init__(carried, **kwargs)
        ends = carried.copy().show(network)
        self.ends = {part: end.points for part, end in zip(carried, ends, strict=True)}

    def place_part(self, part, points, t):
        """Where a part that set out from these points stands after the share t of the way."""
        return (1 - t) * points + t * self.ends[part]


class DigitsApart(Stage):
    """A network with a plane in its middle draws the ten digits apart until straight lines separate them."""

    accepts = "it shows pictures of its own digits"

    recipe = Recipe(
        data="digits",
        sizes=(784, 64, 2, 10),
        activations=("relu", "identity", "identity"),
        learning_rate=3e-3,
        epochs=60,
        batch_size=200,
        l2=3e-3,
        snapshots=None,
    )

    def construct(self):
        trained = self.trained(self.recipe)
        history, network = trained.history, trained.network
        new = load_digits()
        digits = self.points(trained.X, trained.y)
        principal = principal_axes(trained.X, 2)
        for part in digits:
            part.points = in_space(principal.apply(part.origin))
        guests = self.points(new.X_test, new.y_test).show(network)
        mistaken = np.flatnonzero(network.predict(new.X_test) != new.y_test)

        with self.beat("Every picture of a digit is a point with 784 numbers, one for each pixel."):
            share = LiveNumber("variance shown", rounded_down(float(principal.explained.sum())))
            self.play(self.aside(formula("bold(x) in [0, 1]^784"), share))
            axes = Axes.around(digits, names=("p_1", "p_2"), at_corner=True)
            self.look(digits, axes)
            self.play(FadeIn(digits))

        others = nearest_of_another(principal.apply(trained.X), trained.y)
        with self.beat(
            "Even in the plane of their largest spread the classes lie over each other.",
            holds=others > trained.n / 10,
            otherwise="In the plane of their largest spread most points have their like beside them.",
        ):
            self.play(FadeIn(axes))

        with self.beat(
            "A network takes them through a plane of two neurons. Untrained, it gets {right} of {n} right.",
            holds=True,
            right=trained.right_at(0),
            n=trained.n,
        ):
            diagram = NetworkDiagram(history.network_at(0), names=("x", "a", "h", "y"), size=(3.4, 1.9))
            self.play(self.aside(diagram), FadeOut(axes))
            untrained = Gather(digits, network=history.network_at(0), run_time=self.tokens.turn)
            self.play(untrained, self.follow(untrained, digits))

        with self.beat(
            "Training draws the classes apart, until {right} of {n} are right.",
            holds=trained.right > trained.right_at(0),
            otherwise="Training moves them. In the end {right} of {n} are right.",
            right=trained.right,
            n=trained.n,
        ):
            curve = LossCurve(history, ("accuracy",), size=(2.9, 1.2), epochs="log1p")
            tested = Accuracy("right among new digits", history.network_at(0), new.X_test, new.y_test)
            self.play(self.aside(diagram, curve, tested))
            learning = Learning(history, digits, diagram, curve, tested, run_time=16)
            self.play(learning, learning.follow(self, digits))

        with self.beat("Now the last layer needs nothing but straight lines: every region is convex."):
            everything = np.concatenate([digits[1].points[:, :2], guests[1].points[:, :2]])
            regions = Regions.over(everything, Network(network.layers[DEPTH:]), opacity=0.55)
            axes = Axes(regions.box, ("h_1", "h_2"), at_corner=True)
            self.play(self.reframe(axes, regions))
            self.bring_to_back(regions)
            self.play(FadeIn(regions), FadeIn(axes))

        with self.beat(
            "Of {n} digits that it has never seen, {right} come to the region of their class.",
            holds=True,
            right=len(new.y_test) - len(mistaken),
            n=len(new.y_test),
        ):
            self.play(FadeOut(digits), self.aside(diagram, tested))
            self.play(FadeIn(guests))

        with self.beat(
            "These {wrong} it gets wrong: each lies in the region of another digit.",
            holds=len(mistaken) > 1,
            otherwise=[
                ("One it gets wrong: it lies in the region of another digit.", len(mistaken) == 1),
                "It gets none of them wrong.",
            ],
            wrong=len(mistaken),
        ):
            wrong, _ = self.points(new.X_test, new.y_test, mistaken).show(network)
            self.play(FadeOut(guests[0]), guests[1].animate.set_opacity(0.25), FadeIn(wrong))

    def points(self, X, y, pictured=None):
        """All pictures (n, 784) as points, and some of them, a few of each digit, as pictures too."""
        pictured = np.arange(0, len(X), len(X) // PICTURED) if pictured is None else pictured
        places = np.zeros((len(X), 2))
        cloud = Cloud(places, y, radius=0.75 * self.tokens.dot_radius)
        pictures = PictureCloud(X[pictured].reshape(-1, 28, 28), places[pictured], y[pictured], n_classes=10)
        cloud.origin, pictures.origin = X, X[pictured]
        return Carried(pictures, cloud, depth=DEPTH)


def nearest_of_another(places, y):
    """How many points (n, 2) have a nearest neighbour of another class."""
    _, near = KDTree(places).query(places, k=2)
    return int((y[near[:, 1]] != y).sum())
