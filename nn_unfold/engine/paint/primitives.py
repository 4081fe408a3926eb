"""Faces, lines and points as triangles for the shaders, in the order in which they are drawn."""

from __future__ import annotations

import numpy as np

from nn_unfold.engine.paint.atlas import Atlas
from nn_unfold.engine.paint.batch import OPAQUE, Batch

FACE, LINE, EDGE, POINT = 0, 1, 1.25, 2  # as the shaders know them; a point's kind is POINT + its marker shape
PICTURED = -1.0  # in place of the distance of grid lines: the face bears a picture
PICTURE = 7  # the marker shape of a point that shows a picture
REACH = 1.3  # half the side of the square of a point, in radii, and one pixel more, as in the vertex shader
_FACES, _EDGES, _LINES, _CASED, _POINTS, _TRANSLUCENT = range(6)  # the order of painting

_VEILING = 0.8  # from this opacity on, faces hide watched lines: a little at first, fully where they are opaque
CASING = 0.12  # the share of the line's own colour in its rim

VERTEX = np.dtype(
    [
        ("position", "f4", 3),
        ("other", "f4", 3),
        ("corner", "f4", 2),
        ("rgba", "f4", 4),
        ("size", "f4"),
        ("kind", "f4"),
    ]
)
LAYOUT = "3f 3f 2f 4f 1f 1f"
_LINE_CORNERS = np.array([[1, -1], [1, 1], [-1, -1], [-1, 1]], dtype="f4")
_FEATHER_CORNERS = np.array([[1, 0], [1, 1], [-1, 0], [-1, 1]], dtype="f4")
_POINT_CORNERS = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], dtype="f4")
_QUAD = np.array([[0, 1, 2], [2, 1, 3]])


def assemble(
    batches: list[Batch],
    projection: np.ndarray,
    scale: float,
    atlas: Atlas,
    casing: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> tuple[np.ndarray, np.ndarray, tuple[int, int, int, int, int]]:
    """Lay all primitives out as triangles over one vertex array.

    Args:
        batches: what to paint.
        projection: (4, 4) matrix from scene units to clip space.
        scale: pixels of the picture per reference pixel.
        atlas: of the pictures that these batches bear.
        casing: the colour that the rims of cased lines tend to.

    Returns:
        The vertices (structured array), the triangles (t, 3) as indices, and how many of them are opaque
        faces, their soft edges, opaque lines, opaque points and translucent, in this order.
    """
    vertices: list[np.ndarray] = []
    parts: list[tuple[int, np.ndarray, np.ndarray, np.ndarray | bool]] = []
    start = 0
    for batch in batches:
        for group, corner_of, block in _primitives(batch, scale, atlas, casing):
            if batch.depth is not None and group == _FACES:
                depth = batch.depth.repeat(len(corner_of) // len(batch.depth))  # a feather has two triangles
            else:
                depth = np.full(len(corner_of), np.nan)
            alpha = np.ascontiguousarray(block["rgba"][:, 3])
            low, high = alpha.min(), alpha.max()
            if low <= 0:
                seen = (alpha > 0)[corner_of].any(axis=1)
                corner_of, depth = corner_of[seen], depth[seen]
            faint: np.ndarray | bool
            if low >= OPAQUE or high < OPAQUE:
                faint = len(corner_of) > 0 and bool(low < OPAQUE)
            else:
                faint = (alpha < OPAQUE)[corner_of].any(axis=1)
            parts.append((group, corner_of + start, depth, faint))
            vertices.append(block)
            start += len(block)
    if not vertices:
        return np.empty(0, dtype=VERTEX), np.empty((0, 3), dtype=int), (0, 0, 0, 0, 0)
    vertex = np.concatenate(vertices)
    # Without translucent faces, faint lines stay below opaque ones and need no sorting.
    veiled = any(group == _FACES and np.any(faint) for group, _, _, faint in parts)
    grouped: list[list[np.ndarray]] = [[] for _ in range(_TRANSLUCENT)]
    loose: list[tuple[int, np.ndarray, np.ndarray]] = []
    for group, triangle, depth, faint in parts:
        if not (veiled and np.any(faint)):
            grouped[group].append(triangle)
        elif np.all(faint):
            loose.append((group, triangle, depth))
        else:
            grouped[group].append(triangle[~faint])
            loose.append((group, triangle[faint], depth[faint]))
    none = np.empty((0, 3), dtype=int)
    faces, edges, lines, cased, points = (np.concatenate([none, *triangles]) for triangles in grouped)
    # Opaque faces and lines need no order. Points are blended at their rims, so they are sorted from far to near.
    points = _from_far_to_near(vertex, [(_POINTS, points, np.full(len(points), np.nan))], projection, first_last=False)
    translucent = _from_far_to_near(vertex, loose, projection) if loose else none
    counts = len(faces), len(edges), len(lines) + len(cased), len(points), len(translucent)
    return vertex, np.concatenate([faces, edges, lines, cased, points, translucent]), counts


def _from_far_to_near(
    vertex: np.ndarray,
    loose: list[tuple[int, np.ndarray, np.ndarray]],
    projection: np.ndarray,
    *,
    first_last: bool = True,
) -> np.ndarray:
    """Triangles (t, 3) sorted from far to near; of points in one place the first comes last."""
    triangle, known = (np.concatenate([part[i] for part in loose]) for i in (1, 2))
    laid = np.repeat([group for group, *_ in loose], [len(depth) for *_, depth in loose])
    if not len(triangle):
        return triangle
    # The depth of a triangle is the clip-space w of its centroid: the distance along the view axis.
    distance = np.ascontiguousarray(vertex["position"]) @ projection[3, :3].astype("f4") + projection[3, 3]
    middle = distance[triangle].mean(axis=1)
    key = np.where(np.isnan(known), middle, known)
    # Lines and points lie on faces: among translucent things in one place they are drawn last.
    key -= laid * 1e-3 * (key.max() - key.min())
    # Of opaque points in one place the first is visible. While they fade the same one must be drawn last.
    place = np.arange(len(key)) * np.where((laid == _POINTS) & first_last, -1, 1)
    return triangle[np.lexsort((place, laid, -key))]


def _primitives(
    batch: Batch, scale: float, atlas: Atlas, casing: tuple[float, float, float]
) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """The parts of a batch as (group, triangles (t, 3), vertices)."""
    parts = []
    if len(batch.triangles):
        block = np.zeros(len(batch.points), dtype=VERTEX)
        block["position"], block["rgba"], block["size"] = batch.points, batch.rgba, batch.size
        block["corner"] = 0.5 if batch.rim is None else batch.rim
        if batch.uv is not None:
            chart = batch.uv if batch.picture is None else atlas.locate(batch.picture, batch.uv)
            block["other"][:, :2], block["other"][:, 2] = chart, batch.grid if batch.picture is None else PICTURED
        parts.append((_FACES, batch.triangles, block))
    if len(batch.segments):
        width = np.reshape(np.asarray(batch.size) * scale, (-1, 1))
        if batch.feather:
            parts.append((_FACES, *_lines(batch, batch.rgba, np.ones((1, 1)), _FEATHER_CORNERS)))
        elif batch.cased:
            rim = batch.rgba * [CASING, CASING, CASING, 1.0]
            rim[:, :3] += (1 - CASING) * np.array(casing)
            parts.append((_CASED, *_lines(batch, rim, width)))
            parts.append((_CASED, *_lines(batch, batch.rgba, width * (1 - 1 / 3))))
        else:
            parts.append((_EDGES if batch.smoothing else _LINES, *_lines(batch, batch.rgba, width)))
    if len(batch.dots):
        block = np.zeros((len(batch.dots), 4), dtype=VERTEX)
        block["position"] = batch.points[batch.dots, None]
        block["rgba"] = batch.rgba[batch.dots, None]
        block["corner"] = _POINT_CORNERS
        block["size"] = np.reshape(np.asarray(batch.size) * scale, (-1, 1))
        block["kind"] = POINT + np.reshape(batch.marker, (-1, 1))
        if batch.picture is not None and batch.uv is not None:
            # The picture fills the square of the radius; the corners lie outside of it.
            beyond = (REACH * block["size"] + 1.0) / block["size"]
            left_right, bottom_top = np.reshape(batch.uv, (-1, 2, 2)).swapaxes(0, 1)
            middles, halves = zip(
                *((s.mean(axis=1), np.ptp(s, axis=1) / 2) for s in (left_right, bottom_top)), strict=True
            )
            reach = block["corner"] * [1, -1] * beyond[:, :, None]  # rows run downwards
            uv = np.stack(middles, axis=1)[:, None] + reach * np.stack(halves, axis=1)[:, None]
            block["other"][:, :, :2] = atlas.locate(batch.picture, uv)
            block["kind"] = POINT + PICTURE
        parts.append((_POINTS, _quads(len(batch.dots)), block.ravel()))
    return parts


def _lines(
    batch: Batch, rgba: np.ndarray, width: np.ndarray, corners: np.ndarray = _LINE_CORNERS
) -> tuple[np.ndarray, np.ndarray]:
    """The quads of a batch's lines: triangles (2k, 3) and vertices, four to a line."""
    ends = batch.segments
    # Four vertices to a line: its start twice, its end twice. Each has the other end too.
    block = np.zeros((len(ends), 4), dtype=VERTEX)
    block["position"] = batch.points[ends[:, [0, 0, 1, 1]]]
    block["other"] = batch.points[ends[:, [1, 1, 0, 0]]]
    block["rgba"] = rgba[ends[:, [0, 0, 1, 1]]]
    block["corner"] = corners
    block["size"] = width
    block["kind"] = EDGE if batch.smoothing else LINE
    return _quads(len(ends)), block.ravel()


def veils_in(vertex: np.ndarray, translucent: np.ndarray) -> tuple[np.ndarray, float]:
    """Of translucent triangles (t, 3) those of nearly opaque faces, and how much these hide, 0 to 1."""
    alpha = vertex["rgba"][:, 3][translucent].min(axis=1)
    veils = (alpha > _VEILING) & (vertex["kind"][translucent] == FACE).all(axis=1)
    if not veils.any():
        return translucent[:0], 0.0
    return translucent[veils], float(np.clip((alpha[veils].max() - _VEILING) / (OPAQUE - _VEILING), 0, 1))


def _quads(n: int) -> np.ndarray:
    """(2n, 3) indices of n quads of four vertices each."""
    return (4 * np.arange(n)[:, None, None] + _QUAD).reshape(-1, 3)
