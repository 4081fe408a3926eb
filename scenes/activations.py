"""Activations one by one: the curve of each, and what it does to a plane; then softmax and argmax, which read all."""

from typing import NamedTuple

import numpy as np
from manim import DEGREES, DOWN, RIGHT, FadeIn, FadeOut, VGroup, smooth

from nn_core.activations import activation, argmax, argmax_one_hot, softmax
from nn_core.interpolation import blend
from nn_core.network import Layer, Network
from nn_unfold import ActivationFlow, Axes, Bars, Follow, FunctionPlot, LiveNumber, Passage, Sheet, Stage, formula

REACH, GRID = 3.0, 0.5  # of the plane, to all sides
SLANT = 0.15  # by which the plane rises with each axis, so that folds that lie on each other can be seen
HOT, COLD = 20.0, 0.02  # temperatures


class Curve(NamedTuple):
    """An activation of nn_core, its formula in Typst, and what it does."""

    name: str
    formula: str
    caption: str


FLAT = (
    Curve("sigmoid", "sigma(z) = 1 / (1 + e^(-z))", "The sigmoid squeezes the whole plane into the unit square."),
    Curve("tanh", "tanh(z)", "Tanh squeezes it too, but around the origin, where hardly anything changes."),
    Curve("relu", "max(0, z)", "ReLU makes all that is negative zero: only one quadrant stays a plane."),
    Curve("leaky_relu(0.2)", "max(0.2 z, z)", "Leaky ReLU only creases the plane along the axes. Nothing is lost."),
)
WAVE = Curve("sin", "sin(z)", "The sine folds it back and forth like a fan. It is slanted here to show the layers.")


class Activations(Stage):
    """What each activation does to one number, to the plane of two, and softmax and argmax to twenty-five."""

    accepts = "it shows functions, no network"
    n_scores = 25
    seed = 4

    def construct(self):
        plot = FunctionPlot(activation("identity"), (-REACH, REACH), (-REACH, REACH), size=(3.2, 3.2), name="a")
        sheet = Sheet((-REACH, REACH, -REACH, REACH), grid=GRID)
        axes = Axes(sheet.box, ("z_1", "z_2"), at_corner=True)

        with self.beat("A layer gives numbers, and an activation bends each by itself. Two make a plane."):
            self.play(self.aside(plot))
            self.look(axes)
            self.play(FadeIn(sheet), FadeIn(axes))

        for act in FLAT:
            with self.beat(act.caption):
                layer, sheet = self.enter(act, plot, sheet)
                flow = ActivationFlow(sheet, layer=layer)
                self.play(
                    FadeOut(axes, run_time=self.tokens.breath), flow, follow_graph(plot, layer, run_time=flow.run_time)
                )
                image = Axes(box_of(sheet), ("a_1", "a_2"), at_corner=True)
                self.play(self.reframe(image, run_time=self.tokens.step - self.tokens.breath))
                self.play(FadeIn(image, run_time=self.tokens.breath))
            back = Passage(sheet, layers=[layer], start=1, stop=0.5, run_time=self.tokens.step)
            unbend = follow_graph(plot, layer, start=1, stop=0, run_time=back.run_time)
            self.play(FadeOut(image, run_time=self.tokens.breath))
            self.play(back, self.follow(back, axes, sheet), unbend)
            self.play(FadeIn(axes, run_time=self.tokens.breath))

        with self.beat(WAVE.caption):
            layer, sheet = self.enter(WAVE, plot, sheet)
            slanted = sheet.copy().apply_matrix([[1, 0, 0], [0, 1, 0], [SLANT, SLANT, 1]])
            view = self.reframe(slanted, phi=55 * DEGREES, theta=-60 * DEGREES)
            self.play(FadeOut(axes, run_time=self.tokens.breath))
            self.play(sheet.animate(run_time=view.run_time).become(slanted), view)
            flow = ActivationFlow(sheet, layer=layer)
            self.play(flow, follow_graph(plot, layer, run_time=flow.run_time), self.follow(flow, sheet))
            self.play(self.turn(-60 * DEGREES, sheet, run_time=2 * self.tokens.step))
        self.play(FadeOut(sheet), self.aside())
        self.compare(1.5 * np.random.default_rng(self.seed).standard_normal(self.n_scores))

    def enter(self, act, plot, old):
        """Bring an activation's formula, and a flat sheet split exactly where it will fold."""
        layer = Layer(np.eye(2), np.zeros(2), act.name)
        sheet = Sheet(old.box, Network([layer]), grid=GRID, tolerance=2e-3)
        self.remove(old)
        self.add(sheet)
        self.play(self.aside(plot, formula(act.formula)))
        return layer, sheet

    def compare(self, scores):
        """Softmax and argmax on the scores of many classes, from a high temperature to none."""
        top, reach = int(argmax(scores)), 1.1 * np.abs(scores).max()
        temperature, highest = (LiveNumber(name, 1.0, digits=2) for name in ("temperature", "highest probability"))
        softened = formula("p_k = e^(z_k \\/ T) / (sum_j e^(z_j \\/ T))")

        def show(heat):
            shares.set_values(softmax(scores, heat))
            temperature.set_value(heat)
            highest.set_value(shares.values.max())

        def heat_up(start, stop):
            sweep = {"run_time": self.tokens.turn, "rate_func": smooth}
            return Follow(VGroup(shares, temperature, highest), lambda t: [start ** (1 - t) * stop**t], show, **sweep)

        with self.beat("Argmax and softmax read all numbers of a layer at once: here the scores of many classes."):
            self.play(self.aside(softened))
            left, right, bottom, above = self.area()
            size = (right - left, 0.38 * (above - bottom))
            given = Bars(scores, (-reach, reach), size=size, names=(None, formula("z_k")))
            shares = Bars(softmax(scores), (0.0, 1.0), size=size, names=(None, formula("p_k")))
            VGroup(given, shares).arrange(DOWN, buff=0.3, aligned_edge=RIGHT).move_to(self.area().centre)
            self.play(FadeIn(given))
        with self.beat("Softmax makes them probabilities: all above zero, with the sum 1."):
            show(1.0)
            self.play(self.aside(softened, temperature, highest), FadeIn(shares))
        most, least = (f(softmax(scores, HOT)) for f in (np.max, np.min))
        with self.beat(
            "At a high temperature it hardly tells them apart.",
            holds=most < 2 * least,
            otherwise="At a high temperature the highest has {times} times the probability of the lowest.",
            times=f"{most / least:.1f}",
        ):
            self.play(heat_up(1.0, HOT))
        with self.beat("The lower the temperature, the more goes to the highest score."):
            self.play(heat_up(HOT, COLD))
        with self.beat("The limit is argmax: 1 for the highest score and 0 for all others."):
            shares.set_values(argmax_one_hot(scores))
            marked = (bars.bars[top].animate.set_fill(self.tokens.accent) for bars in (given, shares))
            self.play(self.aside(formula("T -> 0"), formula('hat(k) = op("argmax")_k z_k')), *marked)


def follow_graph(plot, layer, *, start=0, stop=1, run_time):
    """Moves the curve as an ActivationFlow moves the plane: (1 - t) z + t f(z), from one t to another."""

    def function(time):
        share = smooth(time)
        return [blend(layer.activation, (1 - share) * start + share * stop)]

    return Follow(plot, function, plot.show, run_time=run_time)


def box_of(sheet):
    """The box of the plane that a sheet covers now."""
    return tuple(np.stack([sheet.faces.points.min(axis=0), sheet.faces.points.max(axis=0)], axis=1)[:2].ravel())
