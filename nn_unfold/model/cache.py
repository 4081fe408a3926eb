"""Networks for films: trained from a recipe when first needed, then read from a cache in the media folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from manim import logger
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nn_core.network import Network
from nn_core.training import History, TrainingDiverged, decision_for, fit
from nn_unfold.engine.files import written_whole
from nn_unfold.errors import UnfoldError
from nn_unfold.model.recipe import Recipe

_ARRAYS = ("loss", "accuracy", "gradient_norms", "snapshot_epochs", "snapshots")


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
