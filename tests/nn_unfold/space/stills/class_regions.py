"""The regions of a ReLU network with its creases, and a veil over what is far from the data."""

from nn_unfold.model.recipe import Recipe
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.regions import BeyondData, Regions
from nn_unfold.stage.stage import Stage


class ClassRegions(Stage):
    """A 2-24-5 network on five spiral arms."""

    recipe = Recipe(
        data="spiral", data_options={"n_per_class": 40, "noise": 0.1}, sizes=(2, 24, 5), activations="relu", epochs=300
    )

    def construct(self):
        trained = self.trained(self.recipe)
        regions = Regions(trained.network, (-1.6, 1.6, -1.2, 1.2))
        regions.cells.set_opacity(0.4)
        veil = BeyondData(trained.X, regions.box)
        self.look(regions)
        self.add(regions, veil, Cloud(trained.X, trained.y))
