"""The convex pieces of the input plane: on each a piecewise-affine network is one affine map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_core.arrays import numbers
from nn_core.geometry.arrangement import Sides
from nn_core.geometry.box import Array, Box, Indices
from nn_core.geometry.folding import Step, folded, in_double, steps_of
from nn_core.geometry.subdivision import Subdivision
from nn_core.network import Layer, Network

_CHUNK = 1 << 18  # pieces of cells that are looked up at a time, so that they stay near the processor


@dataclass(frozen=True)
class Cell:
    """A convex piece of the input plane on which the network is one affine map.

    Attributes:
        polygon: (k, 2) its corners, counter-clockwise.
        weight: (K, 2), and
        bias: (K,): there the logits of a point x are weight @ x + bias.
        pattern: (H,) for each hidden neuron, layer after layer, on which piece of its activation it is: how
            many kinks lie below its z. For ReLU it is 1 where z > 0, else 0; without a crease it is 0.
    """

    polygon: Array
    weight: Array
    bias: Array
    pattern: NDArray[np.uint8]


@dataclass(frozen=True)
class Cells(Sequence[Cell]):
    """Cells that tile a box: a sequence of `Cell`, and the same as flat arrays for speed.

    Attributes:
        points: (V, 2) all corners, each once: neighbours share them.
        corners: (n,) the corners of cell after cell, counter-clockwise, as rows of `points`.
        begins: (n_cells + 1,) where each cell begins in `corners`.
        weight: (n_cells, K, 2).
        bias: (n_cells, K).
        hidden: for each hidden layer its `Step`, and on which side of its creases each cell lies; see `pattern`.
    """

    points: Array
    corners: Indices
    begins: Indices
    weight: Array
    bias: Array
    hidden: tuple[tuple[Step, Sides], ...]

    def __len__(self) -> int:
        return len(self.weight)

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice) -> list[Cell]: ...
    def __getitem__(self, index: int | slice) -> Cell | list[Cell]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = range(len(self))[index]
        polygon = self.points[self.corners[self.begins[i] : self.begins[i + 1]]]
        return Cell(polygon, self.weight[i], self.bias[i], self._patterns(slice(i, i + 1))[0])

    @cached_property
    def pattern(self) -> NDArray[np.uint8]:
        """The pattern of each cell, (n_cells, H). It is made when it is first asked for, since it may be large."""
        return self._patterns(slice(None))

    def _patterns(self, cells: slice) -> NDArray[np.uint8]:
        parts = [step.piece_numbers(sides.above(cells)) for step, sides in self.hidden]
        return np.hstack(parts) if parts else np.empty((len(self.bias[cells]), 0), np.uint8)

    def areas(self) -> Array:
        """The area of each cell, (n_cells,)."""
        return polygon_areas(self.points, self.corners, self.begins)


@dataclass(frozen=True)
class Region:
    """A convex piece of the plane on which one of several functions is the largest.

    Attributes:
        polygon: (k, 2) its corners, counter-clockwise.
        index: which function wins: the number of a plane, or a class.
    """

    polygon: Array
    index: int


def linear_regions(network: Network, box: Box, *, through_output: bool = False) -> Cells:
    """The exact convex cells on which a piecewise-affine network is one affine map.

    Every hidden neuron parts the cells that it bends in; cells with different patterns stay apart even
    where the affine map happens to be the same. n lines in general position give 1 + n + n (n - 1) / 2 cells.
    Lines that meet in one point up to rounding meet in one corner; so a cell narrower than 1e-11 times the
    largest coordinate of the box may be lost.

    Args:
        network: of 2 inputs; its hidden activations are piecewise linear (relu, leaky_relu, prelu, hard_tanh,
            identity and the like), in any mix.
        box: (x_min, x_max, y_min, y_max), in data coordinates.
        through_output: False for the map to the logits, which the last activation leaves alone; True for the
            map to the last layer's output, whose neurons then part cells too and count in the pattern.

    Raises:
        ValueError: the network has not 2 inputs, a smooth activation, or weights that are not finite; or the
            box is empty.

    >>> one_fold = Network([Layer([[1, 1]], [0], "relu"), Layer([[2]], [1])])
    >>> [(cell.pattern.tolist(), cell.weight.tolist()) for cell in linear_regions(one_fold, (-1, 1, -1, 1))]
    [([1], [[2.0, 2.0]]), ([0], [[0.0, 0.0]])]
    """
    layers = in_double(network).layers
    if through_output:
        layers.append(Layer(np.eye(network.n_out), np.zeros(network.n_out)))
    hidden = steps_of(layers[:-1])
    plane = Subdivision.of_box(box)
    origins, told = [], []
    for step in hidden:
        plane.affine(step.weight, step.bias)
        plane.origin = np.arange(plane.n_faces)
        neurons, levels = step.lines()
        is_last = step is hidden[-1]
        told.append(plane.cut_and_tell(neurons, levels, neurons, keep_values=not is_last))
        origins.append(plane.origin)
        if not is_last:
            plane.activate(step.pieces)

    # Each cell's map to the values before its next activation, (n_out, n_cells, 3): weight beside bias.
    maps = np.column_stack([layers[0].weight, layers[0].bias])[:, None]
    for depth, (step, origin, layer) in enumerate(zip(hidden, origins, layers[1:], strict=True)):
        maps = _through(maps, origin, step, told[depth], layer)
        # A cell lies on the same side of a crease as the one that it is a part of.
        told[:depth] = [sides.of_faces(origin) for sides in told[:depth]]
    corners, begins = plane.polygons()
    maps = np.moveaxis(maps, 0, 1)
    return Cells(
        plane.points.now.T.copy(),
        corners,
        begins,
        maps[:, :, :2].copy(),
        maps[:, :, 2].copy(),
        tuple(zip(hidden, told, strict=True)),
    )


def _through(maps: Array, origin: Indices, step: Step, sides: Sides, layer: Layer) -> Array:
    """The maps of the cells' origins, followed by what the activation does on each cell, and by the next layer.

    Args:
        maps: (n, n_origins, 3).
        origin: (n_cells,).
        step: whose activation it is.
        sides: of the cells.
        layer: that comes next.

    Returns:
        (n_out, n_cells, 3).
    """
    n_out, n = layer.weight.shape
    result = np.empty((n_out, len(origin), 3))
    # Where all cells have one origin, as in the first layer, its map and the next layer are joined before all else;
    # not where that overflows, since a neuron of slope 0 adds nothing, however large.
    joined = None
    if maps.shape[1] == 1:
        with np.errstate(over="ignore"):
            joined = (layer.weight.T[:, :, None] * maps).reshape(n, 3 * n_out)
        joined = joined if np.isfinite(joined).all() else None
    size = max(64, _CHUNK // n)
    for begin in range(0, len(origin), size):
        some = slice(begin, begin + size)
        pattern = step.piece_numbers(sides.above(some))
        slope = _chosen(step.pieces.slopes, pattern)
        if joined is None:
            bent = slope.T[:, :, None] * maps.take(origin[some], axis=1)
            result[:, some] = (layer.weight @ bent.reshape(n, -1)).reshape(n_out, -1, 3)
        else:
            result[:, some] = np.moveaxis((slope @ joined).reshape(-1, n_out, 3), 0, 1)
        if step.pieces.intercepts.any():
            result[:, some, 2] += layer.weight @ _chosen(step.pieces.intercepts, pattern).T
    result[:, :, 2] += layer.bias[:, None]
    return result


def _chosen(table: Array, pattern: NDArray[np.uint8]) -> Array:
    """For each cell and neuron the number of its piece: (pieces, n), (n_cells, n) -> (n_cells, n)."""
    chosen: Array
    if len(table) == 2 and not table[0].any():
        # So it is of ReLU, and quicker than to choose.
        chosen = pattern.astype(np.float64)
        return chosen if (table[1] == 1).all() else chosen * table[1]
    chosen = np.where(pattern == 0, table[0], table[-1])
    for piece in range(1, len(table) - 1):
        chosen = np.where(pattern == piece, table[piece], chosen)
    return chosen


def class_regions(network: Network, box: Box) -> list[Region]:
    """The exact convex pieces of a piecewise-affine network on which one class wins.

    They are the cells of `linear_regions`, parted once more along the decision boundary.

    Args:
        network: as for `linear_regions`.
        box: (x_min, x_max, y_min, y_max), in data coordinates.

    Returns:
        Regions whose index is the class that `network.predict` gives inside.

    Raises:
        ValueError: as for `linear_regions`.
    """
    return _regions(classified(network, box))


def classified(network: Network, box: Box) -> Subdivision:
    """The box cut along all creases of hidden neurons and the decision boundary, each face with its class."""
    *hidden, last = in_double(network).classifier().layers
    plane = folded(steps_of(hidden), box)
    plane.affine(last.weight, last.bias)
    cut_by_class(plane)
    return plane


def cut_by_class(plane: Subdivision) -> None:
    """Cut the faces along the decision boundary and label them; the values are the logits."""
    if len(plane.values.now) == 1:
        # A single logit competes with 0.
        plane.affine(np.array([[0.0], [1.0]]), np.zeros(2))
    plane.origin = np.arange(plane.n_faces)
    plane.cut_by_winner()


def upper_envelope(weight: ArrayLike, bias: ArrayLike, box: Box) -> list[Region]:
    """The convex cells of max_k (weight[k] @ x + bias[k]) over a box.

    A plane that wins nowhere gives no cell; of planes that are equal the first wins.

    Args:
        weight: (K, 2), the slopes of K planes.
        bias: (K,), their heights over the origin.
        box: (x_min, x_max, y_min, y_max), in data coordinates.

    Returns:
        One region for each plane that wins somewhere, in the order of the planes.

    Raises:
        ValueError: the shapes are others, a number is not finite, or the box is empty.

    >>> roof = upper_envelope([[1, 0], [-1, 0], [0, 0]], [0, 0, -1], (-1, 1, -1, 1))
    >>> [(region.index, region.polygon.tolist()) for region in roof]  # doctest: +NORMALIZE_WHITESPACE
    [(0, [[1.0, -1.0], [1.0, 1.0], [0.0, 1.0], [0.0, -1.0]]),
     (1, [[-1.0, -1.0], [0.0, -1.0], [0.0, 1.0], [-1.0, 1.0]])]
    """
    weight, bias = numbers(weight, "weight", dtype=np.float64), numbers(bias, "bias", dtype=np.float64)
    if weight.ndim != 2 or weight.shape[1] != 2 or 0 in weight.shape or bias.shape != weight.shape[:1]:
        raise ValueError(f"weight has shape {weight.shape} and bias {bias.shape}, expected (K, 2) and (K,)")
    plane = Subdivision.of_box(box)
    plane.affine(weight, bias)
    plane.cut_by_winner()
    return _regions(plane)


def _regions(plane: Subdivision) -> list[Region]:
    corners, begins = plane.polygons()
    points = plane.points.now.T[corners]
    return [Region(points[begins[i] : begins[i + 1]], int(label)) for i, label in enumerate(plane.label)]


def polygon_areas(points: Array, corners: Indices, begins: Indices) -> Array:
    """The area of each polygon, (n_polygons,); the arrays are those of `Cells`."""
    first = points[corners[begins[:-1]]]
    # Seen from its own first corner, so that a small polygon far from the origin loses nothing.
    seen = points[corners] - np.repeat(first, np.diff(begins), axis=0)
    following = np.roll(seen, -1, axis=0)
    following[begins[1:] - 1] = 0
    cross = seen[:, 0] * following[:, 1] - seen[:, 1] * following[:, 0]
    return np.asarray(np.add.reduceat(cross, begins[:-1]) / 2)
