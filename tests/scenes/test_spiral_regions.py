"""The film spiral_regions: its regions are the network's, its creases the neurons', its count exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nn_core.geometry import linear_regions
from nn_core.network import Layer, Network
from nn_unfold.model.cache import train
from nn_unfold.space.regions import Regions
from nn_unfold.stage.layout import findings
from nn_unfold.theme import rgb, theme
from scenes.spiral_regions import SpiralRegions, drawn, fan

BEATS = 7


def of_recipe(**changes):
    """The same film with another network."""
    return type("Another", (SpiralRegions,), {"recipe": replace(SpiralRegions.recipe, **changes)})


def kept(stage, kind):
    return next(m for mobject in stage.mobjects for m in mobject.get_family() if isinstance(m, kind))


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(SpiralRegions, ())


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1].frame, f"{beat:02d}")


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 3},
        {"seed": 4},
        {"seed": 5},
        {"sizes": (2, 100, 3), "data_options": {"n_per_class": 100, "n_classes": 3}},
        {"sizes": (2, 100, 7), "data_options": {"n_per_class": 100, "n_classes": 7}},
    ],
    ids=str,
)
def test_the_last_frame_is_true_of_any_network(changes, play, media):
    film = of_recipe(**changes)
    stage = play(film)
    assert not findings(stage)
    trained = train(film.recipe, media / "trained")
    assert trained.history.accuracy[-1] >= 0.99
    faces = kept(stage, Regions).faces
    middles = faces.points[faces.triangles].mean(axis=1)[:, :2]
    colours = np.array([rgb(colour) for colour in theme().class_colours(trained.network.n_out)])
    expected = colours[trained.network.predict(middles)]
    np.testing.assert_array_equal(faces.rgba[faces.triangles[:, 0], :3], expected)


def test_the_pieces_are_counted_right_after_every_line(media):
    network = train(SpiralRegions.recipe, media / "trained").network
    hidden, output = network.layers
    box = (-1.2, 1.0, -1.1, 1.3)
    lines, counts = fan(network, box)
    heights = np.abs(lines @ hidden.weight.T + hidden.bias).max(axis=1)
    rows = heights.argmin(axis=1)
    np.testing.assert_allclose(heights.min(axis=1), 0, atol=1e-12)
    assert len(set(rows)) == len(lines) == len(counts) - 1
    for k in (1, 2, 10, 40, len(lines)):
        some = rows[:k]
        part = Network(
            [Layer(hidden.weight[some], hidden.bias[some], "relu"), Layer(output.weight[:, some], output.bias)]
        )
        assert counts[k] == len(linear_regions(part, box))


def test_a_line_counts_when_it_is_whole():
    lines = np.array([[[0, 0], [1, 0]], [[0, 0], [0, 3]]], dtype=float)
    assert [drawn(lines, share) for share in (0, 0.24, 0.25, 0.99, 1)] == [0, 0, 1, 1, 2]
