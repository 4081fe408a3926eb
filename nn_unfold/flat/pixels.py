"""Pictures of pixels that lie flat on the screen: what a network is given, and the weights that look at it."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from manim import VGroup

from nn_unfold.errors import UnfoldError
from nn_unfold.flat.heat_map import HeatMap
from nn_unfold.text.labels import outlined
from nn_unfold.text.numbers import LiveMatrix
from nn_unfold.theme import rgb, theme

_SHARP = 8  # samples along the side of a pixel, so that it is seen as a square
_FILLED = 0.8  # of a pixel's width, by the number in it
_BELOW = 0.24  # frame units from one picture to the next in a column, for the number between them
_QUIET = 0.3  # the opacity of a picture whose number is 0


class Pixels(HeatMap):
    """A square picture of numbers whose pixels are seen as squares.

    Args:
        side: of the square, in frame units.
        values: (n, n), the top row first.
        reach: the absolute value at which the colours are full.
        ink: whether the numbers are ink on paper, from 0 up, and not weights of both signs.
    """

    def __init__(
        self, side: float, values: np.ndarray, reach: float = 1.0, *, ink: bool = False, **kwargs: Any
    ) -> None:
        self.ink = ink
        super().__init__(side, values, reach, **kwargs)

    def colours(self) -> np.ndarray:
        """Ink in the colour of text, or the colours of signs."""
        if not self.ink:
            return super().colours()
        tokens = theme()
        paper, ink = np.array(rgb(tokens.neutral)), np.array(rgb(tokens.ink))
        return np.asarray(paper + np.clip(self.values / self.reach, 0.0, 1.0)[..., None] * (ink - paper))

    def picture(self) -> np.ndarray:
        """The pixels, each as a block of equal ones."""
        return super().picture().repeat(_SHARP, axis=0).repeat(_SHARP, axis=1)

    def middles(self) -> np.ndarray:
        """Where the middles of the pixels stand on the screen: (n, n, 3), the top row first."""
        n = len(self.values)
        steps = (np.arange(n) + 0.5) / n - 0.5
        places = np.zeros((n, n, 3))
        places[..., 0], places[..., 1] = self.width * steps, -self.height * steps[:, None]
        return np.asarray(self.get_center() + places)

    def numbers(self, decimals: int = 2) -> VGroup:
        """A number in each pixel, for a film to fade in; for pictures of few pixels."""
        written = VGroup()
        digits = len(f"{np.abs(self.values).max():.0f}")
        for place, value in zip(self.middles().reshape(-1, 3), self.values.ravel(), strict=True):
            on_ink = self.ink and value > self.reach / 2
            colour = theme().background if on_ink else theme().ink
            options: dict[str, Any] = {"brackets": False, "centred": True, "colour": colour}
            number = LiveMatrix([[value]], decimals=decimals, digits=digits, **options)
            if not self.ink:
                outlined(number.entries, 3)
            number.scale(_FILLED * self.width / len(self.values) / (number.columns_wide * number.advance))
            written.add(number.centre_on(place))
        return written


class PixelGallery(VGroup):
    """Pictures of weights in rows, each with a live number below it; where that is 0, the picture is dim.

    Args:
        weights: (k, n, n) one picture for each neuron; all have one scale of colours.
        values: (k,) the numbers; none are written if not given.
        columns: pictures in a row.
        side: of a picture, in frame units.
        decimals: of the numbers.

    Attributes:
        pictures: a VGroup of k Pixels.
        values: (k,) the numbers that are shown.
    """

    def __init__(
        self,
        weights: np.ndarray,
        values: np.ndarray | None = None,
        *,
        columns: int = 4,
        side: float = 1.0,
        decimals: int = 1,
    ) -> None:
        reach = full_at(weights)
        self.pictures = VGroup(*(Pixels(side, each, reach) for each in weights))
        across, down = 1.12 * side, 1.12 * side + (_BELOW if values is not None else 0.0)
        for number, picture in enumerate(self.pictures):
            row, column = divmod(number, columns)
            picture.move_to(np.array([column * across, -row * down, 0.0]))
        self.numbers = VGroup()
        if values is not None:
            size = 0.75 * theme().label_size
            for picture in self.pictures:
                live = LiveMatrix([[0.0]], decimals=decimals, digits=2, brackets=False, centred=True, size=size)
                foot = picture.get_bottom() - np.array([0.0, 0.06 * side + _BELOW / 2, 0.0])
                self.numbers.add(live.centre_on(foot))
        super().__init__(self.pictures, self.numbers)
        self.center()
        if values is not None:
            self.set_values(values)

    def set_values(self, values: np.ndarray) -> Self:
        """Show these numbers (k,), wherever the pictures now are.

        Raises:
            UnfoldError: for another number of values, or pictures that were made without numbers.
        """
        self.values = np.asarray(values, dtype=float)
        if self.values.shape != (len(self.numbers),):
            raise UnfoldError(f"There are {len(self.numbers)} numbers, but the values have shape {self.values.shape}.")
        for picture, number, value in zip(self.pictures, self.numbers, self.values, strict=True):
            number.set_values([[value]])
            picture.set_fill(opacity=1.0 if value else _QUIET)
        return self

    def mark(self, *chosen: int) -> Self:
        """Frame some pictures, and no others."""
        tokens = theme()
        for number, picture in enumerate(self.pictures):
            marked = number in chosen
            picture.set_stroke(tokens.accent if marked else tokens.faint, width=5.0 if marked else tokens.line_width)
        return self


def full_at(weights: np.ndarray) -> float:
    """The absolute value at which the colours of weights are full: one in a hundred of them is larger."""
    return float(np.quantile(np.abs(weights), 0.99)) or 1.0
