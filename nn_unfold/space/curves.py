"""Curves in space: the graph of a function over an axis."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nn_core.geometry.box import Box
from nn_unfold.space.primitives import Segments
from nn_unfold.theme import rgb, theme


def function_curve(function: Callable[[np.ndarray], np.ndarray], box: Box, *, samples: int = 200) -> Segments:
    """The graph x_2 = f(x_1) in the plane, from the left side of a box to the right one.

    Args:
        function: (n,) -> (n,).
        box: (x_min, x_max, y_min, y_max) in data units; only its x range counts.
        samples: the number of straight segments.
    """
    tokens, xs = theme(), np.linspace(*box[:2], samples + 1)
    path = np.column_stack([xs, function(xs)])
    ends = np.stack([path[:-1], path[1:]], axis=1)
    return Segments(ends, [*rgb(tokens.accent), 1.0], width=tokens.crease_width, cased=True)
