"""Learning: runs a training: all that follows it shows the network of the same moment."""

from nn_unfold import Cloud, HeatPlane, Learning, Recipe, Stage


class Example(Stage):
    recipe = Recipe(data="moons", sizes=(2, 6, 2), activations=("tanh", "identity"), epochs=200, snapshots=None)

    def construct(self):
        trained = self.trained(self.recipe)
        plane = HeatPlane(trained.history.network_at(0), (-1.5, 2.5, -1.5, 2))
        self.look(plane)
        self.add(plane, Cloud(trained.X, trained.y))
        self.play(Learning(trained.history, plane, run_time=5))
