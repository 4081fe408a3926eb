"""Metric: a number of a training that follows its epochs."""

from nn_unfold import Learning, Metric, Recipe, Stage, stack


class Example(Stage):
    recipe = Recipe(data="moons", sizes=(2, 6, 2), activations=("tanh", "identity"), epochs=200, snapshots=None)

    def construct(self):
        trained = self.trained(self.recipe)
        epoch, loss = Metric(trained.history, "epoch", size=48), Metric(trained.history, "loss", size=48)
        self.add(stack(epoch, loss))
        self.play(Learning(trained.history, epoch, loss, run_time=4))
