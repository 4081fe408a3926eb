"""A trained 2-100-2-5 network: each score is a plane over the last hidden plane, and the highest one decides."""

import numpy as np
from manim import DEGREES, TAU, FadeIn, FadeOut

from nn_core.geometry import linearly_separable, upper_envelope
from nn_core.network import Layer, Network
from nn_unfold import (
    TOP,
    Axes,
    Draw,
    Landscape,
    Morph,
    NetworkDiagram,
    Recipe,
    Regions,
    Rise,
    Shape,
    Stage,
    formula,
    of_points,
    rise,
)

LOW, HIGH = 70 * DEGREES, 50 * DEGREES  # of the camera, from the vertical
BESIDE = -74 * DEGREES  # about it: the first axis runs to the right, the second away
SLOPE = 0.45  # of the steepest plane, as it is drawn


class ArgmaxPlanes(Stage):
    """The scores of the classes are planes that cut each other; seen from above, the highest are the region map."""

    recipe = Recipe(
        data="spiral",
        data_options={"n_per_class": 80, "n_classes": 5},
        sizes=(2, 100, 2, 5),
        activations=("leaky_relu", "identity", "identity"),
        learning_rate=0.02,
        epochs=800,
        l2=1e-3,
        starts=4,
        seed=2,
    )

    accepts = Shape(hidden=(..., 2), outputs=range(1, 33), last={"identity", "sigmoid"})

    def construct(self):
        trained = self.subject(self.recipe)
        *body, last = trained.network.classifier().layers
        last = against_zero(Layer(last.weight, last.bias))
        spiral = trained.data == "spiral"
        hidden = Network(body).forward(trained.X).output
        cloud = self.cloud_of(trained)
        cells = Regions.over(hidden, Network([last]), order=1)
        wound = Regions.over(trained.X, trained.network, margin=0.04, opacity=0.0)
        wound.boundary.set_opacity(0)
        height = SLOPE / np.linalg.norm(last.weight, axis=1).max()
        scores = (last.weight, last.bias, cells.box)
        planes = Landscape.planes(*scores, height=height, grid=1)
        envelope = Landscape.envelope(*scores, height=height, grid=1, opacity=1.0)
        diagram = NetworkDiagram(trained.network, names=letters(trained.network), size=(3.6, 2.4))
        axes = self.input_axes(trained, wound.box)

        classes = range(last.n_out)
        alone = sum(linearly_separable(trained.X, trained.y == k) for k in classes)
        highest = {region.index for region in upper_envelope(last.weight, last.bias, cells.box)}
        every, result = trained.right == trained.n, {"right": trained.right, "n": trained.n}

        points, values = of_points(trained)
        with self.beat(
            "The arms of a spiral: no straight line separates one from the others.",
            holds=spiral and alone == 0,
            otherwise=[
                ("The arms of a spiral: a straight line separates {alone} of {count} from the others.", spiral),
                *points,
            ],
            alone=alone,
            count=len(classes),
            **values,
        ):
            arrival = self.aside(diagram, *self.legend_of(trained))
            self.look(axes)
            self.play(arrival, FadeIn(cloud), FadeIn(axes))

        with self.beat(
            "The trained network takes every point to a plane where each arm lies by itself.",
            holds=every and spiral,
            otherwise=[
                ("The network takes every point to the plane of its last hidden layer.", trained.own_labels),
                "The trained network takes every point to a plane. {right} of {n} come to lie with their class.",
            ],
            **result,
        ):
            self.play(FadeOut(axes), diagram.animate.set_focus(*range(len(body))))
            carry = Morph(wound, cloud, layers=body)
            self.play(carry, self.follow(carry, cloud))
            axes = Axes(cells.box, ("h_1", "h_2"), at_corner=True)
            self.play(self.reframe(axes))
            self.play(FadeIn(axes))

        with self.beat("Over this plane the score of each class is a plane. They rise one after another."):
            score = formula("z_k = bold(w)_k dot bold(h) + b_k")
            self.play(self.aside(diagram, score), diagram.animate.set_focus(len(body)))
            top = float(envelope.surfaces.get_zenith()[2])
            space = Axes((*cells.box, 0, top), ("h_1", "h_2", "z"), most=5, at_corner=True, units=(1, 1, height))
            self.change_axes(axes, space, planes, phi=LOW, theta=BESIDE)
            self.play(rise(planes, in_turn=True))

        with self.beat(
            "They cut each other, and each of them is the highest somewhere.",
            holds=len(highest) == len(classes),
            otherwise="They cut each other, and {highest} of {classes} are the highest somewhere.",
            highest=len(highest),
            classes=len(classes),
        ):
            self.play(self.turn(TAU, planes, space, run_time=10))

        with self.beat("Only the highest score counts. What stays is the upper envelope."):
            self.play(self.aside(diagram, score, formula("max_k z_k")))
            self.play(FadeOut(planes), FadeIn(envelope))
            self.play(self.reframe(envelope, space, phi=HIGH))
            self.play(Draw(envelope.ridges))

        with self.beat("Every point gets the class of the highest plane above it."):
            points = envelope.add_points(hidden, trained.y)
            self.play(FadeOut(cloud, run_time=self.tokens.breath), Rise(points))

        with self.beat("Seen from above, the envelope is the map of the classes: convex, with straight borders."):
            self.play(self.aside(diagram, formula('op("arg max")_k z_k')))
            axes = Axes(cells.box, ("h_1", "h_2"), at_corner=True)
            self.play(FadeOut(space))
            self.play(self.reframe(envelope, axes, **TOP._asdict()))
            self.play(Rise(envelope, down=True), FadeIn(axes))
            self.play(FadeIn(cells), FadeIn(cloud))
            self.remove(envelope)

        with self.beat(
            "Carried back to the input, the same cells wind with the arms.",
            holds=every and spiral,
            otherwise="Carried back to the input, the same cells hold {right} of {n} points of their class.",
            **result,
        ):
            self.play(FadeOut(axes), diagram.animate.set_focus(), self.reframe(wound))
            shown = (part.animate.set_opacity(1) for part in (wound.faces, wound.boundary))
            self.play(*shown, FadeOut(cells))
            back = Morph(wound, cloud, layers=body, start=1, stop=0, run_time=6)
            self.play(back, self.follow(back, wound))
            axes = self.input_axes(trained, wound.box)
            self.play(self.reframe(axes))
            self.play(FadeIn(axes))


def letters(network):
    """The names of the columns of a network whose last hidden layer is h, and whose scores are z."""
    return ("x", *"abcdefg"[: len(network.layers) - 2], "h", "z") if len(network.layers) < 9 else ()


def against_zero(layer):
    """The scores of two classes where there is a single output, which competes with 0; all others as they are."""
    if layer.n_out > 1:
        return layer
    return Layer(np.vstack([0 * layer.weight, layer.weight]), np.append(0.0, layer.bias))
