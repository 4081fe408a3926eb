"""The decision: how a class is read from what a network gives.

It belongs to the loss that the network was trained with and to its last activation. Losses that read the logits
decide by these. Mean squared error draws the output to a number for each class, so it decides half-way between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from nn_core.activations import Activation

Array = NDArray[np.floating[Any]]
_FAR = 50.0  # smooth activations have come to their limits there, or are far from 0


@dataclass(frozen=True)
class Decision:
    """The class of the largest output; or, of a network with a single one, class 1 where it is above a level.

    Attributes:
        of: "z" if the values before the last activation are compared, "a" if those after it are.
        level: for a single output, in units of what is compared.
    """

    of: Literal["z", "a"] = "z"
    level: float = 0.0

    def read(self, z: Array, a: Array) -> NDArray[np.int64]:
        """The class of each point, (n,), by the last layer's values before and after its activation, (n, K)."""
        values = z if self.of == "z" else a
        return (values[:, 0] > self.level).astype(np.int64) if values.shape[1] == 1 else values.argmax(axis=1)


def usual(activation: Activation) -> Decision:
    """The decision of a network that was not trained here: by its logits, or by what a sine makes of them."""
    return Decision("z" if rises(activation) else "a")


def learnt(of: Literal["z", "a"], activation: Activation, targets: Array, *, labels: bool) -> Decision | None:
    """The decision that a training teaches; None where the targets are real numbers, which are no classes.

    Args:
        of: what the loss reads, `Loss.of`.
        activation: of the last layer.
        targets: (n, K).
        labels: whether these were made of labels.

    Raises:
        ValueError: the activation never comes to the level between the classes.
    """
    if of == "z":
        return Decision()
    n_outputs = targets.shape[1]
    values = set(np.unique(targets).tolist())
    for low in (0.0, -1.0):
        if not (values == {low, 1.0} or (labels and values <= {0.0, 1.0})):
            continue
        if n_outputs > 1:
            one_each = ((targets == 1).sum(axis=1) == 1).all()
            return usual(activation) if one_each else None
        level = (low + 1) / 2
        return Decision("z", _reached(activation, level)) if rises(activation) else Decision("a", level)
    return None


@lru_cache
def rises(activation: Activation) -> bool:
    """Whether an activation never falls and is the same for all neurons, so that it keeps the order of numbers."""
    if activation.slopes is not None:
        return all(not isinstance(slope, tuple) and slope >= 0 for slope in activation.slopes)
    with np.errstate(all="ignore"):
        heights = np.asarray(activation(np.linspace(-_FAR, _FAR, 4001)), np.float64)
        return bool((np.diff(heights) >= -1e-12 * np.ptp(heights)).all())


def _reached(activation: Activation, level: float) -> float:
    """The last place where a rising activation is at a level."""
    if activation.slopes is not None:
        pieces = activation.pieces(1)
        ends = [-np.inf, *pieces.kinks, np.inf]
        for i in reversed(range(len(pieces.slopes))):
            if slope := float(pieces.slopes[i, 0]):
                place = (level - float(pieces.intercepts[i, 0])) / slope
                if ends[i] <= place < ends[i + 1]:
                    return float(place)
    else:
        low, high = (float(activation(np.array([z]))[0]) for z in (-_FAR, _FAR))
        if low < level < high and not np.isclose(low, level, rtol=0, atol=1e-12):
            return float(brentq(lambda z: float(activation(np.array([z]))[0]) - level, -_FAR, _FAR))
    raise ValueError(
        f"the targets are {2 * level - 1:g} and 1, but {activation.name} never comes to {level:g}, half-way "
        "between them; give other targets, or end the network with 'identity'"
    )
