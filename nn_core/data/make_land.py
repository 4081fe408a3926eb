"""Makes land-110m.npz of the file land-110m.json in the npm package world-atlas: `python make_land.py land-110m.json`.

That file is TopoJSON: the outlines of all land are made of arcs, each a start and steps from it, in whole units of
a grid. Here each outline becomes a ring of its own, and rings that cross the 180th meridian are cut in two.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ring = NDArray[np.float64]


def rings_of(topology: dict[str, Any]) -> Iterator[Ring]:
    """Every ring of the land, (k, 2) longitude and latitude in degrees, its last point the first one again."""
    scale, low = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    arcs = [np.cumsum(arc, axis=0) * scale + low for arc in topology["arcs"]]
    for shape in topology["objects"]["land"]["geometries"]:
        for polygon in shape["arcs"]:
            for numbers in polygon:
                # The number of an arc that is gone through backwards has all its bits inverted.
                parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in numbers]
                yield np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def cut(ring: Ring) -> Iterator[Ring]:
    """The parts of a ring within [-180, 180] degrees, each without its first point again at the end."""
    way = ring.copy()
    way[:, 0] = np.unwrap(way[:, 0], period=360)
    if abs(way[-1, 0] - way[0, 0]) > 180:  # it goes around a pole, and is closed over that
        pole = np.sign(way[0, 1]) * 90
        way = np.concatenate([way, [[way[-1, 0], pole], [way[0, 0], pole]]])
    else:
        way = way[:-1]
    for turn in (-360, 0, 360):
        part = way + np.array([turn, 0])
        # The ring has points on the meridian wherever it crosses it: what lies beyond can be left out.
        part = part[(part[:, 0] >= -180 - 1e-9) & (part[:, 0] <= 180 + 1e-9)]
        if len(part) > 2 and np.ptp(part[:, 0]) > 1e-9:
            yield part


def main(source: Path) -> None:
    """Write the file beside this script."""
    topology = json.loads(source.read_text(encoding="utf-8"))
    rings = [part for ring in rings_of(topology) for part in cut(ring)]
    points = np.concatenate(rings).clip([-180, -90], [180, 90]).astype(np.float32)
    lengths = np.array([len(ring) for ring in rings], dtype=np.int32)
    np.savez_compressed(Path(__file__).with_name("land-110m.npz"), points=points, lengths=lengths)
    print(f"{len(rings)} rings of {len(points)} points")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
