"""The film activations: the plane stands where each activation puts it, and the bars are softmax and argmax."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.activations import activation, argmax_one_hot, softmax
from nn_unfold.flat.bars import Bars
from nn_unfold.flat.plots import FunctionPlot
from nn_unfold.space.base import in_space, spatial_parts
from nn_unfold.stage.layout import findings
from scenes.activations import COLD, FLAT, HOT, SLANT, WAVE, Activations

ACTS = [*FLAT, WAVE]
BEATS = 11


class OtherScores(Activations):
    """The same film with other scores, and more of them."""

    n_scores, seed = 40, 11


def of_kind(stage, kind):
    return [part for mobject in stage.mobjects for part in mobject.get_family() if isinstance(part, kind)]


@pytest.fixture(scope="module", params=[Activations, OtherScores])
def takes(request, play, picture):
    """Of each beat the frame, [(origin, points)] of the sheet, the function of the plot, and the values of all bars."""
    taken = []

    def take(stage):
        assert not findings(stage)
        parts = [(p.origin.copy(), p.points.copy()) for p in spatial_parts(stage.mobjects) if p.origin is not None]
        functions = [plot.function for plot in of_kind(stage, FunctionPlot)]
        taken.append((picture(stage), parts, functions, [bars.values for bars in of_kind(stage, Bars)]))

    stage = play(request.param, take)
    return stage, taken


def test_the_plane_and_the_curve_are_those_of_each_activation(takes):
    _, taken = takes
    for act, (_, parts, functions, _) in zip(ACTS, taken[1:], strict=False):
        [shown], f = functions, activation(act.name)
        z = np.linspace(-3, 3, 50)
        np.testing.assert_array_equal(shown(z), f(z))
        assert sum(len(points) for _, points in parts) > 100
        for origin, points in parts:
            height = SLANT * origin.sum(axis=1) if act is WAVE else 0.0
            expected = in_space(f(origin)) + np.outer(height * np.ones(len(origin)), [0, 0, 1])
            np.testing.assert_allclose(points, expected, atol=1e-12, err_msg=act.name)


def test_the_bars_are_softmax_and_in_the_end_argmax(takes):
    stage, taken = takes
    scores = 1.5 * np.random.default_rng(stage.seed).standard_normal(stage.n_scores)
    shown = [values for *_, values in taken[-5:]]
    for values in shown:
        np.testing.assert_array_equal(values[0], scores)
    assert len(shown[0]) == 1
    for values, heat in zip(shown[1:4], (1.0, HOT, COLD), strict=True):
        np.testing.assert_allclose(values[1], softmax(scores, heat), atol=1e-12)
    np.testing.assert_array_equal(shown[4][1], argmax_one_hot(scores))


def test_the_film_lasts_as_long_as_a_lecture_bears(takes):
    stage, _ = takes
    assert 30 <= stage.clock <= 90


@pytest.mark.parametrize("takes", [Activations], indirect=True)
@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    _, taken = takes
    assert len(taken) == BEATS
    snapshot(taken[beat - 1][0], f"{beat:02d}")
