"""A recording made small: moments that lie on a straight line are left out, numbers become integers, equal ones one.

Every array is stored the same way: integers (k, n, c), k moments of n rows, each less the one before it, in planes of
bytes, so that deflate finds long runs. A page multiplies them by a step and adds an offset for each column.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from nn_unfold.out.page.record import Recording, Span, Track, _Outline
from nn_unfold.shapes import unit_of

LINES = 1080  # of the picture of 16:9 for which the tolerances hold
PIXEL = 0.75  # how far a point may be off between two moments that are kept, in pixels
COLOUR = 1 / 200  # likewise a colour
CALM = 0.24  # seconds that a mesh at least stays when it is new in every moment
_FINE = 0.2  # the step of stored places, in pixels


class Pool:
    """All arrays of a page in one stream of bytes, each kept once."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.entries: list[dict[str, Any]] = []
        self._known: dict[bytes, int] = {}

    def add(self, values: np.ndarray, step: np.ndarray | float = 0.0) -> int:
        """Store an array and return its number.

        Args:
            values: (k, n, c), or fewer axes from the right; integers, or floats with a step.
            step: of each column, to which floats are rounded; 0 for integers.
        """
        values = np.asarray(values)
        shape = (1,) * (3 - values.ndim) + values.shape
        values = values.reshape(shape)
        low = np.zeros(shape[2])
        if np.any(step):
            steps = np.broadcast_to(np.asarray(step, dtype=float), shape[2:])
            low = values.min(axis=(0, 1)) if values.size else low
            whole = np.rint((values - low) / steps).astype(np.int64)
        else:
            steps, whole = np.ones(shape[2]), values.astype(np.int64)
        less = whole.copy()
        less[1:] -= whole[:-1]
        less[0, 1:] -= whole[0, :-1]
        unsigned = np.where(less < 0, -2 * less - 1, 2 * less).astype(np.uint64)
        planes = max(1, (int(unsigned.max(initial=0)).bit_length() + 7) // 8)
        columns = unsigned.transpose(2, 0, 1).reshape(-1)
        data = b"".join(
            ((columns >> np.uint64(8 * p)) & np.uint64(255)).astype(np.uint8).tobytes() for p in range(planes)
        )
        plain = not np.any(step)
        entry = {"s": list(shape), "p": planes}
        if not plain:
            entry |= {"l": [_short(x) for x in low], "d": [_short(x) for x in steps]}
        digest = hashlib.blake2b(repr(entry).encode() + data, digest_size=16).digest()
        if digest not in self._known:
            self._known[digest] = len(self.entries)
            self.entries.append(entry | {"o": len(self.bytes)})
            self.bytes += data
        return self._known[digest]


def packed(recording: Recording) -> tuple[dict[str, Any], bytes]:
    """A recording as a description for JSON, and all its numbers, deflated."""
    pool = Pool()
    scales = _pixels_per_unit(recording)
    recorded = [Track(track.kind, _calm(recording.times, track.spans)) for track in recording.tracks]
    owners, ranks = _owners(recorded), _ranks(recorded)
    tracks = [
        {
            "k": track.kind,
            "s": [
                _span(recording, track, span, pool, scales, owners.get((number, place)))
                | ({"rank": pool.add(ranks[number, place][:, None])} if (number, place) in ranks else {})
                for place, span in enumerate(track.spans)
            ],
        }
        for number, track in enumerate(recorded)
    ]
    orders: dict[tuple[int, ...], int] = {}
    numbers = [orders.setdefault(order, len(orders)) for order in recording.shown]
    description = {
        "title": recording.title,
        "about": recording.about,
        "language": recording.language,
        "frame": recording.frame,
        "look": recording.look,
        "length": recording.length,
        "times": [round(time, 4) for time in recording.times],
        "beats": [[beat.caption, round(beat.start, 4), round(beat.end, 4)] for beat in recording.beats],
        "tracks": tracks,
        "orders": list(orders),
        "shown": numbers,
        "pool": pool.entries,
    }
    return description, zlib.compress(bytes(pool.bytes), 9)


def _pixels_per_unit(recording: Recording) -> np.ndarray:
    """For each track that is a view, and each moment, how many pixels a scene unit is at most, or 0."""
    scales = np.zeros((len(recording.tracks), len(recording.times)))
    per_unit = LINES / unit_of(*recording.frame)
    for number, track in enumerate(recording.tracks):
        if track.kind == "view":
            for span in track.spans:
                zooms = [values[3] for values in span.values["view"]]
                scales[number, span.first : span.first + span.length] = per_unit * np.array(zooms)
    return scales


def _calm(times: Sequence[float], spans: Sequence[Span]) -> list[Span]:
    """Spans without those of a single moment that follow another one too soon: meshes that are new in every moment."""
    kept: list[Span] = []
    for number, span in enumerate(spans):
        before = kept[-1] if kept else None
        goes_on = number + 1 < len(spans) and spans[number + 1].first == span.first + 1
        if (
            before is not None
            and span.length == 1
            and before.first + before.length == span.first
            and goes_on
            and times[span.first] - times[before.first + before.length - before.held - 1] < CALM
        ):
            before.held += 1
            for series in before.values.values():
                series.append(series[-1])
        else:
            kept.append(Span(span.first, span.structure, {name: [*series] for name, series in span.values.items()}))
    return kept


def _owners(tracks: Sequence[Track]) -> dict[tuple[int, int], tuple[int, int, np.ndarray]]:
    """For spans whose points all belong to a larger thing, such as the grid of a sheet: which one, and its rows.

    Returns:
        By the numbers of a track and a span those of the owner, and for each point the row of the owner's.
    """
    spans = [
        (number, place, span)
        for number, track in enumerate(tracks)
        if track.kind == "batch"
        for place, span in enumerate(track.spans)
        if span.length > 1
    ]
    found: dict[tuple[int, int], tuple[int, int, np.ndarray]] = {}
    for number, place, span in spans:
        for other, its_place, owner in spans:
            later = span.first - owner.first
            if (
                (other, its_place) == (number, place)
                or (other, its_place) in found
                or later < 0
                or later + span.length > owner.length
                or owner.structure["lens"] != span.structure["lens"]
            ):
                continue
            theirs = owner.values["points"][later : later + span.length]
            if (
                len(theirs[0]) > len(span.values["points"][0])
                and (rows := _rows(span.values["points"], theirs)) is not None
            ):
                found[number, place] = (other, its_place, rows)
                break
    return found


def _ranks(tracks: Sequence[Track]) -> dict[tuple[int, int], np.ndarray]:
    """For spans of surfaces over one mesh, the rank of each surface over each cell, from low to high.

    Heights are rounded when they are stored, and some differ by less: of softmax surfaces those of two classes that are
    both unlikely. Where the ranks are the same at all moments, as those of softmax are at all temperatures, they are
    kept beside the heights.
    """
    together: dict[Any, list[tuple[int, int, Span]]] = {}
    for number, track in enumerate(tracks):
        for place, span in enumerate(track.spans):
            if "triangles" in span.structure:
                mesh = span.structure["triangles"].tobytes(), span.values["points"][0][:, :2].tobytes()
                together.setdefault((span.first, span.length, mesh), []).append((number, place, span))
    found: dict[tuple[int, int], np.ndarray] = {}
    for surfaces in together.values():
        if len(surfaces) < 2:
            continue
        cells = surfaces[0][2].structure["triangles"]
        known: np.ndarray | None = None
        for moment in range(surfaces[0][2].length):
            height = np.array([span.values["points"][moment][:, 2][cells].mean(axis=1) for *_, span in surfaces])
            if np.ptp(height) == 0:
                continue  # they lie on the floor still
            rank = np.argsort(np.argsort(height, axis=0, kind="stable"), axis=0, kind="stable")
            if known is not None and not np.array_equal(rank, known):
                known = None
                break
            known = rank
        if known is not None:
            found |= {(number, place): known[k] for k, (number, place, _) in enumerate(surfaces)}
    return found


def _rows(points: Sequence[np.ndarray], owner: Sequence[np.ndarray]) -> np.ndarray | None:
    """For each point the row of the owner's points where it is at all moments; None where one has no such row."""
    looks = sorted({0, len(points) // 3, 2 * len(points) // 3, len(points) - 1})
    ours, theirs = (np.hstack([np.round(series[k], 7) for k in looks]) + 0.0 for series in (points, owner))
    places = {row.tobytes(): number for number, row in enumerate(theirs)}
    rows = [places.get(row.tobytes()) for row in ours]
    if None in rows:
        return None
    found = np.array(rows, dtype=np.int64)
    same = all(np.allclose(one, other[found], atol=1e-6) for one, other in zip(points, owner, strict=True))
    return found if same else None


def _span(
    recording: Recording,
    track: Track,
    span: Span,
    pool: Pool,
    scales: np.ndarray,
    owner: tuple[int, int, np.ndarray] | None,
) -> dict[str, Any]:
    moments = slice(span.first, span.first + span.length)
    times = np.array(recording.times[moments])
    per_unit = LINES / unit_of(*recording.frame)
    lens = span.structure.get("lens")
    scale = float(scales[lens, moments].max()) if lens is not None else per_unit
    scale = scale or per_unit
    channels = {}
    for name, series in span.values.items():
        if name == "points" and owner is not None:
            channels[name] = {"of": list(owner[:2]), "a": pool.add(owner[2][:, None])}
            continue
        tolerance, step = _precision(track.kind, name, series[0], scale, per_unit)
        kept = keys(times, series, tolerance)
        stack = np.stack([series[k] for k in kept])
        stack = stack[:, None, :] if stack.ndim == 2 else stack
        channels[name] = {"k": kept, "a": pool.add(stack, step)}
    structure = dict(span.structure)
    if "uv" in structure and "triangles" in structure:
        chart = _chart(span.values["points"][0], structure["uv"])
        if chart is not None:
            structure["uv"] = [_short(x) for x in chart.ravel()]
    return {"f": span.first, "n": span.length, "c": channels, **_structure(structure, pool)}


def _chart(points: np.ndarray, uv: np.ndarray) -> np.ndarray | None:
    """The affine map (2, 3) that makes the uv (n, 2) of points (n, 3) from their x and y; None where there is none."""
    ones = np.column_stack([points[:, :2], np.ones(len(points))])
    solution = np.linalg.lstsq(ones, uv, rcond=None)[0]
    return solution.T if np.allclose(ones @ solution, uv, atol=1e-4 * max(1.0, float(np.abs(uv).max()))) else None


def _precision(
    kind: str, name: str, value: np.ndarray, scale: float, per_unit: float
) -> tuple[np.ndarray | float, np.ndarray | float]:
    """How far a channel may be off between two kept moments, and the step to which it is rounded."""
    if name == "points":
        # Heights are finer: they tell which of two surfaces lies above the other.
        return PIXEL / scale, np.array([_FINE, _FINE, _FINE / 20]) / scale
    if name == "rgba":
        return COLOUR, 1 / 255
    if name == "place":
        tolerance = np.array([PIXEL / per_unit] * 2 + [PIXEL / scale] * (len(value) - 2))
        return tolerance, tolerance * _FINE / PIXEL
    if name == "style":
        widths = np.zeros(len(value), dtype=bool)
        widths[[8, 13]] = True
        return np.where(widths, 0.02, COLOUR), np.where(widths, 0.01, 1 / 255)
    # A view: three angles in radians, the zoom, the centre in scene units, where it is seen in frame units.
    zoom = max(abs(float(value[3])), 1e-9)
    tolerance = np.array([2e-4] * 3 + [2e-4 * zoom] + [PIXEL / 4 / scale] * 3 + [PIXEL / 4 / per_unit] * 2)
    return tolerance, tolerance / 20


def keys(times: np.ndarray, series: Sequence[np.ndarray], tolerance: np.ndarray | float) -> list[int]:
    """Which moments of a series to keep, so that straight lines between them come within a tolerance of all others.

    The method of Ramer (1972) and Douglas and Peucker (1973), in as many dimensions as there are numbers.

    Args:
        times: (k,) seconds.
        series: k arrays of one shape.
        tolerance: for all numbers, or for each of the last axis.
    """
    last = len(series) - 1
    kept, open_ends = {0}, [(0, last)] if last else []
    while open_ends:
        start, stop = open_ends.pop()
        worst, where = _worst(times, series, tolerance, start, stop)
        if worst > 1:
            open_ends += [(start, where), (where, stop)]
        else:
            kept |= {start, stop}
    found = sorted(kept)
    # A series that doesn't change needs one moment.
    if len(found) == 2 and np.all(np.abs(series[0] - series[last]) <= np.asarray(tolerance) * 1e-3):
        return found[:1]
    return found


def _worst(
    times: np.ndarray, series: Sequence[np.ndarray], tolerance: np.ndarray | float, start: int, stop: int
) -> tuple[float, int]:
    """Where between two moments a straight line is farthest off, in tolerances."""
    worst, where = 0.0, start
    one, other = series[start], series[stop]
    slope = (other - one) / max(times[stop] - times[start], 1e-9)
    for middle in range(start + 1, stop):
        if series[middle] is one and one is other:
            continue
        off = np.abs(series[middle] - one - slope * (times[middle] - times[start])) / tolerance
        if off.size and (most := float(off.max())) > worst:
            worst, where = most, middle
    return worst, where


def _structure(structure: dict[str, Any], pool: Pool) -> dict[str, Any]:
    """What of a thing stays, with numbers of arrays in place of them."""
    short: dict[str, Any] = {}
    for name, value in structure.items():
        if isinstance(value, _Outline):
            short[name] = pool.add(value.points)
        elif not isinstance(value, np.ndarray):
            if name != "kind" and value is not None:
                short[name] = value
        elif name == "picture":
            short[name] = [pool.add(value.reshape(-1, value.shape[2])), *value.shape[:2]]
        elif value.dtype == np.uint32:
            short[name] = pool.add(value if value.ndim > 1 else value[:, None])
        else:
            columns = value if value.ndim > 1 else value[:, None]
            reach = float(np.abs(columns).max(initial=0)) or 1.0
            short[name] = pool.add(columns, reach / 60_000) if (columns % 1).any() else pool.add(columns.astype(int))
    return short


def _short(value: float) -> float:
    return float(f"{value:.9g}")
