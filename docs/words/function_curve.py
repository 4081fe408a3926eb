"""function_curve: the graph of a function as a line in the plane."""

import numpy as np

from nn_unfold import Sheet, Stage, function_curve


class Example(Stage):
    def construct(self):
        sheet = Sheet((-3, 3, -2, 2))
        self.look(sheet)
        self.add(sheet, function_curve(np.sin, (-3, 3, -2, 2)))
        self.wait()
