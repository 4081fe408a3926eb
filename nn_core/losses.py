"""Losses: one number for how wrong a network is, and its derivative, computed together.

Cross-entropy and binary cross-entropy read the logits (the last z), mean squared error reads the last
activation. `LOSSES` is the table of names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from nn_core.arrays import Array, numbers, shortened


@dataclass(frozen=True)
class Loss:
    """A loss of outputs (n, K) against targets (n, K).

    Attributes:
        name: what tables call it.
        of: "z" if it reads the logits, "a" if it reads the last activation.
        kernel: `kernel(outputs, targets, out) -> value`; writes the derivative by the outputs to `out`.
        min_outputs: the fewest outputs for which it makes sense.
        check: raises a ValueError for targets (n, K) that it can't read; None if it reads all numbers.

    >>> round(LOSSES["cross_entropy"].value(np.zeros((1, 2)), np.array([0])), 4)  # ln 2
    0.6931
    """

    name: str
    of: Literal["z", "a"]
    kernel: Callable[[Array, Array, Array], float] = field(repr=False)
    min_outputs: int = field(default=1, repr=False)
    check: Callable[[Array], None] | None = field(default=None, repr=False)

    def value(self, outputs: ArrayLike, y: ArrayLike) -> float:
        """The loss of outputs (n, K) with labels (n,) or targets (n, K).

        Raises:
            TypeError: these are no numbers.
            ValueError: they don't fit each other or the loss, or the loss is too large for a number.
        """
        return self._both(outputs, y)[0]

    def delta(self, outputs: ArrayLike, y: ArrayLike) -> Array:
        """The derivative of the loss by the outputs: dL/dz, or dL/da where `of` is "a"; (n, K).

        Raises:
            TypeError: as `value`.
            ValueError: as `value`.
        """
        return self._both(outputs, y)[1]

    def targets(self, y: ArrayLike, n_outputs: int, dtype: DTypeLike = np.float64) -> Array:
        """What the outputs should be, (n, n_outputs), if this loss can read it; see `targets`.

        Raises:
            TypeError: as `targets`.
            ValueError: as `targets`, or the loss reads other numbers, such as shares in [0, 1].
        """
        rows = targets(y, n_outputs, dtype)
        if self.check is not None:
            self.check(rows)
        return rows

    def _both(self, outputs: ArrayLike, y: ArrayLike) -> tuple[float, Array]:
        outputs = np.asfortranarray(numbers(outputs, "outputs"))
        if outputs.ndim != 2 or outputs.shape[1] < self.min_outputs or not len(outputs):
            raise ValueError(
                f"outputs have shape {outputs.shape}; {self.name} reads (n, K), n >= 1 and K >= {self.min_outputs}"
            )
        rows, out = self.targets(y, outputs.shape[1], outputs.dtype), np.empty_like(outputs)
        if len(rows) != len(outputs):
            raise ValueError(f"there are {len(outputs)} rows of outputs but {len(rows)} of targets; give one for each")
        with np.errstate(over="ignore", invalid="ignore"):
            value = self.kernel(outputs, rows, out)
        if not np.isfinite(value):
            raise ValueError(f"the {self.name} of these outputs is {value}; they are too large")
        return value, out


def targets(y: ArrayLike, n_outputs: int, dtype: DTypeLike = np.float64) -> Array:
    """What the outputs should be, (n, n_outputs): one-hot rows, or y itself for a single output.

    Args:
        y: integer labels (n,), for several outputs (n, 1) too; or targets (n, n_outputs), which are passed on.
        n_outputs: K.
        dtype: of the result.

    Raises:
        TypeError: they are no numbers.
        ValueError: labels are no integers or beyond K - 1, or targets are of the wrong shape or not finite.

    >>> targets([2, 0], 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    try:
        t = numbers(y, "labels", finite=False)
    except TypeError as error:
        raise TypeError(f"{error}; number the classes, as `labels_of(y).index` does") from None
    if t.ndim == 2 and t.shape[1] == 1 < n_outputs:
        t = t[:, 0]
    if t.ndim == 2:
        return np.asfortranarray(numbers(t, "targets", shape=("n", n_outputs), dtype=dtype))
    if t.ndim != 1:
        raise ValueError(f"labels have shape {t.shape}, expected (n,): one integer per point")
    if not (np.isfinite(t).all() and (t == np.round(t)).all()):
        raise ValueError("labels must be integers 0, 1, 2, ...; for real targets give an array (n, n_outputs)")
    n_classes = max(n_outputs, 2)
    if t.size and (t.min() < 0 or t.max() >= n_classes):
        raise ValueError(
            f"labels run from {t.min():.0f} to {t.max():.0f}, but {n_outputs} "
            f"output{'s' if n_outputs > 1 else ''} can tell only 0 to {n_classes - 1}; "
            "number the classes, as `labels_of(y).index` does, or give more outputs"
        )
    if n_outputs == 1:
        return t.astype(dtype)[:, None]
    rows = np.zeros((len(t), n_outputs), dtype, order="F")
    rows[np.arange(len(t)), t.astype(np.intp)] = 1
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


def _shares(t: Array) -> None:
    if t.size and (t.min() < 0 or t.max() > 1):
        raise ValueError(
            f"targets run from {t.min():.4g} to {t.max():.4g}, but binary_cross_entropy reads shares in [0, 1]; "
            "for labels such as -1 and 1 give `labels_of(y).index`"
        )


def _rows_of_shares(t: Array) -> None:
    with np.errstate(over="ignore"):
        totals = t.sum(axis=1)
    off = (np.abs(totals - 1) > 1e-4) | (t < 0).any(axis=1)
    if off.any():
        row = int(np.argmax(off))
        raise ValueError(
            f"row {row} of the targets is {shortened(t[row].tolist())}, but cross_entropy reads shares of the classes: "
            "none below 0, and 1 together"
        )


LOSSES: dict[str, Loss] = {
    # the mean over the points of -ln p(label)
    "cross_entropy": Loss("cross_entropy", "z", _cross_entropy, min_outputs=2, check=_rows_of_shares),
    # the mean over points and outputs of -t ln s(z) - (1 - t) ln(1 - s(z)), s the sigmoid
    "binary_cross_entropy": Loss("binary_cross_entropy", "z", _binary_cross_entropy, check=_shares),
    # the mean over points and outputs of (a - t)^2
    "mse": Loss("mse", "a", _mean_squared_error),
}


def loss(name: str | Loss) -> Loss:
    """The loss of a name; a Loss is returned as it is.

    Raises:
        TypeError: it is neither.
        ValueError: the name is not in the table.
    """
    if isinstance(name, Loss):
        return name
    if not isinstance(name, str):
        raise TypeError(f"loss is {shortened(name)}, expected a name or a Loss")
    if name not in LOSSES:
        raise ValueError(f"no loss is called {name!r}; choose one of {', '.join(LOSSES)}")
    return LOSSES[name]
