"""Preprocessing: bring data to a shape that is easy to learn, and back; and features made of points of the plane.

Each function but `features` looks at data X (n, d) and returns a `Rescaling`, an affine map to apply to those and to
later data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import qr, svd

from nn_core.arrays import Array, numbers, real_number, shortened, whole_number
from nn_core.network import Layer, Network

Features = Callable[[Array], Array]
"""What a network is given for points of the plane: (n, 2) -> (n, n_in)."""


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
        X = numbers(X, "X", shape=("n", len(self.mean)), dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            return _within_bounds((X - self.mean) @ self.matrix.T)

    def invert(self, X: ArrayLike) -> Array:
        """From the new shape back: (n, k) -> (n, d)."""
        X = numbers(X, "X", shape=("n", len(self.matrix)), dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            return _within_bounds(X @ self.back.T + self.mean)

    def folded_into(self, network: Network) -> Network:
        """The network as seen from the new coordinates: it takes u and gives what `network` gives at `invert(u)`.

        Args:
            network: of the old coordinates, d inputs.

        Returns:
            A network of k inputs; only its first layer differs, W back and b + W mean.

        Raises:
            ValueError: the network has another number of inputs than the old coordinates.
        """
        first = _first_layer(network, len(self.mean))
        return _with_first(network, first.weight @ self.back, first.bias + first.weight @ self.mean)

    def unfolded(self, network: Network) -> Network:
        """The way back: from a network of the new coordinates to one of the old, which does `apply` by itself.

        Args:
            network: of the new coordinates, k inputs; such as one that was trained on standardised data.

        Raises:
            ValueError: the network has another number of inputs than the new coordinates.
        """
        first = _first_layer(network, len(self.matrix))
        weight = first.weight @ self.matrix
        return _with_first(network, weight, first.bias - weight @ self.mean)


def _first_layer(network: Network, n_in: int) -> Layer:
    if network.n_in != n_in:
        raise ValueError(f"the network has {network.n_in} inputs, but the data have {n_in} coordinates")
    return network.layers[0]


def _with_first(network: Network, weight: Array, bias: Array) -> Network:
    first = Layer(weight, bias, network.layers[0].activation)
    return Network([first, *network.layers[1:]], decision=network.decision, classes=network.classes)


def subtract_mean(X: ArrayLike) -> Rescaling:
    """Move the mean to the origin."""
    mean, centred = _centred(X)
    return _diagonal(mean, centred, np.ones(len(mean)))


def normalise(X: ArrayLike) -> Rescaling:
    """Give every feature mean 0 and standard deviation 1; one that never changes, but for rounding, becomes 0.

    >>> normalise([[0.0, 5.0], [2.0, 5.0]]).apply([[4.0, 5.0]]).tolist()
    [[3.0, 0.0]]
    """
    mean, centred = _centred(X)
    return _diagonal(mean, centred, centred.std(axis=0))


def principal_axes(X: ArrayLike, k: int | None = None) -> Rescaling:
    """PCA: turn to the k (all) directions of largest variance, largest first.

    The direction of each axis is chosen so that its largest entry is positive.

    Raises:
        TypeError: X or k holds no numbers.
        ValueError: k is not between 1 and the number of features, or X is unfit.

    >>> turned = principal_axes([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    >>> turned.apply([[3.0, 4.0], [6.0, 8.0]]).round(12)[:, 0].tolist(), turned.explained.round(12).tolist()
    ([0.0, 5.0], [1.0, 0.0])
    """
    mean, spreads, axes = _spectrum(X)
    k = len(mean) if k is None else whole_number(k, "k", least=1, most=len(mean))
    return Rescaling(mean, axes[:, :k].T, axes[:, :k], _explained(spreads)[:k])


def whiten(X: ArrayLike, epsilon: float = 0.0) -> Rescaling:
    """PCA, then variance 1 along every axis, so that the cloud is round.

    Args:
        X: (n, d).
        epsilon: added to the variances, so that axes of hardly any variance don't become loud noise. Axes
            without any become 0.
    """
    mean, spreads, axes = _spectrum(X)
    wider = np.sqrt(spreads**2 + real_number(epsilon, "epsilon", least=0))
    return Rescaling(mean, axes.T * _inverse(wider)[:, None], axes * wider, _explained(spreads))


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
    X = numbers(X, "X", shape=("n", 2))
    if isinstance(names, str) or not isinstance(names, Iterable) or not (names := list(names)):
        raise TypeError(f"names are {shortened(names)}, expected a list of some of {', '.join(FEATURES)}")
    for name in names:
        if not isinstance(name, str) or name not in FEATURES:
            raise ValueError(f"no feature is called {shortened(name)}; choose some of {', '.join(FEATURES)}")
    with np.errstate(over="ignore"):
        return _within_bounds(np.stack([FEATURES[name](X) for name in names], axis=1))


def _within_bounds(values: Array) -> Array:
    if not np.isfinite(values).all():
        raise ValueError("X holds numbers that are too large to be worked with; bring them to a scale near 1")
    return values


def _centred(X: ArrayLike) -> tuple[Array, Array]:
    """The mean (d,), and the data (n, d) without it: exactly 0 where a feature never changes but for rounding.

    That is judged in each feature by its own size, whatever the others are.

    Raises:
        TypeError: X holds no numbers.
        ValueError: it is not of shape (n, d), has no point, or numbers that are not finite or too large.
    """
    X = numbers(X, "X", shape=("n", "d"), dtype=np.float64)
    if not X.size:
        raise ValueError(f"X has shape {X.shape}, expected (n, d): at least one point and one feature")
    largest = np.abs(X).max(axis=0)
    if largest.max() > _LARGEST:
        raise ValueError(f"X holds {largest.max():.4g}, but numbers up to {_LARGEST:g} are worked with; scale it")
    mean = X.mean(axis=0)
    mean += (X - mean).mean(axis=0)  # the first sum of many numbers is rounded
    constant = np.ptp(X, axis=0) <= 8 * np.finfo(np.float64).eps * largest
    return mean, np.where(constant, 0.0, X - mean)


_LARGEST = 1e100
"""Squares of larger numbers, or of their reciprocals, leave the range of floats."""


def _inverse(spread: Array) -> Array:
    """1 / spread; 0 where there is none."""
    return np.divide(1, spread, out=np.zeros_like(spread), where=spread > 1 / _LARGEST)


def _explained(spreads: Array) -> Array:
    """The share of the whole variance that each has; 0 if there is none."""
    largest = spreads.max()
    squares = (spreads / largest) ** 2 if largest else spreads
    return squares / (squares.sum() or 1.0)


def _diagonal(mean: Array, centred: Array, spread: Array) -> Rescaling:
    return Rescaling(mean, np.diag(_inverse(spread)), np.diag(spread), _explained(centred.std(axis=0)))


def _spectrum(X: ArrayLike) -> tuple[Array, Array, Array]:
    """Mean (d,), standard deviations (d,) falling, and directions (d, d) as columns.

    By the singular values of the data: those of their covariance would lose the directions of little spread.
    """
    mean, centred = _centred(X)
    n, d = centred.shape
    triangle = qr(centred, mode="r", check_finite=False)[0][:d] if n > d else centred
    _, values, rows = svd(triangle, check_finite=False)
    values = np.concatenate([values, np.zeros(d - len(values))])
    values[values <= max(n, d) * np.finfo(np.float64).eps * values[0]] = 0
    axes: Array = rows.T
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(d)]
    return mean, values / np.sqrt(n), axes * np.sign(largest)
