"""Flat plots on the screen: curves of a training, and the graph of a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self, cast

import numpy as np
from manim import DOWN, LEFT, ORIGIN, RIGHT, UP, Dot, Line, VGroup, VMobject

from nn_core.training import History
from nn_unfold.errors import UnfoldError
from nn_unfold.space.ticks import nice_step, tick_text
from nn_unfold.text.formulas import formula
from nn_unfold.text.labels import label, outlined
from nn_unfold.text.numbers import Frame, LiveNumber, rounded_down
from nn_unfold.theme import theme

METRICS = {
    "loss": "loss",
    "validation_loss": "validation loss",
    "accuracy": "accuracy",
    "validation_accuracy": "validation accuracy",
}
MOST_POINTS = 600  # of a curve; more than a panel has pixels

_DOT_RADIUS = 0.07  # frame units
_SCALES: dict[str, Callable[[Any], Any]] = {"linear": np.asarray, "log": np.log10, "log1p": np.log1p}


class Plot(VGroup):
    """Flat axes with ticks and numbers for curves y(x), x to the right and y up.

    Args:
        x: (low, high), the range of x.
        y: (low, high), the range of y.
        size: (width, height) of the part inside the axes, in frame units.
        names: of the axes, a label or a formula or None for each.
        scales: "linear", "log", or "log1p" (the logarithm of 1 + x) for each axis.
        at_origin: let the axes cross at the origin, and not in the low corner.
        most: numbers along an axis at most.

    Raises:
        UnfoldError: for an empty range, an unknown scale, or numbers that have no logarithm.
    """

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        size: tuple[float, float] = (3.0, 2.0),
        names: Sequence[VMobject | None] = (None, None),
        scales: tuple[str, str] = ("linear", "linear"),
        at_origin: bool = False,
        most: int = 4,
    ) -> None:
        super().__init__()
        tokens = theme()
        self.ranges, self.scales, self.size = (x, y), scales, size
        for (low, high), scale in zip(self.ranges, scales, strict=True):
            if scale not in _SCALES:
                raise UnfoldError(f"There is no scale {scale!r} of an axis: choose one of {', '.join(_SCALES)}.")
            if not low < high or (scale == "log" and low <= 0):
                raise UnfoldError(
                    f"An axis with the scale {scale!r} can't run from {low:g} to {high:g}: give a lower end, above 0 "
                    "for a logarithm, and a higher one."
                )
        # The frame remembers where the plot was moved and scaled to: low corner, right end, upper end.
        self.frame = Frame(np.array([ORIGIN, size[0] * RIGHT, size[1] * UP, size[1] * UP]))
        self.lines, self.labels = VGroup(), VGroup()
        self.curves, self.dots = VGroup(), VGroup()
        self.add(self.frame, self.lines, self.curves, self.labels, self.dots)
        corner = [low if not at_origin else float(np.clip(0.0, low, high)) for low, high in self.ranges]
        for axis, ((low, high), scale) in enumerate(zip(self.ranges, scales, strict=True)):
            across = UP if axis == 0 else RIGHT
            away = -across
            start, end = (self._at(axis, value, corner) for value in (low, high))
            self.lines.add(Line(start, end, stroke_color=tokens.faint, stroke_width=tokens.axis_width))
            for value in _ticks(low, high, scale, most):
                place = self._at(axis, value, corner)
                self.lines.add(
                    Line(place, place + 0.07 * away, stroke_color=tokens.faint, stroke_width=tokens.axis_width)
                )
                if not (at_origin and value == 0):
                    number = outlined(label(tick_text(value), size=0.7 * tokens.label_size, colour=tokens.faint))
                    self.labels.add(number.next_to(place + 0.07 * away, away, buff=0.07))
        right, upper = self._at(0, x[1], corner), self._at(1, y[1], corner)
        across_name, up_name = names
        if across_name is not None:
            self.labels.add(across_name.next_to(right, RIGHT, buff=0.12))
        if up_name is not None:
            self.labels.add(up_name.next_to(upper, UP, buff=0.1, aligned_edge=LEFT))

    def _at(self, axis: int, value: float, corner: Sequence[float]) -> np.ndarray:
        return self.place([[value, corner[1]] if axis == 0 else [corner[0], value]])[0]

    def place(self, points: Any) -> np.ndarray:
        """Where points (n, 2) of the plot stand on the screen, (n, 3), wherever the plot now is."""
        points = np.asarray(points, dtype=float)
        shares = np.empty_like(points)
        for axis, ((low, high), scale) in enumerate(zip(self.ranges, self.scales, strict=True)):
            to = _SCALES[scale]
            shares[:, axis] = (to(points[:, axis]) - to(low)) / (to(high) - to(low))
        origin, right, up = self.frame.points[:3]
        return origin + shares @ np.array([right - origin, up - origin])

    def add_curve(self, colour: str) -> VMobject:
        """A curve that has no points yet."""
        curve = VMobject(stroke_color=colour, stroke_width=4)
        self.curves.add(curve)
        return curve

    def add_dot(self, colour: str) -> Dot:
        """A dot that runs along a curve; it stands in the low corner."""
        dot = Dot(self.place([[low for low, _ in self.ranges]])[0], radius=_DOT_RADIUS, color=colour)
        self.dots.add(dot)
        return dot

    def put(self, dot: VMobject, place: np.ndarray) -> VMobject:
        """Put a dot at a point (3,) of the screen, to the last digit the same wherever it was before."""
        origin, right = self.frame.points[:2]
        scale = float(np.linalg.norm(right - origin)) / self.size[0]
        # An outline that is moved on and on drifts by roundings, so that the segment cache would miss.
        dot.points = place + scale * Dot(radius=_DOT_RADIUS).points
        return dot


class LossCurve(Plot):
    """Curves of a training, drawn up to an epoch, with a running dot and its number.

    They are measured from the networks that are shown, between two snapshots too: see History.interpolated.

    Args:
        history: of the training.
        metrics: what is drawn: some of the losses, or some of the accuracies, of `METRICS`.
        size: (width, height) of the part inside the axes, in frame units.
        scale: "linear" or "log", of the losses.
        epochs: "linear" or "log1p", of the epochs.
        decimals: of the numbers.

    Attributes:
        numbers: a LiveNumber per metric, above the plot.
        values: by metric, what the network of the epoch has that is shown.

    Raises:
        UnfoldError: for metrics that the history lacks, or that have different units.
    """

    def __init__(
        self,
        history: History,
        metrics: Sequence[str] = ("loss",),
        *,
        size: tuple[float, float] = (3.0, 1.6),
        scale: str = "linear",
        epochs: str = "linear",
        decimals: int = 2,
    ) -> None:
        tokens = theme()
        self.metrics = [_known(history, name) for name in metrics]
        measured = history.measured_curves()
        self.moments, self.series = measured["epoch"], [measured[name] for name in metrics]
        # A function, since copies of a mobject share it: a history is large.
        self.measure = lambda epoch: history.measure(epoch)
        shares = {name.endswith("accuracy") for name in metrics}
        if len(shares) != 1:
            raise UnfoldError(f"Losses and accuracies have no axis in common: make a plot for each of {list(metrics)}.")
        high = 1.0 if shares == {True} else max(float(series.max()) for series in self.series)
        low = 0.0 if scale == "linear" else min(float(series.min()) for series in self.series)
        self.are_shares = shares == {True}
        last = max(len(history.loss) - 1, 1)
        super().__init__(
            (0.0, float(last)),
            (low, high),
            size=size,
            names=(label("epoch", size=0.8 * tokens.label_size, colour=tokens.faint), None),
            scales=(epochs, scale),
            most=3,
        )
        self.numbers = VGroup()
        colours = (tokens.accent, tokens.positive)
        for name, series, colour in zip(metrics, self.series, colours, strict=False):
            self.add_curve(colour)
            self.add_dot(colour)
            self.numbers.add(
                LiveNumber(METRICS[name], series[0], decimals=decimals, size=0.9 * tokens.label_size, colour=colour)
            )
        self.numbers.arrange(RIGHT, buff=0.4)
        self.numbers.move_to(self.frame.get_corner(UP + LEFT) + 0.2 * UP, aligned_edge=DOWN + LEFT)
        self.add(self.numbers)
        self.show_epoch(0)

    def show_epoch(self, epoch: float) -> Self:
        """Draw the curves up to an epoch. Accuracies are rounded down."""
        epoch = float(np.clip(epoch, *self.ranges[0]))
        measured = self.measure(epoch)
        self.values = {name: measured[name] for name in self.metrics}
        numbers = cast("list[LiveNumber]", self.numbers.submobjects)
        parts = zip(self.values.values(), self.series, self.curves, self.dots, numbers, strict=True)
        for value, series, curve, dot, number in parts:
            kept = telling_points(series)
            kept = kept[self.moments[kept] < epoch]
            path = np.append(np.stack([self.moments[kept], series[kept]], axis=1), [[epoch, value]], axis=0)
            if len(path) == 1:
                path = np.repeat(path, 2, axis=0)
            curve.set_points_as_corners(self.place(path))
            self.put(dot, curve.get_end())
            number.set_value(rounded_down(value, number.decimals) if self.are_shares else value)
        return self


class FunctionPlot(Plot):
    """The graph of a function in a small panel, with a dot on it.

    Args:
        function: (n,) -> (n,), such as an Activation.
        x: (low, high), the range of x.
        y: (low, high), the range of y; what the function gives there if not given.
        size: (width, height) of the panel in frame units.
        name: of the function's value, a formula in Typst.
        variable: likewise of its argument.
        samples: points of the graph.
    """

    def __init__(
        self,
        function: Callable[[np.ndarray], np.ndarray],
        x: tuple[float, float] = (-3.0, 3.0),
        y: tuple[float, float] | None = None,
        *,
        size: tuple[float, float] = (3.0, 2.0),
        name: str = "f(z)",
        variable: str = "z",
        samples: int = 241,
    ) -> None:
        tokens = theme()
        self.at = np.linspace(*x, samples)
        values = function(self.at)
        if y is None:
            y = (min(0.0, float(values.min())), max(0.0, float(values.max())))
        names = [formula(text, size=tokens.label_size) for text in (variable, name)]
        super().__init__(x, y, size=size, names=names, at_origin=True)
        self.curve = self.add_curve(tokens.accent)
        self.dot = self.add_dot(tokens.ink).set_opacity(0)
        self.show(function)

    def show(self, function: Callable[[np.ndarray], np.ndarray]) -> Self:  # type: ignore[override]
        """Show the graph of this function, where it is inside the panel."""
        self.function = function
        low, high = self.ranges[1]
        values = np.asarray(function(self.at), dtype=float)
        inside = (values >= low - 1e-9) & (values <= high + 1e-9)
        # A piece that leaves the panel ends at its edge, one sample beyond at most.
        inside |= np.append(inside[1:], False) | np.insert(inside[:-1], 0, False)
        path = self.place(np.stack([self.at, np.clip(values, low, high)], axis=1))
        self.curve.clear_points()
        runs = np.flatnonzero(np.diff(inside.astype(int), prepend=0, append=0)).reshape(-1, 2)
        for begin, end in runs:
            self.curve.start_new_path(path[begin]).add_points_as_corners(path[begin + 1 : end])
        return self

    def show_at(self, x: float) -> Self:
        """Put the dot on the graph at x."""
        y = np.asarray(self.function(np.array([x], dtype=float)))
        self.put(self.dot, self.place([[x, y[0]]])[0]).set_opacity(1)
        return self


def telling_points(series: np.ndarray) -> np.ndarray:
    """The indices of a curve's entries (E,) that its picture needs: the lowest and highest of each piece.

    >>> telling_points(np.array([3.0, 2.0, 1.0])).tolist()
    [0, 1, 2]
    """
    if len(series) <= MOST_POINTS:
        return np.arange(len(series))
    pieces = np.array_split(np.arange(len(series)), MOST_POINTS // 2)
    extremes = [piece[[series[piece].argmin(), series[piece].argmax()]] for piece in pieces]
    return np.unique([0, *np.concatenate(extremes), len(series) - 1])


def _known(history: History, name: str) -> str:
    if name not in METRICS:
        raise UnfoldError(f"There is no metric {name!r}: choose one of {', '.join(METRICS)}.")
    if getattr(history, name) is None:
        raise UnfoldError(f"The history has no {METRICS[name]}: train with validation data.")
    return name


def _ticks(low: float, high: float, scale: str, most: int) -> list[float]:
    """Round numbers from low to high: at equal distances, or powers of ten, with what is between if those are few."""
    if scale == "linear":
        step = nice_step(high - low, most)
        return [float(k * step) for k in range(int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9)) + 1)]
    # The logarithm of 1 + x begins at 0, and 1 is its first power of ten.
    lowest = 1.0 if scale == "log1p" else low
    powers = np.arange(np.floor(np.log10(lowest)), np.floor(np.log10(high) + 1e-9) + 1)
    for steps in ((1,), (1, 2, 5), range(1, 10)):
        ticks = [float(f"{m}e{p:.0f}") for p in powers for m in steps if lowest <= float(f"{m}e{p:.0f}") <= high]
        if len(ticks) > 1:
            break
    ticks = ticks[:: max(1, int(np.ceil(len(ticks) / (most + 1))))]
    return [0.0] * (scale == "log1p") + ticks
