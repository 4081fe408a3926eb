"""The film descent: the surface is the neuron's loss, and every ball stands where its optimizer has gone."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.datasets import make_wave
from nn_core.descent import descend
from nn_unfold.flat.descent import Fits, Legend
from nn_unfold.space.landscape import Landscape
from nn_unfold.space.trails import LevelLines, Trail
from nn_unfold.stage.view import rows_of_pixels
from scenes.descent import BOX, FLAW, HEIGHT, LEVELS, NEURON, PLAIN, SLOW, Descent

BEATS = 8
RISEN, ONE, STARTS, SAMPLES, MOMENTUM, RACE, LAST = range(1, 8)  # beats, from 0
SEEDS = range(5)


def measured(seed=0):
    return [column.ravel() for column in make_wave(40, rng=np.random.default_rng(seed))]


def loss(w, b, seed=0):
    x, y = measured(seed)
    return np.mean((np.sin(np.multiply.outer(w, x) + np.multiply.outer(b, np.ones_like(x))) - y) ** 2, axis=-1)


def slope(w, b, seed=0):
    """The derivatives of the loss, written out: the mean of 2 (sin(z) - y) cos(z) (x, 1)."""
    x, y = measured(seed)
    z = w * x + b
    return 2 * np.mean((np.sin(z) - y) * np.cos(z) * np.array([x, np.ones_like(x)]), axis=1)


def way(start, rule=PLAIN, seed=0, steps=Descent.steps, **options):
    at_start, data = NEURON.with_parameters(np.array(start)), make_wave(40, rng=np.random.default_rng(seed))
    return descend(at_start, *data, optimizer=rule, steps=steps, **options)


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(Descent, (Landscape, LevelLines, Trail, Legend, Fits))


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1][0], f"{beat:02d}")


@pytest.mark.parametrize(("beat", "height"), [(RISEN, HEIGHT), (RACE, 0.0), (LAST, HEIGHT)])
def test_the_surface_and_its_level_lines_are_as_high_as_the_loss(takes, beat, height):
    [surface] = takes[beat][1][Landscape]
    w, b, z = surface.surfaces[0].faces.points.T
    np.testing.assert_allclose(z, height * loss(w, b), atol=1e-12)
    [lines] = takes[beat][1][LevelLines]
    w, b, z = lines.points.T
    np.testing.assert_allclose(z, height * loss(w, b), atol=1e-12)
    levels = loss(w, b) / LEVELS
    np.testing.assert_allclose(levels, np.round(levels), atol=1.1 * rows_of_pixels(FLAW) / LEVELS)


def test_balls_go_down_the_slope_step_by_step(takes):
    for beat, starts in ((ONE, Descent.starts[:1]), (STARTS, Descent.starts), (SAMPLES, [Descent.ridge])):
        trails = takes[beat][1][Trail]
        assert len(trails) == (3 if beat == SAMPLES else len(starts))
        for trail, start in zip(trails, starts, strict=False):
            np.testing.assert_array_equal(trail.path[0], start)
            slopes = np.array([slope(*place) for place in trail.path[:-1]])
            rate = 0.05 if beat == SAMPLES else 0.1
            np.testing.assert_allclose(np.diff(trail.path, axis=0), -rate * slopes, atol=1e-9)


def test_samples_are_drawn_from_the_points(takes):
    x, y = measured()
    single = takes[SAMPLES][1][Trail][2].path
    for (w, b), (dw, db) in zip(single[:-1], np.diff(single, axis=0), strict=True):
        each = 2 * (np.sin(w * x + b) - y) * np.cos(w * x + b)
        assert (np.isclose(-0.05 * each * x, dw) & np.isclose(-0.05 * each, db)).any()


def test_momentum_keeps_what_it_says(takes):
    trail = takes[MOMENTUM][1][Trail][1]
    velocity = np.zeros(2)
    for place, after in zip(trail.path[:-1], trail.path[1:], strict=True):
        velocity = 0.9 * velocity + slope(*place)
        np.testing.assert_allclose(after, place - 0.05 * velocity, atol=1e-9)


def test_all_rules_take_as_many_steps_from_one_start(takes):
    trails = takes[RACE][1][Trail]
    assert [len(trail.path) for trail in trails] == [Descent.steps + 1] * 7
    assert {tuple(trail.path[0]) for trail in trails} == {Descent.ridge}
    for trail, rule in zip(trails, Descent.rules.values(), strict=True):
        np.testing.assert_array_equal(trail.path, way(Descent.ridge, rule))


@pytest.mark.parametrize("beat", [ONE, STARTS, SAMPLES, MOMENTUM, RACE, LAST])
def test_balls_lie_on_the_surface_at_the_end_of_their_ways(takes, beat):
    height = HEIGHT if beat in (ONE, STARTS, LAST) else 0.0
    for trail in takes[beat][1][Trail]:
        [[w, b, z]] = trail.head.points
        np.testing.assert_allclose([w, b], trail.path[-1])
        assert z == pytest.approx(height * loss(w, b))
        assert trail.value(len(trail.path) - 1) == pytest.approx(loss(w, b))


@pytest.mark.parametrize("beat", [STARTS, RACE])
def test_numbers_and_waves_are_those_of_the_balls(takes, beat):
    [legend], [fits], trails = (takes[beat][1][kind] for kind in (Legend, Fits, Trail))
    x = np.linspace(-1, 3, 121)
    for trail, number, curve in zip(trails, legend.numbers, fits.curves, strict=True):
        w, b = trail.path[-1]
        same = number.copy().set_value(loss(w, b))
        np.testing.assert_array_equal(number.get_all_points(), same.get_all_points())
        expected = fits.place(np.stack([x, np.sin(w * x + b)], axis=1))
        np.testing.assert_allclose(curve.get_anchors()[::2], expected[:-1], atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_captions_say_holds_for_any_noise(seed):
    ends = [loss(*way(start, seed=seed)[-1], seed) for start in Descent.starts]
    assert min(ends) < 0.1
    assert sum(end > min(ends) + 0.3 for end in ends) >= 2
    rng = np.random.default_rng(seed)
    ways = [way(Descent.ridge, SLOW, seed, 2 * Descent.steps, batch_size=n, rng=rng) for n in Descent.batches.values()]
    swaying = [np.linalg.norm(np.diff(each, 2, axis=0), axis=1).sum() for each in ways]
    assert 2 * swaying[0] < min(swaying[1:])
    for rule in ("momentum", "Nesterov"):
        losses = loss(*way(Descent.ridge, Descent.rules[rule], seed).T, seed)
        assert (np.diff(losses) > 1e-3).any(), "it never swings past a bottom"
    assert (np.diff(loss(*way(Descent.ridge, seed=seed).T, seed)) < 1e-6).all()
    low, high = np.array(BOX[::2]), np.array(BOX[1::2])
    for rule in Descent.rules.values():
        places = way(Descent.ridge, rule, seed)
        assert (low < places).all()
        assert (places < high).all()
