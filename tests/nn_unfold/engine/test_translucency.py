"""Translucent surfaces that cut each other look right from every side: proved against rays cast pixel by pixel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from manim import DEGREES

from nn_unfold.engine.paint import painter as painter_module
from nn_unfold.engine.paint.batch import Batch
from nn_unfold.engine.paint.painter import Painter
from nn_unfold.space.base import spatial_parts
from nn_unfold.space.landscape import Landscape
from nn_unfold.space.primitives import Faces

WIDTH, HEIGHT = 160, 90
BOX = (-2.0, 2.0, -2.0, 2.0)
WRONG = 8  # of 255: beyond the rounding of a few layers of eight bits
SHARE = 1e-3  # of the pixels that show something
NUDGES = [(0.06, 0.0), (-0.06, 0.0), (0.0, 0.06), (0.0, -0.06)]  # pixels

VIEWS = {
    "above": (0.0, -90.0),
    "oblique": (60.0, -50.0),
    "behind": (65.0, 130.0),
    "low": (82.0, 20.0),
    "edge-on": (90.0, -35.0),
    "below": (125.0, 70.0),
    "underneath": (180.0, -90.0),
}


def planes(rng):
    return Landscape.planes(1.2 * rng.normal(size=(5, 2)), rng.normal(size=5), BOX, height=0.5)


def rising(rng):
    """Planes that cross where they don't in the end."""
    landscape = planes(rng)
    for surface, share in zip(landscape.surfaces, (1.0, 0.8, 0.55, 0.3, 0.1), strict=True):
        surface.faces.points[:, 2] *= share
    return landscape


def envelope(rng):
    return Landscape.envelope(1.2 * rng.normal(size=(7, 2)), rng.normal(size=7), BOX, height=0.5)


def probabilities(rng):
    return Landscape.softmax(3 * rng.normal(size=(4, 2)), rng.normal(size=4), BOX, height=2, tolerance=0.05)


def waves(rng):
    """Two surfaces that are not split where they cross."""
    return Landscape.over(lambda X: np.column_stack([np.sin(2 * X[:, 0]), np.cos(X @ [1, 2])]), BOX, tolerance=0.05)


@pytest.fixture(autouse=True)
def hard_edges(monkeypatch):
    """Rays know no soft edges."""
    monkeypatch.setattr(painter_module, "rims", lambda *arguments: Batch(np.empty((0, 3)), np.empty((0, 4))))


SURFACES = [planes, rising, envelope, probabilities, waves]


def ray_cast(faces, projection, places):
    """What is seen at places (m, 2) of the picture, in pixels: (m, 4), premultiplied, all layers from near to far."""
    x, y = (2 * places / [WIDTH, HEIGHT] - 1).T
    rays = np.stack([x, y, np.ones(len(x))])
    places_hit, distances, colours = [], [], []
    for part in faces:
        clip = np.column_stack([part.points, np.ones(len(part.points))]) @ projection.T
        for triangle in part.triangles:
            # What is seen at (x, y) has clip coordinates (x, y, ., 1) w; here its corners' shares, each over w.
            shares = np.linalg.solve(clip[triangle][:, [0, 1, 3]].T, rays)
            hit = np.flatnonzero((shares > 0).all(axis=0))
            total = shares[:, hit].sum(axis=0)
            places_hit.append(hit)
            distances.append(1 / total)
            colours.append((shares[:, hit] / total).T @ part.rgba[triangle])
    place, distance, rgba = (np.concatenate(parts) for parts in (places_hit, distances, colours))
    order = np.lexsort([distance, place])
    place, rgba = place[order], rgba[order]
    layer = np.arange(len(place)) - np.searchsorted(place, place)
    seen = np.zeros((len(places), 4))
    for number in range(int(layer.max(initial=-1)) + 1):
        here = layer == number
        alpha = rgba[here, 3:]
        behind = 1 - seen[place[here], 3:]
        seen[place[here]] += behind * np.hstack([alpha * rgba[here, :3], alpha])
    return 255 * seen


def share_of_wrong_pixels(stage, landscape, view):
    phi, theta = VIEWS[view]
    stage.look(landscape, phi=phi * DEGREES, theta=theta * DEGREES)
    faces = [part for part in spatial_parts([landscape]) if isinstance(part, Faces)]
    for part in faces:
        part.set_opacity(0.6)
    projection = stage.camera.projection()
    painted = (
        Painter(WIDTH, HEIGHT, 0)
        .paint(
            [replace(part.batch(), rim=None) for part in faces],
            projection,
            light=np.array([0.0, 0.0, 1.0]),
            shading=0.0,
            grid=(0.0, 0.0, 0.0, 0.0),
            grid_width=0.0,
        )
        .whole(HEIGHT, WIDTH)
        .reshape(-1, 4)
        .astype(float)
    )
    row, column = np.divmod(np.arange(WIDTH * HEIGHT), WIDTH)
    middles = np.column_stack([column, row]) + 0.5
    expected = ray_cast(faces, projection, middles)
    shown = (expected[:, 3] > 0) | (painted[:, 3] > 0)
    wrong = np.flatnonzero(np.abs(painted - expected).max(axis=1) > WRONG)
    # A middle that lies on an edge, to within the rounding of a vertex's place, may show either side.
    for nudge in NUDGES:
        off = np.abs(painted[wrong] - ray_cast(faces, projection, middles[wrong] + nudge)).max(axis=1)
        wrong = wrong[off > WRONG]
        if not len(wrong):
            break
    return len(wrong) / shown.sum()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("surfaces", SURFACES)
def test_every_pixel_shows_the_layers_from_near_to_far(stage, surfaces, view):
    assert share_of_wrong_pixels(stage, surfaces(np.random.default_rng(4)), view) <= SHARE


@pytest.mark.parametrize("surfaces", SURFACES)
def test_without_the_order_it_is_wrong(stage, surfaces, monkeypatch):
    monkeypatch.setattr(painter_module, "arranged", lambda batches, projection: batches)
    worst = max(
        share_of_wrong_pixels(stage, surfaces(np.random.default_rng(4)), view)
        for view in ("oblique", "behind", "below")
    )
    assert worst > 5 * SHARE
