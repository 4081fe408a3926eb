"""A point that wanders over the plane, with what a network says about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from manim import Animation, Group, smooth

from nn_core.network import Network
from nn_unfold.space.base import SpatialGroup
from nn_unfold.space.primitives import Cloud, Segments
from nn_unfold.text.numbers import LiveNumber
from nn_unfold.theme import rgb, theme

_SIZE = 2.0  # of the point, in radii of a data point


class Probe(SpatialGroup):
    """A point in the colour of its true class, and the way that it has come.

    Args:
        way: (2, 2) the places where it sets out and where it arrives.
        truth: (n, 2) -> (n,) the true classes of places, 0 or 1.
        network: that is asked, of two classes.

    Attributes:
        place: (2,) where it is now.
        confidence: a LiveNumber, the probability of the class that the network chooses here.
        for_truth: a LiveNumber, the probability that it gives to the true class.
    """

    def __init__(self, way: np.ndarray, truth: Callable[[np.ndarray], np.ndarray], network: Network) -> None:
        tokens = theme()
        self.way, self.truth, self.network = np.asarray(way, dtype=float), truth, network
        self.shades = np.array([rgb(colour) for colour in tokens.points])
        self.point = Cloud(self.way[:1], radius=_SIZE * tokens.dot_radius)
        self.path = Segments(np.stack([self.way[:1]] * 2, axis=1), [*rgb(tokens.ink), 1.0], width=tokens.axis_width)
        super().__init__(self.path, self.point)
        self.confidence = LiveNumber("confidence", 0.0)
        self.for_truth = LiveNumber("for the true class", 0.0)
        self.go(0.0)

    def go(self, share: float) -> None:
        """Stand after this share of the way, and read the network there."""
        self.place = (1 - share) * self.way[0] + share * self.way[1]
        self.point.points = np.array([[*self.place, 0.0]])
        self.path.points = np.array([[*self.way[0], 0.0], [*self.place, 0.0]])
        true = int(self.truth(self.place[None])[0])
        self.point.rgba[:, :3] = self.shades[true]
        probabilities = self.network.predict_proba(self.place[None])[0]
        self.confidence.set_value(float(probabilities.max()))
        self.for_truth.set_value(float(probabilities[true]))


class Wander(Animation):
    """Takes a probe along its way; its numbers, wherever they are on the screen, tell what the network says."""

    def __init__(self, probe: Probe, **kwargs: Any) -> None:
        self.probe = probe
        everything = Group(probe, probe.confidence, probe.for_truth)
        super().__init__(everything, **{"run_time": 3 * theme().step, "rate_func": smooth, **kwargs})

    def interpolate_mobject(self, alpha: float) -> None:
        """Stand where the probe is at this moment."""
        self.probe.go(self.rate_func(alpha))


def into_the_unknown(
    network: Network, known: tuple[np.ndarray, np.ndarray], unknown: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """A way (2, 2) from points that a network has learnt to others, the longest between some it is sure of.

    It is right about the first and wrong about the last; each is in the half of such points of which it is the surest.

    Args:
        network: of two classes.
        known: X (n, 2) and labels y (n,), of some of which it must be right.
        unknown: likewise, of some of which it must be wrong.
    """
    ends = []
    for (X, y), wanted in ((known, True), (unknown, False)):
        X = X[(network.predict(X) == y) == wanted]
        confidence = network.predict_proba(X).max(axis=1)
        ends.append(X[confidence >= np.median(confidence)])
    distances = np.linalg.norm(ends[0][:, None] - ends[1], axis=2)
    first, last = np.unravel_index(distances.argmax(), distances.shape)
    return np.array([ends[0][first], ends[1][last]])
