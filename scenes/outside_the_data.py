"""A network that was trained by day is asked by night: its outputs are wrong in two ways, and nothing tells."""

from dataclasses import replace

import numpy as np
from manim import DEGREES, FadeIn, FadeOut

from nn_core.datasets import day_night_curve, make_night
from nn_unfold import (
    Accuracy,
    Axes,
    BeyondData,
    Cloud,
    Draw,
    ExtrapolationPanel,
    HeatPlane,
    Learning,
    NetworkDiagram,
    Probe,
    Recipe,
    Stage,
    Wander,
    function_curve,
    rise,
    share_above,
)
from nn_unfold.space.probe import path_to_confident_error

BOX = (-4.8, 4.8, -3.3, 3.3)
HEIGHT = 5.5  # of a surface over it, in the same units
FAR = 3  # times as far goes the last look at the surfaces
ASLANT = {"phi": 64 * DEGREES, "theta": -110 * DEGREES}


class OutsideTheData(Stage):
    """Where a network has never seen data it is confident and wrong, and nothing in its answers tells."""

    accepts = "it knows the truth beyond its own data only, by night"

    recipe = Recipe(
        data="day",
        data_options={"n": 200},
        sizes=(2, 16, 2),
        activations="relu",
        learning_rate=0.01,
        epochs=600,
        snapshots=None,
        seed=28,  # typical: of 31 seeds, half are right more often by night, half less
    )

    def construct(self):
        trained = self.trained(self.recipe)
        network, start, day = trained.network, trained.history.network_at(0), (trained.X, trained.y)
        night = make_night(len(trained.X), rng=np.random.default_rng(self.recipe.seed))
        linear = self.trained(replace(self.recipe, sizes=(*self.recipe.sizes[:-1], 1), loss="mse")).network
        answers, axes = HeatPlane(start, BOX), Axes(BOX, ("x_1", "x_2"), at_corner=True)
        by_day, by_night = (Cloud(*data, shades=self.tokens.points) for data in (day, night))
        diagram = NetworkDiagram(start, size=(3.4, 2.6), most=6)
        right_by_day = Accuracy("right by day", start, *day)
        right_by_night = Accuracy("right by night", network, *night)

        found = int((network.predict(night[0]) == night[1]).sum())
        sure = float(np.median(network.predict_proba(night[0])[network.predict(night[0]) != night[1]].max(axis=1)))
        with self.beat(
            "All these data were collected by day. They lie in one half of the plane.",
            holds=(trained.X[:, 0] > 0).all() or (trained.X[:, 0] < 0).all(),
        ):
            self.play(self.aside(diagram, right_by_day))
            self.look(axes)
            self.play(FadeIn(axes, by_day))

        with self.beat("A network learns them. The stronger its colour, the surer it is of its answer."):
            self.play(FadeIn(answers))
            self.play(Learning(trained.history, diagram, answers, right_by_day, run_time=7))

        with self.beat("Under the veil it has never seen a point. It has an answer there all the same."):
            veil = BeyondData(trained.X, BOX)
            self.play(FadeIn(veil))

        with self.beat("A point wanders into the night. Its colour is the truth, the ground shows the answer."):
            path = path_to_confident_error(network, day, night)
            probe = Probe(path, lambda X: X[:, 1] > day_night_curve(X[:, 0]), network)
            self.play(self.aside(diagram, probe.confidence, probe.for_truth), FadeIn(probe))
            self.play(Wander(probe, run_time=8))

        with self.beat("Two kinds of output, both taught to be 0 or 1 by day. Now height is their value."):
            self.play(FadeOut(axes, answers, veil, probe, by_day), self.aside())
            panels = self.panels(2, gap=self.tokens.margin, headroom=self.tokens.margin)
            options = {"height": HEIGHT, "times": FAR}
            readings = {"from": np.min, "to": np.max}, {"share surer than 0.99": share_above(0.99)}
            wild = linear, "linear", lambda X: linear.forward(X).output[:, 0]
            tame = network, "softmax", lambda X: network.predict_proba(X)[:, 1]
            sides = [
                ExtrapolationPanel(panel, name, values, BOX, net, day, readings=read, **options)
                for panel, (net, name, values), read in zip(panels, (wild, tame), readings, strict=True)
            ]
            for side in sides:
                self.look(side.near, **ASLANT)
            self.play(*(FadeIn(side.title, side.near.levels, side.near.cloud, side.near.marks) for side in sides))
            self.play(*(rise(side.near.surface, run_time=3) for side in sides))

        (low, high), [surer] = (side.read(1.0).values() for side in sides)
        (lower, higher), [surest] = (side.read(FAR).values() for side in sides)
        with self.beat(
            "Away from the data a linear output leaves both levels. Softmax can't: it is sure on {surer} % of this.",
            holds=low < 0 and high > 1,
            otherwise="Away from the data a linear output runs on. Softmax is sure on {surer} % of the picture.",
            surer=round(100 * surer),
        ):
            self.play(*(FadeIn(side.numbers) for side in sides))
            self.play(*(self.turn(40 * DEGREES, side.near, run_time=6) for side in sides))

        with self.beat(
            "Step back: the one is larger still, the other surer still. Neither can say: I don't know.",
            holds=higher - lower > high - low and surest > surer,
            otherwise="Step back: far from the data both have an answer. Neither can say: I don't know.",
        ):
            self.play(*(FadeOut(side.near.marks) for side in sides))
            self.play(*(self.reframe(side.far) for side in sides))
            self.play(*(change for side in sides for change in (FadeIn(side.far, side.far.marks), side.counting())))

        with self.beat(
            "By night it gets {found} of {n} right, by day {right}. Where it is wrong, it is sure: {sure} %.",
            holds=found < trained.right and sure > 0.9,
            otherwise="By night it gets {found} of {n} right, by day {right}. Where it is wrong, it says {sure} %.",
            found=found,
            n=len(night[1]),
            right=trained.right,
            sure=int(100 * sure),
        ):
            self.play(*(FadeOut(side.near, side.far, side.far.marks, side.title, side.numbers) for side in sides))
            self.play(self.aside(diagram, right_by_day, right_by_night), FadeIn(axes, answers, by_day))
            self.play(FadeIn(by_night))

        with self.beat("What it could not know: the curve between the classes, a hill by day, is a valley by night."):
            self.play(Draw(function_curve(day_night_curve, BOX), run_time=5))
