"""Three clusters in a row: one neuron fails, and a trained 2-2-1 network carries them to corners of a square."""

from dataclasses import replace

from manim import DEGREES, FadeIn, FadeOut

from scenes.kit.axes import Axes
from scenes.kit.curves import LossCurve
from scenes.kit.diagram import NetworkDiagram
from scenes.kit.landscape import Rise
from scenes.kit.learning import Learning
from scenes.kit.motion import ActivationFlow, AffineFlow, Draw, Passage
from scenes.kit.response import Border, Response, ZeroLines
from scenes.kit.spatial import Cloud, Sheet, SpatialGroup
from scenes.kit.stage import Stage
from scenes.kit.training import Recipe
from scenes.kit.view import TOP

ASLANT, BESIDE = 66 * DEGREES, -76 * DEGREES  # of the camera: from the vertical, and about it
HEIGHT = 0.25  # of the answer 1, as a share of the plane's side


class ThreeClusters(Stage):
    """One line can't cut out the middle of three clusters; two lines make a square in which one line can."""

    recipe = Recipe(
        data="clusters",
        data_options={"n_per_cluster": 80, "n_clusters": 3, "noise": 0.3},
        sizes=(2, 2, 1),
        activations=("sigmoid", "sigmoid"),
        loss="binary_cross_entropy",
        initializer=("gaussian", 1.0),
        learning_rate=0.05,
        epochs=500,
        starts=3,
        snapshots=60,
        seed=0,
    )

    def construct(self):
        pair = self.trained(self.recipe)
        hidden, output = pair.network.layers
        ground = Sheet.over(pair.X, grid=0.5, margin=0.25, opacity=0)
        box, side = ground.box, ground.box[1] - ground.box[0]
        cloud = Cloud(pair.X, pair.y)
        axes = Axes(box, ("x_1", "x_2"), at_corner=True)
        lonely = replace(self.recipe, sizes=(2, 1), activations=("sigmoid",), starts=1)
        tries = [self.trained(lonely), self.trained(replace(lonely, initializer=("uniform", 2.0)))]

        with self.beat("Three clusters in a row. The one in the middle is a class, the outer two are another."):
            diagram = NetworkDiagram(tries[0].history.network_at(0), names=("x", "p"), size=(3.0, 1.6))
            self.play(self.aside(diagram))
            self.look(axes)
            self.play(FadeIn(ground), FadeIn(axes))
            self.play(FadeIn(cloud))

        captions = (
            "One neuron has one line. Training moves it, and in the end drives it away:",
            "From another start it ends in the same way. Two of three points are all that it gets right.",
        )
        for text, single in zip(captions, tries, strict=True):
            with self.beat(text):
                self.alone(single, ground, diagram)

        with self.beat("Two hidden neurons have two lines. Training puts them between the clusters."):
            start = pair.history.network_at(0)
            field = Response(start, box, height=0, tolerance=0.02)
            lines = ZeroLines(start, box, colours=self.tokens.classes[6:8])
            diagram = NetworkDiagram(start, names=("x", "h", "p"), size=(3.4, 2.0))
            curve = LossCurve(pair.history, ("accuracy",), size=(2.9, 1.2), epochs="log1p")
            self.play(self.aside(diagram, curve), FadeIn(field), FadeIn(lines))
            self.play(Learning(pair.history, field, lines, diagram, curve, run_time=10))

        with self.beat("Each hidden neuron answers on which side of its line a point lies: 0 or 1."):
            self.play(self.aside(diagram), diagram.animate.set_focus(0), FadeOut(field))
            one = HEIGHT * side
            steps = [
                Response(pair.network, box, layer=0, number=k, height=one, grid=0.5, colours=(self.tokens.neutral, colour))
                for k, colour in enumerate(self.tokens.classes[6:8])
            ]
            border = Border(pair.network, box).set_opacity(0)
            space = Axes((*box, 0, one), ("x_1", "x_2", "h"), most=5, at_corner=True, units=(1, 1, one))
            self.play(self.reframe(space, phi=ASLANT, theta=BESIDE), FadeOut(axes), FadeIn(space))
            for step in steps:
                self.play(Rise(step, run_time=self.tokens.step))

        world = SpatialGroup(Sheet(box, pair.network, grid=0.5, tolerance=2e-3), lines, border, cloud)
        with self.beat("Two answers are two coordinates: the layer carries the plane into a square."):
            self.play(*(FadeOut(part) for part in (*steps, space)))
            self.remove(ground)
            self.add(world)
            self.play(FadeIn(world[0]), self.reframe(axes, **TOP._asdict()), FadeIn(axes))
            flow = AffineFlow(world, layer=hidden)
            self.play(FadeOut(axes), flow, self.follow(flow, world))
            flow = ActivationFlow(world, layer=hidden)
            unit = Axes((0, 1, 0, 1), ("h_1", "h_2"), at_corner=True)
            self.play(flow, self.follow(flow, world, unit))
            self.play(FadeIn(unit))

        with self.beat("The clusters have arrived in three corners. Here one straight line is enough."):
            self.play(diagram.animate.set_focus(1))
            self.play(Draw(border))

        with self.beat("Carried back, the line becomes a strip: a border on each side of the middle cluster."):
            self.play(diagram.animate.set_focus(), FadeOut(unit))
            back = Passage(world, layers=pair.network.layers, start=1, stop=0, run_time=5)
            self.play(back, self.follow(back, world, axes))
            self.play(FadeIn(axes))

    def alone(self, single, ground, diagram):
        """One training of a single neuron, from its first weights to where it is stuck."""
        start = single.history.network_at(0)
        field, line = Response(start, ground.box, height=0, tolerance=0.02), ZeroLines(start, ground.box)
        curve = LossCurve(single.history, ("accuracy",), size=(2.9, 1.2), epochs="log1p")
        self.play(self.aside(diagram, curve), diagram.animate.show(start), FadeIn(field), FadeIn(line))
        self.play(Learning(single.history, field, line, diagram, curve, run_time=8))
        self.play(FadeOut(field), FadeOut(line))
