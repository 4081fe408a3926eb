"""Bisect triangles where asked, without a crack between neighbours.

Each triangle is bisected at the middle of the edge from its second to its third corner, its base; the new
corner comes first in both halves (newest vertex bisection, Mitchell 1991). If any edge is to be halved, so is
the base, and so on until nothing is added; both neighbours of a halved edge then share its middle.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nn_core.geometry.box import Array, Indices


class Bisection(NamedTuple):
    """A mesh after one round.

    Attributes:
        vertices: (n', 2) the old ones first.
        triangles: (m', 3).
        parent: (m',) of which old triangle each is a part.
        halved: (k, 2) the edges that were halved, smaller index first, in lexical order; the middle of the
            first is vertex n, of the next n + 1, and so on.
    """

    vertices: Array
    triangles: Indices
    parent: Indices
    halved: Indices


def longest_last(vertices: Array, triangles: Indices) -> Indices:
    """The same triangles (m, 3), each turned so that its longest edge is its base."""
    corners = vertices[triangles]
    lengths = np.linalg.norm(np.roll(corners, -1, axis=1) - np.roll(corners, 1, axis=1), axis=2)
    turn = lengths.argmax(axis=1)
    return np.take_along_axis(triangles, (turn[:, None] + np.arange(3)) % 3, axis=1)


def edges_of(triangles: Indices) -> Indices:
    """The edges (m, 3, 2) opposite to each corner, smaller index first; the base comes first."""
    return np.sort(np.stack([triangles[:, [1, 2]], triangles[:, [2, 0]], triangles[:, [0, 1]]], axis=1), axis=2)


def bisect(vertices: Array, triangles: Indices, marked: Indices) -> Bisection:
    """Halve these edges (k, 2), and as many more as it takes to leave no crack."""
    n = len(vertices)
    edges = edges_of(triangles) @ np.array([n, 1])
    keys = np.unique(np.sort(marked, axis=1) @ np.array([n, 1]))
    while True:
        bases = np.unique(edges[np.isin(edges, keys).any(axis=1), 0])
        grown = np.union1d(keys, bases)
        if len(grown) == len(keys):
            break
        keys = grown
    halved = np.stack(np.divmod(keys, n), axis=1)
    vertices = np.concatenate([vertices, vertices[halved].mean(axis=1)])

    parent = np.arange(len(triangles))
    # The bases of the halves are the other two edges of the triangle, so that two rounds halve all three.
    for _ in range(2):
        base = edges_of(triangles)[:, 0] @ np.array([n, 1])
        # An edge with a new vertex gives no key of two old ones.
        old = (triangles[:, 1:] < n).all(axis=1)
        hit = old & np.isin(base, keys)
        middle = n + np.searchsorted(keys, base[hit])
        apex, a, b = triangles[hit].T
        halves = [np.stack([middle, apex, a], axis=1), np.stack([middle, b, apex], axis=1)]
        triangles = np.concatenate([triangles[~hit], *halves])
        parent = np.concatenate([parent[~hit], parent[hit], parent[hit]])
    return Bisection(vertices, triangles, parent, halved)


def halve_segments(segments: Indices, n: int, halved: Indices) -> tuple[Indices, Indices]:
    """Segments (s, 2) of a mesh of n vertices after its edges (k, 2) were halved.

    Returns:
        the segments (s', 2), in the old order and direction, and which old one each is a part of (s',).
    """
    keys = halved @ np.array([n, 1])
    own = np.sort(segments, axis=1) @ np.array([n, 1])
    hit = np.isin(own, keys)
    parts = np.where(hit, 2, 1)
    source = np.repeat(np.arange(len(segments)), parts)
    result = segments[source]
    first = (np.cumsum(parts) - parts)[hit]
    result[first, 1] = result[first + 1, 0] = n + np.searchsorted(keys, own[hit])
    return result, source
