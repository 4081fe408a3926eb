"""The linear regions of a ReLU network by edge subdivision, to compare with: one neuron after the other.

After Berzins 2023, "Polyhedral complex extraction from ReLU networks using edge subdivision" (ICML), written anew
from the paper, in NumPy, for the plane. Each vertex has a sign for each neuron and for each side of the box: -1, 0
or 1. A neuron splits the edges between a negative and a positive vertex; two new vertices are joined if they lie on
the border of one region, which is known by its signs. Only for networks in general position.
"""

from typing import NamedTuple

import numpy as np

from nn_core.geometry.box import box_corners


class Skeleton(NamedTuple):
    """The vertices (n, 2) and edges (m, 2) of the regions in a box."""

    vertices: np.ndarray
    edges: np.ndarray

    @property
    def n_cells(self):
        """How many regions there are, by Euler's formula."""
        return 1 + len(self.edges) - len(self.vertices)


def subdivided(network, box):
    """The skeleton of the regions of a network with ReLU layers and a last one without."""
    vertices = box_corners(box)
    edges = np.stack([np.arange(4), (np.arange(4) + 1) % 4], axis=1)
    # A corner of the box lies on two of its sides, and within the other two.
    signs = np.ones((4, 4), np.int8)
    signs[np.arange(4), np.arange(4)] = signs[np.arange(4), (np.arange(4) - 1) % 4] = 0
    a = vertices
    for layer in network.layers[:-1]:
        z = a @ layer.weight.T + layer.bias
        for k in range(layer.n_out):
            own = np.sign(z[:, k]).astype(np.int8)
            start, end = edges.T
            split = own[start] * own[end] < 0
            start, end = start[split], end[split]
            share = (z[start, k] / (z[start, k] - z[end, k]))[:, None]
            new = len(vertices) + np.arange(len(start))
            # An edge lies on one line only, the one on which both its ends lie.
            along = np.where(signs[start] != 0, signs[start], signs[end])
            vertices = np.concatenate([vertices, vertices[start] + share * (vertices[end] - vertices[start])])
            z = np.concatenate([z, z[start] + share * (z[end] - z[start])])
            z[new, k] = 0
            signs = np.column_stack([np.concatenate([signs, along]), np.append(own, np.zeros(len(new), np.int8))])
            edges = np.concatenate(
                [edges[~split], np.stack([start, new], axis=1), np.stack([new, end], axis=1), _joined(along, new)]
            )
        a = np.maximum(z, 0)
    return Skeleton(vertices, edges)


def _joined(along, new):
    """The edges (k, 2) between new vertices (m,) that share a region, given the signs of their old edges (m, h)."""
    if not len(new):
        return np.empty((0, 2), int)
    line = np.argmin(np.abs(along), axis=1)
    left, right = along.copy(), along.copy()
    left[np.arange(len(new)), line], right[np.arange(len(new)), line] = 1, -1
    # Behind a side of the box there is no region.
    inside = line >= 4
    regions = np.ascontiguousarray(np.concatenate([left, right[inside]]))
    names = regions.view(np.dtype((np.void, regions.shape[1]))).ravel()
    order = np.argsort(names, kind="stable")
    return np.concatenate([new, new[inside]])[order].reshape(-1, 2)
