"""Embedding: lay points of many dimensions out in the plane so that neighbours stay neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from nn_core.arrays import Array, labels_of, near_one, numbers, shortened, whole_number
from nn_core.preprocessing import principal_axes

_BLOCK = 512
"""Rows of a table of all pairs that are worked on at a time, so that it needs not fit the memory."""


@dataclass(frozen=True, eq=False)
class Graph:
    """The k nearest neighbours of each point, nearest first, itself left out.

    Attributes:
        neighbours: (n, k), their indices.
        distances: (n, k), Euclidean.
    """

    neighbours: NDArray[np.int64]
    distances: Array

    def adjacency(self) -> sparse.csr_array:
        """Symmetric weights (n, n): 1 where two points name each other, 1/2 where only one does."""
        n, k = self.neighbours.shape
        rows = np.repeat(np.arange(n), k)
        named = sparse.csr_array((np.full(n * k, 0.5), (rows, self.neighbours.ravel())), shape=(n, n))
        return sparse.csr_array(named + named.T)


def knn_graph(X: ArrayLike, k: int) -> Graph:
    """The k nearest neighbours of each point, exactly: by the distances of all pairs.

    Args:
        X: (n, d).
        k: at least 1, less than n. Among equally distant points any may be chosen.

    Raises:
        TypeError: X or k holds no numbers.
        ValueError: X is not of that shape or not finite, or k doesn't fit.

    >>> knn_graph([[0.0], [1.0], [3.0]], 1).neighbours.tolist()
    [[1], [0], [1]]
    """
    x = numbers(X, "X", shape=("n", "d"), dtype=np.float64)
    n = len(x)
    if n < 2:
        raise ValueError(f"X holds {n} points; at least 2 are needed to be neighbours")
    k = whole_number(k, "k", least=1, most=n - 1)
    x, exponent = near_one(x)
    x = x - x.mean(axis=0)  # keeps |x|^2 + |y|^2 - 2 x.y from losing digits far from the origin
    squares = np.einsum("ij,ij->i", x, x)
    neighbours = np.empty((n, k), np.int64)
    distances = np.empty((n, k))
    for start in range(0, n, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n))
        # |x - y|^2 without |x|^2, which is the same along a row
        apart = x[rows] @ x.T
        apart *= -2
        apart += squares
        apart[np.arange(len(rows)), rows] = np.inf
        near = np.argpartition(apart, k - 1, axis=1)[:, :k]
        length = np.stack([np.linalg.norm(x[near[:, j]] - x[rows], axis=1) for j in range(k)], axis=1)
        order = length.argsort(axis=1)
        neighbours[rows] = np.take_along_axis(near, order, axis=1)
        distances[rows] = np.take_along_axis(length, order, axis=1)
    with np.errstate(over="ignore"):
        distances = np.ldexp(distances, exponent)
    if not np.isfinite(distances).all():
        raise ValueError("X holds points that are further apart than any number; bring them to a scale near 1")
    return Graph(neighbours, distances)


def label_agreement(X: ArrayLike, y: ArrayLike, k: int = 10) -> float:
    """The share of each point's k nearest neighbours that have its label, averaged over the points.

    Args:
        X: (n, d).
        y: (n,) labels of any kind.
        k: at least 1, less than n.

    Raises:
        TypeError: as `knn_graph` and `labels_of`.
        ValueError: as `knn_graph` and `labels_of`, or there are not as many labels as points.
    """
    graph, labels = knn_graph(X, k), labels_of(y).index
    if len(labels) != len(graph.neighbours):
        raise ValueError(f"X holds {len(graph.neighbours)} points but y {len(labels)} labels; they must be as many")
    return float(np.mean(labels[graph.neighbours] == labels[:, None]))


def pca(X: ArrayLike, k: int = 2) -> tuple[Array, Array]:
    """The points seen along their k directions of largest spread.

    Args:
        X: (n, d).
        k: from 1 to d.

    Returns:
        The points (n, k), and the share of the variance along each direction (k,).
    """
    axes = principal_axes(X, k)
    return axes.apply(X), axes.explained


def force_layout(graph: Graph, *, start: ArrayLike, model: str = "student_t", steps: int = 150) -> Iterator[Array]:
    """Let a graph settle: neighbours pull, all points push each other away.

    Args:
        graph: from `knn_graph`.
        start: (n, 2) (or another number of dimensions), such as the points' `pca`, or random numbers.
        model: one of `MODELS`. "student_t" separates clusters best.
        steps: how many positions follow the start; cooling and the early pull are paced by it.

    Yields:
        The positions (n, 2) after each step, in units of the model: about 1 between neighbours.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: an unknown model, or a start that doesn't fit the graph.
    """
    if not isinstance(graph, Graph):
        raise TypeError(f"graph is {shortened(graph)}, expected that of `knn_graph`")
    x = numbers(start, "start", shape=(len(graph.neighbours), "d"), dtype=np.float64)
    if not isinstance(model, str) or model not in MODELS:
        raise ValueError(f"no layout is called {shortened(model)}; choose one of {', '.join(MODELS)}")
    steps = whole_number(steps, "steps", most=1_000_000)
    x, _ = near_one(x)
    spread = x.std(axis=0).max(initial=0.0)
    return MODELS[model](graph.adjacency(), (x - x.mean(axis=0)) / (spread or 1.0), steps)


def stress(X: ArrayLike, distances: ArrayLike) -> float:
    """How far points (n, d) are from having the wanted distances (n, n): the sum of squares over all pairs.

    >>> stress([[0.0], [1.0], [2.0]], 1 - np.eye(3))
    1.0
    """
    x, wanted = _wanted(X, distances)
    return float(np.square(_table(x) - wanted)[np.triu_indices(len(x), 1)].sum())


def stress_layout(distances: ArrayLike, *, start: ArrayLike, steps: int = 300) -> Iterator[Array]:
    """Move points so that their distances come as near as they can to wanted ones: metric multidimensional scaling.

    Each step minimises a function that touches the stress from above (de Leeuw 1977, "SMACOF"), so that the stress
    never rises. Where it ends depends on the start.

    Args:
        distances: (n, n) what is wanted, symmetric, 0 on the diagonal.
        start: (n, d), no two points at one place.
        steps: how many positions follow the start.

    Yields:
        The positions (n, d) after each step; their mean is the origin.

    Raises:
        TypeError: an argument holds no numbers.
        ValueError: the shapes don't fit, or the distances are no distances.
    """
    x, wanted = _wanted(start, distances)
    for _ in range(whole_number(steps, "steps", most=1_000_000)):
        apart = _table(x)
        ratio = np.divide(wanted, apart, out=np.zeros_like(apart), where=apart > 0)
        x = (ratio.sum(axis=1)[:, None] * x - ratio @ x) / len(x)
        yield x


def _wanted(X: ArrayLike, distances: ArrayLike) -> tuple[Array, Array]:
    x = numbers(X, "the points", shape=("n", "d"), dtype=np.float64)
    wanted = numbers(distances, "distances", shape=(len(x), len(x)), dtype=np.float64)
    if (wanted < 0).any() or (wanted != wanted.T).any() or wanted.diagonal().any():
        raise ValueError("distances must be symmetric, 0 or more, and 0 from each point to itself")
    return x, wanted


def _table(x: Array) -> Array:
    """The distances (n, n) of all pairs of points (n, d)."""
    return np.asarray(np.linalg.norm(x[:, None] - x, axis=2))


def _springs(links: sparse.csr_array, x: Array, steps: int) -> Iterator[Array]:
    """Fruchterman and Reingold 1991: neighbours pull by d^2, all push by 1 / d, steps shorten as it cools."""
    n = len(x)
    x = x * np.sqrt(n) / 4  # so that the area has room for n points at distance 1
    hottest = np.sqrt(n) / 10
    for i in range(steps):
        move = _pull(links, x, np.sqrt)
        for rows, squares in _pairs(x):
            push = np.reciprocal(np.maximum(squares, 1e-4, out=squares), out=squares)
            move[rows] += x[rows] * push.sum(axis=1)[:, None] - push @ x.astype(np.float32)
        length = np.linalg.norm(move, axis=1, keepdims=True)
        x = x + move * np.minimum(1, hottest * (1 - i / steps) / np.maximum(length, 1e-12))
        yield x


def _student_t(links: sparse.csr_array, x: Array, steps: int) -> Iterator[Array]:
    """The forces of t-SNE (van der Maaten and Hinton 2008), each neighbour pulling alike.

    The likeness 1 / (1 + d^2) of two points makes the pull of neighbours fade when they are far apart, and
    the push of all others too, so that clusters come free of each other. At first neighbours pull more
    strongly, so that they can pass through the crowd.
    """
    n = len(x)
    links = sparse.csr_array(links / links.sum())
    early, strength = 0.3 * steps, 8.0
    x, velocity = 0.01 * x, np.zeros_like(x)
    for i in range(steps):
        push, total = np.empty_like(x), 0.0
        for rows, squares in _pairs(x):
            squares += 1
            likeness = np.reciprocal(squares, out=squares)
            total += float(likeness.sum())
            likeness *= likeness
            push[rows] = x[rows] * likeness.sum(axis=1)[:, None] - likeness @ x.astype(np.float32)
        pull = _pull(links, x, lambda squares: 1 / (1 + squares))
        force = 4 * ((strength if i < early else 1) * pull + push / total)
        velocity = (0.5 if i < early / 2 else 0.8) * velocity + n / strength * force
        x = x + velocity
        x -= x.mean(axis=0)
        yield x


MODELS: dict[str, Callable[[sparse.csr_array, Array, int], Iterator[Array]]] = {
    "springs": _springs,
    "student_t": _student_t,
}


def _pull(links: sparse.csr_array, x: Array, strength: Callable[[Array], Array]) -> Array:
    """The sum over a point's links of weight * strength(d^2) * (the way there): (n, 2)."""
    rows, columns = links.nonzero()
    way = x[columns] - x[rows]
    way *= (links.data * strength(np.einsum("ij,ij->i", way, way)))[:, None]
    return np.stack([np.bincount(rows, part, len(x)) for part in way.T], axis=1)


def _pairs(x: Array) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """The squared distances of some points (a slice of rows) to all, and so on; infinite to themselves."""
    near = x.astype(np.float32)
    squares = np.einsum("ij,ij->i", near, near)
    for start in range(0, len(x), _BLOCK):
        rows = slice(start, start + _BLOCK)
        apart = (-2 * near[rows]) @ near.T
        apart += squares
        apart += squares[rows, None]
        np.maximum(apart, 0, out=apart)
        apart[np.arange(len(apart)), np.arange(start, start + len(apart))] = np.inf
        yield rows, apart
