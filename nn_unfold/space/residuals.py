"""Residuals: how far a network's answer is from each label."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from nn_core.network import Network
from nn_unfold.space.primitives import Segments
from nn_unfold.theme import rgb, theme


class Residuals(Segments):
    """Upright lines from the labels of points to the probabilities that a network gives them; they follow a training.

    Args:
        network: of 2 inputs and one output.
        X: (n, 2) points.
        y: (n,) labels 0 and 1, which are the heights of the lines' one ends.
        height: scene units per unit of probability.
        base: z of the probability 0.
        options: of Segments.
    """

    def __init__(
        self, network: Network, X: np.ndarray, y: np.ndarray, *, height: float = 1.0, base: float = 0.0, **options: Any
    ) -> None:
        tokens = theme()
        self.unit_height, self.base = height, base
        ends = np.column_stack([X, base + height * y]).repeat(2, axis=0).reshape(-1, 2, 3)
        looks = {"width": tokens.boundary_width, "cased": True, **options}
        super().__init__(ends, [*rgb(tokens.accent), 1.0], **looks)
        self.show(network)

    def show(self, network: Network) -> Self:
        """Let the lines end where this network puts the points."""
        probabilities = network.predict_proba(self.points[1::2, :2])[:, 1]
        self.points[1::2, 2] = self.base + self.unit_height * probabilities
        return self
