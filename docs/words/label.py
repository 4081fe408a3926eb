"""label: a piece of text, translated."""

from nn_unfold import Stage, label, stack


class Example(Stage):
    def construct(self):
        self.add(stack(label("epochs", size=60), label("loss", size=60)))
        self.wait()
