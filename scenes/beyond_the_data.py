"""A ReLU and a sine network agree where there are data; ten times as far out neither knows the spiral."""

from dataclasses import replace

import numpy as np
from manim import LEFT, Animation, FadeIn, FadeOut

from nn_core.datasets import spiral_arm
from nn_core.geometry import creases
from nn_core.network import Layer, Network
from nn_unfold import (
    Axes,
    Box,
    Cloud,
    Draw,
    LiveNumber,
    Panel,
    Recipe,
    Regions,
    Segments,
    Stage,
    Trained,
    formula,
    number,
    polygon,
    rgb,
    rounded_down,
    rows_of_pixels,
)
from nn_unfold.theme import theme

FAR, BETWEEN = 10, 3  # how many times as far the second look reaches, and the last one
CLOSE = 0.06  # how far a share may be from that of a guess, to be about as good
ROWS = 10  # of pixels, for each triangle of a region of the sine network


class BeyondTheData(Stage):
    """Beyond the data a network goes on as its neurons do: ReLU in straight rays, sine in waves."""

    accepts = "it compares two networks that it trains itself, on a spiral of which it knows how it goes on"

    recipe = Recipe(
        data="spiral",
        data_options={"n_per_class": 100, "n_classes": 5},
        sizes=(2, 100, 5),
        activations="relu",
        learning_rate=1e-2,
        epochs=1500,
        l2=3e-4,
        seed=0,
    )

    def construct(self):
        panels = self.panels(2, gap=self.tokens.margin, headroom=self.tokens.margin)
        relu, sine = sides = [
            Side(panel, name, self.trained(replace(self.recipe, activations=activation)))
            for panel, name, activation in zip(panels, ("max(0, z)", "sin z"), ("relu", "sin"), strict=True)
        ]

        here, there = self.sides(*panels)
        with self.beat(
            "The same arms, the same training, other neurons: ReLU {here}, sine {there}.", here=here, there=there
        ):
            for side in sides:
                self.look(side.axes)
            self.play(*(FadeIn(side.axes, side.cloud, side.title) for side in sides))

        trained = {"relu": relu.trained.right, "sine": sine.trained.right, "n": relu.trained.n}
        with self.beat(
            "Both have learnt them. Where there are data, they agree.",
            holds=trained["relu"] == trained["sine"] == trained["n"],
            otherwise="Of {n} points ReLU has {relu} right and sine {sine}.",
            **trained,
        ):
            self.play(*(FadeIn(side.near, side.score) for side in sides))

        with self.beat("What do they say further out? Go back, to see {times} times as far.", times=number(FAR)):
            self.play(*(FadeOut(side.axes) for side in sides))
            self.play(*(FadeIn(side.far.faces, side.frame) for side in sides))
            moves = [self.reframe(side.far_axes, run_time=6) for side in sides]
            self.play(*moves, *(FadeOut(side.cloud, side.near.boundary, run_time=6) for side in sides))
            self.play(*(FadeIn(side.far_axes) for side in sides))

        with self.beat("Behind its last crease a ReLU network is linear for ever: the regions end in straight rays."):
            self.play(Draw(relu.far.boundary, run_time=3))

        with self.beat("A sine neuron is a wave without end. These are the crests of the one that counts most."):
            wave = crests(sine.network, sine.far.box)
            sine.panel.add(wave)
            self.play(Draw(wave, run_time=3))

        with self.beat(
            "And the truth? The arms go on turning, and run through every colour.",
            holds=all(len(side.met) == side.network.n_out for side in sides),
            otherwise="And the truth? The arms go on turning.",
        ):
            self.play(FadeOut(wave), *(change for side in sides for change in side.dimmed()))
            self.play(*(Draw(side.arms, run_time=7) for side in sides))

        guess = 1 / relu.network.n_out
        with self.beat(
            "Beyond the data, both networks are right about as often as a guess.",
            holds=all(abs(side.share - guess) < CLOSE for side in sides),
            otherwise="Beyond the data ReLU is right on {relu} % of the arms, sine on {sine} %, a guess on {guess} %.",
            relu=int(100 * relu.share),
            sine=int(100 * sine.share),
            guess=round(100 * guess),
        ):
            self.play(*(FadeOut(side.score, side.far_axes) for side in sides), run_time=self.tokens.breath)
            self.play(*(FadeIn(side.score_beyond) for side in sides), run_time=self.tokens.breath)
            self.play(*(self.reframe(side.frame.copy().scale(BETWEEN), run_time=4) for side in sides))


class Side:
    """A panel with a network, the data that it was trained on, and what it says near them and far away."""

    def __init__(self, panel: Panel, name: str, trained: Trained) -> None:
        self.panel, self.trained, self.network = panel, trained, trained.network
        network, X, y = trained.network, trained.X, trained.y
        self.cloud = Cloud(X, y)
        across = round(1 / rows_of_pixels(ROWS))
        self.near = Regions.over(X, network, order=1, detail=(across, 2 * across))
        self.axes, self.far_axes = (
            Axes(times * np.array(self.near.box), ("x_1", "x_2"), at_corner=True) for times in (1, FAR)
        )
        self.far = Regions(network, tuple(FAR * np.array(self.near.box)), detail=(across, across))
        self.far.boundary.width_px = 0.5 * theme().boundary_width
        left, right, low, high = self.near.box
        corners = np.array([[left, low, 0], [right, low, 0], [right, high, 0], [left, high, 0]])
        self.frame = polygon(corners, theme().boundary, opacity=0)
        self.arms, self.share, self.met = continued(network, min(np.abs(self.far.box)))
        panel.add(self.cloud, self.near, self.far, self.frame, self.arms)
        panel.add(self.axes, self.far_axes)
        self.title = formula(name, size=1.5 * theme().label_size)
        self.score = LiveNumber("right among the data", rounded_down(trained.history.accuracy[-1]))
        self.score_beyond = LiveNumber("right beyond the data", rounded_down(self.share))
        panel.head(self.title, self.score, gap=theme().margin)
        self.score_beyond.move_to(self.score, aligned_edge=LEFT)

    def dimmed(self) -> list[Animation]:
        """Animations that leave a faint picture of what the network says, near and far."""
        gone = [self.near.faces, self.far.boundary]
        return [*(part.animate.set_opacity(0) for part in gone), self.far.faces.animate.set_opacity(0.4)]


def continued(network: Network, reach: float) -> tuple[Segments, float, set[int]]:
    """The arms out to the radius `reach`; beyond the data the share that a network labels right, and all its labels."""
    radius = np.linspace(0.2, reach, 1000)
    lines = np.stack([spiral_arm(radius, arm, n_classes=network.n_out) for arm in range(network.n_out)], axis=1)
    beyond = lines[radius > 1]
    labels = network.predict(beyond.reshape(-1, 2))
    right = float((labels == np.tile(np.arange(network.n_out), len(beyond))).mean())
    colours = [[*rgb(colour), 1.0] for colour in theme().class_colours(network.n_out)]
    # All arms grow together, since lines are drawn in their order. Every other place is smooth enough to draw.
    lines = lines[1::2]
    ends = np.stack([lines[:-1], lines[1:]], axis=2).reshape(-1, 2, 2)
    drawn = Segments(ends, np.tile(colours, (len(lines) - 1, 1)), width=theme().crease_width, cased=True)
    return drawn, right, set(labels.tolist())


def crests(network: Network, box: Box) -> Segments:
    """The lines on which the sine neuron that counts most is at its highest, a period apart."""
    hidden, output = network.layers
    neuron = np.linalg.norm(output.weight, axis=0).argmax()
    weight, bias = hidden.weight[neuron], hidden.bias[neuron] - np.pi / 2
    turns = np.array([[x, y] for x in box[:2] for y in box[2:]]) @ weight + bias
    periods = 2 * np.pi * np.arange(np.ceil(turns.min() / (2 * np.pi)), turns.max() / (2 * np.pi))
    # Each line is the crease of a ReLU neuron: geometry clips it to the box.
    shifted = Layer(np.tile(weight, (len(periods), 1)), bias - periods, "relu")
    lines = creases(Network([shifted, Layer(np.zeros((1, len(periods))), [0.0])]), box)
    ends = np.concatenate([line.segments for line in lines])
    return Segments(ends, [*rgb(theme().boundary), 1.0], width=0.5 * theme().crease_width, cased=True)
