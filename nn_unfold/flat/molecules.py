"""Molecules: atoms side by side, as many of each kind as a row of a weight matrix says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import RIGHT, TAU, Circle, Sector, VGroup

from nn_unfold.text.labels import label
from nn_unfold.theme import theme

ELEMENTS = ("C", "O")


class Atom(VGroup):
    """A ball with the sign of its element; of a part of an atom a sector.

    Args:
        element: its number in `ELEMENTS`.
        share: how much of an atom it is, above 0 to 1.
        radius: in frame units.

    Attributes:
        element, share: as given.
        ball: the atom without its letter.
        sign: its letter.
    """

    def __init__(self, element: int, share: float = 1.0, *, radius: float = 0.3) -> None:
        tokens = theme()
        colour = (tokens.faint, tokens.classes[0])[element]
        rim = Circle(radius=radius, stroke_color=colour, stroke_width=2.5)
        body = Circle(radius=radius) if share == 1 else Sector(radius=radius, angle=share * TAU, start_angle=TAU / 4)
        body.set_stroke(width=0).set_fill(colour, opacity=1)
        self.element, self.share = element, share
        self.ball = VGroup(body, rim)
        self.sign = label(ELEMENTS[element], size=80 * radius, colour=tokens.background if share == 1 else tokens.ink)
        super().__init__(self.ball, self.sign)


class Molecule(VGroup):
    """Atoms side by side, half of the oxygen on each side of the carbon.

    Args:
        amounts: (2,) how many of each of `ELEMENTS`, 0 or more; what is beyond a whole number is a part of an atom.
        radius: of an atom, in frame units.

    Attributes:
        amounts: as given.
    """

    def __init__(self, amounts: Sequence[float] | np.ndarray, *, radius: float = 0.3) -> None:
        self.amounts = np.asarray(amounts, dtype=float)
        carbon, oxygen = (_atoms(element, float(count), radius) for element, count in enumerate(self.amounts))
        half = len(oxygen) // 2
        super().__init__(*oxygen[:half], *carbon, *oxygen[half:])
        self.arrange(RIGHT, buff=-0.2 * radius)


def _atoms(element: int, count: float, radius: float) -> list[Atom]:
    """Whole atoms, and a part of one."""
    whole, part = divmod(round(count, 9), 1.0)
    shares = [1.0] * int(whole) + ([part] if part else [])
    return [Atom(element, share, radius=radius) for share in shares]


def name_of(amounts: Sequence[float] | np.ndarray) -> str:
    """The formula of a molecule in Typst.

    >>> name_of([1, 2]), name_of([0, 3]), name_of([1, 1.5])
    ('"CO"_2', '"O"_3', '"CO"_1.5')
    """
    written, letters = "", ""
    for element, count in zip(ELEMENTS, np.asarray(amounts, dtype=float), strict=True):
        if count:
            letters += element
            if count != 1:
                written, letters = f'{written}"{letters}"_{count:g} ', ""
    return (written + (f'"{letters}"' if letters else "")).strip()
