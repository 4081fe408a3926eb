"""The decision boundary: exact where the network is piecewise affine, else followed to a tolerance."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn_core.geometry.box import Array, Box, Indices
from nn_core.geometry.folding import in_double, is_piecewise
from nn_core.geometry.mesh import MOST_TRIANGLES, squares
from nn_core.geometry.refinement import bisect, edges_of, longest_last
from nn_core.geometry.regions import classified
from nn_core.geometry.subdivision import Subdivision, chained
from nn_core.network import Network

_START = 64  # squares along each side of the box before any is halved


class Boundary(NamedTuple):
    """Where the class changes.

    Attributes:
        segments: (m, 2, 2) from start to end; those between the same two classes follow each other, end to
            start.
        classes: (m, 2) the class on the left of each, which is the smaller one, and the one on the right.
    """

    segments: Array
    classes: Indices


def decision_boundary(network: Network, box: Box, *, tolerance: float | None = None) -> Boundary:
    """Where the predicted class changes, for any number of classes.

    A network with one output has its boundary where its decision says so. Piecewise-affine networks have exact
    segments; a point where three classes meet is an end of each. With smooth activations segments follow the curve:
    from five places of each, one step of the tolerance to its left leads into the class on the left, and to its
    right into the class on the right (or else the triangle that holds it is no larger than the tolerance).
    Islands much smaller than a grid of 64 by 64 squares may be overlooked then.

    Args:
        network: of 2 inputs.
        box: (x_min, x_max, y_min, y_max), in data coordinates.
        tolerance: for smooth activations only, how far the segments may be off, in data units; if None, a
            thousandth of the longer side of the box.

    Raises:
        ValueError: the network has not 2 inputs, or weights that are not finite; or the box is empty; or the
            tolerance is not positive, or too small for a million triangles.

    >>> from nn_core.network import Layer
    >>> segments, classes = decision_boundary(Network([Layer([[1, 0], [-1, 0]], [0, 0])]), (-1, 1, -1, 1))
    >>> segments.tolist(), classes.tolist()
    ([[[0.0, 1.0], [0.0, -1.0]]], [[0, 1]])
    """
    network = in_double(network).classifier()
    if is_piecewise(network.layers[:-1]):
        return borders(classified(network, box))[0]

    return curved_borders(partial(class_scores, network), box, tolerance)


def class_scores(network: Network, X: Array) -> Array:
    """What the classes compete with, (n, n_in) -> (n, K): the logits of its classifier; a single one against 0."""
    z = network.classifier().logits(X)
    return np.asarray(np.hstack([np.zeros_like(z), z]) if network.n_out == 1 else z)


def borders(plane: Subdivision) -> tuple[Boundary, Indices]:
    """The edges between faces of different labels, and the two faces that each of them parts, (m, 2)."""
    edges = plane.edges.now[:4, (plane.edges.now[2:4] >= 0).all(axis=0)]
    edges = edges[:, plane.label[edges[2]] != plane.label[edges[3]]]
    # Turned alike, so that the edges between the same two classes run on from one to the next.
    edges = np.where(plane.label[edges[2]] < plane.label[edges[3]], edges, edges[[1, 0, 3, 2]])
    classes = plane.label[edges[2:]]
    pair = np.ravel_multi_index(tuple(classes), (plane.label.max() + 1,) * 2)
    order = chained(*(pair * plane.points.now.shape[1] + edges[:2]))
    tail_head, faces = edges[:2, order].T, edges[2:, order].T
    return Boundary(plane.points.now.T[tail_head], classes[:, order].T), faces


def curved_borders(scores: Callable[[Array], Array], box: Box, tolerance: float | None) -> Boundary:
    """Where the largest of some smooth scores, (n, 2) -> (n, K), changes; see `decision_boundary`.

    Over each triangle of a mesh the scores are replaced by the flat ones through its corners, whose borders
    are exact segments; triangles whose segments are too far off are halved.
    """
    start = squares(box, _START)
    if tolerance is None:
        tolerance = float(np.ptp(start.vertices, axis=0).max()) / 1000
    if not tolerance > 0:
        raise ValueError(f"tolerance is {tolerance}, but it must be above 0: a distance in data units")
    vertices, triangles = start.vertices, longest_last(start.vertices, start.triangles)
    values = scores(vertices)
    fresh = triangles
    while True:
        winner = values.argmax(axis=1)[triangles]
        mixed = triangles[(winner != winner[:, :1]).any(axis=1)]
        found, sides = _flat_borders(vertices, values, mixed)
        off = mixed[np.unique(sides[~_close(scores, found, tolerance)])]
        suspects = np.concatenate([off, fresh[_may_hide(scores, vertices, values, fresh)]])
        a, b = np.moveaxis(vertices[suspects[:, 1:]], 1, 0)
        marked = edges_of(suspects)[np.linalg.norm(a - b, axis=1) > tolerance, 0]
        if not len(marked):
            return found
        n, old = len(vertices), triangles
        vertices, triangles, parent, _ = bisect(vertices, triangles, marked)
        if len(triangles) > MOST_TRIANGLES:
            raise ValueError(f"tolerance is {tolerance}, too small for {MOST_TRIANGLES:,} triangles; allow more")
        values = np.concatenate([values, scores(vertices[n:])])
        fresh = triangles[(triangles != old[parent]).any(axis=1)]


def _flat_borders(vertices: Array, values: Array, triangles: Indices) -> tuple[Boundary, Indices]:
    """The borders of the flat scores over these triangles, and the two triangles beside each segment."""
    if not len(triangles):
        return Boundary(np.empty((0, 2, 2)), np.empty((0, 2), np.intp)), np.empty((0, 2), np.intp)
    used, corners = np.unique(triangles, return_inverse=True)
    plane = Subdivision.of_triangles(vertices[used], corners.reshape(triangles.shape))
    plane.assign(values[used].T)
    plane.cut_by_winner()
    found, faces = borders(plane)
    return found, plane.origin[faces]


def _may_hide(
    scores: Callable[[Array], Array], vertices: Array, values: Array, triangles: Indices
) -> NDArray[np.bool_]:
    """In which triangles (m, 3) the scores bend so much that another one may win unseen, (m,).

    A quadratic function is off its flat interpolation by at most 4/3 of what it is off in the middle of an
    edge; the lead of one score over another by twice that.
    """
    # Pairs as single numbers: many times as fast to tell apart.
    keys, number = np.unique(edges_of(triangles) @ np.array([len(vertices), 1]), return_inverse=True)
    edges = np.stack(np.divmod(keys, len(vertices)), axis=1)
    bend = np.abs(scores(vertices[edges].mean(axis=1)) - values[edges].mean(axis=1)).max(axis=1)
    top = np.partition(values[triangles], -2, axis=2)
    lead = (top[:, :, -1] - top[:, :, -2]).min(axis=1)
    return np.asarray(lead < 8 / 3 * bend[number.reshape(-1, 3)].max(axis=1))


def _close(scores: Callable[[Array], Array], found: Boundary, tolerance: float) -> NDArray[np.bool_]:
    """Whether a step of the tolerance to each side of a segment leads into the class there, (m,)."""
    start, end = np.moveaxis(found.segments, 1, 0)
    along = end - start
    length = np.linalg.norm(along, axis=1, keepdims=True)
    # A tenth of the tolerance is left for what lies between the places that are looked at.
    step = 0.9 * tolerance * np.stack([-along[:, 1], along[:, 0]], axis=1) / np.where(length > 0, length, 1)
    close = np.ones(len(start), bool)
    for share in (0, 0.25, 0.5, 0.75, 1):
        point = start + share * along
        for side, classes in ((point + step, found.classes[:, 0]), (point - step, found.classes[:, 1])):
            close &= scores(side).argmax(axis=1) == classes
    return close
