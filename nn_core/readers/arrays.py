"""Plain arrays: `.npz` of our own and of others, and JSON.

A JSON network is one of

    {"layers": [{"weight": [[...], ...], "bias": [...], "activation": "relu"}, ...], "classes": ["no", "yes"]}
    {"weights": [[[...], ...], ...], "biases": [[...], ...], "activations": ["relu", ...]}
    {"W1": [[...], ...], "b1": [...], "W2": ...}

A weight is a list of rows, one for each neuron: (n_out, n_in). The bias, the activation (of which there is none
then) and the classes may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_core.archives import read_arrays
from nn_core.arrays import numbers
from nn_core.network import Network
from nn_core.readers.chain import network_of
from nn_core.readers.files import read_bytes
from nn_core.readers.named import Given, activation_steps, as_arrays, kinds, steps_of_arrays
from nn_core.readers.safetensors import parse_json
from nn_core.readers.steps import Step, affine
from nn_core.storage import load

MOST_JSON = 64 << 20
"""Bytes of a JSON file: as Python's lists, its numbers take ten times as many."""


def steps_of_layers(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None,
    activations: Given,
    inputs_first: bool = False,
) -> list[Step]:
    """The steps of weights, biases and activations in the order of the layers.

    Raises:
        TypeError: one holds no numbers.
        ValueError: there are not as many of each, or they don't fit.
    """
    weights = list(weights)
    biases = [None] * len(weights) if biases is None else list(biases)
    if not weights or len(biases) != len(weights):
        raise ValueError(f"{len(weights)} weights and {len(biases)} biases are given: give both for each layer")
    steps: list[Step] = []
    for i, (weight, bias, kind) in enumerate(zip(weights, biases, kinds(activations, len(weights)), strict=True), 1):
        where = f"layer {i}"
        weight = numbers(weight, f"the weight of {where}", dtype=np.float64)
        bias = None if bias is None else numbers(bias, f"the bias of {where}", dtype=np.float64)
        steps += [affine(weight, bias, where, inputs_first=inputs_first), *activation_steps(kind, where)]
    return steps


def read_npz(path: Path, activations: Given, inputs_first: bool | None) -> Network:
    """The network of an `.npz` file, of `storage.save` or of others.

    Beside the weights it may hold `activations`, their names, and `classes`, the names of the labels.

    Raises:
        ValueError: it is damaged, or its arrays are no network.
    """
    arrays = read_arrays(path)
    if "version" in arrays:
        return load(path)
    names = _texts(arrays.pop("activations", None), "activations")
    classes = _texts(arrays.pop("classes", None), "classes")
    given = activations if activations is not None else names
    return network_of(steps_of_arrays(as_arrays(arrays), given, inputs_first=inputs_first), classes=classes or ())


def _texts(values: Any, what: str) -> tuple[str, ...] | None:
    if values is None:
        return None
    array = np.asarray(values)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8")
    if array.dtype.kind not in "Uiu" or array.ndim > 1:
        raise ValueError(f"its {what} are {array.dtype} of shape {array.shape}, expected a list of names")
    return tuple(str(name) for name in array.reshape(-1))


def read_json(path: Path, activations: Given, inputs_first: bool | None) -> Network:
    """The network of a JSON file.

    Raises:
        ValueError: it is no JSON, or none of the layouts of this module.
    """
    content = parse_json(read_bytes(path, MOST_JSON), "it")
    if isinstance(content, list):
        content = {"layers": content}
    if not isinstance(content, dict):
        raise ValueError("it is JSON, but neither an object nor a list")
    content = dict(content)
    classes = content.pop("classes", ())
    if not isinstance(classes, list | tuple) or not all(isinstance(name, str | int) for name in classes):
        raise ValueError("its classes are no list of names")
    return network_of(_json_steps(content, activations, inputs_first), classes=tuple(str(name) for name in classes))


def _json_steps(content: Mapping[str, Any], activations: Given, inputs_first: bool | None) -> list[Step]:
    layers = content.get("layers")
    if layers is not None:
        if not isinstance(layers, list) or not all(
            isinstance(layer, dict) and isinstance(layer.get("weight"), list) for layer in layers
        ):
            raise ValueError('its layers are expected as a list of {"weight": ..., "bias": ..., "activation": ...}')
        found = [layer.get("activation", "identity") for layer in layers]
        content = {
            "weights": [layer["weight"] for layer in layers],
            "biases": [layer.get("bias") for layer in layers],
            "activations": found if any("activation" in layer for layer in layers) else None,
        }
    names = content.get("activations", content.get("activation"))
    if names is not None and not (
        isinstance(names, str) or (isinstance(names, list) and all(isinstance(name, str) for name in names))
    ):
        raise ValueError("its activations are no names")
    given = activations if activations is not None else names
    weights, biases = content.get("weights"), content.get("biases")
    if isinstance(weights, list):
        if not isinstance(biases, list | None):
            raise ValueError("its biases are no list")
        matrices = as_arrays({f"weights[{i}]": weight for i, weight in enumerate(weights)})
        vectors = [None if bias is None else as_arrays({"bias": bias})["bias"] for bias in biases or []]
        named: dict[str, NDArray[Any]] = {}
        for i, weight in enumerate(matrices.values()):
            named[f"weight_{i}"] = weight
            if i < len(vectors) and (vector := vectors[i]) is not None:
                named[f"bias_{i}"] = vector
        if len(vectors) not in (0, len(weights)):
            raise ValueError(f"it has {len(weights)} weights and {len(vectors)} biases")
        return steps_of_arrays(named, given, inputs_first=inputs_first)
    rest = {name: value for name, value in content.items() if name not in ("activations", "activation")}
    return steps_of_arrays(as_arrays(rest), given, inputs_first=inputs_first)
