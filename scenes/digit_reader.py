"""One digit through a trained network, with all its numbers; and one that it gets wrong, with the terms that decide."""

from typing import NamedTuple

import numpy as np
from manim import RIGHT, FadeIn, FadeOut, Square, VGroup

from nn_core.activations import softmax
from nn_core.datasets import load_digits
from nn_unfold import (
    DIGIT_READER,
    Follow,
    NetworkDiagram,
    PixelGallery,
    Pixels,
    RowBars,
    Shape,
    Stage,
    Tally,
    formula,
    full_at,
    label,
    number,
    rounded_down,
)
from nn_unfold.flat.chain import Equation, Terms

SIDE = 28
WINDOW = 7  # pixels along a side of the piece that is magnified
PICTURED = 16  # hidden neurons that are shown as pictures, at most
LARGEST = 6  # terms of a sum that are shown one by one
BESIDE = 0.93  # frame units from an output to its name: there is room for its number
DROPS = 14  # input neurons that are drawn: pixels down the middle of the picture


class DigitReader(Stage):
    """784 pixels, 16 hidden neurons, ten answers: what each number is, and why an answer is wrong."""

    recipe = DIGIT_READER
    accepts = Shape(inputs=784, hidden=(None,), outputs=10)

    def construct(self):
        subject = self.subject(self.recipe)
        self.read(subject)
        hidden, output = self.network.layers
        x, scores = self.X[self.clear], self.trace.logits[self.clear]
        h, answer = self.trace.a[0][self.clear], int(scores.argmax())
        room = self.area().grown(self.tokens.label_room)

        with self.beat(
            "A picture of a digit is {pixels} numbers, one for each of {side} times {side} pixels: here from 0 to {most}.",
            holds=x.min() == 0 and hidden.n_in == SIDE**2,
            otherwise="A picture of a digit is {pixels} numbers, one for each of {side} times {side} pixels.",
            pixels=hidden.n_in,
            side=SIDE,
            most=f"{x.max():.3g}",
        ):
            whole, piece = room.shared(2, gap=self.tokens.margin)
            side = min(5.0, *whole.size)
            large = self.ink(x, side).move_to(whole.centre)
            self.play(FadeIn(large))
            row, column = busiest(x.reshape(SIDE, SIDE), WINDOW)
            values = x.reshape(SIDE, SIDE)[row : row + WINDOW, column : column + WINDOW]
            marked = Square(side * WINDOW / SIDE, stroke_color=self.tokens.accent, stroke_width=5)
            marked.move_to(large.middles()[row : row + WINDOW, column : column + WINDOW].mean(axis=(0, 1)))
            near = Pixels(side, values, self.most, ink=True).move_to(piece.centre)
            self.play(FadeIn(marked))
            self.play(FadeIn(near, target_position=marked, scale=WINDOW / SIDE))
            self.play(FadeIn(written := near.numbers()))

        with self.beat(
            "The network that reads it: all pixels lead to {hidden} hidden neurons, and these to ten outputs.",
            hidden=number(hidden.n_out),
        ):
            self.play(FadeOut(written, near, marked, run_time=self.tokens.breath))
            picture = self.ink(x, 2.6)
            self.play(FadeOut(large, run_time=self.tokens.breath), self.aside(picture))
            diagram, names = self.diagram()
            self.play(FadeIn(diagram), FadeIn(names))

        counts = [part.size for layer in self.network.layers for part in (layer.weight, layer.bias)]
        with self.beat(
            "Its numbers, counted: a weight for each edge, a bias for each neuron. {total} in all.",
            holds=sum(counts) == self.network.n_parameters,
            total=f"{sum(counts):,}",
        ):
            size = 0.95 * self.tokens.label_size
            words = ("weights {n_out} × {n_in}", "biases")
            texts = [
                label(text, size=size, n_in=layer.n_in, n_out=layer.n_out) if "{" in text else label(text, size=size)
                for layer in self.network.layers
                for text in words
            ]
            tally = Tally(texts, counts)
            self.play(self.aside(picture, tally))
            for layer in (0, 1):
                self.play(diagram.animate.set_focus(layer), run_time=self.tokens.breath)
                self.play(tally.count(2 * layer, 2 * layer + 2, run_time=self.tokens.turn))
            self.play(diagram.animate.set_focus(), run_time=self.tokens.breath)

        with self.beat("The picture runs through: each neuron adds up what comes in, times its weights, and its bias."):
            self.play(self.aside(picture, formula("bold(h) = max(0, W bold(x) + bold(b))")))
            self.play(diagram.send(x))

        first = int((output.weight[answer] * h).argmax())
        with self.beat(
            "One hidden neuron: its weights are a picture too. Blue pixels speak for it, orange ones against."
        ):
            self.play(self.aside(), FadeOut(diagram, names))
            product = self.product(x, first, room)
            for part in product:
                self.play(FadeIn(part), run_time=self.tokens.breath)

        with self.beat(
            "Of the {hidden} hidden neurons {active} answer to this picture. The others say 0.",
            holds=(h == 0).any(),
            otherwise="All {hidden} hidden neurons answer to this picture.",
            hidden=number(hidden.n_out),
            active=number(int((h > 0).sum())),
        ):
            self.play(FadeOut(product))
            self.play(self.aside(picture))
            middle, right = self.area().grown(self.tokens.label_room).columns(0, 3.6, gap=self.tokens.margin)
            pictured = np.sort(np.argsort(-h, kind="stable")[:PICTURED])
            gallery = within(PixelGallery(self.weights[pictured], h[pictured], side=1.0), middle)
            self.play(FadeIn(gallery))

        shares = self.shares[self.clear]
        with self.beat(
            "Each output adds these up with weights of its own, and softmax makes shares of the sums: {share} % for {name}.",
            holds=True,
            share=f"{100 * rounded_down(shares[answer], 3):.1f}",
            name=self.names[answer],
        ):
            bars = self.answers(shares, right)
            self.play(FadeIn(bars))

        with self.beat(self.score_text(subject), holds=True, right=self.n_right, n=len(self.y)):
            stream = self.stream(answer)

            def show(inputs):
                trace = self.network.forward(inputs[None])
                picture.set_values(inputs.reshape(SIDE, SIDE), self.most)
                gallery.set_values(trace.a[0][0][pictured])
                bars.set_values(softmax(trace.logits)[0])

            self.play(Follow(VGroup(picture, gallery, bars), lambda t: [stream(t)], show, run_time=12))

        case = self.mistake()
        wrong = {"truth": self.names[case.truth], "answer": self.names[case.answer]}
        with self.beat(
            "This {truth} it takes for a {answer}, with a share of {share} %.",
            holds=case.is_wrong,
            otherwise="It gets none wrong. Of this {truth} it is least sure: it might have been a {answer}.",
            share=f"{100 * rounded_down(self.shares[case.row, case.answer], 3):.1f}",
            **wrong,
        ):
            show_case = Follow(
                VGroup(picture, gallery, bars),
                lambda t: [(1 - t) * stream(1.0) + t * self.X[case.row]],
                show,
                run_time=self.tokens.step,
            )
            self.play(show_case)
            self.play(bars.animate.mark({case.truth, case.answer}))

        with self.beat(
            "Why? The difference of the two scores is a sum, with a term for each hidden neuron: ({weights}) times h.",
            weights=f"w{wrong['answer']} − w{wrong['truth']}",
        ):
            self.play(FadeOut(gallery, bars, run_time=self.tokens.breath))
            heads = [Pixels(0.5, each, gallery.pictures[0].reach) for each in self.weights[case.order[:LARGEST]]]
            heads += [label("all others"), label("biases")]
            reach = 1.05 * np.abs(case.terms).max()
            _, field = self.area().grown(self.tokens.label_room).columns(0.3, 0, gap=self.tokens.margin)
            rows = RowBars(heads, case.rows, (-reach, reach), size=(6.5, 4.7)).move_to(field.centre)
            self.play(self.aside(picture, Equation(case.difference(wrong), case.margin, decimals=2)))
            self.play(FadeIn(rows))

        with self.beat(
            "It is {k} of these terms that decide: without them the score of {truth} would be higher.",
            holds=1 < case.deciding <= LARGEST,
            otherwise=[
                (
                    "It is one of these terms that decides: without it the score of {truth} would be higher.",
                    case.deciding == 1,
                ),
                "No few of these terms decide: the score of {answer} is higher by many of them.",
            ],
            k=number(case.deciding),
            **wrong,
        ):
            decisive = [i for i, j in enumerate(case.order[:LARGEST]) if j in case.decisive]
            self.play(rows.animate.mark(decisive))

        top, h = case.decisive[0], self.trace.a[0][:, case.decisive[0]]
        means = {name: h[self.y == k].mean() for name, k in (("as_answer", case.answer), ("as_truth", case.truth))}
        alike = abs(h[case.row] - means["as_answer"]) < abs(h[case.row] - means["as_truth"])
        with self.beat(
            "The first of them says {value}. To a {answer} it says {as_answer} on average, to a {truth} {as_truth}: it sees a {answer}.",
            holds=alike,
            otherwise="The first of them says {value}. To a {answer} it says {as_answer} on average, to a {truth} {as_truth}.",
            value=f"{h[case.row]:.1f}",
            **{name: f"{mean:.1f}" for name, mean in means.items()},
            **wrong,
        ):
            self.play(self.aside(), FadeOut(rows))
            self.play(FadeIn(self.product(self.X[case.row], top, room)))

    # What the network says

    def read(self, subject):
        """Take the network as it sees plain pixels, and the digits that it is asked: new ones, or those brought."""
        scaling = subject.scaling
        self.network = subject.network if scaling is None else scaling.unfolded(subject.network)
        self.names = subject.classes or tuple(map(str, range(10)))
        if scaling is None:
            _, _, self.X, self.y = load_digits()
        else:
            self.X, self.y = scaling.invert(subject.X), subject.y
        self.most = float(self.X.max())
        self.trace = self.network.forward(self.X)
        self.shares = softmax(self.trace.logits)
        self.weights = self.network.layers[0].weight.reshape(-1, SIDE, SIDE)
        guessed = self.trace.logits.argmax(axis=1)
        self.n_right = int((guessed == self.y).sum())
        self.clear = int(np.where(guessed == self.y, self.shares.max(axis=1), -1).argmax())

    def score_text(self, subject):
        """What is said of all digits: only of the film's own network is it known that it has never seen them."""
        if subject.given:
            return "Other digits wake up other neurons. Of these {n} it reads {right} right."
        return "Other digits wake up other neurons. Of {n} that it has never seen it reads {right} right."

    def mistake(self):
        """The digit that it reads wrong with the largest share; of none, the one of which it is least sure."""
        output = self.network.layers[1]
        guessed = self.trace.logits.argmax(axis=1)
        best = self.shares.max(axis=1)
        if (guessed != self.y).any():
            row = int(np.where(guessed != self.y, best, -1).argmax())
            truth = int(self.y[row])
        else:
            row = int(best.argmin())
            truth = int(np.argsort(self.shares[row])[-2])
        answer = int(guessed[row])
        terms = (output.weight[answer] - output.weight[truth]) * self.trace.a[0][row]
        return Case(row, truth, answer, answer != self.y[row], terms, float(output.bias[answer] - output.bias[truth]))

    def stream(self, answer):
        """The pixels at a share of the time: a digit of each class in turn, each mixed into the next for a moment."""
        shown = [self.clear, *(int(np.flatnonzero(self.y == k)[0]) for k in np.unique(self.y) if k != answer)]

        def at(t):
            place = t * (len(shown) - 1)
            number = min(int(place), len(shown) - 2)
            mixed = np.clip((place - number - 0.7) / 0.3, 0, 1)
            return (1 - mixed) * self.X[shown[number]] + mixed * self.X[shown[number + 1]]

        return at

    # What is shown

    def ink(self, x, side):
        """A digit as a picture."""
        return Pixels(side, x.reshape(SIDE, SIDE), self.most, ink=True)

    def diagram(self):
        """The diagram of the network, and beside its outputs the classes that they stand for."""
        area, least = self.area(), (SIDE - DROPS) // 2
        middle = [SIDE * row + SIDE // 2 for row in range(least, least + DROPS)]
        size = area.right - area.left - 0.4, area.top - area.bottom + 0.6
        diagram = NetworkDiagram(self.network, size=size, most=PICTURED, choose={0: middle}, decimals=1)
        diagram.move_to(area.centre)
        texts = [label(name, size=0.8 * self.tokens.label_size, colour=self.tokens.faint) for name in self.names]
        for text, neuron in zip(texts, diagram.neurons[2], strict=True):
            text.next_to(neuron, RIGHT, buff=BESIDE)
        names = VGroup(*texts)
        return diagram, names

    def product(self, x, neuron, room):
        """The pixels, the weights of a hidden neuron, both multiplied, and what all of it adds up to."""
        layer = self.network.layers[0]
        weights, bias = layer.weight[neuron], layer.bias[neuron]
        amounts = weights * x
        value = max(0.0, float(amounts.sum() + bias))
        above, line = room.rows(0, 1.35, gap=self.tokens.margin)
        first, second, third = above.columns(0, 0, 0, gap=0.5)
        side = min(first.size)
        pictures = [
            self.ink(x, side),
            Pixels(side, weights.reshape(SIDE, SIDE), full_at(weights)),
            Pixels(side, amounts.reshape(SIDE, SIDE), full_at(amounts)),
        ]
        for picture, area in zip(pictures, (first, second, third), strict=True):
            picture.move_to(area.centre)
        times, equals = (
            formula(sign, size=1.6 * self.tokens.formula_size).move_to((one.centre + other.centre) / 2)
            for sign, one, other in (("dot.o", first, second), ("=", second, third))
        )
        sums = [amounts[amounts > 0].sum(), amounts[amounts < 0].sum(), bias]
        terms = Terms([("sum_(w x > 0) w x",), ("sum_(w x < 0) w x",), ("b",)], sums, sign="+", decimals=2)
        total = Equation("arrow.r h = max(0, z) =", value, decimals=2)
        sum_of_all = within(VGroup(terms, total).arrange(buff=0.4), line)
        return VGroup(VGroup(pictures[0], times), VGroup(pictures[1], equals), pictures[2], sum_of_all)

    def answers(self, shares, room):
        """The shares of the ten answers as bars."""
        bars = RowBars([label(name) for name in self.names], shares, (0.0, 1.0), size=(3.5, 4.9))
        return bars.move_to(room.centre)


def within(mobject, area):
    """In the middle of an area, and no wider than it."""
    return mobject.scale(min(1.0, area.size[0] / mobject.width)).move_to(area.centre)


class Case(NamedTuple):
    """Why one class has a higher score than another.

    Attributes:
        row: of the picture among all.
        truth: the class that has lost.
        answer: the class that has won.
        is_wrong: whether the answer is wrong.
        terms: (n_hidden,) what each hidden neuron adds to the difference of the scores.
        bias: what the biases add.
    """

    row: int
    truth: int
    answer: int
    is_wrong: bool
    terms: np.ndarray
    bias: float

    @property
    def margin(self):
        """The difference of the two scores."""
        return float(self.terms.sum() + self.bias)

    @property
    def order(self):
        """The hidden neurons, that with the largest term first."""
        return np.argsort(-np.abs(self.terms), kind="stable")

    @property
    def rows(self):
        """The largest terms, the sum of all others, and the biases."""
        terms = self.terms[self.order]
        return np.array([*terms[:LARGEST], terms[LARGEST:].sum(), self.bias])

    @property
    def decisive(self):
        """The fewest neurons without whose terms the difference would be negative; the largest one where none do."""
        largest = np.argsort(-self.terms, kind="stable")
        left = self.margin - np.cumsum(self.terms[largest])
        return largest[: int((left < 0).argmax()) + 1].tolist()

    @property
    def deciding(self):
        """How many these are; 0 where the difference would stay positive without all of them."""
        return len(self.decisive) if self.margin < self.terms[self.decisive].sum() else 0

    def difference(self, names):
        """The difference of the scores as a formula."""
        return f'z_"{names["answer"]}" - z_"{names["truth"]}" ='


def busiest(picture, size):
    """Where the square piece of a picture with most grey, neither paper nor ink, is: its first row and column."""
    grey = picture * (picture.max() - picture)
    windows = np.lib.stride_tricks.sliding_window_view(grey, (size, size))
    return np.unravel_index(windows.sum(axis=(2, 3)).argmax(), windows.shape[:2])
