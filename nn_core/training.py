"""Training: descend the loss, and keep what a film needs to tell of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn_core.arrays import Array, Rng, generator, real_number, whole_number
from nn_core.decisions import Decision, learnt
from nn_core.losses import Loss
from nn_core.losses import loss as _loss
from nn_core.network import Layer, Network, points
from nn_core.optimizers import Optimizer, Rate
from nn_core.optimizers import optimizer as _optimizer

_BLOCK = 2**16
"""As many numbers of the widest layer are worked on at a time, whatever the batch, so that they stay in the cache."""


_PIECES = 300
"""Of a curve from the first epoch to the last; a panel has not many more pixels."""

_MEASURED = ("loss", "accuracy", "validation_loss", "validation_accuracy")


class TrainingDiverged(ArithmeticError):
    """The loss is no longer a finite number."""


class Objective:
    """What a training lowers: the loss on some points and the penalty. It measures any network of the same shape.

    Args:
        network: one of that shape.
        X, y, loss, l2: as of `fit`.
        by_column: whether the points lie in memory column after column, or row after row so that single points are
            quickly gathered.

    Raises:
        TypeError: as `fit`.
        ValueError: likewise.

    >>> from nn_core.network import Layer
    >>> steps = [Network([Layer([[weight]], [0.0])]) for weight in (0.0, 1.0)]
    >>> objective = Objective(steps[0], [[-1.0], [1.0]], [0, 1], loss="binary_cross_entropy", l2=0.5)
    >>> [round(objective.measure(network)[0], 4) for network in steps]  # ln 2; ln(1 + 1/e) + 0.5/2
    [0.6931, 0.5633]
    """

    def __init__(
        self,
        network: Network,
        X: ArrayLike,
        y: ArrayLike,
        *,
        loss: str | Loss = "cross_entropy",
        l2: float = 0.0,
        by_column: bool = True,
    ) -> None:
        self.loss, self.l2 = _loss(loss), l2
        self.data = _Data.checked(network, self.loss, X, y, by_column=by_column)
        self.decision = decision_for(network, y, loss=self.loss)

    def measure(self, network: Network) -> tuple[float, float]:
        """The loss of a network, the penalty included, and its accuracy, NaN where there are no classes."""
        return _Descent(network, self.loss, self.decision, self.l2).measure(self.data)


@dataclass(eq=False)
class History:
    """What happened in training. Entry e of a curve belongs to the network as it was after e epochs.

    Attributes:
        network: the trained network.
        loss: (E + 1,), on the training data, the L2 penalty included.
        accuracy: (E + 1,), the share of training points that are labelled right; None where the targets are real
            numbers, which are no classes.
        validation_loss: (E + 1,), without the penalty; None where no validation data were given.
        validation_accuracy: (E + 1,), likewise, or None as `accuracy`.
        gradient_norms: (E, n_layers), of the step (the mean over the steps) that leads on from epoch e.
        snapshot_epochs: (S,), the epochs whose parameters were kept.
        snapshots: (S, n_parameters), those parameters; the curves take little beside them.
        stopped: why it ended: "epochs", "patience", "callback" or "interrupted" (Ctrl-C).
        objective: measures other networks on the training data.
        validation: likewise on the validation data, without the penalty; None where none were given.
        exact: whether `loss` and `accuracy` are those of all points; False for means over the batches of an epoch.
        curves: what `measured_curves` gives, where that was kept; None where it was not.
    """

    network: Network
    loss: NDArray[np.float64]
    accuracy: NDArray[np.float64] | None
    validation_loss: NDArray[np.float64] | None
    validation_accuracy: NDArray[np.float64] | None
    gradient_norms: NDArray[np.float64]
    snapshot_epochs: NDArray[np.int64]
    snapshots: Array = field(repr=False)
    stopped: str
    objective: Objective = field(repr=False)
    validation: Objective | None = field(default=None, repr=False)
    exact: bool = True
    curves: Mapping[str, NDArray[np.float64]] | None = field(default=None, repr=False)

    @property
    def epochs(self) -> NDArray[np.int64]:
        """0, 1, ..., E: the abscissa of the curves."""
        return np.arange(len(self.loss))

    @property
    def nbytes(self) -> int:
        """The memory of all curves and snapshots, in bytes."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, np.ndarray))

    def network_at(self, epoch: float) -> Network:
        """The network at the snapshot nearest to this epoch (the earlier one of two)."""
        epoch = real_number(epoch, "epoch")
        nearest = int(np.abs(self.snapshot_epochs - epoch).argmin())
        return self.network.with_parameters(self.snapshots[nearest].copy())

    def interpolated(self, epoch: float) -> Network:
        """The network at an epoch, its parameters interpolated linearly between the snapshots before and after it.

        Args:
            epoch: any number; before the first snapshot and after the last it is the network of that snapshot.
        """
        kept = self.snapshot_epochs
        after = min(int(np.searchsorted(kept, epoch)), len(kept) - 1)
        before = max(after - 1, 0) if kept[after] != epoch else after
        gap = float(kept[after] - kept[before])
        share = float(np.clip((epoch - kept[before]) / gap, 0, 1)) if gap else 1.0
        if share == 1.0:
            return self.network.with_parameters(self.snapshots[after].copy())
        return self.network.with_parameters((1 - share) * self.snapshots[before] + share * self.snapshots[after])

    def measure(self, epoch: float) -> dict[str, float]:
        """The loss and the accuracy of `interpolated(epoch)`, and those on the validation data where there are some.

        Returns:
            By the names of the attributes: "loss", "accuracy", "validation_loss", "validation_accuracy"; without
            those that the history does not have.
        """
        network, found = self.interpolated(epoch), {}
        for objective, prefix in ((self.objective, ""), (self.validation, "validation_")):
            if objective is not None:
                found[f"{prefix}loss"], found[f"{prefix}accuracy"] = objective.measure(network)
        return {name: value for name, value in found.items() if getattr(self, name) is not None}

    def measured_curves(self) -> dict[str, NDArray[np.float64]]:
        """Curves of the networks that `interpolated` gives, at all snapshots and between them.

        A curve has pieces that are at most 1/300 of an axis of epochs long, and of one of log(1 + epoch).

        Returns:
            "epoch" (M,), and by the names of `measure` the values there, (M,) each. Where `curves` has them they are
            taken from there.
        """
        if self.curves is not None:
            return dict(self.curves)
        moments = _moments(self.snapshot_epochs)
        recorded = set(self.snapshot_epochs.tolist()) if self.exact else set()
        rows = [
            {name: float(getattr(self, name)[int(moment)]) for name in _MEASURED if getattr(self, name) is not None}
            if moment in recorded
            else self.measure(moment)
            for moment in moments.tolist()
        ]
        return {"epoch": moments, **{name: np.array([row[name] for row in rows]) for name in rows[0]}}


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
    rng: Rng | None = None,
    exact: bool = True,
    snapshots: int | Iterable[int] = 16,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    patience: int | None = None,
    callback: Callable[[int, float, float], object] | None = None,
) -> History:
    """Train a network in place, in its own dtype.

    Args:
        network: its weights and biases are changed, and its decision is set to that of the loss.
        X: points, (n, n_in).
        y: integer labels (n,), or targets (n, K) that the loss can read. With "mse", targets of 0 and 1, or of -1
            and 1, stand for classes; other ones are real numbers, and there is no accuracy.
        loss: a name of `LOSSES`, or a Loss.
        optimizer: a name of `OPTIMIZERS`, or an optimizer.
        learning_rate: for an optimizer given by name: a number, or a function of the step.
        epochs: how many times the data are gone through.
        batch_size: points a step, drawn without return; None takes all of them, 1 single ones.
        l2: adds l2 / 2 times the sum of the squared weights (not biases) to the loss.
        rng: shuffles the batches, or a seed; the full batch needs none.
        exact: with mini-batches, measure all points anew after each epoch. False saves that pass: from
            epoch 1 on the training curves are then means over the epoch's batches as they were met, as
            other libraries report.
        snapshots: the epochs whose parameters are kept, the last one always among them; or how many, log-spaced:
            exactly so many (or all epochs), wherever training ends.
        validation: points and labels that are measured and not learnt.
        patience: stop when the loss (the validation's, if given) has found no new low for so many epochs.
        callback: called in each epoch with (epoch, loss, accuracy), the accuracy NaN where there are no classes;
            if it returns something true, training stops.

    Returns:
        The history. Ctrl-C ends training early and gives the history up to the last whole epoch.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: an argument or the data are unfit.
        TrainingDiverged: the loss became NaN or infinite; the network is left as it was.
    """
    if not isinstance(network, Network):
        raise TypeError(f"network is a {type(network).__name__}, expected a Network")
    kind, rule = _loss(loss), _optimizer(optimizer, learning_rate)
    epochs, l2 = whole_number(epochs, "epochs", most=10**9), real_number(l2, "l2", least=0, most=1e30)
    if patience is not None:
        patience = whole_number(patience, "patience", least=1)
    if network.n_out < kind.min_outputs:
        raise ValueError(f"{kind.name} needs {kind.min_outputs} outputs or more; use 'binary_cross_entropy' for one")
    objective = Objective(network, X, y, loss=kind, l2=l2, by_column=batch_size is None)
    data, decision = objective.data, objective.decision
    held_out = None
    if validation is not None:
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise TypeError("validation is something else than a pair: give (X, y)")
        held_out = Objective(network, *validation, loss=kind, by_column=batch_size is None)
    size = len(data) if batch_size is None else whole_number(batch_size, "batch_size", least=1)
    full = size >= len(data)
    if rng is None:
        if not full:
            raise ValueError("mini-batches are drawn at random: give rng=np.random.default_rng(seed)")
        rng = 0  # never drawn from
    rng = generator(rng)
    kept, n_kept = _kept_epochs(snapshots, epochs)

    descent = _Descent(network, kind, decision, l2)
    step = rule.start(descent.parameters)
    # Ctrl-C may come at any moment: what belongs to an epoch is written first, and `latest` counts it at once.
    recorded = [np.empty_like(descent.parameters) for _ in range(2)]
    latest = -1
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
                finite = np.isfinite(now[0]) and np.isfinite(descent.parameters).all() and np.isfinite(norms[-1:]).all()
                if not finite:
                    raise TrainingDiverged(_advice(epoch, now[0], curves))
                if held_out is not None:
                    now += descent.measure(held_out.data, with_penalty=False)
                np.copyto(recorded[epoch % 2], descent.parameters)
                curves.append(now)
                if epoch in kept or epoch < n_kept:
                    taken[epoch] = recorded[epoch % 2].copy()
                latest = epoch
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
                    sizes.append(len(batch))
                    in_epoch.append(descent.gradient_norms())
                    step(descent.parameters, descent.gradient)
                norms.append(np.mean(in_epoch, axis=0))
    except KeyboardInterrupt:
        if latest < 0:
            raise
        stopped = "interrupted"
    taken[latest] = recorded[latest % 2]
    shown = _chosen({epoch for epoch in taken if epoch <= latest}, kept | {latest}, n_kept)
    network.decision = decision
    for layer, trained in zip(network.layers, network.with_parameters(taken[latest]).layers, strict=True):
        layer.weight, layer.bias = trained.weight.copy(), trained.bias.copy()
    columns = np.array(curves[: latest + 1], np.float64).T
    return History(
        network,
        columns[0],
        None if decision is None else columns[1],
        None if held_out is None else columns[2],
        None if held_out is None or decision is None else columns[3],
        np.array(norms[:latest], np.float64).reshape(-1, len(network.layers)),
        np.array(shown),
        np.stack([taken[epoch] for epoch in shown]),
        stopped,
        objective,
        held_out,
        full or exact,
    )


def decision_for(network: Network, y: ArrayLike, *, loss: str | Loss) -> Decision | None:
    """How a network that learns this with that loss will tell classes: what `fit` sets its decision to.

    Args:
        network: whose last activation counts.
        y: labels (n,) or targets (n, K).
        loss: a name of `LOSSES`, or a Loss.

    Returns:
        The decision, or None where the targets are real numbers, which are no classes.

    Raises:
        TypeError: as `Loss.targets`.
        ValueError: as `Loss.targets`, or the last activation never comes to the level between the classes.

    >>> from nn_core.network import Layer
    >>> line = Network([Layer([[1.0]], [0.0])])
    >>> decision_for(line, [0, 1, 1], loss="mse"), decision_for(line, [[0.3], [1.7]], loss="mse")
    (Decision(of='z', level=0.5), None)
    """
    kind = _loss(loss)
    rows = kind.targets(y, network.n_out)
    return learnt(kind.of, network.layers[-1].activation, rows, labels=np.ndim(y) == 1)


@dataclass(eq=False)
class _Data:
    """Points with a 1 after each (n, n_in + 1), their targets t (n, K), and the labels (n,) that count as right."""

    x_and_1: Array
    t: Array
    labels: NDArray[np.int64]

    @classmethod
    def checked(cls, network: Network, loss: Loss, X: ArrayLike, y: ArrayLike, *, by_column: bool) -> _Data:
        """In memory column after column, or row after row so that single points are quickly gathered."""
        x = points(X, network.n_in, network.dtype)
        t = loss.targets(y, network.n_out, network.dtype)
        if not len(x):
            raise ValueError("there are no points to train on: X is empty")
        if len(x) != len(t):
            raise ValueError(f"X holds {len(x)} points but y {len(t)} labels; they must be as many")
        half_way = 0.0 if (t < 0).any() else 0.5  # targets of two classes are -1 and 1, or 0 and 1
        labels = (t[:, 0] > half_way).astype(np.int64) if network.n_out == 1 else t.argmax(axis=1)
        x_and_1 = np.ones((len(x), network.n_in + 1), network.dtype, order="F" if by_column else "C")
        x_and_1[:, :-1] = x
        return cls(x_and_1, t, labels)

    def __len__(self) -> int:
        return len(self.t)

    def blocks(self, size: int) -> Iterator[_Data]:
        """The data in their order, `size` at a time."""
        if size >= len(self):
            yield self
            return
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            yield _Data(self.x_and_1[part], self.t[part], self.labels[part])

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[_Data]:
        """The data in a new random order, `size` at a time, each batch in the same place."""
        order = rng.permutation(len(self))
        sources = (self.x_and_1, self.t, self.labels)
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

    What goes into the next layer has a 1 after each point: a_and_1 (n, n_out + 1), of which `a` is a view. An
    identity layer's z is its a.
    """

    z: list[Array]
    a: list[Array]
    a_and_1: list[Array]
    delta: Array

    @classmethod
    def of(cls, n: int, layers: list[Layer], dtype: DTypeLike) -> _Buffers:
        a_and_1 = [np.ones((n, layer.n_out + 1), dtype, order="F") for layer in layers]
        a = [both[:, :-1] for both in a_and_1]
        z = [
            after if layer.activation.is_identity else np.empty_like(after)
            for layer, after in zip(layers, a, strict=True)
        ]
        return cls(z, a, a_and_1, np.empty_like(z[-1]))


class _Descent:
    """A network's parameters as one vector and their gradient as another, and the passes that lead to it.

    It computes what `Network.forward` and `Network.backward` do, but for speed: every array is made once, a
    layer's weight and bias are one matrix, which meets points with a 1 after them, and arrays of n points
    lie in memory column after column, so that the few columns of small layers are long stretches.
    """

    def __init__(self, network: Network, loss: Loss, decision: Decision | None, l2: float) -> None:
        self.parameters = network.parameters
        self.gradient, self._addend = np.empty_like(self.parameters), np.empty_like(self.parameters)
        self._layers, self._loss, self._decision = network.layers, loss, decision
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
        # Of few points, products of matrices are slow.
        self._block = max(256, _BLOCK // max(network.n_in, *(layer.n_out for layer in network.layers)))
        self._buffers: dict[int, _Buffers] = {}

    def measure(self, data: _Data, *, with_gradient: bool = False, with_penalty: bool = True) -> tuple[float, float]:
        """The loss and the accuracy, NaN without classes; and the gradient, if wanted, in `gradient`."""
        value, n_right = 0.0, 0
        for i, block in enumerate(data.blocks(self._block)):
            n = len(block)
            if n not in self._buffers:
                self._buffers[n] = _Buffers.of(n, self._layers, self.parameters.dtype)
            buffers, share = self._buffers[n], n / len(data)
            self._forward(block.x_and_1, buffers)
            z, delta = buffers.z[-1], buffers.delta
            outputs = z if self._loss.of == "z" else buffers.a[-1]
            value += share * self._loss.kernel(outputs, block.t, delta)
            if self._decision is not None:
                n_right += int(np.count_nonzero(self._decision.read(z, buffers.a[-1]) == block.labels))
            if with_gradient:
                if share < 1:
                    delta *= share
                if self._loss.of == "a":
                    delta *= self._layers[-1].activation.derivative(z, outputs)
                self._backward(block.x_and_1, buffers, self._addends if i else self._slopes)
                if i:
                    self.gradient += self._addend
        if self._l2 is not None and with_penalty:
            pull = np.multiply(self._l2, self.parameters, out=self._addend)
            value += 0.5 * float(pull @ self.parameters)
            if with_gradient:
                self.gradient += pull
        return value, float("nan") if self._decision is None else n_right / len(data)

    def _forward(self, x: Array, buffers: _Buffers) -> None:
        for layer, weights, z, a, ahead in zip(
            self._layers, self._maps, buffers.z, buffers.a, buffers.a_and_1, strict=True
        ):
            np.matmul(x, weights.T, out=z)
            if a is not z:
                layer.activation.function(z, out=a)
            x = ahead

    def _backward(self, x: Array, buffers: _Buffers, slopes: list[Array]) -> None:
        """Use up the buffers from the last to the first: delta takes the place of what nothing needs any more."""
        delta = buffers.delta
        for i in reversed(range(len(self._layers))):
            np.matmul(delta.T, buffers.a_and_1[i - 1] if i else x, out=slopes[i])
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


def _kept_epochs(snapshots: int | Iterable[int], epochs: int) -> tuple[set[int], int]:
    """The epochs of which a snapshot is kept; and how many it must be at the least, wherever training ends."""
    if isinstance(snapshots, Iterable) and not isinstance(snapshots, str | np.ndarray):
        wanted = list(snapshots)
    elif isinstance(snapshots, np.ndarray) and snapshots.ndim == 1:
        wanted = snapshots.tolist()
    else:
        n = min(whole_number(snapshots, "snapshots", least=1), epochs + 1)
        # Log-spaced in epoch + 1, since most happens at the start and epoch 0 is wanted; but the last one comes first.
        spaced = np.geomspace(1, epochs + 1, n).round().astype(int) - 1 if n > 1 else np.array([epochs])
        # Where rounding makes neighbours one, the later ones make room.
        spaced = np.maximum.accumulate(spaced - np.arange(n)) + np.arange(n)
        return set(np.minimum(spaced, epochs - np.arange(n)[::-1]).tolist()), n
    return {whole_number(epoch, "an epoch of snapshots", most=epochs) for epoch in wanted} | {epochs}, 0


def _chosen(taken: set[int], wanted: set[int], n: int) -> list[int]:
    """The wanted epochs; and where these are fewer than n, as training ended early, the first of the others."""
    shown = taken & wanted
    return sorted(shown | set(sorted(taken - wanted)[: max(n - len(shown), 0)]))


def _moments(kept: NDArray[np.int64]) -> NDArray[np.float64]:
    """These epochs, and moments between those that lie far apart on an axis of epochs, or of their logarithms."""
    ends, moments = kept.astype(np.float64), [kept.astype(np.float64)]
    for to, back in ((np.positive, np.positive), (np.log1p, np.expm1)):
        at = to(ends)
        pieces = np.ceil(_PIECES * np.diff(at) / (at[-1] or 1.0)).astype(int)
        moments += [back(np.linspace(at[i], at[i + 1], pieces[i] + 1)[1:-1]) for i in np.flatnonzero(pieces > 1)]
    return np.unique(np.concatenate(moments))


def _advice(epoch: int, value: float, curves: list[tuple[float, ...]]) -> str:
    before = f" (it was {curves[-1][0]:.4g} an epoch before)" if curves else ""
    return (
        f"the loss became {value} in epoch {epoch}{before}; lower the learning rate, "
        "bring the inputs to a scale near 1, or start from smaller weights"
    )
