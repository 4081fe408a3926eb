"""What affine maps do to a picture: rotate, scale, translate, shear, reflect, and a trained layer made of these."""

from typing import NamedTuple

import numpy as np
from manim import DEGREES, FadeIn, VGroup, linear

from nn_core.interpolation import Decomposition, decompose
from nn_core.network import Layer
from nn_unfold import (
    TOP,
    Axes,
    Cloud,
    Follow,
    LiveAffine,
    Passage,
    Picture,
    Recipe,
    Segments,
    Shape,
    SpatialGroup,
    Stage,
    destinations,
    formula,
    rgb,
    spatial_parts,
    stack,
)
from nn_unfold.theme import theme


class Map(NamedTuple):
    """A map to be shown by itself, what happens, and the kind of its path."""

    layer: Layer
    caption: str
    kind: str = "polar"


COS, SIN = np.cos(40 * DEGREES), np.sin(40 * DEGREES)
MAPS = (
    Map(
        Layer([[COS, -SIN], [SIN, COS]], [0, 0]),
        "A rotation: lengths and angles stay. The columns are where the arrows end.",
    ),
    Map(Layer(np.diag([1.5, 0.6]), [0, 0]), "A scaling: each axis has its own factor, and the area has their product."),
    Map(Layer(np.eye(2), [0.8, 0.4]), "A translation: the bias moves everything by the same amount."),
    Map(Layer([[1, 0.7], [0, 1]], [0, 0]), "A shear: each row slides as far as it is high. The area stays.", "lerp"),
)
REFLECTION = Map(
    Layer(np.diag([-1, 1]), [0, 0]), "A reflection: no rotation within the plane does this. It must leave the plane."
)
STAGES = {
    "rotate": "It rotates the picture,",
    "scale": "it scales it along the axes by its singular values,",
    "rotate again": "it rotates it again,",
    "mirror": "it reflects it,",
    "translate": "and it translates it by its bias. Every layer begins with such a map.",
}


class AffineOnAPicture(Stage):
    """The affine map of a layer rotates, scales and translates, and its matrix tells how much."""

    recipe = Recipe(
        data="crescent",
        data_options={"n_per_class": 120},
        sizes=(2, 2, 2),
        activations=("relu", "sigmoid"),
        initializer=("gaussian", 1.0),
        learning_rate=0.02,
        epochs=150,
        starts=2,
    )

    accepts = Shape(hidden=(2, ...))

    def construct(self):
        layer = self.subject(self.recipe).network.layers[0]
        picture, columns = Picture(), self.tokens.classes[6:8]
        unit, rgba = np.array([[[0, 0], [1, 0]], [[0, 0], [0, 1]]]), [[*rgb(colour), 1.0] for colour in columns]
        arrows = Segments(unit, rgba, width=self.tokens.boundary_width, cased=True, origin=unit)
        tips = Cloud(unit[:, 1])
        tips.rgba[:] = rgba
        ghost = picture.outline.copy().set_color(self.tokens.faint)
        self.world = SpatialGroup(picture, arrows, tips)
        self.numbers = LiveAffine(np.eye(2), np.zeros(2))
        for number, colour in enumerate(columns):
            VGroup(*self.numbers.weight.entries[number::2]).set_color(colour)
        equation = stack(formula("bold(y) = W bold(x) + bold(b)"), self.numbers)

        axes = self.axes_for(*MAPS)
        with self.beat("A picture in the plane, and a layer of two neurons that leaves it as it is."):
            self.play(self.aside(equation))
            self.look(axes)
            self.play(FadeIn(picture), FadeIn(axes), FadeIn(ghost))
            self.play(FadeIn(arrows), FadeIn(tips))

        for act in (*MAPS, REFLECTION):
            with self.beat(act.caption):
                self.play(self.aside(equation, read_out(decompose(act.layer.weight))))
                if act is REFLECTION:
                    self.play(self.swing(axes, self.world, phi=60 * DEGREES, theta=-60 * DEGREES))
                self.play(*self.apply(act.layer, act.kind))
            self.play(*self.apply(act.layer, act.kind, 1.0, 0.0), run_time=0.6 * self.tokens.step)
            if act is REFLECTION:
                self.play(self.swing(axes, self.world, **TOP._asdict()))

        stages = self.way(layer, "svd").flows[0].stages
        matrix = stack(formula("W = U Sigma V^top"), LiveAffine(layer.weight, layer.bias))
        with self.beat(
            "The first layer of a trained network does several of these at once. Its matrix can be taken apart:"
        ):
            wider = self.axes_for(Map(layer, "", "svd"))
            self.play(self.aside(equation, matrix))
            self.change_axes(axes, wider)
        names = ["mirror" if stage.mirror else stage.name for stage in stages]
        for i, (name, stage) in enumerate(zip(names, stages, strict=True)):
            with self.beat(STAGES[f"{name} again" if name in names[:i] else name]):
                part = decompose((stage.path(1.0)[0] @ np.linalg.inv(stage.path(0.0)[0]))[:2, :2])
                self.play(self.aside(equation, matrix, read_out(part)))
                self.play(*self.apply(layer, "svd", i / len(stages), (i + 1) / len(stages)))

    def way(self, layer, kind, start=0.0, stop=1.0):
        """The picture on the way of a layer's affine map, from one share of it to another."""
        # The affine map is the first half of a layer.
        return Passage(self.world, layers=[layer], kind=kind, start=start / 2, stop=stop / 2, rate_func=linear)

    def apply(self, layer, kind, start=0.0, stop=1.0):
        """That way, one step of time for each stage, and the numbers of the moment."""
        way = self.way(layer, kind, start, stop)
        way.set_run_time(abs(stop - start) * len(way.flows[0].stages) * self.tokens.step)
        moment = {"run_time": way.run_time, "rate_func": linear}
        affine, show = way.flows[0], self.numbers.show
        return way, Follow(self.numbers, lambda t: affine.numbers((1 - t) * start + t * stop), show, **moment)

    def axes_for(self, *maps):
        """Axes that reach as far as the picture goes on the ways of these maps."""
        parts = spatial_parts([self.world])
        places = np.concatenate([p for act in maps for p in destinations(parts, [self.way(act.layer, act.kind)], 48)])
        box = np.stack([places.min(axis=0), places.max(axis=0)], axis=1)[:2].ravel()
        return Axes(box, ("y_1", "y_2"), at_corner=True)


def read_out(made: Decomposition):
    """What a matrix does, in numbers: the angle of its rotation or reflection, its singular values, its determinant."""
    first, last = made.singular_values
    angle = f"alpha = {round(np.degrees(made.angle))} degree"
    lines = angle, f"sigma_1 = {first:.2f}, quad sigma_2 = {last:.2f}", f"det = {made.determinant:.2f}"
    return stack(*(formula(line, size=1.25 * theme().label_size) for line in lines))
