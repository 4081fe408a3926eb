"""Networks for films: trained from a recipe when first needed, then read from a cache under renders/."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from manim import logger
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

import nn_core
from nn_core import datasets, initializers
from nn_core.initializers import Initializer
from nn_core.network import Network
from nn_core.preprocessing import features
from nn_core.training import History, TrainingDiverged, decision_for, fit
from scenes.kit.errors import UnfoldError
from scenes.kit.output import written_whole

_ARRAYS = ("loss", "accuracy", "gradient_norms", "snapshot_epochs", "snapshots")


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
        start = self.initializer if isinstance(self.initializer, str) else _spread(*self.initializer)
        return Network.create(self.sizes, activations, initializer=start, rng=rng)

    def key(self) -> str:
        """A hash of the recipe and of the code that carries it out."""
        parts = [f"{f.name}={_plain(getattr(self, f.name))!r}" for f in fields(self)]
        return hashlib.sha256("\n".join([*parts, _library_fingerprint()]).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Trained:
    """A trained network with its data and what happened on the way; of features it is given, X has the points."""

    network: Network
    X: np.ndarray
    y: np.ndarray
    history: History


def train(recipe: Recipe, cache: Path) -> Trained:
    """The network of a recipe, from the cache if it is there.

    Args:
        recipe: what to train.
        cache: the folder of trained networks.

    Raises:
        UnfoldError: where the recipe can't be carried out, or its training diverges.
        KeyboardInterrupt: after Ctrl-C; nothing is stored.
    """
    streams = np.random.default_rng(recipe.seed).spawn(recipe.starts + 1)
    X, y = recipe.draw(streams[0])
    path = stored_at(recipe, cache)
    history = _read(path, recipe, y)
    if history is None:
        try:
            history = _descend(recipe, X, y, streams[1:])
        except (ValueError, TrainingDiverged) as error:
            raise UnfoldError(f"The training of this film's network failed: {error}") from error
        _write(path, history)
        # From here on as if it had been there: a network that is read lies in memory in another way than one that was
        # just trained, and Manim's segment cache would tell them apart.
        history = _read(path, recipe, y) or history
    return Trained(history.network, X, y, history)


def stored_at(recipe: Recipe, cache: Path) -> Path:
    """The file in the cache that holds the network of a recipe."""
    return cache / f"{recipe.data}-{'-'.join(map(str, recipe.sizes))}-{recipe.key()}.npz"


def _descend(recipe: Recipe, X: np.ndarray, y: np.ndarray, streams: list[np.random.Generator]) -> History:
    name = " → ".join(map(str, recipe.sizes))
    best: History | None = None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task(f"Training {name}", total=recipe.starts * (recipe.epochs + 1), state="")

        for number, stream in enumerate(streams):

            def report(epoch: int, loss: float, accuracy: float, done: int = number * (recipe.epochs + 1)) -> None:
                if epoch % 50 == 0 or epoch == recipe.epochs:
                    progress.update(task, completed=done + epoch, state=f"loss {loss:.3f}, accuracy {accuracy:.1%}")

            history = fit(
                recipe.blank(stream),
                recipe.inputs(X),
                y,
                loss=recipe.loss,
                optimizer=recipe.optimizer,
                learning_rate=recipe.learning_rate,
                epochs=recipe.epochs,
                batch_size=recipe.batch_size,
                l2=recipe.l2,
                rng=stream,
                snapshots=recipe.snapshots,
                callback=report,
            )
            if history.stopped == "interrupted":
                raise KeyboardInterrupt
            if best is None or history.loss[-1] < best.loss[-1]:
                best = history
    assert best is not None
    right = "" if best.accuracy is None else f", accuracy {best.accuracy[-1]:.1%}"
    logger.info(f"Trained {name} on {recipe.data}: loss {best.loss[-1]:.4f}{right}")
    return best


def _write(path: Path, history: History) -> None:
    arrays = {name: value for name in _ARRAYS if (value := getattr(history, name)) is not None}
    with written_whole(path) as file:
        np.savez(file, parameters=history.network.parameters, **arrays)


def _read(path: Path, recipe: Recipe, y: np.ndarray) -> History | None:
    """The stored history, or None where there is none that can be read."""
    if not path.is_file():
        return None
    try:
        # NumPy leaves a file open that it fails to read.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays: dict[str, Any] = {name: stored[name] for name in stored}
        network = recipe.blank(np.random.default_rng(0)).with_parameters(arrays.pop("parameters"))
        network.decision = decision_for(network, y, loss=recipe.loss)
        if network.decision is None:
            arrays["accuracy"] = None  # real numbers are never right or wrong
        return History(network, **arrays, validation_loss=None, validation_accuracy=None, stopped="epochs")
    except Exception as error:  # a damaged file fails in many ways, and training anew mends them all
        logger.warning(f"The stored network {path} can't be read ({error}); training it anew.")
        return None


def _spread(name: str, spread: float) -> Initializer:
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
