"""Any trained network, told layer by layer: what it does to its input, and what it says of data and beyond them."""

import numpy as np
from manim import DEGREES, FadeIn, FadeOut
from scipy.spatial import cKDTree

from nn_core.geometry import box_around, creases, decision_boundary, grid_points, longer_side
from nn_core.geometry.folding import is_piecewise
from nn_core.network import Layer, Network
from nn_core.preprocessing import principal_axes
from nn_core.projections import onto_principal_axes
from nn_unfold import (
    TOP,
    ActivationFlow,
    AffineFlow,
    Axes,
    BeyondData,
    ClassLegend,
    Cloud,
    DecisionPlanes,
    Draw,
    HeatPlane,
    Landscape,
    LinearRegions,
    Morph,
    NetworkDiagram,
    Passage,
    Recipe,
    Segments,
    Shape,
    Sheet,
    SpatialGroup,
    Stage,
    ZeroLines,
    number,
    rgb,
    tick_text,
    verbs_of,
)

ASLANT = 65 * DEGREES  # of the camera, from the vertical
SHOWN = 4  # layers are shown one by one, if there are no more of them
SHORTEST = 42  # seconds of the film
MOST_CREASES = 600  # neurons in layers whose linear regions are drawn
TIMES = 3  # how many times as far the last look reaches
SURE = 0.9  # the probability from which on a network counts as sure
MARGIN = 0.1  # of the sheet around the points, as a share of their extent
DETAIL = 160  # pixels along a side of the map of the classes
HEIGHT = 0.5  # of a regression's surface, as a share of the plane's side
LEVEL = 0.02  # how far a layer's answers may be from an affine map, as a share of their size, to count as one


class YourNetwork(Stage):
    """What a trained network does with its data: every layer, every region, every mistake, and what lies beyond."""

    recipe = Recipe(
        data="moons",
        data_options={"n_per_class": 100, "noise": 0.12},
        sizes=(2, 3, 8, 2),
        activations="relu",
        learning_rate=0.02,
        epochs=400,
        starts=4,
        seed=1,
    )
    accepts = Shape(inputs=range(2, 10_001), classes=False)

    def construct(self):
        self.shown = self.subject(self.recipe)
        self.plane = self.plane_of(self.shown)
        self.layers = self.plane.network.layers
        labels = self.plane.y if self.shown.classifies else None
        classes = max(self.plane.network.n_out, 2) if self.shown.classifies else None
        radius = self.tokens.dot_radius * float(np.clip((300 / self.plane.n) ** 0.5, 0.4, 1.0))
        # Two classes have the colours that go with those of the map of the classes.
        shades = self.tokens.points if classes == 2 else None
        self.cloud = Cloud(self.plane.X, labels, n_classes=classes, radius=radius, shades=shades)
        box = box_around(self.plane.X, margin=MARGIN)
        self.sheet = Sheet(box, self.plane.network, boundary=self.shown.classifies)
        self.world = SpatialGroup(self.sheet, self.cloud)
        self.diagram = NetworkDiagram(
            self.shown.network, size=(3.6, 2.8), most=6, plane=self.sheet.box, features=self.plane.inputs
        )
        self.axes = self.input_axes(self.plane, self.sheet.box)
        self.taken, self.path = 0, []  # how many layers the sheet has gone through, and which way
        self.data()
        hidden = self.layers[:-1] or self.layers
        runs = chapters(len(hidden))
        self.pace = min(1.0, 1.5 / len(runs))
        for run in runs:
            if len(run) > 1:
                self.skip(run)
            elif hidden[run[0]].n_out <= 3:
                self.narrow(run[0])
            else:
                self.wide(run[0])
        if len(self.layers) > 1:
            self.last_hidden()
        if self.shown.classifies:
            self.regions()
            self.beyond()
        else:
            self.surface()

    # The parts of the story

    def data(self):
        """The points, the network, and the plane on which they are seen."""
        shown, network = self.shown, self.shown.network
        shades = self.tokens.points if len(shown.classes) == 2 else None
        legend = [ClassLegend(shown.classes, shades=shades)] if shown.classes and shown.classifies else []
        with self.beat(
            "{n} points of {classes} classes, with {inputs} numbers each.",
            holds=shown.classifies,
            otherwise="{n} points with {inputs} numbers each, and for each of them a value to be found.",
            n=shown.n,
            classes=number(max(network.n_out, 2)),
            inputs=number(network.n_in),
        ):
            self.play(self.aside(self.diagram, *legend))
            self.look(self.axes, self.sheet)
            self.play(FadeIn(self.sheet), FadeIn(self.axes))
            self.play(FadeIn(self.cloud))
        if self.plane.slice is not None:
            with self.beat(
                "This plane shows {share} % of their variance. On it, every point gets the network's own answer.",
                holds=self.plane.off == 0,
                otherwise="This plane shows {share} % of their variance. For {off} of {n} points its answer differs.",
                share=round(100 * self.plane.slice.explained),
                off=self.plane.off,
                n=shown.n,
            ):
                pass
        hidden = sum(layer.n_out for layer in network.layers[:-1])
        right = shown.right if shown.classifies else 0
        with self.beat(
            "A network with {hidden} hidden neurons labels them all right.",
            holds=shown.classifies and not shown.own_labels and right == shown.n and hidden > 0,
            otherwise=[
                (
                    "A network with {hidden} hidden neurons. The colours of the points are its own answers.",
                    shown.classifies and shown.own_labels,
                ),
                (
                    "A network with {hidden} hidden neurons labels {right} of them right.",
                    shown.classifies and hidden > 0,
                ),
                ("A network without hidden layers labels {right} of {n} points right.", shown.classifies),
                ("A network with {hidden} hidden neurons. The values are its own answers.", shown.own_labels),
                ("A network with {hidden} hidden neurons has learnt to give such values.", hidden > 0),
                "A network without hidden layers has learnt to give such values.",
            ],
            hidden=number(hidden),
            right=right,
            n=shown.n,
        ):
            self.play(self.diagram.animate.set_focus(*range(len(self.layers))))

    def narrow(self, k):
        """A layer of one to three neurons: the sheet goes where it takes it."""
        layer = self.layers[k]
        flows = self.taken == k and layer.n_in <= 3
        values = {"layer": k + 1, "width": number(layer.n_out), "before": number(layer.n_in), "verbs": verbs_of(layer)}
        with self.beat(affine_words(layer, flows), holds=True, **values):
            self.play(self.diagram.animate.set_focus(k), FadeOut(self.axes))
            if not flows:
                self.home(axes=False)
            affine = Layer(layer.weight, layer.bias)
            flow = (
                AffineFlow(self.world, layer=layer) if flows else Morph(self.world, layers=[*self.layers[:k], affine])
            )
            flow.run_time = max(2.5, self.pace * flow.run_time)
            space = layer.n_out == 3
            side = (
                {"phi": ASLANT, "theta": self.facing(self.sheet, phi=ASLANT, flows=[flow])} if space else TOP._asdict()
            )
            self.play(flow, self.follow(flow, self.sheet, **side))
        if layer.activation.name != "identity":
            self.bend(k, layer, side)
        self.taken, self.path = k + 1, self.layers[: k + 1]
        self.axes = Axes.around(self.sheet, names=[f"h_{i + 1}" for i in range(layer.n_out)])
        self.play(self.reframe(self.sheet, self.axes, run_time=self.tokens.step * self.pace))
        self.play(FadeIn(self.axes), run_time=self.tokens.breath)

    def bend(self, k, layer, side):
        """What the activation of a narrow layer does to the sheet."""
        alone = Layer(np.eye(layer.n_out), np.zeros(layer.n_out), layer.activation)
        flow = ActivationFlow(self.world, layer=alone, in_turn=layer.activation.bends)
        flow.run_time = max(1.5, self.pace * flow.run_time)
        if layer.activation.bends and is_piecewise(self.layers[: k + 1]):
            found = creases(self.plane.network, self.sheet.box, through_output=True)
            count = len({crease.neuron for crease in found if crease.layer == k})
            words = "Then {activation} folds it along the creases of {count} neurons."
            otherwise = [
                ("Then {activation} folds it along the crease of one neuron.", count == 1),
                "Then {activation} does not fold it: no neuron has a crease in this part of the plane.",
            ]
            holds = count > 1
        else:
            count = 0
            words, otherwise = (
                "Then {activation} bends it: straight lines become curves.",
                "Then {activation} hardly bends it here.",
            )
            holds = not nearly_affine(self.sheet.faces.points[:, : layer.n_out], layer.activation)
        with self.beat(words, holds=holds, otherwise=otherwise, activation=layer.activation.name, count=number(count)):
            creased = [number for number, one in enumerate(self.layers) if one.activation.bends]
            if count and k in creased:
                self.play(Draw(self.sheet.creases[creased.index(k)], run_time=1.0))
            self.play(flow, self.follow(flow, self.sheet, **side))

    def wide(self, k):
        """A layer of four or more neurons: its creases on the input plane, or where its neurons are zero."""
        layer, network, box = self.layers[k], self.plane.network, self.sheet.box
        hidden = sum(one.n_out for one in self.layers[: k + 1])
        self.home()
        self.play(self.diagram.animate.set_focus(k))
        if is_piecewise(self.layers[: k + 1]) and layer.activation.bends and hidden <= MOST_CREASES:
            front = Network([*self.layers[: k + 1], Layer(np.ones((1, layer.n_out)), [0.0])])
            cells = LinearRegions(front, box, opacity=0.0, order=1)
            met = len({crease.neuron for crease in creases(front, box) if crease.layer == k})
            with self.beat(
                "Layer {layer}: the creases of its {width} neurons divide this plane into {pieces} regions.",
                holds=met == layer.n_out,
                otherwise=[
                    (
                        "Layer {layer}: {met} of its {count} neurons have creases here, which makes {pieces} regions.",
                        met > 0,
                    ),
                    "Layer {layer}: none of its {width} neurons has a crease in this part of the plane.",
                ],
                layer=k + 1,
                met=met,
                width=number(layer.n_out),
                count=layer.n_out,
                pieces=f"{cells.counts[-1]:,}",
            ):
                self.add(cells)
                self.play(Draw(cells.creases[-1], run_time=2 + 2 * self.pace))
                self.play(cells.faces.animate.set_opacity(0.75))
            self.play(FadeOut(cells), run_time=self.tokens.breath)
            return
        lines = ZeroLines(network, k, self.diagram.shown[k + 1], box)
        with self.beat(
            "Layer {layer} has {width} neurons. Each of the {shown} in the diagram is zero along a line.",
            holds=len(lines.met) == len(self.diagram.shown[k + 1]),
            otherwise="Layer {layer} has {width} neurons. {met} of the {shown} in the diagram are zero somewhere here.",
            layer=k + 1,
            width=number(layer.n_out),
            shown=number(len(self.diagram.shown[k + 1])),
            met=len(lines.met),
        ):
            self.add(lines)
            self.play(
                self.diagram.animate.highlight(neurons=[(k + 1, neuron) for neuron in self.diagram.shown[k + 1]]),
                Draw(lines, run_time=2 + 2 * self.pace),
            )
        self.play(FadeOut(lines), self.diagram.animate.highlight(), run_time=self.tokens.breath)

    def skip(self, run):
        """Layers that are not shown one by one."""
        with self.beat(
            "The next {count} layers go on like this, up to layer {last}.",
            holds=True,
            count=number(len(run)),
            last=run[-1] + 1,
        ):
            self.play(self.diagram.animate.set_focus(*run))
            if self.taken == run[0] and all(layer.n_out <= 3 for layer in self.layers[: run[-1] + 1]):
                self.play(FadeOut(self.axes), run_time=self.tokens.breath)
                flow = Passage(self.world, layers=self.layers[: run[-1] + 1], start=run[0], stop=run[-1] + 1)
                self.play(flow, self.follow(flow, self.sheet))
                self.taken, self.path = run[-1] + 1, self.layers[: run[-1] + 1]

    def last_hidden(self):
        """The last hidden layer, where flat cuts separate the classes."""
        hidden, network = self.layers[:-1], self.plane.network
        width = hidden[-1].n_out
        if width > 3:
            self.home()
            values = Network(hidden).forward(self.plane.X).output
            share = principal_axes(values, 2).explained.sum()
            with self.beat(
                "The last hidden layer has {width} dimensions. Two principal axes show {share} % of the variance.",
                holds=True,
                width=number(width),
                share=round(100 * float(share)),
            ):
                self.play(FadeOut(self.axes), self.diagram.animate.set_focus(len(hidden) - 1))
                self.path = [*hidden, onto_principal_axes(values, 2)]
                flow = Morph(self.world, layers=self.path, run_time=5)
                self.play(flow, self.follow(flow, self.sheet))
                self.taken = len(hidden)
                self.axes = Axes.around(self.sheet, names=("PC 1", "PC 2"), words=True)
                self.play(self.reframe(self.sheet, self.axes), run_time=self.tokens.step)
                self.play(FadeIn(self.axes), run_time=self.tokens.breath)
            return
        flat = self.shown.classifies and len(network.classifier().layers) == len(self.layers)
        if not flat or self.taken != len(hidden):
            return
        wrong = int(self.plane.wrong.sum())
        with self.beat(
            "Here flat cuts separate the classes: every point lies on the right side of them.",
            holds=wrong == 0,
            otherwise="Here the cuts between the classes are flat. {right} of {n} points lie on the right side.",
            right=self.plane.n - wrong,
            n=self.plane.n,
        ):
            self.play(self.diagram.animate.set_focus(len(self.layers) - 1))
            if width < 3:
                return self.play(Draw(self.sheet.boundary))
            if not np.ptp(self.sheet.faces.points, axis=0).any():
                return None  # the whole plane is one point here
            cut = DecisionPlanes.around(self.sheet, network=network)
            self.play(self.reframe(self.sheet, self.axes, cut))
            self.play(FadeIn(cut))
            self.play(self.turn(60 * DEGREES, self.sheet, self.axes, cut, run_time=2 + 2 * self.pace))
            self.key_frame()
            self.play(FadeOut(cut))

    def regions(self):
        """The decision boundary on the input plane, and the points that are on its wrong side."""
        network, box = self.plane.network, self.sheet.box
        exact = is_piecewise(self.layers[:-1])
        boundary = decision_boundary(network, box).segments
        regions = HeatPlane(network, box, detail=DETAIL, opacity=0.8)
        with self.beat(
            "Back on the input, the decision boundary has {pieces} straight pieces.",
            holds=exact and len(boundary) > 1,
            otherwise=[
                ("Back on the input, the decision boundary is one straight line.", exact and len(boundary) == 1),
                ("Back on the input, the decision boundary is curved.", not exact and len(boundary) > 0),
                "Back on the input, the network gives this whole part of the plane to one class.",
            ],
            pieces=f"{len(boundary):,}",
        ):
            self.home()
            self.play(FadeOut(self.sheet), FadeIn(regions), self.diagram.animate.set_focus())
        self.found = regions
        wrong = self.plane.wrong
        with self.beat(
            "Every point lies in the region of its class.",
            holds=not wrong.any(),
            otherwise="{wrong} of {n} points lie in the region of another class. They are marked.",
            wrong=int(wrong.sum()),
            n=self.plane.n,
        ):
            self.marks = rings(self.plane.X[wrong], 0.02 * longer_side(box), self.tokens.ink)
            if wrong.any():
                self.play(FadeIn(self.marks))

    def beyond(self):
        """What the network says far from all data."""
        network, box = self.plane.network, grown(self.sheet.box, TIMES)
        far, veil = HeatPlane(network, box, detail=DETAIL, opacity=0.8), BeyondData(self.plane.X, box)
        U = grid_points(box, 200)
        there = U[cKDTree(self.plane.X).query(U)[0] > veil.reach]
        sure = float((network.predict_proba(there).max(axis=1) > SURE).mean())
        with self.beat(
            "Hatched is what is far from all points. On {sure} % of it the network is still {level} % sure.",
            holds=sure >= 0.005,
            otherwise="Hatched is what is far from all points. Nowhere in it is the network {level} % sure.",
            sure=round(100 * sure),
            level=round(100 * SURE),
        ):
            axes = self.input_axes(self.plane, box)
            self.play(FadeOut(self.axes), FadeOut(self.marks))
            self.play(self.reframe(axes, far, run_time=float(np.clip(SHORTEST - 2 - self.clock, 3, 10))))
            self.play(FadeIn(far), FadeOut(self.found), FadeIn(veil))
            self.play(FadeIn(axes))

    def surface(self):
        """The values of a regression over the plane, and what they become further out."""
        network, box = self.plane.network, self.sheet.box
        values = lambda U: network.forward(U).output[:, 0]  # noqa: E731
        near, over = values(grid_points(box, 60)), values(grid_points(grown(box, TIMES), 120))
        y = np.asarray(self.plane.y, dtype=float)
        span = max(float(np.ptp(np.concatenate([near, y]))), 1e-12)
        unit, middle = HEIGHT * (box[1] - box[0]) / span, float(near.min())
        exact = network if is_piecewise(self.layers) else None
        looks = {"tolerance": span / 300, "network": exact, "height": unit, "base": -unit * middle}
        surface = Landscape.over(values, box, grid=(box[1] - box[0]) / 10, **looks)
        spread = float(y.var())
        explained = 1 - float(((values(self.plane.X) - y) ** 2).mean()) / spread if spread else 0.0
        with self.beat(
            "Over the plane, the network's value is a surface. It explains {share} % of the points' variance.",
            holds=explained >= 0.005,
            otherwise="Over the plane, the network's value is a surface. It explains nothing of the points' variance.",
            share=round(100 * explained),
        ):
            self.home()
            self.play(FadeOut(self.axes), self.diagram.animate.set_focus())
            at = np.column_stack([self.plane.X, unit * (y - middle)])
            lifted = self.cloud.copy()
            lifted.points = at
            side = self.facing(surface, phi=ASLANT)
            self.play(self.reframe(surface, lifted, self.sheet, phi=ASLANT, theta=side))
            self.play(FadeIn(surface), self.sheet.faces.animate.set_opacity(0.25))
            self.play(self.cloud.animate.become(lifted))
        miss = values(self.plane.X) - y
        with self.beat(
            "The points stand at their own values: {above} of them lie above the surface, {below} below.",
            holds=not self.shown.own_labels,
            otherwise="The points stand on the surface: their values are what the network says.",
            above=int((miss < 0).sum()),
            below=int((miss > 0).sum()),
        ):
            self.play(self.turn(120 * DEGREES, surface, self.cloud, self.sheet, run_time=7))
        with self.beat(
            "Here it goes from {low} to {high}. Over a plane {times} times as wide, from {lowest} to {highest}.",
            holds=True,
            low=tick_text(float(f"{near.min():.3g}")),
            high=tick_text(float(f"{near.max():.3g}")),
            lowest=tick_text(float(f"{over.min():.3g}")),
            highest=tick_text(float(f"{over.max():.3g}")),
            times=number(TIMES),
        ):
            wide = Landscape.over(values, grown(box, TIMES), grid=(box[1] - box[0]) / 5, **looks)
            self.play(FadeIn(wide), FadeOut(surface), FadeOut(self.sheet))
            self.play(self.reframe(wide, self.cloud, run_time=float(np.clip(SHORTEST - 2 - self.clock, 3, 10))))

    # What they have in common

    def home(self, *, axes=True):
        """Take the sheet back to the input plane, and show its axes."""
        if self.taken:
            if self.axes in self.mobjects:
                self.play(FadeOut(self.axes), run_time=self.tokens.breath)
            if all(layer.n_out <= 3 for layer in self.path):
                flow = Passage(self.world, layers=self.path, start=len(self.path), stop=0, run_time=3)
            else:
                flow = Morph(self.world, layers=self.path, start=1, stop=0, run_time=3)
            for drawn in self.sheet.creases:
                drawn.set_opacity(0)
            self.play(flow, self.follow(flow, self.sheet, **TOP._asdict()))
            self.taken, self.path = 0, []
            if axes:
                self.axes = self.input_axes(self.plane, self.sheet.box)
                self.play(self.reframe(self.sheet, self.axes), run_time=1.0 + self.pace)
                self.play(FadeIn(self.axes), run_time=self.tokens.breath)


def chapters(count):
    """Layers 0, 1, ... in runs: each by itself, or of very many the first two, those between, and the last one."""
    if count <= SHOWN:
        return [range(k, k + 1) for k in range(count)]
    return [range(1), range(1, 2), range(2, count - 1), range(count - 1, count)]


def affine_words(layer, flows):
    """What the affine map of a narrow layer does, as a message."""
    if layer.n_out == 1:
        return "Layer {layer} has one neuron: it puts every point on one axis."
    if not flows:
        return "Layer {layer} leads back to {width} dimensions: every point goes straight to its place."
    if layer.n_out == 3 and layer.n_in < 3:
        return "Layer {layer} has three neurons: it lifts {before} dimensions into three."
    if layer.n_out < layer.n_in:
        return "Layer {layer} has two neurons: it lays everything flat on a plane."
    return "Layer {layer} has {width} neurons: it {verbs} what it is given."


def nearly_affine(z, activation):
    """Whether an activation is nearly an affine map for all of these numbers (n, width)."""
    for column in z.T:
        out = activation(column[:, None])[:, 0]
        rest = out - np.polyval(np.polyfit(column, out, 1), column) if np.ptp(column) else 0 * out
        if np.abs(rest).max() > LEVEL * max(float(np.ptp(out)), 1e-12):
            return False
    return True


def rings(X, radius, colour):
    """A ring around each of these points (n, 2), with a radius in units of the plane."""
    turns = np.linspace(0, 2 * np.pi, 25)
    ring = radius * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    ends = (X[:, None, None] + np.stack([ring[:-1], ring[1:]], axis=1)).reshape(-1, 2, 2)
    return Segments(ends, [*rgb(colour), 1.0], cased=True, origin=ends)


def grown(box, times):
    """A box so many times as large, about the same middle."""
    middle, half = np.array([box[::2], box[1::2]]).mean(axis=0), 0.5 * times * np.subtract(box[1::2], box[::2])
    return (middle[0] - half[0], middle[0] + half[0], middle[1] - half[1], middle[1] + half[1])
