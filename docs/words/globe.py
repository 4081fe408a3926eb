"""Globe: the earth, with coastlines and circles of one size."""

from nn_unfold import Globe, Stage


class Example(Stage):
    def construct(self):
        globe = Globe(latitudes=(0, 30, 60, -30, -60))
        self.look(globe, phi=1.3, theta=-1.0)
        self.add(globe)
        self.wait()
