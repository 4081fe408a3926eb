"""Trails: balls on the surface at every step, lines as far as they have come, and read-outs that say the same."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.network import Layer, Network
from nn_unfold.flat.descent import Fits, Legend
from nn_unfold.motion.steps import Roll
from nn_unfold.motion.surfaces import Rise
from nn_unfold.space.landscape import Landscape
from nn_unfold.space.trails import LevelLines, Trail
from nn_unfold.text.labels import Label
from nn_unfold.theme import rgb

BOX = (-2.0, 2.0, -2.0, 2.0)
WAY = np.array([[-1.0, 0.0], [0.0, 1.0], [1.5, 1.5]])
OTHER = np.array([[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
LINE = Network([Layer([[0.0]], [0.0])])


def bowl(X):
    return (X * X).sum(axis=1)


@pytest.fixture
def surface():
    return Landscape.over(bowl, BOX, tolerance=0.01, height=0.5, base=1.0)


def test_level_lines_follow_the_surface(surface, stage):
    lines = LevelLines(surface, 0.5)
    np.testing.assert_allclose(lines.levels, np.arange(0, 8, 0.5))
    surface.add(lines)
    np.testing.assert_allclose(lines.points[:, 2], 1 + 0.5 * bowl(lines.origin))
    np.testing.assert_allclose(bowl(lines.origin) * 2, np.round(bowl(lines.origin) * 2), atol=0.05)
    surface.set_unit_height(2.0)
    np.testing.assert_allclose(lines.points[:, 2], 1 + 2 * bowl(lines.origin))
    stage.play(Rise(surface, base=1.0, down=True))
    assert (lines.points[:, 2] == 1).all()


@pytest.mark.parametrize("step", [0, 0.25, 1, 1.4987, 2])
def test_the_ball_and_the_end_of_its_line_are_on_the_surface_at_each_step(surface, step):
    trail = Trail(surface, WAY, "#ff0000").show_step(step)
    whole = min(int(step), 1)
    place = WAY[whole] + (step - whole) * (WAY[whole + 1] - WAY[whole])
    np.testing.assert_allclose(trail.at(step), place, atol=1e-12)
    [ball] = trail.head.points
    np.testing.assert_allclose(ball[:2], place, atol=1e-12)
    assert ball[2] == pytest.approx(1 + 0.5 * bowl(place[None])[0], abs=1e-3)
    assert trail.value(step) == pytest.approx(bowl(place[None])[0], rel=1e-12)
    shown = trail.line.points[trail.line.rgba[:, 3] > 0]
    length = np.linalg.norm(np.diff(shown[:, :2].reshape(-1, 2, 2), axis=1), axis=2).sum()
    gone = np.linalg.norm(WAY[1] - WAY[0]) * min(step, 1) + np.linalg.norm(WAY[2] - WAY[1]) * max(step - 1, 0)
    assert length == pytest.approx(gone)
    if step:
        np.testing.assert_allclose(shown[-1], ball)
    assert (trail.line.rgba[:, :3] == rgb("#ff0000")).all()


def test_a_step_back_shows_what_it_showed_before(surface):
    trail = Trail(surface, WAY, "#ff0000").show_step(0.7)
    line, head = trail.line.points.copy(), trail.head.points.copy()
    trail.show_step(2).show_step(0.7)
    np.testing.assert_array_equal(trail.line.points, line)
    np.testing.assert_array_equal(trail.head.points, head)


def test_legend_and_curves_run_with_the_balls(surface, stage):
    trails = [Trail(surface, WAY, "#ff0000"), Trail(surface, OTHER, "#00ff00")]
    legend = Legend(trails, "rule", ["one", "other"], given={"rate": [0.1, 0.05]})
    X = np.array([[0.0], [2.0]])
    fits = Fits(LINE, X, np.array([[1.0], [-3.0]]), trails)
    written = [m.words for m in legend.get_family() if isinstance(m, Label)]
    assert sorted(written) == sorted(["rule", "rate", "loss", "one", "other", "0.1", "0.05"])
    shown = []
    for number in legend.numbers:
        number.set_value = lambda value: shown.append(value)
    stage.add(*trails, legend, fits)
    stage.play(Roll(*trails, legend, fits, steps=2))
    np.testing.assert_allclose(shown[-2:], [bowl(WAY)[-1], 0], atol=1e-12)
    for trail, curve, way in zip(trails, fits.curves, (WAY, OTHER), strict=True):
        np.testing.assert_allclose(trail.head.points[0, :2], way[-1])
        weight, bias = way[-1]
        ends = fits.place([[0.0, bias], [2.0, 2 * weight + bias]])
        np.testing.assert_allclose([curve.get_start(), curve.get_end()], ends, atol=1e-9)
    np.testing.assert_allclose(fits.dots[1].get_center(), fits.place([[2.0, -3.0]])[0])
