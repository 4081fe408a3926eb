"""The camera: the painter and Manim project alike, the overlay stays still, views fit."""

from __future__ import annotations

import numpy as np
import pytest
from manim import Dot3D, Square, config

from nn_unfold.space.primitives import Cloud, LiveLines, Segments
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.view import TOP, Area, CameraMove, Panel, View, fit
from nn_unfold.text.labels import anchored, label


def random_view(rng) -> View:
    return View(rng.uniform(0, np.pi), rng.uniform(-np.pi, np.pi), np.exp(rng.uniform(-1, 1.5)), rng.normal(0, 2, 3))


def centroid(frame, background) -> np.ndarray:
    """The middle (x, y), in pixels, of what differs from the background."""
    weight = np.abs(frame.astype(float) - background).sum(axis=2)
    ys, xs = np.indices(weight.shape) + 0.5
    return np.array([(weight * xs).sum(), (weight * ys).sum()]) / weight.sum()


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def visible(rng, stage):
    """Twelve random views, each with a place in space that is well on the screen and not far from the focus."""
    cases = []
    while len(cases) < 12:
        view = random_view(rng)
        place = view.centre + rng.normal(0, 2.5 / view.zoom, 3)
        view.take(stage.camera)
        x, y, depth = stage.camera.project_point(place)
        if abs(x) < 6 and abs(y) < 3 and abs(depth) < 0.5 * stage.camera.get_focal_distance():
            cases.append((view, place))
    return cases


def test_a_painted_point_and_a_dot_of_manim_have_the_same_middle(stage, picture, visible):
    empty = picture(stage)[0, 0]
    for view, place in visible:
        view.take(stage.camera)
        cloud, dot = Cloud(place[None], radius=30), Dot3D(place, radius=0.05 / view.zoom)
        middles = []
        for thing in (cloud, dot):
            stage.add(thing)
            middles.append(centroid(picture(stage), empty))
            stage.remove(thing)
        assert np.linalg.norm(middles[0] - middles[1]) < 0.5, f"{view} {place}"


@pytest.mark.parametrize("area", [None, Area(-5.0, 1.0, -2.0, 3.0)], ids=["screen", "panel"])
def test_nothing_is_painted_where_the_camera_says_that_nothing_may_be(stage, rng, area):
    lens = stage.camera if area is None else Panel(area)
    ends = rng.normal(size=(4, 2, 3))
    things = [
        Cloud(rng.normal(size=(5, 3)), radius=60),
        Segments(ends, (1, 1, 1, 1), width=40),
        LiveLines(width=40, cased=True).lay(ends, (1, 1, 1)),
        Sheet((-1, 1, -1, 1)).faces,
    ]
    marked = np.indices((config.pixel_height, config.pixel_width))
    seen = 0
    for _ in range(30):
        random_view(rng).take(lens)
        for batch in (thing.batch() for thing in things):
            left, top, right, bottom = stage.camera.may_mark(batch, lens)
            painted = stage.camera.painted([batch], lens).whole(*marked.shape[1:])[..., 3] > 0
            down, across = np.nonzero(painted)
            assert ((down >= top) & (down < bottom) & (across >= left) & (across < right)).all()
            seen += len(down) > 0
    assert seen > 60
    things[0].set_opacity(0)
    assert stage.camera.may_mark(things[0].batch(), lens) is None


def test_the_matrix_of_the_painter_is_the_projection_of_manim(stage, rng):
    for _ in range(50):
        view = random_view(rng)
        view.take(stage.camera)
        points = view.centre + rng.normal(0, 3 / view.zoom, (20, 3))
        clip = np.column_stack([points, np.ones(20)]) @ stage.camera.projection().T
        seen = clip[:, :2] / clip[:, 3:] * [config.frame_width / 2, -config.frame_height / 2]
        np.testing.assert_allclose(seen, stage.camera.project_points(points)[:, :2], atol=1e-9)


def test_distance_along_the_view_decides_what_is_in_front(stage, rng):
    for _ in range(20):
        view = random_view(rng)
        view.take(stage.camera)
        points = view.centre + rng.normal(0, 3 / view.zoom, (20, 3))
        clip = np.column_stack([points, np.ones(20)]) @ stage.camera.projection().T
        depth = stage.camera.project_points(points)[:, 2]
        np.testing.assert_array_equal(np.argsort(clip[:, 2] / clip[:, 3]), np.argsort(-depth))


def test_a_small_world_seen_from_near_looks_like_a_large_one_from_afar(stage, rng):
    points = rng.normal(0, 1, (30, 3))
    View(1.1, 0.3, 1.0, np.ones(3)).take(stage.camera)
    far = stage.camera.project_points(points)[:, :2]
    View(1.1, 0.3, 1000.0, np.ones(3) / 1000).take(stage.camera)
    np.testing.assert_allclose(stage.camera.project_points(points / 1000)[:, :2], far, atol=1e-9)


def test_the_overlay_stays_where_it_is_when_the_camera_moves(stage, picture, rng):
    stage.add(label("still"), Square(1.0).shift([3, 2, 0]))
    before = picture(stage)
    for _ in range(5):
        random_view(rng).take(stage.camera)
        np.testing.assert_array_equal(picture(stage), before)


def test_an_anchored_label_goes_with_its_place_in_its_own_size(stage, picture, visible):
    empty = picture(stage)[0, 0]
    offset = np.array([0.4, -0.3, 0.0])
    text = label("o")
    half_height = text.height / 2
    for view, place in visible:
        view.take(stage.camera)
        tied = anchored(text.copy(), place, offset)
        stage.add(tied)
        x, y = (stage.camera.project_point(place) + offset)[:2]
        expected = [(x / config.frame_width + 0.5) * 480, (0.5 - y / config.frame_height) * 270]
        shown = picture(stage)
        assert np.linalg.norm(centroid(shown, empty) - expected) < 0.5
        rows = np.flatnonzero((shown != empty).any(axis=(1, 2)))
        assert np.ptp(rows) == pytest.approx(2 * half_height / config.frame_height * 270, abs=2)
        stage.remove(tied)


def test_of_a_panel_nothing_is_painted_beyond_it_and_what_is_in_it_is_as_without_a_border(stage, monkeypatch):
    panel = Panel(Area(-3.01, 1.5, -2.0, 2.52))
    cloud = Cloud(np.random.default_rng(1).uniform(-9, 9, (300, 3)) * [1, 1, 0])
    panel.add(cloud)
    View(*TOP, 1.0, np.zeros(3)).take(panel)
    shown = stage.camera.painted([cloud.batch()], panel).whole(270, 480)
    monkeypatch.setattr(panel, "area", None)
    everywhere = stage.camera.painted([cloud.batch()], panel).whole(270, 480)
    inside = np.zeros((270, 480), dtype=bool)
    scale = 480 / config.frame_width
    rows = slice(int((4 - 2.52) * scale), int(np.ceil((4 + 2.0) * scale)))
    inside[rows, int(240 - 3.01 * scale) : int(np.ceil(240 + 1.5 * scale))] = True
    assert not shown[~inside].any()
    assert everywhere[~inside].any()
    np.testing.assert_array_equal(shown[inside], everywhere[inside])


@pytest.mark.parametrize("area", [Area(-6, 6, -2, 3), Area(-1, 5, -3, 0), Area(2, 3, -1, 3)])
def test_fit_puts_all_points_inside_and_touches_the_border(stage, rng, area):
    for _ in range(20):
        points = rng.normal(0, np.exp(rng.uniform(-6, 6)), (40, 3)) * [1, 1, rng.uniform(0, 1)] + rng.normal(0, 9, 3)
        before = View.of(stage.camera)
        view = fit(stage.camera, points, area, phi=rng.uniform(0, np.pi / 2), theta=rng.uniform(-np.pi, np.pi))
        assert np.array_equal(View.of(stage.camera).numbers(), before.numbers())
        view.take(stage.camera)
        seen = stage.camera.project_points(points)[:, :2]
        (left, bottom), (right, top) = seen.min(axis=0), seen.max(axis=0)
        rooms = np.array([left - area.left, area.right - right, bottom - area.bottom, area.top - top])
        assert rooms.min() > -1e-3
        # It is centred, and touches in one of the two directions.
        assert rooms[0] == pytest.approx(rooms[1], abs=2e-3)
        assert rooms[2] == pytest.approx(rooms[3], abs=2e-3)
        assert min(rooms[0], rooms[2]) < 1e-3


def test_a_single_point_is_put_in_the_middle(stage):
    area = Area(0, 4, -1, 1)
    view = fit(stage.camera, np.array([[3.0, 4.0, 5.0]]), area, phi=0.4, theta=1.0)
    view.take(stage.camera)
    np.testing.assert_allclose(stage.camera.project_point(np.array([3.0, 4.0, 5.0]))[:2], [2, 0], atol=1e-6)
    assert np.isfinite(view.numbers()).all()


def test_a_camera_move_ends_on_its_view_to_the_last_digit_and_passes_through_the_stops(stage):
    start = View(*TOP, 1.0, np.zeros(3))
    stop, end = View(0.5, -1.0, 2.0, np.ones(3)), View(1.0, 0.2, 3.0, np.array([0.0, 1.0, 2.0]))
    start.take(stage.camera)
    move = CameraMove(stage.camera, stop, end, rate_func=lambda t: t)
    move.begin()
    for alpha, view in ((0.0, start), (0.5, stop), (1.0, end)):
        move.interpolate(alpha)
        np.testing.assert_allclose(View.of(stage.camera).numbers(), view.numbers(), rtol=0, atol=1e-12)


def test_a_played_and_a_skipped_camera_move_leave_the_same_floats(stage):
    ends = []
    cloud = Cloud([[0.0, 1.0], [2.0, 0.3]])
    for skipping in (True, False):
        View(*TOP, 1.0, np.zeros(3)).take(stage.camera)
        stage.renderer._original_skipping_status = skipping
        stage.play(CameraMove(stage.camera, View(1.0, 0.3, 2.7, np.array([0.1, 0.2, 0.3])), run_time=0.4))
        stage.play(stage.turn(1.3, cloud, run_time=0.4))
        ends.append(View.of(stage.camera).numbers())
    assert ends[0].tobytes() == ends[1].tobytes()


def test_an_empty_cloud_paints_nothing(stage, picture):
    before = picture(stage)
    stage.add(Cloud(np.zeros((0, 2))))
    np.testing.assert_array_equal(picture(stage), before)
