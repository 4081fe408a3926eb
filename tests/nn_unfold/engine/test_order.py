"""The order in which cells are painted, from far to near, whatever numbers SciPy gives to them."""

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay

from nn_unfold.engine.paint import order


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("foot", [(3.0, 0.4), (0.3, 0.2), (-5.0, 7.0)])
def test_along_every_line_of_sight_the_numbers_grow(monkeypatch, shuffled, foot):
    rng = np.random.default_rng(0)
    xy = rng.uniform(-1, 1, (80, 2))
    cells = np.sort(Delaunay(xy).simplices.astype(int), axis=1)
    a, b, c = (xy[cells[:, i]] for i in range(3))
    clockwise = np.cross(np.pad(b - a, [(0, 0), (0, 1)]), np.pad(c - a, [(0, 0), (0, 1)]))[:, 2] < 0
    cells[clockwise] = cells[clockwise][:, [0, 2, 1]]

    def other_numbers(*arguments, **options):
        count, numbers = connected_components(*arguments, **options)
        return count, rng.permutation(count)[numbers]

    if shuffled:
        monkeypatch.setattr(order, "connected_components", other_numbers)
    stack = order.Stack(xy, cells, np.ones((1, len(cells)), bool), np.zeros((1, len(xy), 11)))
    step = order._steps_from(np.array(foot), stack)

    triangulation = Delaunay(xy)
    keys = {tuple(sorted(simplex)): number for number, simplex in enumerate(cells.tolist())}
    for _ in range(300):
        start = rng.uniform(-1.5, 1.5, 2)
        # From far to near along a line of sight that ends at its foot.
        points = start + np.linspace(0, 1, 2000)[:, None] * (np.array(foot) - start)
        found = triangulation.find_simplex(points)
        passed = [keys[tuple(sorted(triangulation.simplices[i].tolist()))] for i in found[found >= 0]]
        assert (np.diff(step[passed]) >= 0).all()
