"""A layer recombines what it is given: atoms to molecules, molecules to mixtures, pixels to pictures."""

import numpy as np
from manim import DOWN, RIGHT, FadeIn, FadeOut, TransformFromCopy, VGroup

from nn_core.datasets import load_digits
from nn_core.network import Layer, Network
from nn_unfold import (
    DIGIT_READER,
    LiveMatrix,
    NetworkDiagram,
    PixelGallery,
    Pixels,
    RowBars,
    Stage,
    formula,
    full_at,
    label,
    number,
    stack,
)
from nn_unfold.flat.molecules import Atom, Molecule, name_of

MOLECULES = np.array([[1, 2], [0, 3], [1, 1]])  # of carbon and oxygen
OTHERS = np.array([[0, 0.3], [1, 1.5]])
MIXTURES = np.array([[1, 0, 2], [0, 1, 1]])  # of the molecules
AT = 0.72  # of the way along an edge: where numbers are clear of each other
SIDE = 28


class AtomsToMolecules(Stage):
    """Each neuron is a recipe: how much of everything before goes into it."""

    recipe = DIGIT_READER

    def construct(self):
        with self.beat("Two kinds of atoms, carbon and oxygen: a layer with two inputs."):
            self.play(self.aside(formula("bold(y) = W bold(x)")))
            diagram, atoms, molecules = self.drawn(MOLECULES)
            self.play(FadeIn(diagram), FadeIn(atoms))

        with self.beat("A row of the weight matrix is a recipe: so much of each atom makes one molecule."):
            self.play(self.aside(formula("bold(y) = W bold(x)"), self.matrix(MOLECULES)))
            self.play(FadeIn(edges := diagram.edge_numbers(0, at=AT)))
            for molecule, name in molecules:
                self.gather(atoms, molecule, name)

        with self.beat(
            "Another matrix, other substances. A weight need not be whole: to a network, 0.3 of an atom is fine."
        ):
            self.play(FadeOut(diagram, atoms, molecules, edges))
            self.play(self.aside(formula("bold(y) = W bold(x)"), self.matrix(OTHERS)))
            diagram, atoms, molecules = self.drawn(OTHERS)
            self.play(FadeIn(diagram), FadeIn(atoms), FadeIn(edges := diagram.edge_numbers(0, at=AT)))
            for molecule, name in molecules:
                self.gather(atoms, molecule, name)

        mixed = MIXTURES @ MOLECULES
        with self.beat(
            "A further layer mixes molecules. In the end, the first mixture has {carbon} C and {oxygen} O.",
            holds=True,
            carbon=int(mixed[0, 0]),
            oxygen=int(mixed[0, 1]),
        ):
            self.play(FadeOut(diagram, atoms, molecules, edges))
            self.play(self.aside(formula("bold(y) = W' W bold(x)"), self.matrix(MIXTURES), self.matrix(MOLECULES)))
            diagram, atoms, mixtures = self.drawn(MOLECULES, MIXTURES)
            numbers = VGroup(*(diagram.edge_numbers(layer, at=AT) for layer in (0, 1)))
            self.play(FadeIn(diagram), FadeIn(atoms), FadeIn(numbers))
            self.play(FadeOut(atoms, run_time=self.tokens.breath))
            self.play(diagram.send(np.ones(2)))
            self.play(FadeIn(mixtures))

        with self.beat(
            "Two matrices in a row are one, their product. Only an activation between them makes a layer new."
        ):
            product = stack(formula("W' W ="), self.matrix(mixed))
            self.play(self.aside(formula("bold(y) = W' W bold(x)"), product))

        network = self.trained(self.recipe).network
        hidden, output = network.layers
        digits = load_digits()
        with self.beat(
            "In a network that reads digits the atoms are {pixels} pixels. Each of {hidden} neurons is a recipe: a picture.",
            pixels=hidden.n_in,
            hidden=number(hidden.n_out),
        ):
            self.play(FadeOut(diagram, mixtures, numbers), self.aside())
            weights = hidden.weight.reshape(-1, SIDE, SIDE)
            gallery = PixelGallery(weights, np.ones(len(weights)), columns=8, side=1.25)
            gallery.numbers.set_opacity(0)
            gallery.move_to(self.area().centre)
            self.play(FadeIn(gallery))

        h = network.forward(digits.X_test).a[0]
        first = int(np.flatnonzero(digits.y_test == 0)[0])
        second = int(((h > 0) != (h[first] > 0)).sum(axis=1).argmax())
        answer = int(network.predict(digits.X_test[[first]])[0])
        x = digits.X_test[first]
        with self.beat(
            "To this picture {active} of them answer, each with its number.",
            holds=True,
            active=number(int((h[first] > 0).sum())),
        ):
            picture = Pixels(2.6, x.reshape(SIDE, SIDE), ink=True)
            self.play(FadeOut(gallery, run_time=self.tokens.breath))
            self.play(self.aside(picture))
            gallery = PixelGallery(weights, h[first], columns=4).move_to(self.area().centre)
            self.play(FadeIn(gallery))

        composed = [self.composed(network, h[row], answer) for row in (first, second)]
        score, bias = network.forward(x[None]).logits[0, answer], self.constant(network, h[first], answer)
        with self.beat(
            "The output for {answer} adds these up: one picture. Times the pixels, plus a bias, it gives its score: {score}.",
            holds=np.isclose(composed[0].ravel() @ x + bias, score),
            answer=str(answer),
            score=f"{score:.2f}",
        ):
            left, right = self.area().grown(self.tokens.label_room).columns(0, 0, gap=self.tokens.margin)
            whole = Pixels(3.4, composed[0], full_at(composed[0])).move_to(right.centre)
            self.play(gallery.animate.scale(0.85).move_to(left.centre))
            parts = [whole.copy() for _ in gallery.pictures]
            self.play(*map(TransformFromCopy, gallery.pictures, parts), run_time=self.tokens.step)
            self.remove(*parts)
            self.add(whole)

        changed = int(((h[first] > 0) != (h[second] > 0)).sum())
        with self.beat(
            "Another picture: {changed} neurons switch, and the same output is another picture. That is what ReLU adds.",
            holds=changed > 1,
            otherwise="Another picture switches hardly a neuron, and the output stays the same picture.",
            changed=number(changed),
        ):
            other = Pixels(2.6, digits.X_test[second].reshape(SIDE, SIDE), ink=True)
            self.play(self.aside(other), FadeOut(whole))
            self.play(gallery.animate.set_values(h[second]))
            whole = Pixels(3.4, composed[1], full_at(composed[1])).move_to(right.centre)
            self.play(FadeIn(whole))

        helped = float((output.weight > 0).sum(axis=0).mean())
        with self.beat(
            "A neuron speaks for {helped} of the ten digits on average: it is an ingredient, not a stroke of one digit.",
            holds=helped > 2,
            otherwise="A neuron speaks for {helped} of the ten digits on average: nearly one digit each.",
            helped=f"{helped:.1f}",
        ):
            neuron = int((output.weight[answer] * h[first]).argmax())
            weights = output.weight[:, neuron]
            reach = 1.05 * np.abs(weights).max()
            heads = [label(str(digit)) for digit in range(len(weights))]
            rows = RowBars(heads, weights, (-reach, reach), size=(3.6, 4.8)).move_to(right.centre)
            self.play(FadeOut(whole))
            self.play(gallery.animate.mark(neuron), FadeIn(rows))

    def matrix(self, values):
        """A weight matrix in numbers."""
        whole = (values == values.round()).all()
        return LiveMatrix(values, decimals=0 if whole else 1, digits=1, size=1.2 * self.tokens.label_size)

    def drawn(self, *weights):
        """The diagram of these matrices, atoms on its inputs, and beside its outputs what they are made of."""
        area = self.area()
        whole = all((weight == weight.round()).all() for weight in weights)
        layers = [Layer(weight, np.zeros(len(weight))) for weight in weights]
        size = area.right - area.left - 3.2, area.top - area.bottom
        diagram = NetworkDiagram(Network(layers), size=size, radius=0.5, spread=6, decimals=0 if whole else 1)
        diagram.move_to([area.left + size[0] / 2, area.centre[1], 0])
        atoms = VGroup(*(Atom(i, radius=0.44).move_to(neuron) for i, neuron in enumerate(diagram.neurons[0])))
        made = np.linalg.multi_dot([*weights[::-1]]) if len(weights) > 1 else weights[0]
        molecules = VGroup()
        for row, neuron in zip(made, diagram.neurons[-1], strict=True):
            radius = min(0.3, 1.5 / sum(np.ceil(row)))
            molecule = Molecule(row, radius=radius).next_to(neuron, RIGHT, buff=0.35)
            molecules.add(VGroup(molecule, formula(name_of(row)).next_to(molecule, DOWN, buff=0.2)))
        return diagram, atoms, molecules

    def gather(self, atoms, molecule, name):
        """Bring a ball for each atom of a molecule, then their letters and its name."""
        balls = [TransformFromCopy(atoms[atom.element].ball, atom.ball) for atom in molecule]
        self.play(*balls, run_time=self.tokens.step)
        self.play(FadeIn(*(atom.sign for atom in molecule), name), run_time=self.tokens.breath)

    def composed(self, network, h, answer):
        """What an output adds up where the neurons answer so: one weight for each pixel, (28, 28)."""
        hidden, output = network.layers
        return ((output.weight[answer] * (h > 0)) @ hidden.weight).reshape(SIDE, SIDE)

    def constant(self, network, h, answer):
        """The bias that belongs to those weights."""
        hidden, output = network.layers
        return (output.weight[answer] * (h > 0)) @ hidden.bias + output.bias[answer]
