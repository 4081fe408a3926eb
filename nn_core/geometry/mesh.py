"""Meshes for pictures: the sheet split exactly where it folds, and refined where it bends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn_core.geometry.box import Array, Box, Indices, grid_points
from nn_core.geometry.folding import creased_layers, folded, in_double, steps_of
from nn_core.geometry.refinement import bisect, edges_of, halve_segments, longest_last
from nn_core.geometry.regions import cut_by_class
from nn_core.geometry.subdivision import GRID, Subdivision
from nn_core.network import Network

MOST_TRIANGLES = 1_000_000  # more would help nobody who looks at a screen
_MOST_LINES = 1_000


@dataclass(frozen=True)
class Mesh:
    """Triangles that tile a box, and the lines among their edges; all lines are pairs of vertices.

    Attributes:
        vertices: (n, 2) in data coordinates, shared by the triangles around them.
        triangles: (m, 3) counter-clockwise.
        classes: (m,) the class of each triangle if the mesh was split along the decision boundary, else -1.
        grid_segments: (g, 2) on the grid lines.
        crease_segments: (c, 2) on the creases.
        crease_neurons: (c, 2) the layer and the neuron, both from 0, that each crease segment belongs to (the
            first one where creases coincide).
        boundary_segments: (b, 2) on the decision boundary.
        boundary_classes: (b, 2) the classes on the left and on the right of each.
        outline_segments: (o, 2) on the sides of the box.
    """

    vertices: Array
    triangles: Indices
    classes: Indices
    grid_segments: Indices
    crease_segments: Indices
    crease_neurons: Indices
    boundary_segments: Indices
    boundary_classes: Indices
    outline_segments: Indices


def sheet_mesh(box: Box, network: Network | None = None, *, grid: float | None = None, boundary: bool = False) -> Mesh:
    """A sheet that a piecewise-affine network folds exactly: on each triangle the network is one affine map.

    It is enough to move the vertices: what the network makes of them is the folded sheet, with sharp creases,
    to the last digit.

    Args:
        box: (x_min, x_max, y_min, y_max), in data coordinates.
        network: of 2 inputs; the sheet is split along the creases of all its layers, the last one too. For
            the first k layers give `Network(network.layers[:k])`. Smooth layers are allowed behind those that
            have creases.
        grid: the distance between grid lines, which lie at its multiples; None for no grid.
        boundary: whether to split along the decision boundary too.

    Raises:
        ValueError: the box is empty, the grid is not positive, or the network is none for exact geometry.

    >>> from nn_core.network import Layer
    >>> mesh = sheet_mesh((-1, 1, -1, 1), Network([Layer([[1, 0]], [0], "relu")]))
    >>> mesh.vertices[mesh.crease_segments].tolist(), len(mesh.triangles)
    ([[[0.0, 1.0], [0.0, -1.0]]], 4)
    """
    if boundary and network is None:
        raise ValueError("boundary=True needs a network to have the boundary of")
    plane = Subdivision.of_box(box) if network is None else _folded_sheet(box, network, boundary)
    on_grid = np.zeros(plane.edges.now.shape[1], bool) if grid is None else _cut_grid(plane, box, grid)
    return _triangulated(plane, on_grid, network, boundary)


def adaptive_mesh(function: Callable[[Array], Array], box: Box, *, tolerance: float, grid: float | None = None) -> Mesh:
    """A mesh fine enough for a smooth map: flat triangles between its vertices stay as near as asked.

    It starts from 8 by 8 squares, or from the squares of the grid where there is one; what is much smaller
    than those may be overlooked.

    Args:
        function: (n, 2) -> (n, d), such as `lambda X: network.forward(X).a[0]`; d may be anything.
        box: (x_min, x_max, y_min, y_max), in data coordinates.
        tolerance: the largest distance allowed between the map and the flat triangles, in units of its
            output, measured in the middle of every edge and of every triangle.
        grid: the distance between grid lines, which lie at its multiples; None for no grid.

    Raises:
        ValueError: the tolerance or the grid is not positive, the box is empty, or the map is so wild that a
            million triangles don't do.

    >>> mesh = adaptive_mesh(np.tanh, (-3, 3, -3, 3), tolerance=0.01)
    >>> middles = mesh.vertices[mesh.triangles].mean(axis=1)
    >>> flat = np.tanh(mesh.vertices)[mesh.triangles].mean(axis=1)
    >>> bool(np.linalg.norm(np.tanh(middles) - flat, axis=1).max() <= 0.01)
    True
    """
    if grid is not None:
        return refined(sheet_mesh(box, grid=grid), function, tolerance=tolerance)
    return refined(squares(box, 8), function, tolerance=tolerance)


def squares(box: Box, n: int) -> Mesh:
    """The box as n by n rectangles, each halved, as a mesh without any line but its outline."""
    number = np.arange((n + 1) ** 2).reshape(n + 1, n + 1)
    corners = (number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1])
    a, b, c, d = (corner.ravel() for corner in corners)
    sides = [number[0], number[:, -1], number[-1, ::-1], number[::-1, 0]]
    none = np.empty((0, 2), np.intp)
    return Mesh(
        grid_points(box, n + 1),
        np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]),
        np.full(2 * n * n, -1),
        none,
        none,
        none,
        none,
        none,
        np.concatenate([np.stack([side[:-1], side[1:]], axis=1) for side in sides]),
    )


def refined(mesh: Mesh, function: Callable[[Array], Array], *, tolerance: float, shortest: float = 0.0) -> Mesh:
    """The same mesh with triangles halved until flat ones follow a smooth map; see `adaptive_mesh`.

    The lines of the mesh stay lines of the new one. With a `sheet_mesh` it serves networks that fold first
    and bend later.

    Args:
        mesh: to begin with.
        function: (n, 2) -> (n,) or (n, k).
        tolerance: how far flat triangles may be off, in units of the function.
        shortest: edges up to this length stay whole, for maps with steep places.

    Raises:
        ValueError: the tolerance is not positive, or a million triangles don't do.
    """
    if not tolerance > 0:
        raise ValueError(f"tolerance is {tolerance}, but it must be above 0: a distance in output units")
    vertices, triangles = mesh.vertices, longest_last(mesh.vertices, mesh.triangles)
    values, classes = _values(function, vertices), mesh.classes
    grid, outline = mesh.grid_segments, mesh.outline_segments
    crease, neurons = mesh.crease_segments, mesh.crease_neurons
    border, sides = mesh.boundary_segments, mesh.boundary_classes
    fresh = triangles
    while len(marked := _too_flat(function, vertices, values, fresh, tolerance, shortest)):
        n, old = len(vertices), triangles
        vertices, triangles, parent, halved = bisect(vertices, triangles, marked)
        if len(triangles) > MOST_TRIANGLES:
            raise ValueError(
                f"{MOST_TRIANGLES:,} triangles don't follow the map to a tolerance of {tolerance}; is it "
                "continuous? if so, allow more"
            )
        values = np.concatenate([values, _values(function, vertices[n:])])
        classes = classes[parent]
        fresh = triangles[(triangles != old[parent]).any(axis=1)]
        grid, _ = halve_segments(grid, n, halved)
        outline, _ = halve_segments(outline, n, halved)
        crease, source = halve_segments(crease, n, halved)
        neurons = neurons[source]
        border, source = halve_segments(border, n, halved)
        sides = sides[source]
    return Mesh(vertices, triangles, classes, grid, crease, neurons, border, sides, outline)


def _values(function: Callable[[Array], Array], points: Array) -> Array:
    values = np.asarray(function(points), np.float64)
    if values.shape[:1] != (len(points),) or not np.isfinite(values).all():
        raise ValueError(f"the map gave shape {values.shape} for {len(points)} points, expected a finite row for each")
    return values.reshape(len(points), -1)


def _too_flat(
    function: Callable[[Array], Array],
    vertices: Array,
    values: Array,
    triangles: Indices,
    tolerance: float,
    shortest: float,
) -> Indices:
    """The edges (k, 2) of these triangles to be halved, since a map bends too much over or beside them."""
    edges = np.unique(edges_of(triangles).reshape(-1, 2), axis=0)
    off = _values(function, vertices[edges].mean(axis=1)) - values[edges].mean(axis=1)
    bent = edges[np.linalg.norm(off, axis=1) > tolerance]
    # A map with a turning point in the middle of an edge looks straight there, but not beside it.
    off = _values(function, vertices[triangles].mean(axis=1)) - values[triangles].mean(axis=1)
    bulging = edges_of(triangles)[np.linalg.norm(off, axis=1) > tolerance, 0]
    marked: Indices = np.concatenate([bent, bulging])
    lengths = np.linalg.norm(vertices[marked[:, 1]] - vertices[marked[:, 0]], axis=1)
    long: Indices = marked[lengths > shortest]
    return long


def _folded_sheet(box: Box, network: Network, boundary: bool) -> Subdivision:
    network = in_double(network)
    if not boundary:
        return folded(steps_of(creased_layers(network.layers)), box)
    *hidden, last = network.layers
    *before, reader = network.classifier().layers
    plane = folded(steps_of(hidden), box)
    plane.affine(last.weight, last.bias)
    if last.activation.bends:
        neurons, levels = steps_of([last])[0].lines()
        plane.cut_rows(neurons, levels, sum(layer.n_out for layer in hidden) + neurons)
    if len(before) == len(network.layers):  # the classes are read from what the last layer gives
        plane.activate(steps_of(network.layers)[-1].pieces)
        plane.affine(reader.weight, reader.bias)
    elif (level := last.bias - reader.bias).any():
        plane.affine(np.eye(network.n_out), -level)
    cut_by_class(plane)
    return plane


def _cut_grid(plane: Subdivision, box: Box, grid: float) -> NDArray[np.bool_]:
    """Cut along the grid lines; which edges lie on one, (E,)."""
    if not grid > 0:
        raise ValueError(f"grid is {grid}, but it must be above 0: the distance between grid lines, or None")
    lines = []
    for axis, (low, high) in enumerate((box[:2], box[2:])):
        if high - low > _MOST_LINES * grid:
            raise ValueError(f"grid is {grid}, which makes over {_MOST_LINES:,} lines in the box {box}; give more")
        places = grid * np.arange(np.ceil(low / grid), np.floor(high / grid) + 1)
        # A line that rounding alone keeps off a side of the box is that side.
        margin = 1e-9 * (high - low)
        lines += [(axis, place) for place in places if low + margin < place < high - margin]
    if not lines:
        return np.zeros(plane.edges.now.shape[1], bool)
    plane.restart()
    plane.affine(np.eye(2)[[axis for axis, _ in lines]], -np.array([place for _, place in lines]))
    plane.cut_rows(np.arange(len(lines)), np.zeros(len(lines)), np.full(len(lines), GRID))
    on_grid = np.zeros(plane.edges.now.shape[1], bool)
    for (axis, place), distance in zip(lines, plane.values.now, strict=True):
        here = distance == 0
        plane.points.now[axis, here] = place
        on_grid |= here[plane.edges.now[:2]].all(axis=0)
    return on_grid


def _triangulated(plane: Subdivision, on_grid: NDArray[np.bool_], network: Network | None, boundary: bool) -> Mesh:
    """The faces of a subdivision as triangles, and its tagged edges as segments."""
    corners, begins = plane.polygons()
    # Merged faces leave corners that nothing uses any more.
    used, corners = np.unique(corners, return_inverse=True)
    vertices = plane.points.now.T[used]
    triangles, face = fans(vertices, corners, begins)

    edges = plane.edges.now
    ends = np.searchsorted(used, edges[:2].T)
    left, right, tag = edges[2:]
    inside = (left >= 0) & (right >= 0)
    borders = inside & (plane.label[left] != plane.label[right])
    creased = tag >= 0
    first = np.cumsum([0] + ([] if network is None else [layer.n_out for layer in network.layers]))
    layer = np.searchsorted(first, tag[creased], side="right") - 1
    return Mesh(
        vertices,
        triangles,
        plane.label[face] if boundary else np.full(len(face), -1),
        ends[on_grid],
        ends[creased],
        np.stack([layer, tag[creased] - first[layer]], axis=1),
        ends[borders],
        plane.label[np.stack([left[borders], right[borders]], axis=1)],
        ends[~inside],
    )


def fans(points: Array, corners: Indices, begins: Indices) -> tuple[Indices, Indices]:
    """Convex polygons as triangles; the arrays are those of `Cells`.

    Returns:
        triangles (m, 3), counter-clockwise, in the order of the polygons, and the polygon of each (m,).
    """
    sizes = np.diff(begins)
    triangles, face = [], []
    for size in np.unique(sizes):
        of_size = np.flatnonzero(sizes == size)
        polygons = corners[begins[of_size][:, None] + np.arange(size)]
        # Fan out from the corner that makes the smallest triangle largest: never from a straight angle.
        x, y = np.moveaxis(points[polygons], 2, 0)
        smallest = np.empty(polygons.shape)
        for apex in range(size):
            dx = np.roll(x, -apex, axis=1)[:, 1:] - x[:, [apex]]
            dy = np.roll(y, -apex, axis=1)[:, 1:] - y[:, [apex]]
            smallest[:, apex] = (dx[:, :-1] * dy[:, 1:] - dx[:, 1:] * dy[:, :-1]).min(axis=1)
        turn = (smallest.argmax(axis=1)[:, None] + np.arange(size)) % size
        turned = np.take_along_axis(polygons, turn, axis=1)
        fan = np.stack(np.broadcast_arrays(turned[:, :1], turned[:, 1:-1], turned[:, 2:]), axis=2)
        triangles.append(fan.reshape(-1, 3))
        face.append(np.repeat(of_size, size - 2))
    order = np.argsort(np.concatenate(face), kind="stable")
    return np.concatenate(triangles)[order], np.concatenate(face)[order]
