"""A 2-100-5 network learns the five-arm spiral: the regions of its classes, and the creases that they are made of."""

from math import comb

import numpy as np
from manim import FadeIn, FadeOut, linear

from nn_core.geometry import creases
from nn_core.network import Network
from nn_unfold import (
    Box,
    Draw,
    Follow,
    Learning,
    LiveNumber,
    LossCurve,
    NetworkDiagram,
    Recipe,
    Regions,
    Segments,
    Shape,
    Stage,
    formula,
    number,
    of_points,
    rgb,
)

ZOOM = 7  # the close look at where the borders meet


class SpiralRegions(Stage):
    """Training moves a hundred creases until the borders that bend at them separate the arms of a spiral."""

    recipe = Recipe(
        data="spiral",
        data_options={"n_per_class": 100, "n_classes": 5},
        sizes=(2, 100, 5),
        activations="relu",
        learning_rate=5e-3,
        epochs=1500,
        snapshots=None,
        seed=0,
    )

    accepts = Shape(hidden=(None, ...), outputs=range(1, 33), activations={"relu", "leaky_relu"}, history=True)

    def construct(self):
        trained = self.subject(self.recipe)
        history, network = trained.history, trained.network
        diagram = NetworkDiagram(
            history.network_at(0), names=("x", "h", "y") if len(network.layers) == 2 else (), size=(3.4, 1.8)
        )
        regions = Regions.over(trained.X, history.network_at(0), opacity=0.6)
        cloud = self.cloud_of(trained)
        axes = self.input_axes(trained, regions.box)

        points, values = of_points(trained)
        with self.beat(
            "The arms of a spiral, a colour for each class.",
            holds=trained.data == "spiral",
            otherwise=points,
            **values,
        ):
            self.play(self.aside(diagram, *self.legend_of(trained)))
            [panel] = self.panels(1)
            panel.add(axes, regions, cloud)
            self.look(axes)
            self.play(FadeIn(axes), FadeIn(cloud))

        hidden = sum(layer.n_out for layer in network.layers[:-1])
        with self.beat(
            "A network with {hidden} hidden neurons divides the plane. Untrained, it gets {right} of {n} points right.",
            holds=True,
            hidden=number(hidden),
            right=trained.right_at(0),
            n=trained.n,
        ):
            self.play(FadeIn(regions))

        with self.beat(
            "Training moves all borders at once, until {right} of {n} points lie in the region of their class.",
            holds=trained.right > trained.right_at(0),
            otherwise="Training moves all borders at once. In the end {right} of {n} points are right.",
            right=trained.right,
            n=trained.n,
        ):
            curves = [LossCurve(history, (name,), size=(2.9, 0.8), epochs="log1p") for name in ("loss", "accuracy")]
            self.play(self.aside(diagram, *curves))
            self.play(Learning(history, regions, diagram, *curves, run_time=12))

        lines, counts = fan(network, regions.box)
        creased = Segments(lines, [*rgb(self.tokens.crease), 0.0], width=self.tokens.line_width)
        pieces = LiveNumber("pieces", counts[0], decimals=0, digits=len(str(counts[-1])))
        with self.beat("What are they made of? A hidden neuron has a crease, where it is zero."):
            self.play(FadeOut(cloud), regions.faces.animate.set_opacity(0.3), regions.boundary.animate.set_opacity(0))
            self.play(self.aside(diagram, formula("bold(w)_k dot bold(x) + b_k = 0"), pieces))
            panel.add(creased)
            self.add(creased)
            count = Follow(pieces, lambda t: [counts[drawn(lines, t)]], pieces.set_value, run_time=10)
            self.play(Draw(creased, run_time=10, rate_func=linear), count)

        with self.beat(
            "They cut this part of the plane into {pieces} pieces. In each, the network is one affine map.",
            holds=True,
            pieces=f"{counts[-1]:,}",
        ):
            bound = []
            if len(network.layers) == 2:
                most = 1 + hidden + comb(hidden, 2)
                bound = [formula(f"<= 1 + n + binom(n, 2) = {most}", size=1.25 * self.tokens.label_size)]
            self.play(self.aside(diagram, pieces, *bound))

        with self.beat("So a border is straight within a piece, and bends only where it meets a crease."):
            near = Regions.over(trained.X / ZOOM, network)
            panel.add(near)
            shown = regions.faces.animate.set_opacity(0.6), regions.boundary.animate.set_opacity(1)
            self.play(FadeOut(axes), *shown)
            self.play(self.reframe(near, run_time=4))

        with self.beat(
            "From afar, the borders look like curves. They have straight pieces, and bend at the creases.",
        ):
            self.play(self.reframe(axes, run_time=4))
            self.play(FadeIn(axes), FadeIn(cloud), FadeOut(creased))


def fan(network: Network, box: Box) -> tuple[np.ndarray, np.ndarray]:
    """The creases of all layers, those of each turning like a fan, and into how many pieces they cut the box.

    Returns:
        lines (n, 2, 2), layer after layer, and counts (n + 1,): the pieces after the first k lines.
    """
    found = creases(network, box)
    found.sort(key=lambda crease: (crease.layer, np.arctan2(*(crease.segments[0, 1] - crease.segments[0, 0])) % np.pi))
    lines = np.concatenate([crease.segments for crease in found])
    layer, neuron = (
        np.repeat([getattr(crease, name) for crease in found], [len(crease.segments) for crease in found])
        for name in ("layer", "neuron")
    )
    # Behind a layer whose creases are there, each segment cuts one piece; so does each crossing of two of its layer.
    same = (layer[:, None] == layer) & (neuron[:, None] != neuron)
    crossings = np.tril(same & crossed(lines), -1).sum(axis=1)
    return lines, np.cumsum([1, *(1 + crossings)])


def crossed(lines: np.ndarray) -> np.ndarray:
    """Which segments (n, 2, 2) cross each other within: (n, n) booleans."""
    start, along = lines[:, 0], lines[:, 1] - lines[:, 0]
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
    heights = (lines[None] - start[:, None, None]) @ normal[:, None, :, None]  # of all ends over the line of each
    sides = heights[..., 0, 0] * heights[..., 1, 0] < 0
    return sides & sides.T


def drawn(lines: np.ndarray, share: float) -> int:
    """How many lines (n, 2, 2) are whole when this share of their length is drawn."""
    ends = np.cumsum(np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1))
    return int((ends <= share * ends[-1]).sum())
