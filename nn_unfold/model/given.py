"""Networks and data that are brought to a film, by the options `network` and `data`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nn_core.losses import LOSSES, Loss, loss
from nn_core.network import Network
from nn_core.readers import READERS, Points, read_network, read_points
from nn_core.training import History, Objective, decision_for
from nn_unfold.errors import UnfoldError
from nn_unfold.model.cache import train
from nn_unfold.model.recipe import Recipe
from nn_unfold.model.subject import Shape, Subject, Trained
from nn_unfold.settings import option


def subject(recipe: Recipe, cache: Path, accepts: Shape | None = None) -> Subject:
    """What a film shows: the network that was brought, or that of its recipe.

    With `data` alone, the recipe is trained on these points. With `network`, nothing is trained; its points are those
    of `data`, or else those of the recipe, labelled by the network itself. Points that were brought are standardised,
    and so is what goes into a network that was brought with them: its first layer takes the points as they are shown.

    Args:
        recipe: of the film.
        cache: the folder of trained networks.
        accepts: what networks the film can show; None for all.

    Raises:
        UnfoldError: for files that can't be read or don't fit each other, and for a network that the film can't show.
    """
    network, data = option("network"), option("data")
    if not network:
        return trained(recipe, cache, accepts)
    networks = read_networks(Path(network))
    shape = None if accepts is None else accepts.fits(networks[-1])
    _refuse(shape, f"the network of {network}")
    shown = brought(networks, read_data(Path(data)) if data else None, recipe, source=network)
    _refuse(None if accepts is None else accepts.takes(shown), f"the network of {network}")
    return shown


def trained(recipe: Recipe, cache: Path, accepts: Shape | None = None) -> Trained:
    """The network of a recipe, trained on the points that were brought, or else on its own.

    Args:
        recipe: its inputs and outputs become as many as points that were brought have features and classes.
        cache: the folder of trained networks.
        accepts: what networks the film can show; None for all.

    Raises:
        UnfoldError: for points that can't be read or learnt, and for a network that the film can't show.
    """
    data = option("data")
    points = read_data(Path(data)) if data else None
    if points is not None:
        recipe = fitted(recipe, points)
    try:
        blank = recipe.blank(np.random.default_rng(0))
    except (TypeError, ValueError) as error:
        raise UnfoldError(f"This film's recipe can't be carried out: {_reason(error)}.") from error
    _refuse(None if accepts is None else accepts.fits(blank), f"the network of {data or 'the recipe'}")
    return train(recipe, cache, points)


def brought(networks: Sequence[Network], points: Points | None, recipe: Recipe, *, source: str) -> Subject:
    """A network that was brought, with its points.

    Args:
        networks: the network, or what it was at several moments of its training, in their order.
        points: with their labels; None for those of the recipe, labelled by the network.
        recipe: that gives the points, and the loss of the history.
        source: where the network comes from, for errors.

    Raises:
        UnfoldError: where the points don't fit the network.
    """
    network = networks[-1]
    about: dict[str, Any]
    if points is None:
        X, _ = recipe.draw(np.random.default_rng(recipe.seed))
        if X.shape[1] != network.n_in:
            raise UnfoldError(
                f"{source} has {network.n_in} inputs, and the film's own points have {X.shape[1]}: give data as well."
            )
        note = "the points are the film's own, and their labels what the network says"
        about = {"classes": network.classes, "notes": (note,), "given": True, "own_labels": True}
        return _told(networks, X, _answers(network, X), recipe, **about)
    if points.X.shape[1] != network.n_in:
        raise UnfoldError(
            f"{source} has {network.n_in} inputs, and the data have {points.X.shape[1]} columns "
            f"({', '.join(points.names[:12])}): keep those columns that the network was trained on."
        )
    try:
        if points.classes and network.classes:
            points = points.ordered(network.classes)
    except ValueError as error:
        raise UnfoldError(f"{source} and the data don't fit: {error}.") from error
    n_classes = max(network.n_out, 2)
    if len(points.classes) > n_classes:
        raise UnfoldError(f"{source} tells {n_classes} classes apart, and the data have {len(points.classes)}.")
    if points.scaling is not None:
        networks = [points.scaling.folded_into(each) for each in networks]
        network = networks[-1]
    y = _answers(network, points.X) if points.y is None else points.y
    about = {
        "names": points.names,
        "classes": network.classes or points.classes,
        "notes": points.notes,
        "given": True,
        "scaling": points.scaling,
        "own_labels": points.y is None,
        "guessed": "" if network.classes else _guessed(points),
    }
    return _told(networks, points.X, y, recipe, **about)


def _guessed(points: Points) -> str:
    """What was guessed of the labels for a network that does not name its classes; empty if they are 0, 1, ..."""
    if not points.classes or points.classes == tuple(map(str, range(len(points.classes)))):
        return ""
    some = ", ".join(f"{number} is {name!r}" for number, name in enumerate(points.classes[:4]))
    more = ", and so on" if len(points.classes) > 4 else ""
    return f"The network does not name its classes; they are taken in the order of their names: {some}{more}."


def _told(networks: Sequence[Network], X: np.ndarray, y: np.ndarray, recipe: Recipe, **about: Any) -> Subject:
    """A network with its points, and with the history of its training where there are several checkpoints."""
    if len(networks) == 1:
        return Subject(networks[0], X, y, **about)
    history = _history(networks, X, y, recipe.loss)
    return Trained(history.network, X, y, history, **about)


def _answers(network: Network, X: np.ndarray) -> np.ndarray:
    """What a network says of points (n, d): their classes, or the real number that it gives each; (n,)."""
    answers: np.ndarray = network.forward(X).output[:, 0] if network.decision is None else network.predict(X)
    return answers


def fitted(recipe: Recipe, points: Points) -> Recipe:
    """The recipe with as many inputs and outputs as points have features and classes.

    Raises:
        UnfoldError: for points that this recipe can't learn.
    """
    n_in, n_out = points.X.shape[1], recipe.sizes[-1]
    if points.y is None or not points.classes:
        what = "no labels" if points.y is None else "real numbers as labels"
        raise UnfoldError(f"The data have {what}, and this film's network learns classes: name the column of these.")
    if recipe.features:
        if n_in != 2:
            raise UnfoldError(f"The features of this film are made of 2 columns, and the data have {n_in}.")
        n_in = recipe.sizes[0]
    count = len(points.classes)
    if count > max(n_out, 2) or n_out > 1:
        n_out = max(count, 2)
    kind = loss(recipe.loss)
    chosen: str | Loss = recipe.loss
    if recipe.sizes[-1] == 1 and n_out > 1 and kind.name == "binary_cross_entropy":
        chosen = "cross_entropy"
    return replace(recipe, data="points", sizes=(n_in, *recipe.sizes[1:-1], n_out), loss=chosen)


def _refuse(reason: str | None, what: str) -> None:
    if reason:
        raise UnfoldError(f"This film can't show {what}: {reason}. `unfold fits` lists films that can.")


def read_data(path: Path) -> Points:
    """The points in a file, standardised.

    Raises:
        UnfoldError: where they can't be read.
    """
    try:
        label = option("label")
        return read_points(path, label=label or None).standardised()[0]
    except (OSError, ValueError, TypeError) as error:
        raise UnfoldError(f"The data can't be taken: {_reason(error)}.") from error


def read_networks(path: Path) -> list[Network]:
    """The network in a file; or those in a folder of checkpoints, in the order of the numbers in their names.

    Raises:
        UnfoldError: where there is none, or it can't be read.
    """
    try:
        if not path.is_dir():
            return [_read(path)]
        suffixes = {suffix for reader in READERS.values() for suffix in reader.suffixes}
        files = [file for file in path.iterdir() if file.suffix.lower() in suffixes and not file.name.startswith(".")]
        if not files:
            raise ValueError(f"the folder {path} holds no network; expected files of {', '.join(sorted(suffixes))}")
        if len(files) > 1 and (bare := [file.name for file in files if not re.search(r"\d", file.stem)]):
            raise ValueError(
                f"the folder {path} holds {bare[0]}, whose name has no number, so its place in the training is not "
                "known: name checkpoints such as epoch-10, or move it away"
            )
        files.sort(key=_in_order)
        networks = [_read(file) for file in files]
        for file, network in zip(files, networks, strict=True):
            if _make(network) != _make(networks[0]):
                raise ValueError(
                    f"the folder {path} holds networks of different makes: {files[0].name} is {_make(networks[0])}, "
                    f"and {file.name} is {_make(network)}"
                )
        return networks
    except (OSError, ValueError, TypeError) as error:
        raise UnfoldError(f"The network can't be taken: {_reason(error)}.") from error


def _read(file: Path) -> Network:
    names = [name.strip() for name in option("activations").split(",") if name.strip()]
    return read_network(file, activations=names[0] if len(names) == 1 else names or None)


def _make(network: Network) -> str:
    """The widths and activations of a network, such as "2 -> 3 relu -> 2 identity"."""
    return " -> ".join([str(network.n_in), *(f"{layer.n_out} {layer.activation.name}" for layer in network.layers)])


def _in_order(file: Path) -> list[tuple[bool, int | str]]:
    """So that names are ordered by the numbers in them: step 9 before step 10."""
    return [(part.isdecimal(), int(part) if part.isdecimal() else part) for part in re.split(r"(\d+)", file.stem)]


def _history(networks: Sequence[Network], X: np.ndarray, y: np.ndarray, kind: str | Loss) -> History:
    """The history that checkpoints tell: each is an epoch."""
    last = networks[-1]
    rule = loss(kind)
    if last.n_out < rule.min_outputs or (last.n_out == 1 and rule.name == "cross_entropy"):
        rule = LOSSES["binary_cross_entropy"]
    decision = decision_for(last, y, loss=rule)
    losses, shares, norms = [], [], []
    for network in networks:
        trace = network.forward(X)
        outputs = trace.logits if rule.of == "z" else trace.output
        losses.append(rule.value(outputs, y))
        delta = rule.delta(outputs, y)
        if rule.of == "a":
            delta = delta * network.layers[-1].activation.derivative(trace.z[-1], trace.output)
        norms.append([np.sqrt((g.weight**2).sum() + (g.bias**2).sum()) for g in network.backward(trace, delta)])
        if decision is not None:
            shares.append(float((network.predict(X) == y).mean()))
    return History(
        network=last,
        loss=np.array(losses),
        accuracy=np.array(shares) if decision is not None else None,
        validation_loss=None,
        validation_accuracy=None,
        gradient_norms=np.array(norms[:-1]).reshape(-1, len(last.layers)),
        snapshot_epochs=np.arange(len(networks)),
        snapshots=np.stack([network.parameters for network in networks]),
        stopped="epochs",
        objective=Objective(last, X, y, loss=rule),
    )


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror.lower()}"
    return " ".join(str(error).split()).rstrip(".")
