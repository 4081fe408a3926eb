"""Plot: flat axes with numbers for curves of your own."""

from nn_unfold import Plot, Stage, label


class Example(Stage):
    def construct(self):
        plot = Plot((0, 10), (0, 1), size=(8, 4), names=(label("epochs"), label("loss")))
        self.add(plot.center())
        self.wait()
