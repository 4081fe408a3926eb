"""Pictures of other shapes: captions wrap, the column goes below the subject, panels stack, films have own paths."""

from __future__ import annotations

import numpy as np
import pytest
from manim import FadeIn, Rectangle, config, tempconfig

from nn_unfold.cli.main import main
from nn_unfold.errors import UnfoldError
from nn_unfold.shapes import SHAPES, WIDE, is_of
from nn_unfold.space.axes import Axes
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage import column
from nn_unfold.stage.layout import findings
from nn_unfold.stage.stage import Stage
from nn_unfold.stage.view import Area
from nn_unfold.text.formulas import formula
from nn_unfold.text.labels import CAPTION_COLUMNS, caption, caption_height, caption_room, columns, label

LONG = "The layers of a network move every point of the plane, and in the end one straight line is enough for all."


class Tiny(Stage):
    def construct(self):
        sheet = Sheet((-2, 2, -2, 2))
        axes = Axes(sheet.box, ("x_1", "x_2"), at_corner=True)
        with self.beat(LONG):
            self.play(self.aside(formula("bold(z) = W bold(x)"), label("a note")))
            self.look(sheet, axes)
            self.play(FadeIn(sheet, axes))


@pytest.fixture(params=[shape for shape in SHAPES if shape != "16:9"])
def shape(request, studio, monkeypatch):
    monkeypatch.setenv("UNFOLD_SHAPE", request.param)
    return request.param


def test_a_film_is_laid_out_for_its_shape(shape, flaws, play):
    assert flaws(Tiny) == []
    stage = play(Tiny)
    assert is_of(shape, stage.camera.pixel_width, stage.camera.pixel_height)
    assert is_of(shape, stage.camera.frame_width, stage.camera.frame_height)


def test_the_column_is_beside_the_subject_or_below_it(shape):
    stage = Stage(skip_animations=True)
    whole = stage.area()
    note = formula("x")
    stage.play(stage.aside(note))
    left, right, bottom, top = area = stage.area()
    tall = shape == "9:16"
    assert (left > whole.left, bottom > whole.bottom) == (not tall, tall)
    assert (right, top) == whole[1::2]
    if tall:
        assert area.size[0] == pytest.approx(area.size[1])  # a square as wide as the frame
        assert note.get_top()[1] < bottom - stage.tokens.label_room
    else:
        assert note.get_right()[0] < left - stage.tokens.label_room
    stage.play(stage.aside())
    assert stage.area() == whole


def test_a_caption_wraps_to_the_width_and_keeps_the_size_of_its_letters(shape, monkeypatch):
    Stage(skip_animations=True)
    rows = caption(LONG)
    width, most = caption_room()
    assert len(rows) == {"9:16": 4, "1:1": 3, "4:3": 2}[shape] <= most
    assert all(columns(row.words) <= width < CAPTION_COLUMNS for row in rows)
    assert " ".join(row.words for row in rows) == LONG
    assert rows.height < caption_height()
    assert rows.width < config.frame_width - 2 * 0.4
    stands = rows[0].points[:, 1].max() - rows[0].foot
    monkeypatch.setenv("UNFOLD_SHAPE", "16:9")
    with tempconfig({"pixel_width": 480, "pixel_height": 270, "frame_width": 8 * WIDE, "frame_height": 8.0}):
        wide = caption(LONG)
        assert len(wide) == 2
        assert wide[0].points[:, 1].max() - wide[0].foot == pytest.approx(stands, rel=0.2)


def test_panels_stand_where_they_are_largest(shape):
    stage = Stage(skip_animations=True)
    one, other = stage.panels(2, gap=0.4, headroom=0.5)
    tall = shape == "9:16"
    assert stage.sides(one, other) == (("above", "below") if tall else ("on the left", "on the right"))
    assert stage.sides(other, one) == (("below", "above") if tall else ("on the right", "on the left"))
    assert one.area.size == pytest.approx(other.area.size)
    apart = one.area.bottom - other.area.top if tall else other.area.left - one.area.right
    assert apart == pytest.approx(0.4 + 0.5 * tall)
    # A title that is too wide for its panel takes two lines.
    line = one.head(Rectangle(width=3.0, height=0.3), Rectangle(width=3.0, height=0.3), gap=0.4)
    assert one.area.left < line.get_left()[0] < line.get_right()[0] < one.area.right
    assert one.area.top < line.get_bottom()[1]
    stage.add(line)
    assert findings(stage) == []


def test_a_picture_may_have_any_even_size(studio):
    with tempconfig({"pixel_width": 400, "pixel_height": 500}):
        stage = Stage(skip_animations=True)
        stage.play(stage.aside(formula("x"), Rectangle(width=3.5, height=2), Rectangle(width=3.5, height=1)))
        with stage.beat(LONG):
            stage.look(sheet := Sheet((-1, 1, -1, 1)))
            stage.add(sheet)
        assert findings(stage) == []


def test_who_stays_in_a_full_column_is_made_smaller_and_larger_again(monkeypatch, studio):
    monkeypatch.setenv("UNFOLD_SHAPE", "9:16")
    stage = Stage(skip_animations=True)
    one, *more = (Rectangle(width=6.0, height=2.5) for _ in range(3))
    stage.play(stage.aside(one))
    assert one.width == pytest.approx(6.0)
    stage.play(stage.aside(one, *more))
    assert one.width < 6.0
    stage.play(stage.aside(*more[:1]))


@pytest.mark.parametrize(
    "sizes", [[(2, 1)], [(3, 2), (3, 1)], [(6, 1), (6, 1)], [(3, 1.5), (3, 1), (3, 1), (0.5, 2)], [(9, 9)]]
)
def test_things_below_the_subject_are_within_and_apart(monkeypatch, studio, sizes):
    monkeypatch.setenv("UNFOLD_SHAPE", "9:16")
    Stage(skip_animations=True)
    room = Area(-3.5, 3.5, -4.0, 0.0)
    things = [Rectangle(width=width, height=height) for width, height in sizes]
    column.arrange(things, room)
    corners = [(thing.get_corner([-1, -1, 0])[:2], thing.get_corner([1, 1, 0])[:2]) for thing in things]
    for number, (low, high) in enumerate(corners):
        assert (low >= np.array([room.left, room.bottom]) - 1e-4).all()
        assert (high <= np.array([room.right, room.top]) + 1e-4).all()
        for before_low, before_high in corners[:number]:
            assert (np.maximum(low - before_high, before_low - high) > 0.1).any()
    if sum(width * height for width, height in sizes) < 20:
        assert [thing.width for thing in things] == pytest.approx([width for width, _ in sizes])


def test_each_shape_has_its_own_path(monkeypatch):
    paths = set()
    with tempconfig({"dry_run": False, "format": "mp4", "pixel_width": 480, "pixel_height": 480}):
        for shape in SHAPES:
            monkeypatch.setenv("UNFOLD_SHAPE", shape)
            with tempconfig({"pixel_width": 854, "pixel_height": 480}):
                paths.add(Tiny(skip_animations=True).output_plan.primary_artifact.name)
        monkeypatch.setenv("UNFOLD_SHAPE", "")
        paths.add(Tiny(skip_animations=True).output_plan.primary_artifact.name)  # as with -r 480,480
    assert paths == {"Tiny.mp4", "Tiny-9x16.mp4", "Tiny-1x1.mp4", "Tiny-4x3.mp4"}


@pytest.mark.parametrize("shape", ["16:10", "wide", "9x16", "0:0"])
def test_a_bad_shape_is_told_in_one_line(shape, monkeypatch, capsys, studio):
    monkeypatch.setenv("UNFOLD_SHAPE", "")  # what the command puts there is taken back
    with pytest.raises(SystemExit, match="2"):
        main(["check", "relu_fold", "--shape", shape])
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert f"shape is {shape!r}" in line
    assert "16:9, 9:16, 1:1, 4:3" in line


def test_a_picture_of_another_shape_than_the_option_is_told(monkeypatch, studio):
    monkeypatch.setenv("UNFOLD_SHAPE", "1:1")
    with (
        tempconfig({"pixel_width": 360, "pixel_height": 640}),
        pytest.raises(UnfoldError, match=r"shape is '1:1' \(UNFOLD_SHAPE\), expected .* 360 x 640 pixels"),
    ):
        Stage(skip_animations=True)
