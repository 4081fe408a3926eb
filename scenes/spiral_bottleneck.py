"""A 2-100-2-5 network unwinds the arms of a spiral until straight lines separate them."""

import numpy as np
from manim import FadeIn, FadeOut

from nn_core.geometry import creases as creases_of
from nn_core.network import Network
from nn_unfold import (
    Axes,
    Draw,
    Morph,
    NetworkDiagram,
    Recipe,
    Regions,
    Segments,
    Shape,
    Sheet,
    SpatialGroup,
    Stage,
    formula,
    formula_of,
    number,
    of_points,
    stack,
)


class SpiralBottleneck(Stage):
    """Behind a hundred folds the plane is a plane again, and there the arms are straight enough for lines."""

    recipe = Recipe(
        data="spiral",
        data_options={"n_per_class": 100, "n_classes": 5},
        sizes=(2, 100, 2, 5),
        activations=("relu", "identity", "identity"),
        learning_rate=5e-3,
        epochs=1500,
        l2=1e-3,
        seed=5,
    )

    accepts = Shape(
        hidden=(range(4, 10_001), 2),
        outputs=range(1, 33),
        activations={"relu", "identity"},
        last={"identity", "sigmoid"},
    )

    def construct(self):
        trained = self.subject(self.recipe)
        *front, last = trained.network.layers
        regions = Regions.over(trained.X, trained.network, margin=0.04, opacity=0.0)
        regions.boundary.set_opacity(0)
        sheet = Sheet(regions.box, trained.network, grid=0.2, opacity=0.4)
        creases = [*sheet.creases, Segments(np.empty((0, 2, 2)), (0, 0, 0, 0))][0]
        creases.width_px = self.tokens.line_width
        cloud = self.cloud_of(trained)
        world = SpatialGroup(sheet, regions, cloud)
        diagram = NetworkDiagram(trained.network, names=("x", "a", "h", "y"), size=(3.6, 2.4))
        axes = self.input_axes(trained, sheet.box)

        spiral, (points, values) = trained.data == "spiral", of_points(trained)
        with self.beat(
            "The arms of a spiral, on a plane that the network may fold.", holds=spiral, otherwise=points, **values
        ):
            self.play(self.aside(diagram, *self.legend_of(trained)))
            self.look(axes)
            self.play(FadeIn(sheet), FadeIn(axes))
            self.play(FadeIn(cloud))

        hidden = front[0].n_out
        met = len([crease for crease in creases_of(trained.network, sheet.box) if crease.layer == 0])
        every = trained.right == trained.n

        with self.beat(
            "The first layer has {hidden} neurons, and each has a crease in this plane.",
            holds=met == hidden,
            otherwise="The first layer has {hidden} neurons. The creases of {met} of them cross this plane.",
            hidden=number(hidden),
            met=met,
        ):
            self.play(diagram.animate.set_focus(0))
            self.play(Draw(creases, run_time=4))
            self.play(creases.animate.set_opacity(0.3))

        with self.beat(
            "A space of {hidden} dimensions can't be shown. But the next layer has two, and these can.",
            hidden=number(hidden),
        ):
            one = formula_of(front[0].activation, "W bold(x) + bold(b)")
            two = formula_of(front[1].activation, "W' bold(a) + bold(b)'")
            path = stack(
                formula(f"bold(a) = {one}"),
                formula(f"bold(h) = {two}"),
                formula("(1 - t) bold(x) + t bold(h)"),
            )
            self.play(self.aside(diagram, path), diagram.animate.set_focus(0, 1))

        with self.beat("So every point goes straight to where the two layers put it."):
            self.play(FadeOut(axes))
            unwind = Morph(world, layers=front, run_time=10)
            self.play(unwind, self.follow(unwind, sheet))

        with self.beat(
            "Here straight lines are enough: every region is convex, and every point lies in that of its class.",
            holds=every and not trained.own_labels,
            otherwise="Here all borders are straight, and every region is convex. {right} of {n} points are right.",
            right=trained.right,
            n=trained.n,
        ):
            axes = Axes.around(sheet, names=("h_1", "h_2"))
            self.play(self.aside(diagram), diagram.animate.set_focus(2), self.reframe(sheet, axes))
            self.play(FadeIn(axes))
            lines = Regions(Network([last]), sheet_box(sheet), opacity=0.0)
            hidden = (part.animate.set_opacity(0) for part in (sheet.faces, creases))
            self.play(*hidden, regions.faces.animate.set_opacity(0.6))
            self.play(Draw(lines.boundary, run_time=3))

        with self.beat(
            "Carried back, the same straight lines wind between the arms.",
            holds=every and spiral,
            otherwise="Carried back, the same straight lines bend at the creases.",
        ):
            self.play(FadeOut(lines.boundary), FadeOut(axes), regions.boundary.animate.set_opacity(1))
            wind = Morph(world, layers=front, start=1, stop=0, run_time=8)
            axes = self.input_axes(trained, sheet.box)
            self.play(wind, self.follow(wind, sheet))
            self.play(self.reframe(axes))
            self.play(FadeIn(axes))


def sheet_box(sheet):
    """The box of the plane that a sheet covers now."""
    low, high = sheet.faces.points.min(axis=0), sheet.faces.points.max(axis=0)
    return low[0], high[0], low[1], high[1]
