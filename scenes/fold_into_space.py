"""A trained 2-3-2 network: the plane is lifted into space, folded like paper, cut, and laid flat again."""

import numpy as np
from manim import DEGREES, FadeIn, FadeOut

from nn_core.geometry import creases, linearly_separable
from nn_core.network import Layer
from nn_core.projections import tells_apart
from nn_unfold import (
    TOP,
    ActivationFlow,
    AffineFlow,
    Axes,
    DecisionPlanes,
    Draw,
    LiveAffine,
    NetworkDiagram,
    Passage,
    Recipe,
    Shape,
    Sheet,
    SpatialGroup,
    Stage,
    bends,
    formula,
    formula_of,
    number,
    of_points,
    stack,
    title_of,
)

ASLANT = 65 * DEGREES
THIN = 0.15  # of a plane of outputs: the shorter side as a share of the longer one, below which it is a sliver


class FoldIntoSpace(Stage):
    """Three hidden neurons fold the plane in space; one flat cut there is a bent boundary here.

    It wants a good seed: most trainings leave a few points on the wrong side of the cut, and then it says how many.
    """

    recipe = Recipe(
        data="moons",
        data_options={"n_per_class": 110, "noise": 0.09},
        sizes=(2, 3, 2),
        activations=("relu", "identity"),
        initializer=("gaussian", 1.5),
        learning_rate=0.03,
        epochs=150,
        starts=8,
        seed=19,  # a good one: see benchmarks/seeds.md
    )

    accepts = Shape(
        hidden=(3,),
        outputs=range(1, 33),
        activations={"relu", "leaky_relu"},
        last={"identity", "sigmoid"},
    )

    def construct(self):
        trained = self.subject(self.recipe)
        hidden, output = trained.network.classifier().layers
        flat_side, two, moons = side_of(output), output.n_out <= 2, trained.data == "moons"
        sheet = Sheet.over(trained.X, trained.network, grid=0.5, margin=0.25, boundary=True)
        cloud = self.cloud_of(trained)
        world = SpatialGroup(sheet, cloud)
        diagram = NetworkDiagram(trained.network, names=("x", "h", "y"), size=(3.6, 2.6))
        axes = self.input_axes(trained, sheet.box)

        cutting = {crease.neuron for crease in creases(trained.network, sheet.box)}
        bending = bends(trained.network, sheet.box)
        points, values = of_points(trained)

        with self.beat(
            "Two moons reach into each other. No straight line separates them.",
            holds=moons and not linearly_separable(trained.X, trained.y),
            otherwise=[("Two moons, a class each. A straight line could separate them.", moons), *points],
            **values,
        ):
            self.play(self.aside(diagram, *self.legend_of(trained)))
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

        with self.beat(
            "{activation} folds along one crease after the other, like paper.",
            holds=len(cutting) > 1,
            otherwise=[
                ("{activation} folds along the one crease, like paper.", len(cutting) == 1),
                "{activation} does not fold this part of the plane: it meets no crease.",
            ],
            activation=title_of(hidden.activation),
        ):
            self.play(self.aside(diagram, formula(f"bold(h) = {formula_of(hidden.activation, 'bold(z)')}")))
            flow = ActivationFlow(world, layer=hidden, in_turn=True)
            self.play(flow, self.follow(flow, sheet, space, theta=self.facing(sheet, phi=ASLANT, flows=[flow])))
            folded = Axes.around(sheet, names=("h_1", "h_2", "h_3"))
            self.change_axes(space, folded, sheet)

        with self.beat(
            "The plane that was flat now has sides. Walk around it.",
            holds=np.linalg.matrix_rank(np.diff(sheet.faces.points, axis=0)) == 3,
            otherwise="This sheet stays flat: {activation} leaves its side of the creases in one plane.",
            activation=title_of(hidden.activation),
        ):
            self.play(self.turn(180 * DEGREES, sheet, folded, run_time=9))

        with self.beat(
            "A good training: it has found a place for one straight cut between the classes.",
            holds=trained.right == trained.n and two and not trained.own_labels and len(sheet.boundary.points) > 0,
            otherwise=[
                ("No cut of the last layer meets this sheet: all of it is one class.", not len(sheet.boundary.points)),
                (
                    "One straight cut parts what the network gives to one class from the other.",
                    two and trained.own_labels,
                ),
                ("Training has found a place for one straight cut: {right} of {n} points lie on the right side.", two),
                "Here the cuts between the classes are flat. {right} of {n} points lie on the right side.",
            ],
            right=trained.right,
            n=trained.n,
        ):
            cut = DecisionPlanes.around(
                sheet, network=trained.network, opacity=0.35, colour=self.tokens.accent if two else None
            )
            between = "(bold(w)_i - bold(w)_j) dot bold(h) + b_i - b_j = 0"
            equations = {1: "bold(w) dot bold(h) + b = 0", 2: between.replace("_i", "_1").replace("_j", "_2")}
            self.play(self.aside(diagram, formula(equations.get(output.n_out, between))))
            self.play(self.reframe(sheet, folded, cut))
            self.play(FadeIn(cut))
            self.play(Draw(sheet.boundary))
            self.play(self.turn(60 * DEGREES, sheet, folded, cut, run_time=5))
            self.key_frame()
            self.play(FadeOut(cut))

        own = output.n_out == 2 and np.array_equal(flat_side.weight, output.weight)
        with self.beat(
            "The second layer lays it flat. The cut is still a straight line.",
            holds=own,
            otherwise=[
                ("Turned until the cut is seen from its edge: a straight line. The output tells how far from it.", two),
                ("Seen from the side that tells the classes apart, all cuts are straight lines.", output.n_out == 3),
                "This side tells the {classes} classes apart best. The cuts are flat, but not all are seen as lines.",
            ],
            classes=number(output.n_out),
        ):
            numbers = LiveAffine(np.eye(2, 3), np.zeros(2), variable="h")
            equation = formula("bold(y) = W' bold(h) + bold(b)'" if own else "bold(u) = Q bold(h) + bold(c)")
            self.play(self.aside(diagram, stack(equation, numbers)), FadeOut(folded))
            flow = AffineFlow(world, layer=flat_side)
            flat = Axes.around(sheet, flows=[flow], names=("y_1", "y_2") if own else ("u_1", "u_2"))
            self.play(flow, flow.read_out(numbers), self.follow(flow, sheet, **TOP._asdict()))
            self.play(self.reframe(sheet, flat, run_time=self.tokens.step))
            self.play(FadeIn(flat))

        with self.beat(
            "Unfolded onto the input, the straight cut bends at every crease.",
            holds=len(bending) == hidden.n_out and two,
            otherwise=[
                (
                    "Unfolded onto the input, the straight cut bends at {bent} of {creases} creases.",
                    len(bending) > 0 and two,
                ),
                ("Unfolded onto the input, the cut stays straight: it meets no crease.", two),
                "Unfolded onto the input, the cuts bend at {bent} of {creases} creases.",
            ],
            bent=number(len(bending)),
            creases=number(len(cutting)),
        ):
            self.play(self.aside(diagram), FadeOut(flat))
            back = Passage(world, layers=[hidden, flat_side], start=2, stop=0, run_time=6)
            self.play(back, self.follow(back, sheet, axes))
            self.play(FadeIn(axes))


def side_of(output):
    """The last layer where its two outputs make a plane; else the side from which its classes are told apart best."""
    if output.n_out == 2:
        longer, shorter = np.linalg.svd(output.weight, compute_uv=False)
        if shorter > THIN * longer:
            return Layer(output.weight, output.bias)
    return tells_apart(output)
