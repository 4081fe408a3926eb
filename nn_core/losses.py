"""Losses: one number for how wrong a network is, and its derivative, computed together.

Cross-entropy and binary cross-entropy read the logits (the last z), mean squared error reads the last
activation. `LOSSES` is the table of names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Loss:
    """A loss of outputs (n, K) against targets (n, K).

    Attributes:
        name: what tables call it.
        of: "z" if it reads the logits, "a" if it reads the last activation.
        kernel: `kernel(outputs, targets, out) -> value`; writes the derivative by the outputs to `out`.
        min_outputs: the fewest outputs for which it makes sense.

    >>> round(LOSSES["cross_entropy"].value(np.zeros((1, 2)), np.array([0])), 4)  # ln 2
    0.6931
    """

    name: str
    of: Literal["z", "a"]
    kernel: Callable[[Array, Array, Array], float] = field(repr=False)
    min_outputs: int = field(default=1, repr=False)

    def value(self, outputs: ArrayLike, y: ArrayLike) -> float:
        """The loss of outputs (n, K) with labels (n,) or targets (n, K)."""
        return self._both(outputs, y)[0]

    def delta(self, outputs: ArrayLike, y: ArrayLike) -> Array:
        """The derivative of the loss by the outputs: dL/dz, or dL/da where `of` is "a"; (n, K)."""
        return self._both(outputs, y)[1]

    def _both(self, outputs: ArrayLike, y: ArrayLike) -> tuple[float, Array]:
        outputs = np.asarray(outputs)
        outputs = outputs.astype(np.result_type(outputs, np.float32), order="F", copy=False)
        if outputs.ndim != 2 or outputs.shape[1] < self.min_outputs:
            raise ValueError(
                f"outputs have shape {outputs.shape}; {self.name} reads (n, K) with K >= {self.min_outputs}"
            )
        out = np.empty_like(outputs)
        return self.kernel(outputs, targets(y, outputs.shape[1], outputs.dtype), out), out


def targets(y: ArrayLike, n_outputs: int, dtype: DTypeLike = np.float64) -> Array:
    """What the outputs should be, (n, n_outputs): one-hot rows, or y itself for a single output.

    Args:
        y: integer labels (n,), or targets (n, n_outputs) (such as shares of each class), which are passed on.
        n_outputs: K.
        dtype: of the result.

    Raises:
        ValueError: labels are no integers or beyond K - 1, or targets are of the wrong shape or not finite.

    >>> targets([2, 0], 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    y = np.asarray(y)
    if y.dtype.kind not in "buif":
        raise ValueError(f"labels must be numbers 0, 1, 2, ..., not {y.dtype}; number the classes")
    if y.ndim == 2:
        if y.shape[1] != n_outputs:
            raise ValueError(f"targets have shape {y.shape}, expected (n, {n_outputs}): one column per output")
        if not np.isfinite(y).all():
            raise ValueError("targets hold NaN or infinity; remove those rows")
        return y.astype(dtype, order="F")
    if y.ndim != 1:
        raise ValueError(f"labels have shape {y.shape}, expected (n,): one integer per point")
    if y.size and not (np.isfinite(y).all() and (y == np.round(y)).all()):
        raise ValueError("labels must be integers 0, 1, 2, ...; for real targets give an array (n, n_outputs)")
    n_classes = max(n_outputs, 2)
    if y.size and (y.min() < 0 or y.max() >= n_classes):
        raise ValueError(
            f"labels run from {y.min()} to {y.max()}, but {n_outputs} "
            f"output{'s' if n_outputs > 1 else ''} can tell only 0 to {n_classes - 1}"
        )
    if n_outputs == 1:
        return y.astype(dtype)[:, None]
    rows = np.zeros((len(y), n_outputs), dtype, order="F")
    rows[np.arange(len(y)), y.astype(np.intp)] = 1
    return rows


def _dot(u: Array, v: Array) -> float:
    """Sum of the products of two (n, K) arrays laid out column after column."""
    return float(np.vdot(u.T, v.T))


def _cross_entropy(z: Array, t: Array, out: Array) -> float:
    # -sum_k t_k ln softmax(z)_k = ln sum_k exp(z_k - m) - sum_k t_k (z_k - m) for targets that add up to 1.
    n = len(z)
    np.subtract(z, z.max(axis=1, keepdims=True), out=out)
    against = _dot(out, t)
    total = np.exp(out, out=out).sum(axis=1, keepdims=True)
    out /= total
    out -= t
    out /= n
    return (float(np.log(total).sum()) - against) / n


def _binary_cross_entropy(z: Array, t: Array, out: Array) -> float:
    # ln(1 + e^z) - t z, and its derivative sigmoid(z) - t = e^(z - ln(1 + e^z)) - t, share the softplus.
    np.logaddexp(0, z, out=out)
    value = float(out.sum()) - _dot(z, t)
    np.subtract(z, out, out=out)
    np.exp(out, out=out)
    out -= t
    out /= z.size
    return value / z.size


def _mean_squared_error(a: Array, t: Array, out: Array) -> float:
    np.subtract(a, t, out=out)
    value = _dot(out, out) / a.size
    out *= 2 / a.size
    return value


LOSSES: dict[str, Loss] = {
    # the mean over the points of -ln p(label)
    "cross_entropy": Loss("cross_entropy", "z", _cross_entropy, min_outputs=2),
    # the mean over points and outputs of -t ln s(z) - (1 - t) ln(1 - s(z)), s the sigmoid
    "binary_cross_entropy": Loss("binary_cross_entropy", "z", _binary_cross_entropy),
    # the mean over points and outputs of (a - t)^2
    "mse": Loss("mse", "a", _mean_squared_error),
}


def loss(name: str | Loss) -> Loss:
    """The loss of a name; a Loss is returned as it is.

    Raises:
        ValueError: the name is not in the table.
    """
    if isinstance(name, Loss):
        return name
    if name not in LOSSES:
        raise ValueError(f"no loss is called {name!r}; choose one of {', '.join(LOSSES)}")
    return LOSSES[name]
