"""The curves of a training, half-way through it."""

from manim import VGroup

from nn_unfold.flat.plots import LossCurve
from nn_unfold.model.recipe import Recipe
from nn_unfold.motion.learning import Learning, Metric
from nn_unfold.stage.stage import Stage


class TrainingCurves(Stage):
    """The loss on two scales, the accuracy, and the epoch."""

    recipe = Recipe(data="moons", data_options={"n_per_class": 60}, sizes=(2, 8, 2), activations="relu", epochs=200)

    def construct(self):
        history = self.trained(self.recipe).history
        curves = VGroup(
            LossCurve(history, size=(4.0, 1.5)),
            LossCurve(history, size=(4.0, 1.5), scale="log", epochs="log1p"),
            LossCurve(history, ("accuracy",), size=(4.0, 1.5)),
            Metric(history, "epoch"),
        )
        curves.arrange_in_grid(2, 2, buff=0.8).move_to(self.area().centre)
        self.play(Learning(history, *curves, stop=100))
