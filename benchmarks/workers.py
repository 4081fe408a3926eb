"""How much sooner a film is done with two workers on two cores than with one on one: python benchmarks/workers.py.

Each contestant renders the film anew, by `unfold render`, in a process of its own that may use only so many
cores; painter, encoder and linear algebra have one thread per worker. Networks, texts and formulas are there before.
Contestants take turns, so that a busy machine troubles both alike, and medians count. The time of a render that finds
every segment is what no worker can shorten. Linux only.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PREPARED = ("trained", "texts", "Tex")


def render(film, quality, media, workers, cores):
    """Seconds that a film takes with so many workers on these cores: on the clock, and of the processors."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "nn_unfold",
            "render",
            film,
            "-q",
            quality,
            "-w",
            str(workers),
            "--media-dir",
            str(media),
        ],
        env={**os.environ, "LP_NUM_THREADS": "0", "OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
        check=True,
        capture_output=True,
    )
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def render_anew(film, quality, kept, workers, cores):
    """The same, of a film of which nothing is there but what was prepared in the folder `kept`."""
    with tempfile.TemporaryDirectory() as folder:
        for name in PREPARED:
            if (kept / name).is_dir():
                shutil.copytree(kept / name, Path(folder) / name)
        return render(film, quality, Path(folder), workers, cores)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", nargs="?", default="relu_fold")
    parser.add_argument("--quality", default="h")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    counts = [count for count in (1, 2, 4, 8) if count <= len(cores)]
    times = {count: [] for count in counts}
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept"
        film = options.film, options.quality, kept
        render(*film, len(cores), cores)
        joining = statistics.median(render(*film, 1, cores[:1])[0] for _ in range(options.turns))
        for _ in range(options.turns):
            for count in counts:
                times[count].append(render_anew(*film, count, cores[:count])[0])
    print(f"{options.film}, quality {options.quality}, load {os.getloadavg()[0]:.1f} on {len(cores)} cores")
    print(f"nothing to render: {joining:.1f} s")
    one = statistics.median(times[1])
    for count in counts:
        took = statistics.median(times[count])
        print(f"{count} workers: {took:.1f} s, {one / took:.2f} times as fast as one")


if __name__ == "__main__":
    main()
