"""What lives in space can be moved, coloured and faded by Manim's own animations, each kind by each."""

from __future__ import annotations

import numpy as np
import pytest
from manim import (
    DOWN,
    OUT,
    PI,
    RIGHT,
    UP,
    ApplyMatrix,
    Create,
    FadeIn,
    FadeOut,
    Group,
    Restore,
    Rotate,
    Transform,
    Uncreate,
    linear,
)

from nn_core.network import Layer, Network
from nn_unfold.errors import UnfoldError
from nn_unfold.motion.flows import Draw
from nn_unfold.space.base import SpatialGroup, in_space, spatial_parts
from nn_unfold.space.classes import class_labels
from nn_unfold.space.primitives import Cloud, Faces, Segments
from nn_unfold.space.residuals import Residuals
from nn_unfold.space.sheet import Sheet
from nn_unfold.theme import rgb, theme

CORNERS = np.array([[-1.0, -1.0], [2.0, -1.0], [2.0, 1.0], [-1.0, 1.0]])
COLOURS = np.array([[1, 0, 0, 1], [0, 1, 0, 0.5], [0, 0, 1, 1], [1, 1, 0, 0.25]])

KINDS = {
    "faces": lambda: Faces(CORNERS, [[0, 1, 2], [0, 2, 3]], COLOURS),
    "segments": lambda: Segments([CORNERS[:2], CORNERS[2:]], COLOURS[:2]),
    "cloud": lambda: Cloud(CORNERS, [0, 1, 0, 1]),
    "sheet": lambda: Sheet((-1, 2, -1, 1), Network.create([2, 2], "relu", rng=np.random.default_rng(0))),
}


@pytest.fixture(params=KINDS)
def thing(request, stage):
    thing = KINDS[request.param]()
    stage.add(thing)
    return thing


def points(thing) -> np.ndarray:
    return np.concatenate([part.points for part in spatial_parts([thing])])


def rgba(thing) -> np.ndarray:
    return np.concatenate([part.rgba for part in spatial_parts([thing])])


def half_way(animation) -> None:
    """Leave what an animation moves where it is in the middle of it."""
    animation.begin()
    animation.interpolate(0.5)


def turned(places: np.ndarray, angle: float, about: np.ndarray) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return (places - about) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T + about


def test_shift(stage, thing):
    before = points(thing)
    stage.play(thing.animate.shift([1, 2, 3]))
    np.testing.assert_allclose(points(thing), before + np.array([1, 2, 3]), atol=1e-12)


def test_half_of_a_shift(thing):
    before = points(thing)
    half_way(thing.animate(rate_func=linear).shift([1, 2, 3]).build())
    np.testing.assert_allclose(points(thing), before + np.array([0.5, 1, 1.5]), atol=1e-12)


def test_scale(stage, thing):
    before, centre = points(thing), thing.get_center()
    stage.play(thing.animate.scale(2.5))
    np.testing.assert_allclose(points(thing), centre + 2.5 * (before - centre), atol=1e-12)


def test_rotate(stage, thing):
    before, centre = points(thing), thing.get_center()
    stage.play(thing.animate.rotate(0.7))
    np.testing.assert_allclose(points(thing), turned(before, 0.7, centre), atol=1e-12)


def test_half_of_a_turn_is_a_turn(thing):
    before, centre = points(thing), thing.get_center()
    half_way(Rotate(thing, PI / 2, rate_func=linear))
    np.testing.assert_allclose(points(thing), turned(before, PI / 4, centre), atol=1e-12)


def test_apply_matrix(stage, thing):
    before, matrix = points(thing), np.array([[2.0, 1.0], [-1.0, 0.5]])
    stage.play(ApplyMatrix(matrix, thing))
    np.testing.assert_allclose(points(thing)[:, :2], before[:, :2] @ matrix.T, atol=1e-12)
    np.testing.assert_allclose(points(thing)[:, 2], before[:, 2])


def test_apply_function(stage, thing):
    before = points(thing)
    stage.play(thing.animate.apply_function(lambda p: np.array([p[0], p[1], p[0] ** 2])))
    np.testing.assert_allclose(points(thing)[:, 2], before[:, 0] ** 2, atol=1e-12)


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_transform(thing, share):
    target = thing.copy().shift(OUT + RIGHT)
    for part in spatial_parts([target]):
        part.rgba = 1 - part.rgba
    before, colours = points(thing), rgba(thing)
    animation = Transform(thing, target, rate_func=linear)
    animation.begin()
    animation.interpolate(share)
    np.testing.assert_allclose(points(thing), (1 - share) * before + share * points(target), atol=1e-12)
    np.testing.assert_allclose(rgba(thing), (1 - share) * colours + share * rgba(target), atol=1e-12)


def test_a_straight_transform_to_relu_is_a_leaky_relu(thing):
    target = thing.copy()
    for part in spatial_parts([target]):
        part.points = np.maximum(part.points, 0)
    z = points(thing)
    half_way(Transform(thing, target, rate_func=linear))
    np.testing.assert_allclose(points(thing), np.maximum(z, 0.5 * z), atol=1e-12)


def test_set_color_leaves_the_opacity(stage, thing):
    before = rgba(thing)
    stage.play(thing.animate.set_color("#336699"))
    np.testing.assert_allclose(rgba(thing)[:, :3], np.tile([0.2, 0.4, 0.6], (len(before), 1)), atol=1e-6)
    np.testing.assert_allclose(rgba(thing)[:, 3], before[:, 3])


def test_set_opacity_leaves_the_colour(stage, thing):
    before = rgba(thing)
    stage.play(thing.animate.set_opacity(0.3))
    np.testing.assert_allclose(rgba(thing)[:, 3], 0.3)
    np.testing.assert_allclose(rgba(thing)[:, :3], before[:, :3])


def test_fade_in_ends_as_it_was(stage, thing):
    colours, places = rgba(thing), points(thing)
    stage.remove(thing)
    stage.play(FadeIn(thing, shift=UP, scale=0.5))
    assert thing in stage.mobjects
    np.testing.assert_allclose(rgba(thing), colours)
    np.testing.assert_allclose(points(thing), places, atol=1e-12)


def test_half_of_a_fade_has_half_the_opacity(thing):
    colours = rgba(thing)
    half_way(FadeIn(thing, rate_func=linear))
    np.testing.assert_allclose(rgba(thing)[:, 3], colours[:, 3] / 2)
    np.testing.assert_allclose(rgba(thing)[:, :3], colours[:, :3])


def test_fade_out_takes_it_away_and_leaves_it_as_it_was(stage, thing):
    colours = rgba(thing)
    stage.play(FadeOut(thing, shift=DOWN))
    assert not spatial_parts(stage.mobjects)
    np.testing.assert_allclose(rgba(thing), colours)


def test_save_and_restore(stage, thing):
    colours, places = rgba(thing), points(thing)
    thing.save_state()
    thing.shift(RIGHT).set_opacity(0.1).set_color("#000000")
    stage.play(Restore(thing))
    np.testing.assert_allclose(rgba(thing), colours)
    np.testing.assert_allclose(points(thing), places, atol=1e-12)


def test_a_copy_is_independent(thing):
    places, colours = points(thing), rgba(thing)
    copy = thing.copy()
    copy.shift(RIGHT).set_opacity(0.1)
    for part in spatial_parts([copy]):
        part.rgba[:] = 0
        part.points[:] = 0
    np.testing.assert_array_equal(points(thing), places)
    np.testing.assert_array_equal(rgba(thing), colours)


def test_in_a_group_with_something_else(stage, thing):
    cloud = Cloud([[0.0, 0.0]])
    before = points(thing)
    stage.play(Group(thing, cloud).animate.shift(RIGHT))
    np.testing.assert_allclose(points(thing), before + RIGHT, atol=1e-12)
    np.testing.assert_allclose(cloud.points, [[1, 0, 0]], atol=1e-12)


def test_every_frame_of_a_played_animation_is_drawn(stage, picture, thing):
    """Also the frames in between, which a skipped animation does not have."""
    stage.renderer._original_skipping_status = False
    stage.play(thing.animate.shift(RIGHT).set_opacity(0.5), run_time=0.3)
    stage.play(FadeOut(thing), run_time=0.3)
    assert np.ptp(picture(stage)) == np.ptp(picture(stage)[0, 0])


# Lines


LINES = np.array([[[0, 0], [1, 0]], [[1, 0], [1, 2]], [[1, 2], [1, 2]], [[1, 2], [4, 2]]], dtype=float)


def visible_length(segments) -> float:
    ends = segments.points.reshape(-1, 2, 3)[segments.rgba[::2, 3] > 0]
    return float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum())


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.9])
def test_lines_are_drawn_evenly_by_their_length(share):
    segments = Segments(LINES, [1, 1, 1, 1])
    animation = Create(segments, rate_func=linear)
    animation.begin()
    animation.interpolate(share)
    assert visible_length(segments) == pytest.approx(6 * share)
    animation = Uncreate(segments := Segments(LINES, [1, 1, 1, 1]), rate_func=linear)
    animation.begin()
    animation.interpolate(share)
    assert visible_length(segments) == pytest.approx(6 * (1 - share))


def test_drawn_lines_are_whole_and_opaque(stage):
    rng = np.random.default_rng(0)
    # Lengths whose sum depends on the order of summing, and lines without any length at the end.
    ends = rng.normal(size=(500, 2, 2)) * np.exp(rng.normal(size=(500, 1, 1)))
    ends[400:, 1] = ends[400:, 0]
    hidden = Segments(ends, [1, 1, 1, 1]).set_opacity(0)
    stage.add(hidden)
    stage.play(Draw(hidden))
    np.testing.assert_array_equal(hidden.rgba[:, 3], 1)
    np.testing.assert_allclose(hidden.points, in_space(ends.reshape(-1, 2)), atol=1e-12)


def test_lines_without_any_length_can_be_drawn(stage):
    point = Segments([[[1, 1], [1, 1]]], [1, 1, 1, 1])
    nothing = Segments(np.zeros((0, 2, 2)), [1, 1, 1, 1])
    stage.play(Create(point), Create(nothing))
    np.testing.assert_array_equal(point.rgba[:, 3], 1)
    assert nothing.points.shape == (0, 3)


# What can't be


def test_a_cloud_grows_into_a_larger_one(stage):
    cloud, larger = Cloud(CORNERS[:2]), Cloud(CORNERS, [0, 1, 0, 1])
    stage.play(Transform(cloud, larger))
    np.testing.assert_allclose(points(cloud), points(larger))
    np.testing.assert_allclose(rgba(cloud), rgba(larger))


def test_a_mesh_of_other_vertices_is_refused_in_one_line():
    small, large = Faces(CORNERS[:3], [[0, 1, 2]], [1, 1, 1, 1]), KINDS["faces"]()
    with pytest.raises(UnfoldError, match="A Faces of 3 vertices can't be transformed into one of 4"):
        Transform(small, large).begin()


@pytest.mark.parametrize("shape", [(5,), (5, 4), (2, 3, 3)])
def test_points_of_another_dimension_are_refused_in_one_line(shape):
    with pytest.raises(UnfoldError, match=r"shape \(n, 1\), \(n, 2\) or \(n, 3\).*nn_core.projections"):
        in_space(np.zeros(shape))


def test_parts_are_listed_once():
    cloud = Cloud(CORNERS)
    assert spatial_parts([SpatialGroup(cloud), cloud, Group(Group(cloud))]) == [cloud]


def test_an_even_opacity_is_given_back_to_the_last_digit():
    cloud = Cloud(np.zeros((10, 2))).set_opacity(0.6)
    assert np.full(10, 0.6).mean() != 0.6
    assert cloud.get_opacity() == 0.6
    cloud.rgba[:5, 3] = 0.2
    assert cloud.get_opacity() == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("y", "numbers", "names"),
    [
        ([-1, 1, 1, -1], [0, 1, 1, 0], (-1, 1)),
        (["no", "yes", "yes", "no"], [0, 1, 1, 0], ("no", "yes")),
        ([True, False, False, True], [1, 0, 0, 1], (False, True)),
        ([7, 30, 30, 7], [0, 1, 1, 0], (7, 30)),
        ([[1], [2], [2], [1]], [1, 2, 2, 1], (0, 1, 2)),
        (np.array([[0.0], [1.0], [1.0], [0.0]]), [0, 1, 1, 0], (0, 1)),
        ([0, 2, 2, 0], [0, 2, 2, 0], (0, 1, 2)),
    ],
)
def test_labels_of_any_kind_have_colours_of_their_own(y, numbers, names):
    cloud = Cloud(CORNERS, y)
    assert cloud.labels.tolist() == numbers
    assert cloud.classes == names
    colours = np.array([rgb(c) for c in theme().class_colours(len(names))])
    np.testing.assert_array_equal(cloud.rgba[:, :3], colours[numbers])
    assert not (cloud.rgba[0] == cloud.rgba[1]).all()


def test_the_number_of_classes_tells_what_whole_numbers_mean():
    assert class_labels([1, 2, 3], 4).numbers.tolist() == [1, 2, 3]
    assert class_labels([1, 2, 3], 3).numbers.tolist() == [0, 1, 2]
    assert class_labels([1, 2, 3], 3).names == (1, 2, 3)
    assert class_labels(["b", "a"], 3).names == ("a", "b", 2)
    assert class_labels([2, 2], 5).names == (0, 1, 2, 3, 4)


def test_labels_that_are_missing_or_too_many_are_refused_in_one_line():
    with pytest.raises(UnfoldError, match="There are 4 points but 3 labels"):
        Cloud(CORNERS, [0, 1, 0])
    with pytest.raises(UnfoldError, match=r"The labels can't be read: .*whole numbers"):
        Cloud(CORNERS, [0.5, 1.0, 0.0, 2.0])
    with pytest.raises(UnfoldError, match="The labels have 3 classes, but at most 2 fit"):
        Residuals(Network([Layer([[1.0, 0.0]], [0.0])]), CORNERS[:, :2], [0, 1, 2, 0])


def test_points_of_a_line_lie_on_the_x_axis():
    np.testing.assert_array_equal(in_space([[2.0], [3.0]]), [[2, 0, 0], [3, 0, 0]])
    np.testing.assert_array_equal(Cloud(np.array([[2.0], [3.0]])).points, [[2, 0, 0], [3, 0, 0]])


SMOOTH = Network(
    [
        Layer([[1.0, 0.4], [-0.5, 1.0], [0.3, -0.8]], [0.3, -0.2, 0.5], "tanh"),
        Layer([[1.2, -0.4, 0.5], [0.3, 1.1, -0.6]], [-0.2, 0.1], "relu"),
        Layer([[3.0, -3.0]], [0.5]),
    ]
)


@pytest.mark.parametrize("n_outputs", [1, 2, 3, 4, 7])
def test_a_sheet_is_refined_where_a_layer_is_smooth_and_split_where_it_is_not(n_outputs):
    rng = np.random.default_rng(n_outputs)
    # All scores are equal at one point, so that there is a boundary through it.
    weight, meeting = rng.normal(size=(n_outputs, 2)), Network(SMOOTH.layers[:2]).forward([[0.3, 0.9]]).output[0]
    network = Network([*SMOOTH.layers[:2], Layer(weight, -weight @ meeting)])
    sheet = Sheet((-2, 2, -2, 2), network, boundary=True)
    hidden = Network(network.layers[:2])
    corners = sheet.faces.origin[sheet.faces.triangles]
    images = hidden.forward(sheet.faces.origin).output[sheet.faces.triangles]
    size = np.ptp(hidden.forward(sheet.faces.origin).output, axis=0).max()
    off = np.linalg.norm(hidden.forward(corners.mean(axis=1)).output - images.mean(axis=1), axis=1)
    assert off.max() <= size / 400 * 1.01
    # The creases of the second layer are curves on which one of its neurons has the score 0.
    [creases] = sheet.creases
    z = hidden.forward(creases.origin).z[1]
    assert len(z)
    assert np.abs(z).min(axis=1).max() < 0.01
    # On the boundary the two best classes have the same score.
    scores = network.logits(sheet.boundary.origin)
    top = np.sort(np.column_stack([scores, np.zeros(len(scores))]) if n_outputs == 1 else scores, axis=1)
    assert len(top)
    assert (top[:, -1] - top[:, -2]).max() < 0.02


def test_a_sheet_without_a_smooth_hidden_layer_stays_as_coarse_as_its_creases():
    folding = Network([Layer(np.eye(2), [0.1, 0.2], "relu"), Layer(np.eye(2), [0, 0], "sigmoid")])
    assert len(Sheet((-2, 2, -2, 2), folding).faces.points) < 60
    assert len(Sheet((-2, 2, -2, 2), folding, depth=2).faces.points) > 200


@pytest.mark.parametrize("kind", ["hard_tanh", "relu6", "hard_sigmoid"])
def test_kinks_elsewhere_than_at_zero_are_creases_of_the_sheet(kind):
    network = Network([Layer([[3.0, 0.0]], [0.5], kind), Layer([[1.0]], [0.0])])
    [creases] = Sheet((-3, 3, -1, 1), network).creases
    z = network.forward(creases.origin).z[0][:, 0]
    np.testing.assert_allclose(sorted(set(z.round(9))), network.layers[0].activation.kinks)


def test_grid_lines_suit_boxes_of_any_size():
    for box in ((1950, 2020, 2e4, 9e5), (-0.002, 0.003, 0, 0.001), (-2, 2, -1, 1)):
        sheet = Sheet(box)
        along = sheet.grid.points[:, 1].round(12) if box[3] > 1 else sheet.grid.points[:, 0].round(12)
        assert 2 <= len(set(along)) <= 120, box
    X = np.array([[1950.0, 2e4], [2020.0, 9e5]])
    box = Sheet.over(X).box
    assert box[0] <= 1950
    assert box[1] >= 2020
    assert box[2] <= 2e4
    assert box[3] >= 9e5


def test_a_boundary_needs_a_network():
    with pytest.raises(UnfoldError, match="boundary=True needs a network"):
        Sheet((-1, 1, -1, 1), boundary=True)
