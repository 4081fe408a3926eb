"""Recipes: all that a trained network depends on."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

import nn_core
from nn_core import datasets, initializers
from nn_core.activations import Activation, activation
from nn_core.arrays import real_number, whole_number
from nn_core.initializers import Initializer, initializer
from nn_core.losses import Loss, loss
from nn_core.network import Network
from nn_core.optimizers import Optimizer, Rate, optimizer
from nn_core.preprocessing import features
from nn_unfold.errors import UnfoldError
from nn_unfold.fingerprint import code_fingerprint, computed

TRAINING = ("training", "initializers", "preprocessing")
"""The modules of nn_core that carry out a recipe, with all that they import."""


@dataclass(frozen=True)
class Recipe:
    """All that a trained network depends on: change any of it and the film trains anew.

    Attributes:
        data: a data set of nn_core.datasets, without its `make_` or `load_`; or "xor_points", always the same.
        data_options: arguments of that function, but for `rng`.
        sizes: widths of the input and of every layer.
        activations: one per layer, or one for all hidden layers; each a name, or an own Activation.
        features: what the network is given of points of the plane, by their names in nn_core.preprocessing; the
            points themselves if there are none.
        loss, optimizer, learning_rate, epochs, batch_size, l2: as in nn_core.training.fit.
        initializer: a name of nn_core.initializers, or one with its spread, such as ("gaussian", 1.5), or a function.
        seed: of the data, the initial weights and the batches.
        starts: initial weights that are tried; the network with the lowest loss is kept.
        snapshots: how many moments of the training are kept, log-spaced, or which; None for every epoch, so that a
            training can be shown as it was.
    """

    data: str
    sizes: tuple[int, ...]
    activations: str | Activation | tuple[str | Activation, ...]
    data_options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    loss: str | Loss = "cross_entropy"
    optimizer: str | Optimizer = "adam"
    initializer: str | tuple[str, float] | Initializer = "he"
    learning_rate: Rate = 1e-2
    epochs: int = 1000
    batch_size: int | None = None
    l2: float = 0.0
    seed: int = 0
    starts: int = 1
    snapshots: int | tuple[int, ...] | None = 16
    features: tuple[str, ...] = ()

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The data: X (n, d) and labels y (n,).

        Raises:
            UnfoldError: where there is no such data set, or an option is unfit.
        """
        try:
            X, y, *_ = datasets.draw(self.data, rng=rng, **self.data_options)
        except (TypeError, ValueError) as error:
            raise UnfoldError(f"The data of this film can't be drawn: {error}.") from error
        return X, y

    def inputs(self, X: np.ndarray) -> np.ndarray:
        """What the network is given of data X (n, d): (n, sizes[0])."""
        return features(X, self.features) if self.features else X

    def blank(self, rng: np.random.Generator) -> Network:
        """A network of this shape with its initial weights."""
        activations = list(self.activations) if isinstance(self.activations, tuple) else self.activations
        start = self.initializer
        if isinstance(start, tuple):
            start = _scaled_initializer(*start)
        return Network.create(self.sizes, activations, initializer=start, rng=rng)

    def with_fields(self, texts: Mapping[str, str]) -> Recipe:
        """The recipe with some fields given as text, such as {"seed": "7", "sizes": "2,3,2"}.

        Options of the data set are given as {"data_options.noise": "0.2"}.

        Raises:
            UnfoldError: for a field that does not exist, or a value that is none of this field's.
        """
        changes: dict[str, Any] = {}
        options = dict(self.data_options)
        for name, text in texts.items():
            if name.startswith("data_options."):
                options[name.removeprefix("data_options.")] = _number_or_text(text)
            else:
                changes[name] = read_field(name, text)
        return replace(self, data_options=MappingProxyType(options), **changes)

    def key(self, data: str = "") -> str:
        """A hash of the recipe, of the data and of the code that carries it out.

        Own activations, losses, optimizers and initializers count by what they compute.

        Args:
            data: a digest of the data that it is trained on.
        """
        parts = [f"{f.name}={_plain(getattr(self, f.name))!r}" for f in fields(self)]
        parts += [data, _training_fingerprint()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


DIGIT_READER = Recipe(
    data="digits",
    sizes=(784, 16, 10),
    activations="relu",
    initializer="glorot",
    learning_rate=1e-3,
    epochs=40,
    batch_size=50,
    l2=5e-3,
    snapshots=2,
)
"""784 pixels, 16 hidden neurons, ten digits: the network that several films read digits with."""


def _scaled_initializer(name: str, spread: float) -> Initializer:
    """An initializer of nn_core with its one number, such as the standard deviation of "gaussian"."""
    made: Initializer = getattr(initializers, name)(spread)
    return made


# Fields from text


def _words(text: str) -> list[str]:
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise ValueError("expected values with commas between them")
    return words


def _whole(name: str, least: int = 0) -> Callable[[str], int]:
    return lambda text: whole_number(_number(text), name, least=least)


def _real(name: str) -> Callable[[str], float]:
    return lambda text: real_number(_number(text), name, least=0)


def _number(text: str) -> float:
    try:
        return int(text) if text.strip().lstrip("+-").isdecimal() else float(text)
    except ValueError:
        raise ValueError("expected a number") from None


def _number_or_text(text: str) -> int | float | str | bool:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return _number(text)
    except ValueError:
        return text


def _or_none(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: None if text.lower() == "none" else read(text)


def _named(check: Callable[[str], object]) -> Callable[[str], str]:
    """A reader of a name that this function of nn_core knows."""

    def read(text: str) -> str:
        check(text)
        return text

    return read


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(_whole("sizes", 1)(word) for word in _words(text))
    if len(sizes) < 2:
        raise ValueError("expected the widths of the input and of every layer, such as 2,3,2")
    return sizes


def _activations(text: str) -> str | tuple[str, ...]:
    names = tuple(map(_named(activation), _words(text)))
    return names if len(names) > 1 else names[0]


def _initializer(text: str) -> str | tuple[str, float]:
    name, *spread = _words(text)
    _named(initializer)(name)
    if len(spread) > 1 or (spread and name not in ("gaussian", "uniform", "sparse")):
        raise ValueError("expected a name, or gaussian, uniform or sparse with its number, such as gaussian,1.5")
    return (name, _real("spread")(spread[0])) if spread else name


def _data(text: str) -> str:
    if text not in datasets.DATA_SETS:
        raise ValueError(f"there is no data set {text!r}; choose one of {', '.join(sorted(datasets.DATA_SETS))}")
    return text


def _snapshots(text: str) -> int | tuple[int, ...]:
    epochs = tuple(_whole("snapshots")(word) for word in _words(text))
    return epochs if "," in text else epochs[0]


def _features(text: str) -> tuple[str, ...]:
    names = tuple(_words(text))
    features(np.zeros((1, 2)), names)
    return names


FIELDS: Mapping[str, Callable[[str], Any]] = {
    "data": _data,
    "sizes": _sizes,
    "activations": _activations,
    "loss": _named(loss),
    "optimizer": _named(optimizer),
    "initializer": _initializer,
    "learning_rate": _real("learning_rate"),
    "epochs": _whole("epochs"),
    "batch_size": _or_none(_whole("batch_size", 1)),
    "l2": _real("l2"),
    "seed": _whole("seed"),
    "starts": _whole("starts", 1),
    "snapshots": _or_none(_snapshots),
    "features": lambda text: () if text.lower() == "none" else _features(text),
}
"""For each field of a recipe, what reads it from text."""


def read_field(name: str, text: str) -> Any:
    """The value of a field of a recipe, given as text.

    Raises:
        UnfoldError: for a field that does not exist, or a value that is none of this field's.
    """
    try:
        return _reader(name)(text)
    except (TypeError, ValueError) as error:
        raise UnfoldError(f"A recipe can't have {name}={text}: {' '.join(str(error).split())}.") from error


def _reader(name: str) -> Callable[[str], Any]:
    if name not in FIELDS:
        near = difflib.get_close_matches(name, FIELDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(FIELDS)} and data_options.NAME"
        raise ValueError(f"it has no such field; {hint}".rstrip("."))
    return FIELDS[name]


# The key


def _plain(value: Any) -> Any:
    """A value of a field as it counts in the key: functions count by what they compute."""
    if isinstance(value, Mapping):
        return sorted((name, _plain(part)) for name, part in value.items())
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Activation):
        far = np.geomspace(8, 1e4, 50)
        z = np.concatenate([np.linspace(-8, 8, 1601), far, -far])
        # An activation can have a slope for each neuron, and wants as many columns then.
        widths = [len(slope) for slope in value.slopes or () if isinstance(slope, tuple)]
        z = np.tile(z[:, None], max(widths, default=1))
        return "activation", computed(lambda: [value.function(z), value.derivative(z)]), value.kinks, value.slopes
    if isinstance(value, Loss):
        targets = np.eye(max(2, value.min_outputs))
        outputs = np.linspace(0.1, 0.9, targets.size).reshape(targets.shape)
        return "loss", value.of, computed(lambda: [value.value(outputs, targets), value.delta(outputs, targets)])
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if hasattr(value, "start"):
        return "optimizer", computed(_descend_with, value)
    return "function", computed(_probed, value)


def _descend_with(kind: Optimizer) -> np.ndarray:
    """Where an optimizer comes to in some steps on the same slopes."""
    parameters = np.linspace(-1, 2, 7)
    step, path = kind.start(parameters), []
    for number in range(64):
        step(parameters, parameters * np.cos(number + np.arange(7)))
        path.append(parameters.copy())
    return np.array(path)


def _probed(function: Any) -> Any:
    """What a schedule of the learning rate gives at some steps, or an initializer for a layer."""
    try:
        return [function(step) for step in (*range(100), *np.geomspace(100, 1e6, 200).astype(int).tolist())]
    except TypeError:
        return function(5, 3, np.random.default_rng(0))


@lru_cache(maxsize=1)
def _training_fingerprint() -> str:
    return code_fingerprint(TRAINING, Path(nn_core.__file__).parent)
