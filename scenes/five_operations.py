"""All that a layer can do to space, one at a time: rotate, scale, change the dimension, translate and bend."""

import numpy as np
from manim import DEGREES, FadeIn, FadeOut

from nn_core.geometry import pull_back
from nn_core.interpolation import factors
from nn_core.network import Layer
from scenes.kit.axes import Axes
from scenes.kit.curves import FunctionPlot
from scenes.kit.factors import Act, Product, titled
from scenes.kit.motion import ActivationFlow, AffineFlow, Draw, Passage
from scenes.kit.spatial import Cloud, Segments, Sheet, SpatialGroup
from scenes.kit.stage import Stage
from scenes.kit.theme import rgb
from scenes.kit.training import Recipe
from scenes.kit.view import TOP
from scenes.kit.writing import LiveMatrix, formula, stack

ASLANT = 62 * DEGREES
UP_EQUATION = "{{tanh: t}}({{U: u}} {{E: e}} {{S: s}} {{V^top: v}} bold(x) + {{bold(b): b}})"
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
        seed=20,
    )

    def construct(self):
        trained = self.trained(self.recipe)
        network, (up, down) = trained.network, trained.network.layers
        self.sheet = sheet = Sheet.over(trained.X, network, margin=0.25, tolerance=5e-3)
        ends = pull_back([1, -1], 0, network, sheet.box)
        line = Segments(
            ends, [*rgb(self.tokens.boundary), 0], width=self.tokens.boundary_width, cased=True, origin=ends
        )
        cloud = Cloud(trained.X, trained.y)
        self.world = SpatialGroup(sheet, cloud, line)
        self.ghost = sheet.outline.copy().set_opacity(0)

        rotate, scale, lift, turn = self.flows(up)
        shift = AffineFlow(self.world, layer=Layer(np.eye(3), up.bias))
        with self.beat("Two classes, one around the other, and a trained layer that takes the plane into space."):
            self.take_apart(up, UP_EQUATION)
            axes = Axes.around(sheet, names=("x_1", "x_2"), flows=[rotate, scale])
            self.look(axes)
            self.play(FadeIn(sheet), FadeIn(axes))
            self.play(FadeIn(cloud))
        with self.beat("It rotates: lengths and angles stay as they are."):
            self.act("v", "rotate", rotate)
        with self.beat("It scales: each axis has a factor of its own."):
            self.act("s", "scale", scale)
        with self.beat("It changes the dimension: there is a third axis, and the plane lies flat in space."):
            space = Axes.around(sheet, names=("z_1", "z_2", "z_3"), flows=[turn, shift])
            side = self.facing(sheet, phi=ASLANT, flows=[turn])
            self.act("e", "change the dimension", lift)
            view = self.reframe(sheet, space, flows=[turn, shift], phi=ASLANT, theta=side)
            self.play(view, FadeOut(axes), FadeIn(space))
        with self.beat("It rotates once more, now in space. All factors together are the weight matrix."):
            self.act("u", "rotate", turn)
        with self.beat("It translates: the bias moves every point by the same amount."):
            self.act("b", "translate", shift)
        with self.beat("It bends: tanh squeezes each axis by itself into the range from -1 to 1."):
            bend = ActivationFlow(self.world, layer=up)
            plot = FunctionPlot(up.activation, name="a", size=(3.0, 1.6))
            self.play(self.aside(self.equation, titled("bend", plot, colour=self.tokens.accent)), *self.highlight("t"))
            bent = Axes((-1, 1) * 3, ("a_1", "a_2", "a_3"), most=2)
            self.play(FadeOut(space), self.ghost.animate.set_opacity(0), bend, self.follow(bend, sheet))
            self.play(FadeIn(bent), self.reframe(sheet, bent))
            self.play(self.turn(-50 * DEGREES, sheet, bent, run_time=4))

        rotate, drop, scale, turn = self.flows(down)
        shift = AffineFlow(self.world, layer=Layer(np.eye(2), down.bias))
        with self.beat("The next layer leads back to two dimensions. It rotates,"):
            self.take_apart(down, DOWN_EQUATION)
            self.play(FadeOut(bent))
            self.act("v", "rotate", rotate, follow=True)
        with self.beat("it drops the third axis: what is in space falls flat onto a plane,"):
            self.play(sheet.faces.animate.set_opacity(0.6))
            self.act("e", "change the dimension", drop, follow=True)
        with self.beat("and it scales, rotates and translates. The last layer does not bend."):
            self.play(self.reframe(sheet, **TOP._asdict()))
            for name, title, flow in (("s", "scale", scale), ("u", "rotate", turn), ("b", "translate", shift)):
                self.act(name, title, flow, follow=True)
        with self.beat("Now one straight line parts the classes."):
            self.play(Draw(line))
        with self.beat("The whole network in one go:"):
            way = {"layers": network.layers, "kind": "svd"}
            back = Passage(self.world, start=2, stop=0, run_time=3, **way)
            self.play(back, self.follow(back, sheet))
            there = Passage(self.world, start=0, stop=2, run_time=8, **way)
            self.play(there, self.follow(there, sheet))

    def flows(self, layer):
        """The weight matrix of a layer as flows that do one thing each."""
        layers = [Layer(factor.matrix, np.zeros(len(factor.matrix))) for factor in factors(layer.weight)]
        return [AffineFlow(self.world, layer=layer) for layer in layers]

    def take_apart(self, layer, equation):
        """Show the factors of a layer, and its weight matrix below the product of those that have acted."""
        self.equation, self.active = formula(equation), None
        options = {"digits": len(f"{np.abs(layer.weight).max():.0f}"), "size": 0.75 * self.tokens.label_size}
        self.product = Product(layer.n_in, max(layer.weight.shape), **options)
        so_far, whole = titled("so far", self.product), titled("weight matrix", LiveMatrix(layer.weight, **options))
        self.matrices = stack(so_far, whole, gap=0.25)
        self.play(self.aside(self.equation, self.matrices))

    def act(self, name, title, flow, follow=False):
        """Let one factor act, with its numbers. A ghost stays where the sheet was, unless the camera follows."""
        numbers, before = Act(flow), self.ghost
        self.ghost = self.sheet.outline.copy().set_color(self.tokens.faint).set_opacity(1 - follow)
        titled_numbers = titled(title, numbers, colour=self.tokens.accent)
        column = self.aside(self.equation, self.matrices, titled_numbers)
        self.play(column, *self.highlight(name), FadeOut(before), FadeIn(self.ghost))
        moves = [self.follow(flow, self.sheet)] if follow else []
        self.play(flow, numbers.follow(flow), self.product.multiply(flow), *moves)

    def highlight(self, name):
        """Mark one part of the equation, and no other."""
        before, self.active = self.active, self.equation.select(name)
        marked = self.active.animate.set_color(self.tokens.accent)
        return [marked] if before is None else [marked, before.animate.set_color(self.tokens.ink)]
