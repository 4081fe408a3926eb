"""Heat maps: a function of the plane as a small flat picture."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from manim import RoundedRectangle, VMobject

from nn_core.geometry.box import Box, pixel_middles
from nn_core.preprocessing import Features
from nn_unfold.engine.door import told_by_manim
from nn_unfold.errors import UnfoldError
from nn_unfold.theme import signed_colours, theme


class HeatMap(RoundedRectangle):
    """A function of the plane as a small picture that lies flat on the screen and stays upright.

    Args:
        side: of the square, in frame units.
        values: (n, n) of the function, the top row first, each at the middle of its pixel.
        reach: the absolute value at which the colours are full.

    Attributes:
        values: (n, n) those numbers.
        reach: likewise.
    """

    def __init__(self, side: float, values: np.ndarray, reach: float = 1.0, **kwargs: Any) -> None:
        tokens = theme()
        self.values, self.reach = np.asarray(values, dtype=float), reach
        super().__init__(width=side, height=side, corner_radius=0.16 * side, **kwargs)
        self.set_fill(tokens.neutral, opacity=1).set_stroke(tokens.faint, width=tokens.line_width)

    def set_values(self, values: np.ndarray, reach: float) -> Self:
        """Show these values (n, n), with colours full at the absolute value `reach`."""
        self.values, self.reach = np.asarray(values, dtype=float), reach
        return self

    def colours(self) -> np.ndarray:
        """The colour of each value, (n, n, 3)."""
        return signed_colours(self.values / self.reach)

    def picture(self) -> np.ndarray:
        """The pixels (n, n, 4), uint8, premultiplied by the opacity of the fill."""
        rgba = np.ones((*self.values.shape, 4))
        rgba[..., :3] = self.colours()
        return np.rint(255 * self.get_fill_opacity() * rgba).astype(np.uint8)

    def get_background_image(self) -> Any:
        """Asked for by cameras that can't fill a shape with a picture.

        Raises:
            UnfoldError: always, naming the scenes that can.
        """
        with told_by_manim(at_once=True):
            raise UnfoldError(
                f"A {type(self).__name__} is filled with a picture, and this scene can't paint it: derive the scene "
                "from nn_unfold.SpatialScene, which is a ThreeDScene, or from nn_unfold.Stage."
            )

    def interpolate_color(self, mobject1: VMobject, mobject2: VMobject, alpha: float) -> Self:  # type: ignore[override]
        """Mix what two heat maps show, besides their colours."""
        super().interpolate_color(mobject1, mobject2, alpha)
        if isinstance(mobject1, HeatMap) and isinstance(mobject2, HeatMap):
            self.values = (1 - alpha) * mobject1.values + alpha * mobject2.values
            self.reach = (1 - alpha) * mobject1.reach + alpha * mobject2.reach
        return self


def raster_of(plane: Box, detail: int, features: Features | None, n_in: int) -> tuple[tuple[int, int], np.ndarray]:
    """The shape of a heat map and what the network is given at its pixels, (detail**2, n_in)."""
    points = pixel_middles(plane, detail)
    inputs = points if features is None else np.asarray(features(points), dtype=float)
    if inputs.shape != (len(points), n_in):
        raise UnfoldError(
            f"Heat maps give the network inputs of shape {inputs.shape[1:]}, but it takes ({n_in},): "
            "give `features`, a function from points of the plane (n, 2) to its inputs."
        )
    return (detail, detail), inputs
