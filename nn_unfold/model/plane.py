"""The plane on which a subject is shown: its two inputs, or a slice through more of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nn_core.network import Network
from nn_core.preprocessing import Rescaling
from nn_core.slicing import Slice
from nn_unfold.errors import UnfoldError
from nn_unfold.model.subject import Subject

_APART = 0.1  # how far the plane's answer may be from the network's, as a share of the spread of its answers


@dataclass(frozen=True, eq=False)
class InputPlane:
    """A plane of two coordinates on which a network is shown, with the points that are seen on it.

    Attributes:
        network: of 2 inputs; on the plane it gives exactly what the whole network gives.
        X: (n, 2) where the points are seen.
        y: (n,) as those of the subject.
        names: of the two coordinates; empty if they have none.
        slice: the plane in the space of the inputs; None where that has two dimensions.
        scaling: what was done to the two coordinates, each by itself; None if nothing.
        off: at how many points the plane's answer is not the network's: another class, or a number that differs by
            more than a tenth of their spread.
    """

    network: Network
    X: np.ndarray
    y: np.ndarray
    names: tuple[str, ...] = ()
    slice: Slice | None = None
    scaling: Rescaling | None = None
    off: int = 0

    @classmethod
    def of(cls, subject: Subject, pair: tuple[int, int] | None = None) -> InputPlane:
        """The plane of a subject.

        Args:
            subject: with a network of 2 or more inputs.
            pair: of more than two inputs, those that span the plane; the principal axes of the points if not given.

        Raises:
            ValueError: the network has one input, or there are no two such inputs.
        """
        X, network = subject.inputs, subject.network
        names = subject.features or subject.names
        if network.n_in == 2:
            # A feature that never changes has no scale, and so no numbers of its own on an axis.
            own = subject.scaling if subject.scaling is not None and np.diag(subject.scaling.matrix).all() else None
            return cls(network, X, subject.y, names, scaling=None if subject.features else own)
        part = Slice.principal(X) if pair is None else Slice.of_features(X, *pair, names=names)
        own = None if pair is None or subject.scaling is None else _of_pair(subject.scaling, pair)
        sliced = part.network(network)
        seen = part.project(X)
        if subject.classifies:
            apart = part.disagreements(network, X)
        else:
            whole = network.forward(X).output[:, 0]
            spread = max(float(np.ptp(whole)), 1e-12)
            apart = np.abs(sliced.forward(seen).output[:, 0] - whole) > _APART * spread
        return cls(sliced, seen, subject.y, part.names, part, own, off=int(apart.sum()))

    @property
    def n(self) -> int:
        """How many points there are."""
        return len(self.y)

    @property
    def wrong(self) -> np.ndarray:
        """Which points, (n,), are seen where the network gives another class than theirs."""
        return np.asarray(self.network.predict(self.X) != self.y)

    def inputs(self, U: np.ndarray) -> np.ndarray:
        """What the whole network is given at points of the plane: (n, 2) -> (n, n_in)."""
        return U if self.slice is None else self.slice.lifted(U)


def chosen_pair(subject: Subject, text: str) -> tuple[int, int] | None:
    """The two inputs that the option `features` names, such as "age,income" or "0,3"; None where it is empty.

    Raises:
        UnfoldError: for something else than two different inputs of a network that has more of them.
    """
    if not text:
        return None
    names, n_in = list(subject.features or subject.names), subject.network.n_in
    known = ", ".join(names[:12]) or f"numbers from 0 to {n_in - 1}"
    if n_in == 2:
        raise UnfoldError("This network has two inputs, which are both shown: leave --features out.")
    words = [word.strip() for word in text.split(",")]
    found = [
        names.index(word) if word in names else int(word) if word.isdecimal() and int(word) < n_in else None
        for word in words
    ]
    if len(found) != 2 or None in found or found[0] == found[1]:
        raise UnfoldError(f"The features are {text!r}, expected two different ones with a comma between them: {known}.")
    first, second = (number for number in found if number is not None)
    return first, second


def _of_pair(scaling: Rescaling, pair: tuple[int, int]) -> Rescaling | None:
    """The scaling of two features alone; None where one of them never changes, and so has no scale."""
    places = list(pair)
    factors = np.diag(scaling.matrix)[places]
    if not factors.all():
        return None
    return Rescaling(scaling.mean[places], np.diag(factors), np.diag(1 / factors), scaling.explained[places])
