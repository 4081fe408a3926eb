"""The film relu_fold: what is on the screen at the end of each beat is what the network computes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from nn_unfold.model.cache import train
from nn_unfold.space.base import in_space, spatial_parts
from nn_unfold.space.sheet import Sheet
from scenes.relu_fold import ReluFold

# What the sheet and its points are after each beat.
SHOWN = ("x", "x", "z1", "z1", "a1", "z2", "a2", "a2", "a1", "x")


class AnotherSeed(ReluFold):
    """The same film with another network."""

    recipe = replace(ReluFold.recipe, seed=3, starts=2)


def numbers(network, X) -> dict[str, np.ndarray]:
    """Everything that the network makes of points (n, 2), by the names of SHOWN."""
    trace = network.forward(X)
    return {"x": X, "z1": trace.z[0], "a1": trace.a[0], "z2": trace.z[1], "a2": trace.a[1]}


@pytest.fixture(scope="module", params=[ReluFold, AnotherSeed])
def filmed(request, play, picture, media):
    """The stage at the end, its Trained, and of each beat the frame and {name: (origin, points, opacity)}."""
    takes = []

    def take(stage):
        sheet = next(m for mobject in stage.mobjects for m in mobject.get_family() if isinstance(m, Sheet))
        names = {sheet.faces: "faces", sheet.grid: "grid", sheet.outline: "outline", sheet.boundary: "boundary"}
        names |= dict.fromkeys(sheet.creases, "creases")
        parts = {names.get(p, "cloud"): p for p in spatial_parts(stage.mobjects) if p.origin is not None}
        arrays = {name: (p.origin.copy(), p.points.copy(), p.rgba[:, 3].copy()) for name, p in parts.items()}
        takes.append((picture(stage), arrays))

    stage = play(request.param, take)
    return stage, train(request.param.recipe, media / "trained"), takes


def test_every_vertex_stands_where_the_network_puts_it(filmed):
    _, trained, takes = filmed
    for (_, parts), space in zip(takes, SHOWN, strict=True):
        assert set(parts) == {"faces", "grid", "outline", "creases", "boundary", "cloud"}
        for name, (origin, points, _) in parts.items():
            assert len(points)
            expected = in_space(numbers(trained.network, origin)[space])
            np.testing.assert_allclose(points, expected, rtol=0, atol=1e-9, err_msg=f"{name} as {space}")


def test_what_the_lines_are(filmed):
    _, trained, takes = filmed
    _, parts = takes[-1]
    np.testing.assert_array_equal(parts["cloud"][0], trained.X)
    on_crease = numbers(trained.network, parts["creases"][0])["z1"]
    np.testing.assert_allclose(np.abs(on_crease).min(axis=1), 0.0, atol=1e-9)
    on_boundary = numbers(trained.network, parts["boundary"][0])["a2"]
    np.testing.assert_allclose(on_boundary[:, 0], on_boundary[:, 1], atol=1e-9)


def test_lines_are_seen_from_the_beat_that_draws_them_and_then_whole(filmed):
    _, _, takes = filmed
    for name, drawn_in in (("creases", 4), ("boundary", 8)):
        for beat, (_, parts) in enumerate(takes, start=1):
            _, _, opacity = parts[name]
            np.testing.assert_array_equal(opacity, float(beat >= drawn_in), err_msg=f"{name} in beat {beat}")


def test_what_the_captions_say(media):
    trained = train(ReluFold.recipe, media / "trained")
    side = 2.0 * trained.y - 1.0
    # No line separates the classes: side (w x + b) >= 1 has no solution.
    rows = -side[:, None] * np.column_stack([trained.X, np.ones(len(trained.X))])
    assert linprog(np.zeros(3), A_ub=rows, b_ub=-np.ones(len(rows)), bounds=(None, None)).status == 2
    # Then y_1 = y_2 does, and the classes sit in opposite corners of the unit square.
    output = trained.network.forward(trained.X).output
    assert ((output[:, 1] > output[:, 0]) == (trained.y == 1)).all()
    for label in (0, 1):
        corner = np.eye(2)[label]
        assert np.median(np.abs(output[trained.y == label] - corner)) < 0.15


def test_the_film_lasts_as_long_as_a_lecture_bears(filmed):
    stage, *_ = filmed
    assert 40 <= stage.clock <= 70


@pytest.mark.parametrize("filmed", [ReluFold], indirect=True)
@pytest.mark.parametrize("beat", range(1, len(SHOWN) + 1))
def test_frames(filmed, beat, snapshot):
    _, _, takes = filmed
    snapshot(takes[beat - 1][0], f"{beat:02d}")
