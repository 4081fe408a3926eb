"""Draw: draws lines that are hidden, such as the creases of a sheet."""

from nn_core.network import Layer, Network
from nn_unfold import Draw, Sheet, Stage


class Example(Stage):
    def construct(self):
        network = Network(
            [Layer([[0.9, -0.6], [0.5, 1.0]], [0.2, -0.3], "relu"), Layer([[1.2, -1.0]], [-0.1], "sigmoid")]
        )
        sheet = Sheet((-2, 2, -2, 2), network)
        self.look(sheet)
        self.add(sheet)
        for crease in sheet.creases:
            self.play(Draw(crease))
