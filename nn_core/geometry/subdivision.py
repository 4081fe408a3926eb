"""A box cut into convex faces that share their corners: the ground under all the exact geometry.

A piecewise-affine network is continuous, so a neuron's z has one value at each corner, whichever face one
asks from, and is affine along each edge. Cutting the faces where a neuron switches therefore needs signs at
corners only: an edge whose ends have opposite signs gets a new corner, and a face with both signs is parted
by an edge between two corners where z is 0. Neighbours always agree, so there are no cracks, and nothing is
ever decided twice. The many lines of a layer are cut along at once, see `arrangement`; what stands here cuts along
one of them, and decides where rounding could.

Points and values keep one column a corner here, so that a neuron's values lie side by side in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn_core.activations import Pieces
from nn_core.geometry.arrangement import Arrangement, Sides, arrange, sides
from nn_core.geometry.box import Array, Box, Indices, checked_box

Signs = NDArray[np.int8]

_ROUNDING = 4 * np.finfo(np.float64).eps  # of a sum of products, relative to the root of the sum of their squares
_MERGE = 8 * np.finfo(np.float64).eps  # corners closer than this times the box's coordinates are one
_MEETING = 1e-11  # how far, in the same unit, a badly determined corner may be moved to lie on a third line

_MANY = 6  # lines from which on it is quicker to cut along all at once

BOUNDARY, GRID = -5, -6  # tags of edges that no neuron made


class Columns:
    """An array (rows, n) that grows by columns without being copied each time."""

    def __init__(self, columns: NDArray[Any]) -> None:
        self._store = columns
        self._n = columns.shape[1]

    @property
    def now(self) -> NDArray[Any]:
        """A view of the columns, good until the next append."""
        return self._store[:, : self._n]

    def append(self, columns: NDArray[Any]) -> None:
        """Add columns (rows, m) at the end."""
        n = self._n + columns.shape[1]
        if n > self._store.shape[1]:
            bigger = np.empty((self._store.shape[0], max(n, 2 * self._store.shape[1])), self._store.dtype)
            bigger[:, : self._n] = self.now
            self._store = bigger
        self._store[:, self._n : n] = columns
        self._n = n


@dataclass(frozen=True)
class Section:
    """Where a function that is affine on each face vanishes.

    Attributes:
        sign: (V + m,) of the function at each old and each new corner.
        edges: (m,) the edges that it crosses; each gives a new corner, numbered V, V + 1, ...
        shares: (2, m) how much each new corner takes of its edge's tail and of its head; they sum to 1.
        faces: (c,) the faces that have both signs.
        chords: (2, c) the corners where the part > 0 of such a face, walked counter-clockwise, is left and
            entered: from the one to the other the part > 0 lies on the left.
    """

    sign: Signs
    edges: Indices
    shares: Array
    faces: Indices
    chords: Indices


class Subdivision:
    """Convex faces side by side, with the values of affine functions at their corners.

    Attributes:
        points: Columns (2, V), the corners.
        values: Columns (n, V), what the present layer computes at each corner.
        slack: Columns (n, V), how far each value may be from the truth through rounding.
        edges: Columns (5, E): tail, head, the face on the left, the face on the right (-1 outside), and a
            tag: -1 to -4 on the outer sides of a face, BOUNDARY, GRID, or the number of a neuron.
        n_faces: the number of faces.
        origin: (n_faces,) the face, as numbered when `origin` was last set, that each face is a part of.
        label: (n_faces,) a number that each face hands on to its parts; see `cut_by_winner`.
    """

    def __init__(self, points: Array, edges: Indices, n_faces: int) -> None:
        self.points, self.edges = Columns(points), Columns(edges)
        self.n_faces = n_faces
        self.origin: Indices = np.arange(n_faces)
        self.label: Indices = np.zeros(n_faces, np.intp)
        self.scale = float(np.abs(points).max())
        self.restart()

    @classmethod
    def of_box(cls, box: Box) -> Subdivision:
        """A box (x_min, x_max, y_min, y_max) as a single face.

        Raises:
            ValueError: the box is empty or not finite.
        """
        x_min, x_max, y_min, y_max = checked_box(box)
        points = np.array([[x_min, x_max, x_max, x_min], [y_min, y_min, y_max, y_max]])
        ring = np.arange(4)
        return cls(points, np.stack([ring, (ring + 1) % 4, 0 * ring, 0 * ring - 1, -1 - ring]), 1)

    @classmethod
    def of_triangles(cls, vertices: Array, triangles: Indices) -> Subdivision:
        """Triangles (m, 3) of these vertices (n, 2), counter-clockwise, each as a face."""
        tail, head = triangles.T.ravel(), triangles[:, [1, 2, 0]].T.ravel()
        face, side = np.tile(np.arange(len(triangles)), 3), np.repeat([-1, -2, -3], len(triangles))
        forward = tail < head
        key = np.minimum(tail, head) * len(vertices) + np.maximum(tail, head)
        keys, edge = np.unique(key, return_inverse=True)
        faces = np.full((2, len(keys)), -1)
        tags = np.empty(len(keys), np.intp)
        faces[np.where(forward, 0, 1), edge] = face
        tags[edge] = side
        return cls(vertices.T.copy(), np.stack([*np.divmod(keys, len(vertices)), *faces, tags]), len(triangles))

    def restart(self) -> None:
        """Make the values the coordinates of the corners again, as they are before the first layer."""
        self.assign(self.points.now)

    def assign(self, values: Array) -> None:
        """Make these (n, V) the values, known up to their rounding."""
        self.values, self.slack = Columns(values.copy()), Columns(_ROUNDING * np.abs(values))

    def affine(self, weight: Array, bias: Array) -> None:
        """Replace the values by weight @ values + bias.

        The rounding errors of a sum are taken as independent, so they add up as squares do (Higham and Mary
        2019, "A new approach to probabilistic rounding error analysis"); the worst case would grow far too
        fast with depth.

        Raises:
            ValueError: a number overflows.
        """
        values, slack = self.values.now, self.slack.now
        with np.errstate(over="ignore", invalid="ignore"):
            variance = weight**2 @ (slack**2 + (_ROUNDING * values) ** 2) + ((_ROUNDING * bias) ** 2)[:, None]
            values = weight @ values + bias[:, None]
        if not (np.isfinite(variance).all() and np.isfinite(values).all()):
            raise ValueError(
                "the network's numbers are too large for their squares to be floats; scale its weights down"
            )
        self.values, self.slack = Columns(values), Columns(np.sqrt(variance))

    def activate(self, pieces: Pieces) -> None:
        """Replace each value by what a piecewise linear activation makes of it.

        Values within rounding error of a kink were set to it by `cut_rows`; both pieces agree there.
        """
        values, slack = self.values.now, self.slack.now
        slope, intercept = pieces.slopes[0][:, None], pieces.intercepts[0][:, None]
        steeper = np.abs(slope)
        for kink, next_slope, next_intercept in zip(
            pieces.kinks, pieces.slopes[1:, :, None], pieces.intercepts[1:, :, None], strict=True
        ):
            above = values > kink
            steeper = np.where(above, np.abs(next_slope), steeper)
            # On the kink itself the error may be that of either side.
            steeper = np.where(values == kink, np.maximum(np.abs(slope), np.abs(next_slope)), steeper)
            slope, intercept = np.where(above, next_slope, slope), np.where(above, next_intercept, intercept)
        slack *= steeper
        values *= slope
        values += intercept

    def section(self, value: Array, slack: Array) -> Section:
        """Where a function vanishes, given its value (V,) and its possible error (V,) at each corner."""
        tail, head = self.edges.now[:2]
        points = self.points.now
        sign = np.sign(value).astype(np.int8)
        sign[np.abs(value) <= slack] = 0

        crossed = np.flatnonzero(sign[tail] * sign[head] < 0)
        start, end = tail[crossed], head[crossed]
        shares = np.stack([value[end], value[start]]) / (np.stack([value[end], value[start]]) - value[[start, end]])
        # A crossing too close to an end for floats to tell apart is that end.
        length = np.abs(points[:, end] - points[:, start]).max(axis=0)
        sign[start[shares[1] * length <= _MERGE * self.scale]] = 0
        sign[end[shares[0] * length <= _MERGE * self.scale]] = 0
        kept = sign[start] * sign[end] < 0
        crossed, shares = crossed[kept], shares[:, kept]
        new = len(sign) + np.arange(len(crossed))
        sign = np.concatenate([sign, np.zeros(len(new), np.int8)])

        # Walk each face counter-clockwise: one that is cut enters the part > 0 once, leaves it once, and
        # enters the part < 0 once, each time along an edge with one end at 0.
        touched = np.flatnonzero((sign[tail] == 0) != (sign[head] == 0))
        start = np.concatenate([tail[touched], tail[crossed], new])
        end = np.concatenate([head[touched], new, head[crossed]])
        face = self.edges.now[2:4][:, np.concatenate([touched, crossed, crossed])].ravel()
        from_zero = sign[start] == 0
        corner = np.tile(np.where(from_zero, start, end), 2)
        up = np.tile(sign[start] + sign[end] > 0, 2)
        enters = np.concatenate([from_zero, ~from_zero])
        # At a corner of 0 between two of one sign, which takes rounding, a face is only touched.
        visit = (face * len(sign) + corner) * 2 + up
        _, place, times = np.unique(visit, return_inverse=True, return_counts=True)
        inside = (face >= 0) & (times[place] == 1)
        steps = (up & enters & inside, up & ~enters & inside, ~up & enters & inside)
        once = [np.bincount(face[step], minlength=self.n_faces) == 1 for step in steps]
        chords = np.zeros((2, self.n_faces), np.intp)
        for ends, step in zip(chords, (steps[1], steps[0]), strict=True):
            ends[face[step]] = corner[step]
        faces = np.flatnonzero(once[0] & once[1] & once[2] & (chords[0] != chords[1]))
        return Section(sign, crossed, shares, faces, chords[:, faces])

    def cut(self, value: Array, slack: Array, tag: int) -> Signs:
        """Cut every face where a function vanishes, and give the new edges this tag.

        A cut face keeps its number on the side where the function is positive; the other parts take the
        numbers that follow, in the order of the faces.

        Args:
            value: (V,) at each corner.
            slack: (V,) its possible error there.
            tag: what the new edges carry in their last row.

        Returns:
            The sign (V',) at each corner that there is now, 0 for those on the cut.
        """
        section = self.section(value, slack)
        tail, head = self.edges.now[:2, section.edges]
        drift = (slack[tail] + slack[head]) / np.abs(value[tail] - value[head])
        self._add_corners(np.stack([tail, head]), section.shares[1], drift)

        new = len(value) + np.arange(len(section.edges))
        second_halves = self.edges.now[:, section.edges]
        second_halves[0] = new
        self.edges.now[1, section.edges] = new
        self.edges.append(second_halves)

        n_cut = len(section.faces)
        renamed = np.arange(-1, self.n_faces)  # shifted by one, so that the outside, -1, keeps its number
        renamed[section.faces + 1] = added = self.n_faces + np.arange(n_cut)
        tail, head = self.edges.now[:2]
        below = np.flatnonzero((section.sign[tail] <= 0) & (section.sign[head] <= 0))
        self.edges.now[2:4, below] = renamed[self.edges.now[2:4, below] + 1]
        self.edges.append(np.stack([*section.chords, section.faces, added, np.full(n_cut, tag)]))
        self.n_faces += n_cut
        self.origin = np.concatenate([self.origin, self.origin[section.faces]])
        self.label = np.concatenate([self.label, self.label[section.faces]])
        return section.sign

    def cut_rows(self, rows: Indices, levels: Array, tags: Indices) -> None:
        """Cut where rows (m,) of the values have these levels (m,); the new edges get the tags (m,).

        Values that rounding can't tell from a level of their row become that level.
        """
        self._cut_rows(rows, levels, tags, tell=False, keep_values=True)

    def cut_and_tell(self, rows: Indices, levels: Array, tags: Indices, *, keep_values: bool = True) -> Sides:
        """The same, and whether each of these rows is above its level on each face.

        Args:
            rows: (m,), and
            levels: (m,), and
            tags: (m,) as for `cut_rows`.
            keep_values: False if the values are not needed any more: they are coordinates then. In one wide layer
                they would take most of the memory.
        """
        above = self._cut_rows(rows, levels, tags, tell=True, keep_values=keep_values)
        if not keep_values:
            self.restart()
        return above

    def _cut_rows(self, rows: Indices, levels: Array, tags: Indices, *, tell: bool, keep_values: bool) -> Sides:
        """Cut along many lines in general position at once, and along the others one by one."""
        values, slack = self.values.now[rows] - levels[:, None], self.slack.now[rows]
        unclear = np.abs(values) <= slack
        above = ~unclear & (values > 0)
        high, low, near = above.any(axis=1), (~unclear & ~above).any(axis=1), unclear.any(axis=1)
        for line in np.flatnonzero(near):
            self.values.now[rows[line], unclear[line]] = levels[line]

        told = Sides.of(np.tile(high, (self.n_faces, 1)))
        found, clear = None, np.flatnonzero(high & low & ~near)
        if len(clear) < _MANY:
            clear = clear[:0]
        else:
            edges = self.edges.now[:4]
            found = arrange(self.points.now, edges, self.n_faces, values[clear], slack[clear].max(axis=1))
            clear = clear[found.lines]
            told = sides(found, above, clear) if tell else told
        later = np.setdiff1d(np.flatnonzero(high & low), clear)
        # Rows that touch their level, or that are cut later, tell their sides by their values.
        asked = np.union1d(later, np.flatnonzero(near))
        if not keep_values:
            kept, place = np.unique(rows[asked], return_inverse=True)
            self.values, self.slack = Columns(self.values.now[kept]), Columns(self.slack.now[kept])
            rows = np.full(len(rows), -1)
            rows[asked] = place
        if found is not None:
            self._apply(found, values[clear], slack[clear], tags[clear])
            lines, corners = found.corners_of_lines()
            rows_there, levels_there = rows[clear[lines]], levels[clear[lines]]
            self.values.now[rows_there[rows_there >= 0], corners[rows_there >= 0]] = levels_there[rows_there >= 0]

        outer, self.origin = self.origin, np.arange(self.n_faces)
        for line in later:
            row, level = rows[line], levels[line]
            sign = self.cut(self.values.now[row] - level, self.slack.now[row], int(tags[line]))
            self.values.now[row, sign == 0] = level
        local, self.origin = self.origin, outer[self.origin]
        if tell and len(later):
            told = told.of_faces(local)
        for line in asked if tell else ():
            told.put(int(line), self.positive(self.values.now[rows[line]] - levels[line]))
        return told

    def _apply(self, found: Arrangement, z: Array, off: Array, tags: Indices) -> None:
        """Take over the corners, edges and faces of an arrangement.

        Args:
            found: whose lines are those of all that follows.
            z: (m, V) the functions of its lines at the old corners, and
            off: (m, V) how far they may be off.
            tags: (m,) of new edges.
        """
        ends = self.edges.now[:2, found.on_edge]

        def at(corner: Indices, line: Indices) -> tuple[Array, Array]:
            """The function of a line, and how far it may be off, at corners on old edges."""
            share, (start, end) = found.on_edge_share[corner], z[line, ends[:, corner]]
            error = (1 - share) * off[line, ends[0, corner]] + share * off[line, ends[1, corner]]
            return start + share * (end - start), error + drift[corner] * np.abs(end - start)

        on_line = found.on_edge_line
        drift = off[on_line, ends].sum(axis=0) / np.abs(z[on_line, ends[0]] - z[on_line, ends[1]])
        first, second = found.meeting - z.shape[1]
        (start, off_start), (end, off_end) = (at(corner, found.meeting_lines[1]) for corner in (first, second))
        self._add_corners(ends, found.on_edge_share, drift)
        self._add_corners(found.meeting, found.meeting_share, (off_start + off_end) / np.abs(start - end))

        old = found.edge_origin[: found.n_old]
        tag = np.concatenate([self.edges.now[4, old], tags[found.edge_origin[found.n_old :]]])
        self.edges = Columns(np.concatenate([found.edges, tag[None]]))
        self.n_faces = len(found.face_origin)
        self.origin, self.label = self.origin[found.face_origin], self.label[found.face_origin]

    def cut_by_winner(self) -> None:
        """Cut where another row of the values becomes the largest, and label each face with its winner.

        The rows enter one by one: where the next one exceeds the largest so far it takes over. That largest
        is continuous, so one cut is enough for each. Of equal ones the first wins, as in `argmax`. Faces of
        one origin and one label are merged at the end.
        """
        n = len(self.values.now)
        # The last row from now on: the largest value so far.
        self.values = Columns(np.vstack([self.values.now, self.values.now[:1]]))
        self.slack = Columns(np.vstack([self.slack.now, self.slack.now[:1]]))
        self.label[:] = 0
        for k in range(1, n):
            values, slack = self.values.now, self.slack.now
            sign = self.cut(values[k] - values[n], slack[k] + slack[n], BOUNDARY)
            values, slack = self.values.now, self.slack.now
            lead = values[k] - values[n]
            lead[sign == 0] = 0
            self.label[self.positive(lead)] = k
            slack[n] = np.where(lead > 0, slack[k], slack[n])
            values[n] = np.maximum(values[k], values[n])
        self.values, self.slack = Columns(self.values.now[:n]), Columns(self.slack.now[:n])
        self._merge()

    def _merge(self) -> None:
        """Make one face of those with the same origin and label, and one edge of what two of them share."""
        n_labels = int(self.label.max()) + 1
        groups, group = np.unique(self.origin * n_labels + self.label, return_inverse=True)
        self.origin, self.label = np.divmod(groups, n_labels)
        self.n_faces = len(groups)

        edges = self.edges.now
        edges[2:4] = np.append(group, -1)[edges[2:4]]
        edges = edges[:, edges[2] != edges[3]]
        # Two convex faces share one stretch, and a face and a side of the box as well. All its edges are
        # turned the same way; then it begins at the one tail that is no head.
        turned = edges[2] < edges[3]
        edges[:, turned] = edges[:, turned][[1, 0, 3, 2, 4]]
        _, stretch = np.unique(
            edges[2] * (self.n_faces + 4) + np.where(edges[3] < 0, -1 - edges[4], edges[3] + 4),
            return_inverse=True,
        )
        n_corners = self.points.now.shape[1]
        tails, heads = stretch * n_corners + edges[0], stretch * n_corners + edges[1]
        first, last = np.flatnonzero(~np.isin(tails, heads)), np.flatnonzero(~np.isin(heads, tails))
        first, last = first[np.argsort(stretch[first])], last[np.argsort(stretch[last])]
        simple = np.bincount(stretch[first], minlength=int(stretch.max()) + 1) == 1
        joined = edges[:, first[simple[stretch[first]]]]
        joined[1] = edges[1, last[simple[stretch[last]]]]
        self.edges = Columns(np.concatenate([joined, edges[:, ~simple[stretch]]], axis=1))

    def _add_corners(self, ends: Indices, share: Array, drift: Array) -> None:
        """Append corners between others.

        Args:
            ends: (2, m) the corners that each lies between.
            share: (m,) how far it is from the first of them, as a share of the way to the second.
            drift: (m,) how far this share may be off.
        """
        start, end = self.points.now[:, ends[0]], self.points.now[:, ends[1]]
        # In this form a number that both ends share stays as it is to the last digit: a side of the box, or a kink.
        self.points.append(start + share * (end - start))

        # An error of the function moves the corner along its edge, and that changes every other value there.
        with np.errstate(divide="ignore"):
            drift = np.minimum(drift, _MEETING * self.scale / np.abs(end - start).max(axis=0))
        start, way = self.values.now.take(ends[0], axis=1), self.values.now.take(ends[1], axis=1)
        way -= start
        error = self.slack.now.take(ends[0], axis=1)
        error *= 1 - share
        at_end = self.slack.now.take(ends[1], axis=1)
        at_end *= share
        error += at_end
        error += np.abs(way, out=at_end) * drift
        self.slack.append(error)
        way *= share
        way += start
        self.values.append(way)

    def contour(self, value: Array, slack: Array) -> Array:
        """The segments (m, 2, 2) between value > 0, on their left, and value <= 0, in `chained` order."""
        section = self.section(value, slack)
        tail, head = self.edges.now[:2, section.edges]
        start, end = self.points.now[:, tail], self.points.now[:, head]
        new = np.clip(
            section.shares[0] * start + section.shares[1] * end,
            np.minimum(start, end),
            np.maximum(start, end),
        )
        corners = np.concatenate([self.points.now, new], axis=1)

        # An edge may lie on the contour as a whole; then the sides of its two faces decide.
        positive = self.positive(np.where(section.sign[: len(value)] == 0, 0, value))
        positive[section.faces] = False
        tail, head, left, right = self.edges.now[:4]
        flat = np.flatnonzero((section.sign[tail] == 0) & (section.sign[head] == 0) & (left >= 0) & (right >= 0))
        flat = flat[positive[left[flat]] != positive[right[flat]]]
        ends = np.where(positive[left[flat]], (tail[flat], head[flat]), (head[flat], tail[flat]))
        start, end = np.concatenate([section.chords, ends], axis=1)
        order = chained(start, end)
        return np.asarray(corners.T[np.stack([start, end], axis=1)[order]])

    def positive(self, value: Array) -> NDArray[np.bool_]:
        """On which faces (n_faces,) a function that changes sign on none of them is positive."""
        tail, head, left, right = self.edges.now[:4]
        sums = value[tail] + value[head]
        total = np.bincount(left[left >= 0], sums[left >= 0], self.n_faces)
        return total + np.bincount(right[right >= 0], sums[right >= 0], self.n_faces) > 0

    def polygons(self) -> tuple[Indices, Indices]:
        """The corners of each face, counter-clockwise.

        Returns:
            corners (n,), face after face; and where each face begins in them, (n_faces + 1,).
        """
        tail, head, left, right = self.edges.now[:4]
        face = np.concatenate([left, right])
        start, end = np.concatenate([tail, head]), np.concatenate([head, tail])
        start, end, face = start[face >= 0], end[face >= 0], face[face >= 0]
        n_corners = self.points.now.shape[1]
        order = np.argsort(face * n_corners + start)
        start, end, face = start[order], end[order], face[order]
        following = np.searchsorted(face * n_corners + start, face * n_corners + end)
        sizes = np.bincount(face, minlength=self.n_faces)
        begins = np.concatenate([[0], np.cumsum(sizes)])

        corners = np.empty(len(start), np.intp)
        faces, at = np.arange(self.n_faces), begins[:-1]
        for step in range(int(sizes.max())):
            faces, at = faces[sizes[faces] > step], at[sizes[faces] > step]
            corners[begins[faces] + step] = start[at]
            at = following[at]
        return corners, begins


def chained(start: Indices, end: Indices) -> Indices:
    """An order (m,) of arrows from start (m,) to end (m,) in which each goes on where the last one ended."""
    leaving: dict[int, list[int]] = {}
    for arrow in reversed(range(len(start))):
        leaving.setdefault(int(start[arrow]), []).append(arrow)
    order: list[int] = []
    # First the chains that begin somewhere, then the rings.
    for first in [*np.flatnonzero(~np.isin(start, end)), *range(len(start))]:
        at = int(start[first])
        while leaving.get(at):
            order.append(leaving[at].pop())
            at = int(end[order[-1]])
    return np.array(order, np.intp)
