"""The film fold_into_space: the sheet stands in space where the network puts it, and the cut is the network's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nn_unfold.model.cache import train
from nn_unfold.space.base import in_space, spatial_parts
from nn_unfold.space.primitives import Faces
from nn_unfold.space.sheet import Sheet
from scenes.fold_into_space import FoldIntoSpace

# What the sheet and its points are after each beat.
SHOWN = ("x", "z1", "z1", "a1", "a1", "a1", "z2", "x")


class AnotherSeed(FoldIntoSpace):
    """The same film with another network."""

    recipe = replace(FoldIntoSpace.recipe, seed=4, starts=3)


@pytest.fixture(scope="module", params=[FoldIntoSpace, AnotherSeed])
def filmed(request, play, picture, media):
    """The stage at the end, its Trained, and of each beat the frame and the (origin, points) of every moving part."""
    takes = []

    def take(stage):
        parts = [part for part in spatial_parts(stage.mobjects) if part.origin is not None]
        takes.append((picture(stage), [(part.origin.copy(), part.points.copy()) for part in parts]))

    stage = play(request.param, take)
    return stage, train(request.param.recipe, media / "trained"), takes


def test_every_vertex_stands_where_the_network_puts_it(filmed):
    _, trained, takes = filmed
    for (_, parts), space in zip(takes, SHOWN, strict=True):
        assert len(parts) >= 6
        for origin, points in parts:
            trace = trained.network.forward(origin)
            expected = {"x": origin, "z1": trace.z[0], "a1": trace.a[0], "z2": trace.z[1]}[space]
            np.testing.assert_allclose(points, in_space(expected), rtol=0, atol=1e-9)


def test_the_boundary_lies_on_the_cut(filmed):
    stage, trained, _ = filmed
    sheet = next(m for mobject in stage.mobjects for m in mobject.get_family() if isinstance(m, Sheet))
    logits = trained.network.logits(sheet.boundary.origin)
    np.testing.assert_allclose(logits[:, 0], logits[:, 1], atol=1e-9)


def test_the_cutting_plane_is_where_the_outputs_are_equal(play, media):
    planes = []

    def take(stage):
        # The cut is the only face that comes from no place of the input plane; it has left when its beat ends.
        planes.append([p for p in spatial_parts(stage.mobjects) if isinstance(p, Faces) and p.origin is None])

    class Paused(FoldIntoSpace):
        def turn(self, *args, **kwargs):
            take(self)
            return super().turn(*args, **kwargs)

    play(Paused)
    network = train(FoldIntoSpace.recipe, media / "trained").network
    cuts = [faces for found in planes for faces in found]
    assert cuts
    layer = network.layers[1]
    for faces in cuts:
        outputs = faces.points @ layer.weight.T + layer.bias
        np.testing.assert_allclose(outputs[:, 0], outputs[:, 1], atol=1e-9)


def test_the_network_parts_the_moons(media):
    trained = train(FoldIntoSpace.recipe, media / "trained")
    assert trained.history.accuracy[-1] >= 0.99


def test_the_film_lasts_as_long_as_a_lecture_bears(filmed):
    stage, *_ = filmed
    assert 30 <= stage.clock <= 90


@pytest.mark.parametrize("filmed", [FoldIntoSpace], indirect=True)
@pytest.mark.parametrize("beat", range(1, len(SHOWN) + 1))
def test_frames(filmed, beat, snapshot):
    _, _, takes = filmed
    snapshot(takes[beat - 1][0], f"{beat:02d}")
