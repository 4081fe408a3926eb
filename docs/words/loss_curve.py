"""LossCurve: the curve of a training, with a running dot and its number."""

from nn_unfold import Learning, LossCurve, Recipe, Stage


class Example(Stage):
    recipe = Recipe(data="moons", sizes=(2, 6, 2), activations=("tanh", "identity"), epochs=200, snapshots=None)

    def construct(self):
        trained = self.trained(self.recipe)
        curve = LossCurve(trained.history, size=(6, 3), epochs="log1p")
        self.add(curve.center())
        self.play(Learning(trained.history, curve, run_time=4))
