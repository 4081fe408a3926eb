"""Plots: the curves of a training and the graphs of functions."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from manim import UP

from nn_core.activations import ACTIVATIONS
from nn_core.datasets import make_moons
from nn_core.losses import LOSSES
from nn_core.network import Network
from nn_core.training import fit
from nn_unfold.errors import UnfoldError
from nn_unfold.flat.plots import MOST_POINTS, FunctionPlot, LossCurve, Plot, telling_points
from nn_unfold.stage import layout

STILLS = Path(__file__).parent / "stills"


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    return make_moons(40, rng=rng), make_moons(20, rng=rng)


@pytest.fixture(scope="module")
def history(data):
    return fit(Network.create([2, 6, 2], "relu", rng=0), *data[0], epochs=50, rng=0, validation=data[1])


def cross_entropy(network, X, y):
    return LOSSES["cross_entropy"].value(network.forward(X).logits, y)


def in_data(plot, points):
    """The (x, y) of screen points (n, 3), on linear axes, whatever was done to the plot."""
    origin, right, up = plot.frame.points[:3]
    shares = np.linalg.lstsq(np.stack([right - origin, up - origin], axis=1), (points - origin).T, rcond=None)[0].T
    low, high = np.array(plot.ranges).T
    return low + shares * (high - low)


@pytest.mark.parametrize("name", ["function_plots", "training_curves"])
def test_stills(name, play, snapshot):
    film = runpy.run_path(str(STILLS / f"{name}.py"))["".join(word.capitalize() for word in name.split("_"))]
    stage = play(film)
    snapshot(stage, name)
    assert layout.findings(stage) == []


def test_a_plot_places_points_by_its_scales():
    plot = Plot((0.0, 99.0), (0.01, 100.0), size=(4, 2), scales=("log1p", "log"))
    places = plot.place([[0, 0.01], [9, 1], [99, 100]])
    np.testing.assert_allclose(places, [[0, 0, 0], [2, 1, 0], [4, 2, 0]], atol=1e-12)
    plot.shift(UP).scale(2, about_point=np.zeros(3))
    np.testing.assert_allclose(plot.place([[9, 1]]), [[4, 4, 0]], atol=1e-12)


@pytest.mark.parametrize(
    ("scale", "low", "high", "numbers"),
    [
        ("linear", 0.0, 0.55, ["0", "0.2", "0.4"]),
        ("linear", -1.0, 1.0, ["−1", "−0.5", "0", "0.5", "1"]),
        ("log", 0.02, 300.0, ["0.1", "1", "10", "100"]),
        ("log", 0.15, 0.6, ["0.2", "0.5"]),
        ("log", 0.31, 0.49, ["0.4"]),
        ("log1p", 0.0, 200.0, ["0", "1", "10", "100"]),
    ],
)
def test_ticks_are_round_numbers(scale, low, high, numbers):
    plot = Plot((low, high), (0.0, 1.0), scales=(scale, "linear"))
    written = [text.words for text in plot.labels]
    assert written[: len(numbers)] == numbers
    for text, number in zip(plot.labels, numbers, strict=False):
        place = plot.place([[float(number.replace("−", "-")), 0]])[0]
        assert text.get_center()[0] == pytest.approx(place[0], abs=1e-6)


@pytest.mark.parametrize(
    ("x", "scale", "message"),
    [
        ((1.0, 1.0), "linear", "can't run from 1 to 1"),
        ((0.0, 1.0), "log", "above 0"),
        ((0.0, 1.0), "square", "no scale 'square'"),
    ],
)
def test_a_plot_refuses_axes_that_can_not_be(x, scale, message):
    with pytest.raises(UnfoldError, match=message):
        Plot(x, (0.0, 1.0), scales=(scale, "linear"))


def test_a_curve_is_that_of_the_networks_shown_up_to_an_epoch(history, data):
    names = ("loss", "validation_loss")
    plot = LossCurve(history, names).shift(2 * UP)
    plot.show_epoch(20.25)
    assert plot.moments[[0, -1]].tolist() == [0, 50]
    moments = [*plot.moments[plot.moments < 20.25], 20.25]
    assert set(range(9)) < set(moments)
    for name, part, curve, dot, number in zip(names, data, plot.curves, plot.dots, plot.numbers, strict=True):
        drawn = in_data(plot, np.append(curve.points[::4], curve.points[-1:], axis=0))
        expected = [cross_entropy(history.interpolated(moment), *part) for moment in moments]
        np.testing.assert_allclose(drawn, np.stack([moments, expected], axis=1), atol=1e-9)
        np.testing.assert_allclose(dot.get_center(), curve.get_end(), atol=1e-9)
        assert plot.values[name] == pytest.approx(expected[-1], rel=1e-12)
        shown = number.number.copy().set_values([[expected[-1]]]).entries[0].points
        np.testing.assert_allclose(number.number.entries[0].points, shown)
    for epoch in (1000, 0):
        plot.show_epoch(epoch)
        end = [min(epoch, 50), history.loss[min(epoch, 50)]]
        np.testing.assert_allclose(in_data(plot, plot.dots[0].get_center()[None]), [end], atol=1e-9)


@pytest.mark.parametrize("options", [{}, {"batch_size": 7, "snapshots": range(51)}, {"batch_size": 7, "exact": False}])
def test_one_moment_is_one_network(data, options):
    rng = np.random.default_rng(2)
    network = Network.create([2, 6, 2], "relu", rng=rng)
    rates = {"learning_rate": 0.5, "optimizer": "gradient_descent", "l2": 0.1}
    history = fit(network, *data[0], epochs=50, rng=rng, validation=data[1], **rates, **options)
    loss, accuracy = LossCurve(history, ("loss", "validation_loss")), LossCurve(history, ("accuracy",))
    for epoch in [0, 50, *rng.uniform(0, 50, 40), *rng.uniform(0, 2, 10)]:
        shown = history.interpolated(epoch)
        loss.show_epoch(epoch)
        accuracy.show_epoch(epoch)
        penalty = 0.05 * sum((layer.weight**2).sum() for layer in shown.layers)
        assert loss.values["loss"] == pytest.approx(cross_entropy(shown, *data[0]) + penalty, rel=1e-12)
        assert loss.values["validation_loss"] == pytest.approx(cross_entropy(shown, *data[1]), rel=1e-12)
        assert accuracy.values["accuracy"] == (shown.predict(data[0][0]) == data[0][1]).mean()
        # The dot runs along the curve that will be drawn.
        drawn = np.interp(epoch, loss.moments, loss.series[0])
        assert drawn == pytest.approx(loss.values["loss"], abs=0.01)


def test_a_few_snapshots_stay_few(data):
    history = fit(Network.create([2, 4, 2], rng=0), *data[0], epochs=400, rng=0, snapshots=3)
    assert len(history.snapshots) == 3
    assert len(LossCurve(history).moments) > 300


def test_accuracies_fill_their_whole_range_and_losses_begin_at_nought(history):
    assert LossCurve(history, ("accuracy", "validation_accuracy")).ranges[1] == (0.0, 1.0)
    assert LossCurve(history).ranges[1] == (0.0, history.loss.max())
    assert LossCurve(history, scale="log").ranges[1] == (history.loss.min(), history.loss.max())


def test_curves_that_can_not_be_drawn(history):
    with pytest.raises(UnfoldError, match="no axis in common"):
        LossCurve(history, ("loss", "accuracy"))
    with pytest.raises(UnfoldError, match="no metric 'lost'"):
        LossCurve(history, ("lost",))
    history.validation_loss, kept = None, history.validation_loss
    with pytest.raises(UnfoldError, match="train with validation data"):
        LossCurve(history, ("validation_loss",))
    history.validation_loss = kept


def test_a_long_curve_keeps_its_peaks():
    series = np.random.default_rng(0).normal(size=20_000).cumsum()
    series[7_777] = 1e6
    kept = telling_points(series)
    assert len(kept) <= MOST_POINTS + 2
    assert {0, 7_777, series.argmin(), len(series) - 1} <= set(kept.tolist())


def test_a_graph_is_its_function():
    plot = FunctionPlot(ACTIVATIONS["tanh"], (-4, 4), (-1, 1)).scale(0.7).shift(UP)
    drawn = in_data(plot, plot.curve.points[::4])
    np.testing.assert_allclose(drawn[:, 1], np.tanh(drawn[:, 0]), atol=1e-9)
    plot.show_at(0.8)
    np.testing.assert_allclose(in_data(plot, plot.dot.get_center()[None]), [[0.8, np.tanh(0.8)]], atol=1e-9)


def test_a_graph_is_drawn_where_it_is_in_the_panel():
    plot = FunctionPlot(lambda x: 4 * np.cos(3 * x), (-3, 3), (-2, 2))
    drawn = in_data(plot, plot.curve.points)
    assert drawn[:, 1].min() >= -2 - 1e-9
    assert drawn[:, 1].max() <= 2 + 1e-9
    assert len(plot.curve.get_subpaths()) == 6


def test_an_animation_takes_over_the_function(stage):
    plot = FunctionPlot(ACTIVATIONS["relu"], (-2, 2), (-1, 2))
    stage.add(plot)
    stage.play(plot.animate.show(ACTIVATIONS["tanh"]))
    plot.show_at(1.0)
    np.testing.assert_allclose(in_data(plot, plot.dot.get_center()[None]), [[1.0, np.tanh(1.0)]], atol=1e-9)


def test_a_dot_stands_the_same_whatever_way_it_came(history):
    ways = [LossCurve(history).shift(0.1 * UP).scale(0.8) for _ in range(2)]
    for epoch in np.linspace(0, 37, 50):
        ways[0].show_epoch(epoch)
    ways[1].show_epoch(37)
    np.testing.assert_array_equal(*(way.dots[0].points for way in ways))
    assert ways[0].dots[0].width == pytest.approx(0.8 * 0.14)
