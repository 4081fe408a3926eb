"""Training: descend the loss, and keep what a film needs to tell of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_core.losses import Loss, targets
from nn_core.losses import loss as _loss
from nn_core.network import Array, Layer, Network, labels_of, points
from nn_core.optimizers import Optimizer, Rate
from nn_core.optimizers import optimizer as _optimizer

_BLOCK = 2**16
"""As many numbers of the widest layer are worked on at a time, whatever the batch, so that they stay in the cache."""


class TrainingDiverged(ArithmeticError):
    """The loss is no longer a finite number."""


@dataclass(eq=False)
class History:
    """What happened in training. Entry e of a curve belongs to the network as it was after e epochs.

    Attributes:
        network: the trained network.
        loss: (E + 1,), on the training data, the L2 penalty included.
        accuracy: (E + 1,), the share of training points that are labelled right.
        validation_loss: (E + 1,), without the penalty; None where no validation data were given.
        validation_accuracy: (E + 1,), likewise.
        gradient_norms: (E, n_layers), of the step (the mean over the steps) that leads on from epoch e.
        snapshot_epochs: (S,), the epochs whose parameters were kept.
        snapshots: (S, n_parameters), those parameters; the curves take little beside them.
        stopped: why it ended: "epochs", "patience", "callback" or "interrupted" (Ctrl-C).
    """

    network: Network
    loss: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    validation_loss: NDArray[np.float64] | None
    validation_accuracy: NDArray[np.float64] | None
    gradient_norms: NDArray[np.float64]
    snapshot_epochs: NDArray[np.int64]
    snapshots: Array = field(repr=False)
    stopped: str

    @property
    def epochs(self) -> NDArray[np.int64]:
        """0, 1, ..., E: the abscissa of the curves."""
        return np.arange(len(self.loss))

    @property
    def nbytes(self) -> int:
        """The memory of all curves and snapshots, in bytes."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, np.ndarray))

    def network_at(self, epoch: int) -> Network:
        """The network at the snapshot nearest to this epoch (the earlier one of two)."""
        nearest = int(np.abs(self.snapshot_epochs - epoch).argmin())
        return self.network.with_parameters(self.snapshots[nearest].copy())


def fit(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    loss: str | Loss = "cross_entropy",
    optimizer: str | Optimizer = "adam",
    learning_rate: Rate | None = None,
    epochs: int = 1000,
    batch_size: int | None = None,
    l2: float = 0.0,
    rng: np.random.Generator | None = None,
    exact: bool = True,
    snapshots: int | Iterable[int] = 16,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    patience: int | None = None,
    callback: Callable[[int, float, float], object] | None = None,
) -> History:
    """Train a network in place, in its own dtype.

    Args:
        network: its weights and biases are changed.
        X: points, (n, n_in).
        y: integer labels (n,), or targets (n, K).
        loss: a name of `LOSSES`, or a Loss.
        optimizer: a name of `OPTIMIZERS`, or an optimizer.
        learning_rate: for an optimizer given by name: a number, or a function of the step.
        epochs: how many times the data are gone through.
        batch_size: points a step, drawn without return; None takes all of them, 1 single ones.
        l2: adds l2 / 2 times the sum of the squared weights (not biases) to the loss.
        rng: shuffles the batches; the full batch needs none.
        exact: with mini-batches, measure all points anew after each epoch. False saves that pass: from
            epoch 1 on the training curves are then means over the epoch's batches as they were met, as
            other libraries report.
        snapshots: the epochs whose parameters are kept, or how many, log-spaced. The last one always is.
        validation: points and labels that are measured and not learnt.
        patience: stop when the loss (the validation's, if given) has found no new low for so many epochs.
        callback: called in each epoch with (epoch, loss, accuracy); if it returns something true, training
            stops.

    Returns:
        The history. Ctrl-C ends training early and gives the history up to the last whole epoch.

    Raises:
        ValueError: an argument or the data are unfit.
        TrainingDiverged: the loss became NaN or infinite; the network is left as it was.
    """
    kind, rule = _loss(loss), _optimizer(optimizer, learning_rate)
    if network.n_out < kind.min_outputs:
        raise ValueError(f"{kind.name} needs {kind.min_outputs} outputs or more; use 'binary_cross_entropy' for one")
    data = _Data.checked(network, X, y, by_column=batch_size is None)
    held_out = None if validation is None else _Data.checked(network, *validation, by_column=batch_size is None)
    size = len(data.x) if batch_size is None else batch_size
    if epochs < 0 or size < 1:
        raise ValueError(f"epochs is {epochs} and batch_size {batch_size}; expected at least 0 and 1")
    full = size >= len(data.x)
    if rng is None:
        if not full:
            raise ValueError("mini-batches are drawn at random: give rng=np.random.default_rng(seed)")
        rng = np.random.default_rng(0)  # never drawn from
    kept = _kept_epochs(snapshots, epochs)

    descent = _Descent(network, kind, l2)
    step = rule.start(descent.parameters)
    recorded = np.empty_like(descent.parameters)
    curves: list[tuple[float, ...]] = []
    norms: list[Array] = []
    met: list[tuple[float, float]] = []
    sizes: list[int] = []
    taken: dict[int, Array] = {}
    stopped, lowest, lowest_epoch = "epochs", np.inf, 0
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            for epoch in range(epochs + 1):
                # With the full batch, the pass that measures this epoch is the one that the next step needs.
                if full or exact or epoch == 0:
                    now: tuple[float, ...] = descent.measure(data, with_gradient=full)
                else:
                    now = tuple(np.average(met, axis=0, weights=sizes).tolist())
                if not np.isfinite(now[0]):
                    raise TrainingDiverged(_advice(epoch, now[0], curves))
                if held_out is not None:
                    now += descent.measure(held_out, with_penalty=False)
                np.copyto(recorded, descent.parameters)
                curves.append(now)
                if epoch in kept:
                    taken[epoch] = recorded.copy()
                watched = now[0] if held_out is None else now[2]
                if watched < lowest:
                    lowest, lowest_epoch = watched, epoch
                if callback is not None and callback(epoch, now[0], now[1]):
                    stopped = "callback"
                elif patience is not None and epoch - lowest_epoch >= patience:
                    stopped = "patience"
                if stopped != "epochs" or epoch == epochs:
                    break
                if full:
                    norms.append(descent.gradient_norms())
                    step(descent.parameters, descent.gradient)
                    continue
                met, sizes, in_epoch = [], [], []
                for batch in data.batches(size, rng):
                    met.append(descent.measure(batch, with_gradient=True))
                    sizes.append(len(batch.x))
                    in_epoch.append(descent.gradient_norms())
                    step(descent.parameters, descent.gradient)
                norms.append(np.mean(in_epoch, axis=0))
    except KeyboardInterrupt:
        if not curves:
            raise
        stopped = "interrupted"
    taken.setdefault(len(curves) - 1, recorded)
    for layer, trained in zip(network.layers, network.with_parameters(recorded).layers, strict=True):
        layer.weight, layer.bias = trained.weight.copy(), trained.bias.copy()
    columns = np.array(curves, np.float64).T
    return History(
        network,
        columns[0],
        columns[1],
        None if held_out is None else columns[2],
        None if held_out is None else columns[3],
        np.array(norms, np.float64).reshape(-1, len(network.layers)),
        np.array(list(taken)),
        np.stack(list(taken.values())),
        stopped,
    )


@dataclass(eq=False)
class _Data:
    """Points x (n, n_in), their targets t (n, K), and the labels (n,) that count as right."""

    x: Array
    t: Array
    labels: NDArray[np.int64]

    @classmethod
    def checked(cls, network: Network, X: ArrayLike, y: ArrayLike, *, by_column: bool) -> _Data:
        """In memory column after column, or row after row so that single points are quickly gathered."""
        x = points(X, network.n_in, network.dtype)
        t = targets(y, network.n_out, network.dtype)
        if not len(x):
            raise ValueError("there are no points to train on: X is empty")
        if len(x) != len(t):
            raise ValueError(f"X holds {len(x)} points but y {len(t)} labels; they must be as many")
        if not np.isfinite(x).all():
            bad = int(np.argmin(np.isfinite(x).all(axis=1)))
            raise ValueError(f"X holds NaN or infinity (first in row {bad}); remove or fill those rows")
        return cls(np.asarray(x, order="F" if by_column else "C"), t, labels_of(t - 0.5))

    def blocks(self, size: int) -> Iterator[_Data]:
        """The data in their order, `size` at a time."""
        for start in range(0, len(self.x), size):
            part = slice(start, start + size)
            yield _Data(self.x[part], self.t[part], self.labels[part])

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[_Data]:
        """The data in a new random order, `size` at a time, each batch in the same place."""
        order = rng.permutation(len(self.x))
        sources = (self.x, self.t, self.labels)
        places = [np.empty((size, *source.shape[1:]), source.dtype) for source in sources]
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            # mode="clip" lets take write straight to its place; no row is beyond the end.
            batch = [
                np.take(source, rows, axis=0, out=place[: len(rows)], mode="clip")
                for source, place in zip(sources, places, strict=True)
            ]
            yield _Data(*batch)


@dataclass(eq=False)
class _Buffers:
    """The arrays of a pass of n points: for each layer z and a (n, n_out), and delta (n, K).

    What goes into a layer has a 1 after each point: x_and_1 (n, n_in + 1), and a_and_1 (n, n_out + 1), of
    which `a` is a view. An identity layer's z is its a.
    """

    x_and_1: Array
    z: list[Array]
    a: list[Array]
    a_and_1: list[Array]
    delta: Array

    @classmethod
    def like(cls, x: Array, layers: list[Layer]) -> _Buffers:
        n, n_in = x.shape
        a_and_1 = [np.ones((n, layer.n_out + 1), x.dtype, order="F") for layer in layers]
        a = [both[:, :-1] for both in a_and_1]
        z = [
            after if layer.activation.is_identity else np.empty_like(after)
            for layer, after in zip(layers, a, strict=True)
        ]
        x_and_1 = np.ones((n, n_in + 1), x.dtype, order="C" if x.flags.c_contiguous else "F")
        return cls(x_and_1, z, a, a_and_1, np.empty_like(z[-1]))


class _Descent:
    """A network's parameters as one vector and their gradient as another, and the passes that lead to it.

    It computes what `Network.forward` and `Network.backward` do, but for speed: every array is made once, a
    layer's weight and bias are one matrix, which meets points with a 1 after them, and arrays of n points
    lie in memory column after column, so that the few columns of small layers are long stretches.
    """

    def __init__(self, network: Network, loss: Loss, l2: float) -> None:
        self.parameters = network.parameters
        self.gradient, self._addend = np.empty_like(self.parameters), np.empty_like(self.parameters)
        self._layers, self._loss = network.layers, loss
        sizes = [(layer.n_in + 1) * layer.n_out for layer in network.layers]
        ends = np.cumsum(sizes)[:-1]
        self._parts = np.split(self.gradient, ends)
        self._maps, self._slopes, self._addends = (
            [
                part.reshape(layer.n_in + 1, layer.n_out).T
                for layer, part in zip(network.layers, np.split(vector, ends), strict=True)
            ]
            for vector in (self.parameters, self.gradient, self._addend)
        )
        # What the penalty pulls with: l2 at each weight, 0 at each bias.
        pulls = [np.repeat([l2, 0.0], [layer.weight.size, layer.n_out]) for layer in network.layers]
        self._l2 = np.concatenate(pulls).astype(network.dtype) if l2 else None
        self._block = max(64, _BLOCK // max(network.n_in, *(layer.n_out for layer in network.layers)))
        self._buffers: dict[int, _Buffers] = {}

    def measure(self, data: _Data, *, with_gradient: bool = False, with_penalty: bool = True) -> tuple[float, float]:
        """The loss and the accuracy; and the gradient, if wanted, in `gradient`."""
        value, n_right = 0.0, 0
        for i, block in enumerate(data.blocks(self._block)):
            n = len(block.x)
            if n not in self._buffers:
                self._buffers[n] = _Buffers.like(block.x, self._layers)
            buffers, share = self._buffers[n], n / len(data.x)
            buffers.x_and_1[:, :-1] = block.x
            self._forward(buffers)
            z, delta = buffers.z[-1], buffers.delta
            outputs = z if self._loss.of == "z" else buffers.a[-1]
            value += share * self._loss.kernel(outputs, block.t, delta)
            n_right += int(np.count_nonzero(labels_of(z) == block.labels))
            if with_gradient:
                if share < 1:
                    delta *= share
                if self._loss.of == "a":
                    delta *= self._layers[-1].activation.derivative(z, outputs)
                self._backward(buffers, self._addends if i else self._slopes)
                if i:
                    self.gradient += self._addend
        if self._l2 is not None and with_penalty:
            pull = np.multiply(self._l2, self.parameters, out=self._addend)
            value += 0.5 * float(pull @ self.parameters)
            if with_gradient:
                self.gradient += pull
        return value, n_right / len(data.x)

    def _forward(self, buffers: _Buffers) -> None:
        x = buffers.x_and_1
        for layer, weights, z, a, ahead in zip(
            self._layers, self._maps, buffers.z, buffers.a, buffers.a_and_1, strict=True
        ):
            np.matmul(x, weights.T, out=z)
            if a is not z:
                layer.activation.function(z, out=a)
            x = ahead

    def _backward(self, buffers: _Buffers, slopes: list[Array]) -> None:
        """Use up the buffers from the last to the first: delta takes the place of what nothing needs any more."""
        delta = buffers.delta
        for i in reversed(range(len(self._layers))):
            np.matmul(delta.T, buffers.a_and_1[i - 1] if i else buffers.x_and_1, out=slopes[i])
            if i == 0:
                return
            z, a, activation = buffers.z[i - 1], buffers.a[i - 1], self._layers[i - 1].activation
            slope = None if a is z else activation.derivative(z, a, out=z)
            delta = np.matmul(delta, self._maps[i][:, :-1], out=a)
            if slope is not None:
                delta *= slope

    def gradient_norms(self) -> Array:
        """The length of each layer's part of the gradient, (n_layers,)."""
        return np.sqrt([part @ part for part in self._parts])


def _kept_epochs(snapshots: int | Iterable[int], epochs: int) -> set[int]:
    """The epochs of which a snapshot is kept."""
    if isinstance(snapshots, int):
        # Log-spaced in epoch + 1, since most happens at the start and epoch 0 is wanted.
        return set((np.geomspace(1, epochs + 1, max(snapshots, 1)).round().astype(int) - 1).tolist())
    return set(snapshots)


def _advice(epoch: int, value: float, curves: list[tuple[float, ...]]) -> str:
    before = f" (it was {curves[-1][0]:.4g} an epoch before)" if curves else ""
    return (
        f"the loss became {value} in epoch {epoch}{before}; lower the learning rate, "
        "bring the inputs to a scale near 1, or start from smaller weights"
    )
