"""stack: mobjects one below the other, flush left."""

from nn_unfold import Stage, formula, label, stack


class Example(Stage):
    def construct(self):
        self.add(
            stack(
                label("A layer", size=54),
                formula("bold(z) = W bold(x) + bold(b)", size=60),
                formula("bold(a) = f(bold(z))", size=60),
                gap=0.6,
            )
        )
        self.wait()
