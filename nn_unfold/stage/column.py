"""The column of formulas, diagrams and numbers: beside the subject or, in a tall frame, below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from manim import DOWN, LEFT, UP, VGroup, VMobject, config

from nn_unfold.shapes import WIDE
from nn_unfold.stage.view import Area
from nn_unfold.theme import theme

_LEAST = 24.0  # square frame units of the column below the subject: about those of the column beside it in 16:9


def stands_below() -> bool:
    """Whether the column stands below the subject in this frame: where it is higher than wide."""
    return bool(config.frame_height > config.frame_width * (1 + 1e-9))


def parted(whole: Area) -> tuple[Area, Area]:
    """The free area with a column, and the room of the column.

    Below the subject, the column has what a square subject as wide as the frame leaves free.

    Args:
        whole: the free area without a column.
    """
    tokens = theme()
    edge = whole.grown(tokens.label_room)
    if not stands_below():
        # Near a subject as high as the column, its plots and the numbers of axes would meet.
        gap = tokens.margin / 2 if config.frame_width < WIDE * config.frame_height * (1 - 1e-2) else 0.0
        free = whole._replace(left=whole.left + tokens.aside_width + gap)
        return free, edge._replace(right=edge.left + tokens.aside_width)
    width, height = whole.size
    depth = max(height - width, _LEAST / edge.size[0])
    free = whole._replace(bottom=whole.bottom + depth)
    return free, edge._replace(top=edge.bottom + depth - tokens.margin / 2)


def arrange(mobjects: Sequence[VMobject], room: Area) -> None:
    """Put mobjects into the room of the column, in their order; what is too large is made smaller.

    Beside the subject they stand below each other. Below it they stand in rows or in columns, whichever leaves them
    larger, and then takes the least height.

    Args:
        mobjects: flat.
        room: of the column.
    """
    gap, (width, height) = theme().margin, room.size
    for mobject in mobjects:
        if mobject.width > width:
            mobject.scale_to_fit_width(width)
    if not stands_below():
        column = VGroup(*mobjects).arrange(DOWN, buff=gap, aligned_edge=LEFT)
        column.shift(np.array([room.left, room.top, 0]) - column.get_corner(UP + LEFT))
    elif mobjects:
        sizes = np.array([[mobject.width, mobject.height] for mobject in mobjects])

        def judged(places: np.ndarray) -> tuple[float, float]:
            across, down = (places + sizes).max(axis=0)
            return -round(min(1.0, width / across, height / down), 6), round(float(down), 6)

        places = min(_arrangements(sizes, gap), key=judged)
        share = -judged(places)[0]
        for mobject, (x, y) in zip(mobjects, places, strict=True):
            if share < 1:
                mobject.scale(share)
            corner = np.array([room.left + share * x, room.top - share * y, 0])
            mobject.shift(corner - mobject.get_corner(UP + LEFT))


def _arrangements(sizes: np.ndarray, gap: float) -> Iterator[np.ndarray]:
    """Places (n, 2), to the right and down, of the corners of things: all their ways to stand in rows or columns.

    Args:
        sizes: (n, 2) widths and heights.
        gap: between two things.
    """
    for run, other in ((1, 0), (0, 1)):  # lines of things that run down, beside each other; and the other way round
        for cuts in range(2 ** (len(sizes) - 1)):
            places, place = np.zeros_like(sizes), np.zeros(2)
            broadest = 0.0
            for i, size in enumerate(sizes):
                if i and cuts >> (i - 1) & 1:
                    place[other] += broadest + gap
                    place[run] = broadest = 0.0
                places[i] = place
                place[run] += size[run] + gap
                broadest = max(broadest, size[other])
            yield places
