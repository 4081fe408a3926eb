"""Labels of axes fade where things hide their piece of the axis."""

from __future__ import annotations

import numpy as np
import pytest
from manim import DEGREES, RIGHT, config, linear

from nn_unfold.engine import camera as camera_module
from nn_unfold.space.axes import Axes
from nn_unfold.space.primitives import Faces
from nn_unfold.stage.stage import Stage
from nn_unfold.stage.view import Area, Panel, View
from nn_unfold.text.labels import anchored, label

FROM_ABOVE = View(0.0, -90 * DEGREES, 1.0, np.zeros(3))
SLANTED = View(60 * DEGREES, -50 * DEGREES, 1.0, np.zeros(3))


def triangle(corners, opacity=1.0) -> Faces:
    return Faces(np.asarray(corners, dtype=float), [[0, 1, 2]], [1.0, 0.0, 0.0, opacity])


def wall(height, *, half=2.0, opacity=1.0, left=None) -> Faces:
    """A square over the middle, or what of it lies to the right of x = left."""
    x = -half if left is None else left
    corners = [[x, -half, height], [half, -half, height], [half, half, height], [x, half, height]]
    return Faces(np.array(corners), [[0, 1, 2], [0, 2, 3]], [1.0, 0.0, 0.0, opacity])


def share(stage, line, *things) -> float:
    """How much of a line is seen among things, from where the camera stands."""
    return float(stage.camera.painted([thing.batch() for thing in things], lines=np.array([line], dtype=float)).seen[0])


@pytest.mark.parametrize("samples", [0, 4])
def test_what_lies_before_a_line_hides_it(stage, monkeypatch, samples):
    monkeypatch.setattr(camera_module, "samples_at", lambda height: samples)
    # Of faces that go through others, each pixel has several samples.
    through = [wall(-1.0), triangle([[-3, 3, -2], [-2, 3, 2], [-2, 2, 0]], 0.5)]
    FROM_ABOVE.take(stage.camera)
    line = [[-1, 0, 0], [1, 0, 0]]
    assert share(stage, line, *through) == 1
    assert share(stage, line, wall(1.0), *through) == 0
    assert share(stage, line, wall(1.0, left=0.1), *through) == pytest.approx(5 / 9)
    assert share(stage, line) == 1


def test_what_becomes_opaque_hides_a_line_by_and_by(stage):
    FROM_ABOVE.take(stage.camera)
    line, opacities = [[-1, 0, 0], [1, 0, 0]], [0.0, 0.4, 0.8, 0.85, 0.9, 0.95, 0.99, 1.0]
    shares = [share(stage, line, wall(-1.0), wall(1.0, opacity=opacity)) for opacity in opacities]
    assert shares[:3] == [1, 1, 1]
    assert np.all(np.diff(shares[2:]) < -0.02)
    assert shares[-2:] == pytest.approx([0, 0], abs=0.03)
    half = share(stage, line, wall(0.5, left=0.1), wall(1.0, opacity=0.9))
    assert 0 < half < 5 / 9


@pytest.mark.parametrize("view", [FROM_ABOVE, SLANTED], ids=["above", "slanted"])
@pytest.mark.parametrize("end", [[1.7, 0.4, 0.0], [0.0, -1.9, 0.0], [1.3, 1.3, 0.0]])
def test_a_surface_does_not_hide_a_line_in_it(stage, view, end):
    view.take(stage.camera)
    assert share(stage, [[-1, 0, 0], end], wall(0.0)) == 1


@pytest.mark.parametrize("opacity", [0.5, 0.9, 1.0])
def test_looking_leaves_no_mark_on_what_is_painted_next(stage, opacity):
    """Neither where a line is looked at, nor where there is nothing to look at, before and behind what fades."""
    FROM_ABOVE.take(stage.camera)
    things = [wall(-1.0).batch(), wall(1.0, half=1.0, opacity=opacity).batch()]

    def painted(*lines):
        ends = np.reshape(np.array(lines, dtype=float), (-1, 2, 3))
        return stage.camera.painted(things, lines=ends).whole(config.pixel_height, config.pixel_width)

    expected = painted()
    assert expected.any()
    for line in ([[-1, 0, 0], [1, 0, 0]], [[30, 0, 0], [40, 0, 0]]):
        np.testing.assert_array_equal(painted(line), expected)
        np.testing.assert_array_equal(painted(), expected)


def test_what_is_off_the_screen_or_behind_the_eye_is_not_hidden(stage):
    FROM_ABOVE.take(stage.camera)
    everywhere = wall(1.0, half=50.0)
    assert share(stage, [[-1, 0, 0], [1, 0, 0]], everywhere) == 0
    assert share(stage, [[30, 0, 0], [40, 0, 0]], everywhere) == 1
    assert share(stage, [[0, 0, 30], [1, 0, 40]], everywhere) == 1


def test_lines_are_hidden_as_rays_say(stage):
    rng = np.random.default_rng(4)
    for _ in range(20):
        view = View(rng.uniform(0, np.pi), rng.uniform(-np.pi, np.pi), 1.0, np.zeros(3))
        view.take(stage.camera)
        triangles, ends = rng.uniform(-2, 2, (6, 3, 3)), rng.uniform(-1.5, 1.5, (8, 2, 3))
        found = stage.camera.painted([triangle(corners).batch() for corners in triangles], lines=ends).seen
        eye = view.centre + stage.camera.get_focal_distance() * stage.camera.get_rotation_matrix()[2]
        for line, seen in zip(ends, found, strict=True):
            places = line[0] + np.linspace(0, 1, 9)[:, None] * (line[1] - line[0])
            by_rays = np.mean([not any(hides(corners, place, eye) for corners in triangles) for place in places])
            # The last half pixel at the border of a triangle is left to the painter.
            assert abs(seen - by_rays) < 2.5 / 9


def hides(corners, place, eye) -> bool:
    """Whether a triangle lies between a place and the eye, and not close to the place."""
    first, *edges = corners[0], corners[1] - corners[0], corners[2] - corners[0]
    u, v, t = np.linalg.solve(np.column_stack([*edges, place - eye]), place - first)
    return bool(u >= 0 and v >= 0 and u + v <= 1 and 0.005 < t < 1)


# Labels


def at(stage, place) -> tuple[int, int]:
    """Row and column of the pixel where a place is seen."""
    x, y, _ = stage.camera.project_point(np.asarray(place, dtype=float))
    return round(config.pixel_height * (0.5 - y / 8)), round(config.pixel_width * (0.5 + x / config.frame_width))


def spot(place, line):
    """A label whose middle is full of ink."""
    return anchored(label("\N{EM DASH}", size=60), np.array(place), line=np.array(line, dtype=float))


@pytest.mark.parametrize("in_panel", [False, True])
def test_a_label_fades_with_its_line(stage, picture, in_panel):
    mark = spot([0, 0, 0], [[-0.5, 0, 0], [0.5, 0, 0]])
    panel = Panel(Area(-config.frame_width / 2, config.frame_width / 2, -4, 4))

    def ink(*things):
        stage.clear()
        stage.add(*things, mark)
        if in_panel:
            panel.add(*things, mark)
            panel.zoom = 1.0
            other = wall(0.0)  # in the camera's own space, off the screen
            stage.add(other.shift(100 * RIGHT))
        else:
            FROM_ABOVE.take(stage.camera)
        row, column = at(stage, [0, 0, 0])
        return picture(stage)[row - 6 : row + 6, column].astype(int).max(axis=0)

    clear, hidden = ink(wall(-1.0)), ink(wall(1.0))
    half = ink(wall(1.0, left=0.1), wall(-1.0, left=-2.0))
    assert clear.min() > 200
    assert hidden[1:].max() < 60  # nothing but red
    assert np.all(half[1:] > hidden[1:] + 40)
    assert np.all(half[1:] < clear[1:] - 40)
    assert ink(wall(-1.0)).min() > 200  # it comes back


class Passes(Stage):
    """A wall goes by before an axis; a label far from it stands on the screen."""

    def construct(self) -> None:
        View(0.0, -90 * DEGREES, 1.0, np.zeros(3)).take(self.camera)
        front = wall(1.0, half=1.0).shift(6 * RIGHT)
        self.add(wall(-1.0, half=0.1), front, Axes((-3, 3, -2, 2), ("x_1", "x_2")))
        self.play(front.animate(rate_func=linear).shift(-12 * RIGHT), run_time=2)


def test_what_stands_still_is_drawn_anew_only_when_something_else_is_hidden(monkeypatch):
    """While labels stand they are held as one picture; that never shows in the frames."""

    def frames(held: bool):
        scene, shown, drawn = Passes(), [], []
        hold = scene.camera.hold
        monkeypatch.setattr(scene.camera, "hold", lambda things: (hold(things if held else []), drawn.append(things)))
        monkeypatch.setattr(scene.renderer, "add_frame", lambda frame, *_, **__: shown.append(frame.copy()))
        scene.render()
        return np.array(shown), sum(map(bool, drawn))

    together, times = frames(held=True)
    apart, _ = frames(held=False)
    assert len(together) == 30
    assert 5 < times < 25
    # Two ways to the same alpha: by one picture, or by each label.
    assert np.abs(together.astype(int) - apart).max() <= 3
