"""The probabilities of a trained 2-100-2-5 network as surfaces, from a high temperature to nearly none."""

import numpy as np
from manim import DEGREES, IN, OUT, TAU, FadeIn, FadeOut
from nn_unfold.films.argmax_planes import ArgmaxPlanes, against_zero, letters

from nn_core.activations import softmax
from nn_core.network import Layer, Network
from nn_unfold import (
    TOP,
    Anneal,
    Axes,
    Cloud,
    Draw,
    Landscape,
    LiveNumber,
    NetworkDiagram,
    Regions,
    Shape,
    SpatialGroup,
    Stage,
    formula,
    rise,
    rows_of_pixels,
    stack,
)

ASLANT = 68 * DEGREES  # of the camera, from the vertical
BESIDE = -74 * DEGREES  # about it: the first axis runs to the right, the second away
HEIGHT, DEPTH = 0.36, 0.2  # of the probability 1, and of the map below, as shares of the plane's side
HOT, COLD = 100.0, 0.12  # temperatures
FLAW = 8  # rows of pixels that flat triangles may be off, were the surfaces as high as the picture


class SoftmaxSurfaces(Stage):
    """Softmax makes every score a surface; the colder it is, the more exactly it stands on the cells of argmax."""

    recipe = ArgmaxPlanes.recipe
    accepts = Shape(hidden=(..., 2), outputs=range(1, 33), last={"identity", "sigmoid"})

    def construct(self):
        trained = self.subject(self.recipe)
        *body, last = trained.network.classifier().layers
        last = against_zero(Layer(last.weight, last.bias))
        hidden = Network(body).forward(trained.X).output
        cells = Regions.over(hidden, Network([last]))
        ground = SpatialGroup(cells, Cloud(hidden, trained.y))
        side = cells.box[1] - cells.box[0]
        one, deep = HEIGHT * side, DEPTH * side
        scores = {"weight": last.weight, "bias": last.bias, "box": cells.box, "height": one, "grid": 1}
        surfaces = Landscape.softmax(**scores, temperature=HOT, tolerance=rows_of_pixels(FLAW))
        diagram = NetworkDiagram(trained.network, names=letters(trained.network), size=(3.6, 2.4)).set_focus(len(body))
        axes = Axes(cells.box, ("h_1", "h_2"), at_corner=True)
        space = Axes((*cells.box, 0, one), ("h_1", "h_2", "p"), most=5, at_corner=True, units=(1, 1, one))

        with self.beat("The last hidden plane of a trained network. The highest score gives the class."):
            arrival = self.aside(diagram, formula('op("arg max")_k z_k'), *self.legend_of(trained))
            self.look(axes)
            self.play(arrival, FadeIn(ground), FadeIn(axes))

        over = Network([last]).logits(hidden)
        hot, cold = softmax(over, HOT), softmax(over, COLD).max(axis=1)

        with self.beat(
            "Softmax turns the scores into probabilities. At a high temperature all are nearly alike.",
            holds=hot.max() < 2 * hot.min(),
            otherwise="Softmax turns the scores into probabilities. The hotter, the more alike they are.",
        ):
            heat = LiveNumber("temperature", HOT, digits=3)
            self.play(self.aside(diagram, stack(formula("p_k = e^(z_k \\/ T) / (sum_j e^(z_j \\/ T))"), heat)))
            self.play(FadeOut(axes))
            rising = rise(surfaces, run_time=self.tokens.turn)
            self.play(rising, self.follow(rising, ground, surfaces, phi=ASLANT, theta=BESIDE))
            # Room is made for what comes: the map lower down, and the surfaces as high as they will be.
            below, higher = ground.copy().shift(deep * IN), surfaces.copy().set_temperature(1)
            self.play(self.reframe(below, higher, space, run_time=self.tokens.step))
            self.play(ground.animate.shift(deep * IN))
            self.play(FadeIn(space))

        with self.beat("As it cools, the class with the highest score gains, and that with the lowest loses."):
            cooling = Anneal(surfaces, 1, run_time=7)
            self.play(cooling, cooling.read_out(heat))

        with self.beat("At temperature one: the probabilities that the network was trained to give."):
            self.play(Draw(surfaces.ridges))
            self.play(self.turn(TAU, ground, surfaces, space, run_time=10))

        with self.beat(
            "Close to zero each surface is nearly a step: one on its cell of the map, zero elsewhere.",
            holds=np.median(cold) > 0.99,
            otherwise="The colder it is, the nearer each surface comes to a step: one on its cell, zero elsewhere.",
        ):
            freezing = Anneal(surfaces, COLD, run_time=6)
            self.play(freezing, freezing.read_out(heat))

        with self.beat("No temperature moves a border: seen from above, the steps are the map of argmax."):
            self.play(FadeOut(space), FadeOut(ground), surfaces.surfaces.animate.set_opacity(1))
            self.play(self.reframe(surfaces, **TOP._asdict()))
            # Hidden by the steps the map comes up to them, so that it is seen in the same size.
            self.add(ground.shift((deep + one) * OUT))
            self.play(FadeOut(surfaces, run_time=self.tokens.step))
            self.play(ground.animate.shift(one * IN), self.reframe(axes), FadeIn(axes))
