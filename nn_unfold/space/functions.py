"""Functions of the plane that landscapes show: affine scores and their softmax."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax


@dataclass(frozen=True)
class Affine:
    """The heights of K planes: x -> weight @ x + bias."""

    weight: np.ndarray
    bias: np.ndarray

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """(n, 2) -> (n, K)."""
        return np.asarray(X @ self.weight.T + self.bias)


@dataclass(frozen=True)
class Softmax:
    """The probabilities of K classes: softmax(z / temperature) of z = weight @ x + bias."""

    weight: np.ndarray
    bias: np.ndarray
    temperature: float = 1.0

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """(n, 2) -> (n, K), each row with the sum 1."""
        return np.asarray(softmax((X @ self.weight.T + self.bias) / self.temperature, axis=1))
