"""In which order to paint translucent surfaces that stand over one plane, so that the nearer ones lie on top.

No order of whole triangles by their distance is right from every side. But surfaces that are graphs over the
same mesh of the plane have an exact one. On its way a line of sight passes over one cell of the mesh after
another, away from the foot of the eye: across each edge it goes from the side where the foot lies to the other.
Meshes made by cutting have no circles in this relation. Over one cell the surfaces lie above each other, once
they are cut where they cross; whether the lower one is in front depends on the side from which it is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from nn_core.geometry.mesh import fans
from nn_core.geometry.subdivision import Subdivision
from scenes.kit.paint.batch import OPAQUE, Batch

_ROUNDING = 1e-9  # relative: heights that differ by less are equal


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
    together: dict[bytes, list[int]] = {}
    for number, batch in enumerate(batches):
        if len(batch.triangles) and batch.rgba[:, 3].max() > 0 and batch.rgba[:, 3].min() < OPAQUE:
            together.setdefault(np.ascontiguousarray(batch.points[:, :2]).tobytes(), []).append(number)
    result = list(batches)
    for members in together.values():
        stack = _stacked([batches[i] for i in members])
        if stack is not None:
            stack = _cut_where_they_cross(stack)
            for i, faces in zip(members, _in_order(stack, projection), strict=True):
                result[i] = replace(batches[i], **faces)
    return result


def _stacked(batches: list[Batch]) -> Stack | None:
    """Batches over the same vertices of the plane as a stack; None where any order will do, or none is known."""
    xy = batches[0].points[:, :2]
    n = len(xy)
    if len(batches) == 1 and np.ptp(batches[0].points[:, 2]) == 0:
        return None  # flat: nothing of it hides anything else
    keys = []
    for batch in batches:
        a, b, c = np.moveaxis(xy[batch.triangles], 1, 0)
        if not _cross(b - a, c - a).min() > 0:
            return None
        # The smallest corner first: then equal triangles have equal keys.
        first = np.argmin(batch.triangles, axis=1)[:, None]
        turned = np.take_along_axis(batch.triangles, (first + np.arange(3)) % 3, axis=1)
        keys.append(turned @ np.array([n * n, n, 1]))
    cells = np.unique(np.concatenate(keys))
    there = np.array([np.isin(cells, key) for key in keys])
    uv = [np.zeros((n, 2)) if batch.uv is None else batch.uv for batch in batches]
    rims = [np.full((n, 2), 0.5) if batch.rim is None else batch.rim for batch in batches]
    vertices = np.stack([np.hstack([b.points, b.rgba, w, r]) for b, w, r in zip(batches, uv, rims, strict=True)])
    return Stack(xy, np.stack([cells // (n * n), cells // n % n, cells % n], axis=1), there, vertices)


def _cut_where_they_cross(stack: Stack) -> Stack:
    """The same surfaces over a finer mesh: over each of its cells no two of them cross."""
    z = stack.vertices[:, :, 2]
    least = _ROUNDING * max(float(np.ptp(z)), 1e-300)
    crossed = np.zeros(len(stack.cells), dtype=bool)
    pairs = []
    for i, j in combinations(range(len(z)), 2):
        lead = (z[i] - z[j])[stack.cells]
        here = stack.there[i] & stack.there[j] & (lead.min(axis=1) < -least) & (lead.max(axis=1) > least)
        crossed |= here
        if here.any():
            pairs.append((i, j))
    if not pairs:
        return stack
    n = len(stack.xy)
    used, corners = np.unique(stack.cells[crossed], return_inverse=True)
    plane = Subdivision.of_triangles(stack.xy[used], corners.reshape(-1, 3))
    plane.assign(np.stack([(z[i] - z[j])[used] for i, j in pairs]))
    plane.cut_rows(range(len(pairs)))
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
    corners = stack.vertices[:, stack.cells, :3]
    # Of the surfaces over one cell those that are seen from above come first, from low to high; then the others.
    a, b, c = np.moveaxis(corners, 2, 0)
    below_eye = np.einsum("kcd,kcd->kc", np.cross(b - a, c - a), eye - a) > 0
    rank = np.argsort(np.argsort(corners[..., 2].mean(axis=2), axis=0, kind="stable"), axis=0, kind="stable")
    turn = np.where(below_eye, rank, 2 * len(rank) - rank)
    order = np.lexsort([turn.ravel(), np.broadcast_to(step, turn.shape).ravel()])

    # The distances along the view axis, made to fall from each triangle to the next.
    distance = corners.mean(axis=2) @ projection[3, :3] + projection[3, 3]
    falling = distance.ravel()[order]
    falling = (np.minimum.accumulate(falling) + np.maximum.accumulate(falling[::-1])[::-1]) / 2
    falling -= np.arange(len(falling)) * _ROUNDING * np.abs(falling).max()
    depth = np.empty(turn.size)
    depth[order] = falling
    return [
        {
            "points": vertices[:, :3],
            "rgba": vertices[:, 3:7],
            "uv": vertices[:, 7:9],
            "rim": vertices[:, 9:],
            "triangles": stack.cells[there],
            "depth": depths[there],
        }
        for vertices, there, depths in zip(stack.vertices, stack.there, depth.reshape(turn.shape), strict=True)
    ]


def _steps_from(foot: np.ndarray, stack: Stack) -> np.ndarray:
    """Numbers (c,) of the cells that grow along every line of sight towards its foot (2,)."""
    n = len(stack.xy)
    tail, head = stack.cells.ravel(), np.roll(stack.cells, -1, axis=1).ravel()
    cell = np.repeat(np.arange(len(stack.cells)), 3)
    # Every edge twice, once in each direction, with the cell on its left.
    order = np.argsort(tail * n + head)
    tail, head, cell = tail[order], head[order], cell[order]
    other = np.searchsorted(tail * n + head, head * n + tail).clip(max=len(tail) - 1)
    shared = (tail[other] == head) & (head[other] == tail)
    along = stack.xy[head] - stack.xy[tail]
    nearer = shared & (_cross(along, foot - stack.xy[tail]) > 0)
    near, far = cell[nearer], cell[other[nearer]]

    # Most cells are in order by the distance of their middles; those that are not are moved towards the eye.
    step = -np.linalg.norm(stack.xy[stack.cells].mean(axis=1) - foot, axis=1)
    least = _ROUNDING * max(float(np.abs(step).max()), 1e-300)
    for _ in range(len(step)):
        late = step[far] + least > step[near]
        if not late.any():
            break
        np.maximum.at(step, near[late], step[far[late]] + 2 * least)
    return step


def _barycentric(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The shares (n, 3) of the corners (n, 3, 2) of a triangle in a point (n, 2) of it."""
    a, b, c = np.moveaxis(corners, 1, 0)
    area = _cross(b - a, c - a)
    second, third = _cross(points - a, c - a) / area, _cross(b - a, points - a) / area
    return np.column_stack([1 - second - third, second, third])


def _cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
