"""What is prepared before training: the data, which shape the surface of the loss, and the first weights of deep layers."""

from typing import NamedTuple

import numpy as np
from manim import DEGREES, FadeIn, FadeOut, LaggedStart, Polygon, VGroup

from nn_core.descent import descend, loss_at
from nn_core.initializers import Initializer, gaussian, glorot, he, sparse, uniform
from nn_core.losses import loss
from nn_core.network import Layer, Network
from nn_core.optimizers import GradientDescent
from nn_core.preprocessing import normalise, principal_axes, subtract_mean, whiten
from nn_unfold import (
    AffineFlow,
    Axes,
    Cloud,
    Landscape,
    LevelLines,
    LiveNumber,
    Plot,
    Stage,
    label,
    rows_of_pixels,
    stack,
    tick_text,
)
from nn_unfold.space.landscape import Patch

BOX = (-1.0, 1.0, -1.0, 1.0)  # of the weights, around the best ones
DONE = 1e-3  # the share of the first loss, above the least, at which a descent is called done
DEPTH, WIDTH, POINTS, CLASSES = 20, 100, 60, 10
LOW, HIGH, BINS = 1e-12, 1e12, 72
LOSS = loss("cross_entropy")
ROOM = 0.5  # frame units between two plots
ALIVE = 30.0  # times by which signals may grow or shrink on their way through all layers and be called alive
ASLANT = {"phi": 50 * DEGREES, "theta": -70 * DEGREES}


class Start(NamedTuple):
    """First weights, what is said of them, and whether signals are to die (-1), to live (0) or to explode (1)."""

    draw: Initializer
    words: str
    fate: int


STARTS = (
    Start(
        gaussian(0.05),
        "{layers} ReLU layers, and small Gaussian weights: signals die on the way, gradients on the way back.",
        -1,
    ),
    Start(uniform(0.5), "Larger weights, uniform from -0.5 to 0.5: signals and gradients explode.", 1),
    Start(sparse(15), "Sparse ones, 15 to a neuron, of deviation 1: they explode still faster.", 1),
    Start(glorot, "Glorot's are made for tanh: with ReLU, each layer halves the variance, and signals fade.", -1),
    Start(he, "He's have twice that variance, 2 for all inputs together: signals and gradients live.", 0),
)


class Preparation(Stage):
    """Round data make round valleys, and weights of the right size keep signals and gradients alive."""

    seed = 0

    def construct(self):
        self.rng = np.random.default_rng(self.seed)
        self.prepare_data()
        self.prepare_weights()

    def prepare_data(self):
        mixing = np.array([[1.6, 0.5], [0.3, 0.45]])
        X = self.rng.normal(size=(150, 2)) @ mixing.T + [2.0, 1.0]
        y = X @ [[0.7], [-0.4]] + self.rng.normal(0, 0.1, (len(X), 1))
        cloud, (left, right) = Cloud(X), self.prepare_panels()
        self.left, self.right, self.y, self.cloud = left, right, y, cloud
        self.axes = Axes((-6.5, 7.5, -4, 4), ("x_1", "x_2"))
        left.add(cloud, self.axes)
        self.bowl, told = None, Bowl(X, y)
        with self.beat(
            "A cloud of data, and the loss of a neuron around its best weights: a valley, {times} times as long as wide.",
            holds=told.length > 2,
            times=round(told.length),
        ):
            self.look(self.axes, cloud)
            self.play(FadeIn(cloud, self.axes))
            self.show(told)
        steps = [
            (
                subtract_mean,
                "Without its mean, the cloud is at the origin: {steps} steps of descent in place of {before}.",
            ),
            (normalise, "Each feature divided by its deviation: {steps} steps in place of {before}."),
            (principal_axes, "Its principal axes rotate it, and the valley: {steps} steps, and {before} before."),
            (
                whiten,
                "Whitening divides by the deviations along these axes: the valley is round, and one step is enough.",
            ),
        ]
        for make, text in steps:
            made, before = make(cloud.points[:, :2]), told
            layer = Layer(made.matrix, -made.matrix @ made.mean)
            told = Bowl(made.apply(cloud.points[:, :2]), y)
            holds = {
                principal_axes: abs(told.steps - before.steps) <= 1,
                whiten: told.steps == 1,
            }.get(make, told.steps < before.steps)
            with self.beat(
                text,
                holds=holds,
                otherwise="Now it takes {steps} steps, and {before} before.",
                steps=told.steps,
                before=before.steps,
            ):
                self.play(AffineFlow(cloud, layer=layer))
                self.show(told)
        self.play(FadeOut(cloud, self.axes, self.bowl), self.aside())

    def prepare_panels(self):
        self.found = VGroup(
            LiveNumber("condition", 1, decimals=1, digits=4), LiveNumber("steps", 1, decimals=0, digits=4)
        )
        self.play(self.aside(stack(*self.found)))
        return self.panels(2)

    def show(self, bowl):
        """Let one surface give way to the next, with its numbers."""
        self.right.add(bowl)
        self.found[0].set_value(bowl.condition)
        self.found[1].set_value(bowl.steps)
        if self.bowl is not None:
            self.play(FadeOut(self.bowl, run_time=self.tokens.breath))
        self.look(bowl, **ASLANT)  # while nothing is in the panel
        self.play(FadeIn(bowl))
        self.bowl = bowl

    def prepare_weights(self):
        """Twenty layers with five kinds of first weights: their signals forwards, and their gradients backwards."""
        X, y = self.rng.normal(size=(POINTS, WIDTH)), self.rng.integers(0, CLASSES, POINTS)
        rows = self.area()._replace(left=-self.area().right + self.tokens.aside_width).rows(0, 0, gap=ROOM)
        colours = self.tokens.positive, self.tokens.negative
        plots = [
            Histograms(area.size, colour, self.tokens).move_to(area.centre)
            for area, colour in zip(rows, colours, strict=True)
        ]
        for i, start in enumerate(STARTS):
            network = deep_network(start.draw, self.rng)
            both = signals_and_gradients(network, X, y)
            growth = [spread(both[0][-1]) / spread(both[0][0]), spread(both[1][0]) / spread(both[1][-1])]
            told = [tick_text(float(f"{times:.1g}")) for times in growth]
            names = "signals: {times} times", "gradients: {times} times"
            column = [
                label(name, times=times, colour=colour)
                for name, times, colour in zip(names, told, colours, strict=True)
            ]
            with self.beat(
                start.words,
                holds=all(fate_of(times) == start.fate for times in growth),
                otherwise="Other weights: {layers} layers change signals and gradients by these factors.",
                layers=DEPTH,
            ):
                if i:
                    self.play(*(FadeOut(plot.figures) for plot in plots), self.aside())
                else:
                    self.play(FadeIn(*plots))
                for plot, values, ratio, order in zip(plots, both, column, (1, -1), strict=True):
                    figures = plot.show(values).figures
                    self.play(LaggedStart(*map(FadeIn, figures[::order]), lag_ratio=0.3, run_time=self.tokens.step))
                    self.play(self.aside(*column[: 1 + column.index(ratio)]))


class Histograms(Plot):
    """A histogram for each layer, on its side: how many numbers have which size, on a logarithmic scale."""

    def __init__(self, size, colour, tokens):
        names = label("layer", size=0.8 * tokens.label_size, colour=tokens.faint), None
        room = (size[0] - 1.6, size[1] - 0.4)
        super().__init__((0.5, DEPTH + 0.5), (LOW, HIGH), size=room, names=names, scales=("linear", "log"))
        self.colour, self.values, self.figures = colour, [], VGroup()
        self.add(self.figures)

    def show(self, values):
        """Show the sizes of these numbers, an array for each layer; zeros have no size."""
        self.values = values
        figures = []
        for number, layer in enumerate(values, start=1):
            sizes = np.log10(np.clip(np.abs(layer[layer != 0]), LOW, HIGH))
            counts, edges = np.histogram(sizes, bins=BINS, range=(np.log10(LOW), np.log10(HIGH)))
            half, heights = 0.45 * counts / counts.max(), 10 ** ((edges[1:] + edges[:-1]) / 2)
            met = np.flatnonzero(counts)
            some = slice(max(met[0] - 1, 0), met[-1] + 2)
            side = np.column_stack([half, heights])[some]
            ring = np.concatenate([side * [1, 1] + [number, 0], (side * [-1, 1] + [number, 0])[::-1]])
            figures.append(Polygon(*self.place(ring), stroke_width=1, color=self.colour, fill_opacity=0.9))
        self.remove(self.figures)
        self.figures = VGroup(*figures)
        self.add(self.figures)
        return self


def deep_network(draw, rng):
    """Layers of ReLU with first weights drawn so, and one more that tells classes apart."""
    return Network.create([WIDTH] * (DEPTH + 1) + [CLASSES], ["relu"] * DEPTH + ["identity"], initializer=draw, rng=rng)


def signals_and_gradients(network, X, y):
    """For each hidden layer its activations, and the derivatives of each point's loss with respect to its z."""
    signals, gradients = network.forward(X).a[:-1], []
    for point, target in zip(X[:, None], LOSS.targets(y, CLASSES)[:, None], strict=True):
        trace = network.forward(point)
        # For a single point, the derivative with respect to a bias is that with respect to z.
        gradients.append([layer.bias for layer in network.backward(trace, LOSS.delta(trace.logits, target))[:-1]])
    return signals, list(np.array(gradients).swapaxes(0, 1))


def spread(values):
    """The root mean square of numbers."""
    return float(np.sqrt(np.square(values).mean()))


def fate_of(times):
    """Whether what changes by a factor dies (-1), lives (0) or explodes (1)."""
    return int(times > ALIVE) - int(times < 1 / ALIVE)


class Bowl(Landscape):
    """The loss of a linear neuron around its best weights, as high as a unit at most, with level lines."""

    def __init__(self, X, y):
        whole = np.hstack([X, np.ones((len(X), 1))])
        gram = whole.T @ whole / len(X)
        low, *_, high = np.linalg.eigvalsh(gram)
        self.condition, self.gram = high / low, gram[:2, :2]
        valley = np.linalg.eigvalsh(self.gram)
        self.length = float(np.sqrt(valley[1] / valley[0]))
        self.steps = steps_down(X, y, GradientDescent(1 / (low + high)))
        highest = float(np.abs(self.gram).sum())
        mesh = Landscape.over(self.loss_above, BOX, tolerance=highest * rows_of_pixels(3), height=1 / highest)
        super().__init__(
            self.loss_above, [Patch(mesh.faces()[0].origin, mesh.faces()[0].triangles)], height=1 / highest
        )
        self.add(LevelLines(self, highest / 12), Axes(BOX, ("w_1", "w_2"), at_corner=True))

    def loss_above(self, way):
        """How far the loss is above the least, (n,), at steps (n, 2) away from the best weights."""
        return np.einsum("ni,ij,nj->n", way, self.gram, way)


def steps_down(X, y, rule):
    """How many steps a descent takes until the loss is done."""
    best, *_ = np.linalg.lstsq(np.hstack([X, np.ones((len(X), 1))]), y, rcond=None)
    neuron = Network([Layer([[0.0, 0.0]], [0.0])])
    way = descend(neuron.with_parameters(best[:, 0] + 1), X, y, optimizer=rule, steps=3000)
    above = loss_at(neuron, X, y, way) - loss_at(neuron, X, y, best.T)
    return int(np.argmax(above <= DONE * above[0]))
