"""Regions: the class that a network predicts everywhere, with the exact decision boundary."""

from nn_unfold import Cloud, Recipe, Regions, Stage


class Example(Stage):
    recipe = Recipe(data="circle", sizes=(2, 4, 2), activations=("relu", "identity"), epochs=200)

    def construct(self):
        trained = self.trained(self.recipe)
        regions, cloud = Regions.over(trained.X, trained.network), Cloud(trained.X, trained.y)
        self.look(regions)
        self.add(regions, cloud)
        self.wait()
