"""Carried: what follows a training at a depth of the network: where its layers map a sheet and a cloud."""

from nn_unfold import Carried, Cloud, Lattice, Learning, Recipe, Stage


class Example(Stage):
    recipe = Recipe(
        data="moons", sizes=(2, 6, 2, 2), activations=("tanh", "tanh", "identity"), epochs=200, snapshots=None
    )

    def construct(self):
        trained = self.trained(self.recipe)
        carried = Carried(Lattice((-1.5, 2.5, -1, 1.5), grid=0.25), Cloud(trained.X, trained.y), depth=2)
        carried.show(trained.network)
        self.look(carried)
        self.add(carried.show(trained.history.network_at(0)))
        self.play(Learning(trained.history, carried, run_time=5))
