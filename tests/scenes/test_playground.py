"""The film playground: four trained networks; what every picture shows is what they answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nn_core.preprocessing import FEATURES, features
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.flat.plots import LossCurve
from nn_unfold.flat.thumbnails import DataThumbnails
from nn_unfold.model.cache import train
from nn_unfold.motion.learning import Carried
from nn_unfold.space.heat import HeatPlane
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.sheet import Lattice
from nn_unfold.theme import rgb, theme
from scenes.playground import DOMAIN, OTHERS, Playground

BEATS = 9
DISC, CORNERS, CLOUDS, SPIRAL = 4, 5, 6, 8  # beats that end with a trained network, from 0


@pytest.fixture(scope="module")
def games(media):
    recipes = [Playground.recipe, *(replace(Playground.recipe, **changes) for changes in OTHERS)]
    return [(recipe, train(recipe, media / "trained")) for recipe in recipes]


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(Playground, (HeatPlane, Carried, NetworkDiagram, LossCurve, DataThumbnails, Cloud))


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1][0], f"{beat:02d}")


def test_all_four_are_learnt_as_the_original_does_it(games):
    names = [recipe.data for recipe, _ in games]
    assert names == ["circle", "xor", "gauss", "two_spirals"]
    for recipe, trained in games:
        assert (len(trained.X), recipe.learning_rate, recipe.batch_size, recipe.activations) == (500, 0.03, 10, "tanh")
        assert np.abs(trained.X).max() <= DOMAIN[1]
        assert trained.history.accuracy[-1] >= 0.99
    assert games[0][0].sizes == (2, 4, 2, 1)
    assert games[3][0].features == tuple(FEATURES)


@pytest.mark.parametrize(("beat", "number"), [(DISC, 0), (CORNERS, 1), (CLOUDS, 2), (SPIRAL, 3)])
class TestGame:
    def test_the_map_shows_the_answers(self, takes, games, beat, number):
        recipe, trained = games[number]
        answers = next(plane for plane in takes[beat][1][HeatPlane] if plane.box == DOMAIN)
        p = trained.network.predict_proba(recipe.inputs(answers.pixels))[:, 1]
        np.testing.assert_allclose(answers.values.ravel(), 2 * p - 1)
        start, end = answers.boundary.points[::2, :2], answers.boundary.points[1::2, :2]
        across = (end - start)[:, ::-1] * [1, -1] / np.linalg.norm(end - start, axis=1, keepdims=True)
        sides = [trained.network.predict(recipe.inputs((start + end) / 2 + step * across)) for step in (-0.15, 0.15)]
        assert (sides[0] != sides[1]).mean() > 0.97

    def test_the_lattice_and_the_data_stand_where_the_hidden_layers_take_them(self, takes, games, beat, number):
        recipe, trained = games[number]
        [carried] = takes[beat][1][Carried]
        lattice, cloud = carried
        assert [type(part) for part in carried] == [Lattice, Cloud]
        np.testing.assert_array_equal(cloud.origin, trained.X)
        for part in (lattice.grid, lattice.outline, cloud):
            hidden = trained.network.forward(recipe.inputs(part.origin)).a[1]
            np.testing.assert_allclose(part.points, np.pad(hidden, [(0, 0), (0, 1)]), atol=1e-12)

    def test_on_the_hidden_plane_the_line_is_straight_and_parts_the_classes(self, takes, games, beat, number):
        _, trained = games[number]
        floor = next(plane for plane in takes[beat][1][HeatPlane] if plane.box != DOMAIN)
        last = trained.network.layers[-1]
        ends = floor.boundary.points[:, :2]
        assert len(ends) == 2
        np.testing.assert_allclose(ends @ last.weight[0] + last.bias[0], 0, atol=1e-9)
        np.testing.assert_allclose(floor.values.ravel(), np.tanh((floor.pixels @ last.weight[0] + last.bias[0]) / 2))

    def test_diagram_curve_and_choice_are_those_of_this_network(self, takes, games, beat, number):
        recipe, trained = games[number]
        [diagram] = takes[beat][1][NetworkDiagram]
        np.testing.assert_array_equal(diagram.network.parameters, trained.network.parameters)
        _, inputs = diagram.raster
        hidden = trained.network.forward(inputs).a[0]
        for neuron in range(recipe.sizes[1]):
            np.testing.assert_allclose(diagram.neuron(1, neuron).values.ravel(), hidden[:, neuron])
        for column, name in enumerate(recipe.features):
            assert np.ptp(diagram.neuron(0, column).values) == pytest.approx(np.ptp(inputs[:, column])), name
        [curve] = takes[beat][1][LossCurve]
        epochs = np.isin(curve.moments, trained.history.epochs)
        np.testing.assert_array_equal(curve.series[0][epochs], trained.history.loss)
        [thumbnails] = takes[beat][1][DataThumbnails]
        assert thumbnails.chosen == number

    def test_points_have_the_colours_of_their_classes(self, takes, games, beat, number):
        _, trained = games[number]
        shades = np.array([rgb(colour) for colour in theme().points])
        for cloud in takes[beat][1][Cloud]:
            np.testing.assert_array_equal(cloud.rgba[:, :3], shades[trained.y])


def test_the_network_is_given_the_features_of_the_points(games):
    recipe, trained = games[3]
    X = trained.X
    given = np.stack(
        [X[:, 0], X[:, 1], X[:, 0] ** 2, X[:, 1] ** 2, X[:, 0] * X[:, 1], np.sin(X[:, 0]), np.sin(X[:, 1])], axis=1
    )
    np.testing.assert_array_equal(recipe.inputs(X), given)
    np.testing.assert_array_equal(features(X, recipe.features), given)
    assert (trained.network.predict(given) == trained.y).mean() == trained.history.accuracy[-1]
