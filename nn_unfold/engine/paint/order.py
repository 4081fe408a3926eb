"""The exact back-to-front order of translucent surfaces that are graphs over one mesh of the plane.

To sort triangles by the distance of their middles is wrong from some sides. Graphs over the same mesh have an exact
order, in two steps. First, the cells of the mesh: a ray from the eye, seen from above, goes away from the foot of the
eye, and crosses each edge from the side of the foot to the other side. This gives an order of the cells; meshes that
are made by cutting have no cycles in it. Second, the surfaces over one cell: they are cut where they cross, so that
they lie above each other; which of them is in front depends on the side from which the cell is seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from graphlib import TopologicalSorter
from itertools import combinations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from nn_core.geometry.mesh import fans
from nn_core.geometry.subdivision import Subdivision
from nn_unfold.engine.paint.batch import OPAQUE, Batch

_stacks: deque[tuple[list[Batch], Stack | None]] = deque(maxlen=4)

_ROUNDING = 1e-9  # relative: heights that differ by less count as equal


@dataclass(frozen=True)
class Stack:
    """Surfaces over one mesh.

    Attributes:
        xy: (n, 2) vertices of the mesh.
        cells: (c, 3) its triangles, counter-clockwise.
        there: (K, c) whether surface k stands over a cell.
        vertices: (K, n, d) the vertices of each surface: x, y, z, and all else that is mixed when a cell is cut.
    """

    xy: np.ndarray
    cells: np.ndarray
    there: np.ndarray
    vertices: np.ndarray


def arranged(batches: Sequence[Batch], projection: np.ndarray) -> list[Batch]:
    """The batches, translucent graphs among them cut where they cross and with the `depth` that orders them.

    Args:
        batches: what is to be painted.
        projection: (4, 4) matrix from scene units to clip space.
    """
    return _replaced(batches, lambda stack: _in_order(stack, projection))


def cut_apart(batches: Sequence[Batch]) -> list[Batch]:
    """The batches, translucent graphs among them cut where they cross, for who orders them otherwise."""
    return _replaced(batches, _faces)


def _replaced(batches: Sequence[Batch], faces_of: Callable[[Stack], list[dict[str, np.ndarray]]]) -> list[Batch]:
    """The batches, with the arrays that a function gives for each surface of a stack in place of their own."""
    together: dict[bytes, list[int]] = {}
    for number, batch in enumerate(batches):
        if len(batch.triangles) and batch.rgba[:, 3].max() > 0 and batch.rgba[:, 3].min() < OPAQUE:
            together.setdefault(np.ascontiguousarray(batch.points[:, :2]).tobytes(), []).append(number)
    result = list(batches)
    for members in together.values():
        stack = _ready([batches[i] for i in members])
        if stack is not None:
            for i, faces in zip(members, faces_of(stack), strict=True):
                result[i] = replace(batches[i], **faces)  # type: ignore[arg-type]  # the names are those of arrays
    return result


def _ready(batches: list[Batch]) -> Stack | None:
    """The stack of these batches, cut where they cross; kept for frames in which only the camera moves."""
    for before, stack in _stacks:
        if len(batches) == len(before) and all(map(Batch.same_as, batches, before)):
            return stack
    stack = _stacked(batches)
    if stack is not None:
        stack = _cut_where_they_cross(stack)
    _stacks.append(([batch.frozen() for batch in batches], stack))
    return stack


def _stacked(batches: list[Batch]) -> Stack | None:
    """Batches over the same vertices of the plane as a stack; None where any order is right, or none is known."""
    xy = batches[0].points[:, :2]
    n = len(xy)
    if len(batches) == 1 and np.ptp(batches[0].points[:, 2]) == 0:
        return None  # flat: nothing of it hides anything else
    for triangles in {id(batch.triangles): batch.triangles for batch in batches}.values():
        a, b, c = np.moveaxis(xy[triangles], 1, 0)
        if not _cross(b - a, c - a).min(initial=1.0) > 0:
            return None
    cells = batches[0].triangles
    there = np.ones((len(batches), len(cells)), dtype=bool)
    if not all(np.array_equal(batch.triangles, cells) for batch in batches):
        # The smallest corner first: then equal triangles have equal keys.
        keys = []
        for batch in batches:
            first = np.argmin(batch.triangles, axis=1)[:, None]
            turned = np.take_along_axis(batch.triangles, (first + np.arange(3)) % 3, axis=1)
            keys.append(turned @ np.array([n * n, n, 1]))
        union = np.unique(np.concatenate(keys))
        cells = np.stack([union // (n * n), union // n % n, union % n], axis=1)
        there = np.array([np.isin(union, key) for key in keys])
    uv = [np.zeros((n, 2)) if batch.uv is None else batch.uv for batch in batches]
    rims = [np.full((n, 2), 0.5) if batch.rim is None else batch.rim for batch in batches]
    vertices = np.stack([np.hstack([b.points, b.rgba, w, r]) for b, w, r in zip(batches, uv, rims, strict=True)])
    return Stack(xy, cells, there, vertices)


def _cut_where_they_cross(stack: Stack) -> Stack:
    """The same surfaces over a finer mesh: over each of its cells no two of them cross."""
    z = stack.vertices[:, :, 2]
    least = _ROUNDING * max(float(np.ptp(z)), 1e-300)
    crossed = np.zeros(len(stack.cells), dtype=bool)
    pairs = []
    for i, j in combinations(range(len(z)), 2):
        lead = z[i] - z[j]
        if lead.min() < -least and lead.max() > least:
            sign = ((lead > least).astype(np.int8) - (lead < -least))[stack.cells]
            here = stack.there[i] & stack.there[j] & (sign.min(axis=1) < 0) & (sign.max(axis=1) > 0)
            crossed |= here
            if here.any():
                pairs.append((i, j))
    if not pairs:
        return stack
    n = len(stack.xy)
    used, corners = np.unique(stack.cells[crossed], return_inverse=True)
    plane = Subdivision.of_triangles(stack.xy[used], corners.reshape(-1, 3))
    plane.assign(np.stack([(z[i] - z[j])[used] for i, j in pairs]))
    rows = np.arange(len(pairs))
    plane.cut_rows(rows, np.zeros(len(pairs)), rows)
    corners, begins = plane.polygons()
    # Old corners keep their numbers, so that cells that are whole still touch those that are cut.
    points = plane.points.now.T
    number = np.concatenate([used, n + np.arange(len(points) - len(used))])
    triangles, face = fans(points, corners, begins)
    parent = np.flatnonzero(crossed)[plane.origin]

    # A new corner is a mean of the three corners of any old cell that it is a corner of a part of.
    holder = np.zeros(len(points), dtype=int)
    holder[corners] = np.repeat(parent, np.diff(begins))
    new = np.arange(len(used), len(points))
    old = stack.cells[holder[new]]
    shares = _barycentric(points[new], stack.xy[old])
    added = np.einsum("ni,knid->knd", shares, stack.vertices[:, old])
    return Stack(
        np.concatenate([stack.xy, points[new]]),
        np.concatenate([stack.cells[~crossed], number[triangles]]),
        np.concatenate([stack.there[:, ~crossed], stack.there[:, parent[face]]], axis=1),
        np.concatenate([stack.vertices, added], axis=1),
    )


def _in_order(stack: Stack, projection: np.ndarray) -> list[dict[str, np.ndarray]]:
    """For each surface its arrays as of a Batch, with a depth for each triangle."""
    eye = np.linalg.solve(projection[[0, 1, 3], :3], -projection[[0, 1, 3], 3])
    step = _steps_from(eye[:2], stack)
    # Of the surfaces over one cell those that are seen from above come first, from low to high; then the others.
    z = stack.vertices[:, :, 2][:, stack.cells]
    below_eye = np.einsum("kci,ci->kc", z, _barycentric(eye[:2], stack.xy[stack.cells])) < eye[2]
    height = z.mean(axis=2)
    rank = np.argsort(np.argsort(height, axis=0, kind="stable"), axis=0, kind="stable")
    turn = np.where(below_eye, rank, 2 * len(rank) - rank)
    order = np.lexsort([turn.ravel(), np.broadcast_to(step, turn.shape).ravel()])

    # The distances along the view axis, made to fall from each triangle to the next.
    distance = stack.xy[stack.cells].mean(axis=1) @ projection[3, :2] + projection[3, 2] * height + projection[3, 3]
    falling = distance.ravel()[order]
    falling = (np.minimum.accumulate(falling) + np.maximum.accumulate(falling[::-1])[::-1]) / 2
    falling -= np.arange(len(falling)) * _ROUNDING * np.abs(falling).max()
    depth = np.empty(turn.size)
    depth[order] = falling
    depths = depth.reshape(turn.shape)
    return [faces | {"depth": own[there]} for faces, own, there in zip(_faces(stack), depths, stack.there, strict=True)]


def _faces(stack: Stack) -> list[dict[str, np.ndarray]]:
    """For each surface its arrays as of a Batch."""
    return [
        {
            "points": vertices[:, :3],
            "rgba": vertices[:, 3:7],
            "uv": vertices[:, 7:9],
            "rim": vertices[:, 9:],
            "triangles": stack.cells if there.all() else stack.cells[there],
        }
        for vertices, there in zip(stack.vertices, stack.there, strict=True)
    ]


def _steps_from(foot: np.ndarray, stack: Stack) -> np.ndarray:
    """Numbers (c,) of the cells that grow along every line of sight towards its foot (2,)."""
    tail, head, left, right = _edges(np.ascontiguousarray(stack.cells).tobytes())
    start = stack.xy[tail]
    side = _cross(stack.xy[head] - start, foot - start)
    # A line of sight that runs along an edge crosses it nowhere.
    tells = side != 0
    near, far = np.where(side > 0, left, right)[tells], np.where(side > 0, right, left)[tells]

    # Where cells hide each other in a circle, all of it has one number. SciPy's walk from each cell to all that are
    # behind it leaves these first, and numbers what it leaves. It sets out from the farthest cell, then from the next:
    # so the numbers follow the distance, but for the few cells where that would be wrong.
    n = len(stack.cells)
    distance = np.linalg.norm(stack.xy[stack.cells].mean(axis=1) - foot, axis=1)
    turn = np.empty(n, dtype=int)
    turn[np.argsort(-distance)] = np.arange(n)
    behind = csr_array((np.ones(len(near), dtype=np.int8), (turn[near], turn[far])), shape=(n, n))
    step = connected_components(behind, connection="strong")[1][turn]
    # SciPy promises no order of its numbers, so it is checked.
    return step if (step[far] <= step[near]).all() else _sorted_steps(step, near, far)


def _sorted_steps(group: np.ndarray, near: np.ndarray, far: np.ndarray) -> np.ndarray:
    """Numbers (c,) of cells that grow from what is far to what is near, one for each of their groups (c,)."""
    sorter: TopologicalSorter[int] = TopologicalSorter({number: () for number in range(int(group.max()) + 1)})
    for front, behind in np.unique(np.stack([group[near], group[far]], axis=1), axis=0).tolist():
        if front != behind:
            sorter.add(front, behind)
    place = np.empty(int(group.max()) + 1, dtype=int)
    place[list(sorter.static_order())] = np.arange(len(place))
    return place[group]


@lru_cache(maxsize=8)
def _edges(cells: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The edges between cells, given the bytes of these (c, 3): tail, head, and the cells left and right of each."""
    corners = np.frombuffer(cells, dtype=int).reshape(-1, 3)
    n = int(corners.max()) + 1
    tail, head = corners.ravel(), np.roll(corners, -1, axis=1).ravel()
    cell = np.repeat(np.arange(len(corners)), 3)
    # Every inner edge is met twice, once in each direction, with the cell on its left.
    order = np.argsort(tail * n + head)
    tail, head, cell = tail[order], head[order], cell[order]
    back = np.searchsorted(tail * n + head, head * n + tail).clip(max=len(tail) - 1)
    once = (tail[back] == head) & (head[back] == tail) & (tail < head)
    return tail[once], head[once], cell[once], cell[back][once]


def _barycentric(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The shares (n, 3) of the corners (n, 3, 2) of triangles in points (n, 2), or in one (2,), of their plane."""
    a, b, c = np.moveaxis(corners, 1, 0)
    area = _cross(b - a, c - a)
    second, third = _cross(points - a, c - a) / area, _cross(b - a, points - a) / area
    return np.column_stack([1 - second - third, second, third])


def _cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
