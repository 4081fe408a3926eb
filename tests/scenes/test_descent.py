"""The film descent: the surface is the neuron's loss, and every ball stands where its optimizer has gone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from nn_core.datasets import make_wave
from nn_core.optimizers import GradientDescent, Momentum
from scenes.descent import HEIGHT, LEVELS, Descent
from scenes.kit.landscape import Landscape
from scenes.kit.layout import findings
from scenes.kit.spatial import Cloud, spatial_parts
from scenes.kit.trails import Fits, Legend, LevelLines, Trail

BEATS = 8
RISEN, ONE, STARTS, SAMPLES, MOMENTUM, RACE, LAST = range(1, 8)  # beats, from 0
RULES = dict(Descent.rules)


def measured(seed=0):
    return [column.ravel() for column in make_wave(40, rng=np.random.default_rng(seed))]


def loss(w, b, seed=0):
    x, y = measured(seed)
    return np.mean((np.sin(np.multiply.outer(w, x) + np.multiply.outer(b, np.ones_like(x))) - y) ** 2, axis=-1)


@pytest.fixture(scope="module")
def takes(play, picture):
    """Of each beat: the frame, and what is shown, by kind."""
    taken = []

    def take(stage):
        family = [m for mobject in stage.mobjects for m in mobject.get_family()]
        kinds = (Landscape, LevelLines, Trail, Legend, Fits)
        taken.append((picture(stage), {kind: [m.copy() for m in family if isinstance(m, kind)] for kind in kinds}))

    stage = play(Descent, take)
    assert 30 <= stage.clock <= 90
    return taken


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
    np.testing.assert_allclose(levels, np.round(levels), atol=0.1)
