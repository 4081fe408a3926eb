"""Whether drafts render faster than they play: python benchmarks/drafts.py [FILM…].

Every film is rendered by `manim render` at 480p, 30 frames a second, without a cache, one film after another; its
networks and texts are there before. The start is the wall time of a process that renders the first play alone: all that
goes before the first frame, and that play.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import av
from encoding import render

from nn_unfold.out.films import films

DRAFT = ("-r", "854,480", "--fps", "30", "--disable_caching")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", nargs="*", default=[film.name for film in films()], metavar="FILM")
    options = parser.parse_args()
    print(f"load of the machine at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| film | plays, s | renders, s | of processor | renders / plays | start, s |")
    print("|---|---:|---:|---:|---:|---:|", flush=True)
    for film in options.films:
        with tempfile.TemporaryDirectory() as folder:
            render(film, folder, "-s", *DRAFT)
            start = render(film, folder, "-n", "0,0", *DRAFT)
            whole = render(film, folder, *DRAFT)
            [path] = (path for path in Path(folder, "videos").rglob("*.mp4") if "partial_movie_files" not in path.parts)
            with av.open(str(path)) as container:
                length = container.duration / 1e6
        share = whole.wall / length
        print(
            f"| {film} | {length:.0f} | {whole.wall:.0f} | {whole.processor:.0f} | {share:.2f} | {start.wall:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
