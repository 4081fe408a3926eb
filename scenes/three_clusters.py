"""Three clusters in a row: one neuron fails; a trained 2-2-1 network carries them to the corners of a square."""

from dataclasses import replace

import numpy as np
from manim import DEGREES, FadeIn, FadeOut

from nn_core.geometry import linearly_separable
from nn_core.geometry.lines import best_line_accuracy
from nn_core.network import Network
from nn_unfold import (
    TOP,
    ActivationFlow,
    AffineFlow,
    Axes,
    Cloud,
    DecisionBoundary,
    Draw,
    Hyperplanes,
    Learning,
    LiveNumber,
    LossCurve,
    NetworkDiagram,
    Passage,
    Recipe,
    Response,
    Rise,
    Sheet,
    SpatialGroup,
    Stage,
    formula,
    rounded_down,
)

ONE = 2.4  # the height of the answer 1, in units of the plane
SQUARE = (0, 1, 0, 1)  # what two sigmoids give
ALONE = {"sizes": (2, 1), "activations": ("sigmoid",), "starts": 1}  # a single neuron for the same data
STARTS = ("gaussian", 1.5), ("uniform", 3.0)  # two ways to draw its first weights


class ThreeClusters(Stage):
    """One line can't separate the middle of three clusters from the others; in the plane of two neurons it can."""

    accepts = "it is about three clusters in a row, and trains a single neuron on them for comparison"

    recipe = Recipe(
        data="clusters",
        data_options={"n_per_cluster": 80, "n_clusters": 3, "noise": 0.3},
        sizes=(2, 2, 1),
        activations=("sigmoid", "sigmoid"),
        loss="binary_cross_entropy",
        optimizer="gradient_descent",
        initializer=("gaussian", 3.0),
        learning_rate=1.0,
        epochs=200,
        starts=4,
        snapshots=None,
        seed=2,
    )

    def construct(self):
        trained = self.trained(self.recipe)
        network, history = trained.network, trained.history
        tries = [self.trained(replace(self.recipe, **ALONE, initializer=start)) for start in STARTS]
        ground, cloud = Sheet.over(trained.X, grid=0.5, margin=1, opacity=0), Cloud(trained.X, trained.y)
        box, colours, dark = ground.box, self.tokens.classes[6:8], self.tokens.neutral
        axes, unit = (Axes(b, (f"{x}_1", f"{x}_2"), at_corner=True) for b, x in ((box, "x"), (SQUARE, "h")))

        with self.beat("Three clusters in a row. The middle one is one class, the outer two are the other."):
            diagram = NetworkDiagram(tries[0].network, names=("x", "p"), size=(3.0, 1.6))
            arrival = self.aside(diagram)
            self.look(axes)
            self.play(arrival, FadeIn(ground), FadeIn(axes), FadeIn(cloud))

        result, every = {"right": trained.right, "n": trained.n}, trained.right == trained.n
        with self.beat(
            "One neuron has one line. Wherever training moves it, it can't cut out the middle.",
            holds=not linearly_separable(trained.X, trained.y),
            otherwise="One neuron has one line. Training moves it until {right} of {n} are right.",
            right=tries[0].right,
            n=tries[0].n,
        ):
            shown = self.train(tries[0].history, box, diagram)

        best = round(best_line_accuracy(trained.X, trained.y) * trained.n)
        with self.beat(
            "From another start it gets {right} of {n} right. Even the best of all lines gets only {best}.",
            holds=best < trained.n,
            otherwise="From another start it gets {right} of {n} right. The best of all lines gets {best}.",
            right=tries[1].right,
            n=tries[1].n,
            best=best,
        ):
            share = LiveNumber("best of all lines", rounded_down(best / trained.n))
            shown = self.train(tries[1].history, box, diagram, share, after=shown)

        diagram = NetworkDiagram(history.network_at(0), names=("x", "h", "p"), size=(3.4, 2.0))
        with self.beat(
            "Two hidden neurons have two lines. Training puts them on both sides of the middle.",
            holds=every,
            otherwise="Two hidden neurons have two lines. Training moves them until {right} of {n} are right.",
            **result,
        ):
            field, lines = self.train(history, box, diagram, after=shown, colours=colours)

        space = Axes((*box, 0, ONE), ("x_1", "x_2", "h"), most=3, at_corner=True, units=(1, 1, ONE))
        with self.beat("Each hidden neuron answers on which side of its line a point lies, from 0 to 1."):
            self.play(self.aside(diagram, formula("bold(h) = sigma(W bold(x) + bold(b))")))
            self.play(FadeOut(field, run_time=self.tokens.breath))
            self.change_axes(axes, space, phi=62 * DEGREES, theta=-78 * DEGREES)
            looks = {"layer": 0, "height": ONE, "grid": 0.5}
            steps = [Response(network, box, number=k, colours=(dark, c), **looks) for k, c in enumerate(colours)]
            for k, step in enumerate(steps):
                self.play(diagram.animate.highlight(neurons=[(1, k)]), *map(FadeOut, steps[:k]))
                self.play(Rise(step, run_time=self.tokens.turn))

        sheet = Sheet(box, network, grid=0.5, tolerance=2e-3)
        with self.beat("Two answers are two coordinates: the layer carries the whole plane into a square."):
            self.play(FadeOut(steps[-1], space, ground, run_time=self.tokens.breath))
            self.play(self.reframe(sheet, **TOP._asdict(), run_time=self.tokens.step), FadeIn(sheet))
            flow = AffineFlow(sheet, lines, cloud, layer=network.layers[0])
            self.play(flow, self.follow(flow, sheet), diagram.animate.highlight())
            flow = ActivationFlow(sheet, lines, cloud, layer=network.layers[0])
            self.play(flow, self.follow(flow, sheet, unit))
            self.play(FadeIn(unit))

        last = Network(network.layers[1:])
        hidden = Network(network.layers[:1]).forward(trained.X).output
        with self.beat(
            "The clusters have arrived near three of its corners. Here one straight line is enough.",
            holds=every and len(np.unique(hidden.round(), axis=0)) == 3,
            otherwise=[
                ("Here one straight line is enough: each class lies on its side.", every),
                "Here one straight line has {right} of {n} points on the right side.",
            ],
            **result,
        ):
            cut = SpatialGroup(Response(last, SQUARE, height=0, order=-1), Hyperplanes(last, SQUARE))
            self.play(diagram.animate.set_focus(1), self.aside(diagram, formula("p = sigma(bold(w) dot bold(h) + b)")))
            self.play(FadeIn(cut[0]), Draw(cut[1]))

        with self.beat(
            "Carried back, the straight line bends: it runs on both sides of the middle cluster.",
            holds=every,
            otherwise="Carried back, the straight line bends.",
        ):
            self.play(diagram.animate.set_focus(), self.aside(diagram), *map(FadeOut, (unit, cut, lines)))
            boundary = DecisionBoundary(network, box)
            back = Passage(sheet, cloud, boundary, layers=network.layers, start=1, stop=0, run_time=5)
            self.play(back, self.follow(back, sheet))
            self.play(self.reframe(axes, run_time=self.tokens.step), FadeIn(field), FadeOut(sheet.faces))
            self.play(FadeIn(axes, run_time=self.tokens.breath))

    def train(self, history, box, diagram, *numbers, after=(), colours=None):
        """Show one training, after what another one has left, and return what this one leaves on the plane."""
        start = history.network_at(0)
        field, lines = Response(start, box, height=0, tolerance=0.02, order=1), Hyperplanes(start, box, colours=colours)
        curve = LossCurve(history, ("accuracy",), size=(2.5, 1.2), epochs="log1p")
        self.play(self.aside(diagram, curve, *numbers), diagram.animate.show(start), *map(FadeOut, after))
        self.play(FadeIn(field, lines))
        self.play(Learning(history, field, lines, diagram, curve, run_time=7))
        return SpatialGroup(field, lines)
