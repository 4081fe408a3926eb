"""Tally: whole numbers with their names, counted one after the other."""

from nn_unfold import Stage, Tally, label


class Example(Stage):
    def construct(self):
        tally = Tally([label("weights"), label("biases")], [12544, 16])
        tally.counted = 2
        self.add(tally.scale(1.6).center())
        self.wait()
