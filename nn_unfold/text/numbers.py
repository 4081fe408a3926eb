"""Live numbers: matrices, affine maps and single numbers that change from frame to frame."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Self

import numpy as np
from manim import LEFT, ORIGIN, RIGHT, UP, VGroup, VMobject
from numpy.typing import ArrayLike

from nn_unfold.errors import UnfoldError
from nn_unfold.text.catalog import translate
from nn_unfold.text.formulas import formula
from nn_unfold.text.labels import Label, letter_outlines, stand
from nn_unfold.theme import theme

MINUS = "\N{MINUS SIGN}"


class Frame(VMobject):
    """Points that remember where something was moved, turned and scaled to: never seen, whatever colour it is given."""

    def __init__(self, points: np.ndarray) -> None:
        super().__init__()
        self.points = points

    def set_fill(self, color: Any = None, opacity: float | None = None, family: bool = True) -> Self:
        """Take the colour, but stay unseen."""
        return super().set_fill(color, 0.0, family)

    def set_stroke(self, color: Any = None, width: float | None = None, *args: Any, **kwargs: Any) -> Self:
        """Take the colour, but stay unseen."""
        return super().set_stroke(color, 0.0, *args, **kwargs)


class LiveMatrix(VGroup):
    """A matrix of numbers that can change from frame to frame without being laid out anew.

    Args:
        values: (r, c) the numbers to start with.
        decimals: digits after the point.
        digits: digits before it that there is room for; a larger number gives up decimals, and one that is too large
            even so is written with a power of ten, such as 1.2e6.
        brackets: draw them.
        centred: let each number stand in the middle of its place, and not flush right in its column.
        size: Manim font size.

    Attributes:
        entries: one vector mobject per number, row by row.
    """

    def __init__(
        self,
        values: ArrayLike,
        *,
        decimals: int = 2,
        digits: int = 1,
        brackets: bool = True,
        centred: bool = False,
        size: float | None = None,
        colour: str | None = None,
    ) -> None:
        super().__init__()
        tokens = theme()
        size = size or tokens.label_size
        self.decimals, self.digits, self.centred = decimals, digits, centred
        self.glyphs, self.advance, height = _digit_glyphs(size)
        self.rows, self.columns = np.shape(values)
        self.columns_wide = 2 + digits + decimals if decimals else 1 + digits
        self.pitch = np.array([(self.columns_wide + 1) * self.advance, 1.75 * height])
        # The frame remembers where the matrix was moved, turned and scaled to: origin, one right, one up.
        self.frame = Frame(np.array([ORIGIN, RIGHT, UP, UP]) * height)
        self.unit = height
        self.entries = VGroup(
            *(
                VMobject(fill_color=colour or tokens.ink, fill_opacity=1, stroke_width=0)
                for _ in range(self.rows * self.columns)
            )
        )
        self.add(self.frame, self.entries)
        if brackets:
            self.add(*self._brackets(height))
        self.set_values(values)

    def _brackets(self, height: float) -> list[VMobject]:
        right = self.columns * self.pitch[0] - self.advance
        top, bottom = 1.35 * height, -(self.rows - 1) * self.pitch[1] - 0.35 * height
        hook = 0.45 * self.advance
        sides = []
        for x, inward in ((-0.5 * self.advance, hook), (right + 0.5 * self.advance, -hook)):
            side = VMobject(stroke_color=theme().ink, stroke_width=2)
            corners = [[x + inward, top, 0], [x, top, 0], [x, bottom, 0], [x + inward, bottom, 0]]
            side.set_points_as_corners(np.array(corners))
            sides.append(side)
        return sides

    def set_values(self, values: ArrayLike) -> Self:
        """Show these numbers, (r, c), where the matrix now stands; the place of a NaN stays empty.

        Raises:
            UnfoldError: for a matrix of another shape, or a number that has no room.
        """
        given = np.asarray(values, dtype=float)
        if given.shape != (self.rows, self.columns):
            raise UnfoldError(
                f"The matrix on screen has {self.rows} rows and {self.columns} columns, but was given {given.shape}: "
                "make a new LiveMatrix for a layer of another shape."
            )
        origin, right, up = self.frame.points[:3]
        basis = np.array([right - origin, up - origin]) / self.unit
        for entry, ((row, column), value) in zip(self.entries, np.ndenumerate(given), strict=True):
            text = "" if np.isnan(value) else self._written(value)
            shift = 0.0
            if self.centred:
                text = text.lstrip()
                shift = (self.columns_wide - len(text)) / 2
            corner = np.array([column, -row]) * self.pitch
            outlines = [
                self.glyphs[character][:, :2] + corner + [(shift + place) * self.advance, 0]
                for place, character in enumerate(text)
                if character != " "
            ]
            entry.points = origin + np.concatenate(outlines) @ basis if outlines else np.zeros((0, 3))
        return self

    def centre_on(self, place: np.ndarray) -> Self:
        """Put the middle of the numbers' places at a point (3,), whatever numbers stand there."""
        origin, right, up = self.frame.points[:3]
        basis = np.array([right - origin, up - origin]) / self.unit
        middle = np.array([self.columns, -self.rows]) * self.pitch - [self.advance, -self.unit - self.pitch[1]]
        return self.shift(place - origin - middle / 2 @ basis)

    def _written(self, value: float) -> str:
        """The number in exactly as many characters as an entry has room for, flush right."""
        for text in _spellings(value, self.decimals) if np.isfinite(value) else ():
            if len(text) <= self.columns_wide:
                return text.replace("-", MINUS).rjust(self.columns_wide)
        raise UnfoldError(f"The number {value:.6g} has no room in {self.columns_wide} characters: give more digits.")


def _spellings(value: float, decimals: int) -> Iterator[str]:
    """A number with fewer and fewer digits: 1234567.00, ..., 1234567, then 1.23e6, ..., 1e6."""
    for places in range(decimals, -1, -1):
        text = f"{value:.{places}f}"
        yield text.lstrip("-") if float(text) == 0 else text
    for places in range(decimals, -1, -1):
        mantissa, _, exponent = f"{value:.{places}e}".partition("e")
        yield f"{mantissa}e{int(exponent)}"


class LiveNumber(VGroup):
    """A number with its name in front of it, such as "loss 0.31", that can change from frame to frame.

    Args:
        name: a message in English, or "" for none.
        value: the number to start with.
        decimals: digits after the point.
        digits: digits before it that there is room for.
        size: Manim font size.
        colour: of the name and the number; the theme's ink if not given.
    """

    def __init__(
        self,
        name: str,
        value: float,
        *,
        decimals: int = 2,
        digits: int = 1,
        size: float | None = None,
        colour: str | None = None,
    ) -> None:
        super().__init__()
        size = size or theme().label_size
        self.decimals = decimals
        self.number = LiveMatrix([[value]], decimals=decimals, digits=digits, brackets=False, size=size, colour=colour)
        if name:
            words = Label(translate(name), size, colour)
            nought = letter_outlines(words.words, size)[-1]
            self.add(stand(words, 0).shift(LEFT * (nought[:, 0].min() + self.number.advance / 2)))
        self.add(self.number)

    @property
    def foot(self) -> float:
        """How high the line is that name and number stand on, as long as they are upright."""
        return float(self.number.frame.points[0, 1])

    def set_value(self, value: float) -> Self:
        """Show this number where the mobject now stands."""
        self.number.set_values([[value]])
        return self


def rounded_down(share: float, decimals: int = 2) -> float:
    """A share as it may be told: 0.9951 is 0.99, since 1.00 would say that nothing is missing.

    >>> rounded_down(0.9951), rounded_down(1.0), rounded_down(0.29)
    (0.99, 1.0, 0.29)
    """
    # What is a whole number of units but for the noise of floats stays what it is.
    return float(np.floor(share * 10**decimals + 1e-9) / 10**decimals)


@lru_cache(maxsize=8)
def _digit_glyphs(size: float) -> tuple[dict[str, np.ndarray], float, float]:
    """Outlines of the characters of numbers on a common baseline, the width of a digit, and its height."""
    characters = "0123456789." + MINUS + "e"
    letters = letter_outlines(characters, size)[:-1]
    corners = [(outline.min(axis=0), outline.max(axis=0)) for outline in letters]
    bottom, top = corners[0][0][1], corners[0][1][1]
    middles = [(low[0] + high[0]) / 2 for low, high in corners]
    advance = (middles[9] - middles[0]) / 9
    base = np.array([middles[0] - advance / 2, bottom, 0.0])
    glyphs = {
        c: outline - base - [i * advance, 0, 0] for i, (c, outline) in enumerate(zip(characters, letters, strict=True))
    }
    # The point, the minus and the e are set in the middle of a digit's width, so that columns of numbers align.
    for character in (".", MINUS, "e"):
        outline = glyphs[character]
        middle = (outline[:, 0].min() + outline[:, 0].max()) / 2
        glyphs[character] = outline + np.array([advance / 2 - middle, 0, 0])
    return glyphs, float(advance), float(top - bottom)


class LiveAffine(VGroup):
    """An affine map in numbers, W x + b, that can follow a flow.

    Args:
        weight: (n_out, n_in).
        bias: (n_out,).
        variable: what the map acts on, a letter in Typst.
        size: Manim font size of the numbers.
    """

    def __init__(self, weight: np.ndarray, bias: np.ndarray, *, variable: str = "x", size: float | None = None) -> None:
        super().__init__()
        digits = len(f"{max(np.abs(weight).max(), np.abs(bias).max(), 1.0):.0f}")
        self.weight = LiveMatrix(weight, digits=digits, size=size)
        self.bias = LiveMatrix(np.reshape(bias, (-1, 1)), digits=digits, size=size)
        between = formula(f"bold({variable}) +", size=1.2 * (size or theme().label_size))
        self.add(self.weight, between, self.bias)
        self.arrange(RIGHT, buff=0.12)

    def show(self, weight: np.ndarray, bias: np.ndarray) -> Self:  # type: ignore[override]
        """Show these numbers: weight (n_out, n_in), bias (n_out,)."""
        self.weight.set_values(weight)
        self.bias.set_values(np.reshape(bias, (-1, 1)))
        return self
