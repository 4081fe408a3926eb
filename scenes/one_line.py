"""A trained 2-1 network: one neuron tilts a plane, bends it with the sigmoid, and turns it until a line parts two clusters."""

from math import sqrt

import numpy as np
from manim import DEGREES, FadeIn, FadeOut, Transform

from scenes.kit.axes import Axes
from scenes.kit.curves import LossCurve
from scenes.kit.diagram import NetworkDiagram
from scenes.kit.landscape import Rise
from scenes.kit.learning import Learning, Metric
from scenes.kit.motion import Draw
from scenes.kit.response import Bend, Response, WeightArrow, ZeroLines
from scenes.kit.spatial import Cloud, Sheet
from scenes.kit.stage import Stage
from scenes.kit.training import Recipe
from scenes.kit.view import TOP
from scenes.kit.writing import LiveAffine, formula, stack

ASLANT, BESIDE = 68 * DEGREES, -72 * DEGREES  # of the camera: from the vertical, and about it
HEIGHT, REACH = 0.4, 0.42  # of the probability 1, and of the trained weights' arrow, as shares of the plane's side


class OneLine(Stage):
    """A neuron is a tilted plane that cuts the ground in a line; training turns it until the line parts two classes."""

    recipe = Recipe(
        data="clusters",
        data_options={"n_per_cluster": 80, "noise": 0.3},
        sizes=(2, 1),
        activations=("sigmoid",),
        loss="binary_cross_entropy",
        optimizer="gradient_descent",
        initializer=("gaussian", 0.9),
        learning_rate=0.3,
        epochs=225,
        snapshots=60,
        seed=4,
    )

    def construct(self):
        trained = self.trained(self.recipe)
        history, start = trained.history, trained.history.network_at(0)
        ground = Sheet.over(trained.X, grid=0.5, opacity=0)
        cloud = Cloud(trained.X, trained.y)
        box, side = ground.box, ground.box[1] - ground.box[0]
        one = HEIGHT * side
        surface = Response(start, box, height=one, base=-one / 2, bend=0, grid=0.5)
        line = ZeroLines(start, box)
        arrow = WeightArrow(start, box, unit=REACH * side / np.linalg.norm(trained.network.layers[0].weight))
        diagram = NetworkDiagram(start, names=("x", "p"), size=(3.0, 1.6))
        flat = Axes(box, ("x_1", "x_2"), at_corner=True)
        scores, chances = (
            Axes((*box, -one / 2, one / 2), ("x_1", "x_2", name), most=5, at_corner=True, units=(1, 1, unit), zeros=zeros)
            for name, unit, zeros in (("z", one / 4, (0, 0, 0)), ("p", one, (0, 0, -one / 2)))
        )

        with self.beat("Two clusters of points. Where is the line that parts them?"):
            self.play(self.aside(diagram))
            self.look(flat)
            self.play(FadeIn(ground), FadeIn(flat))
            self.play(FadeIn(cloud))

        with self.beat("A neuron gives every place a score. The scores are a tilted plane."):
            numbers = LiveAffine(start.layers[0].weight, start.layers[0].bias)
            score = stack(formula("z = bold(w) dot bold(x) + b"), numbers)
            self.play(self.aside(diagram, score))
            view = self.reframe(surface, scores, phi=ASLANT, theta=BESIDE)
            self.play(view, FadeOut(flat), FadeIn(scores))
            self.play(Rise(surface, run_time=self.tokens.step))

        with self.beat("Where the score is zero it cuts the ground: in a straight line."):
            self.play(Draw(line))

        with self.beat("The weights point uphill, at right angles to the line."):
            self.play(Draw(arrow))

        with self.beat("The sigmoid bends the plane: the score becomes a probability, from 0 to 1."):
            squash = formula("p = sigma(z)")
            self.play(self.aside(diagram, score, squash), FadeOut(scores), FadeIn(chances))
            self.play(Bend(surface), self.reframe(chances, ground))

        with self.beat("Each point has a label, 0 or 1. Raised to it, the points show how far off the neuron is."):
            labelled = cloud.copy()
            labelled.points[:, 2] = one * (trained.y - 0.5)
            self.play(Transform(cloud, labelled, run_time=self.tokens.step))

        curve = LossCurve(history, size=(2.9, 1.0), epochs="log1p")
        right = Metric(history, "accuracy")
        with self.beat("Training turns and slides the line, so that the surface comes near to the points."):
            self.play(self.aside(diagram, score, curve, right))
            half = sqrt(self.recipe.epochs)
            learning = Learning(history, surface, line, arrow, diagram, curve, right, stop=half, run_time=9)
            self.play(learning, learning.read_out(numbers))

        with self.beat("When the line stands well, the weights still grow: the step gets steeper and surer."):
            learning = Learning(history, surface, line, arrow, diagram, curve, right, start=half, run_time=6)
            self.play(learning, learning.read_out(numbers))

        with self.beat("Seen from above: one line, and a class on each side."):
            self.play(FadeOut(chances), Rise(surface, cloud, down=True), self.reframe(flat, **TOP._asdict()))
            self.play(FadeIn(flat))
