"""Steps: what a foreign network does to numbers, one after the other, before layers are made of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_core.activations import Activation
from nn_core.arrays import numbers

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Affine:
    """x -> x @ weight.T + bias.

    Attributes:
        weight: (n_out, n_in).
        bias: (n_out,).
        where: what the source calls it, for messages.
    """

    weight: Array
    bias: Array
    where: str


@dataclass(frozen=True, eq=False)
class Scale:
    """x -> factor * x + shift, each number by itself.

    Attributes:
        factor: (n,), or () for all alike.
        shift: (n,) or ().
        where: what the source calls it, for messages.
    """

    factor: Array
    shift: Array
    where: str


@dataclass(frozen=True, eq=False)
class Pointwise:
    """x -> activation(x), each number by itself.

    Attributes:
        activation: what is applied. Its name need not be in the table until `recognised` has run.
        where: what the source calls it, for messages.
        known: False for a part of a longer formula, such as the erf inside of a GELU.
        size: how many operations the formula has.
    """

    activation: Activation
    where: str
    known: bool = True
    size: int = 1


@dataclass(frozen=True, eq=False)
class Softmax:
    """Softmax or argmax of each row. It may only stand at the end, where a `Network` has it by itself."""

    where: str


Step = Affine | Scale | Pointwise | Softmax


def n_numbers(step: Step) -> int:
    """How many numbers a step wants, if it has one for each; otherwise 1."""
    if isinstance(step, Scale):
        return max(step.factor.size, step.shift.size)
    if isinstance(step, Pointwise) and step.activation.slopes is not None:
        return max((len(slope) for slope in step.activation.slopes if isinstance(slope, tuple)), default=1)
    return 1


def affine(weight: ArrayLike, bias: ArrayLike | None, where: str, *, inputs_first: bool = False) -> Affine:
    """An affine step of checked arrays.

    Args:
        weight: (n_out, n_in), or (n_in, n_out) with `inputs_first`.
        bias: (n_out,), or None for zeros.
        where: what the source calls the layer.
        inputs_first: the weight is stored as Keras and scikit-learn store it.

    Raises:
        ValueError: the weight is no matrix of finite numbers, or the bias doesn't fit it.
    """
    matrix = _numbers(weight, "weight", where)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(f"the weight of {where} has shape {matrix.shape}, expected a matrix: {_kind_of(matrix)}")
    if inputs_first:
        matrix = np.ascontiguousarray(matrix.T)
    n_out = len(matrix)
    vector = np.zeros(n_out) if bias is None else _numbers(bias, "bias", where)
    if vector.shape != (n_out,) and vector.size == n_out:
        vector = vector.reshape(n_out)  # a row (1, n_out), as some files store it
    if vector.shape != (n_out,):
        if bias is not None and vector.shape == (matrix.shape[1],):
            order = "(n_in, n_out)" if inputs_first else "(n_out, n_in)"
            raise ValueError(
                f"the kernel of {where} is not transposed as expected: its shape {np.shape(weight)} was read as "
                f"{order}, but the bias has {vector.size} numbers; transpose it, or say inputs_first={not inputs_first}"
            )
        raise ValueError(f"the bias of {where} has shape {vector.shape}, but its weight gives {n_out} numbers")
    return Affine(matrix, vector, where)


def scale(factor: ArrayLike, shift: ArrayLike, where: str) -> Scale:
    """A scale step of checked numbers: (n,) each, or () for all alike.

    Raises:
        ValueError: they are no finite numbers, or no vectors of one length.
    """
    factor, shift = _numbers(factor, "factor", where), _numbers(shift, "shift", where)
    try:
        shape = np.broadcast_shapes(factor.shape, shift.shape)
    except ValueError:
        shape = (-1,) * 9
    vectors = [part.reshape(-1) if part.size > 1 else part.reshape(()) for part in (factor, shift)]
    if max((part.size for part in vectors), default=1) != np.prod(shape):
        raise ValueError(f"{where} has shapes {factor.shape} and {shift.shape}, expected a number for each feature")
    return Scale(vectors[0], vectors[1], where)


def batch_normalisation(
    gamma: ArrayLike | None, beta: ArrayLike | None, mean: ArrayLike, variance: ArrayLike, epsilon: float, where: str
) -> Scale:
    """What a trained BatchNorm does to each feature: gamma (x - mean) / sqrt(variance + epsilon) + beta.

    Raises:
        ValueError: an array has another length than the others, or the root is not positive (Ioffe, Szegedy 2015).
    """
    mean, variance = _numbers(mean, "mean", where), _numbers(variance, "variance", where)
    square = variance + epsilon
    if not (np.isfinite(square).all() and (square > 0).all()):
        raise ValueError(f"{where} divides by the root of {square.min()}: the variance is not positive")
    factor = (1.0 if gamma is None else _numbers(gamma, "gamma", where)) / np.sqrt(square)
    try:
        shift = (0.0 if beta is None else _numbers(beta, "beta", where)) - mean * factor
    except ValueError:
        raise ValueError(f"the arrays of {where} differ in length") from None
    return scale(factor, shift, where)


def _kind_of(weight: Array) -> str:
    if weight.ndim >= 3:
        return "a convolution and the like are no layers of a network here"
    return "(n_out, n_in), at least 1 of each"


def _numbers(values: ArrayLike, what: str, where: str) -> Array:
    """Finite numbers in float64.

    Raises:
        ValueError: they are none.
    """
    try:
        return numbers(values, f"the {what} of {where}", dtype=np.float64).astype(np.float64, copy=False)
    except TypeError as error:  # what a file holds is a value, whatever its type
        raise ValueError(str(error)) from error
