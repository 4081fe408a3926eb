"""The film digits_apart: every picture stands where the network, or the projection that is named, puts it."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.datasets import load_digits
from nn_core.embedding import pca
from scenes.digits_apart import DigitsApart, behind
from scenes.kit.picture import Thumbnails
from scenes.kit.spatial import spatial_parts
from scenes.kit.training import train

BEATS = 6


@pytest.fixture(scope="module")
def filmed(play, picture, media):
    """The stage at the end, its Trained, and of each beat the frame and the places of the digits."""
    takes = []

    def take(stage):
        [digits] = [part for part in spatial_parts(stage.mobjects) if isinstance(part, Thumbnails)]
        takes.append((picture(stage), digits.points.copy()))

    stage = play(DigitsApart, take)
    return stage, train(DigitsApart.recipe, media / "trained"), takes


def test_where_the_pictures_stand(filmed):
    _, trained, takes = filmed
    some = np.linspace(0, len(trained.X) - 1, len(takes[0][1])).astype(int)
    flat, _ = pca(trained.X)
    first = trained.history.network_at(0)
    for beat, expected in (
        (1, flat[some]),
        (2, flat[some]),
        (3, behind(first, trained.X[some])),
        (4, behind(trained.network, trained.X[some])),
        (5, behind(trained.network, trained.X[some])),
    ):
        np.testing.assert_allclose(takes[beat - 1][1][:, :2], expected, rtol=0, atol=1e-9, err_msg=f"beat {beat}")
        assert not takes[beat - 1][1][:, 2].any()


def test_what_the_captions_say(filmed):
    _, trained, _ = filmed
    digits = load_digits()
    right = (trained.network.predict(digits.X_test) == digits.y_test).mean()
    assert 0.75 < right < trained.history.accuracy[-1]
    assert trained.history.accuracy[-1] > 0.98


def test_the_film_lasts_as_long_as_a_lecture_bears(filmed):
    stage, *_ = filmed
    assert 30 <= stage.clock <= 90


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(filmed, beat, snapshot):
    _, _, takes = filmed
    assert len(takes) == BEATS
    snapshot(takes[beat - 1][0], f"{beat:02d}")
