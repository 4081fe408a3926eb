"""The stage: beats, captions that wait to be read, quiet zones, calm moves of the camera."""

from __future__ import annotations

import numpy as np
import pytest
from manim import DEGREES, FadeIn, Square, VGroup, config

from nn_core.network import Layer
from nn_unfold.errors import UnfoldError
from nn_unfold.motion.flows import AffineFlow, Flow
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.layout import findings
from nn_unfold.stage.stage import READING_SPEED, READING_START, Stage
from nn_unfold.stage.view import Area, View
from nn_unfold.text.formulas import formula
from nn_unfold.text.labels import columns, label

LONG = "A plane is turned, stretched and slid by the first layer of a small network."


class Rise(Flow):
    """Lifts everything, at a constant speed."""

    def place(self, points, t):
        return points + np.array([0, 2 * t, 0])


def seen(stage, *things) -> Area:
    """The bounding box on the screen."""
    points = np.concatenate([p.points for thing in things for p in thing.get_family() if len(p.points)])
    (left, bottom), (right, top) = (f(stage.camera.project_points(points)[:, :2], axis=0) for f in (np.min, np.max))
    return Area(left, right, bottom, top)


def within(box, area, slack=1e-3) -> bool:
    return (
        box.left > area.left - slack
        and box.right < area.right + slack
        and box.bottom > area.bottom - slack
        and box.top < area.top + slack
    )


# Beats


def test_each_beat_has_its_subcaption_from_its_beginning_to_the_next(stage):
    with stage.beat("First the plane."):
        stage.play(FadeIn(Square()), run_time=2)
    with stage.beat("Then nothing."):
        pass
    writer = stage.renderer.file_writer
    assert [line.content for line in writer.subcaptions] == ["First the plane.", "Then nothing."]
    first, second = ((line.start.total_seconds(), line.end.total_seconds()) for line in writer.subcaptions)
    assert first[0] == 0
    assert first[1] == pytest.approx(second[0])
    # The film itself is counted in whole frames.
    assert second[1] == pytest.approx(stage.clock, abs=1 / config.frame_rate)
    assert stage.beats == ["First the plane.", "Then nothing."]


def test_one_caption_at_a_time(stage):
    for text in ("One.", "Two.", "Three."):
        with stage.beat(text):
            assert [row.words for row in stage._caption] == [text]
        captions = [m for m in stage.mobjects if isinstance(m, VGroup)]
        assert captions == [stage._caption]


@pytest.mark.parametrize("text", ["Short.", LONG])
@pytest.mark.parametrize("moving", [0.0, 1.0, 30.0])
def test_a_beat_lasts_until_its_caption_is_read_and_then_a_breath(stage, text, moving):
    with stage.beat(text):
        if moving:
            stage.play(FadeIn(Square()), run_time=moving)
    breath = stage.tokens.breath
    reading = READING_START + columns(text) / READING_SPEED
    assert stage.clock == pytest.approx(max(reading, moving + 2 * breath), abs=1e-9)


def test_chinese_takes_as_long_to_read_as_its_columns(monkeypatch, tmp_path):
    monkeypatch.setenv("UNFOLD_LANGUAGE", "zh")
    stage = Stage(skip_animations=True)
    message = "Two classes of points in the plane. No straight line separates them."
    with stage.beat(message):
        pass
    (subcaption,) = stage.renderer.file_writer.subcaptions
    assert subcaption.content != message
    assert stage.clock == pytest.approx(READING_START + columns(subcaption.content) / READING_SPEED)
    assert "".join(row.words for row in stage._caption) == subcaption.content


def test_a_caption_stays_in_its_band(stage):
    tokens = stage.tokens
    low = -config.frame_height / 2 + tokens.margin / 2
    for text in ("Short.", LONG, "gjpqy " * 20, "ÅÉÑ " * 15):
        with stage.beat(text.strip()):
            pass
        box = stage._caption
        assert low <= box.get_bottom()[1] < box.get_top()[1] <= low + tokens.caption_height
        assert findings(stage) == []


def test_a_caption_of_three_lines_is_refused_in_one_line(stage):
    with (
        pytest.raises(UnfoldError, match=r"The caption 'word word .* doesn't fit into two lines.*: shorten it"),
        stage.beat("word " * 40),
    ):
        pass


@pytest.mark.parametrize(
    ("character", "name"), [("ℝ", r"U\+211D DOUBLE-STRUCK CAPITAL R"), ("😀", r"U\+1F600 GRINNING FACE")]
)
def test_a_character_that_the_font_lacks_is_named(stage, character, name):
    with (
        pytest.raises(UnfoldError, match=rf"no glyph for '{character}' \({name}\)"),
        stage.beat(f"In {character} twice."),
    ):
        pass


# Quiet zones


def test_the_free_area_gives_way_to_what_is_aside(stage):
    wide = stage.area()
    stage.play(stage.aside(formula("x")))
    narrow = stage.area()
    assert narrow == wide._replace(left=wide.left + stage.tokens.aside_width)
    stage.play(stage.aside())
    assert stage.area() == wide


def test_what_is_aside_stands_in_the_corner_in_a_column(stage):
    first, second = formula("bold(z) = W bold(x)"), label("a note")
    stage.play(stage.aside(first, second))
    margin = stage.tokens.margin
    for thing in (first, second):
        assert thing.get_left()[0] == pytest.approx(-config.frame_width / 2 + margin)
    assert first.get_top()[1] == pytest.approx(config.frame_height / 2 - margin)
    assert first.get_bottom()[1] - second.get_top()[1] == pytest.approx(margin)
    assert findings(stage) == []


def test_who_leaves_the_column_is_gone_and_who_stays_moves_up(stage):
    first, second = formula("x"), formula("y")
    stage.play(stage.aside(first, second))
    stage.play(stage.aside(second))
    assert first not in stage.mobjects
    assert second.get_top()[1] == pytest.approx(config.frame_height / 2 - stage.tokens.margin)


def test_what_is_too_wide_for_the_column_is_made_smaller(stage):
    wide = Square(9).stretch(0.3, 1)
    stage.play(stage.aside(wide))
    assert wide.width == pytest.approx(stage.tokens.aside_width)


# The camera


def test_look_frames_at_once(stage):
    sheet = Sheet((-30, 50, 10, 20))
    stage.look(sheet)
    box, area = seen(stage, sheet), stage.area()
    assert within(box, area)
    assert box.left == pytest.approx(area.left, abs=1e-3)
    assert box.right == pytest.approx(area.right, abs=1e-3)


@pytest.mark.parametrize("angles", [{}, {"phi": 60 * DEGREES, "theta": 20 * DEGREES}])
def test_reframe_frames_in_the_end(stage, angles):
    sheet = Sheet((0, 1, 0, 1))
    stage.play(stage.reframe(sheet, **angles))
    assert within(seen(stage, sheet), stage.area())
    for name, angle in angles.items():
        assert getattr(View.of(stage.camera), name) == pytest.approx(angle)


def test_framing_holds_all_along_the_flows(stage):
    sheet = Sheet((0, 1, 0, 1))
    flow = Rise(sheet)
    stage.framing(sheet, flows=[flow]).take(stage.camera)
    flow.begin()
    for t in np.linspace(0, 1, 9):
        flow.interpolate(t)
        assert within(seen(stage, sheet), stage.area())


def test_follow_keeps_things_framed_at_every_moment(stage):
    sheet = Sheet((0, 1, 0, 1))
    stage.look(sheet)
    flow = Rise(sheet, rate_func=lambda t: t)
    move = stage.follow(flow, sheet)
    flow.begin()
    move.begin()
    for t in np.linspace(0, 1, 49):
        flow.interpolate(t)
        move.interpolate(t)
        assert within(seen(stage, sheet), stage.area(), slack=0.05)


def test_turn_keeps_things_framed_and_comes_round_evenly(stage):
    cloud = Cloud(np.random.default_rng(0).normal(size=(50, 3)))
    stage.look(cloud, phi=70 * DEGREES, theta=0.0)
    move = stage.turn(360 * DEGREES, cloud, run_time=6, rate_func=lambda t: t)
    move.begin()
    for t in np.linspace(0, 1, 33):
        move.interpolate(t)
        assert within(seen(stage, cloud), stage.area(), slack=0.1)
        assert View.of(stage.camera).theta == pytest.approx(t * 360 * DEGREES, abs=1e-6)


def test_swing_keeps_things_framed_on_the_way_to_another_direction(stage):
    sheet = Sheet((0, 3, 0, 1))
    stage.look(sheet)
    move = stage.swing(sheet, phi=75 * DEGREES, theta=50 * DEGREES)
    move.begin()
    for t in np.linspace(0, 1, 33):
        move.interpolate(t)
        assert within(seen(stage, sheet), stage.area(), slack=0.15)
    view = View.of(stage.camera)
    assert (view.phi, view.theta) == (pytest.approx(75 * DEGREES), pytest.approx(50 * DEGREES))
    np.testing.assert_allclose(view.numbers(), stage.framing(sheet).numbers(), atol=1e-3)


def test_swing_sets_out_from_where_the_camera_stands(stage):
    near, far = Sheet((0, 1, 0, 1)), Sheet((3, 9, 0, 1))
    stage.look(near)
    before = View.of(stage.camera).numbers()
    move = stage.swing(far, phi=40 * DEGREES, theta=-120 * DEGREES)
    move.begin()
    move.interpolate(0.01)
    assert np.abs(View.of(stage.camera).numbers() - before).max() < 0.05


def test_facing_shows_the_broad_side(stage):
    wall = Cloud(np.array([[0.0, y, z] for y in np.linspace(-1, 1, 9) for z in np.linspace(0, 1, 5)]))
    before = View.of(stage.camera).numbers()
    theta = stage.facing(wall, phi=80 * DEGREES)
    # The wall stands across the x axis: it is seen broadly from that axis, from either end.
    assert abs(np.cos(theta)) > 0.95
    np.testing.assert_allclose(View.of(stage.camera).numbers(), before, atol=1e-12)


def test_things_of_different_panels_cannot_be_framed_together(stage):
    panels = stage.panels(2)
    clouds = [Cloud([[0.0, 0.0]]) for _ in panels]
    for panel, cloud in zip(panels, clouds, strict=True):
        panel.add(cloud)
    with pytest.raises(UnfoldError, match="different panels"):
        stage.framing(*clouds)


# Time


def test_skipped_and_played_leave_the_same_scene_to_the_last_bit(stage):
    """Or the segment cache would not hit after a segment that came from it."""
    layer = Layer(np.array([[1.2, -0.7], [0.4, 0.9]]), np.array([0.3, -0.2]), "relu")

    def ends(skipping) -> list[bytes]:
        scene = Stage(skip_animations=True)
        scene.renderer._original_skipping_status = skipping
        sheet = Sheet((-1, 1, -1, 1))
        scene.look(sheet)
        scene.play(FadeIn(sheet), run_time=0.2)
        flow = AffineFlow(sheet, layer=layer, run_time=0.3)
        scene.play(flow, scene.follow(flow, sheet))
        scene.play(scene.turn(1.0, sheet, run_time=0.2))
        scene.play(sheet.animate.shift([0.1, 0.2, 0.3]), run_time=0.2)
        return [part.points.tobytes() for part in sheet.get_family()] + [View.of(scene.camera).numbers().tobytes()]

    assert ends(skipping=True) == ends(skipping=False)


def test_what_stands_still_while_things_move_in_space_is_drawn_once(stage, monkeypatch):
    """And is nevertheless in every frame."""
    stage.renderer._original_skipping_status = False
    caption = label("still")
    stage.add(caption)
    sheet = Sheet((-1, 1, -1, 1))
    drawn, frames = [], []
    display = type(stage.camera).display_vectorized
    monkeypatch.setattr(
        type(stage.camera),
        "display_vectorized",
        lambda camera, mobject, context: (drawn.append(mobject), display(camera, mobject, context))[1],
    )
    add = stage.renderer.add_frame
    monkeypatch.setattr(stage.renderer, "add_frame", lambda frame, **options: (frames.append(frame), add(frame)))
    stage.play(sheet.animate.shift([1, 0, 0]), run_time=0.4)
    assert len(frames) == 6
    assert drawn.count(caption[0]) == 1
    row, column = 135, 240
    text = [frame[row - 8 : row + 8, column - 20 : column + 20] for frame in frames]
    assert all((part.max(axis=(0, 1)) > 200).any() for part in text)
