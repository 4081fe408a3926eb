"""Stage: a scene for films of networks: beats, captions, a camera that frames what is shown."""

from manim import FadeIn

from nn_unfold import Sheet, Stage


class Example(Stage):
    def construct(self):
        sheet = Sheet((-2, 2, -2, 2))
        self.look(sheet)
        with self.beat("A beat has a caption, and what moves while it is read."):
            self.play(FadeIn(sheet))
            self.play(self.turn(1.5, sheet, run_time=4))
