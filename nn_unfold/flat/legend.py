"""A legend: which colour is which class."""

from __future__ import annotations

from collections.abc import Sequence

from manim import LEFT, RIGHT, Circle, VGroup

from nn_unfold.errors import UnfoldError
from nn_unfold.text.labels import Label, stack
from nn_unfold.theme import theme

_LONGEST = 22  # characters of a name that are shown


class ClassLegend(VGroup):
    """A dot in the colour of each class, and the class's name beside it.

    Args:
        names: of the classes, in order; they are written as they are.
        most: names that are shown; below them is said how many more there are.
        shades: a hex colour for each class; those of the theme if not given.

    Raises:
        UnfoldError: for more classes than there are colours.
    """

    def __init__(self, names: Sequence[str], *, most: int = 8, shades: Sequence[str] | None = None) -> None:
        if not names:
            raise UnfoldError("A legend needs the names of some classes.")
        tokens = theme()
        size = 0.85 * tokens.label_size
        rows = []
        colours = shades or tokens.class_colours(max(len(names), 2))
        for name, colour in zip(names[:most], colours, strict=False):
            dot = Circle(radius=0.08, stroke_color=tokens.faint, stroke_width=1.5)
            dot.set_fill(colour, opacity=1)
            text = Label(name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…", size)
            rows.append(VGroup(dot, text.next_to(dot, RIGHT, buff=0.15)))
        if len(names) > most:
            rows.append(VGroup(Label(f"+ {len(names) - most}", size, tokens.faint)))
        super().__init__(*stack(*rows, gap=0.14))
        self.align_to(self, LEFT)
