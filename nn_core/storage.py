"""Storage: a network in one file, an .npz of plain arrays that holds no code."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn_core.activations import activation
from nn_core.network import Layer, Network

VERSION = 1
"""Of the layout: `version`, `activations` (names), and `weight_0`, `bias_0`, `weight_1`, ..."""


_DAMAGE = (ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)
"""What reading a file raises that is no archive, is cut off, or was changed by accident or on purpose."""


def save(network: Network, path: str | Path) -> None:
    """Write a network to a file, which is there in full or not at all.

    Raises:
        ValueError: an activation is of one's own making, so that its name doesn't tell what it is.
        OSError: the folder can't be written to.
    """
    path = Path(path)
    names = [layer.activation.name for layer in network.layers]
    for name in names:
        try:
            activation(name)
        except ValueError:
            raise ValueError(f"the activation {name!r} can't be saved: a file holds names and numbers only") from None
    arrays = {"version": np.array(VERSION), "activations": np.array(names)}
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
    content = io.BytesIO(Path(path).read_bytes())
    try:
        with zipfile.ZipFile(content) as archive:
            arrays = {name.removesuffix(".npy"): _array(archive.read(name)) for name in archive.namelist()}
    except _DAMAGE as error:
        raise ValueError(f"{path} is damaged or no saved network") from error
    try:
        version = int(arrays["version"])
        if version != VERSION:
            raise ValueError(f"it has the layout {version}, but this version of nn_core reads {VERSION}")
        return Network(
            Layer(arrays[f"weight_{i}"], arrays[f"bias_{i}"], str(name)) for i, name in enumerate(arrays["activations"])
        )
    except KeyError as error:
        raise ValueError(f"{path} is no saved network: it lacks {error}") from error
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} can't be read as a network: {error}") from error


def _array(data: bytes) -> NDArray[Any]:
    """The array in the bytes of an .npy file, unless it holds Python objects, which could run code."""
    return np.asarray(np.lib.format.read_array(io.BytesIO(data), allow_pickle=False))
