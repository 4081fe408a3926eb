"""The network diagram: what it draws are the network's own numbers."""

from __future__ import annotations

import copy
import itertools
import runpy
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from manim import DOWN, FadeIn, FadeOut, ManimColor, Transform, config

from nn_core.network import Layer, Network
from nn_unfold.errors import UnfoldError
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.flat.heat_map import HeatMap
from nn_unfold.stage import layout
from nn_unfold.stage.stage import Stage
from nn_unfold.theme import rgb, signed_colours, theme

STILLS = Path(__file__).parent / "stills"
BOX = (-2.0, 2.0, -1.0, 3.0)


def network(*sizes, activation="tanh", seed=0):
    return Network.create(sizes, activation, rng=np.random.default_rng(seed))


def shows(live, value):
    """Whether a live number shows this value, to its decimals."""
    drawn, expected = live.entries[0].points, live.copy().set_values([[value]]).entries[0].points
    return drawn.shape == expected.shape and np.allclose(drawn, expected)


def colour_of(rgbas):
    return tuple(np.round(rgbas[0, :3], 6))


@pytest.mark.parametrize("name", ["diagram_numbers", "diagram_heat_maps", "diagram_wide"])
def test_stills(name, play, snapshot):
    film = runpy.run_path(str(STILLS / f"{name}.py"))["".join(word.capitalize() for word in name.split("_"))]
    stage = play(film)
    snapshot(stage, name.removeprefix("diagram_"))
    assert layout.findings(stage) == []


# Edges


def test_edges_show_sign_and_size_of_the_weights():
    net = network(3, 4, 2)
    diagram = NetworkDiagram(net)
    for number, layer in enumerate(net.layers):
        for (to, start), weight in np.ndenumerate(layer.weight):
            line = diagram.edge(number, to, start)
            np.testing.assert_allclose(line.get_start(), diagram.neuron(number, start).get_center(), atol=1e-9)
            np.testing.assert_allclose(line.get_end(), diagram.neuron(number + 1, to).get_center(), atol=1e-9)
            expected = theme().positive if weight > 0 else theme().negative
            assert colour_of(line.stroke_rgbas) == tuple(np.round(rgb(expected), 6))
        widths = np.array([line.get_stroke_width() for line in diagram.edges[number]])
        sizes = np.abs(layer.weight).ravel()
        assert (np.argsort(widths) == np.argsort(sizes)).all()
        np.testing.assert_allclose(np.corrcoef(widths, sizes)[0, 1], 1.0)


def test_of_a_wide_layer_the_first_and_last_neurons_are_drawn_and_counted():
    net = network(784, 16, 10, activation="relu")
    diagram = NetworkDiagram(net, most=6)
    assert diagram.shown[0] == [0, 1, 2, 781, 782, 783]
    assert [len(column) for column in diagram.neurons] == [6, 6, 6]
    assert [count.words for count in diagram.counts] == ["784", "16", "10"]
    assert len(diagram.dots) == 9
    weight, largest = net.layers[0].weight[15, 783], np.abs(net.layers[0].weight).max()
    line = diagram.edge(0, 15, 783)
    assert line.get_stroke_width() == pytest.approx(diagram.boldness * (1 + 5 * abs(weight) / largest))
    with pytest.raises(UnfoldError, match="Neuron 100 of column 0 is not drawn"):
        diagram.neuron(0, 100)


def test_a_film_chooses_the_neurons_that_are_drawn():
    diagram = NetworkDiagram(network(784, 4), choose={0: [300, 400]})
    assert diagram.shown == [[300, 400], [0, 1, 2, 3]]
    diagram.edge(0, 2, 400)


def test_neurons_never_touch_and_keep_within_the_size():
    for sizes in [(2, 2), (7, 5, 1), (30, 9, 30), (784, 16, 10)]:
        diagram = NetworkDiagram(network(*sizes), size=(6, 4), most=9, radius=1.0)
        assert diagram.width <= 6 + 0.1
        assert diagram.height <= 4 + 0.1
        for column in diagram.neurons:
            for one, other in pairwise(column):
                assert one.get_bottom()[1] > other.get_top()[1]


# Heat maps


def features(plane):
    return np.stack([plane[:, 0], plane[:, 1], plane[:, 0] * plane[:, 1]], axis=1)


def test_heat_maps_hold_what_the_network_gives_at_their_pixels():
    net = network(3, 5, 2, activation="relu")
    diagram = NetworkDiagram(net, plane=BOX, features=features, detail=8)
    for row, column in [(0, 0), (0, 7), (5, 2)]:
        place = np.array([[BOX[0] + (column + 0.5) * 0.5, BOX[3] - (row + 0.5) * 0.5]])
        x = features(place)
        trace = net.forward(x)
        for number, a in enumerate([x, *trace.a]):
            values = [neuron.values[row, column] for neuron in diagram.neurons[number]]
            np.testing.assert_allclose(values, a[0], atol=1e-12)


def test_heat_maps_are_drawn_upright_in_the_colours_of_the_theme(stage, picture):
    diagram = NetworkDiagram(network(2, 1), plane=(-9, 9, -9, 9), size=(8, 6), radius=1.5)
    stage.add(diagram)
    frame = picture(stage).astype(float)

    def seen(neuron, across, up):
        place = neuron.get_center() + np.array([across, up, 0])
        column = int((place[0] / config.frame_width + 0.5) * config.pixel_width)
        row = int((0.5 - place[1] / config.frame_height) * config.pixel_height)
        return frame[row, column] / 255

    tokens = theme()
    x1, x2 = diagram.neurons[0]
    np.testing.assert_allclose(seen(x1, 1.2, 0.5), rgb(tokens.positive), atol=0.1)
    np.testing.assert_allclose(seen(x1, -1.2, 0.5), rgb(tokens.negative), atol=0.1)
    np.testing.assert_allclose(seen(x1, 0, 0.5), rgb(tokens.neutral), atol=0.1)
    np.testing.assert_allclose(seen(x2, 0.5, 1.2), rgb(tokens.positive), atol=0.1)
    np.testing.assert_allclose(seen(x2, 0.5, -1.2), rgb(tokens.negative), atol=0.1)
    diagram.set_opacity(0)
    np.testing.assert_allclose(picture(stage), np.broadcast_to(picture(stage)[0, 0], frame.shape), atol=1)


def test_colours_of_signed_numbers():
    tokens = theme()
    np.testing.assert_allclose(
        signed_colours(np.array([-3.0, -1.0, 0.0, 1.0])),
        [rgb(tokens.negative), rgb(tokens.negative), rgb(tokens.neutral), rgb(tokens.positive)],
    )
    np.testing.assert_allclose(signed_colours(0.5), (np.array(rgb(tokens.neutral)) + rgb(tokens.positive)) / 2)


def test_heat_maps_need_the_plane_as_input():
    with pytest.raises(UnfoldError, match=r"inputs of shape \(2,\), but it takes \(3,\)"):
        NetworkDiagram(network(3, 2), plane=BOX)


# Following a network


def looks(diagram):
    """All that is to be seen of a diagram."""
    parts = []
    for part in diagram.get_family():
        parts.append(part.points.ravel())
        parts += [part.stroke_rgbas.ravel(), part.fill_rgbas.ravel(), [part.get_stroke_width()]]
        if isinstance(part, HeatMap):
            parts += [part.values.ravel(), [part.reach]]
    return np.concatenate(parts)


def test_show_draws_another_network_in_place():
    first, second = network(2, 4, 2, activation="relu"), network(2, 4, 2, activation="relu", seed=1)
    data = np.random.default_rng(0).normal(size=(50, 2))
    one, other = (NetworkDiagram(net, plane=BOX, data=data).shift(DOWN) for net in (first, second))
    assert not np.allclose(looks(one), looks(other))
    np.testing.assert_allclose(looks(one.show(second)), looks(other))
    with pytest.raises(UnfoldError, match=r"widths \[2, 4, 2\], but was given one of \[2, 3, 2\]"):
        one.show(network(2, 3, 2))


def test_neurons_that_no_point_of_the_data_activates_are_crossed_out():
    hidden = Layer([[1.0, 0.0], [1.0, 0.0], [0.0, -1.0]], [0.0, -5.0, -5.0], "relu")
    net = Network([hidden, Layer(np.eye(3), np.full(3, -99.0))])
    data = np.array([[1.0, 2.0], [4.0, -3.0]])
    diagram = NetworkDiagram(net, data=data)
    assert [mark.get_stroke_opacity() for mark in diagram.marks[1]] == [0, 1, 1]
    assert all(mark.get_stroke_opacity() == 0 for column in (0, 2) for mark in diagram.marks[column])
    diagram.data = np.array([[6.0, -6.0]])
    diagram.show(net)
    assert all(mark.get_stroke_opacity() == 0 for mark in diagram.marks[1])


def test_focus_and_highlights_outlive_animations_and_training(stage):
    net = network(2, 3, 2)
    diagram = NetworkDiagram(net)
    stage.add(diagram)
    stage.play(diagram.animate.set_focus(1))
    stage.play(diagram.animate.highlight(neurons=[(1, 2)], edges=[(0, 1, 0)]))
    diagram.show(net)
    accent = tuple(np.round(rgb(theme().accent), 6))
    assert colour_of(diagram.neuron(1, 2).stroke_rgbas) == accent
    assert colour_of(diagram.neuron(1, 1).stroke_rgbas) != accent
    assert colour_of(diagram.edge(0, 1, 0).stroke_rgbas) == accent
    assert diagram.edge(0, 0, 0).get_stroke_opacity() == pytest.approx(0.2)
    assert diagram.edge(1, 0, 0).get_stroke_opacity() >= 0.35
    diagram.highlight().set_focus()
    np.testing.assert_allclose(looks(diagram), looks(NetworkDiagram(net)))


# Numbers


def test_reading_an_input_shows_its_numbers_and_hides_the_names():
    net = network(2, 3, 2)
    diagram = NetworkDiagram(net, names=("x", "h", "y"))
    x = np.array([0.4, -1.2])
    diagram.read(x)
    for numbers, values in zip(diagram.numbers, [x, *(a[0] for a in net.forward(x[None]).a)], strict=True):
        for live, value in zip(numbers, values, strict=True):
            assert shows(live, value)
            assert not shows(live, value + 0.01)
    assert all(name.get_fill_opacity() == 0 for name in diagram.names)
    fill = diagram.neuron(0, 1).get_fill_color()
    assert fill == ManimColor(theme().negative)
    diagram.clear_numbers()
    assert all(name.get_fill_opacity() == 1 for name in diagram.names)
    assert diagram.neuron(0, 1).get_fill_color() == ManimColor(theme().background)


def test_where_neurons_are_small_only_the_outputs_have_numbers_beside_them():
    net = network(2, 30, 12)
    diagram = NetworkDiagram(net, most=12, size=(5, 3)).read(np.array([1.0, 2.0]))
    assert [len(numbers) for numbers in diagram.numbers] == [0, 0, 12]
    output = net.forward([[1.0, 2.0]]).output[0]
    for live, neuron, value in zip(diagram.numbers[2], diagram.neurons[2], output, strict=True):
        assert shows(live, value)
        assert live.entries.get_left()[0] > neuron.get_right()[0]


def test_an_input_runs_through_the_network(stage):
    hidden = Layer([[2.0, 0.0], [0.0, -1.0]], [0.0, 0.0], "relu")
    net = Network([hidden, Layer([[1.0, 1.0]], [0.5])])
    diagram = NetworkDiagram(net)
    stage.add(diagram)
    run = diagram.send(np.array([1.0, 3.0]))
    run.begin()

    def at(stage_number):
        run.interpolate(stage_number / run.stages)
        return [pulse for pulse in diagram.pulses if pulse.get_fill_opacity() > 0]

    assert len(at(0.1)) == 0
    pulses = at(0.6)
    assert len(pulses) == 2  # two of the four weights bring something
    edge = diagram.edge(0, 0, 0)
    along = (pulses[0].get_center() - edge.get_start())[0] / (edge.get_end() - edge.get_start())[0]
    assert 0.2 < along < 0.8
    assert pulses[1].width > pulses[0].width  # -3 beside 2
    assert not len(diagram.numbers[1][0].entries[0].points)
    assert len(at(1.6)) == 1  # the neuron that is off sends none
    assert shows(diagram.numbers[1][0], 2.0)
    assert not len(diagram.numbers[2][0].entries[0].points)
    run.finish()
    assert len(diagram.pulses) == 0
    assert shows(diagram.numbers[2][0], 2.5)
    end = looks(diagram)
    at(0.6)
    assert not len(diagram.numbers[1][0].entries[0].points)  # time may run backwards
    run.finish()
    np.testing.assert_array_equal(looks(diagram), end)
    np.testing.assert_allclose(looks(diagram), looks(NetworkDiagram(net).read([1.0, 3.0])))


def test_pulses_are_on_the_screen_from_one_column_to_the_next(monkeypatch):
    stage = Stage()
    diagram = NetworkDiagram(Network([Layer([[1.0]], [0.0])]), size=(8, 2), radius=1.0)
    stage.add(diagram)
    frames = []
    monkeypatch.setattr(stage.renderer, "add_frame", lambda frame, *_: frames.append(frame.copy()))
    stage.play(diagram.send(np.array([0.8]), run_time=1.5))
    ends = (np.array([-2.0, 2.0]) / config.frame_width + 0.5) * config.pixel_width
    edge = [frame[config.pixel_height // 2, int(ends[0]) : int(ends[1]), :3].astype(int) for frame in frames]
    where = [np.flatnonzero(np.abs(line - edge[0]).max(axis=1) > 40) for line in edge]
    seen = np.array([places.mean() for places in where if len(places)])
    assert len(seen) > len(frames) / 3
    assert (np.diff(seen) > 0).all()


def test_deltas_run_back(stage):
    net = network(3, 4, 2)
    diagram = NetworkDiagram(net, size=(6, 5))
    stage.add(diagram)
    x, delta = np.array([0.3, -0.2, 0.9]), np.array([0.7, -0.4])
    stage.play(diagram.send(x))
    stage.play(diagram.send_back(x, delta))
    trace = net.forward(x[None])
    first = (net.layers[1].weight.T @ delta) * (1 - trace.a[0][0] ** 2)
    assert len(diagram.deltas[0]) == 3
    assert all(not len(live.entries[0].points) for live in diagram.deltas[0])
    for column, values in ((1, first), (2, delta)):
        for live, neuron, value in zip(diagram.deltas[column], diagram.neurons[column], values, strict=True):
            assert shows(live, value)
            assert live.entries.get_top()[1] < neuron.get_bottom()[1]


def test_numbers_stand_on_their_edges():
    net = network(2, 2, 2)
    diagram = NetworkDiagram(net, size=(6, 4)).scale(1.5).shift(DOWN)
    numbers = diagram.edge_numbers(1)
    for live, edge, weight in zip(numbers, diagram.edges[1], net.layers[1].weight.ravel(), strict=True):
        assert shows(live, weight)
        offset = live.entries.get_center() - edge.point_from_proportion(0.25)
        assert np.linalg.norm(offset) < 0.1


# With Manim's own animations


def test_a_diagram_fades_and_becomes_another(stage, picture):
    one, other = (NetworkDiagram(network(2, 3, 2, seed=seed), plane=BOX) for seed in (0, 1))
    empty = picture(stage)
    stage.play(FadeIn(one))
    shown = picture(stage)
    assert (shown != empty).any()
    stage.play(Transform(one, other))
    np.testing.assert_allclose(looks(one), looks(other))
    stage.play(FadeOut(one))
    np.testing.assert_array_equal(picture(stage), empty)


def test_an_animation_takes_a_diagram_to_another_network(stage):
    one, other = (NetworkDiagram(network(2, 3, 2, seed=seed), plane=BOX) for seed in (0, 1))
    stage.add(one)
    stage.play(one.animate.show(other.network))
    np.testing.assert_allclose(looks(one), looks(other))
    np.testing.assert_allclose(looks(one.set_focus()), looks(other))


def test_a_heat_map_is_half_way_in_the_middle_of_a_transform():
    one, other = HeatMap(1.0, np.zeros((2, 2)), 1.0), HeatMap(1.0, np.ones((2, 2)), 3.0)
    way = Transform(one, other, rate_func=lambda t: t)
    way.begin()
    way.interpolate(0.5)
    np.testing.assert_allclose(one.values, 0.5)
    assert one.reach == 2.0


def test_a_played_signal_leaves_what_a_skipped_one_leaves():
    ends = []
    for skip in (False, True):
        stage = Stage(skip_animations=skip)
        diagram = NetworkDiagram(network(2, 3, 2))
        stage.add(diagram)
        stage.play(diagram.send(np.array([0.4, -1.2]), run_time=0.4))
        ends.append(looks(diagram))
    np.testing.assert_array_equal(*ends)


def test_a_copy_is_a_diagram_of_its_own():
    diagram = NetworkDiagram(network(2, 3, 2), plane=BOX)
    before = looks(diagram)
    copy.deepcopy(diagram).show(network(2, 3, 2, seed=5)).read([1.0, 1.0])
    np.testing.assert_array_equal(looks(diagram), before)


def test_what_has_arrived_is_where_the_next_numbers_set_out(stage):
    net, x = network(2, 3, 2), np.array([0.4, -0.7])
    diagram = NetworkDiagram(net)
    stage.play(diagram.send(x))
    for value, expected in zip(diagram.values, diagram.activations(x), strict=True):
        np.testing.assert_array_equal(value, expected)


def test_a_watched_input_is_read_anew_of_every_network():
    net, other, x = network(2, 3, 2), network(2, 3, 2, seed=1), np.array([0.4, -0.7])
    diagram = NetworkDiagram(net).watch(x)
    np.testing.assert_array_equal(diagram.values[2], net.forward(x[None]).output[0])
    diagram.show(other)
    np.testing.assert_array_equal(diagram.values[2], other.forward(x[None]).output[0])


def test_numbers_on_edges_have_the_size_that_is_asked_for():
    diagram = NetworkDiagram(network(2, 2))
    small, large = (diagram.edge_numbers(0, size=size)[0].entries.height for size in (20, 40))
    assert large == pytest.approx(2 * small, rel=0.01)


def test_numbers_on_level_edges_can_stand_elsewhere():
    diagram = NetworkDiagram(network(2, 2))
    numbers = diagram.edge_numbers(0, at=0.3, level=0.5)
    for i, number in enumerate(numbers):
        edge, share = diagram.edge(0, *divmod(i, 2)), 0.5 if i in (0, 3) else 0.3
        np.testing.assert_allclose(number.entries.get_center(), edge.point_from_proportion(share), atol=0.1)


# Any shape


@pytest.mark.parametrize("plane", [False, True])
@pytest.mark.parametrize(
    ("sizes", "most"),
    [
        ((2, 1), 8),
        ((2, 64, 3), 64),
        ((2, 64, 3), 7),
        ((2, 5, 2), 1),
        ((2, 3, 4, 5, 4, 3, 2, 3, 2), 8),
        ((2, 100, 100, 10), 8),
    ],
)
def test_networks_of_any_shape_have_room(sizes, most, plane):
    network = Network.create(sizes, "relu", rng=np.random.default_rng(0))
    diagram = NetworkDiagram(network, size=(4.0, 3.0), most=most, plane=(-1, 1, -1, 1) if plane else None)
    diagram.read(np.array([0.5, -1234567.0]))
    assert diagram.width <= 4.0 + 1e-6
    assert diagram.height <= 3.0 + 1e-6
    middles = [neuron.get_center() for column in diagram.neurons for neuron in column]
    size = max(neuron.width for column in diagram.neurons for neuron in column)
    apart = min(np.linalg.norm(a - b) for a, b in itertools.combinations(middles, 2))
    assert apart > size
    for width, column, shown in zip(diagram.widths, diagram.neurons, diagram.shown, strict=True):
        assert len(column) == len(shown) == min(width, most)
        assert shown == sorted(set(shown))
    # What stands for others lies on none.
    for dot in diagram.dots:
        assert min(np.linalg.norm(dot.get_center() - middle) for middle in middles) > size / 2


def test_a_diagram_without_neurons_is_refused():
    with pytest.raises(UnfoldError, match="draws 0 neurons"):
        NetworkDiagram(Network.create((2, 3, 2), "relu", rng=np.random.default_rng(0)), most=0)


@pytest.mark.parametrize("activation", ["relu6", "hard_tanh", "hard_sigmoid"])
def test_a_neuron_that_is_flat_at_all_data_is_dead_whatever_its_kinks(activation):
    layers = [Layer([[1.0, 0.0], [1.0, 0.0]], [50.0, 0.5], activation), Layer([[1.0, 1.0]], [0.0])]
    diagram = NetworkDiagram(Network(layers), data=np.array([[0.1, 0.0], [0.2, 0.0]]))
    assert [column.tolist() for column in diagram.dead()] == [[False, False], [True, False], [False]]
