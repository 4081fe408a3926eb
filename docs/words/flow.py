"""Flow: the base of all movements: where points are after a share of the time."""

import numpy as np

from nn_unfold import Flow, Sheet, Stage


class Example(Stage):
    def construct(self):
        class Wave(Flow):
            """A wave runs into the sheet."""

            def place(self, points, t):
                return points + t * np.column_stack([0 * points[:, 0], 0 * points[:, 0], np.sin(3 * points[:, 0]) / 3])

        sheet = Sheet((-2, 2, -2, 2), grid=0.25)
        self.look(sheet, phi=1.0, theta=-1.0)
        self.add(sheet)
        self.play(Wave(sheet))
