"""Preprocessing: bring data to a shape that is easy to learn, and back; and features made of points of the plane.

Each function but `features` looks at data X (n, d) and returns a `Rescaling`, an affine map to apply to those and to
later data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_core.network import Layer, Network

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Rescaling:
    """x -> (x - mean) @ matrix.T.

    Attributes:
        mean: (d,), what is subtracted.
        matrix: (k, d), what the rest is multiplied with.
        back: (d, k), the way back; where k < d, or a direction had no spread, to the nearest point.
        explained: (k,), the share of the whole variance along each new axis.
    """

    mean: Array
    matrix: Array
    back: Array
    explained: Array

    def apply(self, X: ArrayLike) -> Array:
        """The data in their new shape: (n, d) -> (n, k)."""
        return (np.asarray(X) - self.mean) @ self.matrix.T

    def invert(self, X: ArrayLike) -> Array:
        """From the new shape back: (n, k) -> (n, d)."""
        return np.asarray(X) @ self.back.T + self.mean

    def folded_into(self, network: Network) -> Network:
        """The network as seen from the new coordinates: it takes u and gives what `network` gives at `invert(u)`.

        Args:
            network: of the old coordinates, d inputs.

        Returns:
            A network of k inputs; only its first layer differs, W back and b + W mean.

        Raises:
            ValueError: the network has another number of inputs than the old coordinates.
        """
        first = self._first(network, len(self.mean))
        weight, bias = first.weight @ self.back, first.bias + first.weight @ self.mean
        return Network([Layer(weight, bias, first.activation), *network.layers[1:]], classes=network.classes)

    def unfolded(self, network: Network) -> Network:
        """The way back: from a network of the new coordinates to one of the old, which takes x and applies this first.

        Args:
            network: of the new coordinates, k inputs; such as one that was trained on standardised data.

        Raises:
            ValueError: the network has another number of inputs than the new coordinates.
        """
        first = self._first(network, len(self.matrix))
        weight = first.weight @ self.matrix
        bias = first.bias - weight @ self.mean
        return Network([Layer(weight, bias, first.activation), *network.layers[1:]], classes=network.classes)

    def _first(self, network: Network, n_in: int) -> Layer:
        if network.n_in != n_in:
            raise ValueError(f"the network has {network.n_in} inputs, but the data have {n_in} coordinates")
        return network.layers[0]


def subtract_mean(X: ArrayLike) -> Rescaling:
    """Move the mean to the origin."""
    X = _checked(X)
    return _diagonal(X, np.ones(X.shape[1]))


def normalise(X: ArrayLike) -> Rescaling:
    """Give every feature mean 0 and standard deviation 1; one that never changes becomes 0.

    >>> normalise([[0.0, 5.0], [2.0, 5.0]]).apply([[4.0, 5.0]]).tolist()
    [[3.0, 0.0]]
    """
    X = _checked(X)
    spread = X.std(axis=0)
    # Features have units of their own: whether one changes is judged by its own size, not by that of another.
    return _diagonal(X, np.where(spread > 1e-12 * np.abs(X).max(axis=0), spread, 0.0))


def principal_axes(X: ArrayLike, k: int | None = None) -> Rescaling:
    """PCA: turn to the k (all) directions of largest variance, largest first.

    The direction of each axis is chosen so that its largest entry is positive.

    Raises:
        ValueError: k is not between 1 and the number of features.

    >>> turned = principal_axes([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    >>> turned.apply([[3.0, 4.0], [6.0, 8.0]]).round(12)[:, 0].tolist(), turned.explained.round(12).tolist()
    ([0.0, 5.0], [1.0, 0.0])
    """
    X = _checked(X)
    d = X.shape[1]
    k = d if k is None else k
    if not 1 <= k <= d:
        raise ValueError(f"k is {k}, but X has {d} features: choose 1 to {d}")
    mean, variances, axes = _spectrum(X)
    total = variances.sum()
    return Rescaling(mean, axes[:, :k].T, axes[:, :k], (variances / total if total else variances)[:k])


def whiten(X: ArrayLike, epsilon: float = 0.0) -> Rescaling:
    """PCA, then variance 1 along every axis, so that the cloud is round.

    Args:
        X: (n, d).
        epsilon: added to the variances, so that axes of hardly any variance don't become loud noise. Axes
            without any become 0.
    """
    X = _checked(X)
    mean, variances, axes = _spectrum(X)
    spread = np.sqrt(variances + epsilon)
    total = variances.sum()
    return Rescaling(mean, axes.T * _inverse(spread)[:, None], axes * spread, variances / total if total else variances)


FEATURES: dict[str, Callable[[Array], Array]] = {
    "x_1": lambda X: X[:, 0],
    "x_2": lambda X: X[:, 1],
    "x_1^2": lambda X: X[:, 0] ** 2,
    "x_2^2": lambda X: X[:, 1] ** 2,
    "x_1 x_2": lambda X: X[:, 0] * X[:, 1],
    "sin x_1": lambda X: np.sin(X[:, 0]),
    "sin x_2": lambda X: np.sin(X[:, 1]),
}
"""The features of a point that TensorFlow Playground offers: each takes points (n, 2) and gives (n,)."""


def features(X: ArrayLike, names: Sequence[str]) -> Array:
    """Some of `FEATURES` of points of the plane, side by side: (n, 2) -> (n, len(names)).

    Raises:
        ValueError: X is not of that shape, or a name is not in the table.

    >>> features([[2.0, 3.0]], ["x_1", "x_1 x_2", "x_2^2"]).tolist()
    [[2.0, 6.0, 9.0]]
    """
    X = np.asarray(X)
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(f"X has shape {X.shape}, expected (n, 2): features are made of points of the plane")
    for name in names:
        if name not in FEATURES:
            raise ValueError(f"no feature is called {name!r}; choose some of {', '.join(FEATURES)}")
    return np.stack([FEATURES[name](X) for name in names], axis=1)


def _checked(X: ArrayLike) -> Array:
    array = np.asarray(X, np.float64)
    if array.ndim != 2 or 0 in array.shape or not np.isfinite(array).all():
        raise ValueError(f"X has shape {array.shape}; expected finite numbers of shape (n, d), at least one point")
    return array


def _inverse(spread: Array) -> Array:
    """1 / spread; 0 where there is none but for rounding."""
    return np.divide(1, spread, out=np.zeros_like(spread), where=spread > 1e-9 * spread.max())


def _diagonal(X: Array, spread: Array) -> Rescaling:
    variances = X.var(axis=0)
    total = variances.sum()
    inverse = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
    return Rescaling(X.mean(axis=0), np.diag(inverse), np.diag(spread), variances / total if total else variances)


def _spectrum(X: Array) -> tuple[Array, Array, Array]:
    """Mean (d,), variances (d,) falling, and directions (d, d) as columns."""
    mean = X.mean(axis=0)
    centred = X - mean
    variances, axes = np.linalg.eigh(centred.T @ centred / len(X))
    variances, axes = np.maximum(variances[::-1], 0), axes[:, ::-1]
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    return mean, variances, axes * np.sign(largest)
