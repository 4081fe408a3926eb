"""scikit-learn: fitted models in memory, by their attributes. Files of it are pickles, which are never read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from nn_core.decisions import Decision
from nn_core.network import Network
from nn_core.readers import pointwise
from nn_core.readers.chain import network_of
from nn_core.readers.steps import Softmax, Step, affine, scale


def network_of_sklearn(model: Any) -> Network:
    """The network that a fitted model is, with the names of its classes.

    Args:
        model: an MLPClassifier or MLPRegressor, a linear model, or a Pipeline of one behind scalers and PCA.

    Raises:
        ValueError: it is another model, or not fitted.
    """
    parts = list(_parts(model))
    if not parts:
        raise ValueError("the pipeline is empty")
    steps = [step for i, part in enumerate(parts) for step in _steps_of(part, last=i == len(parts) - 1)]
    last = parts[-1]
    classes = getattr(last, "classes_", None)
    several_labels = getattr(last, "out_activation_", None) == "logistic" and last.n_outputs_ > 1
    if classes is None or several_labels:
        return network_of(steps, decision=None)
    return network_of(steps, decision=Decision(), classes=[str(name) for name in np.asarray(classes).tolist()])


def _parts(model: Any) -> Iterator[Any]:
    if _kind(model) == "Pipeline":
        for _, step in model.steps:
            if step is not None and step != "passthrough":
                yield from _parts(step)
    elif _kind(model) == "TransformedTargetRegressor":
        raise ValueError("a TransformedTargetRegressor can't be taken: give its regressor_")
    else:
        yield model


def _kind(model: Any) -> str:
    """The class of the model, or the one of scikit-learn that it is made of."""
    known = (*MODELS, *SCALERS, "Pipeline", "TransformedTargetRegressor")
    return next((kind.__name__ for kind in type(model).__mro__ if kind.__name__ in known), type(model).__name__)


def _steps_of(part: Any, *, last: bool) -> tuple[Step, ...]:
    kind, where = _kind(part), f"the {type(part).__name__}"
    table = MODELS if last else SCALERS
    if kind not in table:
        expected = ", ".join(table)
        raise ValueError(f"{where} can't be taken{'' if last else ' before a model'}: expected one of {expected}")
    try:
        return table[kind](part, where)
    except AttributeError as error:
        raise ValueError(f"{where} is not fitted: call fit first ({error})") from error


def _mlp(model: Any, where: str) -> tuple[Step, ...]:
    kinds = [model.activation] * (len(model.coefs_) - 1) + [model.out_activation_]
    steps: list[Step] = []
    for i, (weight, bias, kind) in enumerate(zip(model.coefs_, model.intercepts_, kinds, strict=True), 1):
        name = f"layer {i} of {where}"
        steps.append(affine(weight, bias, name, inputs_first=True))
        steps += (Softmax(name),) if kind == "softmax" else pointwise.plain(_ACTIVATIONS.get(kind, kind), name)
    return tuple(steps)


_ACTIVATIONS = {"logistic": "sigmoid"}


def _linear(model: Any, where: str) -> tuple[Step, ...]:
    """One layer: a row of weights for each class or target, one for two classes."""
    weight = np.atleast_2d(np.asarray(model.coef_))
    bias = np.broadcast_to(np.atleast_1d(np.asarray(model.intercept_, float)), len(weight))
    return (affine(weight, bias, where),)


def _logistic(model: Any, where: str) -> tuple[Step, ...]:
    steps = _linear(model, where)
    if len(np.atleast_2d(np.asarray(model.coef_))) == 1:
        return (*steps, *pointwise.plain("sigmoid", where))
    return (*steps, Softmax(where))


def _standard(model: Any, where: str) -> tuple[Step, ...]:
    factor = 1.0 if model.scale_ is None else 1 / np.asarray(model.scale_)
    mean = 0.0 if model.mean_ is None else np.asarray(model.mean_)
    return (scale(factor, -mean * factor, where),)


def _minmax(model: Any, where: str) -> tuple[Step, ...]:
    if getattr(model, "clip", False):
        raise ValueError(f"{where} clips what lies outside of the data: a network here can't")
    return (scale(model.scale_, model.min_, where),)


def _maxabs(model: Any, where: str) -> tuple[Step, ...]:
    if getattr(model, "clip", False):
        raise ValueError(f"{where} clips what lies outside of the data: a network here can't")
    return (scale(1 / np.asarray(model.scale_), 0.0, where),)


def _robust(model: Any, where: str) -> tuple[Step, ...]:
    factor = 1.0 if model.scale_ is None else 1 / np.asarray(model.scale_)
    centre = 0.0 if model.center_ is None else np.asarray(model.center_)
    return (scale(factor, -centre * factor, where),)


def _pca(model: Any, where: str) -> tuple[Step, ...]:
    weight = np.asarray(model.components_)
    if getattr(model, "whiten", False):
        weight = weight / np.sqrt(np.asarray(model.explained_variance_))[:, None]
    return (affine(weight, -weight @ np.asarray(model.mean_), where),)


Reader = Callable[[Any, str], tuple[Step, ...]]

MODELS: Mapping[str, Reader] = {
    "MLPClassifier": _mlp,
    "MLPRegressor": _mlp,
    "LogisticRegression": _logistic,
    "LogisticRegressionCV": _logistic,
    "LinearRegression": _linear,
    "Ridge": _linear,
    "RidgeCV": _linear,
    "RidgeClassifier": _linear,
    "Lasso": _linear,
    "LassoCV": _linear,
    "ElasticNet": _linear,
    "ElasticNetCV": _linear,
    "LinearSVC": _linear,
    "LinearSVR": _linear,
    "SGDClassifier": _linear,
    "SGDRegressor": _linear,
    "Perceptron": _linear,
}
"""Models that are a network, by their class."""

SCALERS: Mapping[str, Reader] = {
    "StandardScaler": _standard,
    "MinMaxScaler": _minmax,
    "MaxAbsScaler": _maxabs,
    "RobustScaler": _robust,
    "PCA": _pca,
}
"""What may stand before the model: each is an affine map."""
