"""Sheet: a piece of the input plane, split exactly where a network folds it."""

from nn_core.network import Layer, Network
from nn_unfold import ActivationFlow, AffineFlow, Sheet, Stage


class Example(Stage):
    def construct(self):
        network = Network(
            [Layer([[0.9, -0.6], [0.5, 1.0]], [0.2, -0.3], "relu"), Layer([[1.2, -1.0]], [-0.1], "sigmoid")]
        )
        sheet = Sheet((-2, 2, -2, 2), network)
        move, fold = AffineFlow(sheet, layer=network.layers[0]), ActivationFlow(sheet, layer=network.layers[0])
        self.look(sheet, flows=(move, fold))
        self.add(sheet)
        self.play(move)
        self.play(fold)
