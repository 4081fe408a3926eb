"""The neighbours of digits, layer by layer: springs lay out who is near whom, in 784, 128 and 10 dimensions."""

from itertools import pairwise

import numpy as np
from manim import FadeIn, FadeOut, linear

from nn_core.datasets import load_digits
from nn_core.embedding import force_layout, knn_graph, label_agreement
from nn_core.preprocessing import principal_axes
from nn_unfold import (
    ClassLegend,
    Cloud,
    Flow,
    GraphEdges,
    NetworkDiagram,
    PictureCloud,
    Recipe,
    RowBars,
    SpatialGroup,
    Stage,
    formula,
    in_space,
    label,
    rounded_down,
)
from nn_unfold.flat.factors import titled

NEAREST = 10  # neighbours of a point
PICTURED = 50  # of the points that are seen as pictures
STEPS = 150  # of a layout
ROOM = np.array([1.3, 1.0])  # half the sides of the box that each step of a layout fills


class Settle(Flow):
    """Moves points along the steps of a layout; between two steps straight.

    Args:
        world: clouds and edges; `numbers` says which of the points theirs are.
        steps: (s, n, 2) where all points stand after each step.
    """

    def __init__(self, *world, steps, **kwargs):
        super().__init__(*world, **{"rate_func": linear, **kwargs})
        self.steps = in_space(steps.reshape(-1, 2)).reshape(len(steps), -1, 3)

    def place_part(self, part, points, t):
        """Where the points of a part stand after the share t of the steps."""
        place = t * (len(self.steps) - 1)
        before = min(int(place), len(self.steps) - 2)
        share = place - before
        return ((1 - share) * self.steps[before] + share * self.steps[before + 1])[part.numbers]


class DigitsLayers(Stage):
    """A network brings digits of one kind closer together: their nearest neighbours say so, layer by layer."""

    recipe = Recipe(
        data="digits",
        sizes=(784, 128, 10),
        activations="relu",
        learning_rate=2e-3,
        epochs=20,
        batch_size=100,
        l2=3e-3,
        snapshots=2,
    )

    def construct(self):
        network = self.trained(self.recipe).network
        _, _, X, y = load_digits()
        layers = [X, *network.forward(X).a]
        graphs = [knn_graph(points, NEAREST) for points in layers]
        agreements = [label_agreement(points, y, NEAREST) for points in layers]
        ways, start = [], principal_axes(X, 2).apply(X)
        for graph in graphs:
            ways.append(settled(graph, start))
            start = ways[-1][-1]
        widths = [points.shape[1] for points in layers]
        self.network_beside = []

        digits = self.digits(X, y, ways[0][0])
        with self.beat(
            "{n} pictures of digits that a network has not learnt. Each is a point with {pixels} numbers.",
            n=len(X),
            pixels=widths[0],
        ):
            self.play(self.aside(ClassLegend([str(digit) for digit in range(10)], most=10)))
            self.look(Cloud(np.array([ROOM, -ROOM])))
            self.play(FadeIn(digits))

        with self.beat("Join each to the ten that are nearest to it: with the smallest sum of squared differences."):
            edges = self.edges(digits, graphs[0])
            self.play(self.aside(formula("d^2 = sum_i (x_i - x'_i)^2")))
            self.bring_to_back(edges)
            self.play(FadeIn(edges))

        with self.beat("Now neighbours pull at each other like springs, and all points push each other away."):
            self.settle(digits, edges, ways[0])

        with self.beat(
            "Of a digit's ten nearest, {share} % are the same digit.", holds=True, share=percent(agreements[0])
        ):
            self.play(self.tell(agreements[:1], widths[:1]))

        kept = neighbours_kept(graphs[0], ways[0][-1])
        with self.beat(
            "What is kept is who is near whom: {share} % of the neighbours are neighbours here. How far clusters lie"
            " apart says little.",
            holds=kept > 0.2,
            otherwise="Of the neighbours only {share} % are neighbours here too: two dimensions are too few.",
            share=percent(kept),
        ):
            self.play(edges.animate.set_opacity(0.9))
            self.play(edges.animate.set_opacity(self.tokens.edge_opacity))

        with self.beat(
            "A network of {hidden} hidden neurons has learnt other pictures. Of these, it reads {right} of {n} right.",
            holds=True,
            hidden=network.layers[0].n_out,
            right=int((network.predict(X) == y).sum()),
            n=len(X),
        ):
            diagram = NetworkDiagram(network, names=("x", "h", "y"), size=(3.4, 2.2))
            self.network_beside = [diagram]
            self.play(self.aside(diagram, self.shares))

        texts = (
            "Its hidden layer gives each picture {width} numbers, so other neighbours: the same points, other springs.",
            "And so do its outputs: {width} numbers for each picture, and the springs are theirs.",
        )
        for layer, (text, (before, after)) in enumerate(zip(texts, pairwise(agreements), strict=True), start=1):
            with self.beat(text, width=widths[layer]):
                self.play(diagram.animate.highlight(neurons=[(layer, j) for j in diagram.shown[layer]]))
                self.play(FadeOut(edges, run_time=self.tokens.breath))
                edges = self.edges(digits, graphs[layer])
                self.bring_to_back(edges)
                self.play(FadeIn(edges, run_time=self.tokens.breath))
                self.settle(digits, edges, ways[layer])
            with self.beat(
                "More of the ten nearest are the same digit now: {after} %, where it was {before} % before.",
                holds=after > before,
                otherwise="Of the ten nearest {after} % are the same digit. Before, it was {before} %: no gain.",
                before=percent(before),
                after=percent(after),
            ):
                self.play(self.tell(agreements[: layer + 1], widths[: layer + 1]))

        wrong = network.predict(X) != y
        lost = (y[graphs[-1].neighbours] == y[:, None]).mean(axis=1) < 0.5
        with self.beat(
            "Those among strangers are those it gets wrong: of {lost} with mostly other digits around, {wrong} are misread.",
            holds=wrong[lost].mean() > 0.5 if lost.any() else False,
            otherwise=[
                ("{lost} have mostly other digits around them. Of these {wrong} are misread.", bool(lost.any())),
                "Every one of them has its like around it.",
            ],
            lost=int(lost.sum()),
            wrong=int((wrong & lost).sum()),
        ):
            strangers = self.pictures(X, y, ways[-1][-1], np.flatnonzero(lost))
            self.play(FadeOut(digits[1]), edges.animate.set_opacity(0.12), digits[0].animate.set_opacity(0.35))
            self.play(FadeIn(strangers))

    def digits(self, X, y, places):
        """All pictures as points, and some of them as pictures."""
        cloud = Cloud(places, y, n_classes=10, radius=0.9 * self.tokens.dot_radius)
        cloud.numbers = np.arange(len(X))
        return SpatialGroup(cloud, self.pictures(X, y, places, np.arange(0, len(X), len(X) // PICTURED)))

    def pictures(self, X, y, places, chosen):
        """Some of the points as pictures."""
        pictures = PictureCloud(X[chosen].reshape(-1, 28, 28), places[chosen], y[chosen], n_classes=10)
        pictures.numbers = chosen
        return pictures

    def edges(self, digits, graph):
        """The edges of a graph between the points as they stand."""
        edges = GraphEdges(digits[0], graph)
        edges.numbers = digits[0].numbers
        return edges

    def settle(self, digits, edges, steps):
        """Let the points take the steps of a layout."""
        self.play(Settle(digits, edges, steps=steps, run_time=8))

    def tell(self, agreements, widths):
        """Show beside the points, for each layer so far, the share of neighbours that are the same digit."""
        heads = [label("{n} numbers", size=0.9 * self.tokens.label_size, n=width) for width in widths]
        bars = RowBars(heads, [*map(rounded_down, agreements)], (0.0, 1.0), size=(3.7, 0.45 * len(heads)))
        self.shares = titled("neighbours that are the same digit", bars)
        return self.aside(*self.network_beside, self.shares)


def settled(graph, start):
    """The steps of a layout (s, n, 2), the start first, each as large as the box holds: the eye sees the order change."""
    steps = np.array([start, *force_layout(graph, start=start, steps=STEPS)])
    low, high = steps.min(axis=1, keepdims=True), steps.max(axis=1, keepdims=True)
    scale = (2 * ROOM / (high - low)).min(axis=2, keepdims=True)
    return scale * (steps - (low + high) / 2)


def neighbours_kept(graph, places):
    """The share of the neighbours in a graph that are as near in the plane."""
    near = knn_graph(places, NEAREST).neighbours
    return float(np.mean([np.isin(a, b).mean() for a, b in zip(graph.neighbours, near, strict=True)]))


def percent(share):
    """A share in per cent, rounded down."""
    return round(100 * rounded_down(share))
