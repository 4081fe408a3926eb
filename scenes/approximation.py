"""Any curve out of ReLU hinges, which come one by one; then a surface of facets; and what both do beyond the data."""

from dataclasses import replace
from functools import partial

import numpy as np
from manim import DEGREES, FadeIn, FadeOut

from nn_core.datasets import function_values
from nn_core.geometry import breakpoints, grid_points, in_box, linear_regions
from nn_core.network import Layer, Network
from nn_core.training import TrainingDiverged, fit
from nn_unfold import (
    Axes,
    Cloud,
    Draw,
    Follow,
    Learning,
    LinearRegions,
    LiveNumber,
    NetworkCurve,
    Recipe,
    Shape,
    Stage,
    SurfaceError,
    UnfoldError,
    bold_lines,
    number,
    rgb,
)
from nn_unfold.theme import theme

SIZE, BEYOND = 2.0, 3.0  # the data lie from -SIZE to SIZE, and the last look goes from -BEYOND to BEYOND
MARGIN = 0.15  # of the picture above and below the data, as a share of their height
SAMPLES = 60  # along a side, for errors
KEPT = 40  # moments of the training after each hinge
ASLANT = {"phi": 60 * DEGREES, "theta": -65 * DEGREES}


class Approximation(Stage):
    """A hidden layer of ReLU neurons runs through any curve among the data, and straight on beyond them."""

    accepts = "it grows a network of its own, neuron by neuron"

    recipe = Recipe(
        data="function",
        data_options={"function": "sine", "n": 200},
        sizes=(1, 8, 1),
        activations="relu",
        loss="mse",
        initializer="pytorch",
        learning_rate=0.01,
        epochs=300,  # after each hinge
        seed=1,
    )

    def construct(self):
        options = self.recipe.data_options
        reason = Shape(inputs=1, hidden=(None,), outputs=1, activations=("relu",), classes=False).fits(
            self.recipe.blank(np.random.default_rng(0))
        )
        if self.recipe.data != "function" or reason:
            reason = reason or f"its data are {self.recipe.data!r}, and 'function' is wanted"
            raise UnfoldError(f"This film can't grow such a network: {reason}.")
        self.function = partial(function_values, function=options.get("function", "sine"))
        surface = replace(
            self.recipe,
            data_options={**options, "n": 600, "inputs": 2},
            sizes=(2, 24, 1),
            learning_rate=0.02,
            epochs=1000,
            snapshots=60,
            starts=2,
        )
        self.grow_a_curve()
        self.learn_a_surface(self.trained(surface))

    def grow_a_curve(self):
        """One hinge after another bends a line until it runs through the data."""
        rng = np.random.default_rng(self.recipe.seed)
        X, y = self.recipe.draw(rng)
        level = Network([Layer([[0.0]], y.mean(axis=0))])
        histories = grow(level, X, y, self.recipe, rng)
        networks = [level, *(history.network for history in histories)]
        errors = [SurfaceError("error", network, self.function, X).error for network in networks]
        cloud, curve = Cloud(np.hstack([X, y]), radius=0.7 * self.tokens.dot_radius), NetworkCurve(level, -SIZE, SIZE)
        low, high = y.min() - MARGIN * np.ptp(y), y.max() + MARGIN * np.ptp(y)
        axes = Axes((-SIZE, SIZE, low, high), ("x", "y"), at_corner=True)
        hinges = LiveNumber("hinges", 0, decimals=0, digits=2)
        error = SurfaceError("error", level, self.function, X, decimals=3)

        def add(k, run_time):
            """Mark the place of a hinge, put it there with the output weight 0, and train."""
            start = histories[k].network_at(0)
            [place] = -start.layers[0].bias[-1:] / start.layers[0].weight[-1]
            mark = bold_lines(np.array([[[place, low], [place, high]]]))
            self.play(Draw(mark, run_time=run_time / 4))
            curve.show(start)
            hinges.set_value(k + 1)
            self.play(FadeOut(mark, run_time=run_time / 4))
            learning = Learning(histories[k], curve, error, run_time=run_time)
            self.play(learning, learning.follow(self, axes, cloud, curve))

        with self.beat("A function of one variable, of which {n} points are known.", n=len(X)):
            arrival = self.aside(hinges, error)
            self.look(axes, cloud)
            self.play(FadeIn(axes, cloud))
        with self.beat(
            "Without hidden neurons, with its bias alone, a network is level: it is off by {error:.2f} on average.",
            error=errors[0],
        ):
            self.play(arrival, FadeIn(curve))
        first = histories[0].network_at(0)
        with self.beat(
            "A ReLU neuron is a hinge, put where it helps most. Its output weight is 0 at first; then it is trained.",
            holds=np.array_equal(first.forward(X).output, level.forward(X).output),
        ):
            add(0, run_time=3)
        early = min(3, len(histories))
        if len(histories) > 1:
            with self.beat(
                "Each further neuron is one more hinge. With {n} of them, it is off by {error:.2f}.",
                n=number(early),
                error=errors[early],
            ):
                for k in range(1, early):
                    add(k, run_time=2)
        if len(histories) > early:
            with self.beat(
                "With {n}, it is off by {error:.3f}. Enough hinges come as near as one likes to any continuous curve.",
                holds=errors[-1] < errors[0] / 5,
                otherwise="With {n} hinges, it is off by {error:.3f}.",
                n=number(len(histories)),
                error=errors[-1],
            ):
                for k in range(early, len(histories)):
                    add(k, run_time=1)

        network = networks[-1]
        far = np.linspace(-BEYOND, BEYOND, 2 * SAMPLES + 1)[:, None]
        far = far[np.abs(far[:, 0]) > SIZE]
        bends = np.abs(breakpoints(network, -BEYOND, BEYOND))
        beyond = SurfaceError("error beyond", network, self.function, far)
        longer = NetworkCurve(network, -BEYOND, BEYOND)
        low, high = (end([*longer.line.points[:, 1], edge]) for end, edge in ((np.min, low), (np.max, high)))
        wide = Axes((-BEYOND, BEYOND, low, high), ("x", "y"), at_corner=True)
        truth = np.column_stack([far, self.function(far)])
        truth = Cloud(truth[(truth[:, 1] >= low) & (truth[:, 1] <= high)], radius=0.7 * self.tokens.dot_radius)
        with self.beat(
            "Beyond the data there are no hinges. It goes straight on, and is off by {beyond:.2f}.",
            holds=not (bends > SIZE).any() and beyond.error > 3 * errors[-1],
            otherwise="Beyond the data it is off by {beyond:.2f} on average.",
            beyond=beyond.error,
        ):
            self.play(self.aside(hinges, error, beyond))
            self.change_axes(axes, wide, cloud, longer)
            self.play(FadeIn(longer), FadeOut(curve))
            self.play(FadeIn(truth))
        self.play(self.aside(), FadeOut(wide, cloud, longer, truth, run_time=self.tokens.breath))

    def learn_a_surface(self, trained):
        """Two variables: hinges are lines, and the graph is a surface of flat facets."""
        X, y, start, network = trained.X, trained.y, trained.history.network_at(0), trained.network
        cloud = Cloud(np.hstack([X, y]), radius=0.7 * self.tokens.dot_radius)
        near, far = ((-size, size, -size, size) for size in (SIZE, BEYOND))
        room = Axes((*near, y.min(), y.max()), ("x_1", "x_2", "y"), at_corner=True, most=4)
        facets, wide = Facets(start, near), Facets(network, far)
        found = LiveNumber("facets", facets.counts[-1], decimals=0, digits=3)
        error = SurfaceError("error", start, self.function, X)
        places = grid_points(far, SAMPLES)
        places = places[~in_box(places, near)]
        within, beyond = (SurfaceError("error", network, self.function, at).error for at in (X, places))
        with self.beat("A function of two variables: points over a plane."):
            arrival = self.aside(found, error)
            self.look(room, cloud, **ASLANT)
            self.play(FadeIn(room, cloud))
            self.play(self.turn(25 * DEGREES, room, cloud, run_time=2))
        with self.beat(
            "Now each of {n} neurons bends the surface along a line. All facets between these lines are flat.",
            n=network.layers[0].n_out,
        ):
            self.play(arrival, self.reframe(room, cloud, facets))
            self.play(FadeIn(facets))
            learning = Learning(trained.history, facets, error, run_time=6)
            self.play(
                learning,
                learning.follow(self, room, cloud, facets),
                Follow(found, lambda t: [facets.counts[-1]], found.set_value, run_time=6),
            )
        with self.beat(
            "{facets} flat facets are off by {error:.2f} on average. A level plane, at the mean, is off by {level:.2f}.",
            facets=len(linear_regions(network, near)),
            error=within,
            level=float(np.abs(y - y.mean()).mean()),
        ):
            self.play(FadeOut(cloud))
            self.play(self.turn(35 * DEGREES, room, facets, run_time=3))
        with self.beat(
            "Beyond the data the facets run on, flat as they are. There it is off by {beyond:.2f}.",
            holds=beyond > 2 * within,
            otherwise="Beyond the data the facets run on, and go well on: the surface is off by {beyond:.2f} there.",
            beyond=beyond,
        ):
            self.play(FadeOut(room, run_time=self.tokens.breath))
            self.exchange(facets, wide, self.reframe(wide))
            found.set_value(wide.counts[-1])
            self.play(FadeIn(cloud))
            self.play(self.turn(30 * DEGREES, wide, run_time=3))


class Facets(LinearRegions):
    """The graph of a network over its linear regions: flat facets, exactly, with the creases between them."""

    def __init__(self, network, box):
        super().__init__(network, box)
        self.creases.set_opacity(1)

    def show(self, network):
        """Show the graph of this network over the same box."""
        super().show(network)
        self.network = network
        self.faces.points = lifted(self.faces.origin, network)
        # A crease of the plane is a straight line, but its graph bends where it crosses others: so sides of cells are
        # drawn in its place, those at the rim too.
        cells = linear_regions(network, self.box)
        following = np.arange(1, len(cells.corners) + 1)
        following[cells.begins[1:] - 1] = cells.begins[:-1]
        sides = np.unique(np.sort(np.stack([cells.corners, cells.corners[following]], axis=1), axis=1), axis=0)
        self.creases[0].lay(lifted(cells.points, network)[sides], rgb(theme().crease))
        return self


def lifted(X, network):
    """Points (n, 2) of the plane, as high as the network's output there: (n, 3)."""
    return np.column_stack([X, network.forward(X).output])


def grow(network, X, y, recipe, rng):
    """The trainings of a network that gets one more neuron before each of them, until it is as wide as the recipe's."""
    options = {name: getattr(recipe, name) for name in ("loss", "optimizer", "learning_rate", "epochs", "l2")}
    histories = []
    try:
        for _ in range(recipe.sizes[1]):
            network = grown(network, X, y)
            histories.append(fit(network, X, y, batch_size=recipe.batch_size, rng=rng, snapshots=KEPT, **options))
    except (TrainingDiverged, TypeError, ValueError) as error:
        raise UnfoldError(f"The training of this film's network failed: {error}") from error
    return histories


def grown(network, X, y):
    """The network with one more ReLU neuron, of output weight 0, whose hinge is where it lowers the error most.

    That is measured as in orthogonal least squares (Chen, Cowan and Grant 1991): by how much of the residual the part
    of the new neuron's output that no other neuron has can take away. Where the residual is largest would be a worse
    place: that is often an end of the data, and a hinge there bends nothing.
    """
    *hidden, last = network.layers
    outputs = [Network(hidden).forward(X).output] if hidden else []
    basis, _ = np.linalg.qr(np.hstack([np.ones_like(X), *outputs]))
    side, place = np.repeat([1.0, -1.0], len(X)), np.tile(X[:, 0], 2)
    added = np.maximum(0, side * (X - place))
    new = added - basis @ (basis.T @ added)
    sizes, taken = np.square(new).sum(axis=0), ((y - network.forward(X).output).T @ new)[0] ** 2
    best = np.divide(
        taken, sizes, out=np.zeros_like(sizes), where=sizes > 1e-6 * np.square(added).sum() / len(place)
    ).argmax()
    weight = np.vstack([*(layer.weight for layer in hidden), [[side[best]]]])
    bias = np.concatenate([*(layer.bias for layer in hidden), [-side[best] * place[best]]])
    return Network(
        [Layer(weight, bias, "relu"), Layer(np.hstack([*(last.weight for _ in hidden), [[0.0]]]), last.bias)]
    )
