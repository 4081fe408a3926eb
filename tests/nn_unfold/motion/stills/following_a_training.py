"""A diagram, a sheet with its creases and boundary, and a loss curve, in the middle of a training."""

from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.flat.plots import LossCurve
from nn_unfold.model.recipe import Recipe
from nn_unfold.motion.learning import Learning
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.stage import Stage


class FollowingATraining(Stage):
    """A 2-6-2 network learns two moons; all that shows it stands at epoch 60 of 200."""

    recipe = Recipe(
        data="moons", data_options={"n_per_class": 60}, sizes=(2, 6, 2), activations="relu", epochs=200, snapshots=30
    )

    def construct(self):
        trained = self.trained(self.recipe)
        history = trained.history
        sheet = Sheet.over(trained.X, trained.network, grid=0.5, boundary=True)
        for lines in (sheet.creases, sheet.boundary):
            lines.set_opacity(1)
        diagram = NetworkDiagram(trained.network, plane=sheet.box, size=(3.6, 3.0))
        curve = LossCurve(history, size=(2.6, 1.0))
        self.play(self.aside(diagram, curve))
        self.add(sheet, Cloud(trained.X, trained.y))
        self.look(sheet)
        self.play(Learning(history, sheet, diagram, curve, stop=60))
