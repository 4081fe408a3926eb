"""Training as motion: what follows a training shows the network of the moment."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from manim import Dot

from nn_core.datasets import make_moons
from nn_core.descent import loss_at
from nn_core.geometry import sheet_mesh
from nn_core.losses import LOSSES
from nn_core.network import Layer, Network
from nn_core.preprocessing import principal_axes
from nn_core.projections import onto_principal_axes
from nn_core.training import fit
from nn_unfold.errors import UnfoldError
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.flat.plots import LossCurve
from nn_unfold.model.cache import train
from nn_unfold.motion.learning import Accuracy, Carried, Learning, Metric
from nn_unfold.space.base import spatial_parts
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage import layout
from nn_unfold.stage.stage import Stage
from nn_unfold.text.numbers import LiveAffine
from scenes.one_line import OneLine
from scenes.playground import OTHERS, Playground

STILL = Path(__file__).parent / "stills" / "following_a_training.py"


@pytest.fixture(scope="module")
def data():
    return make_moons(40, rng=np.random.default_rng(0))


@pytest.fixture(scope="module")
def history(data):
    rng = np.random.default_rng(1)
    return fit(Network.create([2, 5, 2, 2], "relu", rng=rng), *data, epochs=60, rng=rng, snapshots=8)


class Recorder(Dot):
    """A follower that remembers the networks it was shown."""

    def __init__(self):
        super().__init__()
        self.networks = []

    def show(self, network):
        self.networks.append(network)


def run(learning, *moments):
    learning.begin()
    for t in moments:
        learning.interpolate(t)
    learning.finish()


def test_still(play, snapshot):
    stage = play(runpy.run_path(str(STILL))["FollowingATraining"])
    snapshot(stage, "following_a_training")
    assert layout.findings(stage) == []


def test_at_a_snapshot_the_network_is_the_trained_one(history):
    for epoch, parameters in zip(history.snapshot_epochs, history.snapshots, strict=True):
        np.testing.assert_array_equal(history.interpolated(epoch).parameters, parameters)
    np.testing.assert_array_equal(history.interpolated(60).parameters, history.network.parameters)


def test_between_snapshots_the_weights_go_evenly(history):
    before, after = history.snapshot_epochs[-2:]
    middle = history.interpolated((before + after) / 2).parameters
    np.testing.assert_allclose(middle, history.snapshots[-2:].mean(axis=0))


def test_a_shown_network_is_not_tied_to_the_history(history):
    history.interpolated(60).layers[0].weight[:] = 0
    assert np.abs(history.snapshots[-1]).min() > 0


@pytest.mark.parametrize(
    ("pace", "middle"),
    [("log", np.sqrt(11 * 61) - 1), ("linear", 35.0)],
)
def test_the_epoch_is_a_closed_form_of_time(history, pace, middle):
    learning = Learning(history, Recorder(), pace=pace, start=10)
    assert [learning.epoch(t) for t in (0, 1)] == [10, 60]
    assert learning.epoch(0.5) == pytest.approx(middle)


def test_snapshots_are_evenly_spread_if_asked_for(history):
    learning = Learning(history, Recorder(), pace="snapshots")
    shares = np.linspace(0, 1, len(history.snapshots))
    np.testing.assert_allclose([learning.epoch(t) for t in shares], history.snapshot_epochs)


def test_followers_see_the_network_of_the_moment_and_the_trained_one_at_the_end(history):
    follower = Recorder()
    run(Learning(history, follower, pace="linear"), 0.25)
    first, middle, last = follower.networks
    np.testing.assert_array_equal(first.parameters, history.snapshots[0])
    np.testing.assert_array_equal(middle.parameters, history.interpolated(15).parameters)
    np.testing.assert_array_equal(last.parameters, history.network.parameters)


@pytest.mark.parametrize("pace", ["log", "linear", "snapshots"])
def test_what_is_told_is_what_the_network_of_the_moment_has(history, data, pace):
    diagram, curve, loss = NetworkDiagram(history.interpolated(0)), LossCurve(history), Metric(history, "loss")
    learning = Learning(history, diagram, curve, loss, pace=pace, start=3)
    learning.begin()
    for t in (0.0, 0.03, 0.21, 0.5, 0.77, 0.99):
        learning.interpolate(t)
        expected = LOSSES["cross_entropy"].value(diagram.network.forward(data[0]).logits, data[1])
        assert curve.values["loss"] == loss.value == pytest.approx(expected, rel=1e-12)


def test_all_end_with_the_trained_network_however_they_got_there(history, data):
    ends = []
    for skip in (False, True):
        stage = Stage(skip_animations=skip)
        start = history.interpolated(0)
        world = Carried(Sheet.over(data[0], start, boundary=True), Cloud(*data), depth=2)
        diagram = NetworkDiagram(start, plane=world[0].box)
        curve = LossCurve(history)
        stage.add(world, diagram, curve)
        stage.play(Learning(history, world, diagram, curve, run_time=0.4))
        assert diagram.network.parameters.tolist() == history.network.parameters.tolist()
        for part in spatial_parts([world]):
            front = Network(history.network.layers[:2])
            np.testing.assert_array_equal(part.points[:, :2], front.forward(part.origin).output)
            np.testing.assert_array_equal(part.points[:, 2], 0)
        parts = [*spatial_parts([world]), *diagram.get_family(), *curve.get_family()]
        ends.append(np.concatenate([part.points.ravel() for part in parts]))
    np.testing.assert_array_equal(*ends)


def test_a_sheet_is_split_where_the_shown_network_folds_it(history, data):
    sheet = Sheet.over(data[0], history.interpolated(0), boundary=True)
    sheet.show(history.network)
    mesh = sheet_mesh(sheet.box, history.network, grid=1.0, boundary=True)
    np.testing.assert_array_equal(sheet.faces.points[:, :2], mesh.vertices)
    np.testing.assert_array_equal(sheet.faces.triangles, mesh.triangles)
    creases = np.concatenate([part.points[:, :2] for part in sheet.creases])
    assert len(creases) == 2 * len(mesh.crease_segments)
    boundary = mesh.vertices[mesh.boundary_segments].reshape(-1, 2)
    np.testing.assert_array_equal(sheet.boundary.points[:, :2], boundary)
    fresh = Sheet(sheet.box, history.network, boundary=True)
    np.testing.assert_array_equal(sheet.faces.rgba, fresh.faces.rgba)


def test_lines_come_and_go_with_the_opacity_that_they_had(stage, picture):
    """A crease outside of the box, then inside, then outside again; likewise the boundary."""
    out, inside = (Network([Layer([[1.0, 0.0]], [-far], "relu"), Layer([[1.0]], [-0.5])]) for far in (9.0, 0.0))
    sheet = Sheet((-2, 2, -2, 2), inside, boundary=True)
    assert (len(sheet.creases[0].points), len(sheet.boundary.points)) != (0, 0)
    sheet.creases.set_opacity(0.75)
    stage.add(sheet)
    parts = sheet.get_family()
    sheet.show(out)
    assert not len(sheet.creases[0].points)
    assert not len(sheet.boundary.points)
    picture(stage)
    sheet.show(inside)
    assert sheet.get_family() == parts
    assert sheet.creases[0].get_opacity() == 0.75
    assert sheet.boundary.get_opacity() == 0
    assert sheet.faces.get_opacity() == 1


def test_lines_that_were_not_there_come_when_the_network_makes_them():
    out, inside = (Network([Layer([[1.0, 0.0]], [-far], "relu"), Layer([[1.0]], [-0.5])]) for far in (9.0, 0.0))
    sheet = Sheet((-2, 2, -2, 2), out, boundary=True)
    assert [len(part.points) for part in sheet.creases] == [0]
    sheet.show(inside)
    np.testing.assert_array_equal(np.unique(sheet.creases[0].points[:, 0]), [0.0])
    np.testing.assert_allclose(np.unique(sheet.boundary.points[:, 0]), [0.5])
    assert (sheet.creases[0].get_opacity(), sheet.boundary.get_opacity()) == (0, 1)


def test_a_sheet_follows_networks_of_its_own_make():
    net = Network([Layer(np.eye(2), [0, 0], "relu")])
    with pytest.raises(UnfoldError, match="made for 0 layers with creases, but this network has 1"):
        Sheet((-2, 2, -2, 2)).show(net)


def test_what_is_carried_to_one_output_stands_on_a_line(data):
    net = Network([Layer([[1.0, 2.0]], [0.5], "sigmoid")])
    cloud = Cloud(*data)
    Carried(cloud, depth=1).show(net)
    np.testing.assert_allclose(cloud.points[:, 0], net.forward(data[0]).output[:, 0])
    np.testing.assert_array_equal(cloud.points[:, 1:], 0)
    Carried(cloud, depth=0).show(net)
    np.testing.assert_array_equal(cloud.points[:, :2], data[0])


def test_what_has_four_outputs_can_not_be_carried(data):
    with pytest.raises(UnfoldError, match="project them first"):
        Carried(Cloud(*data), depth=1).show(Network([Layer(np.ones((4, 2)), np.zeros(4))]))


def test_the_camera_keeps_everything_in_the_frame(stage, history, data):
    world = Carried(Cloud(*data), depth=2)
    stage.add(world)
    learning = Learning(history, world)
    move = learning.follow(stage, world)
    stage.add(world)
    learning.begin()
    move.begin()
    # Up to its first stop the camera still comes from where it was.
    for t in np.linspace(1 / 16, 1, 40):
        learning.interpolate(t)
        move.interpolate(t)
        assert not [line for line in layout.findings(stage) if "beyond" in line], t


def test_numbers_follow_the_clock(history):
    epoch, loss = Metric(history, "epoch"), Metric(history, "loss")
    run(Learning(history, epoch, loss, stop=30))
    for metric, value in ((epoch, 30), (loss, history.loss[30])):
        expected = metric.number.copy().set_values([[value]]).entries[0].points
        np.testing.assert_allclose(metric.number.entries[0].points, expected)
    with pytest.raises(UnfoldError, match="choose one of epoch, loss, accuracy"):
        Metric(history, "validation_loss")


@pytest.mark.parametrize("layer", [0, 1])
def test_the_numbers_of_a_layer_are_those_of_the_network_of_the_moment(history, layer):
    first = history.network_at(0).layers[layer]
    numbers = LiveAffine(first.weight, first.bias)
    learning = Learning(history, Recorder(), run_time=4)
    reading = learning.read_out(numbers, layer)
    assert reading.run_time == 4
    reading.begin()
    for t in (0.4, 1.0):
        reading.interpolate(t)
        now = history.interpolated(learning.epoch(t)).layers[layer]
        expected = LiveAffine(first.weight, first.bias).show(now.weight, now.bias)
        for shown, wanted in ((numbers.weight, expected.weight), (numbers.bias, expected.bias)):
            for entry, other in zip(shown.entries, wanted.entries, strict=True):
                np.testing.assert_array_equal(entry.points, other.points)


def test_what_can_not_be_run(history):
    with pytest.raises(UnfoldError, match="no pace 'fast'"):
        Learning(history, Recorder(), pace="fast")
    with pytest.raises(UnfoldError, match="Epochs 0 to 99 were asked for, but the training has 0 to 60"):
        Learning(history, Recorder(), stop=99)
    with pytest.raises(UnfoldError, match="A Dot cannot follow a training"):
        Learning(history, Dot())


def test_the_accuracy_is_that_of_the_network_of_the_moment(history):
    X, y = make_moons(70, rng=np.random.default_rng(5))
    accuracy = Accuracy("right among new digits", history.network_at(0), X, y)
    assert accuracy.share == pytest.approx((history.network_at(0).predict(X) == y).mean())
    run(Learning(history, accuracy), 0.5)
    assert accuracy.share == pytest.approx((history.network.predict(X) == y).mean())
    assert accuracy.share > (history.network_at(0).predict(X) == y).mean()
    drawn, expected = accuracy.number, accuracy.number.copy().set_values([[accuracy.share]])
    np.testing.assert_array_equal(drawn.entries[0].points, expected.entries[0].points)


def test_the_accuracy_can_be_a_count_of_points(history):
    X, y = make_moons(70, rng=np.random.default_rng(5))
    right = Accuracy("points right", history.network, X, y, count=True)
    count = (history.network.predict(X) == y).sum()
    assert right.share == count / len(X)
    assert right.number.decimals == 0
    expected = right.number.copy().set_values([[count]])
    np.testing.assert_array_equal(right.number.entries[0].points, expected.entries[0].points)


def test_what_is_carried_through_a_wide_layer_needs_a_projection():
    rng = np.random.default_rng(0)
    network = Network.create([2, 8, 3], "relu", rng=rng)
    cloud = Cloud(rng.normal(size=(20, 2)))
    with pytest.raises(UnfoldError, match=r"have \(20, 8\): project them first"):
        Carried(cloud, depth=1).show(network)
    hidden = network.forward(cloud.origin).a[0]
    Carried(cloud, depth=1, projection=onto_principal_axes(hidden, 3)).show(network)
    np.testing.assert_allclose(cloud.points, principal_axes(hidden, 3).apply(hidden), atol=1e-9)
    line = Network.create([2, 1, 1], "relu", rng=rng)
    Carried(cloud, depth=1).show(line)
    np.testing.assert_allclose(cloud.points[:, 0], line.forward(cloud.origin).a[0][:, 0])


@pytest.mark.parametrize("names", [(0, 1), (-1, 1), ("cold", "hot"), (False, True)])
def test_accuracy_takes_labels_of_any_kind(names):
    network = Network([Layer([[1.0, 0.0]], [0.0])])
    X = np.array([[-1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [-2.0, 0.0]])
    accuracy = Accuracy("accuracy", network, X, [names[0], names[1], names[0], names[0]])
    assert accuracy.share == 0.75


@pytest.mark.parametrize("recipe", [OneLine.recipe, replace(Playground.recipe, **OTHERS[-1])], ids=["line", "spirals"])
def test_the_curve_tells_the_loss_of_the_network_in_the_picture(recipe, media):
    trained = train(recipe, media / "trained")
    history, inputs = trained.history, recipe.inputs(trained.X)
    last = len(history.loss) - 1
    np.testing.assert_array_equal(history.snapshot_epochs, np.arange(last + 1))

    def off(epochs):
        shown = np.array([history.interpolated(epoch).parameters for epoch in epochs])
        told = np.interp(epochs, np.arange(last + 1), history.loss)
        return np.abs(loss_at(history.network, inputs, trained.y, shown, loss=recipe.loss) - told)

    # At each epoch it is the network as it was. Between two, weights and curve go straight, which is nearly the same.
    assert off(np.arange(last + 1)).max() < 1e-9
    assert np.median(off(np.arange(last) + 0.5)) < 0.01 * history.loss[0]
