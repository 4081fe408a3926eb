"""Tables of live numbers, a row for each point, and tags that say in the picture which point is which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from manim import AnimationGroup, Line, Transform, VGroup

from nn_core.network import Network
from nn_unfold.motion.follow import Follow
from nn_unfold.space.primitives import Cloud
from nn_unfold.text.formulas import formula
from nn_unfold.text.labels import anchored, label, outlined
from nn_unfold.text.numbers import LiveMatrix
from nn_unfold.theme import theme

_SIZE = 1.15  # of the numbers, in label sizes
_GAP = 2.0  # widths of a digit between two columns
_AWAY = np.array([0.52, 0.34])  # frame units from a point to the middle of a short tag, to a side and up or down


class Reading(LiveMatrix):
    """A column of numbers that are read off a network, whichever it is at the moment.

    Args:
        read: network -> (n,) numbers.
        network: to begin with.
        options: arguments of LiveMatrix.

    Attributes:
        values: (n, 1) what it shows.
    """

    def __init__(self, read: Callable[[Network], np.ndarray], network: Network, **options: Any) -> None:
        self.read = read
        self.values = np.reshape(read(network), (-1, 1))
        super().__init__(self.values, **{**_looks(), **options})

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show the numbers of this network."""
        self.values = np.reshape(self.read(network), (-1, 1))
        return self.set_values(self.values)


class Table(VGroup):
    """Columns of numbers below their names, side by side.

    Args:
        columns: for each name, in Typst's notation, its numbers (n,), or a LiveMatrix of n rows and one column that
            somebody else keeps up to date.
        decimals: digits after the point, of the numbers that are whole in no column.

    Attributes:
        columns: the LiveMatrix of each name.
    """

    def __init__(self, columns: Mapping[str, np.ndarray | LiveMatrix], *, decimals: int = 2) -> None:
        super().__init__()
        tokens = theme()
        self.columns = {name: _column(numbers, decimals) for name, numbers in columns.items()}
        left = 0.0
        for name, column in self.columns.items():
            gap, width = _GAP * column.advance, column.columns_wide * column.advance
            column.shift([left, 0, 0] - column.frame.points[0])
            head = formula(name, size=1.2 * _SIZE * tokens.label_size).move_to(
                np.array([left + width / 2, 1.9 * column.pitch[1], 0])
            )
            self.add(head, column)
            left += width + gap
        height = 1.25 * column.pitch[1]
        start, end = np.array([0.0, height, 0.0]), np.array([left - gap, height, 0.0])
        self.add(Line(start, end, stroke_color=tokens.faint, stroke_width=tokens.line_width))


def _column(numbers: np.ndarray | LiveMatrix, decimals: int) -> LiveMatrix:
    if isinstance(numbers, LiveMatrix):
        return numbers
    values = np.reshape(np.asarray(numbers, dtype=float), (-1, 1))
    whole = bool((values == np.round(values)).all())
    return LiveMatrix(values, decimals=0 if whole else decimals, **_looks())


def _looks() -> dict[str, Any]:
    return {"brackets": False, "centred": True, "size": _SIZE * theme().label_size}


class Tags(VGroup):
    """A tag beside each point of a cloud; points at one place share a tag.

    Args:
        cloud: whose points they stand beside; few, or the tags lie over each other.
        texts: one for each point.
        side: where the tags stand, (2,) such as (1, 1) for the upper right of the points; on the side that faces away
            from the middle of all points, if not given.
    """

    def __init__(self, cloud: Cloud, texts: Sequence[str], *, side: Sequence[float] | None = None) -> None:
        super().__init__()
        self.cloud = cloud
        _, self.leaders, groups = np.unique(cloud.points.round(9), axis=0, return_index=True, return_inverse=True)
        towards = np.sign(cloud.points - cloud.points.mean(axis=0))[:, :2] if side is None else np.asarray(side)
        offsets = np.where(towards == 0, 1, towards) * _AWAY * np.ones((len(texts), 1))
        for group, leader in enumerate(self.leaders):
            words = ", ".join(text for text, other in zip(texts, groups.ravel(), strict=True) if other == group)
            tag = outlined(label(words), 4)
            # What is to a side of a point begins there, however long it is.
            offset = np.array([*offsets[leader], 0])
            offset[0] += np.sign(offset[0]) * max(0.0, tag.width / 2 - _AWAY[0])
            self.add(anchored(tag, cloud.points[leader], offset))

    def follow(self, **options: Any) -> Follow:
        """An animation that keeps the tags at the points; to be played after what moves these, for as long."""
        return Follow(self, lambda t: [self.cloud.points], self.show_at, **options)

    def lift(self, heights: np.ndarray, **options: Any) -> AnimationGroup:
        """An animation that takes the points to these heights (n,), and their tags with them."""
        there = self.cloud.copy()
        there.points[:, 2] = heights
        return AnimationGroup(Transform(self.cloud, there, **options), self.follow(**options))

    def show_at(self, places: np.ndarray) -> Self:
        """Put the tags beside these places (n, 3)."""
        for tag, place in zip(self, places[self.leaders], strict=True):
            for part in tag.get_family():
                vars(part)["anchor"] = place.copy()
        return self
