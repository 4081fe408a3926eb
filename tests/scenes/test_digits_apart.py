"""The film digits_apart: every picture stands where the network, or the projection that is named, puts it."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.datasets import load_digits
from nn_core.embedding import pca
from nn_core.network import Network
from nn_unfold.model.cache import train
from nn_unfold.motion.learning import Accuracy
from nn_unfold.space.base import in_space, spatial_parts
from nn_unfold.space.picture import PictureCloud
from nn_unfold.space.primitives import Cloud
from scenes.digits_apart import DEPTH, DigitsApart

BEATS = 7


def behind(network, X):
    """Where the layers up to the plane take pictures (n, 784): (n, 2)."""
    return Network(network.layers[:DEPTH]).forward(X).output


@pytest.fixture(scope="module")
def filmed(play, picture, media):
    """The stage at the end, its Trained, and of each beat the frame, [(kind, origin, points)] and the accuracies."""
    takes = []

    def take(stage):
        clouds = [p for p in spatial_parts(stage.mobjects) if isinstance(p, Cloud)]
        family = [part for mobject in stage.mobjects for part in mobject.get_family()]
        shares = [part.share for part in family if isinstance(part, Accuracy)]
        takes.append((picture(stage), [(type(p), p.origin.copy(), p.points.copy()) for p in clouds], shares))

    stage = play(DigitsApart, take)
    return stage, train(DigitsApart.recipe, media / "trained"), takes


def test_where_the_pictures_stand(filmed):
    _, trained, takes = filmed
    _, explained = pca(trained.X)
    axes = np.linalg.svd(trained.X - trained.X.mean(axis=0), full_matrices=False)[2][:2]
    first, last = trained.history.network_at(0), trained.network
    for beat, (_, clouds, _) in enumerate(takes, start=1):
        assert len(clouds) == 2
        for _, origin, points in clouds:
            if beat <= 2:
                expected = (origin - trained.X.mean(axis=0)) @ axes.T
                np.testing.assert_allclose(np.abs(points[:, :2]), np.abs(expected), atol=1e-6)
                spread = points[:, :2].var(axis=0).sum() / trained.X.var(axis=0).sum()
                assert len(points) < len(trained.X) or spread == pytest.approx(explained.sum())
            else:
                expected = in_space(behind(first if beat == 3 else last, origin))
                np.testing.assert_allclose(points, expected, rtol=0, atol=1e-9, err_msg=f"beat {beat}")


def test_all_digits_are_points_and_what_is_pictured_is_among_them(filmed):
    _, trained, takes = filmed
    for beat, (_, clouds, _) in enumerate(takes, start=1):
        pictured = next(origin for kind, origin, _ in clouds if kind is PictureCloud)
        origin = next(origin for kind, origin, _ in clouds if kind is Cloud)
        np.testing.assert_array_equal(origin, trained.X if beat <= 5 else load_digits().X_test)
        assert {row.tobytes() for row in pictured} <= {row.tobytes() for row in origin}


def test_the_accuracy_on_screen_is_that_on_digits_it_has_not_learnt(filmed):
    _, trained, takes = filmed
    digits = load_digits()
    right = float((trained.network.predict(digits.X_test) == digits.y_test).mean())
    for _, _, shares in takes[3:]:
        assert shares == [right]
    assert right > 0.75
    assert trained.history.accuracy[-1] > 0.98


def test_in_the_end_it_shows_all_that_it_gets_wrong(filmed):
    _, trained, takes = filmed
    digits = load_digits()
    wrong = digits.X_test[trained.network.predict(digits.X_test) != digits.y_test]
    pictured = next(origin for kind, origin, _ in takes[-1][1] if kind is PictureCloud)
    np.testing.assert_array_equal(pictured, wrong)


def test_the_film_lasts_as_long_as_a_lecture_bears(filmed):
    stage, *_ = filmed
    assert 30 <= stage.clock <= 90


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(filmed, beat, snapshot):
    _, _, takes = filmed
    assert len(takes) == BEATS
    snapshot(takes[beat - 1][0], f"{beat:02d}")
