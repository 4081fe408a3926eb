"""Numbers and other displays that follow what moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from manim import Animation, VMobject, linear


class Follow(Animation):
    """Shows a function of time in a mobject, such as a live number.

    Args:
        mobject: what shows the values.
        values: the share of the run time in [0, 1] -> the arguments of `show`.
        show: how the mobject shows them.
    """

    def __init__(
        self,
        mobject: VMobject,
        values: Callable[[float], Iterable[Any]],
        show: Callable[..., Any],
        **kwargs: Any,
    ) -> None:
        self.values, self.show = values, show
        super().__init__(mobject, **{"rate_func": linear, **kwargs})

    def interpolate_mobject(self, alpha: float) -> None:
        """Show the values of this moment."""
        self.show(*self.values(self.rate_func(alpha)))
