"""GraphEdges: the edges of a neighbour graph over a cloud."""

import numpy as np

from nn_core.datasets import make_moons
from nn_core.embedding import knn_graph
from nn_unfold import Cloud, GraphEdges, Stage


class Example(Stage):
    def construct(self):
        X, y = make_moons(60, rng=np.random.default_rng(0))
        cloud = Cloud(X, y)
        self.look(cloud)
        self.add(GraphEdges(cloud, knn_graph(X, 5)), cloud)
        self.wait()
