"""Exclusive or: four points that one neuron can't tell apart, and the two hidden neurons that make it easy."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
from manim import DEGREES, OUT, FadeIn, FadeOut

from nn_core.geometry import decision_boundary
from nn_core.interpolation import decompose
from nn_core.network import Layer, Network
from nn_core.training import fit
from nn_unfold import (
    TOP,
    ActivationFlow,
    AffineFlow,
    Axes,
    Cloud,
    Draw,
    Learning,
    LiveAffine,
    LossCurve,
    NetworkDiagram,
    Passage,
    Reading,
    Recipe,
    Regions,
    Residuals,
    Response,
    Rise,
    Sheet,
    SpatialGroup,
    Stage,
    Table,
    Tags,
    bold_lines,
    formula,
    stack,
)

BOX = (-0.5, 1.5, -0.5, 1.5)
SWING = 2.5  # seconds of a camera move between the plane and the space above it
SCALES = {"linear": "linear", "log": "log1p"}  # of the axis of epochs, for each pace
ASLANT = {"phi": 64 * DEGREES, "theta": -62 * DEGREES}


class Xor(Stage):
    """One neuron alone can't learn exclusive or; behind two that collapse and bend the plane it can."""

    accepts = "it is about the four points of exclusive or"

    recipe = Recipe(
        data="xor_points",
        sizes=(2, 2, 1),
        activations=("sigmoid", "sigmoid"),
        loss="binary_cross_entropy",
        learning_rate=0.05,
        epochs=300,
        starts=24,
        snapshots=None,
    )
    alone: ClassVar = {"sizes": (2, 1), "activations": ("sigmoid",), "initializer": ("gaussian", 2.0), "starts": 1}
    hidden = Layer([[1, 1], [-0.5, -0.5]], [0, 0], "sigmoid")

    def construct(self):
        single = self.trained(replace(self.recipe, **self.alone))
        X, y = single.X, single.y
        features = Network([self.hidden]).forward(X).output
        output = Network.create((2, 1), ["sigmoid"], initializer="glorot", rng=np.random.default_rng(self.recipe.seed))
        learnt = fit(output, features, y, loss=self.recipe.loss, learning_rate=1.0, epochs=3000, snapshots=range(3001))
        network = Network([self.hidden, learnt.network.layers[0]])
        right = int((learnt.network.predict(features) == y).sum())
        flat = np.abs(single.network.predict_proba(X) - 0.5).max() < 0.01
        trio = self.trained(self.recipe)
        inputs = {"x_1": X[:, 0], "x_2": X[:, 1]}

        sheet = Sheet(BOX, Network([self.hidden]), grid=0.25, tolerance=1e-3)
        cloud = Cloud(X, y, radius=2 * self.tokens.dot_radius)
        names = [f"({a:.0f}, {b:.0f})" for a, b in X]
        tags = Tags(cloud, names)
        axes = Axes(BOX, ("x_1", "x_2"), at_corner=True)
        space = Axes((*BOX, 0, 1), ("x_1", "x_2", "p"), most=5, at_corner=True)

        with self.beat("Exclusive or: the answer y is 1 where just one of the two inputs is 1."):
            self.play(self.aside(Table({**inputs, "y": y})))
            self.look(axes)
            self.play(FadeIn(sheet), FadeIn(axes))
            self.play(FadeIn(cloud), FadeIn(tags))

        with self.beat("Lift each point to its answer: a surface of probabilities should go through all four."):
            self.rise(axes, space, sheet)
            self.play(tags.lift(y))

        with self.beat("A single neuron has a surface like this. Training moves it towards the points."):
            surface = self.fit_surface(single, "xp", inputs)

        with self.beat(
            "It ends flat: a probability of 1/2 for every point, and a loss of ln 2. It has learnt nothing.",
            holds=flat,
            otherwise="It gets {right} of {n} points right, and no other single neuron gets all of them.",
            right=single.right,
            n=single.n,
        ):
            self.play(self.turn(40 * DEGREES, sheet, space, cloud, run_time=self.tokens.turn))

        with self.beat("Join the points of each class: the lines cross. So no straight line separates the classes."):
            bonds = bold_lines([X[y == label] for label in (0, 1)], self.tokens.accent)
            self.play(FadeOut(surface), FadeOut(space, run_time=self.tokens.breath), tags.lift(0 * y))
            self.play(self.swing(axes, sheet, **TOP._asdict(), run_time=SWING), sheet.faces.animate.set_opacity(1))
            self.play(FadeIn(axes, run_time=self.tokens.breath))
            self.play(Draw(bonds))

        with self.beat(
            "Two hidden neurons with these weights see only the sum of the inputs: the plane becomes a line."
        ):
            numbers = LiveAffine(np.eye(2), np.zeros(2))
            layer = stack(formula("bold(z) = W bold(x) + bold(b)"), numbers)
            self.play(self.aside(layer))
            world = SpatialGroup(sheet, bonds, cloud)
            flow = AffineFlow(world, layer=self.hidden)
            sums = Axes.around(sheet, flows=[flow], names=("z_1", "z_2"), at_corner=True)
            self.change_axes(axes, sums, sheet, flows=[flow])
            self.play(flow, flow.read_out(numbers), tags.follow(run_time=flow.run_time))
            self.play(self.aside(layer, formula(f'op("rank") W = {decompose(self.hidden.weight).rank}')))

        with self.beat("The sigmoid bends this line, and puts it into the unit square."):
            table = Table({**inputs, "h_1": features[:, 0], "h_2": features[:, 1]})
            self.play(self.aside(formula("bold(h) = sigma(bold(z))"), table), FadeOut(sums))
            flow = ActivationFlow(world, layer=self.hidden)
            unit = Axes((0, 1, 0, 1), ("h_1", "h_2"))
            self.play(flow, self.follow(flow, sheet, unit), tags.follow(run_time=flow.run_time))
            self.play(FadeIn(unit))

        with self.beat("Seen close: two points have become one, and it lies beside the line of the other two."):
            box = np.stack([f(sheet.faces.points[:, :2], axis=0) for f in (np.min, np.max)], axis=1).ravel()
            close, together = Axes(box, ("h_1", "h_2"), at_corner=True), Tags(cloud, names, side=(1, 1))
            self.play(FadeOut(unit), FadeOut(tags), self.reframe(close))
            self.play(FadeIn(close), FadeIn(together))

        result = {"right": right, "n": len(y)}
        with self.beat(
            "Here a single neuron, trained anew, finds a line between the classes.",
            holds=right == len(y),
            otherwise="Here a single neuron, trained anew, gets {right} of {n} points right.",
            **result,
        ):
            halves = Regions(learnt.network_at(0), box, opacity=0.3)
            columns = {"h_1": features[:, 0], "h_2": features[:, 1], "y": y}
            learning = self.learn(learnt, "hp", features, columns, halves, pace="log")
            self.play(FadeIn(halves))
            self.play(learning)

        with self.beat(
            "Carried back to the inputs, this one line is two: a strip with class 1 in it.",
            holds=right == len(y),
            otherwise="Carried back to the inputs, the line leaves {right} of {n} points on the right side.",
            **result,
        ):
            border = bold_lines(decision_boundary(network, BOX).segments)
            self.play(*map(FadeOut, (close, halves, bonds, together)))
            back = Passage(SpatialGroup(sheet, border, cloud), layers=network.layers, start=1, stop=0)
            self.play(back, self.follow(back, sheet))
            self.play(self.reframe(axes, run_time=SWING))
            self.play(FadeIn(axes), FadeIn(tags.show_at(cloud.points)), run_time=self.tokens.breath)

        with self.beat(
            "Trained together, all three neurons find such a way by themselves.",
            holds=trio.right == trio.n,
            otherwise="Trained together, the three neurons get {right} of {n} points right.",
            right=trio.right,
            n=trio.n,
        ):
            self.play(FadeOut(border, run_time=self.tokens.breath))
            self.rise(axes, space, sheet)
            self.play(tags.lift(y))
            self.fit_surface(trio, "xhp", inputs)

    def rise(self, flat, space, sheet):
        """Go over from the plane to the space above it, where probabilities are heights."""
        self.play(FadeOut(flat), sheet.faces.animate.set_opacity(0.3), run_time=self.tokens.breath)
        self.play(self.swing(space, sheet, sheet.copy().shift(OUT), **ASLANT, run_time=SWING))
        self.play(FadeIn(space, run_time=self.tokens.breath))

    def fit_surface(self, trained, letters, inputs):
        """Show the surface of a network's probabilities, and how far it misses the points, and let it train."""
        start = trained.history.network_at(0)
        surface = SpatialGroup(Response(start, BOX, grid=0.25), Residuals(start, trained.X, trained.y))
        learning = self.learn(trained.history, letters, trained.X, {**inputs, "y": trained.y}, *surface)
        self.play(Rise(surface[0]))
        self.play(Draw(surface[1]))
        self.play(learning)
        return surface

    def learn(self, history, letters, X, columns, *followers, pace="linear"):
        """Put a network into the column, with its probabilities and its loss, for the training that is returned."""
        start = history.network_at(0)
        found = Reading(lambda network: network.predict_proba(X)[:, 1], start)
        diagram = NetworkDiagram(start, names=letters, size=(3.2, 1.1))
        curve = LossCurve(history, size=(2.9, 0.7), epochs=SCALES[pace], decimals=3)
        self.play(self.aside(diagram, Table({**columns, "p": found}), curve))
        return Learning(history, *followers, diagram, found, curve, pace=pace, run_time=2 * self.tokens.turn)
