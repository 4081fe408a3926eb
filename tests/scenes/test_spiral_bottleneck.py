"""The film spiral_bottleneck: the plane stands where the layers put it, and the lines are where classes tie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nn_core.network import Network
from nn_unfold.model.cache import train
from nn_unfold.space.base import in_space, spatial_parts
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.regions import Regions
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.layout import findings
from scenes.spiral_bottleneck import SpiralBottleneck

BEATS = 6
UNWOUND = 3  # the beats, from 0, at whose end the plane stands behind the bottleneck
LINES = 4


def kept(stage, kind):
    return next(m for mobject in stage.mobjects for m in mobject.get_family() if isinstance(m, kind))


@pytest.fixture(scope="module")
def takes(play, picture):
    """Of each beat: the frame, and (origin, points) of all that has an origin."""
    taken = []

    def take(stage):
        parts = [part for part in spatial_parts(stage.mobjects) if part.origin is not None and len(part.points)]
        taken.append((picture(stage), [(part.origin.copy(), part.points.copy()) for part in parts]))

    play(SpiralBottleneck, take)
    return taken


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1][0], f"{beat:02d}")


def test_everything_goes_where_the_layers_put_it_and_comes_back(takes, media):
    network = train(SpiralBottleneck.recipe, media / "trained").network
    front = Network(network.layers[:-1])
    for beat, (_, parts) in enumerate(takes):
        # What was never in the input plane, the lines drawn behind the bottleneck, stays where it is.
        moved = [pair for pair in parts if not np.allclose(in_space(pair[0]), pair[1])]
        assert len(parts) - len(moved) == (beat == LINES) if beat in (UNWOUND, LINES) else not moved
        for origin, points in moved:
            np.testing.assert_allclose(points, in_space(front.forward(origin).output), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 3},
        {"seed": 4},
        {"seed": 6},
        {"sizes": (2, 100, 2, 3), "data_options": {"n_per_class": 100, "n_classes": 3}},
        {"sizes": (2, 100, 2, 7), "data_options": {"n_per_class": 100, "n_classes": 7}},
    ],
    ids=str,
)
def test_it_is_true_of_any_network(changes, play, media):
    film = type("Another", (SpiralBottleneck,), {"recipe": replace(SpiralBottleneck.recipe, **changes)})
    found = []
    stage = play(film, lambda stage: found.extend(findings(stage)))
    assert not found
    trained = train(film.recipe, media / "trained")
    assert trained.history.accuracy[-1] >= 0.97
    np.testing.assert_array_equal(kept(stage, Cloud).points, in_space(trained.X))
    # On the lines two classes tie, in the input plane as in the plane behind the bottleneck.
    lines = kept(stage, Regions).boundary
    best = np.sort(trained.network.logits(lines.points[:, :2]), axis=1)[:, -2:]
    np.testing.assert_allclose(best[:, 0], best[:, 1], rtol=0, atol=1e-9)
    assert len(kept(stage, Sheet).creases) == 1
