"""Residuals: the differences between labels and the probabilities that a network gives."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from nn_core.network import Network
from nn_unfold.space.classes import class_labels
from nn_unfold.space.primitives import Segments
from nn_unfold.theme import rgb, theme


class Residuals(Segments):
    """Vertical lines from labels of points to the probabilities that a network gives class 1; they follow a training.

    Args:
        network: of 2 inputs and two classes, with one output or two.
        X: (n, 2) points.
        y: (n,) labels of two classes; their numbers 0 and 1 are the heights where the lines begin.
        height: scene units per unit of probability.
        base: z of the probability 0.
        options: of Segments.

    Raises:
        UnfoldError: for more than two classes.
    """

    def __init__(
        self, network: Network, X: np.ndarray, y: ArrayLike, *, height: float = 1.0, base: float = 0.0, **options: Any
    ) -> None:
        tokens, labels = theme(), class_labels(y, 2).numbers
        self.unit_height, self.base = height, base
        ends = np.column_stack([X, base + height * labels]).repeat(2, axis=0).reshape(-1, 2, 3)
        looks = {"width": tokens.boundary_width, "cased": True, **options}
        super().__init__(ends, [*rgb(tokens.accent), 1.0], **looks)
        self.show(network)

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Let the lines end at the probabilities of this network. The labels stay."""
        probabilities = network.predict_proba(self.points[1::2, :2])[:, 1]
        self.points[1::2, 2] = self.base + self.unit_height * probabilities
        return self
