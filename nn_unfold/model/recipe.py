"""Recipes: all that a trained network depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

import nn_core
from nn_core import datasets, initializers
from nn_core.initializers import Initializer
from nn_core.network import Network
from nn_core.preprocessing import features
from nn_unfold.errors import UnfoldError


@dataclass(frozen=True)
class Recipe:
    """All that a trained network depends on: change any of it and the film trains anew.

    Attributes:
        data: a data set of nn_core.datasets, without its `make_` or `load_`; or "xor_points", always the same.
        data_options: arguments of that function, but for `rng`.
        sizes: widths of the input and of every layer.
        activations: one per layer, or one for all hidden layers.
        features: what the network is given of points of the plane, by their names in nn_core.preprocessing; the
            points themselves if there are none.
        loss, optimizer, learning_rate, epochs, batch_size, l2: as in nn_core.training.fit.
        initializer: a name of nn_core.initializers, or one with its spread, such as ("gaussian", 1.5).
        seed: of the data, the initial weights and the batches.
        starts: initial weights that are tried; the network with the lowest loss is kept.
        snapshots: how many moments of the training are kept, log-spaced, or which.
    """

    data: str
    sizes: tuple[int, ...]
    activations: str | tuple[str, ...]
    data_options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    loss: str = "cross_entropy"
    optimizer: str = "adam"
    initializer: str | tuple[str, float] = "he"
    learning_rate: float = 1e-2
    epochs: int = 1000
    batch_size: int | None = None
    l2: float = 0.0
    seed: int = 0
    starts: int = 1
    snapshots: int | tuple[int, ...] = 16
    features: tuple[str, ...] = ()

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The data: X (n, d) and labels y (n,).

        Raises:
            UnfoldError: where there is no such data set, or an option is unfit.
        """
        try:
            return datasets.draw(self.data, rng=rng, **self.data_options)
        except (TypeError, ValueError) as error:
            raise UnfoldError(f"The data of this film can't be drawn: {error}.") from error

    def inputs(self, X: np.ndarray) -> np.ndarray:
        """What the network is given of data X (n, d): (n, sizes[0])."""
        return features(X, self.features) if self.features else X

    def blank(self, rng: np.random.Generator) -> Network:
        """A network of this shape with its initial weights."""
        activations = self.activations if isinstance(self.activations, str) else list(self.activations)
        start = self.initializer if isinstance(self.initializer, str) else _scaled_initializer(*self.initializer)
        return Network.create(self.sizes, activations, initializer=start, rng=rng)

    def key(self) -> str:
        """A hash of the recipe and of the code that carries it out."""
        parts = [f"{f.name}={_plain(getattr(self, f.name))!r}" for f in fields(self)]
        return hashlib.sha256("\n".join([*parts, _library_fingerprint()]).encode()).hexdigest()[:16]


def _scaled_initializer(name: str, spread: float) -> Initializer:
    """An initializer of nn_core with its one number, such as the standard deviation of "gaussian"."""
    return getattr(initializers, name)(spread)


def _plain(value: Any) -> Any:
    return sorted(value.items()) if isinstance(value, Mapping) else value


@lru_cache(maxsize=1)
def _library_fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(nn_core.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
