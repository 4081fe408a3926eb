"""ClassLegend: a dot in the colour of each class, and its name."""

from nn_unfold import ClassLegend, Stage


class Example(Stage):
    def construct(self):
        self.add(ClassLegend(("setosa", "versicolor", "virginica")).scale(2))
        self.wait()
