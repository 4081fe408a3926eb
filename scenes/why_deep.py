"""Why deep: layers fold what is folded, so pieces multiply; and why their number does not tell what is learnt."""

from dataclasses import replace
from itertools import pairwise
from typing import Self

import numpy as np
from manim import DEGREES, DOWN, LEFT, UP, FadeIn, FadeOut, VGroup

from nn_core.geometry import breakpoints, linear_regions
from nn_core.network import Layer, Network
from nn_unfold import (
    Area,
    Cloud,
    Draw,
    Faces,
    Flow,
    Follow,
    Learning,
    LinearRegions,
    LiveNumber,
    Metric,
    NetworkDiagram,
    Panel,
    Recipe,
    Regions,
    Segments,
    SpatialGroup,
    Stage,
    Trained,
    anchored,
    formula,
    number,
    rgb,
    stack,
)
from nn_unfold.theme import bilinear, theme

PAIRS = 20  # of random networks, a deep and a wide one
UNIT = (0.0, 1.0, 0.0, 1.0)
RISE, BIAS = (2.0, -4.0), (0.0, -0.5)  # the tent: t(x) = 2 relu(x) - 4 relu(x - 1/2) goes up to 1 and down again
BREADTH, APART = 0.18, 0.25  # of a strip over [0, 1], and between two
ASLANT = {"phi": 80 * DEGREES, "theta": -63 * DEGREES}
NOTES, GAP = (2.3, 2.1), 0.3  # frame units: what is written beside the regions of a network, or above them


class WhyDeep(Stage):
    """Folds of folds multiply pieces, for chosen weights; how many there are does not tell what is learnt."""

    accepts = "it compares two networks of its own that have as many numbers each"

    recipe = Recipe(
        data="circle",
        data_options={"n_per_class": 100},
        sizes=(2, 4, 4, 4, 4, 4, 1),
        activations=(*5 * ("relu",), "sigmoid"),
        loss="binary_cross_entropy",
        initializer="pytorch",
        learning_rate=1e-2,
        epochs=600,
        snapshots=None,
        starts=6,
        seed=1,
    )

    def construct(self):
        deep, depth = self.recipe, len(self.recipe.sizes) - 2
        n = round(
            (self.trained(deep).network.n_parameters - 1) / 4
        )  # a layer of n has 2 n weights, n biases, n weights and a bias
        wide = replace(deep, sizes=(2, n, 1), activations=("relu", "sigmoid"))
        self.fold_a_strip(depth)
        chosen = tents(depth, 2), all_crossing(n, np.random.default_rng(deep.seed))
        places = [half.apart(*NOTES, gap=GAP) for half in self.area().grown(self.tokens.label_room).shared(2, gap=GAP)]
        parts = zip(places, (deep, wide), map(self.trained, (deep, wide)), chosen, strict=True)
        self.compare([Side(*place, *part) for place, *part in parts])

    def fold_a_strip(self, depth):
        """One layer after another folds a strip; then a single layer with as many neurons as all of them."""
        counts = [len(kinks(tents(layers, 1))) - 1 for layers in range(1, depth + 1)]
        strip, single = Strip([tents(layers, 1) for layers in range(1, depth + 1)]), zigzag(2 * depth)
        wide = Strip([single], left=1 + APART).lift(single)
        tent = stack(*(formula(part) for part in ('t(x) = 2 op("relu")(x)', '- 4 op("relu")(x - 1\\/2)')))
        neurons, found = (LiveNumber(name, i, decimals=0, digits=2) for i, name in enumerate(("neurons", "pieces")))

        def fold(layer):
            self.play(Fold(strip, run_time=self.tokens.step))
            neurons.set_value(2 * (layer + 1))
            found.set_value(counts[layer])
            self.play(Draw(strip.creases[layer], run_time=self.tokens.breath))

        with self.beat("A strip over the line from 0 to 1, as high as x: one straight piece."):
            self.play(self.aside(neurons, found))
            self.look(strip, flows=[Fold(strip)], **ASLANT)
            self.play(FadeIn(strip))

        with self.beat(
            "A layer of two ReLU neurons folds all heights in the middle: {pieces} pieces.",
            holds=counts[0] == 2,
            pieces=number(counts[0]),
        ):
            self.play(self.aside(tent, neurons, found))
            fold(0)

        with self.beat(
            "The next layer folds what is folded, both halves at once: {pieces} pieces.",
            holds=counts[1] == 2 * counts[0],
            pieces=number(counts[1]),
        ):
            fold(1)

        with self.beat(
            "Every layer doubles them: {layers} layers of two neurons make {pieces} pieces.",
            holds=counts == [2 ** (layer + 1) for layer in range(depth)],
            layers=number(depth),
            pieces=counts[-1],
        ):
            for layer in range(2, depth):
                fold(layer)

        with self.beat(
            "In a single layer, each neuron adds one crease: {neurons} neurons make {pieces} pieces, and never more.",
            holds=len(kinks(single)) - 1 == 2 * depth + 1,
            neurons=number(2 * depth),
            pieces=2 * depth + 1,
        ):
            self.play(self.aside(neurons), self.reframe(strip, wide))
            self.play(FadeIn(wide, strip.pieces, wide.pieces))
            self.play(Draw(wide.creases[0], run_time=self.tokens.step))
        self.play(FadeOut(strip, wide, strip.pieces, wide.pieces), self.aside())

    def compare(self, sides):
        """Two networks with as many parameters, in the plane: with chosen weights, with random ones, and trained."""
        deep, wide = sides
        right = {"deep_right": deep.trained.right, "wide_right": wide.trained.right, "n": deep.trained.n}
        all_right = deep.trained.right == wide.trained.right == deep.trained.n

        with self.beat(
            "In the plane, pieces are regions. With {parameters} parameters each: {deep} regions against {wide}.",
            holds=deep.count > wide.count and len({side.diagram.network.n_parameters for side in sides}) == 1,
            parameters=deep.diagram.network.n_parameters,
            deep=deep.count,
            wide=wide.count,
        ):
            for side in sides:
                side.found.set_value(side.count)
                self.look(side.regions)
            self.play(*(FadeIn(side.regions, side.diagram, side.found) for side in sides))

        chosen = [side.regions for side in sides]
        for side in sides:
            side.take(LinearRegions.over(side.trained.X, side.start))
        more = sum(b > a for a, b in zip(*(side.random_counts(PAIRS) for side in sides), strict=True))
        with self.beat(
            "Those weights were chosen. With random ones, the wide network has more regions in all {pairs} pairs.",
            holds=more == PAIRS and wide.count > deep.count,
            otherwise="Those weights were chosen. With random ones, the wide network has more in {more} of {pairs}.",
            more=more,
            pairs=PAIRS,
        ):
            self.play(*(FadeOut(regions) for regions in chosen))
            for side in sides:
                self.look(side.regions)
                side.found.set_value(side.count)
                side.diagram.show(side.start)
            self.play(*(FadeIn(side.regions) for side in sides))

        with self.beat(
            "Both are trained on the same points, until all {n} are right.",
            holds=all_right,
            otherwise="Both are trained on the same points. In the end {deep_right} and {wide_right} of {n} are right.",
            **right,
        ):
            self.play(*(FadeIn(side.cloud, side.accuracy) for side in sides))
            self.play(*(animation for side in sides for animation in side.training(run_time=9)))

        with self.beat(
            "{deep} regions and {wide}, and no point is wrong. Their number does not tell what is learnt.",
            holds=all_right and deep.count != wide.count,
            otherwise="With {deep} regions {deep_right} of {n} points are right, and with {wide} regions {wide_right}.",
            deep=deep.count,
            wide=wide.count,
            **right,
        ):
            self.play(*(Draw(side.boundary, run_time=self.tokens.turn) for side in sides))


class Strip(SpatialGroup):
    """A strip over [0, 1] that can be folded as some networks fold it, each of which has the kinks of those before."""

    def __init__(self, networks: list[Network], left: float = 0.0) -> None:
        tokens, xs, self.left = theme(), kinks(networks[-1]), left
        rims = [np.column_stack([left + xs, np.full(len(xs), side), xs]) for side in (0.0, BREADTH)]
        first = np.arange(len(xs) - 1)[:, None]
        triangles = np.concatenate([np.add(first, [0, 1, len(xs)]), np.add(first, [1, len(xs) + 1, len(xs)])])
        colours = np.tile(bilinear(tokens.corners, np.column_stack([xs, 0 * xs])), (2, 1))
        self.faces = Faces(np.concatenate(rims), triangles, np.column_stack([colours, np.ones(2 * len(xs))]))
        curve = Segments(
            np.stack([rims[0][:-1], rims[0][1:]], axis=1), [*rgb(tokens.edge), 1.0], width=2 * tokens.line_width
        )
        self.creases = []
        for before, after in pairwise([xs[[0, -1]], *map(kinks, networks)]):
            new = np.isin(xs, np.setdiff1d(after, before))
            ends = np.stack([rim[new] for rim in rims], axis=1)
            self.creases.append(Segments(ends, [*rgb(tokens.crease), 0.0], width=tokens.line_width))
        super().__init__(self.faces, curve, *self.creases)
        self.pieces = LiveNumber("pieces", len(xs) - 1, decimals=0, digits=2)
        anchored(self.pieces, [left + 0.5, BREADTH, 1.0], 0.4 * UP)

    def lift(self, network: Network) -> Self:
        """Put all of it to the heights that a network of one input gives for those that it has."""
        for part in self.submobjects:
            part.points[:, 2:] = network.forward(part.points[:, 2:]).output
        return self


class Fold(Flow):
    """One more tent for a strip: all heights z go to t(z)."""

    def place(self, points, t):
        moved = points.copy()
        moved[:, 2:] = (1 - t) * points[:, 2:] + t * tents(1, 1).forward(points[:, 2:]).output
        return moved


class Side:
    """A panel with the linear regions of a network, how many they are, and the points that it is trained on."""

    def __init__(self, column: Area, room: Area, recipe: Recipe, trained: Trained, chosen: Network) -> None:
        self.recipe, self.trained, self.start = recipe, trained, trained.history.network_at(0)
        self.panel = Panel(room.grown(theme().label_room))
        self.cloud, self.boundary = Cloud(trained.X, trained.y), Regions.over(trained.X, trained.network).boundary
        self.panel.add(self.cloud, self.boundary.set_opacity(0))
        self.found = LiveNumber("regions", 0, decimals=0, digits=4)
        self.accuracy = Metric(trained.history, "accuracy")
        upper, lower = column.shared(2, gap=theme().margin)
        self.diagram = NetworkDiagram(chosen, size=(upper.size[0], 1.8))
        self.diagram.move_to([upper.left, upper.bottom, 0], aligned_edge=DOWN + LEFT)
        numbers = VGroup(self.found, self.accuracy).arrange(DOWN, buff=theme().margin, aligned_edge=LEFT)
        numbers.move_to([lower.left, lower.top, 0], aligned_edge=UP + LEFT)
        self.take(LinearRegions(chosen, UNIT))

    def take(self, regions: LinearRegions) -> None:
        """Have these regions in the panel, though they are not shown yet."""
        self.regions = regions
        self.panel.add(regions)

    @property
    def count(self) -> int:
        """How many regions it shows."""
        return self.regions.counts[-1]

    def random_counts(self, n: int) -> list[int]:
        """The numbers of regions of n networks of the same recipe before their training."""
        rng = np.random.default_rng(self.recipe.seed)
        return [len(linear_regions(self.recipe.blank(rng), self.regions.box)) for _ in range(n)]

    def training(self, run_time):
        """Animations of the whole training, with the number of regions at every moment."""
        yield Learning(self.trained.history, self.regions, self.diagram, self.accuracy, run_time=run_time)
        yield Follow(self.found, lambda t: [self.count], self.found.set_value, run_time=run_time)


def tents(depth: int, dims: int) -> Network:
    """The tent on every one of some inputs, again and again, two neurons each; the last layer adds them up."""
    each = np.eye(dims)
    first, again = np.kron(each, [[1.0], [1.0]]), np.kron(each, [RISE, RISE])
    hidden = [Layer(again if layer else first, np.tile(BIAS, dims), "relu") for layer in range(depth)]
    return Network([*hidden, Layer(np.tile([RISE], dims), [0.0])])


def zigzag(n: int) -> Network:
    """One layer of n neurons that goes up and down between 0 and 1, with a piece more than neurons."""
    piece = 2 / (2 * n + 1)  # the first piece is half as long as the others
    at, jumps = (np.arange(n) + 0.5) * piece, np.resize([-2.0, 2.0], n) / piece
    jumps[0] = -3 / piece
    # The slope at the left end is that of the neurons that end there: the third one faces the other way.
    facing = np.where(np.arange(n) == 2, -1.0, 1.0)
    return Network([Layer(facing[:, None], -facing * at, "relu"), Layer([jumps], [-jumps[2] * at[2]])])


def all_crossing(n: int, rng: np.random.Generator) -> Network:
    """One layer of n neurons whose creases all cross each other in the unit square, nearly tangents of a deltoid."""
    turn = (np.arange(n) + rng.uniform(0.2, 0.8, n)) * np.pi / n
    normals, heights = np.column_stack([np.cos(turn), np.sin(turn)]), 0.15 * np.cos(3 * turn)
    return Network([Layer(normals, -normals @ [0.5, 0.5] - heights, "relu"), Layer(np.ones((1, n)), [0.0])])


def kinks(network: Network) -> np.ndarray:
    """Where the pieces of a network of one input begin and end in [0, 1]."""
    return np.array([0.0, *breakpoints(network, 0.0, 1.0).round(12), 1.0])
