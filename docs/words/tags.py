"""Tags: a tag beside each point of a cloud."""

import numpy as np

from nn_unfold import Cloud, Stage, Tags


class Example(Stage):
    def construct(self):
        cloud = Cloud(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), [0, 1, 1, 0], radius=14)
        tags = Tags(cloud, ["(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)"])
        self.look(cloud)
        self.add(cloud, tags)
        self.wait()
