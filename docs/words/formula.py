"""formula: a formula in Typst's notation."""

from nn_unfold import Stage, formula


class Example(Stage):
    def construct(self):
        self.add(formula("sigma(bold(z))_k = e^(z_k) / (sum_j e^(z_j))", size=72))
        self.wait()
