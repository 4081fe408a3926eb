"""All that a layer can do to space, one at a time: rotate, scale, change the dimension, translate and bend."""

import numpy as np
from manim import DEGREES, FadeIn, FadeOut

from nn_core.geometry import pull_back
from nn_unfold import (
    TOP,
    ActivationFlow,
    Axes,
    Draw,
    FunctionPlot,
    Passage,
    Recipe,
    Segments,
    Shape,
    Sheet,
    SpatialGroup,
    Stage,
    of_points,
    rgb,
)
from nn_unfold.flat.factors import FactorMatrix, TakenApart, single_flows, titled

ASLANT = 62 * DEGREES
LARGE = 100.0  # an input that shows where an activation ends, if it does
UP_EQUATION = '{{op("%s"): t}}({{U: u}} {{E: e}} {{S: s}} {{V^top: v}} bold(x) + {{bold(b): b}})'
DOWN_EQUATION = "{{U: u}} {{S: s}} {{E: e}} {{V^top: v}} bold(a) + {{bold(b): b}}"


class FiveOperations(Stage):
    """A layer rotates, scales, changes the dimension, translates and bends: its weight matrix taken apart."""

    recipe = Recipe(
        data="circle",
        data_options={"n_per_class": 110, "inner": 1.6, "outer": (3.0, 4.5), "noise": 0.18},
        sizes=(2, 3, 2),
        activations=("tanh", "identity"),
        initializer=("gaussian", 0.7),
        learning_rate=0.03,
        epochs=150,
        starts=6,
        seed=2,
    )

    accepts = Shape(hidden=(3,), outputs=2, last={"identity"})

    def construct(self):
        trained = self.subject(self.recipe)
        network, (up, down) = trained.network, trained.network.layers
        self.sheet = sheet = Sheet.over(trained.X, network, margin=0.25, tolerance=5e-3)
        # Where pieces of the sheet come to lie in one plane, they lie there in the order of their triangles.
        places = sheet.faces.origin[sheet.faces.triangles].mean(axis=1)
        sheet.faces.triangles = sheet.faces.triangles[places[:, 0].argsort()]
        ends = pull_back([1, -1], 0, network, sheet.box)
        rgba, width = [*rgb(self.tokens.boundary), 0], self.tokens.boundary_width
        line = Segments(ends, rgba, width=width, cased=True, origin=ends)
        cloud = self.cloud_of(trained)
        world = SpatialGroup(sheet, cloud, line)
        self.ghost = sheet.outline.copy().set_opacity(0)

        rotate, scale, lift, turn, shift = single_flows(up, world)
        points, values = of_points(trained)
        with self.beat(
            "Two classes, one around the other, and a trained layer that takes the plane into space.",
            holds=trained.data == "circle",
            otherwise=points,
            **values,
        ):
            self.layer = TakenApart(up, UP_EQUATION % up.activation.name)
            self.play(self.aside(*self.layer.column))
            axes = Axes.around(sheet, names=("x_1", "x_2"), flows=[rotate, scale], at_corner=True)
            self.look(axes)
            self.play(FadeIn(sheet), FadeIn(axes))
            self.play(FadeIn(cloud))
        with self.beat("It rotates: lengths and angles stay as they are."):
            self.act("v", "rotate", rotate)
        with self.beat("It scales: each axis has a factor of its own."):
            self.act("s", "scale", scale)
        with self.beat("It changes the dimension: there is a third axis, and the plane lies flat in space."):
            space = Axes.around(sheet, names=("z_1", "z_2", "z_3"), flows=[turn, shift], most=4)
            side = self.facing(sheet, phi=ASLANT, flows=[turn])
            self.act("e", "change the dimension", lift)
            self.change_axes(axes, space, sheet, flows=[turn, shift], phi=ASLANT, theta=side)
        with self.beat("It rotates once more, now in space. All factors together are the weight matrix."):
            self.act("u", "rotate", turn)
        with self.beat("It translates: the bias moves every point by the same amount."):
            self.act("b", "translate", shift)
        low, high = (float(up.activation(np.array([end]))[0]) for end in (-LARGE, LARGE))
        bounded = np.isclose(low, round(low)) and np.isclose(high, round(high)) and abs(high - low) < LARGE
        with self.beat(
            "It bends: {activation} squeezes each axis by itself into the range from {low} to {high}.",
            holds=bounded,
            otherwise="It bends: {activation} acts on each axis by itself.",
            activation=up.activation.name,
            low=round(low),
            high=round(high),
        ):
            bend = ActivationFlow(world, layer=up)
            plot = FunctionPlot(up.activation, name="a", size=(3.0, 1.6))
            bending = titled("bend", plot, colour=self.tokens.accent)
            names = ("a_1", "a_2", "a_3")
            bent = (
                Axes((low, high) * 3, names, most=2)
                if bounded
                else Axes.around(sheet, flows=[bend], names=names, most=4)
            )
            self.play(self.aside(self.layer.equation, bending), self.layer.mark("t"), FadeOut(space))
            self.play(self.ghost.animate.set_opacity(0), bend, self.follow(bend, sheet))
            self.play(self.reframe(sheet, bent, run_time=self.tokens.step))
            self.play(FadeIn(bent))
            self.play(self.turn(-50 * DEGREES, sheet, bent, run_time=4))

        rotate, drop, scale, turn, shift = single_flows(down, world)
        with self.beat("The next layer leads back to two dimensions. It rotates,"):
            self.layer = TakenApart(down, DOWN_EQUATION)
            self.play(self.aside(*self.layer.column), FadeOut(bent))
            self.act("v", "rotate", rotate, self.follow(rotate, sheet))
        with self.beat("it drops the third axis: what is in space falls flat onto a plane,"):
            self.play(sheet.faces.animate.set_opacity(0.6))
            self.act("e", "change the dimension", drop, self.follow(drop, sheet))
        with self.beat("and it scales, rotates and translates. The last layer does not bend."):
            self.play(self.swing(sheet, **TOP._asdict()))
            for name, title, flow in (("s", "scale", scale), ("u", "rotate", turn), ("b", "translate", shift)):
                self.act(name, title, flow, self.follow(flow, sheet))
        with self.beat(
            "Now one straight line separates the classes.",
            holds=trained.right == trained.n and not trained.own_labels,
            otherwise="Now one straight line has {right} of {n} points on the right side.",
            right=trained.right,
            n=trained.n,
        ):
            self.play(Draw(line))
        with self.beat("The whole network in one go:"):
            way = {"layers": network.layers, "kind": "svd"}
            back = Passage(world, start=2, stop=0, run_time=3, **way)
            self.play(back, self.follow(back, sheet))
            there = Passage(world, start=0, stop=2, run_time=8, **way)
            self.play(there, self.follow(there, sheet))

    def act(self, part, title, flow, camera=None):
        """Let one factor act, with its numbers. A ghost stays where the sheet was, unless the camera follows it."""
        before, self.ghost = self.ghost, self.sheet.outline.copy().set_color(self.tokens.faint)
        self.ghost.set_opacity(camera is None)
        numbers = FactorMatrix(flow)
        column = self.aside(*self.layer.column, titled(title, numbers, colour=self.tokens.accent))
        self.play(column, self.layer.mark(part), FadeOut(before), FadeIn(self.ghost))
        self.play(flow, numbers.follow(flow), self.layer.product.multiply(flow), *([camera] if camera else []))
