"""A trained 2-1 network: one neuron tilts a plane, bends it, and rotates it until a line separates two clusters."""

import numpy as np
from manim import DEGREES, FadeIn, FadeOut, Transform

from nn_core.geometry import linearly_separable
from nn_unfold import (
    TOP,
    Axes,
    Bend,
    Draw,
    Hyperplanes,
    Learning,
    LiveAffine,
    LossCurve,
    Metric,
    NetworkDiagram,
    Recipe,
    Residuals,
    Response,
    Rise,
    Shape,
    Sheet,
    Stage,
    WeightArrow,
    formula,
    of_points,
    stack,
)

ASLANT, STEEP, BESIDE = 66 * DEGREES, 25 * DEGREES, -74 * DEGREES  # of the camera: from the vertical, and about it
HEIGHT, REACH = 0.42, 0.42  # of the probability 1, and of the trained weights' arrow, as shares of the plane's side

OPACITY = 0.6  # of the surface, since there are points below it
LITTLE = 5.0  # degrees by which a line may still turn that hardly moves
SPLIT = 0.3, 0.75  # where the training may be split into two, as shares of the epoch's logarithm


class OneLine(Stage):
    """A neuron is a tilted plane that cuts the ground in a line; training rotates it until it separates two classes."""

    recipe = Recipe(
        data="clusters",
        data_options={"n_per_cluster": 80, "noise": 0.3},
        sizes=(2, 1),
        activations=("sigmoid",),
        loss="binary_cross_entropy",
        optimizer="gradient_descent",
        initializer=("gaussian", 1.2),
        learning_rate=0.25,
        epochs=225,
        snapshots=None,
        seed=4,
    )

    accepts = Shape(hidden=(), outputs=1, last={"sigmoid"}, history=True)

    def construct(self):
        trained = self.subject(self.recipe)
        history, start = trained.history, trained.history.network_at(0)
        ground, cloud = Sheet.over(trained.X, grid=0.5, opacity=0), self.cloud_of(trained)
        box, side = ground.box, ground.box[1] - ground.box[0]
        one = HEIGHT * side
        deep = -one / 2  # of the probability 0, since the sigmoid is 1/2 where the score is 0
        surface = Response(start, box, height=one, base=deep, bend=0, grid=0.5, opacity=OPACITY)
        line = Hyperplanes(start, box)
        arrow = WeightArrow(start, box, unit=REACH * side / np.linalg.norm(trained.network.layers[0].weight))
        diagram = NetworkDiagram(start, names=("x", "p"), size=(3.0, 1.6))
        flat = self.input_axes(trained, box)
        # The plane of scores touches the sigmoid, which has the slope 1/4 there.
        scores, chances = (
            Axes((*box, deep, -deep), ("x_1", "x_2", name), most=3, at_corner=True, units=(1, 1, unit), zeros=zeros)
            for name, unit, zeros in (("z", one / 4, (0, 0, 0)), ("p", one, (0, 0, deep)))
        )

        separable = linearly_separable(trained.X, trained.y)
        clusters, (points, values) = trained.data == "clusters", of_points(trained)
        with self.beat(
            "Two clusters of points. Where is the line that separates them?",
            holds=clusters and separable,
            otherwise=[
                ("Two clusters of points. No line separates them all. Where is a good one?", clusters),
                *points,
            ],
            **values,
        ):
            arrival = self.aside(diagram, *self.legend_of(trained))
            self.look(flat)
            self.play(arrival, FadeIn(ground), FadeIn(flat))
            self.play(FadeIn(cloud))

        numbers = LiveAffine(start.layers[0].weight, start.layers[0].bias, size=0.85 * self.tokens.label_size)
        score = stack(formula("z = bold(w) dot bold(x) + b"), numbers)
        with self.beat("A neuron gives every place a score. Over the plane, the scores are a tilted plane."):
            self.play(self.aside(diagram, score))
            self.change_axes(flat, scores, surface, phi=ASLANT, theta=BESIDE)
            self.play(Rise(surface, run_time=self.tokens.step))

        with self.beat("Where the score is zero, it cuts the ground in a straight line."):
            self.play(Draw(line))

        with self.beat("The weights are an arrow: it points uphill, at right angles to the line."):
            self.play(surface.animate.set_opacity(0.5 * OPACITY), self.reframe(surface, scores, phi=STEEP))
            self.play(Draw(arrow))

        with self.beat("The sigmoid bends the plane: each score becomes a probability, from 0 to 1."):
            squash = formula("p = sigma(z)")
            opaque = surface.animate.set_opacity(OPACITY)
            self.play(self.aside(diagram, score, squash), FadeOut(scores), opaque)
            self.play(Bend(surface), self.reframe(chances, ground, phi=ASLANT))
            self.play(FadeIn(chances, run_time=self.tokens.breath))

        misses = Residuals(start, trained.X, trained.y, height=one, base=deep, width=self.tokens.line_width)
        with self.beat("Each point has a label, 0 or 1. How far it is from the surface is the neuron's error."):
            labelled = cloud.copy()
            labelled.points[:, 2] = deep + one * trained.y
            self.play(Transform(cloud, labelled, run_time=self.tokens.step))
            self.play(Draw(misses))

        curve, right = LossCurve(history, size=(2.3, 1.0), epochs="log1p"), Metric(history, "accuracy")
        shown = surface, line, arrow, misses, diagram, curve, right
        settled = settling(history)
        turned, grown = turn_and_growth(history, settled)
        with self.beat(
            "Training rotates and translates the line, so that the surface comes closer to the points.",
            holds=history.loss[settled] < history.loss[0],
            otherwise="Training rotates and translates the line.",
        ):
            self.play(self.aside(diagram, score, curve, right))
            learning = Learning(history, *shown, stop=settled, run_time=9)
            self.play(learning, learning.read_out(numbers))

        with self.beat(
            "Then the line hardly turns any more, but the weights grow: the slope gets steeper.",
            holds=turned < LITTLE and grown > 1,
            otherwise=[
                (
                    "Then the line turns by {turned} degrees more, and the weights grow: the slope gets steeper.",
                    grown > 1,
                ),
                "Then the line turns by {turned} degrees more, and the weights shrink.",
            ],
            turned=round(turned),
        ):
            learning = Learning(history, *shown, start=settled, run_time=6)
            self.play(learning, learning.read_out(numbers))

        with self.beat(
            "Seen from above: one line, and a class on each side.",
            holds=trained.right == trained.n,
            otherwise="Seen from above: one line, and {right} of {n} points on the side of their class.",
            right=trained.right,
            n=trained.n,
        ):
            self.play(FadeOut(chances), FadeOut(misses))
            self.play(Rise(surface, cloud, down=True), self.reframe(flat, **TOP._asdict()))
            self.play(FadeIn(flat))


def settling(history):
    """The epoch from which on the line turns by little, or about half-way where it does not come to that."""
    last = len(history.loss) - 1
    first, latest = (round(last**share) for share in SPLIT)
    calm = (epoch for epoch in range(first, latest + 1) if turn_and_growth(history, epoch)[0] < LITTLE)
    return next(calm, latest)


def turn_and_growth(history, epoch):
    """The degrees by which the line turns from an epoch to the end, and the factor by which its weights grow."""
    before, after = (history.network_at(e).layers[0].weight[0] for e in (epoch, len(history.loss) - 1))
    cosine = before @ after / (np.linalg.norm(before) * np.linalg.norm(after))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1))), np.linalg.norm(after) / np.linalg.norm(before)
