"""The globe and its maps: what they keep, and places and areas that are known."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.datasets import load_land
from nn_core.globe import MAPS, NORTHMOST, area, circle, on_globe, on_map, rolled


def jacobian(function, place, step=1e-6):
    """The derivatives (d, 2) along one unit of length to the east and to the north."""
    ways = step * np.array([[1 / np.cos(place[1]), 0], [0, 1]])
    return np.stack([(function(place + way) - function(place - way)) / (2 * step) for way in ways], axis=1)


def of(height):
    return lambda place: on_map([place], height)[0]


@pytest.mark.parametrize("latitude", [-1.2, 0.0, 0.4, 1.0])
def test_mercator_keeps_angles_and_lambert_keeps_areas(latitude):
    place = np.array([0.3, latitude])
    kept = jacobian(of("mercator"), place)
    np.testing.assert_allclose(kept, np.eye(2) / np.cos(latitude), rtol=1e-6, atol=1e-6)
    assert np.linalg.det(jacobian(of("equal_area"), place)) == pytest.approx(1)


def test_the_globe_is_a_sphere_and_a_cylinder_unrolls_without_stretching():
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(-np.pi, np.pi, 50), rng.uniform(-1.4, 1.4, 50)])
    np.testing.assert_allclose(np.linalg.norm(on_globe(places), axis=1), 1)
    for unrolled in (0.0, 0.3, 0.9, 1.0):
        for place in places[:10]:
            here = jacobian(lambda x, u=unrolled: rolled([x], unrolled=u)[0], place)
            np.testing.assert_allclose(here.T @ here, np.eye(2) / np.cos(place[1]) ** 2, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(rolled(places, unrolled=1 - 1e-9), rolled(places, unrolled=1), atol=1e-6)


def test_what_lies_beyond_the_end_of_mercators_map_is_put_at_its_end():
    assert MAPS["mercator"](np.pi / 2) == MAPS["mercator"](NORTHMOST)


def test_a_circle_has_one_distance_from_its_centre():
    for centre in ([0.0, 0.0], [1.0, 1.0], [3.0, -1.2]):
        middle = on_globe([centre])[0]
        np.testing.assert_allclose(np.arccos(on_globe(circle(centre, 0.2)) @ middle), 0.2)


def test_land_has_its_known_size():
    # CIA World Factbook: 148.94 million square kilometres of land; Australia's mainland 7.6, Greenland 2.17.
    square = 6.371**2
    sizes = [abs(area(on_map(ring, "equal_area"))) * square for ring in load_land()]
    assert sum(sizes) == pytest.approx(148.9, rel=0.03)
    assert any(size == pytest.approx(7.6, rel=0.02) for size in sizes)
    assert any(size == pytest.approx(2.17, rel=0.03) for size in sizes)
    for ring in load_land():
        assert (np.abs(ring) <= [np.pi + 1e-6, np.pi / 2 + 1e-6]).all()


@pytest.mark.parametrize("arguments", [{"unrolled": 2}, {"stretched": -1}, {"height": "flat"}])
def test_odd_arguments_are_told(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments)) if "height" not in arguments else "no map"):
        rolled([[0.0, 0.0]], **arguments)
