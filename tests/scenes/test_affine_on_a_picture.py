"""The film affine_on_a_picture: the picture stands where each map puts it, and the numbers are those of the map."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from nn_core.network import Layer
from nn_unfold.model.cache import train
from nn_unfold.space.base import in_space, spatial_parts
from nn_unfold.space.picture import Picture
from nn_unfold.stage.layout import findings
from scenes.affine_on_a_picture import MAPS, REFLECTION, AffineOnAPicture

STAGES = 4


class AMirror(AffineOnAPicture):
    """The same film with a network whose first layer turns the plane over."""

    recipe = replace(AffineOnAPicture.recipe, seed=2)


@pytest.fixture(scope="module", params=[AffineOnAPicture, AMirror])
def takes(request, play, picture, media):
    """The stage, the trained layer, and of each beat the frame, [(origin, points)], and the numbers as drawn."""
    taken = []

    def take(stage):
        assert not findings(stage)
        world = next(p for m in stage.mobjects for p in m.get_family() if isinstance(p, Picture))
        parts = [(p.origin.copy(), p.points.copy()) for p in spatial_parts([world, *stage.world]) if len(p.points)]
        drawn = [entry.points.copy() for entry in [*stage.numbers.weight.entries, *stage.numbers.bias.entries]]
        # What they would be if they showed what the tips of the arrows show.
        tips = stage.world[2].points[:, :2]
        zero = stage.world[1].points[0, :2]
        expected = stage.numbers.copy().show((tips - zero).T, zero)
        wanted = [entry.points for entry in [*expected.weight.entries, *expected.bias.entries]]
        taken.append((picture(stage), parts, drawn, wanted))

    stage = play(request.param, take)
    return stage, train(request.param.recipe, media / "trained").network.layers[0], taken


def test_the_picture_stands_where_each_map_puts_it(takes):
    _, layer, taken = takes
    identity = Layer(np.eye(2), np.zeros(2))
    shown = [identity, *(act.layer for act in (*MAPS, REFLECTION)), identity]
    assert len(taken) == len(shown) + STAGES
    for at, beat in [*zip(shown, taken, strict=False), (layer, taken[-1])]:
        for origin, points in beat[1]:
            np.testing.assert_allclose(points, in_space(origin @ at.weight.T + at.bias), rtol=0, atol=1e-9)


def test_the_numbers_are_where_the_arrows_end(takes):
    _, _, taken = takes
    for _, _, drawn, wanted in taken:
        for number, other in zip(drawn, wanted, strict=True):
            np.testing.assert_allclose(number, other, atol=1e-9)


def test_each_stage_is_what_its_caption_says(takes):
    stage, layer, taken = takes
    [faces, *_] = zip(*(parts for _, parts, *_ in taken[-STAGES - 1 :]), strict=True)
    maps = [np.linalg.lstsq(np.column_stack([o, np.ones(len(o))]), p[:, :2], rcond=None)[0].T for o, p in faces]
    steps = [after[:, :2] @ np.linalg.inv(before[:, :2]) for before, after in pairwise(maps)]
    np.testing.assert_allclose(steps[0] @ steps[0].T, np.eye(2), atol=1e-9)
    assert np.linalg.det(steps[0]) == pytest.approx(1)
    np.testing.assert_allclose(np.sort(np.diag(steps[1]))[::-1], np.linalg.svd(layer.weight)[1], atol=1e-9)
    np.testing.assert_allclose(steps[1], np.diag(np.diag(steps[1])), atol=1e-9)
    np.testing.assert_allclose(steps[2] @ steps[2].T, np.eye(2), atol=1e-9)
    mirror = "it reflects it," in stage.beats
    assert np.linalg.det(steps[2]) == pytest.approx(-1 if mirror else 1)
    assert mirror == (np.linalg.det(layer.weight) < 0) == (type(stage).__mro__[1] is AMirror)
    np.testing.assert_allclose(steps[3], np.eye(2), atol=1e-9)


def test_the_film_lasts_as_long_as_a_lecture_bears(takes):
    stage, *_ = takes
    assert 30 <= stage.clock <= 90


@pytest.mark.parametrize("takes", [AffineOnAPicture], indirect=True)
@pytest.mark.parametrize("beat", range(1, 2 + len(MAPS) + 1 + STAGES + 1))
def test_frames(takes, beat, snapshot):
    snapshot(takes[2][beat - 1][0], f"{beat:02d}")
