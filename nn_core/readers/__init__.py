"""Readers: a network from a file of another library, or from a model in memory; nothing in a file is run.

What a file can be is told by its first bytes and its suffix; `READERS` is the table. What a reader takes is one chain
of affine layers, BatchNorm, Dropout, scales of the input and activations; all but the affine maps and the activations
are folded into them, exactly. Anything else is refused, with the name of the layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from nn_core.activations import Activation
from nn_core.archives import Archive
from nn_core.network import Network
from nn_core.readers.arrays import read_json, read_npz, steps_of_layers
from nn_core.readers.chain import network_of
from nn_core.readers.files import check_size
from nn_core.readers.keras import read_h5, read_keras
from nn_core.readers.named import Given, steps_of_arrays
from nn_core.readers.onnx import read_onnx
from nn_core.readers.points import Points, read_points
from nn_core.readers.pytorch import read_torch
from nn_core.readers.safetensors import read_safetensors
from nn_core.readers.sklearn import network_of_sklearn
from nn_core.readers.steps import Step

__all__ = ["READERS", "Points", "from_arrays", "from_sklearn", "from_torch", "read_network", "read_points"]


@dataclass(frozen=True)
class Reader:
    """A format of files.

    Attributes:
        suffixes: that its files have.
        read: (path, activations, inputs_first) -> the network.
        starts: how its files begin, where all of them begin alike.
        entries: for a zip archive, the end of the name of an entry that tells it.
    """

    suffixes: tuple[str, ...]
    read: Callable[[Path, Given, bool | None], Network]
    starts: tuple[bytes, ...] = ()
    entries: tuple[str, ...] = ()


def _safetensors(path: Path, activations: Given, inputs_first: bool | None) -> list[Step]:
    arrays = read_safetensors(path)  # sorted by type and name, whatever the order of the layers
    return steps_of_arrays(arrays, activations, inputs_first=inputs_first, in_order=False)


def _bare(read: Callable[[Path, Given, bool | None], list[Step]]) -> Callable[[Path, Given, bool | None], Network]:
    """A reader of bare weights, or of what may be that."""
    return lambda path, activations, inputs_first: network_of(read(path, activations, inputs_first))


def _whole(read: Callable[[Path], list[Step]]) -> Callable[[Path, Given, bool | None], Network]:
    """A reader of files that know their activations."""

    def reader(path: Path, activations: Given, inputs_first: bool | None) -> Network:
        if activations is not None or inputs_first is not None:
            raise ValueError("it knows its activations and kernels: don't give others")
        return network_of(read(path))

    return reader


READERS: Mapping[str, Reader] = {
    "PyTorch": Reader(
        (".pt", ".pth", ".bin"),
        _bare(read_torch),
        starts=(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",),
        entries=("data.pkl",),
    ),
    "Keras": Reader(
        (".keras",),
        _whole(read_keras),
        entries=("model.weights.h5", "config.json"),
    ),
    "Keras HDF5": Reader(
        (".h5", ".hdf5"),
        _bare(read_h5),
        starts=(b"\x89HDF\r\n\x1a\n",),
    ),
    "npz": Reader((".npz",), read_npz, entries=(".npy",)),
    "JSON": Reader((".json",), read_json, starts=(b"{", b"[")),
    "safetensors": Reader((".safetensors",), _bare(_safetensors)),
    "ONNX": Reader((".onnx",), _whole(read_onnx)),
}
"""The formats by name. The first bytes decide; where they don't tell, the suffix does."""


def read_network(path: str | PathLike[str], *, activations: Given = None, inputs_first: bool | None = None) -> Network:
    """The network in a file.

    Args:
        path: of a file of PyTorch (`.pt`, `.pth`), Keras (`.keras`, `.h5`; needs h5py), ONNX (`.onnx`; needs onnx),
            safetensors, `.npz` or `.json`.
        activations: for files of bare weights: a name for all layers but the last, or one for each.
        inputs_first: for files of bare weights: kernels are (n_in, n_out). None finds it out, and takes
            (n_out, n_in) where both fit; `network.check` tells whether that was right.

    Returns:
        Its numbers are float64, whatever the file has.

    Raises:
        OSError: there is no such file, or it can't be opened.
        ValueError: it is damaged, of another format, or has a layer that can't be taken.
    """
    path = Path(path)
    try:
        return READERS[_format(path)].read(path, activations, inputs_first)
    except ValueError as error:
        why = (
            str(error)
            .removeprefix(f"{path} ")
            .removeprefix("can't be read: ")
            .removeprefix("can't be read as a network: ")
        )
        raise ValueError(f"{path} can't be read as a network: {' '.join(why.split())}") from error


def _format(path: Path) -> str:
    """The name of the format in `READERS`.

    Raises:
        ValueError: the file is none of them.
    """
    check_size(path)  # and that it is no pipe, at which reading would wait
    with open(path, "rb") as file:
        start = file.read(32)
    if start.startswith(b"PK"):
        with Archive(path) as archive:
            for name, reader in READERS.items():
                if any(entry.endswith(end) for end in reader.entries for entry in archive.names):
                    return name
        raise ValueError("it is a zip archive, but neither of PyTorch, Keras nor NumPy")
    for name, reader in READERS.items():
        if (start.lstrip() if name == "JSON" else start).startswith(reader.starts):
            return name
    if start[:1] == b"\x80" or path.suffix.lower() in (".pkl", ".pickle", ".joblib"):
        raise ValueError(
            "it is a pickle, which is a program and is not run: load it where you trust it, then call "
            "from_sklearn(model) or save it as ONNX"
        )
    for name, reader in READERS.items():
        if path.suffix.lower() in reader.suffixes and not (reader.starts or reader.entries):
            return name
    known = ", ".join(suffix for reader in READERS.values() for suffix in reader.suffixes)
    raise ValueError(f"it begins with {start[:8]!r}, which is no format that can be read; expected one of {known}")


def from_arrays(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None,
    activations: str | Activation | Sequence[str | Activation] | None,
    inputs_first: bool = False,
    *,
    classes: Sequence[str] = (),
) -> Network:
    """A network of weights and biases.

    Args:
        weights: of each layer, (n_out, n_in).
        biases: of each layer, (n_out,) or None for zeros.
        activations: a name for all layers but the last, or one for each.
        inputs_first: the weights are (n_in, n_out), as Keras and scikit-learn store them.
        classes: the names of the labels.

    Raises:
        TypeError: a weight or a bias holds no numbers.
        ValueError: there are not as many of each, or they don't fit.

    >>> from_arrays([[[1.0, 0.0], [0.0, 1.0]], [[1.0, -1.0]]], [[0.0, 0.5], [0.0]], "relu")
    Network(2 -> 2 relu -> 1 identity: 9 parameters)
    """
    return network_of(steps_of_layers(weights, biases, activations, inputs_first), classes=classes)


def from_sklearn(model: Any) -> Network:
    """The network that a fitted model of scikit-learn is.

    Args:
        model: an MLPClassifier or MLPRegressor, a linear model such as LogisticRegression, LinearSVC or Ridge, or a
            Pipeline of StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler and PCA before one of them.

    Returns:
        A network of the inputs of the whole pipeline; the names of the classes are in its `classes`. Two classes
        are one output, the probability or the score of the second. A regression has no classes, nor has a
        classifier that gives several labels to a point: their `decision` is None.

    Raises:
        ValueError: it is another model, or not fitted.
    """
    return network_of_sklearn(model)


def from_torch(module: Any) -> Network:
    """The network that a module of PyTorch is.

    Its code is followed once (by `torch.fx`), so that activations that are no modules are found too. Then both are
    asked at some points and must agree.

    Args:
        module: of any class, in any mode; it is not changed. What counts is what it does in evaluation mode.

    Raises:
        ValueError: it has a layer that can't be taken, or its code can't be followed.
    """
    from nn_core.readers.torch_modules import traced

    return traced(module)
