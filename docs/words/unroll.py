"""Unroll: takes a globe to a cylinder or a flat map."""

from nn_unfold import GLOBE, Globe, Rolled, Stage, Unroll


class Example(Stage):
    def construct(self):
        globe = Globe(latitudes=(0, 30, 60, -30, -60))
        unroll = Unroll(globe, start=GLOBE, stop=Rolled(), run_time=4)
        self.look(globe, flows=(unroll,), phi=1.3, theta=-1.0)
        self.add(globe)
        self.play(unroll)
