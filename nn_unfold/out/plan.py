"""Which plays of a film are still to be rendered, and how they are split among workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nn_unfold.out.films import Film

# Seconds of processor time, measured on one core that paints and encodes; only their ratios count.
_SKIPPED = 0.055  # a play that is skipped
_PAINTED = (0.004, 0.0116, 2e-6)  # a frame, each megapixel of it, and each vertex in space
_REPEATED = (0.001, 0.005, 0.0)  # the same, of a frame that was painted before and is only encoded again


@dataclass(frozen=True)
class Play:
    """One play of a film.

    Attributes:
        key: of its segment in Manim's cache.
        frames: how many it has.
        still: whether all of them are equal.
        vertices: how many there are in space.
    """

    key: str
    frames: int
    still: bool = False
    vertices: int = 0

    def cost(self, megapixels: float) -> float:
        """About how many seconds it takes to render, beyond those to skip it."""
        once, megapixel, vertex = _REPEATED if self.still else _PAINTED
        return self.frames * (once + megapixel * megapixels + vertex * self.vertices)


@dataclass(frozen=True)
class Piece:
    """Work for one worker: the plays `first` to `last` of a film, from which it renders the segments `wanted`."""

    film: Film
    settings: Mapping[str, Any]
    first: int
    last: int
    wanted: tuple[str, ...]


def pieces(
    film: Film, settings: Mapping[str, Any], plays: Sequence[Play], present: set[str], workers: int
) -> list[Piece]:
    """Balanced pieces for the segments that don't exist yet; each segment is in one piece only.

    Args:
        film: which.
        settings: of Manim, for this film, with its `pixel_width` and `pixel_height`.
        plays: of the whole film.
        present: keys of the segments that exist.
        workers: at most so many pieces.
    """
    existing = set(present)
    makes: list[str | None] = []  # the segment that each play renders
    for play in plays:
        # Equal plays, such as two rests, share a segment: the first one renders it.
        makes.append(None if play.key in existing else play.key)
        existing.add(play.key)
    megapixels = settings["pixel_width"] * settings["pixel_height"] / 1e6
    costs = [_SKIPPED + (key is not None) * play.cost(megapixels) for play, key in zip(plays, makes, strict=True)]
    found = []
    for part in split(costs, workers, skipping=_SKIPPED):
        missing = [index for index in part if makes[index] is not None]
        if missing:
            keys = tuple(key for key in makes[part.start : part.stop] if key is not None)
            found.append(Piece(film, settings, missing[0], missing[-1], keys))
    return found


def split(costs: Sequence[float], parts: int, skipping: float = 1.0) -> list[range]:
    """Cut a sequence of plays into parts, one after the other, so that the most expensive part costs least.

    A part costs its plays, and `skipping` for each play that comes before it: its worker has to skip those.

    >>> split([5, 1, 1, 5], 2, skipping=0)
    [range(0, 2), range(2, 4)]
    >>> split([5, 1, 1, 5], 2, skipping=1)
    [range(0, 3), range(3, 4)]
    >>> split([9, 9], 3)
    [range(0, 1), range(1, 2)]

    Args:
        costs: of each play, at least `skipping`.
        parts: at most so many.
        skipping: the cost of a play that is skipped.
    """

    def cut(limit: float) -> list[range] | None:
        """The fewest parts that each cost at most the limit; None where that is not possible."""
        found: list[range] = []
        start, spent = 0, 0.0
        for index, cost in enumerate(costs):
            if spent + cost > limit:
                found.append(range(start, index))
                start, spent = index, index * skipping
            spent += cost
            if spent > limit or len(found) == parts:
                return None
        return [*found, range(start, len(costs))]

    low, high = 0.0, sum(costs) + skipping * len(costs)
    best = [range(len(costs))]
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        found = cut(middle)
        low, high, best = (middle, high, best) if found is None else (low, middle, found)
    return best
