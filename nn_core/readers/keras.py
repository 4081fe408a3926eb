"""Keras: `.keras` files of Keras 3, and `.h5` files of Keras 2 and 3. The numbers need h5py, an extra.

A file is a description in JSON and numbers in HDF5. Only plain numbers inside of the file are read: no links to
other files, no code. A Lambda layer, which holds code, is refused like any other unknown layer.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn_core.archives import MOST_BYTES, Archive
from nn_core.readers import pointwise
from nn_core.readers.files import read_bytes
from nn_core.readers.named import Given, steps_of_arrays
from nn_core.readers.safetensors import parse_json
from nn_core.readers.steps import Softmax, Step, affine, batch_normalisation, scale

Config = Mapping[str, Any]


def read_keras(path: Path) -> list[Step]:
    """The steps of a `.keras` file.

    Raises:
        ValueError: it is damaged, has a layer that can't be taken, or h5py is missing.
    """
    with Archive(path) as archive:
        config = parse_json(bytes(archive.read("config.json")), "its config.json")
        metadata = parse_json(bytes(archive.read("metadata.json")), "its metadata.json")
        weights = bytes(archive.read("model.weights.h5"))
    version = str(metadata.get("keras_version", "3")) if isinstance(metadata, dict) else "3"
    with _File(io.BytesIO(weights)) as file:
        return list(_model_steps(_config(config), _Keras3(file, ""), version, 0))


def read_h5(path: Path, activations: Given, inputs_first: bool | None) -> list[Step]:
    """The steps of an `.h5` file: of `model.save`, or of `save_weights`, which knows no activations.

    Raises:
        ValueError: it is damaged, has a layer that can't be taken, or h5py is missing.
    """
    with _File(io.BytesIO(read_bytes(path))) as file:
        text = file.attribute("", "model_config")
        if isinstance(text, str | bytes):
            version = file.attribute("", "keras_version") or file.attribute("model_weights", "keras_version") or "2"
            config = _config(parse_json(text, "its model_config"))
            return list(_model_steps(config, _KerasH5(file), str(version), 0))
        return steps_of_arrays(_loose(file), activations, inputs_first=inputs_first)


# HDF5 -------------------------------------------------------------------------------------------------------------


class _File:
    """An HDF5 file in memory, in which only groups and plain arrays are seen.

    Raises:
        ValueError: h5py is missing, or it is no HDF5 file.
    """

    def __init__(self, content: io.BytesIO) -> None:
        try:
            import h5py
        except ImportError as error:
            raise ValueError('to read it, h5py is needed: pip install "nn-unfold[keras]"') from error
        self.h5py = h5py
        _check_heaps(content.getvalue())
        try:
            self.file = h5py.File(content, "r")
        except (OSError, RuntimeError, ValueError, KeyError, OverflowError) as error:
            raise ValueError(f"its HDF5 part is damaged: {error}") from error

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def names(self, path: str) -> list[str]:
        """What stands in a group."""
        group = self._at(path)
        return [] if group is None else self._guarded(path, lambda: [str(name) for name in group])

    def is_group(self, path: str) -> bool:
        """Whether there is a group of this name."""
        return isinstance(self._at(path), self.h5py.Group)

    def attribute(self, path: str, name: str) -> Any:
        """An attribute of a group: text or a list of text; None if there is none."""
        group = self._at(path)

        def read() -> Any:
            if group is None or name not in group.attrs:
                return None
            kind = group.attrs.get_id(name)
            if prod(kind.shape) > 10_000:
                raise ValueError(f"its attribute {name!r} has {prod(kind.shape):,} entries")
            value = group.attrs[name]
            if isinstance(value, np.ndarray):
                return [_text(part) for part in value.reshape(-1)]
            return _text(value)

        return self._guarded(f"{path}@{name}", read)

    def array(self, path: str) -> NDArray[Any]:
        """The numbers of a dataset, judged by its shape and type before they are read."""
        dataset = self._at(path)
        if not isinstance(dataset, self.h5py.Dataset):
            raise ValueError(f"it lacks the numbers {path!r}")

        def read() -> NDArray[Any]:
            if dataset.external or dataset.is_virtual:
                raise ValueError(f"its numbers {path!r} lie in another file: they are not read")
            if dataset.dtype.kind not in "fiu" or dataset.shape is None:
                raise ValueError(f"its numbers {path!r} are of type {dataset.dtype}, expected real numbers")
            if prod(dataset.shape) * dataset.dtype.itemsize > MOST_BYTES:
                raise ValueError(f"its numbers {path!r} have shape {dataset.shape}, more than {MOST_BYTES:,} bytes")
            filters = dataset.id.get_create_plist()
            for i in range(filters.get_nfilters()):
                if filters.get_filter(i)[0] not in (1, 2, 3):  # deflate, shuffle, checksum
                    raise ValueError(f"its numbers {path!r} are compressed in an unusual way, expected gzip")
            return np.asarray(dataset[()])

        values: NDArray[Any] = self._guarded(path, read)
        return values

    def _at(self, path: str) -> Any:
        """What stands at a path, if every step on the way is in this file."""
        here: Any = self.file
        for part in (part for part in path.split("/") if part):
            if not isinstance(here, self.h5py.Group):
                return None
            group = here

            def step(group: Any = group, part: str = part) -> Any:
                link = group.get(part, getlink=True)
                if link is None:
                    return None
                if not isinstance(link, self.h5py.HardLink):
                    raise ValueError(f"its entry {part!r} is a link ({type(link).__name__}): links are not followed")
                return group[part]

            here = self._guarded(path, step)
        return here

    def _guarded(self, path: str, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except ValueError:
            raise
        except (OSError, RuntimeError, KeyError, TypeError, MemoryError, OverflowError) as error:
            why = " ".join(str(error).split())[:200]
            raise ValueError(f"its HDF5 part is damaged at {path!r}: {why}") from error


def _check_heaps(data: bytes) -> None:
    """Follow the lists of texts in an HDF5 file, in which HDF5 itself goes round for ever if an entry has no length.

    Raises:
        ValueError: an entry has none or ends behind its list, or the file has lengths of another kind than 8 bytes.

    https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, "Global Heap"
    """
    widths = data[13:15] if data[8:9] < b"\2" else data[9:11]
    if not data.startswith(b"\x89HDF\r\n\x1a\n") or widths != b"\x08\x08":
        raise ValueError("its HDF5 part is damaged: it doesn't begin as expected")
    start = data.find(b"GCOL")
    while start >= 0:
        end = start + int.from_bytes(data[start + 8 : start + 16], "little")
        place = start + 16
        while place + 16 <= end:
            length = int.from_bytes(data[place + 8 : place + 16], "little")
            is_free = data[place : place + 2] == b"\0\0"
            place += length if is_free else 16 + -(-length // 8) * 8
            if (is_free and length < 16) or place > end or end > len(data):
                raise ValueError("its HDF5 part is damaged: a list of texts has an entry without an end")
        start = data.find(b"GCOL", start + 4)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


# Where the numbers of a layer stand -------------------------------------------------------------------------------


class _Keras3:
    """Keras 3 names the groups after the classes of the layers, with a count: dense, dense_1, ...

    Args:
        file: the numbers.
        path: of the model in it.
    """

    def __init__(self, file: _File, path: str) -> None:
        self.file, self.path, self.counts = file, path, dict[str, int]()

    def place(self, kind: str) -> str:
        """The group of the next layer of this class."""
        name = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", kind)))
        name = name.lower()
        count = self.counts.get(name, 0)
        self.counts[name] = count + 1
        folder = next((part for part in ("layers", "_layer_checkpoint_dependencies") if self.has(part)), "layers")
        return f"{self.path}/{folder}/{name}" + (f"_{count}" if count else "")

    def has(self, part: str) -> bool:
        """Whether the model has this group."""
        return self.file.is_group(f"{self.path}/{part}")

    def inside(self, kind: str, config: Config) -> _Keras3:
        """The numbers of a model that is a layer of this one."""
        return _Keras3(self.file, self.place(kind))

    def arrays(self, kind: str, config: Config) -> dict[str, NDArray[Any]]:
        """The numbers of a layer, by their place and by no name."""
        path = f"{self.place(kind)}/vars"
        return {name: self.file.array(f"{path}/{name}") for name in sorted(self.file.names(path), key=_number)}


class _KerasH5:
    """An `.h5` file lists the weights of each layer of the outermost model, those inside of it in their order."""

    def __init__(self, file: _File, names: Iterator[str] | None = None, root: str = "") -> None:
        self.file, self.names, self.root = file, names, root

    def inside(self, kind: str, config: Config) -> _KerasH5:
        """The numbers of a model that is a layer of this one: a part of one list."""
        if self.names is not None:
            return self
        root = f"model_weights/{config.get('name')}"
        return _KerasH5(self.file, iter(self.file.attribute(root, "weight_names") or []), root)

    def arrays(self, kind: str, config: Config) -> dict[str, NDArray[Any]]:
        """The numbers of a layer, in the order of the file."""
        if self.names is None:
            root = f"model_weights/{config.get('name')}"
            names = self.file.attribute(root, "weight_names") or []
        else:
            root = self.root
            names = [name for _, name in zip(range(_n_arrays(kind, config)), self.names, strict=False)]
        return {name: self.file.array(f"{root}/{name}") for name in names}


def _n_arrays(kind: str, config: Config) -> int:
    if kind == "Dense":
        return 1 + bool(config.get("use_bias", True))
    if kind == "BatchNormalization":
        return 2 + bool(config.get("center", True)) + bool(config.get("scale", True))
    return {"PReLU": 1, "Normalization": 3}.get(kind, 0)


def _number(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdigit() and len(name) < 9 else (-1, name)


def _loose(file: _File) -> dict[str, NDArray[Any]]:
    """All arrays of a file of weights only, named as layers with weights and biases."""
    found: dict[str, NDArray[Any]] = {}

    def walk(path: str, depth: int) -> None:
        if depth > 16 or len(found) > 1000:
            raise ValueError("its groups are too many or too deep")
        for name in sorted(file.names(path), key=_natural) if file.is_group(path) else []:
            inner = f"{path}/{name}".strip("/")
            if file.is_group(inner):
                if name not in ("optimizer", "optimizer_weights"):
                    walk(inner, depth + 1)
            else:
                array = file.array(inner)
                parent, _, last = inner.rpartition("/")
                if parent.endswith("vars"):  # of Keras 3, which has no names
                    parent, last = parent.removesuffix("/vars"), {"0": "kernel", "1": "bias"}.get(name, name)
                if array.ndim or "seed" not in inner:
                    found[f"{parent}/{last}"] = array

    walk("", 0)
    return found


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() and len(part) < 9 else (-1, part) for part in re.split(r"(\d+)", name)]


# Layers -----------------------------------------------------------------------------------------------------------

Source = _Keras3 | _KerasH5


def _config(content: Any) -> Config:
    if not isinstance(content, dict):
        raise ValueError("its description of the model is no JSON object")
    return content


def _model_steps(model: Config, source: Source, version: str, depth: int) -> Iterator[Step]:
    kind, config = str(model.get("class_name")), model.get("config")
    if depth > 32:
        raise ValueError("its models hold each other too deeply")
    layers = config if isinstance(config, list) else config.get("layers") if isinstance(config, dict) else None
    if kind not in ("Sequential", "Functional", "Model") or not isinstance(layers, list):
        raise ValueError(f"it is a model of the class {kind!r}, expected Sequential or Functional: save it as ONNX")
    if kind != "Sequential":
        assert isinstance(config, dict)
        layers = _chain(layers, config)
    for layer in layers:
        name, inner = str(_config(layer).get("class_name")), _config(layer.get("config", {}))
        if name in ("Sequential", "Functional", "Model"):
            yield from _model_steps(layer, source.inside(name, inner), version, depth + 1)
        else:
            where = f"the layer {inner.get('name', '?')!r} ({name})"
            if name not in LAYERS:
                raise ValueError(
                    f"{where} can't be taken: a network here has affine layers, BatchNormalization and activations"
                )
            arrays = list(source.arrays(name, inner).values())
            yield from LAYERS[name](inner, arrays, where, version)


def _chain(layers: list[Any], config: Config) -> list[Any]:
    """The layers of a functional model in their order; each but the first takes the one before it.

    Raises:
        ValueError: a layer takes another one, or several, or is used twice.
    """
    before: dict[str, str] = {}
    by_name = {}
    for layer in layers:
        name = str(_config(layer).get("name"))
        by_name[name] = layer
        parents = list(_parents(layer.get("inbound_nodes")))
        if not parents and layer.get("class_name") == "InputLayer":
            continue
        if len(parents) != 1:
            raise ValueError(
                f"the layer {name!r} ({layer.get('class_name')}) takes {len(parents)} others: a network here is one "
                "chain of layers, without skip connections"
            )
        before[name] = parents[0]
    if len(set(before.values())) < len(before) or len(by_name) != len(layers):
        raise ValueError("one of its layers is taken by two others: a network here is one chain of layers")
    after = {parent: name for name, parent in before.items()}
    starts = [name for name in by_name if name not in before]
    if len(starts) != 1:
        raise ValueError(f"it has {len(starts)} inputs, expected one")
    order = [starts[0]]
    while order[-1] in after and len(order) <= len(layers):
        order.append(after[order[-1]])
    if len(order) != len(layers):
        raise ValueError("its layers are not one chain")
    return [by_name[name] for name in order]


def _parents(nodes: Any) -> Iterator[str]:
    """The layers that a layer takes, in the way that Keras 2 or Keras 3 writes them."""
    if isinstance(nodes, dict):
        history = nodes.get("config", {}).get("keras_history") if isinstance(nodes.get("config"), dict) else None
        if nodes.get("class_name") == "__keras_tensor__" and isinstance(history, list) and history:
            yield str(history[0])
            return
        yield from _parents(list(nodes.values()))
    elif isinstance(nodes, list):
        if len(nodes) >= 3 and isinstance(nodes[0], str) and isinstance(nodes[1], int):
            yield nodes[0]
            return
        for node in nodes:
            yield from _parents(node)


Reader = Callable[[Config, Sequence[NDArray[Any]], str, str], tuple[Step, ...]]


def _dense(config: Config, arrays: Sequence[NDArray[Any]], where: str, version: str) -> tuple[Step, ...]:
    if len(arrays) != 1 + bool(config.get("use_bias", True)):
        raise ValueError(f"{where} has {len(arrays)} arrays, expected a kernel and a bias")
    bias = arrays[1] if len(arrays) > 1 else None
    kernel = affine(arrays[0], bias, where, inputs_first=True)
    return (kernel, *_activation(config.get("activation", "linear"), where, version))


def _norm(config: Config, arrays: Sequence[NDArray[Any]], where: str, version: str) -> tuple[Step, ...]:
    scaled, centred = bool(config.get("scale", True)), bool(config.get("center", True))
    if len(arrays) != 2 + scaled + centred:
        raise ValueError(f"{where} has {len(arrays)} arrays, expected {2 + scaled + centred}")
    gamma = arrays[0] if scaled else None
    beta = arrays[int(scaled)] if centred else None
    epsilon = _float(config.get("epsilon", 1e-3), where)
    return (batch_normalisation(gamma, beta, arrays[-2], arrays[-1], epsilon, where),)


def _normalization(config: Config, arrays: Sequence[NDArray[Any]], where: str, version: str) -> tuple[Step, ...]:
    mean, variance = config.get("mean"), config.get("variance")
    if mean is None or variance is None:
        if len(arrays) < 2:
            raise ValueError(f"{where} has no mean and variance: adapt it before saving")
        mean, variance = arrays[0], arrays[1]
    deviation = np.maximum(np.sqrt(np.maximum(np.asarray(variance, np.float64), 0)), 1e-7)  # as Keras keeps off zero
    mean = np.asarray(mean, np.float64)
    if config.get("invert"):
        return (scale(deviation, mean, where),)
    return (scale(1 / deviation, -mean / deviation, where),)


def _rescaling(config: Config, arrays: Sequence[NDArray[Any]], where: str, version: str) -> tuple[Step, ...]:
    return (scale(config.get("scale", 1.0), config.get("offset", 0.0), where),)


def _relu(config: Config, arrays: Sequence[NDArray[Any]], where: str, version: str) -> tuple[Step, ...]:
    slope = config.get("negative_slope", 0) or 0
    highest, threshold = config.get("max_value"), config.get("threshold", 0) or 0
    if threshold or (slope and highest is not None):
        raise ValueError(f"{where} jumps at {threshold} or has three slopes: a network here has no such activation")
    if highest is not None:
        return pointwise.clip(0.0, _float(highest, where), where)
    return pointwise.leaky_relu(where, _float(slope, where))


def _leaky(config: Config, arrays: Sequence[NDArray[Any]], where: str, version: str) -> tuple[Step, ...]:
    return pointwise.leaky_relu(where, _float(config.get("negative_slope", config.get("alpha", 0.3)), where))


def _prelu(config: Config, arrays: Sequence[NDArray[Any]], where: str, version: str) -> tuple[Step, ...]:
    if len(arrays) != 1:
        raise ValueError(f"{where} has {len(arrays)} arrays, expected one of slopes")
    return pointwise.prelu(arrays[0], where)


def _elu(config: Config, arrays: Sequence[NDArray[Any]], where: str, version: str) -> tuple[Step, ...]:
    return pointwise.known("elu", where, _float(config.get("alpha", 1.0), where))


def _applied(config: Config, arrays: Sequence[NDArray[Any]], where: str, version: str) -> tuple[Step, ...]:
    return _activation(config.get("activation", "linear"), where, version)


def _softmax(config: Config, arrays: Sequence[NDArray[Any]], where: str, version: str) -> tuple[Step, ...]:
    return (Softmax(where),)


def _nothing(config: Config, arrays: Sequence[NDArray[Any]], where: str, version: str) -> tuple[Step, ...]:
    return ()


LAYERS: Mapping[str, Reader] = {
    "InputLayer": _nothing,
    "Dropout": _nothing,
    "AlphaDropout": _nothing,
    "GaussianDropout": _nothing,
    "GaussianNoise": _nothing,
    "ActivityRegularization": _nothing,
    "Flatten": _nothing,
    "Identity": _nothing,
    "Dense": _dense,
    "BatchNormalization": _norm,
    "Normalization": _normalization,
    "Rescaling": _rescaling,
    "Activation": _applied,
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "PReLU": _prelu,
    "ELU": _elu,
    "Softmax": _softmax,
}
"""What each layer of Keras that can be taken does, by its class."""


def _hard_sigmoid(where: str, version: str) -> tuple[Step, ...]:
    return pointwise.known("hard_sigmoid", where, 0.2 if version.startswith(("1.", "2")) else 1 / 6, 0.5)


def _plain(name: str) -> Callable[[str, str], tuple[Step, ...]]:
    return lambda where, version: pointwise.plain(name, where)


FUNCTIONS: Mapping[str, Callable[[str, str], tuple[Step, ...]]] = {
    "linear": lambda where, version: (),
    "relu": _plain("relu"),
    "relu6": _plain("relu6"),
    "leaky_relu": lambda where, version: pointwise.leaky_relu(where, 0.2),
    "elu": _plain("elu"),
    "celu": _plain("elu"),
    "selu": _plain("selu"),
    "gelu": _plain("gelu"),
    "silu": _plain("silu"),
    "swish": _plain("silu"),
    "hard_silu": _plain("hard_swish"),
    "hard_swish": _plain("hard_swish"),
    "hard_sigmoid": _hard_sigmoid,
    "hard_tanh": _plain("hard_tanh"),
    "sigmoid": _plain("sigmoid"),
    "log_sigmoid": lambda where, version: pointwise.plain("log_sigmoid", where),
    "softplus": _plain("softplus"),
    "softsign": _plain("softsign"),
    "tanh": _plain("tanh"),
    "mish": _plain("mish"),
    "softmax": lambda where, version: (Softmax(where),),
    "log_softmax": lambda where, version: (Softmax(where),),
}
"""What each activation of Keras that is known by name does, with Keras's own constants."""


def _activation(value: Any, where: str, version: str) -> tuple[Step, ...]:
    """An activation by name, or as a layer or function that Keras has written into the configuration."""
    if value is None:
        return ()
    if isinstance(value, dict):
        kind, config = value.get("class_name"), value.get("config")
        if isinstance(config, str):
            return _activation(config, where, version)
        if isinstance(config, dict) and kind in LAYERS and kind not in ("Dense", "PReLU", "Activation"):
            return LAYERS[str(kind)](config, [], where, version)
        value = kind
    if value not in FUNCTIONS:
        raise ValueError(f"{where} has the activation {value!r}, which a network here doesn't have")
    return FUNCTIONS[value](where, version)


def _float(value: Any, where: str) -> float:
    if isinstance(value, dict) and value.get("class_name") == "__numpy__":
        value = value.get("config", {}).get("value")
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{where} has {value!r} where a number is expected")
    return float(value)
