"""Heat maps in space, thumbnails of data sets, lattices, and the areas that a screen is cut into."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nn_core.datasets import make_gauss, make_xor
from nn_core.network import Layer, Network
from nn_core.preprocessing import features
from nn_unfold.errors import UnfoldError
from nn_unfold.flat.thumbnails import DataThumbnails, scatter
from nn_unfold.model.cache import train
from nn_unfold.model.recipe import Recipe
from nn_unfold.motion.learning import Carried
from nn_unfold.motion.steps import Wander
from nn_unfold.space.heat import HeatPlane
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.probe import Probe, path_to_confident_error
from nn_unfold.space.sheet import Lattice
from nn_unfold.space.targets import share_above, value_range
from nn_unfold.stage.layout import findings
from nn_unfold.stage.view import Area
from nn_unfold.theme import rgb, signed_colours, theme

STILLS = Path(__file__).parent / "stills"
BOX = (-1.0, 3.0, -2.0, 2.0)
SLOPE = Layer([[1.0, 0.0]], [-1.0])  # zero at x = 1, the middle of the box


def test_colours_are_those_of_the_probability_from_left_to_right_and_top_to_bottom():
    tilted = Network([Layer([[1.0, 2.0]], [-1.0])])
    plane = HeatPlane(tilted, BOX, detail=8)
    assert plane.values.shape == (8, 8)
    assert plane.pixels[0].tolist() == [-0.75, 1.75]
    z = (plane.pixels @ [1, 2] - 1).reshape(8, 8)
    np.testing.assert_allclose(plane.values, np.tanh(z / 2))
    np.testing.assert_array_equal(plane.face.picture, np.rint(255 * signed_colours(plane.values)))
    np.testing.assert_allclose(plane.boundary.points @ [1, 2, 0], 1, atol=1e-12)


def test_two_outputs_are_one_class_against_the_other():
    two = Network([Layer([[0.0, 0.0], [1.0, 0.0]], [0.0, -1.0])])
    np.testing.assert_allclose(HeatPlane(two, BOX).values, HeatPlane(Network([SLOPE]), BOX).values)


def test_a_plane_behind_some_layers_is_the_input_of_the_others():
    front = Layer(np.eye(2), [5.0, 5.0], "tanh")
    plane = HeatPlane(Network([front, SLOPE]), BOX, depth=1)
    np.testing.assert_allclose(plane.values, HeatPlane(Network([SLOPE]), BOX).values)


def test_features_are_what_the_network_is_given():
    product = HeatPlane(Network([Layer([[1.0]], [-1.0])]), (-2, 2, -2, 2), features=lambda X: X[:, :1] * X[:, 1:])
    np.testing.assert_allclose(product.values.ravel(), np.tanh((product.pixels.prod(axis=1) - 1) / 2))
    np.testing.assert_allclose(product.boundary.points[:, :2].prod(axis=1), 1, atol=0.02)


def test_a_hidden_line_stays_hidden_even_when_there_was_none_for_a_while():
    plane = HeatPlane(Network([SLOPE]), BOX)
    plane.boundary.set_opacity(0.25)
    plane.show(Network([Layer([[0.0, 0.0]], [1.0])]))
    assert not len(plane.boundary.points)
    plane.show(Network([SLOPE]))
    assert plane.boundary.get_opacity() == 0.25


def test_thumbnails_show_where_which_class_is_and_which_is_chosen():
    rng = np.random.default_rng(0)
    data = [make_gauss(250, rng=rng), make_xor(250, rng=rng)]
    values = scatter(*data[0], (-6, 6, -6, 6))
    # Class 0 of the clouds lies at the upper right, class 1 at the lower left.
    assert values[:20, 20:].sum() < -10 < 10 < values[20:, :20].sum()
    assert np.abs(values).max() == 1
    thumbnails = DataThumbnails(data, (-6, 6, -6, 6), chosen=1)
    assert [picture.get_stroke_width() > theme().line_width for picture in thumbnails] == [False, True]
    thumbnails.choose(0)
    assert [picture.get_fill_opacity() for picture in thumbnails] == [1.0, 0.45]


def test_a_lattice_has_short_pieces_on_the_lines_of_its_grid():
    lattice = Lattice(BOX, grid=2.0, pieces=10)
    assert len(lattice.grid.points) == 2 * 10 * 2  # one upright line and one level one
    assert len(lattice.outline.points) == 2 * 10 * 4
    on_line = np.isclose(lattice.grid.points[:, 0], 1) | np.isclose(lattice.grid.points[:, 1], 0)
    assert on_line.all()
    assert set(np.abs(lattice.outline.points[:, 1]).round(9)) >= {2.0}
    lengths = np.linalg.norm(np.diff(lattice.grid.points.reshape(-1, 2, 3), axis=1), axis=2)
    np.testing.assert_allclose(lengths, 0.4)


def test_what_is_carried_goes_through_the_features_first():
    X = np.array([[2.0, 3.0]])
    recipe = Recipe("circle", (2, 2), "tanh", features=("x_1 x_2", "x_2^2"))
    doubled = Network([Layer(2 * np.eye(2), [0.0, 1.0])])
    [cloud] = Carried(Cloud(X), depth=1, features=recipe.inputs).show(doubled)
    assert cloud.points.tolist() == [[12.0, 19.0, 0.0]]


def test_a_recipe_with_features_trains_on_them(tmp_path):
    plain = Recipe("xor", (2, 1), "tanh", {"n_per_class": 50}, loss="binary_cross_entropy", epochs=150)
    product = replace(plain, sizes=(1, 1), features=("x_1 x_2",))
    failed, learnt = train(plain, tmp_path), train(product, tmp_path)
    assert failed.history.accuracy[-1] < 0.8
    assert learnt.history.accuracy[-1] == 1
    np.testing.assert_array_equal(learnt.X, failed.X)
    assert plain.key() != replace(plain, features=("x_1", "x_2")).key()
    np.testing.assert_array_equal(product.inputs(learnt.X), features(learnt.X, ["x_1 x_2"]))


def test_areas_are_cut_into_columns_and_rows():
    area = Area(0, 10, 0, 4)
    assert area.columns(2, 0, 3, gap=0.5) == [Area(0, 2, 0, 4), Area(2.5, 6.5, 0, 4), Area(7, 10, 0, 4)]
    assert area.rows(0, 1, gap=1) == [Area(0, 10, 2, 4), Area(0, 10, 0, 1)]
    assert area.grown(1) == Area(-1, 11, -1, 5)
    assert area.size == (10, 4)


def test_a_probe_reads_the_network_all_along_its_way(stage):
    network = Network([SLOPE])
    probe = Probe(np.array([[0.0, 0.0], [3.0, 0.0]]), lambda X: X[:, 0] < 2, network)
    stage.add(probe, probe.confidence, probe.for_truth)
    wander = Wander(probe, rate_func=lambda t: t)
    wander.begin()
    for t, place, true in ((0.0, 0.0, 1), (1 / 3, 1.0, 1), (1.0, 3.0, 0)):
        wander.interpolate(t)
        assert probe.point.points[0].tolist() == pytest.approx([place, 0, 0])
        np.testing.assert_array_equal(probe.point.rgba[0, :3], probe.shades[true])
        p = network.predict_proba(np.array([[place, 0.0]]))[0]
        shown = [number.number.entries[0].points for number in (probe.confidence, probe.for_truth)]
        for points, number, value in zip(shown, (probe.confidence, probe.for_truth), (p.max(), p[true]), strict=True):
            np.testing.assert_array_equal(points, number.copy().set_value(value).number.entries[0].points)


def test_a_path_to_a_confident_error_leads_between_points_of_which_the_network_is_sure():
    X = np.array([[0.9, 0.0], [3.0, 0.0], [4.0, 1.0], [9.0, 0.0]])
    # It is wrong about the last of the known, and right about the first of the unknown.
    way = path_to_confident_error(Network([SLOPE]), (X, [0, 1, 1, 0]), (-X, [0, 1, 1, 1]))
    assert way.tolist() == [[4.0, 1.0], [-9.0, 0.0]]


def test_share_above_counts_both_classes():
    assert share_above(0.9)(np.array([0.05, 0.2, 0.8, 0.95])) == 0.5


def test_the_spread_of_values_holds_both_levels():
    assert value_range(lambda X: 0.3 + 0 * X[:, 0], BOX) == 1.0
    assert value_range(lambda X: X[:, 0], BOX) == 4.0


def test_still(play, snapshot):
    film = runpy.run_path(str(STILLS / "four_classes_of_a_smooth_network.py"))["FourClassesOfASmoothNetwork"]
    stage = play(film)
    snapshot(stage, "four_classes_of_a_smooth_network")
    assert findings(stage) == []


@pytest.mark.parametrize("n_classes", [3, 4, 7])
def test_several_classes_have_the_colour_of_the_most_probable_one(n_classes):
    rng = np.random.default_rng(n_classes)
    network = Network([Layer(3 * rng.normal(size=(n_classes, 2)), rng.normal(size=n_classes))])
    plane = HeatPlane(network, BOX, detail=12)
    probabilities = network.predict_proba(plane.pixels)
    np.testing.assert_allclose(plane.values.reshape(-1, n_classes), probabilities)
    neutral = np.array(rgb(theme().neutral))
    shades = np.array([rgb(colour) for colour in theme().class_colours(n_classes)])
    certain = (probabilities.max(axis=1) - 1 / n_classes) / (1 - 1 / n_classes)
    expected = neutral + certain[:, None] * (shades[network.predict(plane.pixels)] - neutral)
    np.testing.assert_allclose(plane.face.picture.reshape(-1, 3) / 255, expected, atol=1 / 500)
    scores = np.sort(network.logits(plane.boundary.origin), axis=1)
    np.testing.assert_allclose(scores[:, -1], scores[:, -2], atol=1e-9)


def test_a_probe_knows_any_number_of_classes():
    network = Network([Layer([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]], [0.0, 0.0, 0.0])])
    probe = Probe(np.array([[0.0, 0.0], [0.0, 3.0]]), lambda X: np.where(X[:, 1] > 2, 1, 2), network)
    probe.go(1.0)
    np.testing.assert_allclose(probe.point.rgba[0, :3], rgb(theme().class_colours(3)[1]))
    points = probe.for_truth.number.entries[0].points
    expected = probe.for_truth.copy().set_value(network.predict_proba([[0.0, 3.0]])[0, 1])
    np.testing.assert_array_equal(points, expected.number.entries[0].points)


def test_a_path_to_an_error_needs_an_error():
    network = Network([SLOPE])
    X = np.array([[0.0, 0.0], [2.0, 0.0]])
    with pytest.raises(UnfoldError, match="right about all 2 points that are unknown"):
        path_to_confident_error(network, (X, network.predict(X)), (X, network.predict(X)))
