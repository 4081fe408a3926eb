"""The painter's pixels: what lies in front, on top and behind, in which colour, and in which shape."""

from __future__ import annotations

import sys
from itertools import combinations, permutations

import moderngl
import numpy as np
import pytest
from manim import DEGREES, config

from nn_unfold.engine.paint import painter
from nn_unfold.errors import UnfoldError
from nn_unfold.space.primitives import Cloud, Faces, Segments
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.stage import Stage
from nn_unfold.stage.view import View
from nn_unfold.theme import THEMES, rgb

RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
FROM_ABOVE, FROM_BELOW = View(0.0, -90 * DEGREES, 1.0, np.zeros(3)), View(180 * DEGREES, 0.0, 1.0, np.zeros(3))
VIEWS = [
    View(phi * DEGREES, theta * DEGREES, zoom, np.zeros(3))
    for phi, theta, zoom in ((0, -90, 1.0), (45, -60, 1.0), (75, 20, 2.0), (20, 200, 0.3), (-60, 100, 1.0))
]


def square(colour, *, height=0.0, opacity=1.0, half=2.0) -> Faces:
    corners = half * np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) + [0, 0, height]
    return Faces(corners, [[0, 1, 2], [0, 2, 3]], [*colour, opacity])


@pytest.fixture
def pixel(stage, picture):
    """Shows things in a view and tells the colour (r, g, b), 0 to 1, at the middle of the screen."""

    def pixel(view, *things):
        view.take(stage.camera)
        stage.clear()
        stage.add(*things)
        return picture(stage)[134:136, 239:241].mean(axis=(0, 1)) / 255

    return pixel


def lit(stage, colour) -> np.ndarray:
    """The colour of a face in the plane z = 0 under the theme's light."""
    tokens = stage.tokens
    return np.array(colour) * (1 - tokens.shading + tokens.shading * abs(tokens.light[2]))


# Depth


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize(
    "view", VIEWS, ids=lambda view: f"{view.phi / DEGREES:.0f}-{view.theta / DEGREES:.0f}-{view.zoom}"
)
def test_in_one_plane_a_line_lies_on_the_surface_and_a_point_on_the_line(pixel, view, order):
    surface = square(RED)
    line = Segments([[[-2, 0], [2, 0]]], [*GREEN, 1.0], width=40)
    point = Cloud([[0.0, 0.0]], radius=20).set_color("#0000ff")
    assert np.argmax(pixel(view, *[(surface, line)[i] for i in order if i < 2])) == 1
    assert np.argmax(pixel(view, *[(surface, line, point)[i] for i in order])) == 2


@pytest.mark.parametrize("flip", [False, True])
def test_what_is_nearer_hides_what_is_farther(stage, pixel, flip):
    things = [square(RED, height=0.3), square(GREEN)]
    things = things[::-1] if flip else things
    np.testing.assert_allclose(pixel(FROM_ABOVE, *things), lit(stage, RED), atol=0.01)
    np.testing.assert_allclose(pixel(FROM_BELOW, *things), lit(stage, GREEN), atol=0.01)


def test_lines_and_points_below_a_surface_are_hidden(stage, pixel):
    below = [Segments([[[-1, 0, -0.2], [1, 0, -0.2]]], [*GREEN, 1.0], width=40), Cloud([[0.0, 0.0, -0.2]], radius=30)]
    np.testing.assert_allclose(pixel(FROM_ABOVE, square(RED), *below), lit(stage, RED), atol=0.01)
    assert pixel(FROM_BELOW, square(RED), *below)[0] < 0.9


@pytest.mark.parametrize("radius", [5, 9, 40])
@pytest.mark.parametrize("zoom", [0.2, 1.0, 7.0])
def test_a_ball_shows_through_a_surface_only_where_it_reaches_through_it(stage, pixel, radius, zoom):
    """Whatever its size on the screen: its radius in scene units counts."""
    reach = radius * config.frame_height / 1080 / zoom
    view = View(0.0, -90 * DEGREES, zoom, np.zeros(3))
    surface = square(RED, half=2 / zoom)
    for depth, shown in ((0.0, True), (0.5, True), (1.05, False), (2.0, False)):
        ball = Cloud([[0.0, 0.0, -depth * reach]], radius=radius).set_color("#0000ff")
        seen = pixel(view, surface, ball)
        assert (np.abs(seen - lit(stage, RED)).max() > 0.1) == shown, depth


@pytest.mark.parametrize("tilt", [30, 60, 70])
def test_a_ball_in_a_tilted_plane_is_whole(stage, picture, tilt):
    View(tilt * DEGREES, 0.4, 1.0, np.zeros(3)).take(stage.camera)
    ball = Cloud([[0.3, 0.2]], radius=9)
    ball.set_color("#0000ff")
    alone, on_it = [], []
    for things, areas in (([], alone), ([square(RED)], on_it)):
        stage.clear()
        stage.add(*things)
        without = picture(stage).astype(int)
        stage.add(ball)
        areas.append((np.abs(picture(stage) - without).max(axis=2) > 30).sum())
    assert on_it[0] >= 0.9 * alone[0]


def test_the_higher_order_lies_on_top_in_one_plane(pixel):
    for view in VIEWS:
        low, high = square(RED), square(GREEN, half=1.0)
        high.order = 1
        assert np.argmax(pixel(view, high, low)) == 1
        assert np.argmax(pixel(view, low, high)) == 1


@pytest.mark.parametrize("opacity", [1.0, 0.99])
def test_of_points_in_one_place_the_first_is_seen_also_when_it_begins_to_fade(pixel, opacity):
    first, second = (Cloud([[0.0, 0.0]], radius=30).set_color(c).set_opacity(opacity) for c in ("#ff0000", "#00ff00"))
    for below in ([], [square(BLUE)], [square(BLUE, opacity=0.5)]):
        assert np.argmax(pixel(FROM_ABOVE, *below, first, second)) == 0
        assert np.argmax(pixel(FROM_ABOVE, *below, second, first)) == 1


def test_surfaces_that_cut_each_other_part_along_the_cut(stage, picture):
    """One plane, and one that crosses it in the y axis: each is seen where it is the higher."""
    flat, slanted = square(RED), square(GREEN)
    slanted.points[:, 2] = 0.5 * slanted.points[:, 0]
    FROM_ABOVE.take(stage.camera)
    stage.add(flat, slanted)
    frame = picture(stage)[100:170].astype(int)
    # The right of the slanted one is nearer; 54 pixels to a unit at zoom 1 and 270 lines less perspective.
    assert (frame[:, 245:300, 1] > frame[:, 245:300, 0]).all()
    assert (frame[:, 180:235, 0] > frame[:, 180:235, 1]).all()


# Translucency


def test_a_translucent_sheet_in_front_of_an_opaque_one_mixes_with_it(stage, pixel):
    for order in ((0, 1), (1, 0)):
        things = [square(GREEN, height=0.5, opacity=0.4), square(RED)]
        mixed = 0.4 * lit(stage, GREEN) + 0.6 * lit(stage, RED)
        np.testing.assert_allclose(pixel(FROM_ABOVE, *[things[i] for i in order]), mixed, atol=0.01)
        np.testing.assert_allclose(pixel(FROM_BELOW, *[things[i] for i in order]), lit(stage, RED), atol=0.01)


def test_translucent_sheets_mix_from_far_to_near(stage, pixel):
    layers = [square(colour, height=h, opacity=0.5) for colour, h in ((RED, 0.0), (GREEN, 0.2), (BLUE, 0.4))]
    background = np.array(rgb(stage.tokens.background))
    r, g, b = (lit(stage, colour) for colour in (RED, GREEN, BLUE))
    for order in permutations(layers):
        above = 0.5 * b + 0.25 * g + 0.125 * r + 0.125 * background
        below = 0.5 * r + 0.25 * g + 0.125 * b + 0.125 * background
        np.testing.assert_allclose(pixel(FROM_ABOVE, *order), above, atol=0.015)
        np.testing.assert_allclose(pixel(FROM_BELOW, *order), below, atol=0.015)


def test_a_translucent_line_on_an_opaque_surface_mixes_with_it(stage, pixel):
    line = Segments([[[-2, 0], [2, 0]]], [*GREEN, 0.25], width=40)
    mixed = 0.25 * np.array(GREEN) + 0.75 * lit(stage, RED)
    np.testing.assert_allclose(pixel(FROM_ABOVE, square(RED), line), mixed, atol=0.01)


@pytest.mark.parametrize("turn", [0, 7, 30, 45, 100])
@pytest.mark.parametrize("opacity", [0.3, 0.8])
def test_a_translucent_face_fades_out_within_a_pixel_of_its_edge_and_is_nowhere_painted_twice(stage, turn, opacity):
    face = square(RED, half=1.0, opacity=opacity)
    face.rotate(turn * DEGREES)
    FROM_ABOVE.take(stage.camera)
    view = stage.camera.projection()
    settings = {"light": np.array([0.0, 0.0, 1.0]), "shading": 0.0, "grid": (0.0,) * 4, "grid_width": 0.0}
    alpha = painter.Painter(480, 270, 4).paint([face.batch()], view, **settings).whole(270, 480)[..., 3] / 255
    places = np.stack(np.meshgrid(np.arange(480) + 0.5, np.arange(270) + 0.5), axis=-1)
    clip = face.points @ view[[0, 1, 3], :3].T + view[[0, 1, 3], 3]
    corners = (clip[:, :2] / clip[:, 2:] + 1) / 2 * [480, 270]
    along = np.roll(corners, -1, axis=0) - corners
    outwards = np.column_stack([-along[:, 1], along[:, 0]]) / np.linalg.norm(along, axis=1)[:, None]
    off = ((places[:, :, None] - corners) * outwards).sum(axis=-1)
    if off[135, 240].max() > 0:
        off = -off
    off = off.max(axis=-1)
    near_corner = np.linalg.norm(places[:, :, None] - corners, axis=-1).min(axis=-1) < 3
    expected = opacity * np.clip(np.where(off < 0, 1, 1 - off), 0, 1)
    wrong = (np.abs(alpha - expected) > 0.02) & ~near_corner & (np.abs(off) > 0.01)
    assert not wrong.any()
    assert alpha.max() <= opacity + 0.005


@pytest.mark.parametrize("make", [lambda: square(RED), lambda: Sheet((-1, 1, -1, 1)), lambda: Cloud([[0.0, 0.0]])])
def test_what_has_no_opacity_leaves_no_mark(stage, picture, make):
    empty = picture(stage)
    thing = make()
    stage.add(thing)
    assert (picture(stage) != empty).any()
    thing.set_opacity(0)
    np.testing.assert_array_equal(picture(stage), empty)


def test_a_face_with_a_picture_has_no_edge_of_another_colour(stage, picture):
    face = square((1.0, 1.0, 1.0))
    face.uv = face.points[:, :2] / 4 + 0.5
    face.picture = np.full((8, 8, 3), [90, 0, 0], dtype=np.uint8)
    View(0.5, 0.3, 1.0, np.zeros(3)).take(stage.camera)
    stage.add(face)
    green, blue = picture(stage)[..., 1], picture(stage)[..., 2]
    assert max(green.max(), blue.max()) <= picture(stage)[0, 0].max()


# Lines


@pytest.mark.parametrize("name", ["dark", "light", "dark-safe", "light-safe"])
def test_a_cased_line_is_as_thick_in_every_theme(name, monkeypatch, picture):
    """On the background: its rim is seen on sheets alone."""
    monkeypatch.setenv("UNFOLD_THEME", name)
    stage = Stage(skip_animations=True)
    FROM_ABOVE.take(stage.camera)
    stage.add(Segments([[[-3, 0], [3, 0]]], [*rgb(stage.tokens.boundary), 1.0], width=48, cased=True))
    background, line = (np.array(rgb(colour)) for colour in (stage.tokens.background, stage.tokens.boundary))
    column = picture(stage)[:, 240] / 255
    inked = np.abs(column - background).sum(axis=1) > 0.5 * np.abs(line - background).sum()
    assert inked.sum() == 8  # two thirds of 48 pixels at 1080 lines


def test_the_rim_of_a_line_stands_out_from_a_sheet_of_the_brightness_of_the_line(monkeypatch, picture):
    for name, sheet in (("dark", (0.9, 0.9, 0.9)), ("light", (0.1, 0.1, 0.1))):
        monkeypatch.setenv("UNFOLD_THEME", name)
        stage = Stage(skip_animations=True)
        FROM_ABOVE.take(stage.camera)
        line = Segments([[[-3, 0], [3, 0]]], [*rgb(stage.tokens.boundary), 1.0], width=48, cased=True)
        stage.add(square(sheet), line)
        column = picture(stage)[120:150, 240].astype(int)
        assert np.ptp(column[:, 0]) > 120


# Light


def test_a_face_is_as_bright_from_both_sides_and_whichever_way_round(pixel):
    face, turned = square(RED), square(RED)
    turned.triangles = turned.triangles[:, ::-1]
    np.testing.assert_allclose(pixel(FROM_ABOVE, face), pixel(FROM_BELOW, face), atol=0.01)
    np.testing.assert_allclose(pixel(FROM_ABOVE, face), pixel(FROM_ABOVE, turned), atol=0.01)


def test_a_face_is_brightest_towards_the_light(stage, pixel):
    light = np.array(stage.tokens.light)
    assert np.linalg.norm(light) == pytest.approx(1, abs=1e-3)
    towards, edgewise = square(RED), square(RED)
    across = np.linalg.svd(light[None])[2][1:]  # two directions across the light
    towards.points = square(RED).points[:, :2] @ across
    edgewise.points = square(RED).points[:, :2] @ np.array([light, across[0]])
    side = np.cross(light, across[0])
    for face, normal, brightness in ((towards, light, 1.0), (edgewise, side, 1 - stage.tokens.shading)):
        view = View(np.arccos(normal[2]), np.arctan2(normal[1], normal[0]), 1.0, np.zeros(3))
        np.testing.assert_allclose(pixel(view, face), [brightness, 0, 0], atol=0.02)


# Classes without colour


def marker(stage, picture, label, radius) -> np.ndarray:
    """The shape of a class's marker in the middle of the screen, all grey: (60, 60) booleans."""
    cloud = Cloud([[0.0, 0.0]], [label], n_classes=7, radius=radius).set_color("#808080")
    stage.clear()
    stage.add(cloud)
    frame = picture(stage).astype(int)
    return (np.abs(frame - frame[0, 0]).max(axis=2) > 6)[105:165, 210:270]


@pytest.mark.parametrize(("radius", "least"), [(72, 0.15), (24, 0.15)])
def test_the_markers_of_seven_classes_differ_in_shape(stage, picture, radius, least):
    shapes = [marker(stage, picture, label, radius) for label in range(7)]
    areas = [shape.sum() for shape in shapes]
    assert max(areas) < 1.4 * min(areas)
    for one, other in combinations(range(7), 2):
        differing = (shapes[one] ^ shapes[other]).sum() / max(areas[one], areas[other])
        assert differing > least, f"classes {one} and {other}"


@pytest.mark.parametrize("name", THEMES)
def test_two_classes_differ_in_brightness(name):
    """By at least 3 to 1, which WCAG 2 asks for graphics."""
    dark, bright = sorted(relative_luminance(rgb(colour)) for colour in THEMES[name].binary)
    assert (bright + 0.05) / (dark + 0.05) > 3


def relative_luminance(colour) -> float:
    """As WCAG 2 defines it, of an sRGB colour."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


# Sizes


@pytest.mark.parametrize(
    "view", VIEWS, ids=lambda view: f"{view.phi / DEGREES:.0f}-{view.theta / DEGREES:.0f}-{view.zoom}"
)
def test_lines_and_points_keep_their_size_from_every_view(stage, picture, view):
    """40 pixels at 1080 lines are 10 at 270."""
    view.take(stage.camera)
    across = np.array([*stage.camera.get_rotation_matrix()[0]])  # to the right on the screen
    stage.add(Segments([[-8 * across, 8 * across]], [1, 1, 1, 1], width=40))
    rows = (picture(stage)[:, 200] > 128).all(axis=1).sum()
    assert rows == pytest.approx(10, abs=1)
    stage.clear()
    stage.add(Cloud([[0.0, 0.0]], radius=40))
    frame = picture(stage).astype(int)
    rows = (np.abs(frame - frame[0, 0]).max(axis=2) > 30)[:, 240].sum()
    assert rows == pytest.approx(20, abs=2)


# Machines


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="tells apart devices of EGL")
def test_a_device_that_does_not_open_is_passed_over(monkeypatch):
    tried = []

    def fail_on_the_first(device_index, **options):
        tried.append(device_index)
        if device_index == 0:
            raise Exception("eglInitialize failed (0x3001)")
        return f"a context of device {device_index}"

    monkeypatch.setattr(moderngl, "create_context", fail_on_the_first)
    assert painter._open_context.__wrapped__() == "a context of device 1"
    assert tried == [0, 1]


def test_without_opengl_one_line_says_what_to_install(monkeypatch):
    def fail(**options):
        raise Exception("eglGetError returned 0x3001\nmore")

    monkeypatch.setattr(moderngl, "create_context", fail)
    # The process has a context by now; ask for one as if it were the first.
    monkeypatch.setattr(painter, "_open_context", painter._open_context.__wrapped__)
    with pytest.raises(UnfoldError, match="apt-get install libegl1 libgl1 libgl1-mesa-dri") as error:
        painter.Painter(16, 16, 0)
    assert len(str(error.value).splitlines()) == 1
    assert "0x3001" in str(error.value)
