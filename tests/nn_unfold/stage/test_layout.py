"""The layout check finds each kind of fault, and nothing on a tidy screen."""

from __future__ import annotations

import numpy as np
import pytest
from manim import DOWN, LEFT, RIGHT, UP, Square, config

from nn_unfold.space.axes import Axes
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.layout import findings
from nn_unfold.text.formulas import formula
from nn_unfold.text.labels import anchored, label
from nn_unfold.text.numbers import LiveMatrix


@pytest.fixture
def sheet(stage):
    """A sheet with axes that fills the free area of the stage, with a caption below."""
    sheet = Sheet((-2, 2, -1, 1))
    axes = Axes(sheet.box, ("x_1", "x_2"), at_corner=True)
    stage.add(sheet, axes)
    stage.look(sheet, axes)
    with stage.beat("All is well."):
        pass
    return sheet


def test_a_tidy_screen_has_no_findings(stage, sheet):
    assert findings(stage) == []


@pytest.mark.parametrize(
    ("direction", "side"), [(LEFT, "on the left"), (RIGHT, "on the right"), (UP, "at the top"), (DOWN, "at the bottom")]
)
def test_a_text_off_the_screen(stage, direction, side):
    edge = np.array([config.frame_width / 2, config.frame_height / 2, 0])
    stage.add(label("over the edge").move_to(direction * edge))
    assert [line for line in findings(stage) if "safe area" in line and side in line and "over the edge" in line]


def test_texts_over_each_other(stage):
    stage.add(label("one"), label("another").shift(0.1 * RIGHT), label("a third").shift(2 * UP))
    (line,) = findings(stage)
    assert "'one' lies over" in line
    assert "'another'" in line


def test_numbers_over_a_formula(stage):
    stage.add(formula("x + y").move_to([0.2, 0, 0]), LiveMatrix(np.eye(2)).move_to([0, 0, 0]))
    (line,) = findings(stage)
    assert "'x + y'" in line.replace("$ ", "").replace(" $", "")
    assert "LiveMatrix" in line


def test_numbers_of_axes_give_way_to_each_other_but_not_to_other_texts(stage):
    axes = Axes((0, 1, 0, 1))
    stage.add(axes)
    stage.camera.set_zoom(0.2)
    assert findings(stage) == []
    room = stage.camera.room_for_labels([part for text in axes.labels for part in text.get_family()], stage.camera)
    assert min(room.values()) == 0
    assert next(iter(room.values())) == 1  # the first stays
    stage.add(
        label("another").move_to(stage.camera.project_point(axes.labels[0].family_members_with_points()[0].anchor))
    )
    assert any("lies over" in line for line in findings(stage))


def test_a_panel_may_cut_what_it_shows_while_its_camera_moves(stage):
    [panel] = stage.panels(1)
    sheet = Sheet((-1, 1, -1, 1))
    panel.add(sheet)
    stage.add(sheet)
    stage.look(sheet)
    panel.frame_center = [0, 0.5, 0]
    assert findings(stage)
    assert findings(stage, moving={panel}) == []


def test_hidden_texts_do_not_count(stage):
    stage.add(label("one"), label("another").set_opacity(0))
    assert findings(stage) == []


def test_a_sheet_beyond_the_free_area(stage, sheet):
    stage.camera.set_zoom(1.4 * stage.camera.get_zoom())
    lines = findings(stage)
    assert any("beyond the free area on the left" in line for line in lines)
    assert any("beyond the free area on the right" in line for line in lines)


def test_a_hidden_sheet_may_be_anywhere(stage, sheet):
    stage.add(Cloud([[90.0, 90.0]]).set_opacity(0))
    assert findings(stage) == []


def test_what_is_behind_the_camera(stage):
    stage.add(Cloud([[0.0, 0.0, 25.0]]))
    assert findings(stage) == ["Cloud reaches behind the eye of the camera"]


def test_a_flat_shape_over_a_sheet(stage, sheet):
    stage.add(Square(1.0))
    (line,) = findings(stage)
    assert line == "the Square, flat on the screen, lies over what is in space"


def test_an_anchored_label_may_lie_on_a_sheet(stage, sheet):
    stage.add(anchored(label("here"), np.zeros(3)))
    assert findings(stage) == []


def test_a_flat_shape_beside_a_tilted_sheet_is_clear_though_in_its_bounding_box(stage):
    stage.add(Sheet((-1.5, 1.5, -1.5, 1.5)).rotate(np.pi / 4))
    corner = Square(0.6).move_to([1.7, 1.7, 0])
    stage.add(corner)
    assert findings(stage) == []
    corner.move_to([0.9, 0.9, 0])
    assert findings(stage) == ["the Square, flat on the screen, lies over what is in space"]


def test_a_flat_shape_in_the_band_of_the_caption(stage, sheet):
    stage.add(Square(0.5).move_to([-6.4, -3.4, 0]))
    (line,) = findings(stage)
    assert line.startswith("the Square reaches")
    assert line.endswith("into the band of the caption")


def test_each_panel_is_a_free_area_of_its_own(stage):
    left, right = stage.panels(2)
    one, other = Sheet((-1, 1, -1, 1)), Sheet((-1, 1, -1, 1))
    left.add(one)
    right.add(other)
    stage.add(one, other)
    stage.look(one)
    stage.look(other)
    assert findings(stage) == []
    right.frame_center = [0.5, 0, 0]
    (line,) = findings(stage)
    assert "beyond the free area on the left" in line
    # A piece of the inside, seen from near, fills its panel on purpose.
    right.frame_center = [0, 0, 0]
    right.set_zoom(5 * right.get_zoom())
    assert findings(stage) == []
