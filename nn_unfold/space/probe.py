"""A probe: a point that moves over the plane, with what a network says about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from nn_core.network import Network
from nn_unfold.errors import UnfoldError
from nn_unfold.space.base import SpatialGroup
from nn_unfold.space.classes import class_labels
from nn_unfold.space.primitives import Cloud, Segments
from nn_unfold.text.numbers import LiveNumber
from nn_unfold.theme import rgb, theme

_SIZE = 2.0  # of the point, in radii of a data point


class Probe(SpatialGroup):
    """A point in the colour of its true class, and its path so far. `Wander` moves it.

    Args:
        path: (2, 2) the points where it starts and where it ends.
        truth: (n, 2) -> (n,) the numbers of the true classes of points.
        network: of 2 inputs, with classes.
        shades: a hex colour for each class. If not given, those of points on a ground in class colours for two
            classes, and the class colours of the theme for more.

    Attributes:
        place: (2,) where it is now.
        confidence: a LiveNumber, the probability of the class that the network predicts here.
        for_truth: a LiveNumber, the probability that it gives to the true class.
    """

    def __init__(
        self,
        path: np.ndarray,
        truth: Callable[[np.ndarray], np.ndarray],
        network: Network,
        *,
        shades: Sequence[str] | None = None,
    ) -> None:
        tokens, n_classes = theme(), max(network.n_out, 2)
        self.ends, self.truth, self.network = np.asarray(path, dtype=float), truth, network
        colours = shades or (tokens.points if n_classes == 2 else tokens.class_colours(n_classes))
        self.shades = np.array([rgb(colour) for colour in colours])
        self.point = Cloud(self.ends[:1], radius=_SIZE * tokens.dot_radius)
        self.path = Segments(np.stack([self.ends[:1]] * 2, axis=1), [*rgb(tokens.ink), 1.0], width=tokens.axis_width)
        super().__init__(self.path, self.point)
        self.confidence = LiveNumber("confidence", 0.0)
        self.for_truth = LiveNumber("for the true class", 0.0)
        self.go(0.0)

    def go(self, share: float) -> None:
        """Move to this share of the path, and ask the network there."""
        self.place = (1 - share) * self.ends[0] + share * self.ends[1]
        self.point.points = np.array([[*self.place, 0.0]])
        self.path.points = np.array([[*self.ends[0], 0.0], [*self.place, 0.0]])
        true = int(self.truth(self.place[None])[0])
        self.point.rgba[:, :3] = self.shades[true]
        probabilities = self.network.predict_proba(self.place[None])[0]
        self.confidence.set_value(float(probabilities.max()))
        self.for_truth.set_value(float(probabilities[true]))


def path_to_confident_error(
    network: Network, known: tuple[np.ndarray, ArrayLike], unknown: tuple[np.ndarray, ArrayLike]
) -> np.ndarray:
    """A path (2, 2) from a point that a network knows to one where it is wrong and does not notice.

    The network is right about the start and wrong about the end. At both it is as confident as at half of such points,
    or more. Of all such pairs the longest path is taken.

    Args:
        network: with classes.
        known: points (n, 2) and their labels (n,), as in Cloud; such as its training data.
        unknown: others, where it has never seen data.

    Raises:
        UnfoldError: where the network is wrong about all known points, or right about all unknown ones.
    """
    ends = []
    for (X, y), right in ((known, True), (unknown, False)):
        numbers = class_labels(y, max(network.n_out, 2)).numbers
        found = X[(network.predict(X) == numbers) == right]
        if not len(found):
            raise UnfoldError(
                f"The network is {'wrong' if right else 'right'} about all {len(X)} points that are "
                f"{'known' if right else 'unknown'} to it: there is no path that ends in an error. Take other points."
            )
        confidence = network.predict_proba(found).max(axis=1)
        ends.append(found[confidence >= np.median(confidence)])
    distances = np.linalg.norm(ends[0][:, None] - ends[1], axis=2)
    first, last = np.unravel_index(distances.argmax(), distances.shape)
    return np.array([ends[0][first], ends[1][last]])
