"""Numbers on the edges of a diagram."""

from __future__ import annotations

from collections.abc import Iterable

from manim import Line, Rectangle, VGroup

from nn_unfold.text.numbers import LiveMatrix
from nn_unfold.theme import theme


def numbers_on_edges(
    numbered: Iterable[tuple[Line, float]],
    *,
    decimals: int,
    digits: int,
    at: float,
    level: float | None,
    size: float | None,
) -> VGroup:
    """A number on each of some edges, on a patch of background.

    Args:
        numbered: edges with their numbers.
        decimals: of each number.
        digits: before the decimal point, for which there is room.
        at: where they stand, as a share of the way along the edge.
        level: the same for edges that run level; `at` if not given.
        size: Manim font size.
    """
    tokens = theme()
    numbers = VGroup()
    for edge, value in numbered:
        number = LiveMatrix(
            [[value]],
            decimals=decimals,
            digits=digits,
            brackets=False,
            centred=True,
            size=size or 0.8 * tokens.label_size,
        )
        runs_level = abs(edge.get_vector()[1]) < 1e-6
        number.centre_on(edge.point_from_proportion(at if level is None or not runs_level else level))
        patch = Rectangle(width=number.width + 0.1, height=number.height + 0.1, stroke_width=0)
        number.add_to_back(patch.set_fill(tokens.background, opacity=1).move_to(number))
        numbers.add(number)
    return numbers
