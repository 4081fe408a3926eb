"""Accuracy: how many points the network of the moment has right."""

from nn_unfold import Accuracy, Learning, Recipe, Stage


class Example(Stage):
    recipe = Recipe(data="moons", sizes=(2, 6, 2), activations=("tanh", "identity"), epochs=200, snapshots=None)

    def construct(self):
        trained = self.trained(self.recipe)
        share = Accuracy("right", trained.history.network_at(0), trained.X, trained.y, size=48)
        self.add(share)
        self.play(Learning(trained.history, share, run_time=4))
