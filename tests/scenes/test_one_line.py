"""The film one_line: the surface, the line, the arrow and the numbers are those of the neuron of the moment."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from nn_unfold.model.cache import train
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.residuals import Residuals
from nn_unfold.space.response import Hyperplanes, Response, WeightArrow
from nn_unfold.text.numbers import LiveAffine
from scenes.one_line import OneLine, settling

BEATS = 9
PLANE, LINE, ARROW, BENT, LABELLED, TURNED, STEEP, FLAT = range(1, 9)  # beats, from 0


@pytest.fixture(scope="module")
def trained(media):
    return train(OneLine.recipe, media / "trained")


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(OneLine, (Cloud, Response, Hyperplanes, WeightArrow, Residuals, LiveAffine))


@pytest.fixture(scope="module")
def layers(trained):
    """The neuron that each beat shows at its end."""
    history = trained.history
    networks = {PLANE: 0, LINE: 0, ARROW: 0, BENT: 0, LABELLED: 0, TURNED: settling(history)}
    last = {STEEP: OneLine.recipe.epochs, FLAT: OneLine.recipe.epochs}
    return {beat: history.interpolated(epoch).layers[0] for beat, epoch in {**networks, **last}.items()}


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1][0], f"{beat:02d}")


def test_it_has_found_a_line(trained):
    assert trained.history.accuracy[-1] == 1
    assert trained.history.accuracy[0] < 0.5


@pytest.mark.parametrize("beat", [PLANE, BENT, TURNED, STEEP])
def test_the_surface_is_as_high_as_the_neuron_says(takes, layers, beat):
    [surface] = takes[beat][1][Response]
    z = surface.points[:, :2] @ layers[beat].weight[0] + layers[beat].bias[0]
    answer = z / 4 if beat == PLANE else expit(z) - 0.5
    np.testing.assert_allclose(surface.points[:, 2], surface.unit_height * answer, atol=1e-9)


@pytest.mark.parametrize("beat", [LINE, TURNED, FLAT])
def test_the_line_is_where_the_score_is_zero(takes, layers, beat):
    [line] = takes[beat][1][Hyperplanes]
    assert len(line.points) == 2
    np.testing.assert_allclose(line.points[:, :2] @ layers[beat].weight[0] + layers[beat].bias[0], 0, atol=1e-9)
    np.testing.assert_array_equal(line.points[:, 2], 0)


@pytest.mark.parametrize("beat", [ARROW, TURNED, FLAT])
def test_the_arrow_is_the_weights(takes, layers, beat):
    [arrow], [line] = takes[beat][1][WeightArrow], takes[beat][1][Hyperplanes]
    along = arrow.points[1] - arrow.points[0]
    np.testing.assert_allclose(along[:2], arrow.unit * layers[beat].weight[0], atol=1e-9)
    assert along @ (line.points[1] - line.points[0]) == pytest.approx(0)


@pytest.mark.parametrize("beat", [LABELLED, TURNED, STEEP])
def test_points_stand_at_their_labels_and_lines_lead_to_the_surface(takes, layers, trained, beat):
    [cloud], [misses], [surface] = (takes[beat][1][kind] for kind in (Cloud, Residuals, Response))
    np.testing.assert_allclose(cloud.points[:, 2], surface.unit_height * (trained.y - 0.5))
    np.testing.assert_allclose(misses.points[::2], cloud.points)
    z = trained.X @ layers[beat].weight[0] + layers[beat].bias[0]
    np.testing.assert_allclose(misses.points[1::2, 2], surface.unit_height * (expit(z) - 0.5), atol=1e-9)


@pytest.mark.parametrize("beat", [PLANE, TURNED, FLAT])
def test_the_numbers_are_the_weights_and_the_bias(takes, layers, beat):
    [shown] = takes[beat][1][LiveAffine]
    there = [entry.points - shown.weight.frame.points[0] for entry in shown.weight.entries]
    expected = shown.copy().show(layers[beat].weight, layers[beat].bias)
    for points, entry in zip(there, expected.weight.entries, strict=True):
        np.testing.assert_allclose(points, entry.points - expected.weight.frame.points[0], atol=1e-9)


def test_in_the_end_all_lies_in_the_plane(takes, trained):
    [cloud], [surface] = takes[FLAT][1][Cloud], takes[FLAT][1][Response]
    np.testing.assert_array_equal(cloud.points[:, :2], trained.X)
    assert not cloud.points[:, 2].any()
    assert not surface.points[:, 2].any()
