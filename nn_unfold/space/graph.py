"""Neighbour graphs in space: their edges follow the points of a cloud."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn_core.embedding import Graph
from nn_unfold.engine.paint.batch import Batch
from nn_unfold.errors import UnfoldError
from nn_unfold.space.base import SpatialMobject
from nn_unfold.space.primitives import Cloud
from nn_unfold.theme import theme

_FAINTEST = 0.02  # edges with a smaller share of their opacity are not drawn


class GraphEdges(SpatialMobject):
    """The edges of a neighbour graph over a cloud; the longer an edge is, the more transparent.

    The ends of the edges are the cloud's points at the moment of drawing. So whatever moves the cloud, the edges
    follow. The colour of an edge goes from that of one end to that of the other.

    Args:
        cloud: whose points are the nodes.
        graph: of nn_core.embedding.knn_graph, over as many points; an edge that is found from both ends is drawn once.
        reach: the length in scene units at which an edge has half its opacity. None for the median of the lengths at
            the moment of drawing: then the look does not depend on the scale.
        opacity: of a very short edge, 0 to 1.
        width: pixels in a picture 1080 pixels high.

    Attributes:
        edges: (e, 2) numbers of points, the smaller one first.

    Raises:
        UnfoldError: where the graph has not as many nodes as the cloud has points.
    """

    def __init__(
        self,
        cloud: Cloud,
        graph: Graph,
        *,
        reach: float | None = None,
        opacity: float | None = None,
        width: float | None = None,
        **kwargs: Any,
    ) -> None:
        tokens = theme()
        n, k = graph.neighbours.shape
        if n != len(cloud.points):
            raise UnfoldError(
                f"The graph has {n} nodes, but the cloud has {len(cloud.points)} points: make both of the same data."
            )
        rgba = cloud.rgba.copy()
        rgba[:, 3] = tokens.edge_opacity if opacity is None else opacity
        super().__init__(cloud.points, rgba, **kwargs)
        pairs = np.column_stack([np.repeat(np.arange(n), k), graph.neighbours.ravel()])
        self.edges = np.unique(np.sort(pairs, axis=1), axis=0)
        self.cloud, self.reach = cloud, reach
        self.width_px = tokens.grid_width if width is None else width

    def lengths(self) -> np.ndarray:
        """The lengths (e,) of the edges at this moment, in scene units."""
        start, end = self.cloud.points[self.edges].swapaxes(0, 1)
        return np.asarray(np.linalg.norm(end - start, axis=1))

    def batch(self) -> Batch:
        """Lines between the cloud's points."""
        lengths = self.lengths()
        reach = float(np.median(lengths)) if self.reach is None else self.reach
        strength = 1 / (1 + (lengths / max(reach, 1e-12)) ** 2)
        shown = strength > _FAINTEST
        edges, strength = self.edges[shown], strength[shown]
        rgba = self.rgba[edges].reshape(-1, 4)
        rgba[:, 3] *= np.repeat(strength, 2)
        ends = np.arange(2 * len(edges)).reshape(-1, 2)
        return Batch(self.cloud.points[edges].reshape(-1, 3), rgba, segments=ends, size=self.width_px)
