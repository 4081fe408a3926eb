"""Smooth edges of faces without MSAA.

Where a face ends, or turns away from the eye, a line in the colour of the face is drawn along the edge. The shader of
lines fades it out by the exact share of each pixel. On opaque faces the line is one pixel wide: its inner half looks
like the face. On translucent faces the inner half would be visible, so only the outer half is drawn, in turn with the
face.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from nn_unfold.engine.paint.batch import OPAQUE, Batch

_SHADES_APART = 0.02  # faces whose brightness differs by more meet in an edge that must be smooth
_RIM_STRENGTH = 1.4  # how much more opaque than a face is the line along its sides, as the shader has it
_ROUNDING = 1e-9  # of places in the unit square: cutting a mesh rounds them
_ALMOST = 0.99  # the most opacity of a feather, which must stay translucent
_KEPT = 64  # meshes whose edges are remembered

_edges_of: OrderedDict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = OrderedDict()


def rims(batch: Batch, projection: np.ndarray, light: np.ndarray, shading: float) -> Batch:
    """The lines along the edges of a batch's faces.

    Args:
        batch: faces; those with a picture have no colour for a line, and get none.
        projection: (4, 4) matrix from scene units to clip space.
        light: (3,) unit vector towards the light.
        shading: 0 (flat colours) to 1 (fully lit).
    """
    if not len(batch.triangles) or batch.picture is not None:
        return Batch(np.empty((0, 3)), np.empty((0, 4)))
    opaque = batch.rgba[:, 3].min() >= OPAQUE
    edges, sides = edges_of(batch.triangles)
    shade = _brightness(batch, light, shading)
    rows = projection[[0, 1, 3]]
    clip = batch.points @ rows[:, :3].T + rows[:, 3]
    screen = clip[:, :2] / clip[:, 2:]
    a, b, c = screen[batch.triangles].transpose(1, 2, 0)
    facing = _left_of(a, b, c)

    one, other = sides.T
    # A side of -1 is no face: the index -1 gives values that are not used.
    sharp = (other < 0) | (facing[one] != facing[other])
    if opaque:
        sharp |= np.abs(shade[one] - shade[other]) > _SHADES_APART
    alone = other[sharp] < 0
    ends, one = edges[sharp], one[sharp]
    other = np.where(alone, one, other[sharp])
    brightness = (shade[one] + shade[other]) / 2
    if not opaque:
        # The face has to lie on the right of the edge, for its feather to lie on the left.
        third = batch.triangles[one].sum(axis=1) - ends.sum(axis=1)
        turned = _left_of(*(screen[i].T for i in (ends[:, 0], ends[:, 1], third)))
        ends = np.where(turned[:, None], ends[:, ::-1], ends)
    rgba, points = batch.rgba[ends], batch.points[ends].reshape(-1, 3)
    if batch.rim is not None:
        # The line along the sides of the square is fully lit, and more opaque than the face.
        at_side = alone & (np.abs(batch.rim[ends] - 0.5) > 0.5 - _ROUNDING).any(axis=2).all(axis=1)
        brightness = np.where(at_side, 1.0, brightness)
        rgba[at_side, :, 3] *= _RIM_STRENGTH
    rgba[..., :3] *= brightness[:, None, None]
    lines = np.arange(len(points)).reshape(-1, 2)
    if opaque:
        return Batch(points, rgba.reshape(-1, 4), segments=lines, size=1.0, smoothing=True)
    rgba[..., 3] = np.minimum(rgba[..., 3], _ALMOST)
    depth = None if batch.depth is None else np.minimum(batch.depth[one], batch.depth[other])
    return Batch(points, rgba.reshape(-1, 4), segments=lines, size=1.0, feather=True, depth=depth)


def count_borders(batch: Batch) -> int:
    """How many edges of a batch's faces have a face on one side alone."""
    return int((edges_of(batch.triangles)[1][:, 1] < 0).sum()) if len(batch.triangles) else 0


def _left_of(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Whether points c (2, n) lie to the left of the lines from a to b, where y points up."""
    (ux, uy), (vx, vy) = b - a, c - a
    return ux * vy > uy * vx


def _brightness(batch: Batch, light: np.ndarray, shading: float) -> np.ndarray:
    """How bright each face is (m,), from 1 - shading to 1, as the shader has it."""
    level = batch.points[:, 2]
    if len(level) and (level == level[0]).all():
        return np.full(len(batch.triangles), 1.0 - shading + shading * abs(light[2]))
    corners = batch.points[batch.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    return 1.0 - shading + shading * np.abs(normals @ light) / np.where(lengths > 0, lengths, 1.0)


def edges_of(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The edges of a mesh (e, 2) and the faces on both sides of each (e, 2); -1 where there is no second one.

    The edges of the last meshes are kept: while vertices move, the triangles stay the same.
    """
    key = id(triangles)
    if key in _edges_of and _edges_of[key][0] is triangles:
        _edges_of.move_to_end(key)
        return _edges_of[key][1:]
    pairs = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    face = np.repeat(np.arange(len(triangles)), 3)
    width = int(pairs.max(initial=0)) + 1
    order = np.argsort(pairs[:, 0] * width + pairs[:, 1], kind="stable")
    pairs, face = pairs[order], face[order]
    first = np.ones(len(pairs), dtype=bool)
    first[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    begins = np.flatnonzero(first)
    counts = np.diff([*begins, len(pairs)])
    second = np.where(counts > 1, face[np.minimum(begins + 1, len(pairs) - 1)], -1)
    edges, sides = pairs[begins], np.stack([face[begins], second], axis=1)
    _edges_of[key] = triangles, edges, sides
    if len(_edges_of) > _KEPT:
        _edges_of.popitem(last=False)
    return edges, sides
