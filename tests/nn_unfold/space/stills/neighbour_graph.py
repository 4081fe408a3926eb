"""The neighbour graph of digits, over their positions along two directions."""

from nn_core.datasets import load_digits
from nn_core.embedding import knn_graph, pca
from nn_unfold.space.graph import GraphEdges
from nn_unfold.space.primitives import Cloud
from nn_unfold.stage.stage import Stage


class NeighbourGraph(Stage):
    """500 digits, each joined to its five nearest among all pixels."""

    def construct(self):
        digits = load_digits()
        X = digits.X[::4]
        cloud = Cloud(pca(X)[0], digits.y[::4], radius=6)
        self.look(cloud)
        self.add(GraphEdges(cloud, knn_graph(X, 5)), cloud)
