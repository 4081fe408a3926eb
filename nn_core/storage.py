"""Storage: a network in one file, an .npz of plain arrays that holds no code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nn_core.activations import activation
from nn_core.archives import read_arrays
from nn_core.arrays import real_number, shortened
from nn_core.decisions import Decision
from nn_core.network import Layer, Network

VERSION = 2
"""Of the layout: `version`, `activations` (names), `weight_0`, `bias_0`, `weight_1`, ..., and since version 2
`decision` ("z", "a" or "none") with its `level`; and `classes`, if these have names."""


def save(network: Network, path: str | Path) -> None:
    """Write a network to a file, which is there in full or not at all.

    Raises:
        TypeError: it is no network.
        ValueError: an activation is of one's own making, so that its name doesn't tell what it is.
        OSError: the folder can't be written to.
    """
    if not isinstance(network, Network):
        raise TypeError(f"{shortened(network)} is no Network")
    path = Path(path)
    names = [layer.activation.name for layer in network.layers]
    for name in names:
        try:
            activation(name)
        except ValueError:
            raise ValueError(f"the activation {name!r} can't be saved: a file holds names and numbers only") from None
    decision = network.decision
    arrays = {
        "version": np.array(VERSION),
        "activations": np.array(names),
        "decision": np.array("none" if decision is None else decision.of),
        "level": np.array(0.0 if decision is None else decision.level),
    }
    if network.classes:
        arrays["classes"] = np.array(network.classes)
    for i, layer in enumerate(network.layers):
        arrays[f"weight_{i}"], arrays[f"bias_{i}"] = layer.weight, layer.bias
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load(path: str | Path) -> Network:
    """Read a network that `save` has written.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, holds no network, or was written by a later version.
    """
    arrays = read_arrays(path)
    try:
        return _network(arrays)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} can't be read as a network: {error}") from error


def _network(arrays: dict[str, NDArray[Any]]) -> Network:
    """The network in these arrays, all of which belong to it."""
    version = _take(arrays, "version")
    if version.ndim or version.dtype.kind not in "iu" or not 1 <= version <= VERSION:
        raise ValueError(
            f"it has the layout {shortened(version.tolist())}, but this version of nn_core reads 1 to {VERSION}"
        )
    names = _take(arrays, "activations")
    if names.ndim != 1 or names.dtype.kind != "U":
        raise ValueError(f"its activations are {names.dtype} of shape {names.shape}, expected a list of names")
    layers = [
        Layer(_take(arrays, f"weight_{i}"), _take(arrays, f"bias_{i}"), str(name)) for i, name in enumerate(names)
    ]
    decision: Decision | Literal["usual"] | None = "usual" if version == 1 else _decision(arrays)
    classes = arrays.pop("classes", np.array([], str))
    if classes.ndim != 1 or classes.dtype.kind != "U":
        raise ValueError(f"its classes are {classes.dtype} of shape {classes.shape}, expected a list of names")
    if arrays:
        raise ValueError(f"it names {len(layers)} activations, to which {shortened(sorted(arrays))} don't belong")
    return Network(layers, decision=decision, classes=classes.tolist())


def _decision(arrays: dict[str, NDArray[Any]]) -> Decision | None:
    of, level = _take(arrays, "decision").tolist(), real_number(_take(arrays, "level"), "its level")
    if not isinstance(of, str) or of not in ("z", "a", "none"):
        raise ValueError(f"its decision is {shortened(of)}, expected 'z', 'a' or 'none'")
    return None if of == "none" else Decision("z" if of == "z" else "a", level)


def _take(arrays: dict[str, NDArray[Any]], name: str) -> NDArray[Any]:
    if name not in arrays:
        raise ValueError(f"it lacks {name!r}")
    return arrays.pop(name)
