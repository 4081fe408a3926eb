"""The film approximation: hinges change nothing when they come, graphs are those of forward, errors are measured."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.datasets import FUNCTIONS
from nn_core.geometry import breakpoints, grid_points, linear_regions
from nn_core.network import Layer, Network
from nn_unfold.errors import UnfoldError
from nn_unfold.motion.learning import SurfaceError
from nn_unfold.out.checks import cases, examine
from nn_unfold.space.curves import NetworkCurve
from nn_unfold.space.primitives import Cloud
from scenes.approximation import BEYOND, SIZE, Approximation, Facets, grow, grown

BEATS = 10
POINTS, LEVEL, FIRST, THIRD, LAST, BEYOND_LINE, PLANE, LEARNT, COUNTED, BEYOND_PLANE = range(BEATS)


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(Approximation, (Cloud, Facets, NetworkCurve, SurfaceError))


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1].frame, f"{beat:02d}")


@pytest.mark.parametrize(("beat", "hinges"), [(LEVEL, 0), (FIRST, 1), (THIRD, 3), (LAST, 8), (BEYOND_LINE, 8)])
def test_the_curve_is_the_graph_of_the_network_and_bends_at_its_hinges(takes, beat, hinges):
    [curve] = takes[beat].shown[NetworkCurve]
    network, reach = curve.network, BEYOND if beat == BEYOND_LINE else SIZE
    x, heights = curve.line.points[:, 0], curve.line.points[:, 1]
    assert (x.min(), x.max()) == (-reach, reach)
    np.testing.assert_allclose(heights, network.forward(x[:, None]).output[:, 0], atol=1e-12)
    np.testing.assert_array_equal(curve.hinges.points[:, 0], breakpoints(network, -reach, reach))
    assert len(network.layers) == 1 if hinges == 0 else network.layers[0].n_out == hinges
    # What is said of the error is said of these very points.
    [cloud] = [part for part in takes[POINTS].shown[Cloud] if len(part.points) == 200]
    off = np.abs(network.forward(cloud.points[:, :1]).output[:, 0] - np.sin(2 * cloud.points[:, 0])).mean()
    assert takes[beat].shown[SurfaceError][0].error == pytest.approx(off)


@pytest.mark.parametrize("beat", [LEARNT, COUNTED, BEYOND_PLANE])
def test_facets_are_as_high_as_forward_and_flat(takes, beat):
    [facets] = takes[beat].shown[Facets]
    corners = facets.faces.points
    network = facets.network
    np.testing.assert_allclose(corners[:, 2], network.forward(corners[:, :2]).output[:, 0], atol=1e-12)
    middles = corners[facets.faces.triangles].mean(axis=1)
    np.testing.assert_allclose(middles[:, 2], network.forward(middles[:, :2]).output[:, 0], atol=1e-9)
    [lines] = facets.creases
    halves = (lines.points[::2] + lines.points[1::2]) / 2
    for points in (lines.points, halves):
        np.testing.assert_allclose(points[:, 2], network.forward(points[:, :2]).output[:, 0], atol=1e-9)
    # A plane that is cut into convex cells has as many sides as corners and cells together, less one (Euler).
    n = len(linear_regions(network, facets.box))
    assert len(halves) == len(np.unique(lines.points.round(9), axis=0)) + n - 1


def test_what_is_told_of_the_surface(takes, play):
    told = play(Approximation).told
    [facets] = takes[COUNTED].shown[Facets]
    [cloud] = takes[PLANE].shown[Cloud]
    assert told[COUNTED].values["facets"] == len(linear_regions(facets.network, facets.box))
    X, y = cloud.points[:, :2], cloud.points[:, 2]
    np.testing.assert_allclose(y, np.sin(2 * X).prod(axis=1), atol=1e-12)
    off = np.abs(facets.network.forward(X).output[:, 0] - y).mean()
    assert told[COUNTED].values["error"] == pytest.approx(off)
    places = grid_points(takes[BEYOND_PLANE].shown[Facets][0].box, 60)
    places = places[np.abs(places).max(axis=1) > SIZE]
    off = np.abs(facets.network.forward(places).output[:, 0] - np.sin(2 * places).prod(axis=1)).mean()
    assert told[BEYOND_PLANE].values["beyond"] == pytest.approx(off)


def test_a_hinge_comes_where_it_helps_most():
    x = np.linspace(-2, 2, 81)[:, None]
    flat = Network([Layer([[0.0]], [0.0])])
    tent = np.maximum(0, x - 0.5)
    network = grown(flat, x, tent)
    assert -network.layers[0].bias / network.layers[0].weight[:, 0] == pytest.approx(0.5)
    assert not network.forward(x).output.any()
    # The neuron that is there can do this itself: so the next one bends elsewhere.
    both = grown(network, x, tent + 0.1 * np.maximum(0, -x - 1))
    assert len(both.layers[0].weight) == 2
    assert not both.forward(x).output.any()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_is_met(name):
    X = np.linspace(-2, 2, 150)[:, None]
    y = FUNCTIONS[name](X)
    level = Network([Layer([[0.0]], y.mean(axis=0))])
    histories = grow(level, X, y, Approximation.recipe, np.random.default_rng(0))
    for before, after in zip([level, *(history.network for history in histories)], histories, strict=False):
        np.testing.assert_allclose(after.network_at(0).forward(X).output, before.forward(X).output, atol=1e-12)
    assert np.abs(histories[-1].network.forward(X).output - y).mean() < 0.05


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("data_options.function=tangent", "there is no function 'tangent'; choose one of sine, cubic, abs, step"),
        ("sizes=1,4,4,1", "its hidden layers have 4, then 4 neurons"),
        ("data=moons", "its data are 'moons', and 'function' is wanted"),
        ("learning_rate=1e300", "training of this film's network failed"),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(options, message, monkeypatch, play):
    field, value = options.split("=")
    monkeypatch.setattr(Approximation, "recipe", Approximation.recipe.with_fields({field: value}))
    with pytest.raises(UnfoldError, match=message) as error:
        play(Approximation)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("case", ["seed +1"])
def test_what_is_said_and_shown_is_true_for_another_seed(case):
    report = examine(cases(Approximation, 1)[case], case, motion=False)
    assert report.findings == []
