"""The film digit_reader: every number and picture on the screen is the network's own."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.activations import softmax
from nn_core.datasets import load_digits
from nn_core.network import Network
from nn_core.storage import save
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.flat.pixels import PixelGallery, Pixels
from nn_unfold.flat.rows import RowBars
from nn_unfold.flat.tally import Tally
from nn_unfold.model.cache import train
from nn_unfold.stage.layout import findings
from scenes.digit_reader import LARGEST, Case, DigitReader, busiest

BEATS = 12
COUNTED, SENT, ONE, ALL, ANSWERED, STREAM, WRONG, WHY, DECIDED, LAST = range(2, BEATS)  # beats, from 0


@pytest.fixture(scope="module")
def network(media):
    return train(DigitReader.recipe, media / "trained").network


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(DigitReader, (Pixels, PixelGallery, RowBars, Tally, NetworkDiagram))


def seen(take):
    """The picture (784,) in the column."""
    return next(part.values for part in take.shown[Pixels] if part.ink).ravel()


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1].frame, f"{beat:02d}")


def test_all_parameters_are_counted(takes):
    [tally] = takes[COUNTED].shown[Tally]
    assert tally.counts.tolist() == [12_544, 16, 160, 10]
    assert tally.total == 12_730


def test_the_magnified_piece_is_a_piece_of_the_picture(takes):
    large, piece = takes[0].shown[Pixels]
    row, column = busiest(large.values, 7)
    np.testing.assert_array_equal(piece.values, large.values[row : row + 7, column : column + 7])
    assert 0.2 < piece.values.mean() < 0.8


@pytest.mark.parametrize("beat", [ANSWERED, STREAM, WRONG])
def test_pictures_numbers_and_bars_are_those_of_the_forward_pass(takes, network, beat):
    trace = network.forward(seen(takes[beat])[None])
    [gallery], [bars] = takes[beat].shown[PixelGallery], takes[beat].shown[RowBars]
    np.testing.assert_allclose(gallery.values, trace.a[0][0], atol=1e-12)
    np.testing.assert_allclose(bars.values, softmax(trace.logits)[0], atol=1e-12)
    weights = [picture.values.ravel() for picture in gallery.pictures]
    np.testing.assert_array_equal(weights, network.layers[0].weight)


def test_what_runs_through_the_diagram_is_the_forward_pass(takes, network):
    [diagram] = takes[SENT].shown[NetworkDiagram]
    x = seen(takes[SENT])
    for values, expected in zip(diagram.values, [x, *(a[0] for a in network.forward(x[None]).a)], strict=True):
        np.testing.assert_allclose(values, expected, atol=1e-12)


@pytest.mark.parametrize("beat", [ONE, LAST])
def test_pixels_times_weights(takes, network, beat):
    x, weights, product = (part.values.ravel() for part in takes[beat].shown[Pixels])
    np.testing.assert_allclose(product, x * weights, atol=1e-12)
    assert (network.layers[0].weight == weights).all(axis=1).sum() == 1


def test_the_terms_make_up_the_difference_of_the_scores(takes, network, play):
    digits = load_digits()
    x = seen(takes[WHY])
    [number] = np.flatnonzero((digits.X_test == x).all(axis=1))
    truth, scores = digits.y_test[number], network.forward(x[None]).logits[0]
    assert scores.argmax() != truth
    [rows] = takes[WHY].shown[RowBars]
    assert len(rows.values) == LARGEST + 2
    assert rows.values.sum() == pytest.approx(scores.max() - scores[truth])


def test_the_terms_that_decide_are_the_fewest():
    case = Case(0, 1, 2, True, np.array([2.0, -1.0, 0.5, 1.5]), -0.25)
    assert (case.margin, case.decisive, case.deciding) == (2.75, [0, 3], 2)
    assert case.order.tolist() == [0, 3, 1, 2]
    by_biases = case._replace(bias=9.0)
    assert (by_biases.deciding, by_biases.decisive) == (0, [0])


@pytest.mark.parametrize("sizes", [(784, 3, 10), (784, 40, 10)])
def test_it_takes_networks_of_other_widths(sizes, play, tmp_path, monkeypatch):
    save(Network.create(sizes, "relu", rng=0), tmp_path / "mine.npz")
    monkeypatch.setenv("UNFOLD_NETWORK", str(tmp_path / "mine.npz"))
    found = []
    stage = play(DigitReader, lambda stage: found.extend(findings(stage)))
    assert not found
    assert not stage.findings
