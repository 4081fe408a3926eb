"""Numbers on the edges of a diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import Rectangle, VGroup

from nn_unfold.text.numbers import LiveMatrix
from nn_unfold.theme import theme

if TYPE_CHECKING:
    from nn_unfold.flat.diagram import NetworkDiagram


def numbers_on_edges(
    diagram: NetworkDiagram, layer: int, values: np.ndarray, *, at: float, level: float | None, size: float | None
) -> VGroup:
    """A number on each edge of a layer that is drawn, on a patch of background.

    Args:
        diagram: whose edges they are.
        layer: which.
        values: (n_out, n_in).
        at: where they stand, as a share of the way along the edge.
        level: the same for edges that run level; `at` if not given.
        size: Manim font size.
    """
    tokens = theme()
    digits = len(f"{np.abs(values).max():.0f}")
    numbers = VGroup()
    for to in diagram.shown[layer + 1]:
        for start in diagram.shown[layer]:
            number = LiveMatrix(
                [[values[to, start]]],
                decimals=diagram.decimals,
                digits=digits,
                brackets=False,
                centred=True,
                size=size or 0.8 * tokens.label_size,
            )
            edge = diagram.edge(layer, to, start)
            runs_level = abs(edge.get_vector()[1]) < 1e-6
            number.centre_on(edge.point_from_proportion(at if level is None or not runs_level else level))
            patch = Rectangle(width=number.width + 0.1, height=number.height + 0.1, stroke_width=0)
            number.add_to_back(patch.set_fill(tokens.background, opacity=1).move_to(number))
            numbers.add(number)
    return numbers
