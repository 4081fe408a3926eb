"""Training as motion: everything that shows a network follows it from its first weights to its last.

Between two snapshots of a training the weights are interpolated linearly over the epochs. At a snapshot, and so at the
end, they are exactly those of the training. Curves and numbers are measured from the network of the moment too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from manim import Animation, Group, Mobject, linear
from numpy.typing import ArrayLike

from nn_core.network import Layer, Network
from nn_core.preprocessing import Features
from nn_core.training import History
from nn_unfold.errors import UnfoldError
from nn_unfold.flat.plots import METRICS
from nn_unfold.motion.follow import Follow
from nn_unfold.space.base import SpatialGroup, in_space, spatial_parts
from nn_unfold.space.classes import class_labels
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.stage import Stage
from nn_unfold.stage.view import CameraMove
from nn_unfold.text.numbers import LiveAffine, LiveNumber, rounded_down
from nn_unfold.theme import theme

_SAMPLES = 16  # moments of a training at which a camera that follows it measures what it frames
PACES = ("log", "linear", "snapshots")


class ShowsNetwork(Protocol):
    """What can follow a training: a diagram, a sheet, regions, or anything else with this verb."""

    def show(self, network: Network) -> Any:
        """Show this network, in place."""


@runtime_checkable
class ShowsEpoch(Protocol):
    """What follows the epochs of a training instead: a loss curve, a number."""

    def show_epoch(self, epoch: float) -> Any:
        """Show the training up to this epoch."""


class Learning(Animation):
    """Runs a training: every follower shows the network of the moment, all at the same epoch.

    Args:
        history: of the training.
        followers: mobjects with the verb `show(network)`, or `show_epoch(epoch)`.
        pace: how the epoch depends on time: "log" (evenly in log(1 + epoch), since most happens at the start),
            "linear", or "snapshots" (the same time from each snapshot to the next).
        start: the epoch at which it starts.
        stop: the epoch at which it ends; the last one if not given.
        run_time: seconds; three camera moves if not given.

    Raises:
        UnfoldError: for an unknown pace, epochs that the history does not have, or a follower without a verb.
    """

    def __init__(
        self,
        history: History,
        *followers: ShowsNetwork | ShowsEpoch,
        pace: str = "log",
        start: float = 0,
        stop: float | None = None,
        run_time: float | None = None,
        **kwargs: Any,
    ) -> None:
        last = len(history.loss) - 1
        stop = last if stop is None else stop
        if pace not in PACES:
            raise UnfoldError(f"There is no pace {pace!r} of a training: choose one of {', '.join(PACES)}.")
        if not 0 <= start <= stop <= last:
            raise UnfoldError(f"Epochs {start:g} to {stop:g} were asked for, but the training has 0 to {last}.")
        for follower in followers:
            # Every mobject of Manim has a `show`, which opens an image viewer.
            if getattr(type(follower), "show", None) is Mobject.show and not hasattr(follower, "show_epoch"):
                raise UnfoldError(
                    f"A {type(follower).__name__} cannot follow a training: it needs the verb show(network) or "
                    "show_epoch(epoch); for sheets and clouds behind a layer use Carried."
                )
        self.history, self.followers = history, followers
        self.pace, self.start, self.stop = pace, start, stop
        mobjects = [follower for follower in followers if isinstance(follower, Mobject)]
        mobject = mobjects[0] if len(mobjects) == 1 else Group(*mobjects)
        super().__init__(mobject, **{"run_time": run_time or 3 * theme().turn, "rate_func": linear, **kwargs})

    def epoch(self, t: float) -> float:
        """The epoch after the share t of the time."""
        if t in (0, 1):
            return float(self.stop if t else self.start)
        if self.pace == "log":
            return float(np.expm1((1 - t) * np.log1p(self.start) + t * np.log1p(self.stop)))
        if self.pace == "linear":
            return (1 - t) * self.start + t * self.stop
        kept = self.history.snapshot_epochs
        ends = np.interp([self.start, self.stop], kept, np.arange(len(kept)))
        return float(np.interp((1 - t) * ends[0] + t * ends[1], np.arange(len(kept)), kept))

    def follow(self, stage: Stage, *things: Mobject) -> CameraMove:
        """An animation that keeps things in the frame during the training, to be played together with this one.

        It shows the followers the whole training once to measure them, and leaves them at its start.

        Args:
            stage: its camera moves.
            things: what is to stay in the frame.
        """
        views = []
        for t in np.linspace(0, 1, _SAMPLES + 1)[1:]:
            self._show(t)
            views.append(stage.framing(*things))
        self._show(0.0)
        return CameraMove(stage.lens(*things)[0], *views, run_time=self.run_time, rate_func=self.rate_func)

    def read_out(self, numbers: LiveAffine, layer: int = 0) -> Follow:
        """An animation that shows the map of a layer in these numbers, to be played together with this one."""

        def values(t: float) -> tuple[np.ndarray, np.ndarray]:
            shown = self.history.interpolated(self.epoch(t)).layers[layer]
            return shown.weight, shown.bias

        return Follow(numbers, values, numbers.show, run_time=self.run_time, rate_func=self.rate_func)

    def interpolate_mobject(self, alpha: float) -> None:
        """Show this moment of the training."""
        self._show(self.rate_func(alpha))

    def _show(self, t: float) -> None:
        epoch = self.epoch(t)
        network = self.history.interpolated(epoch)
        for follower in self.followers:
            if isinstance(follower, ShowsEpoch):
                follower.show_epoch(epoch)
            else:
                follower.show(network)


class Carried(SpatialGroup):
    """Sheets and clouds where some layers of a network map them, for any network that is shown. Can follow a training.

    Args:
        mobjects: sheets, and clouds or other spatial mobjects with an `origin`.
        depth: the number of these layers; 0 is the input.
        features: what the network is given for points of the plane, (n, 2) -> (n, n_in); the points if not given.
            Sheets can't be split for features.
        projection: a layer to 1, 2 or 3 numbers, such as those of nn_core.projections, for a depth where the network
            is wider.
    """

    def __init__(
        self, *mobjects: Mobject, depth: int, features: Features | None = None, projection: Layer | None = None
    ) -> None:
        super().__init__(*mobjects)
        self.n_layers, self.features, self.projection = depth, features, projection

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Put everything where this network maps it; sheets are split again, exactly where it folds them.

        Raises:
            UnfoldError: where the layer has more than three outputs, and there is no projection.
        """
        for mobject in self.get_family():
            if isinstance(mobject, Sheet):
                mobject.show(network)
        layers = network.layers[: self.n_layers] + ([] if self.projection is None else [self.projection])
        front = Network(layers) if layers else None
        for part in spatial_parts([self]):
            if part.origin is not None and len(part.origin):
                inputs = part.origin if self.features is None else self.features(part.origin)
                part.points = in_space(inputs if front is None else front.forward(inputs).output)
        return self


class Metric(LiveNumber):
    """A number of a training that follows its epochs: the epoch itself, or an entry of `METRICS`.

    Args:
        history: of the training.
        name: "epoch", "loss", "accuracy", "validation_loss" or "validation_accuracy".
        options: arguments of LiveNumber.

    Attributes:
        metric: its name, as given.
        value: what the network has that is shown, not rounded.

    Raises:
        UnfoldError: for a metric that is not in the history.
    """

    def __init__(self, history: History, name: str, **options: Any) -> None:
        if name != "epoch" and (name not in METRICS or getattr(history, name) is None):
            known = ["epoch", *(metric for metric in METRICS if getattr(history, metric) is not None)]
            raise UnfoldError(f"The history has no {name!r}: choose one of {', '.join(known)}.")
        if name == "epoch":
            options = {"decimals": 0, "digits": len(str(len(history.loss) - 1)), **options}
        # A function, since copies of a mobject share it: a history is large.
        self.value_at = (lambda epoch: epoch) if name == "epoch" else (lambda epoch: history.measure(epoch)[name])
        self.metric, self.is_share = name, name.endswith("accuracy")
        super().__init__(METRICS.get(name, name), 0.0, **options)
        self.show_epoch(0)

    def show_epoch(self, epoch: float) -> Self:
        """Show the number of the network at this epoch, as of History.interpolated; accuracies are rounded down."""
        value = self.value = self.value_at(epoch)
        return self.set_value(rounded_down(value, self.decimals) if self.is_share else value)


class Accuracy(LiveNumber):
    """The share of some data that the network of the moment classifies correctly, such as data it is not trained on.

    Args:
        name: a message in English.
        network: the first one.
        X: (n, n_in) points.
        y: (n,) their labels, as in Cloud.
        count: whether it shows how many points these are, in place of their share.
        options: arguments of LiveNumber.

    Attributes:
        share: the accuracy that it shows.
    """

    def __init__(
        self, name: str, network: Network, X: np.ndarray, y: ArrayLike, *, count: bool = False, **options: Any
    ) -> None:
        self.data = X, class_labels(y, max(network.n_out, 2)).numbers
        self.count = count
        if count:
            options = {"decimals": 0, "digits": len(str(len(X))), **options}
        super().__init__(name, 0.0, **options)
        self.show(network)

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show the accuracy of this network, rounded down, or how many points it has right."""
        X, y = self.data
        right = network.predict(X) == y
        self.share = float(right.mean())
        return (
            self.set_value(int(right.sum())) if self.count else self.set_value(rounded_down(self.share, self.decimals))
        )


class SurfaceError(LiveNumber):
    """The mean distance of the network's output from a function at some points, whichever network it is at the moment.

    Args:
        name: a message in English.
        network: the first one, of one output.
        function: (n, d) -> (n,).
        X: (n, d) points.
        options: arguments of LiveNumber.

    Attributes:
        error: the distance that it shows.
    """

    def __init__(
        self,
        name: str,
        network: Network,
        function: Callable[[np.ndarray], np.ndarray],
        X: np.ndarray,
        **options: Any,
    ) -> None:
        self.X, self.aims = X, np.asarray(function(X), dtype=float)
        super().__init__(name, 0.0, **options)
        self.show(network)

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show the distance of this network."""
        self.error = float(np.abs(network.forward(self.X).output[:, 0] - self.aims).mean())
        return self.set_value(self.error)
