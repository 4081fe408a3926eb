"""The loss of a neuron with two numbers as a surface with many valleys, and how descents find their ways down."""

from functools import partial
from typing import ClassVar

import numpy as np
from manim import DEGREES, FadeIn, FadeOut, smooth

from nn_core.datasets import make_wave
from nn_core.descent import descend, loss_at
from nn_core.network import Layer, Network
from nn_core.optimizers import Adadelta, Adagrad, Adam, GradientDescent, Momentum, Nesterov, RMSProp
from nn_unfold import (
    MINUS,
    TOP,
    Axes,
    Cloud,
    Draw,
    Landscape,
    LevelLines,
    Rise,
    Roll,
    Stage,
    Trail,
    formula,
    rise,
    rows_of_pixels,
)
from nn_unfold.flat.descent import Fits, Legend

NEURON = Network([Layer([[0.0]], [0.0], "sin")])
PLAIN, SLOW = GradientDescent(0.1), GradientDescent(0.05)
BOX = (-1.5, 6.5, -3.2, 3.2)  # of the weight and the bias
FLAW = 3.2  # rows of pixels that flat triangles may be off, were a loss of 1 as high as the picture
DIFFERENT = 0.01  # of the loss, between ends that are told apart
HEIGHT, LEVELS = 1.3, 0.11  # scene units per unit of the loss, and the loss between two level lines
ASLANT = {"phi": 45 * DEGREES, "theta": -118 * DEGREES}


class Descent(Stage):
    """Where a descent ends depends on its start, on the points that a step looks at, and on the rule for a step."""

    accepts = "it shows the loss of a neuron of its own, which has two numbers"
    starts = ((1.6, 2.4), (1.0, -1.5), (4.2, 2.4), (3.8, -2.2))
    ridge = (1.3, -1.1)
    batches: ClassVar = {"all points": None, "5 points": 5, "1 point": 1}
    rules: ClassVar = {
        "gradient descent": PLAIN,
        "momentum": Momentum(0.05),
        "Nesterov": Nesterov(0.05),
        "Adagrad": Adagrad(0.5),
        "RMSProp": RMSProp(0.05),
        "Adadelta": Adadelta(10.0),
        "Adam": Adam(0.1),
    }
    steps = 100
    seed = 0

    def construct(self):
        rng = np.random.default_rng(self.seed)
        self.data = make_wave(40, rng=rng)
        loss = partial(loss_at, NEURON, *self.data)
        self.surface = surface = Landscape.over(loss, BOX, tolerance=rows_of_pixels(FLAW), height=HEIGHT)
        levels = LevelLines(surface, LEVELS)
        plane = Landscape.planes(np.zeros((1, 2)), np.zeros(1), BOX, grid=1)
        axes = Axes(BOX, ("w", "b"), at_corner=True)
        tour = Trail(plane, np.array(self.starts), self.tokens.accent)
        self.trails = []

        with self.beat("One neuron draws a wave, and two numbers shape it. Which wave fits the points?"):
            fits = Fits(NEURON, *self.data, [tour])
            self.play(self.aside(formula("a = sin(w x + b)"), fits))
            [self.panel] = self.panels(1)
            self.panel.add(surface, levels, plane, axes, tour)
            self.look(surface, axes, **ASLANT)
            self.play(FadeIn(plane), FadeIn(axes), FadeIn(tour))
            self.play(Roll(tour, fits, steps=len(self.starts) - 1))
        with self.beat("Its loss, the mean squared error, is a height over each pair of numbers."):
            self.play(FadeOut(tour), FadeOut(plane), rise(surface, run_time=3))
            surface.add(levels)
            self.play(Draw(levels))
        starts = {f"({w:g}, {b:g})".replace("-", MINUS): self.way((w, b)) for w, b in self.starts}
        with self.beat("Gradient descent steps against the slope, like a ball that rolls down."):
            self.roll("start", dict([*starts.items()][:1]))
        ends = loss(np.array([way[-1] for way in starts.values()]))
        with self.beat(
            "From another start it may end in another valley, where the wave stays wrong.",
            holds=ends.max() > 2 * ends.min(),
            otherwise="From these other starts it ends about as low.",
        ):
            self.roll("start", starts)
        with self.beat("A step may look at all points, or at a few at random. That is cheaper, but it sways."):
            some = partial(self.way, self.ridge, SLOW, 2 * self.steps, rng=rng)
            samples = {name: some(batch_size=n) for name, n in self.batches.items()}
            rules = {name: self.way(self.ridge, rule) for name, rule in self.rules.items()}
            near = Cloud(np.concatenate([*samples.values(), *rules.values()]))
            self.panel.add(near)
            sink = Rise(surface, down=True, run_time=self.tokens.turn)
            self.play(*map(FadeOut, (axes, *self.trails)), sink, self.reframe(near, **TOP._asdict()))
            surface.set_unit_height(0.0)
            self.trails = []
            self.roll("a step sees", samples)
        first = [*rules][:3]
        with self.beat(
            "Momentum and Nesterov keep most of the last step: they roll on, and swing past the bottom.",
            holds=all((np.diff(loss(rules[name])) > 0).any() for name in first[1:]),
            otherwise="Momentum and Nesterov keep most of the last step: they roll on.",
        ):
            self.roll("rule", {name: rules[name] for name in first})
        with self.beat("Four more give each number a step size of its own. Seven rules, one start, as many steps:"):
            self.roll("rule", rules)
        last = loss(np.array([way[-1] for way in rules.values()]))
        with self.beat(
            "Where a descent ends depends on its start, on chance, and on its rule.",
            holds=min(np.ptp(ends), np.ptp(last)) > DIFFERENT,
            otherwise="Where a descent ends may depend on its start, on chance, and on its rule.",
        ):
            surface.set_unit_height(HEIGHT)
            risen = [trail.show_step(self.steps) for trail in self.trails_of(rules)]
            self.remove(*self.trails)
            # To sink backwards: what rises would appear anew.
            rising = Rise(surface, *risen, down=True, run_time=self.tokens.turn, rate_func=lambda t: smooth(1 - t))
            self.play(rising, self.reframe(surface, axes, **ASLANT))
            self.play(FadeIn(axes))

    def way(self, start, rule=PLAIN, steps=steps, **options):
        """The places that a descent from a start passes, (steps + 1, 2)."""
        return descend(NEURON.with_parameters(np.array(start)), *self.data, optimizer=rule, steps=steps, **options)

    def trails_of(self, ways):
        """A trail on the surface for each of these ways."""
        trails = [Trail(self.surface, *each) for each in zip(ways.values(), self.tokens.classes, strict=False)]
        self.panel.add(*trails)
        return trails

    def roll(self, title, ways):
        """Let a ball for each of these ways roll down, and show its loss and its wave."""
        before, self.trails = self.trails, self.trails_of(ways)
        rates = [self.rules[name].learning_rate for name in ways if name in self.rules]
        legend = Legend(self.trails, title, list(ways), given={"rate": rates} if rates else {})
        fits = Fits(NEURON, *self.data, self.trails)
        self.play(self.aside(fits, legend), *map(FadeOut, before), *map(FadeIn, self.trails))
        self.play(Roll(*self.trails, legend, fits, steps=len(self.trails[0].path) - 1))
