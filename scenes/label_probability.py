"""Labels are drawn from a hidden surface of probability; a network that sees the labels alone finds the surface."""

from dataclasses import replace

import numpy as np
from manim import DEGREES, FadeIn, FadeOut, Group

from nn_core.datasets import SURFACES
from nn_core.geometry import box_corners, grid_points, in_box
from nn_unfold import (
    Axes,
    Cloud,
    Draw,
    Follow,
    Landscape,
    Learning,
    LiveNumber,
    NetworkDiagram,
    Recipe,
    Response,
    Stage,
    SurfaceError,
    bold_lines,
    formula,
    rise,
    rows_of_pixels,
)

BEYOND = 1.7  # how many times as wide as the square with points is what is shown
HEIGHT = 2.4  # of the probability 1, in units of the plane
SAMPLES = 60  # along a side, for errors
FLAW = 1.6  # rows of pixels that flat triangles may be off, were the surface as high as the picture
FAINT = 0.35  # the opacity of what is shown for comparison
ASLANT = {"phi": 62 * DEGREES, "theta": -65 * DEGREES}


class LabelProbability(Stage):
    """Labels alone show a network the probabilities behind them, where there are enough labels."""

    recipe = Recipe(
        data="labelled",
        data_options={"n": 800, "probability": "waves", "size": 2.0},
        sizes=(2, 16, 1),
        activations=("tanh", "sigmoid"),
        loss="binary_cross_entropy",
        initializer="pytorch",
        learning_rate=0.03,
        epochs=300,
        l2=1e-3,
        snapshots=60,
        seed=1,
    )
    crowd = replace(recipe, data_options={"n": 1, "probability": "hill", "size": 0.0, "repeats": 200}, l2=0.0)
    rough = replace(recipe, data_options={**recipe.data_options, "probability": "ripples"})

    def construct(self):
        size = self.recipe.data_options["size"]
        self.square, self.box = ((-s, s, -s, s) for s in (size, BEYOND * size))
        self.shades = self.tokens.corners[0], self.tokens.corners[3]  # of the labels 0 and 1
        # All that is shown lies between the probabilities 0 and 1.
        self.room = Landscape.planes(np.zeros((2, 2)), [0.0, 1.0], self.box, height=HEIGHT)
        places = grid_points(self.box, SAMPLES)
        near = in_box(places, self.square)
        self.inside, self.outside = places[near], places[~near]
        self.find_the_surface(self.trained(self.recipe))
        self.ask_a_crowd(self.trained(self.crowd))
        self.lose_the_surface(self.trained(self.rough))

    def find_the_surface(self, trained):
        """A surface, labels drawn from it, and what a network makes of these."""
        hidden, start = SURFACES[self.recipe.data_options["probability"]], trained.history.network_at(0)
        truth, axes, law = self.landscape(hidden), self.axes(), formula("P(y = 1) = p(bold(x))")
        with self.beat("Over each point of the plane lies a probability: that its label is 1."):
            arrival = self.aside(law)
            self.look(self.room, axes, **ASLANT)
            self.play(arrival, FadeIn(axes))
            self.play(rise(truth, run_time=3))

        labels, count = self.labels(trained), LiveNumber("labels", 0, decimals=0, digits=4)
        rim = bold_lines(sides(self.square))
        with self.beat("The surface stays hidden. Points get labels, drawn from it: 1, on top, or 0, below."):
            self.play(self.aside(law, count), FadeOut(truth))
            self.play(Draw(rim))
            self.play(self.drawing(labels, count, run_time=6))

        found = self.response(start)
        errors = [
            SurfaceError(name, start, hidden, X)
            for name, X in (("error inside", self.inside), ("error outside", self.outside))
        ]
        flat = float(np.abs(hidden(self.inside) - trained.y.mean()).mean())
        diagram = NetworkDiagram(start, size=(3.4, 2.4), most=6)
        within, beyond = (self.error(trained, hidden, X) for X in (self.inside, self.outside))
        with self.beat(
            "A network sees the labels alone. Where there are points, it comes near the surface.",
            holds=within < flat / 2,
            otherwise="A network sees the labels alone. Where there are points, its mean error comes to {within:.2f}.",
            within=within,
        ):
            self.play(self.aside(diagram, *errors), labels.animate.set_opacity(FAINT))
            self.play(FadeIn(found))
            self.play(Learning(trained.history, found, diagram, *errors, run_time=8))

        again = self.landscape(hidden, opacity=FAINT, colours=[self.tokens.ink])
        with self.beat(
            "Inside the square it is off by {within:.2f} on average, outside by {beyond:.2f}: nobody told it.",
            holds=beyond > 2 * within,
            otherwise="Inside the square it is off by {within:.2f} on average, and outside by {beyond:.2f}.",
            within=within,
            beyond=beyond,
        ):
            self.play(FadeOut(labels), FadeIn(again))
            self.play(self.turn(50 * DEGREES, self.room, axes, run_time=5))
        self.play(self.aside(), FadeOut(found, again, rim, axes, run_time=self.tokens.breath))

    def ask_a_crowd(self, trained):
        """Many labels at one point."""
        start, ones = trained.history.network_at(0), int(trained.y.sum())
        said = float(trained.network.predict_proba(trained.X[:1])[0, 1])
        labels, count = self.labels(trained), LiveNumber("labels", 0, decimals=0, digits=4)
        found, axes = self.response(start), self.axes()
        says = SurfaceError("it says", start, lambda X: np.zeros(len(X)), trained.X[:1], decimals=3)
        with self.beat(
            "Many labels at one point: {ones} of {n} are 1. The network learns to say {said:.3f}.",
            holds=abs(said - ones / trained.n) < 0.005,
            otherwise="Many labels at one point: {ones} of {n} are 1. After this training the network says {said:.3f}.",
            ones=ones,
            n=trained.n,
            said=said,
        ):
            self.play(self.aside(count, says))
            self.look(self.room, axes, **ASLANT)
            self.play(FadeIn(axes))
            self.play(self.drawing(labels, count, run_time=2))
            self.play(FadeIn(found))
            self.play(Learning(trained.history, found, says, run_time=4))
        self.play(self.aside(), FadeOut(found, labels, axes, run_time=self.tokens.breath))

    def lose_the_surface(self, trained):
        """A surface that is too rough for as many labels."""
        hidden, start = SURFACES[self.rough.data_options["probability"]], trained.history.network_at(0)
        truth, found, labels = self.landscape(hidden), self.response(start), self.labels(trained)
        axes = self.axes()
        error = SurfaceError("error inside", start, hidden, self.inside)
        with self.beat("A rougher surface, and as many labels."):
            self.play(self.aside(error))
            self.look(self.room, axes, **ASLANT)
            self.play(FadeIn(truth, axes))
            self.play(FadeOut(truth), FadeIn(labels))
        within, guess = self.error(trained, hidden, self.inside), float(np.abs(hidden(self.inside) - 0.5).mean())
        with self.beat(
            "They can't show it: the network is off by {within:.2f}. To say one half everywhere is off by {guess:.2f}.",
            holds=within > 0.8 * guess,
            otherwise="The network is off by {within:.2f}. To say one half everywhere is off by {guess:.2f}.",
            within=within,
            guess=guess,
        ):
            self.play(FadeIn(found), labels.animate.set_opacity(FAINT))
            self.play(Learning(trained.history, found, error, run_time=5))

    def error(self, trained, function, X):
        """How far the network is off at points (n, 2), on average."""
        return SurfaceError("error inside", trained.network, function, X).error

    def axes(self):
        """The plane and the probability, which is 1 at HEIGHT."""
        units = (1, 1, HEIGHT)
        return Axes((*self.box, 0, HEIGHT), ("x_1", "x_2", "p"), at_corner=True, most=4, units=units)

    def landscape(self, function, **looks):
        """A surface of probability over the plane, in the colours of the labels or in others."""
        looks = looks or {"ramp": self.shades}
        return Landscape.over(function, self.box, tolerance=rows_of_pixels(FLAW), height=HEIGHT, **looks)

    def response(self, network):
        """The surface of a network."""
        return Response(network, self.box, height=HEIGHT, tolerance=rows_of_pixels(FLAW))

    def labels(self, trained):
        """The points, each as high as its label."""
        places = np.column_stack([trained.X, HEIGHT * trained.y])
        return Cloud(places, trained.y, n_classes=2, shades=self.shades, radius=0.8 * self.tokens.dot_radius)

    def drawing(self, labels, count, run_time):
        """An animation in which one label after the other appears, in random order, and is counted."""
        n = len(labels.points)
        turn = np.random.default_rng(self.recipe.seed).permutation(n)

        def show(k):
            labels.rgba[:, 3] = turn < k
            count.set_value(k)

        return Follow(Group(labels, count), lambda t: [round(t * n)], show, run_time=run_time)


def sides(box):
    """The four sides (4, 2, 2) of a box."""
    ring = box_corners(box)
    return np.stack([ring, np.roll(ring, -1, axis=0)], axis=1)
