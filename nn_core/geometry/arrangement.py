"""Cut convex faces along many lines at once: an arrangement of line segments in each face.

Each line is given by a function that is affine on each face and continuous across their edges. On each face
that it crosses it leaves a chord. All chords of all faces are found together; two chords of one face meet if
each has its ends on both sides of the other; the meeting points are sorted along each chord; and a walk around
each new face turns left at each corner. No step is a loop over lines, so n lines in one face take O(n^2 log n)
steps, which is about the number of cells times its logarithm (Edelsbrunner, O'Rourke and Seidel 1986 reach
O(n^2) one line after the other).

Signs and orders are only decided where rounding can't change them. Lines for which it could, such as a third
one through a meeting point, are left for `Subdivision.cut`, which takes one line at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn_core.geometry.box import Array, Flags, Indices

_APART = 1e-11  # points closer than this times the box's coordinates are left to be cut one by one


class Arrangement(NamedTuple):
    """Faces after they were cut along lines in general position.

    There are V + C + X corners: the old ones; those on old edges; and those where two lines meet.

    Attributes:
        lines: (m,) which of the given lines these are, ascending; numbers of lines below count among them.
        on_edge: (C,) the old edge of a corner, and
        on_edge_line: (C,) the line that crosses it there, and
        on_edge_share: (C,) how far along the edge, from 0 at its tail to 1 at its head.
        meeting: (2, X) two of those corners: a chord from one to the other has the next corners on it.
        meeting_lines: (2, X) the line of that chord, and the line that crosses it there, and
        meeting_share: (X,) how far along the chord.
        edges: (4, E') tail, head, the faces on the left and on the right; first parts of old edges, then parts of
            chords, which have their line's positive side on the left.
        edge_origin: (E',) the old edge, or the line of a chord.
        n_old: how many of the edges are parts of old ones.
        face_origin: (F',) the old face of each new one, ascending.
    """

    lines: Indices
    on_edge: Indices
    on_edge_line: Indices
    on_edge_share: Array
    meeting: Indices
    meeting_lines: Indices
    meeting_share: Array
    edges: Indices
    edge_origin: Indices
    n_old: int
    face_origin: Indices

    def corners_of_lines(self) -> tuple[Indices, Indices]:
        """The lines and the new corners on them, (C + 2 X,) each."""
        n_meetings = len(self.meeting_share)
        first = int(self.edges[:2].max()) + 1 - len(self.on_edge) - n_meetings
        on_edges = first + np.arange(len(self.on_edge))
        meetings = first + len(self.on_edge) + np.arange(n_meetings)
        return np.append(self.on_edge_line, self.meeting_lines), np.concatenate([on_edges, meetings, meetings])


class Sides(NamedTuple):
    """On which side of n lines some faces lie: a bit for each, since a million faces may have a thousand lines.

    Attributes:
        words: (n_faces, w) uint64; the bits of its bytes, from the highest to the lowest, are those of the lines.
        n: the number of lines.
    """

    words: NDArray[np.uint64]
    n: int

    @classmethod
    def of(cls, above: Flags) -> Sides:
        """Pack whether each function is positive on each face, (n_faces, n)."""
        n_faces, n = above.shape
        bits = np.zeros((n_faces, (n + 63) // 64 * 8), np.uint8)
        bits[:, : (n + 7) // 8] = np.packbits(above, axis=1)
        return cls(bits.view(np.uint64), n)

    def above(self, faces: slice | Indices) -> Flags:
        """Whether each function is positive on these faces: (k, n)."""
        bits = np.ascontiguousarray(self.words[faces]).view(np.uint8)
        # Flat, since NumPy unpacks row by row more slowly.
        return np.unpackbits(bits.ravel()).view(bool).reshape(len(bits), -1)[:, : self.n]

    def of_faces(self, faces: Indices) -> Sides:
        """The sides of these faces (k,) alone."""
        return Sides(self.words[faces], self.n)

    def put(self, line: int, above: Flags) -> None:
        """Change the side of one line, on each face (n_faces,)."""
        byte, mask = self.words.view(np.uint8)[:, line // 8], 128 >> line % 8
        byte[:] = np.where(above, byte | mask, byte & (255 - mask))


class _Crossings(NamedTuple):
    """Where lines cross edges: sorted along each edge, those of the first edge first."""

    line: Indices
    edge: Indices
    share: Array
    drift: Array  # how far the share may be off


class _Chords(NamedTuple):
    """The parts of lines within faces, by face and line; from start to end the positive side is on the left."""

    face: Indices
    line: Indices
    start: Indices  # numbers of crossings
    end: Indices


class _Meetings(NamedTuple):
    """Where two chords meet, and the 2 X places of the meetings along the chords, sorted along each chord."""

    chords: Indices  # (2, X), the line of the first one is the smaller one
    share: Array  # (X,) on the first chord
    rises: Flags  # (2, X) whether the other line's function rises along the first chord, and along the second
    place_chord: Indices  # (2 X,)
    place_number: Indices  # (2, X) where in that order the meeting is on its first and on its second chord


def arrange(points: Array, edges: Indices, n_faces: int, values: Array, slack: Array) -> Arrangement:
    """Cut the faces of a subdivision along the lines on which some functions vanish.

    Args:
        points: (2, V).
        edges: (4, E) tail, head, the face on the left, and on the right (-1 outside).
        n_faces: how many faces there are.
        values: (n, V) of each function at each corner; each has both signs.
        slack: (n,) how far a function's values may be off; less than each of its values.
    """
    scale = float(np.abs(points).max())
    lines = np.arange(len(values))
    while True:
        crossings, dropped = _cross_edges(points, edges, values[lines], slack[lines], scale)
        if not dropped.any():
            chords, dropped = _chords(edges, values[lines], crossings)
        if not dropped.any():
            meetings, dropped = _meet(points, edges, values[lines], slack[lines], scale, crossings, chords)
        if not dropped.any():
            break
        lines = lines[~dropped]

    n_corners, n_crossings = points.shape[1], len(crossings.line)
    old, of_chords = _split_edges(n_corners, edges, crossings, chords, meetings)
    parts = np.concatenate([old, of_chords], axis=1)
    following = _walk(n_corners, edges, crossings, chords, meetings, old.shape[1], parts.shape[1])
    face, origin = _label(parts, following, n_faces)
    first = chords.line[meetings.chords]
    return Arrangement(
        lines,
        crossings.edge,
        crossings.line,
        crossings.share,
        np.stack([chords.start[meetings.chords[0]], chords.end[meetings.chords[0]]]) + n_corners,
        first,
        meetings.share,
        np.concatenate([parts[:2], face]),
        np.concatenate(
            [
                np.repeat(np.arange(edges.shape[1]), 1 + np.bincount(crossings.edge, minlength=edges.shape[1])),
                np.repeat(chords.line, 1 + np.bincount(meetings.place_chord, minlength=len(chords.line))),
            ]
        ),
        edges.shape[1] + n_crossings,
        origin,
    )


def _cross_edges(points: Array, edges: Indices, values: Array, slack: Array, scale: float) -> tuple[_Crossings, Flags]:
    tail, head = edges[:2]
    above = values > 0
    line, edge = np.nonzero(above[:, tail] != above[:, head])
    at_tail, at_head = values[line, tail[edge]], values[line, head[edge]]
    share = at_tail / (at_tail - at_head)
    order = np.lexsort((share, edge))
    line, edge, share = line[order], edge[order], share[order]
    drift = 2 * slack[line] / np.abs(at_tail - at_head)[order]
    length = np.abs(points[:, tail] - points[:, head]).max(axis=0)[edge]
    # To a corner no line may come too near, so an edge takes precedence over each of them.
    dropped = _crowded(edge, share, drift + _APART * scale / length, line, np.full(len(line), -1), len(values))
    return _Crossings(line, edge, share, drift), dropped


def _crowded(group: Indices, share: Array, margin: Array, line: Indices, owner: Indices, n: int) -> Flags:
    """Which of n lines to drop so that no two places of a group, sorted by their share, are too close.

    Of places that are too close the one of the smallest line stays. The ends of a group, at 0 and 1, are places of
    its owner, which is dropped if a smaller line comes too near.
    """
    dropped = np.zeros(n, bool)
    if not len(group):
        return dropped
    apart = np.ones(len(group), bool)
    apart[1:] = (group[1:] != group[:-1]) | (share[1:] - share[:-1] > margin[1:] + margin[:-1])
    at_end = (share <= margin) | (1 - share <= margin)
    if apart.all() and not at_end.any():
        return dropped
    begins = np.flatnonzero(apart)
    ends = np.logical_or.reduceat(at_end, begins)
    smallest = np.minimum.reduceat(line, begins)
    smallest[ends] = np.minimum(smallest, owner[begins])[ends]
    dropped[line[line != smallest[np.cumsum(apart) - 1]]] = True
    losers = owner[begins][ends & (smallest != owner[begins])]
    dropped[losers] = True
    return dropped


def _chords(edges: Indices, values: Array, crossings: _Crossings) -> tuple[_Chords, Flags]:
    n_lines, n_crossings = len(values), len(crossings.line)
    face = edges[2:4, crossings.edge].ravel()
    line, number = np.tile(crossings.line, 2), np.tile(np.arange(n_crossings), 2)
    # Walked counter-clockwise, a face has its own edges forward on its left, the others backward.
    tail_above = values[crossings.line, edges[0, crossings.edge]] > 0
    leaves = np.concatenate([tail_above, ~tail_above])
    inside = np.flatnonzero(face >= 0)
    key = face[inside] * n_lines + line[inside]
    order = inside[np.lexsort((~leaves[inside], key))]
    face, line, number, leaves = face[order], line[order], number[order], leaves[order]
    # A face has two ends of each line: the positive part is left at the one and entered at the other.
    dropped = np.zeros(n_lines, bool)
    keys, counts = np.unique(face * n_lines + line, return_counts=True)
    dropped[keys[counts != 2] % n_lines] = True
    if not dropped.any():
        dropped[line[::2][~leaves[::2] | leaves[1::2]]] = True
    if dropped.any():
        none = np.empty(0, np.intp)
        return _Chords(none, none, none, none), dropped
    return _Chords(face[::2], line[::2], number[::2], number[1::2]), dropped


def _meet(
    points: Array,
    edges: Indices,
    values: Array,
    slack: Array,
    scale: float,
    crossings: _Crossings,
    chords: _Chords,
) -> tuple[_Meetings, Flags]:
    # All pairs of chords in a face.
    n_chords = len(chords.line)
    sizes = np.bincount(chords.face)[chords.face] if n_chords else np.empty(0, np.intp)
    starts = np.searchsorted(chords.face, chords.face)
    after = sizes - 1 - (np.arange(n_chords) - starts)
    first = np.repeat(np.arange(n_chords), after)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(after) - after, after)

    tail, head = edges[:2, crossings.edge]

    def at(line: Indices, crossing: Indices) -> tuple[Array, Array]:
        """The value of a line's function at a crossing of another line, and how far it may be off there."""
        start, end = values[line, tail[crossing]], values[line, head[crossing]]
        value = start + crossings.share[crossing] * (end - start)
        return value, slack[line] + crossings.drift[crossing] * np.abs(end - start)

    def along(chord: Indices, line: Indices) -> tuple[Array, Array, Array]:
        """The values of a line's function at both ends of a chord, and how far they may be off together."""
        at_start, off_start = at(line, chords.start[chord])
        at_end, off_end = at(line, chords.end[chord])
        return at_start, at_end, off_start + off_end

    pairs = np.stack([first, second])
    seen = [along(pairs[i], chords.line[pairs[1 - i]]) for i in (0, 1)]
    parts = np.stack([(at_start > 0) != (at_end > 0) for at_start, at_end, _ in seen])
    dropped = np.zeros(len(values), bool)
    # Each must part the other; where rounding tells two stories the later line waits.
    dropped[chords.line[pairs[:, parts[0] != parts[1]]].max(axis=0)] = True
    meets = np.flatnonzero(parts[0] & parts[1])
    pairs = pairs[:, meets]

    place = np.empty((2, len(meets)))
    margin = np.empty((2, len(meets)))
    rises = np.empty((2, len(meets)), bool)
    corner = points[:, tail] + crossings.share * (points[:, head] - points[:, tail])
    length = np.abs(corner[:, chords.start] - corner[:, chords.end]).max(axis=0)
    for i, (at_start, at_end, off) in enumerate(seen):
        at_start, at_end = at_start[meets], at_end[meets]
        place[i] = at_start / (at_start - at_end)
        margin[i] = off[meets] / np.abs(at_start - at_end) + _APART * scale / length[pairs[i]]
        rises[i] = at_start < at_end
    order = np.lexsort((place.ravel(), pairs.ravel()))
    chord = pairs.ravel()[order]
    other = chords.line[pairs[::-1].ravel()[order]]
    dropped |= _crowded(chord, place.ravel()[order], margin.ravel()[order], other, chords.line[chord], len(values))
    number = np.empty(len(order), np.intp)
    number[order] = np.arange(len(order))
    return _Meetings(pairs, place[0], rises, chord, number.reshape(2, -1)), dropped


def _split_edges(
    n_corners: int, edges: Indices, crossings: _Crossings, chords: _Chords, meetings: _Meetings
) -> tuple[Indices, Indices]:
    """The parts of old edges and of chords: tail, head, and the old faces on the left and on the right."""
    on_edges = n_corners + np.arange(len(crossings.line))
    on_chords = np.empty(len(meetings.place_chord), np.intp)
    on_chords[meetings.place_number] = n_corners + len(on_edges) + np.arange(meetings.chords.shape[1])
    return (
        _split(edges[:4], crossings.edge, on_edges),
        _split(
            np.stack([n_corners + chords.start, n_corners + chords.end, chords.face, chords.face]),
            meetings.place_chord,
            on_chords,
        ),
    )


def _split(edges: Indices, edge: Indices, corner: Indices) -> Indices:
    """Edges (4, E) split at corners (c,) that lie on some of them (c,), sorted: (4, E + c)."""
    # Before corner number i there is part edge[i] + i, after it the next part.
    parts = np.repeat(edges, 1 + np.bincount(edge, minlength=edges.shape[1]), axis=1)
    before = edge + np.arange(len(edge))
    parts[1, before] = corner
    parts[0, before + 1] = corner
    return parts


def _walk(
    n_corners: int,
    edges: Indices,
    crossings: _Crossings,
    chords: _Chords,
    meetings: _Meetings,
    n_old: int,
    n_parts: int,
) -> Indices:
    """For each part of an edge, forward, then each backward, the one that follows counter-clockwise in its face.

    Outside of all faces a part follows itself.
    """
    following = np.arange(2 * n_parts)
    n_edges, n_crossings = edges.shape[1], len(crossings.line)
    backward = n_parts

    # At old corners as before: from the last part of an edge to the first of the next one.
    cuts = np.cumsum(np.bincount(crossings.edge, minlength=n_edges))
    last = np.arange(n_edges) + cuts
    first = np.append(0, last[:-1] + 1)
    leaves = np.concatenate([first, last + backward])
    arrives = np.concatenate([last, first + backward])
    inside, after = next_around(n_corners, edges)
    following[arrives[inside]] = leaves[after]

    # Where a line crosses an edge, the walk turns from the edge to the chord, and from a chord to the edge.
    before = crossings.edge + np.arange(n_crossings)
    n_places = len(meetings.place_chord)
    counts = np.bincount(meetings.place_chord, minlength=len(chords.line))
    last_part = n_old + np.arange(len(chords.line)) + np.cumsum(counts)
    first_part = last_part - counts
    for crossing, leaving, arriving in (
        (chords.start, first_part, first_part + backward),
        (chords.end, last_part + backward, last_part),
    ):
        on_left = edges[2, crossings.edge[crossing]] == chords.face
        following[np.where(on_left, before[crossing], before[crossing] + 1 + backward)] = leaving
        following[arriving] = np.where(on_left, before[crossing] + 1, before[crossing] + backward)

    # Where two chords meet, it turns left: forward to where the function of the chord is positive.
    part = n_old + meetings.place_chord + np.arange(n_places)
    for own, other in ((0, 1), (1, 0)):
        here, there = part[meetings.place_number[own]], part[meetings.place_number[other]]
        rises = meetings.rises[other]  # whether the own function rises along the other chord
        up = np.where(rises, there + 1, there + backward)
        down = np.where(rises, there + backward, there + 1)
        following[here] = up
        following[here + 1 + backward] = down
    return following


def next_around(n_corners: int, edges: Indices) -> tuple[Indices, Indices]:
    """Which edges follow each other counter-clockwise around each face.

    Args:
        n_corners: the number of corners.
        edges: (4, E) tail, head, the faces on the left and on the right (-1 outside).

    Returns:
        The edges inside (h,), where E + i is edge i walked backward, and for each the one that follows (h,).
    """
    start, end = edges[:2].ravel(), edges[[1, 0]].ravel()
    face = edges[2:4].ravel()
    inside = np.flatnonzero(face >= 0)
    begins = face[inside] * n_corners + start[inside]
    order = np.argsort(begins)
    place = np.searchsorted(begins, face[inside] * n_corners + end[inside], sorter=order)
    return inside, inside[order[place]]


def _label(parts: Indices, following: Indices, n_faces: int) -> tuple[Indices, Indices]:
    """The new faces on the left and on the right of each part (2, E'), and the old face of each new one."""
    smallest, jump = np.arange(len(following)), following
    while True:
        smaller = np.minimum(smallest, smallest[jump])
        if (smaller == smallest).all():
            break
        smallest, jump = smaller, jump[jump]
    old = parts[2:4].ravel()
    named = np.flatnonzero((smallest == np.arange(len(following))) & (old >= 0))
    named = named[np.argsort(old[named], kind="stable")]
    number = np.full(len(following), -1)
    number[named] = np.arange(len(named))
    face = np.where(old >= 0, number[smallest], -1)
    return face.reshape(2, -1), old[named]


def sides(found: Arrangement, above: Flags, lines: Indices) -> Sides:
    """On which side of some lines each new face lies.

    Args:
        found: from `arrange`.
        above: (n, V) where the functions of n lines are positive, at old corners.
        lines: (m,) which of them the lines of the arrangement are; all others keep their side on each old face.
    """
    n_faces, n_corners = len(found.face_origin), above.shape[1]
    at_corners = Sides.of(above.T).words
    words = np.empty((n_faces, at_corners.shape[1]), np.uint64)
    bits = words.view(np.uint8)
    tail, head, left, right = found.edges
    # A face with an old corner is on the same sides as that corner.
    corner = np.full(n_faces, -1)
    for start, face in ((tail, left), (head, right)):
        has = (start < n_corners) & (face >= 0)
        corner[face[has]] = start[has]
    known = corner >= 0
    front = np.flatnonzero(known)
    words[front] = at_corners[corner[front]]

    # The others follow from their neighbours, which differ in one line only.
    left, right, line = left[found.n_old :], right[found.n_old :], found.edge_origin[found.n_old :]
    line = lines[line]
    face, neighbour = np.append(left, right), np.append(right, left)
    order = np.argsort(face, kind="stable")
    neighbour, line = neighbour[order], np.append(line, line)[order]
    begins = np.searchsorted(face[order], np.arange(n_faces + 1))
    while len(front):
        counts = begins[front + 1] - begins[front]
        at = np.repeat(begins[front] - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum()))
        source, at = np.repeat(front, counts)[~known[neighbour[at]]], at[~known[neighbour[at]]]
        front, first = np.unique(neighbour[at], return_index=True)
        words[front] = words[source[first]]
        crossed = line[at[first]]
        bits[front, crossed // 8] ^= (128 >> crossed % 8).astype(np.uint8)
        known[front] = True
    return Sides(words, len(above))
