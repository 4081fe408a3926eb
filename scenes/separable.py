"""What a cut can separate: on a line, in the plane and in space, and what a disc in a ring asks for."""

from dataclasses import replace

import numpy as np
from manim import DEGREES, FadeIn, FadeOut

from nn_core.geometry import linearly_separable
from nn_core.geometry.lines import best_line_accuracy
from nn_core.network import Network
from nn_unfold import (
    TOP,
    ActivationFlow,
    AffineFlow,
    Axes,
    Carried,
    Cloud,
    DecisionPlanes,
    Draw,
    Learning,
    Metric,
    NetworkCurve,
    NetworkDiagram,
    Passage,
    Recipe,
    Regions,
    Shape,
    Sheet,
    SpatialGroup,
    Stage,
    UnfoldError,
    bold_lines,
    formula,
)

ASLANT = 62 * DEGREES
PALE = 0.3  # the opacity of what steps back
SIDE, CUT = 0.5, 0.6  # of the line beyond its numbers, and half a cut across it, in units of the numbers
HEIGHT = 2.0  # of the probability 1 over the line, in the same units
WALK = 40 * DEGREES  # how far the camera walks around what is in space


class Separable(Stage):
    """Cuts on a line, in the plane and in space: what can't be cut is carried to where it can, if there is room."""

    recipe = Recipe(
        data="curves",
        sizes=(2, 3, 1),
        activations=("tanh", "sigmoid"),
        loss="binary_cross_entropy",
        initializer=("gaussian", 1.0),
        learning_rate=0.03,
        epochs=500,
        l2=3e-3,  # small weights: the plane is bent gently
        starts=4,
        seed=1,
    )
    ring = replace(recipe, data="ring")
    parity = Recipe(
        data="parity",
        sizes=(1, 16, 1),
        activations=("tanh", "sigmoid"),
        loss="binary_cross_entropy",
        initializer="pytorch",
        learning_rate=0.03,
        epochs=1500,
        starts=2,
        snapshots=None,
        seed=1,
    )
    squares = Recipe(data="quadrants", sizes=(2, 4), activations="identity", learning_rate=0.3, seed=1)
    accepts = Shape(inputs=2, hidden=(3,), outputs=(1, 2))

    def construct(self):
        self.cut_a_line(self.trained(self.parity))
        self.cut_the_plane(self.trained(self.squares))
        self.cut_space(self.subject(self.recipe))
        narrow = replace(self.ring, sizes=(2, 2, 1), epochs=1000, starts=8)
        self.free_the_disc(self.trained(narrow), self.trained(self.ring))

    def cut_a_line(self, trained):
        """Signs, parity, what a network makes of parity, and the feature that makes it easy."""
        signs = np.arange(-4, 5)
        cuts, dots = changes(signs, np.sign(signs)), 1.8 * self.tokens.dot_radius
        line = SpatialGroup(Cloud(signs[:, None], np.sign(signs) + 1, radius=dots), upright(cuts))
        ruler = Axes((-4 - SIDE, 4 + SIDE), ("x",), most=9)
        with self.beat(
            "Numbers on a line: negative, zero, positive. Two cuts part them.",
            holds=len(cuts) == 2,
        ):
            self.look(ruler, line)
            self.play(FadeIn(ruler, line[0]))
            self.play(Draw(line[1]))
        self.play(FadeOut(ruler, line, run_time=self.tokens.breath))

        x, n, network = trained.X[:, 0], trained.n, trained.network
        best = round(n * best_line_accuracy(np.pad(trained.X, [(0, 0), (0, 1)]), trained.y))
        cuts = changes(x, trained.y)
        line = SpatialGroup(Cloud(trained.X, trained.y, radius=dots), upright(cuts))
        ruler = Axes((-SIDE, n - SIDE), ("x",), most=n)
        with self.beat(
            "Even and odd: a cut between any two numbers. With one cut, at most {best} of {n} are right.",
            holds=len(cuts) == n - 1 and best < n,
            best=best,
            n=n,
        ):
            self.look(ruler, line)
            self.play(FadeIn(ruler, line[0]))
            self.play(Draw(line[1]))
        self.play(FadeOut(ruler, line, run_time=self.tokens.breath))

        start = trained.history.network_at(0)
        curve, diagram = NetworkCurve(start, -SIDE, n - SIDE, height=HEIGHT), NetworkDiagram(start, size=(3.4, 2.2))
        right, numbers = Metric(trained.history, "accuracy"), raised(x, radius=dots)
        with self.beat(
            "A network with {hidden} hidden neurons gets {right} of {n} right: the curve is its probability of odd.",
            hidden=network.layers[0].n_out,
            right=trained.right,
            n=n,
        ):
            arrival = self.aside(diagram, right)
            self.look(ruler, numbers)
            self.play(arrival, FadeIn(ruler, numbers, curve))
            self.play(Learning(trained.history, curve, diagram, right, run_time=4))

        later = x + n
        found = int((network.predict(later[:, None]) == later % 2).sum())
        more = raised(later, radius=dots)
        onward = NetworkCurve(network, n - SIDE, 2 * n - SIDE, height=HEIGHT)
        longer = Axes((-SIDE, 2 * n - SIDE), ("x",), most=2 * n)
        with self.beat(
            "Asked for the next {n} numbers, it gets {found} right. It has learnt points, and no rule.",
            holds=found < n,
            otherwise="Asked for the next {n} numbers, it gets all of them right, with no rule in its weights.",
            found=found,
            n=n,
        ):
            self.change_axes(ruler, longer, longer, numbers)
            self.play(FadeIn(more))
            self.play(Draw(onward.line))

        cut = bold_lines(np.array([[[-SIDE, HEIGHT / 2], [2 * n - SIDE, HEIGHT / 2]]]))
        with self.beat("x mod 2 is a better feature: one cut is right for all whole numbers."):
            self.play(self.aside(formula('x |-> x "mod" 2')), FadeOut(curve, onward))
            self.play(Draw(cut))
        self.play(self.aside(), FadeOut(numbers, more, longer, cut))

    def cut_the_plane(self, trained):
        """Four quadrants, which straight borders part."""
        start = trained.history.network_at(0)
        regions, cloud = Regions.over(trained.X, start), Cloud(trained.X, trained.y)
        right = Metric(trained.history, "accuracy")
        with self.beat(
            "Four quadrants of the plane: straight borders are enough, without a hidden layer.",
            holds=trained.right >= 0.95 * trained.n,
            otherwise="Four quadrants of the plane: straight borders have {right} of {n} points right.",
            right=trained.right,
            n=trained.n,
        ):
            self.play(self.aside(NetworkDiagram(start, names=("x", "y"), size=(3.0, 2.2)), right))
            self.look(regions)
            self.play(FadeIn(regions, cloud))
            self.play(Learning(trained.history, regions, right, run_time=2.5))
        self.play(self.aside(), FadeOut(regions, cloud, run_time=self.tokens.breath))

    def cut_space(self, subject):
        """Two curves that a line can't part, and a plane can."""
        if not subject.classifies:
            raise UnfoldError("This film cuts between two classes, and these values are none: bring two classes.")
        best = round(subject.n * best_line_accuracy(subject.X, subject.y))
        diagram = NetworkDiagram(subject.network, names=("x", "h", "y"), size=(3.4, 2.4))
        world = self.world(subject)
        flat = Axes(world[0].box, ("x_1", "x_2"), at_corner=True)
        with self.beat(
            "Two classes, one within the bends of the other. A line has at most {best} of {n} right.",
            holds=not linearly_separable(subject.X, subject.y) and not subject.given,
            otherwise="Two classes of points. A straight line has at most {best} of {n} right.",
            best=best,
            n=subject.n,
        ):
            self.play(self.aside(diagram))
            self.look(flat, **TOP._asdict())
            self.play(FadeIn(*world, flat))
        with self.beat("Three hidden neurons carry the plane into space, and bend it there."):
            self.play(FadeOut(flat))
            self.carry(world, subject.network)
        with self.beat(
            "Now a flat cut passes between the classes.",
            holds=subject.right == subject.n,
            otherwise="Now a flat cut has {right} of {n} points on the right side.",
            right=subject.right,
            n=subject.n,
        ):
            planes = self.cut(world, subject.network)
        with self.beat("Carried back onto the input plane, the flat cut is a curve."):
            self.play(FadeOut(planes), self.aside(diagram))
            back = Passage(*world, layers=subject.network.layers, start=1, stop=0, run_time=3)
            self.play(back, self.follow(back, *world, flat, **TOP._asdict()))
            self.play(FadeIn(flat))
        self.play(FadeOut(*world, flat, run_time=self.tokens.breath))

    def free_the_disc(self, narrow, wide):
        """A disc in a ring: two neurons keep it there, three let it out."""
        front = Network(narrow.network.layers[:1])
        turn = np.linspace(0, 2 * np.pi, 241)
        loop = np.column_stack([np.cos(turn), np.sin(turn)]) / 2  # in the gap between disc and ring
        line = bold_lines(np.stack([loop[:-1], loop[1:]], axis=1))
        carried = Carried(Sheet.over(narrow.X, narrow.network, grid=0.25), Cloud(narrow.X, narrow.y), line, depth=1)
        right = Metric(narrow.history, "accuracy")
        within = winding(front.forward(loop).output, front.forward(narrow.X).output) != 0
        with self.beat(
            "A disc in a ring, a loop between them. Two hidden neurons get {right} of {n} right.",
            holds=narrow.right < narrow.n,
            otherwise="A disc in a ring, a loop between them. Of these few points, two hidden neurons get all {n} right.",
            right=narrow.right,
            n=narrow.n,
        ):
            self.play(self.aside(NetworkDiagram(narrow.network, names=("x", "h", "y"), size=(3.4, 2.4)), right))
            self.look(carried)
            self.play(FadeIn(carried))
            first = Passage(*carried, layers=narrow.history.network_at(0).layers, start=0, stop=1, run_time=2)
            self.play(first, self.follow(first, carried))
            learning = Learning(narrow.history, carried, right, run_time=4)
            self.play(learning, learning.follow(self, carried))
        with self.beat(
            "The loop still surrounds the disc. Layers of width two can never free it (Olah).",
            holds=np.array_equal(within, narrow.y == 0),
        ):
            self.play(carried[0].faces.animate.set_opacity(PALE))
        self.play(FadeOut(carried, run_time=self.tokens.breath))
        world = self.world(wide)
        with self.beat("A third neuron is a way out: the disc is lifted from the ring."):
            self.play(self.aside(NetworkDiagram(wide.network, names=("x", "h", "y"), size=(3.4, 2.4))))
            self.look(*world, **TOP._asdict())
            self.play(FadeIn(*world))
            self.carry(world, wide.network)
        with self.beat(
            "A flat cut has the disc on one side and the ring on the other.",
            holds=wide.right == wide.n,
            otherwise="A flat cut has {right} of {n} points on the right side.",
            right=wide.right,
            n=wide.n,
        ):
            self.cut(world, wide.network)

    def world(self, subject):
        """The input plane with the points in it, and with the decision boundary, which is hidden at first."""
        return Sheet.over(subject.X, subject.network, grid=0.25, boundary=True), Cloud(subject.X, subject.y)

    def carry(self, world, network):
        """Carry a plane into the space of three hidden neurons, seen from where it shows the most of itself."""
        hidden = network.layers[0]
        lift, bend = AffineFlow(*world, layer=hidden, run_time=2.5), ActivationFlow(*world, layer=hidden, run_time=2.5)
        side = self.facing(*world, phi=ASLANT, flows=[lift, bend])
        self.play(lift, self.follow(lift, *world, phi=ASLANT, theta=side))
        self.play(bend, self.follow(bend, *world))

    def cut(self, world, network):
        """Draw the flat decision boundary in the space of the hidden neurons, and walk around it."""
        planes = DecisionPlanes.around(*world, network=network, colour=self.tokens.accent, opacity=0.35)
        self.play(self.reframe(*world, planes, run_time=1))
        self.play(FadeIn(planes), Draw(world[0].boundary))
        self.play(self.turn(WALK, *world, planes, run_time=3))
        return planes


def changes(x, y):
    """Half-way between neighbours (n,), in order, whose labels differ: the fewest cuts that part a line by label."""
    return ((x[:-1] + x[1:]) / 2)[np.diff(y) != 0]


def upright(places):
    """Cuts (k,) across a line, as segments."""
    return bold_lines(np.array([[[x, -CUT], [x, CUT]] for x in places]))


def raised(x, **options):
    """Whole numbers (n,) of a line, each as high as its label, 0 or 1."""
    return Cloud(np.column_stack([x, HEIGHT * (x % 2)]), x.astype(int) % 2, **options)


def winding(path, points):
    """How often a closed path (k, 2) goes around each point (n, 2), counter-clockwise."""
    way = path - points[:, None]
    angles = np.unwrap(np.arctan2(way[..., 1], way[..., 0]), axis=1)
    return np.rint((angles[:, -1] - angles[:, 0]) / (2 * np.pi)).astype(int)
