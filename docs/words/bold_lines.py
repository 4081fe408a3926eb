"""bold_lines: wide lines in the input plane, with a dark rim."""

import numpy as np

from nn_unfold import Sheet, Stage, bold_lines


class Example(Stage):
    def construct(self):
        sheet = Sheet((-2, 2, -2, 2))
        self.look(sheet)
        self.add(sheet, bold_lines(np.array([[[-2, -1], [2, 1.5]], [[-1, 2], [1, -2]]])))
        self.wait()
