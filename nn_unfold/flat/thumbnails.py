"""Small pictures of data sets, to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from manim import DOWN, VGroup
from scipy.ndimage import gaussian_filter

from nn_core.geometry.box import Box
from nn_unfold.flat.heat_map import HeatMap
from nn_unfold.theme import theme

_THUMBNAIL = 40  # pixels along a side
_BLUR = 1.0  # pixels, of a point in a thumbnail


class DataThumbnails(VGroup):
    """Small pictures of data sets of two classes, one below the other, to choose from.

    Args:
        data: X (n, 2) and y (n,) of each.
        box: (x_min, x_max, y_min, y_max) that they show.
        side: of a picture, in frame units.
        chosen: the number of the one that is marked; None for none.
        options: of VGroup.
    """

    def __init__(
        self,
        data: Sequence[tuple[np.ndarray, np.ndarray]],
        box: Box,
        *,
        side: float = 0.9,
        chosen: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*(HeatMap(side, scatter(X, y, box)) for X, y in data), **options)
        self.arrange(DOWN, buff=0.25 * side)
        self.choose(chosen)

    def choose(self, number: int | None) -> Self:
        """Mark one of them, and no other."""
        tokens = theme()
        self.chosen = number
        for i, picture in enumerate(self.submobjects):
            marked = i == number
            picture.set_stroke(tokens.accent if marked else tokens.faint, width=5.0 if marked else tokens.line_width)
            picture.set_fill(opacity=1.0 if marked or number is None else 0.45)
        return self


def scatter(X: np.ndarray, y: np.ndarray, box: Box) -> np.ndarray:
    """Where in a box there are points of class 1 (above 0) and class 0 (below): a square array, the top row first.

    Args:
        X: (n, 2).
        y: (n,) labels, 0 or 1.
        box: (x_min, x_max, y_min, y_max).
    """
    counts, _, _ = np.histogram2d(X[:, 0], X[:, 1], bins=_THUMBNAIL, range=[box[:2], box[2:]], weights=2 * y - 1)
    blurred = gaussian_filter(counts.T[::-1], _BLUR, mode="constant")
    return np.clip(blurred / max(float(np.quantile(np.abs(blurred), 0.95)), 1e-12), -1, 1)
