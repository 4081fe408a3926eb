"""Animations along steps: an optimizer's descent, and a point that moves over the plane."""

from __future__ import annotations

from typing import Any, Protocol

from manim import Animation, Group, Mobject, linear, smooth

from nn_unfold.space.probe import Probe
from nn_unfold.theme import theme


class ShowsStep(Protocol):
    """What can follow a descent: a trail, a legend, a plot of what the weights mean."""

    def show_step(self, step: float) -> Any:
        """Show the descent after this many steps."""


class Roll(Animation):
    """Runs descents: every follower shows the same step.

    Args:
        followers: mobjects with the verb `show_step(step)`.
        steps: how many there are at the end.
    """

    def __init__(self, *followers: ShowsStep, steps: float, **kwargs: Any) -> None:
        self.followers, self.steps = followers, steps
        mobjects = (follower for follower in followers if isinstance(follower, Mobject))
        super().__init__(Group(*mobjects), **{"run_time": 2 * theme().turn, "rate_func": linear, **kwargs})

    def interpolate_mobject(self, alpha: float) -> None:
        """Show the step of this moment."""
        for follower in self.followers:
            follower.show_step(self.rate_func(alpha) * self.steps)


class Wander(Animation):
    """Moves a probe along its path; its numbers, wherever they are on the screen, show what the network says."""

    def __init__(self, probe: Probe, **kwargs: Any) -> None:
        self.probe = probe
        everything = Group(probe, probe.confidence, probe.for_truth)
        super().__init__(everything, **{"run_time": 3 * theme().step, "rate_func": smooth, **kwargs})

    def interpolate_mobject(self, alpha: float) -> None:
        """Show the point of this moment."""
        self.probe.go(self.rate_func(alpha))
