"""Pieces of a box in which one class wins, as triangles to paint: exact, or along curves to a share of the box."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from nn_core.geometry.boundary import borders, class_scores
from nn_core.geometry.box import Array, Box, Indices, longer_side
from nn_core.geometry.folding import in_double, is_piecewise
from nn_core.geometry.mesh import fans, squares
from nn_core.geometry.refinement import bisect, edges_of, longest_last
from nn_core.geometry.regions import classified
from nn_core.geometry.subdivision import Subdivision
from nn_core.network import Network

Detail = tuple[int, int]
"""How often a triangle fits into the longer side of a box, at first and on a border."""
DETAIL: Detail = (64, 256)


class ClassPieces(NamedTuple):
    """A box in pieces of one label each.

    Attributes:
        vertices: (n, 2), and
        triangles: (m, 3), counter-clockwise; no vertex belongs to pieces of two labels.
        labels: (n,) of the vertices.
        borders: (b, 2, 2) the lines between pieces of different labels.
        cells: (c, 2, 2) all other lines between pieces: creases.
    """

    vertices: Array
    triangles: Indices
    labels: Indices
    borders: Array
    cells: Array


def class_pieces(network: Network, box: Box, detail: Detail = DETAIL) -> ClassPieces:
    """The pieces of a box in which a network chooses one class.

    Networks with piecewise linear hidden layers are cut exactly, along their creases and the decision boundary;
    for others see `curved_pieces`.

    Args:
        network: of 2 inputs; its classes are those of `network.predict`.
        box: (x_min, x_max, y_min, y_max), in data coordinates.
        detail: for smooth networks only, as for `curved_pieces`.

    Raises:
        ValueError: the network has not 2 inputs, or weights that are not finite; or the box is empty.

    >>> from nn_core.network import Layer
    >>> pieces = class_pieces(Network([Layer([[1, 0], [-1, 0]], [0, 0])]), (-1, 1, -1, 1))
    >>> pieces.borders.tolist(), sorted(pieces.labels.tolist())
    ([[[0.0, 1.0], [0.0, -1.0]]], [0, 0, 0, 0, 1, 1, 1, 1])
    """
    network = in_double(network).classifier()
    if is_piecewise(network.layers[:-1]):
        return _pieces(classified(network, box))
    return curved_pieces(partial(class_scores, network), box, detail)


def curved_pieces(scores: Callable[[Array], Array], box: Box, detail: Detail = DETAIL) -> ClassPieces:
    """The pieces of a box in which one of some smooth scores is the largest.

    Over each triangle of a mesh the scores are replaced by the flat ones through its corners. Triangles on a
    border are halved until they are small; islands that slip through the first mesh are not seen.

    Args:
        scores: (n, 2) -> (n, K).
        box: (x_min, x_max, y_min, y_max).
        detail: how often a triangle fits into the longer side of the box, at first and on a border.

    Raises:
        ValueError: the box is empty.
    """
    mesh = squares(box, detail[0])
    vertices, triangles = mesh.vertices, longest_last(mesh.vertices, mesh.triangles)
    values = scores(vertices)
    while True:
        best = values.argmax(axis=1)[triangles]
        mixed = (best != best[:, :1]).any(axis=1)
        base = vertices[triangles[:, 1]] - vertices[triangles[:, 2]]
        coarse = mixed & (np.linalg.norm(base, axis=1) > longer_side(box) / detail[1])
        if not coarse.any():
            break
        n = len(vertices)
        vertices, triangles, *_ = bisect(vertices, triangles, edges_of(triangles[coarse])[:, 0])
        values = np.concatenate([values, scores(vertices[n:])])
    # A triangle that is not mixed has the label of all its corners.
    used, corners = np.unique(triangles[~mixed], return_inverse=True)
    none = np.empty((0, 2, 2))
    whole = ClassPieces(vertices[used], corners.reshape(-1, 3), values[used].argmax(axis=1), none, none)
    if not mixed.any():
        return whole
    used, corners = np.unique(triangles[mixed], return_inverse=True)
    plane = Subdivision.of_triangles(vertices[used], corners.reshape(-1, 3))
    plane.assign(values[used].T)
    plane.cut_by_winner()
    cut = _pieces(plane)
    return ClassPieces(
        np.concatenate([whole.vertices, cut.vertices]),
        np.concatenate([whole.triangles, cut.triangles + len(whole.vertices)]),
        np.concatenate([whole.labels, cut.labels]),
        cut.borders,
        cut.cells,
    )


def _pieces(plane: Subdivision) -> ClassPieces:
    """The faces of a subdivision, which have labels, as pieces."""
    corners, begins = plane.polygons()
    # Neighbours of one label share their vertices: then only the edges between labels are edges.
    n_labels = int(plane.label.max()) + 1
    keys, corners = np.unique(corners * n_labels + np.repeat(plane.label, np.diff(begins)), return_inverse=True)
    number, labels = np.divmod(keys, n_labels)
    vertices = plane.points.now.T[number]
    triangles, _ = fans(vertices, corners, begins)
    edges = plane.edges.now
    inside = (edges[2:4] >= 0).all(axis=0)
    within = inside & (plane.label[edges[2]] == plane.label[edges[3]]) & (edges[4] >= 0)
    lines, _ = borders(plane)
    return ClassPieces(vertices, triangles, labels, lines.segments, plane.points.now.T[edges[:2, within].T])
