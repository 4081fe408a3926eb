"""A trained 2-3-2 network: the plane is lifted into space, folded like paper, cut, and laid flat again."""

import numpy as np
from manim import DEGREES, FadeIn, FadeOut

from nn_core.geometry import creases, linearly_separable
from nn_core.geometry.solids import plane_in_box
from nn_unfold import (
    TOP,
    ActivationFlow,
    AffineFlow,
    Axes,
    Cloud,
    Draw,
    LiveAffine,
    NetworkDiagram,
    Passage,
    Recipe,
    Sheet,
    SpatialGroup,
    Stage,
    bends,
    formula,
    number,
    polygon,
    stack,
)

ASLANT = 65 * DEGREES


class FoldIntoSpace(Stage):
    """Three hidden neurons fold the plane in space; one flat cut there is a bent boundary here."""

    recipe = Recipe(
        data="moons",
        data_options={"n_per_class": 110, "noise": 0.09},
        sizes=(2, 3, 2),
        activations=("relu", "identity"),
        initializer=("gaussian", 1.5),
        learning_rate=0.03,
        epochs=150,
        starts=8,
        seed=19,  # a good one: of forty seeds, six leave all points on the right side of the cut
    )

    def construct(self):
        trained = self.trained(self.recipe)
        hidden, output = trained.network.layers
        sheet = Sheet.over(trained.X, trained.network, grid=0.5, margin=0.25, boundary=True)
        cloud = Cloud(trained.X, trained.y)
        world = SpatialGroup(sheet, cloud)
        diagram = NetworkDiagram(trained.network, names=("x", "h", "y"), size=(3.6, 2.6))
        axes = Axes(sheet.box, ("x_1", "x_2"), at_corner=True)

        cutting = {crease.neuron for crease in creases(trained.network, sheet.box)}
        bending = bends(trained.network, sheet.box)

        with self.beat(
            "Two moons reach into each other. No straight line separates them.",
            holds=not linearly_separable(trained.X, trained.y),
            otherwise="Two moons, a class each. A straight line could separate them.",
        ):
            self.play(self.aside(diagram))
            self.look(sheet, axes)
            self.play(FadeIn(sheet), FadeIn(axes))
            self.play(FadeIn(cloud))

        with self.beat("Three hidden neurons are three axes: the layer lifts the plane into space."):
            numbers = LiveAffine(np.eye(3, 2), np.zeros(3))
            self.play(self.aside(diagram, stack(formula("bold(z) = W bold(x) + bold(b)"), numbers)))
            flow = AffineFlow(world, layer=hidden)
            space = Axes.around(sheet, flows=[flow], names=("z_1", "z_2", "z_3"))
            side = self.facing(sheet, phi=ASLANT, flows=[flow])
            self.change_axes(axes, space, sheet, flows=[flow], phi=ASLANT, theta=side)
            self.play(flow, flow.read_out(numbers))

        with self.beat(
            "Each neuron is zero on a plane of this space. It meets the sheet in a crease.",
            holds=len(cutting) == hidden.n_out,
            otherwise="Each neuron is zero on a plane of this space. The sheet is met by {met} of the {planes} planes.",
            met=number(len(cutting)),
            planes=number(hidden.n_out),
        ):
            self.play(Draw(sheet.creases[0]))
            self.play(self.turn(40 * DEGREES, sheet, space, run_time=4))

        with self.beat("ReLU folds along one crease after the other, like paper."):
            self.play(self.aside(diagram, formula("bold(h) = max(0, bold(z))")))
            flow = ActivationFlow(world, layer=hidden, in_turn=True)
            self.play(flow, self.follow(flow, sheet, space, theta=self.facing(sheet, phi=ASLANT, flows=[flow])))
            folded = Axes.around(sheet, names=("h_1", "h_2", "h_3"))
            self.change_axes(space, folded, sheet)

        with self.beat(
            "The plane that was flat now has sides. Walk around it.",
            holds=np.linalg.matrix_rank(np.diff(sheet.faces.points, axis=0)) == 3,
            otherwise="This sheet stays flat: ReLU leaves its side of the creases in one plane.",
        ):
            self.play(self.turn(180 * DEGREES, sheet, folded, run_time=9))

        with self.beat(
            "Training has found a place for one straight cut between the classes.",
            holds=trained.right == trained.n,
            otherwise="Training has found a place for one straight cut: {right} of {n} points lie on the right side.",
            right=trained.right,
            n=trained.n,
        ):
            normal, offset = output.weight[0] - output.weight[1], output.bias[1] - output.bias[0]
            low, high = (f(sheet.faces.points, axis=0) for f in (np.min, np.max))
            cut = polygon(plane_in_box(normal, offset, low, high), self.tokens.accent, opacity=0.35)
            self.play(self.aside(diagram, formula("(bold(w)_1 - bold(w)_2) dot bold(h) + b_1 - b_2 = 0")))
            self.play(self.reframe(sheet, folded, cut))
            self.play(FadeIn(cut))
            self.play(Draw(sheet.boundary))
            self.play(self.turn(60 * DEGREES, sheet, folded, cut, run_time=5))
            self.key_frame()
            self.play(FadeOut(cut))

        with self.beat("The second layer lays it flat. The cut is still a straight line."):
            numbers = LiveAffine(np.eye(2, 3), np.zeros(2), variable="h")
            self.play(self.aside(diagram, stack(formula("bold(y) = W' bold(h) + bold(b)'"), numbers)), FadeOut(folded))
            flow = AffineFlow(world, layer=output)
            flat = Axes.around(sheet, flows=[flow], names=("y_1", "y_2"))
            self.play(flow, flow.read_out(numbers), self.follow(flow, sheet, **TOP._asdict()))
            self.play(self.reframe(sheet, flat, run_time=self.tokens.step))
            self.play(FadeIn(flat))

        with self.beat(
            "Unfolded onto the input, the straight cut bends at every crease.",
            holds=len(bending) == hidden.n_out,
            otherwise=[
                ("Unfolded onto the input, the straight cut bends at {bent} of {creases} creases.", len(bending) > 0),
                "Unfolded onto the input, the cut stays straight: it meets no crease.",
            ],
            bent=number(len(bending)),
            creases=number(len(cutting)),
        ):
            self.play(self.aside(diagram), FadeOut(flat))
            back = Passage(world, layers=trained.network.layers, start=2, stop=0, run_time=6)
            self.play(back, self.follow(back, sheet, axes))
            self.play(FadeIn(axes))
