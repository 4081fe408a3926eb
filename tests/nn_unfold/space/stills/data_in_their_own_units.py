"""Axes whose numbers are those of the data, in years and dollars, while the picture is standardised."""

import numpy as np

from nn_core.network import Layer, Network
from nn_core.preprocessing import normalise
from nn_unfold import Axes, Cloud, Sheet, Stage


class DataInTheirOwnUnits(Stage):
    """Points in years and dollars, of classes with names, on a sheet with axes that count years and dollars."""

    def construct(self):
        rng = np.random.default_rng(0)
        year = rng.uniform(1950, 2020, 60)
        X = np.column_stack([year, 2e4 + 9e5 * rng.beta(2, 5, 60) * (year - 1940) / 80])
        scaling = normalise(X)
        U = scaling.apply(X)
        network = Network([Layer([[1.0, 1.0], [-1.0, 0.5]], [0.0, 0.3], "relu"), Layer([[1.0, -1.0]], [0.0])])
        sheet = Sheet.over(U, network, opacity=0.8)
        names = ("year of construction", "price in dollars")
        axes = Axes(sheet.box, names, words=True, at_corner=True, units=scaling)
        cloud = Cloud(U, np.where(network.predict(U) == 1, "old", "new"))
        self.look(axes)
        self.add(sheet, axes, cloud)
