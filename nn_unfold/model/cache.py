"""Networks for films: trained from a recipe when first needed, then read from a cache in the media folder."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from manim import logger
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nn_core.readers import Points
from nn_core.training import History, Objective, TrainingDiverged, fit
from nn_unfold.engine.files import written_whole
from nn_unfold.errors import UnfoldError
from nn_unfold.model.recipe import Recipe
from nn_unfold.model.subject import Trained

_ARRAYS = ("loss", "accuracy", "gradient_norms", "snapshot_epochs", "snapshots")
_CURVE = "curve_"  # before the names of measured curves


def train(recipe: Recipe, cache: Path, points: Points | None = None) -> Trained:
    """The network of a recipe, from the cache if it is there.

    Args:
        recipe: what to train.
        cache: the folder of trained networks.
        points: what it is trained on in place of the recipe's data; of d features for a recipe of d inputs.

    Raises:
        UnfoldError: where the recipe can't be carried out, or its training diverges.
        KeyboardInterrupt: after Ctrl-C; nothing is stored.
    """
    streams = np.random.default_rng(recipe.seed).spawn(recipe.starts + 1)
    X, y = recipe.draw(streams[0]) if points is None else (points.X, points.y)
    if y is None:
        raise UnfoldError("The data have no labels, from which a network could learn: name the column that holds them.")
    path = cache / f"{_name(recipe)}-{recipe.key(_digest(X, y, points))}.npz"
    history = _read(path, recipe, X, y)
    if history is None:
        try:
            history = _descend(recipe, X, y, streams[1:])
        except (TypeError, ValueError, TrainingDiverged) as error:
            raise UnfoldError(f"The training of this film's network failed: {error}") from error
        _write(path, history, every_epoch=recipe.snapshots is None)
        # From here on as if it had been there: a network that is read lies in memory in another way than one that was
        # just trained, and Manim's segment cache would tell them apart.
        history = _read(path, recipe, X, y) or history
    trained = Trained(history.network, X, y, history, file=path, features=recipe.features)
    if points is None:
        return replace(trained, data=recipe.data)
    trained.network.classes = points.classes
    return replace(
        trained, names=points.names, classes=points.classes, notes=points.notes, given=True, scaling=points.scaling
    )


def _digest(X: np.ndarray, y: np.ndarray, points: Points | None) -> str:
    """A hash of the data; of points that were brought, of the order of their classes and of their scaling too."""
    if points is not None:
        return points.digest
    digest = hashlib.sha256()
    for part in (X, y):
        array = np.ascontiguousarray(part)
        digest.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def _name(recipe: Recipe) -> str:
    """The beginning of the name of its file, for people; what tells networks apart is the key."""
    return re.sub(r"[^\w-]+", "-", f"{recipe.data}-{'-'.join(map(str, recipe.sizes))}")[:60]


def _descend(recipe: Recipe, X: np.ndarray, y: np.ndarray, streams: list[np.random.Generator]) -> History:
    """The history of the start that ends with the lowest loss."""
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
                    right = "" if np.isnan(accuracy) else f", accuracy {accuracy:.1%}"
                    progress.update(task, completed=done + epoch, state=f"loss {loss:.3f}{right}")

            history = fit(
                recipe.blank(stream),
                recipe.inputs(X),
                y,
                loss=recipe.loss,
                optimizer=recipe.optimizer,
                # An own optimizer has its own.
                learning_rate=recipe.learning_rate if isinstance(recipe.optimizer, str) else None,
                epochs=recipe.epochs,
                batch_size=recipe.batch_size,
                l2=recipe.l2,
                rng=stream,
                snapshots=range(recipe.epochs + 1) if recipe.snapshots is None else recipe.snapshots,
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


def _write(path: Path, history: History, *, every_epoch: bool) -> None:
    arrays = {name: value for name in _ARRAYS if (value := getattr(history, name)) is not None}
    if every_epoch:  # its training is shown, and most often with a curve
        arrays |= {f"{_CURVE}{name}": value for name, value in history.measured_curves().items()}
    with written_whole(path) as file:
        np.savez(file, parameters=history.network.parameters, **arrays)


def _read(path: Path, recipe: Recipe, X: np.ndarray, y: np.ndarray) -> History | None:
    """The stored history, or None where there is none that can be read."""
    if not path.is_file():
        return None
    try:
        # NumPy leaves a file open that it fails to read.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays: dict[str, Any] = {name: stored[name] for name in stored}
        network = recipe.blank(np.random.default_rng(0)).with_parameters(arrays.pop("parameters"))
        curves = {name.removeprefix(_CURVE): arrays.pop(name) for name in list(arrays) if name.startswith(_CURVE)}
        objective = Objective(network, recipe.inputs(X), y, loss=recipe.loss, l2=recipe.l2)
        network.decision = objective.decision
        if network.decision is None:
            arrays["accuracy"] = None  # real numbers are never right or wrong
        return History(
            network,
            **arrays,
            validation_loss=None,
            validation_accuracy=None,
            stopped="epochs",
            objective=objective,
            curves=curves or None,
        )
    except Exception as error:  # a damaged file fails in many ways, and training anew mends them all
        logger.warning(f"The stored network {path} can't be read ({error}); training it anew.")
        return None
