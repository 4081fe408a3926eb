"""Checking: does a network say what its source says? If not, is it a kernel that should be transposed?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_softmax

from nn_core.activations import ACTIVATIONS, softmax

if TYPE_CHECKING:
    from nn_core.network import Network

TOLERANCE = 1e-4
"""Of the largest number that is compared: what float32 loses in a network of some layers, and a margin."""


@dataclass(frozen=True)
class Check:
    """What a network says, held against what its source says.

    Attributes:
        n_points: how many were compared.
        compared: what of the network the predictions are: "output", "logits", "probabilities" or "labels".
        difference: the largest one of two numbers, 0 where labels were compared.
        n_labels: of how many points the label differs; None where there are no labels, as in a regression.
        agrees: the difference is one of rounding, and no label differs.
        hint: what would make them agree, or nothing.
    """

    n_points: int
    compared: str
    difference: float
    n_labels: int | None
    agrees: bool
    hint: str = ""

    def __str__(self) -> str:
        parts = [] if self.compared == "labels" else [f"largest difference {self.difference:.0e}"]
        if self.n_labels is not None:
            labels = f"{self.n_labels} of {self.n_points} labels differ" if self.n_labels else "no label differs"
            parts.append(labels)
        return ", ".join(parts) + (f"; {self.hint}" if self.hint else "")


def check(network: Network, X: ArrayLike, predictions: ArrayLike) -> Check:
    """Hold a network against the predictions of its source.

    Args:
        network: that was read.
        X: points, (n, n_in).
        predictions: for them, of the source: its outputs, logits or probabilities, (n, K) or (n,) for one output;
            or labels, (n,), as numbers or as names of `network.classes`.

    Raises:
        ValueError: the shapes don't fit.
    """
    expected = np.asarray(predictions)
    if not len(np.atleast_1d(expected)):
        raise ValueError("there are no predictions to compare with")
    found = _compare(network, X, expected)
    if not found.agrees:
        for hint, other in _variants(network):
            if _agrees(other, X, expected):
                return replace(found, hint=hint)
    return found


def _agrees(network: Network, X: ArrayLike, expected: NDArray[Any]) -> bool:
    try:
        return _compare(network, X, expected).agrees
    except ValueError:  # its numbers become too large
        return False


def _compare(network: Network, X: ArrayLike, expected: NDArray[Any]) -> Check:
    trace = network.forward(X)
    n, n_out = trace.output.shape
    if (labels := _labels(expected, network, n)) is not None:
        n_different = int(np.sum(network.predict(X) != labels))
        return Check(n, "labels", 0.0, n_different, n_different == 0)
    if expected.dtype.kind not in "fiu" or not np.isfinite(expected).all():
        raise ValueError(f"predictions are of type {expected.dtype}, expected finite numbers or names of the classes")
    numbers = expected.reshape(n, -1).astype(np.float64) if expected.size and len(expected) == n else np.empty((0, 0))
    z = trace.logits
    one: dict[str, NDArray[Any]] = {"output": trace.output, "logits": z}
    probabilities = softmax(z) if n_out > 1 else np.hstack([expit(-z), expit(z)])
    one["probabilities"] = probabilities
    one["log-probabilities"] = log_softmax(z, axis=1)
    if n_out == 1:
        one["probability"] = expit(z)
    if n_out == 2:  # two opposite scores as one
        one["probability"] = probabilities[:, 1:]
    fitting = {name: values for name, values in one.items() if values.shape == numbers.shape}
    if not fitting:
        raise ValueError(
            f"predictions have shape {expected.shape}, expected ({n}, {n_out}): a row for each of the points"
        )
    differences = {name: float(np.abs(values - numbers).max()) for name, values in fitting.items()}
    name = min(differences, key=lambda key: differences[key])
    edge = _edge(network, name)
    n_labels: int | None = None
    if numbers.shape[1] > 1 and network.decision is not None:
        n_labels = int(np.sum(fitting[name].argmax(axis=1) != numbers.argmax(axis=1)))
    elif edge is not None:
        n_labels = int(np.sum((fitting[name] > edge) != (numbers > edge)))
    tolerance = TOLERANCE * max(1.0, float(np.abs(numbers).max()))
    agrees = differences[name] <= tolerance
    return Check(n, name.split("-")[-1].replace("probability", "probabilities"), differences[name], n_labels, agrees)


def _edge(network: Network, compared: str) -> float | None:
    """Above which number the second of two classes lies; None if there are no classes."""
    decision, last = network.decision, network.layers[-1].activation
    if decision is None or (compared == "logits" and decision.of == "a"):
        return None
    if compared.startswith("prob"):
        return 0.5
    at_output = compared == "output" and decision.of == "z"
    return float(last(np.array([decision.level]))[0]) if at_output else decision.level


def _labels(expected: NDArray[Any], network: Network, n: int) -> NDArray[np.int64] | None:
    """The predictions as indices of classes, if they are labels."""
    if expected.shape != (n,) or network.decision is None:
        return None
    if expected.dtype.kind in "USO":
        index = {name: i for i, name in enumerate(network.classes)}
        strangers = sorted({str(name) for name in expected} - set(index))
        if strangers:
            known = ", ".join(network.classes) or "none"
            raise ValueError(f"predictions name {strangers[0]!r}, but the network's classes are {known}")
        return np.array([index[str(name)] for name in expected], np.int64)
    whole = expected.dtype.kind in "iub"
    if whole and network.classes and all(str(label) in network.classes for label in np.unique(expected).tolist()):
        return np.array([network.classes.index(str(label)) for label in expected.tolist()], np.int64)
    is_label = whole or (
        network.n_out > 1 and expected.dtype.kind == "f" and bool((expected == np.rint(expected)).all())
    )
    return expected.astype(np.int64) if is_label else None


def _variants(network: Network) -> Iterator[tuple[str, Network]]:
    """Networks that a usual mistake would have made of this one."""
    layers = network.layers
    square = [i for i, layer in enumerate(layers) if layer.n_in == layer.n_out > 1]
    # All of them first: that is what a file with (n_in, n_out) would do.
    choices = [chosen for size in range(len(square), 0, -1) for chosen in combinations(square, size)]
    for chosen in choices[:64]:
        which = "the square kernel of layer " if len(chosen) == 1 else "the square kernels of layers "
        numbers = ", ".join(str(i + 1) for i in chosen)
        hint = f"transposing {which}{numbers} makes it agree: the file has (n_in, n_out) there"
        turned = [layer.weight.T if i in chosen else layer.weight for i, layer in enumerate(layers)]
        changed = [
            type(layer)(weight, layer.bias, layer.activation) for weight, layer in zip(turned, layers, strict=True)
        ]
        yield hint, type(network)(changed, decision=network.decision, classes=network.classes)
    for name, kind in ACTIVATIONS.items():
        if len(layers) > 1:
            hidden = [type(layer)(layer.weight, layer.bias, kind) for layer in layers[:-1]]
            hint = f"the activation {name!r} in all hidden layers makes it agree"
            yield hint, type(network)([*hidden, layers[-1]], decision=network.decision, classes=network.classes)
