"""The layout of a diagram: which neurons of wide layers are drawn, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nn_unfold.errors import UnfoldError

LEGIBLE = 0.2
"""The radius in frame units from which on a neuron holds a number that can be read at 480p."""

_WIDEST = 0.8  # frame units, of a number beside an output
_AIR = 0.3 / 2.2  # of its width, around it
_COUNT = 0.34  # frame units below a column, for the number of its neurons


@dataclass(frozen=True)
class Columns:
    """Where the neurons of a diagram stand.

    Attributes:
        radius: of a neuron, in frame units.
        pitch: from one neuron of a column to the next.
        beside: the width of a number beside an output, where neurons are too small to hold one.
        places: for each column the middles of its neurons, (n, 3).
        gaps: for each column the middle of the dots that stand for neurons that are not drawn; None without.
    """

    radius: float
    pitch: float
    beside: float
    places: tuple[np.ndarray, ...]
    gaps: tuple[np.ndarray | None, ...]

    def beside_of(self, place: np.ndarray) -> np.ndarray:
        """The middle (3,) of the number beside an output that stands at a place (3,)."""
        return place + np.array([self.radius + (0.5 + 0.2 / 2.2) * self.beside, 0.0, 0.0])

    @property
    def legible(self) -> bool:
        """Whether a neuron is large enough for a number."""
        return self.radius >= LEGIBLE


def first_and_last(width: int, most: int) -> list[int]:
    """Which neurons of a layer are drawn: at most so many, from both ends.

    >>> first_and_last(3, 8), first_and_last(100, 5)
    ([0, 1, 2], [0, 1, 2, 98, 99])

    Raises:
        UnfoldError: where none would be drawn.
    """
    if most < 1:
        raise UnfoldError(f"A diagram draws {most} neurons of a column: draw 1 or more.")
    if width <= most:
        return list(range(width))
    last = most // 2
    return [*range(most - last), *range(width - last, width)]


def columns_of(
    widths: Sequence[int], shown: Sequence[Sequence[int]], size: tuple[float, float], *, radius: float, spread: float
) -> Columns:
    """Columns side by side, as large as the size lets them be.

    Args:
        widths: how many neurons each column has.
        shown: which of them are drawn.
        size: (width, height) in frame units.
        radius: of a neuron, at most.
        spread: the distance of the neurons of a column in radii, at most.
    """
    elided = [len(drawn) < width for drawn, width in zip(shown, widths, strict=True)]
    rows = max(len(drawn) + gap for drawn, gap in zip(shown, elided, strict=True))
    width, height = size[0], size[1] - (_COUNT if any(elided) else 0.0)
    radius = min(radius, height / (2.3 * (rows - 1) + 2), 0.32 * width / (len(widths) - 1))
    pitch = min((height - 2 * radius) / max(rows - 1, 1), spread * radius)
    beside = min(2.2 * pitch, _WIDEST)
    reserved = 0.0 if radius >= LEGIBLE else beside + _AIR * beside
    radius = min(radius, 0.32 * (width - reserved) / (len(widths) - 1))
    places: list[np.ndarray] = []
    gaps: list[np.ndarray | None] = []
    for x, drawn, gap in zip(
        np.linspace(-width / 2 + radius, width / 2 - radius - reserved, len(widths)), shown, elided, strict=True
    ):
        n = len(drawn)
        row = np.arange(n)
        above = (n + 1) // 2  # of the gap
        heights = ((n - 1 + gap) / 2 - row - (row >= above) * gap) * pitch
        places.append(np.stack([np.full(n, x), heights, np.zeros(n)], axis=1))
        gaps.append(np.array([x, ((n - 1 + gap) / 2 - above) * pitch, 0.0]) if gap else None)
    return Columns(radius, pitch, beside, tuple(places), tuple(gaps))
