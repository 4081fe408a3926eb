"""TensorFlow Playground at a glance, and what it can't show: how the plane moves below a network that learns."""

from dataclasses import replace

from manim import DEGREES, FadeIn

from nn_unfold import DataThumbnails, Draw, Morph, Panel, Recipe, Stage, number
from nn_unfold.stage.bench import HEADINGS, Bench, heading

DOMAIN = (-6.0, 6.0, -6.0, 6.0)
OTHERS = (
    {"data": "xor", "starts": 4},
    {"data": "gauss", "epochs": 20, "starts": 1},
    {
        "data": "two_spirals",
        "features": ("x_1", "x_2", "x_1^2", "x_2^2", "x_1 x_2", "sin x_1", "sin x_2"),
        "sizes": (7, 8, 2, 1),
        "epochs": 200,
        "starts": 2,
    },
)


class Playground(Stage):
    """Live neurons on four data sets, and the plane that they bend until a straight line is enough."""

    accepts = "it trains four networks of its own side by side, on the data sets of TensorFlow Playground"

    recipe = Recipe(
        data="circle",
        data_options={"n_per_class": 250},
        features=("x_1", "x_2"),
        sizes=(2, 4, 2, 1),
        activations="tanh",
        loss="binary_cross_entropy",
        optimizer="gradient_descent",
        initializer="glorot",
        learning_rate=0.03,
        batch_size=10,
        epochs=100,
        starts=2,
        snapshots=None,
        seed=14,
    )

    def construct(self):
        room = self.tokens.label_room
        whole = self.area().grown(room)
        wide = whole.size[0] > whole.size[1]
        if wide:
            gap, breadth = min(self.tokens.margin, 0.034 * whole.size[0]), min(3.9, 0.38 * whole.size[0])
            shelf, middle, right = whole.columns(0.9, 0, breadth, gap=gap)
            above, below = middle.rows(0, 2.6, gap=0.3)
            corner, square = right.rows(0, right.size[0], gap=self.tokens.margin)
        else:
            strip, middle, squares = whole.rows(1.7, 0, whole.size[0] / 2, gap=0.3)
            shelf, corner = strip.columns(0, 3.7, gap=self.tokens.margin)
            above, (below, square) = middle, squares.columns(0, 0, gap=self.tokens.margin)
        output, hidden = Panel(square.grown(room)), Panel(below.grown(room))
        there = self.sides(hidden, output)[1]
        recipes = [self.recipe, *(replace(self.recipe, **changes) for changes in OTHERS)]
        games = [self.trained(recipe) for recipe in recipes]
        places = {"room": above, "corner": corner, "output": output, "hidden": hidden}
        disc, corners, clouds, spiral = (Bench(*game, DOMAIN, **places) for game in zip(recipes, games, strict=True))
        data = DataThumbnails([(game.X, game.y) for game in games], DOMAIN, side=0.9 if wide else 0.6)
        data.arrange(shelf.along, buff=0.25 * data[0].width).move_to(shelf.centre)
        title = heading("data", [shelf.centre[0], shelf.top - HEADINGS, 0])
        self.look(disc.map)

        with self.beat("Data of two classes, blue and orange: here a disc in a ring."):
            self.play(FadeIn(title, data))
            self.play(data.animate.choose(0), FadeIn(disc.cloud, disc.map.outline))

        def claim(game):
            return {"holds": game.right == game.n, "right": game.right, "n": game.n}

        of_disc, of_corners, of_clouds, of_spiral = games
        with self.beat(
            "The network is given {features} features. Each neuron shows its answer all over the plane.",
            features=number(len(self.recipe.features)),
        ):
            large = disc.drawn(middle, disc.start)
            self.play(FadeIn(large))
            self.play(FadeIn(disc.map.face, disc.map.boundary))

        with self.beat("It learns. Blue edges are positive weights, orange ones negative; the wider, the larger."):
            self.play(FadeIn(disc.curve, disc.epoch))
            self.play(disc.learning(diagram=large, run_time=10))

        with self.beat("The last hidden layer has two neurons: that is a plane. Where does it carry the points?"):
            front = disc.trained.network.layers[: disc.n_front]
            disc.diagram = disc.drawn(above, disc.trained.network)
            self.exchange(large, disc.diagram)
            self.look(disc.carried, phi=62 * DEGREES)
            self.play(FadeIn(disc.carried))
            flow = Morph(disc.carried, layers=front, run_time=5)
            self.play(flow, self.follow(flow, disc.carried))

        with self.beat(
            "There a straight line separates the classes. {There}, the same line is the curve.",
            otherwise="There a straight line has {right} of {n} points right. {There}, it is the curve.",
            **claim(of_disc),
            There=there.capitalize(),
        ):
            disc.floor.show(disc.trained.network).boundary.set_opacity(0)
            self.play(self.reframe(disc.floor))
            self.play(FadeIn(disc.floor))
            self.play(Draw(disc.floor.boundary))

        with self.beat(
            "Opposite corners belong together: now the plane moves in another way, until a line is enough.",
            otherwise="Opposite corners belong together: the plane moves until a line has {right} of {n} right.",
            **claim(of_corners),
        ):
            self.play(disc.leave(), data.animate.choose(1), run_time=self.tokens.breath)
            self.play(corners.enter(), run_time=self.tokens.breath)
            self.play(corners.learning(corners.floor, corners.carried, run_time=8))

        with self.beat(
            "Two clouds need {epochs} epochs, and they lie apart.",
            otherwise="Two clouds: after {epochs} epochs {right} of {n} points are right.",
            epochs=clouds.recipe.epochs,
            **claim(of_clouds),
        ):
            self.play(corners.leave(), data.animate.choose(2), run_time=self.tokens.breath)
            self.play(clouds.enter(), run_time=self.tokens.breath)
            self.play(clouds.learning(clouds.floor, clouds.carried, run_time=5))

        with self.beat(
            "The spiral gets {neurons} neurons in a layer, and squares, a product and sines as features.",
            neurons=number(max(spiral.recipe.sizes[1:])),
        ):
            self.play(clouds.leave(), data.animate.choose(3), run_time=self.tokens.breath)
            self.play(spiral.enter(), run_time=self.tokens.breath)

        with self.beat(
            "Its arms, too, come to lie on two sides of a straight line.",
            otherwise="Its arms come to lie so that a straight line has {right} of {n} points right.",
            **claim(of_spiral),
        ):
            self.play(spiral.learning(spiral.floor, spiral.carried, pace="linear", run_time=12))
