"""What a film shows: a network with its data, trained by the film or brought by whoever plays it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import EllipsisType

import numpy as np

from nn_core.network import Network
from nn_core.preprocessing import Rescaling, features
from nn_core.training import History


@dataclass(frozen=True, eq=False)
class Subject:
    """A network and the points that it is shown with.

    Attributes:
        network: of d inputs, or of the features that a recipe makes of them.
        X: (n, d) the points.
        y: (n,) their labels 0, 1, ...; or, where there are no classes, what a regression should give.
        history: of its training; None where that is not known.
        names: of the d inputs; empty if they have none.
        classes: the names of the labels, in their order; empty if they have none.
        notes: what was guessed or left out on the way here, a sentence each.
        given: whether the network or the data were brought.
        scaling: what was done to the points; `scaling.invert(X)` are they in their own units. None if nothing.
        file: in the cache of trained networks; None for one that was brought.
        features: what the network is given of the points, by name; these themselves if there are none.
        own_labels: whether the labels are no more than what the network itself says.
        guessed: a sentence where the order of the classes was guessed; empty otherwise.
        data: the data set of nn_core.datasets, by its name; empty where the points or the network were brought.
    """

    network: Network
    X: np.ndarray
    y: np.ndarray
    history: History | None = None
    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    given: bool = False
    scaling: Rescaling | None = field(default=None, repr=False)
    file: Path | None = None
    features: tuple[str, ...] = ()
    own_labels: bool = False
    guessed: str = ""
    data: str = ""

    @property
    def inputs(self) -> np.ndarray:
        """What the network is given of the points: (n, n_in)."""
        return features(self.X, self.features) if self.features else self.X

    @property
    def classifies(self) -> bool:
        """Whether there are classes: the network tells some apart, and the labels are their numbers."""
        return self.network.decision is not None and self.y.dtype.kind in "iu"

    @property
    def n(self) -> int:
        """How many points there are."""
        return len(self.y)

    @property
    def right(self) -> int:
        """How many of them the network labels right."""
        return int((self.network.predict(self.inputs) == self.y).sum())

    @property
    def accuracy(self) -> float:
        """The share of the points that it labels right."""
        return self.right / self.n


@dataclass(frozen=True, eq=False)
class Trained(Subject):
    """A subject whose training is known: one of a recipe, or one that was brought as a folder of checkpoints."""

    history: History

    def right_at(self, epoch: int) -> int:
        """How many points it labelled right after so many epochs.

        Raises:
            TypeError: where there are no classes.
        """
        if self.history.accuracy is None:
            raise TypeError("this network was trained on real numbers, which are never right or wrong")
        return round(self.n * float(self.history.accuracy[epoch]))


Width = int | range | EllipsisType | None


@dataclass(frozen=True)
class Shape:
    """What networks a film accepts.

    Attributes:
        inputs: how many; or several such numbers, or a range of them; None for any.
        hidden: the widths of the hidden layers; None for a layer of any width, a range for one of these. An ellipsis
            stands for any number of layers: (..., 2) are all networks whose last hidden layer has two neurons.
        outputs: as `inputs`.
        activations: of the hidden layers, by name, such as "leaky_relu" for all slopes; None for any.
        bends: whether each hidden layer must be piecewise linear, with creases.
        last: the activation of the last layer, as `activations`. A softmax at the end counts as none, "identity".
        classes: whether it must tell classes apart; False where a film shows real numbers as well.
        history: whether the training must be known, since the film shows it.

    >>> rng = np.random.default_rng(0)
    >>> Shape(hidden=(2,), outputs=2).fits(Network.create([2, 3, 2], "relu", rng=rng))
    'its hidden layers have 3 neurons, and 2 are wanted'
    >>> Shape(inputs=2, hidden=(..., 2)).fits(Network.create([2, 100, 2, 5], "relu", rng=rng)) is None
    True
    """

    inputs: int | Collection[int] | None = 2
    hidden: tuple[Width, ...] = (...,)
    outputs: int | Collection[int] | None = None
    activations: Collection[str] | None = None
    bends: bool = False
    last: Collection[str] | None = None
    classes: bool = True
    history: bool = False

    def takes(self, subject: Subject) -> str | None:
        """Why a network with its data is not accepted, as a part of a sentence; None where it is."""
        if reason := self.fits(subject.network):
            return reason
        if self.classes and not subject.classifies:
            return "it gives real numbers, and classes are wanted"
        if self.history and (subject.history is None or len(subject.history.loss) < 2):
            return "its training is not known, and that is what is shown: give a folder of its checkpoints"
        return None

    def fits(self, network: Network) -> str | None:
        """Why a network is not accepted, as a part of a sentence; None where it is."""
        hidden = network.layers[:-1]
        widths = [layer.n_out for layer in hidden]
        for what, wanted, count in (("inputs", self.inputs, network.n_in), ("outputs", self.outputs, network.n_out)):
            choices = [wanted] if isinstance(wanted, int) else wanted
            if choices is not None and count not in choices:
                return f"it has {count} {what if count > 1 else what[:-1]}, and {_listed(choices)} are wanted"
        if not _matches(widths, self.hidden):
            found = f"its hidden layers have {_then(widths)} neurons" if widths else "it has no hidden layers"
            return f"{found}, and {_then(self.hidden) if self.hidden else 'none'} are wanted"
        for number, layer in enumerate(hidden, start=1):
            name = layer.activation.name
            if self.activations is not None and name.partition("(")[0] not in self.activations:
                return f"its layer {number} has the activation {name}, and {_listed(self.activations)} is wanted"
            if self.bends and not layer.activation.bends:
                return f"its layer {number} has the activation {name}, and one that is piecewise linear is wanted"
        name = network.layers[-1].activation.name
        if self.last is not None and name.partition("(")[0] not in self.last:
            return f"its last layer has the activation {name}, and {_listed(self.last)} is wanted"
        return None


def _matches(widths: list[int], wanted: tuple[Width, ...]) -> bool:
    """Whether the widths of layers are of a pattern; an ellipsis takes any number of layers."""
    if not wanted:
        return not widths
    first, *rest = wanted
    if first is ...:
        return any(_matches(widths[start:], tuple(rest)) for start in range(len(widths) + 1))
    if not widths:
        return False
    fits = widths[0] in first if isinstance(first, range) else first in (None, widths[0])
    return fits and _matches(widths[1:], tuple(rest))


def _listed(choices: Collection[int] | Collection[str]) -> str:
    if isinstance(choices, range) and choices.step == 1:
        return f"{choices.start} to {choices.stop - 1}"
    return " or ".join(map(str, sorted(choices)))


def _then(widths: Sequence[Width]) -> str:
    """The widths of layers in words."""

    def words(width: Width) -> str:
        if isinstance(width, range):
            return _listed(width)
        return "any layers" if width is ... else "any number" if width is None else str(width)

    return ", then ".join(map(words, widths))
