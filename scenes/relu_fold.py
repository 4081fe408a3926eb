"""A trained 2-2-2 network, step by step: what ReLU does to the plane, and why that is enough."""

import numpy as np
from manim import FadeIn, FadeOut, Group

from nn_core.geometry import linearly_separable
from nn_unfold import (
    ActivationFlow,
    AffineFlow,
    Axes,
    Draw,
    LiveAffine,
    NetworkDiagram,
    Passage,
    Recipe,
    Shape,
    Sheet,
    Stage,
    bends,
    formula,
    number,
    of_points,
    stack,
    verbs_of,
)
from nn_unfold.motion.flows import lay


class ReluFold(Stage):
    """A ReLU layer folds the plane onto the positive quadrant, and a line can separate what no line could."""

    recipe = Recipe(
        data="crescent",
        data_options={"n_per_class": 120},
        sizes=(2, 2, 2),
        activations=("relu", "sigmoid"),
        initializer=("gaussian", 1.0),
        learning_rate=0.02,
        epochs=250,
        starts=6,
        seed=6,
    )

    accepts = Shape(hidden=(2,), outputs=2, activations={"relu"}, last={"identity", "sigmoid"})

    def construct(self):
        trained = self.subject(self.recipe)
        hidden, output = trained.network.layers
        sheet = Sheet.over(trained.X, trained.network, margin=0.25, boundary=True)
        cloud = self.cloud_of(trained)
        world = Group(sheet, cloud)
        diagram = NetworkDiagram(trained.network, names=("x", "h", "y"), size=(3.6, 1.9))
        axes = self.input_axes(trained, sheet.box)
        self.look(axes)

        result = {"right": trained.right, "n": trained.n}
        every = trained.right == trained.n

        points, values = of_points(trained)
        with self.beat(
            "Two classes of points in the plane. No straight line separates them.",
            holds=not trained.given and not linearly_separable(trained.X, trained.y),
            otherwise=[
                ("Two classes of points in the plane. One straight line could separate them.", not trained.given),
                *points,
            ],
            **values,
        ):
            self.play(FadeIn(sheet), FadeIn(axes))
            self.play(FadeIn(cloud))

        with self.beat(
            "This small network has learnt to: {inputs} inputs, {hidden} hidden neurons, {outputs} outputs.",
            holds=every and not trained.own_labels,
            otherwise=[
                ("A small network with {hidden} hidden neurons has given these colours.", trained.own_labels),
                "This small network with {hidden} hidden neurons has learnt to label {right} of {n} right.",
            ],
            **result,
            **{name: number(size) for name, size in zip(("inputs", "hidden", "outputs"), (2, 2, 2), strict=True)},
        ):
            arrival = self.aside(diagram, *self.legend_of(trained))
            self.play(self.reframe(axes, sheet))
            self.play(arrival)

        with self.beat("Its hidden layer {verbs} the plane.", verbs=verbs_of(hidden)):
            numbers = LiveAffine(np.eye(2), np.zeros(2))
            steps = stack(formula("bold(z) = W bold(x) + bold(b)"), numbers)
            self.play(self.aside(diagram, steps), diagram.animate.set_focus(0))
            flow = AffineFlow(world, layer=hidden)
            space = Axes.around(sheet, flows=[flow], names=("z_1", "z_2"))
            axes = self.change_axes(axes, space, sheet, flows=[flow])
            self.play(flow, flow.read_out(numbers))

        with self.beat(
            "Along each crease a neuron of the layer changes its sign.",
            holds=len(sheet.creases[0].points) > 0,
            otherwise="No neuron of the layer changes its sign here: there is no crease.",
        ):
            self.play(Draw(sheet.creases[0]))

        with self.beat("ReLU makes all that is negative zero: it folds three quadrants onto the axes."):
            self.play(self.aside(diagram, formula("bold(h) = max(0, bold(z))")))
            flow = ActivationFlow(world, layer=hidden, in_turn=True)
            self.play(flow)
            axes = self.change_axes(axes, Axes.around(sheet, names=("h_1", "h_2")), sheet)

        with self.beat("Now the second layer {verbs} what the fold has left.", verbs=verbs_of(output)):
            numbers = LiveAffine(np.eye(2), np.zeros(2), variable="h")
            steps = stack(formula("bold(z)' = W' bold(h) + bold(b)'"), numbers)
            self.play(self.aside(diagram, steps), diagram.animate.set_focus(1))
            flow = AffineFlow(world, layer=output)
            space = Axes.around(sheet, flows=[flow], names=("z'_1", "z'_2"))
            axes = self.change_axes(axes, space, sheet, flows=[flow])
            self.play(flow, flow.read_out(numbers))

        unit = axes
        if output.activation.name == "sigmoid":
            unit = self.squeeze(trained, sheet, world, diagram, axes)

        with self.beat(
            "Here one straight line separates them: where both outputs are equal.",
            holds=every,
            otherwise="Here one straight line, where both outputs are equal, has {right} of {n} points right.",
            **result,
        ):
            self.play(Draw(sheet.boundary))

        with self.beat("Carried back through the second layer it is still straight,"):
            self.play(self.aside(diagram), diagram.animate.set_focus(), FadeOut(unit))
            back = Passage(world, layers=trained.network.layers, start=2, stop=1)
            self.play(back, self.follow(back, sheet))

        with self.beat(
            "and through the first it bends where it meets a crease.",
            holds=len(bends(trained.network, sheet.box)) > 0,
            otherwise="and through the first it stays straight: it meets no crease.",
        ):
            back = Passage(world, layers=trained.network.layers, start=1, stop=0)
            axes = self.input_axes(trained, sheet.box)
            self.play(back, self.follow(back, sheet, axes))
            self.play(FadeIn(axes))

    def squeeze(self, trained, sheet, world, diagram, axes):
        """Take the plane of two outputs into the unit square by their sigmoids, and return its axes."""
        output = trained.network.layers[1]
        corner = trained.network.forward(trained.X).output.round() == np.eye(2)[trained.y]
        with self.beat(
            "The sigmoid squeezes it into the unit square: the classes go to opposite corners.",
            holds=corner.all(),
            otherwise="The sigmoid squeezes it into the unit square: {near} of {n} points go to their class's corner.",
            near=int(corner.all(axis=1).sum()),
            n=trained.n,
        ):
            # So far all was straight between creases. What follows is not.
            lay(sheet.show(trained.network, tolerance=2e-3), trained.network.layers, 1.5)
            flow = ActivationFlow(world, layer=output)
            unit = Axes((0, 1, 0, 1), ("y_1", "y_2"))
            self.play(self.aside(diagram, formula("bold(y) = sigma(bold(z)')")), FadeOut(axes))
            self.play(flow, self.follow(flow, sheet, unit))
            self.play(FadeIn(unit))
        return unit
