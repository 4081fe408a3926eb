"""Seconds that the exact geometry takes, and how they grow with width and depth.

OMP_NUM_THREADS=1 python benchmarks/geometry.py

Writes the figures to geometry.md and their curves to geometry.svg, beside this file. They are seconds of the
processor, so that other work on the machine counts little.
"""

from __future__ import annotations

import os
import platform
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from charts import svg
from edge_subdivision import subdivided

from nn_core.datasets import make_spiral
from nn_core.geometry import creases, decision_boundary, linear_regions
from nn_core.network import Network
from nn_core.training import fit

HERE = Path(__file__).parent
BOX = (-1.2, 1.2, -1.2, 1.2)
TURNS = 3
WIDTHS = (10, 20, 50, 100, 200, 400, 800)
DEPTHS = (1, 2, 3, 4, 6, 8)
MOST_NEURONS = 400  # of more than one layer
COMPARED = ([50], [100], [200], [400], [20, 20], [50, 50], [100, 100], [100, 100, 100], [20] * 6)


def seconds(function, *arguments):
    """The least of a few turns, and what the last one returned."""
    times = []
    for _ in range(TURNS):
        start = time.process_time()
        result = function(*arguments)
        times.append(time.process_time() - start)
    return min(times), result


def untrained(widths):
    """He weights, and biases that send the creases all over the box."""
    rng = np.random.default_rng(0)
    network = Network.create([2, *widths, 5], "relu", rng=rng)
    for layer in network.layers:
        layer.bias[:] = 0.3 * rng.normal(size=layer.n_out)
    return network


def trained(widths, activations, epochs):
    """Trained on the five-arm spiral."""
    rng = np.random.default_rng(0)
    X, y = make_spiral(200, rng=rng)
    network = Network.create([2, *widths, 5], activations, rng=rng)
    fit(network, X, y, loss="cross_entropy", optimizer="adam", learning_rate=1e-3, epochs=epochs)
    return network


def a_million_cells():
    """Seconds, cells and GB of one layer of 1,414 neurons whose lines nearly all meet in the box.

    To be called in a fresh process, whose memory shows what was needed.
    """
    network = untrained([1414])
    box = tuple(200 * end for end in BOX)
    linear_regions(untrained([10]), box)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    cells = linear_regions(network, box)
    taken = time.process_time() - start
    return taken, len(cells), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6


def compared_rows():
    """This cutter beside edge subdivision, in turns."""
    for widths in COMPARED:
        network = untrained(widths)
        ours, theirs = [], []
        for _ in range(TURNS):
            for times, function in ((ours, linear_regions), (theirs, subdivided)):
                start = time.process_time()
                result = function(network, BOX)
                times.append(time.process_time() - start)
                if function is linear_regions:
                    cells = result
        if (len(cells), len(cells.points)) != (result.n_cells, len(result.vertices)):
            raise SystemExit(f"{widths}: the two find different cells")
        name = "-".join(map(str, [2, *widths, 5]))
        yield (
            f"| {name} | {len(cells):,} | {len(cells.points):,} | {min(theirs):.3f} | {min(ours):.3f} "
            f"| {min(theirs) / min(ours):.1f} |"
        )


def named_rows():
    nets = {
        "2-100-2-5, untrained": untrained([100, 2]),
        "2-100-2-5, trained on the spiral": trained([100, 2], ["leaky_relu", "identity", "identity"], 1500),
        "2-100-100-100-5, untrained": untrained([100, 100, 100]),
        "2-100-100-100-5, trained on the spiral": trained([100, 100, 100], "relu", 300),
    }
    for name, network in nets.items():
        regions, cells = seconds(linear_regions, network, BOX)
        border, boundary = seconds(decision_boundary, network, BOX)
        folds, _ = seconds(creases, network, BOX)
        yield f"| {name} | {len(cells):,} | {regions:.2f} | {len(boundary.segments):,} | {border:.2f} | {folds:.2f} |"


def growth():
    """Curves {title: {label: [(x, seconds, cells)]}} over width and over depth."""
    measured = {}

    def point(width, depth):
        if (width, depth) not in measured:
            measured[width, depth] = seconds(linear_regions, untrained([width] * depth), BOX)
        taken, cells = measured[width, depth]
        return taken, len(cells)

    over_width = {
        f"{depth} hidden layer{'s' * (depth > 1)}": [
            (width, *point(width, depth)) for width in WIDTHS if depth == 1 or width * depth <= MOST_NEURONS
        ]
        for depth in (1, 2, 3)
    }
    over_depth = {
        f"width {width}": [(depth, *point(width, depth)) for depth in DEPTHS if width * depth <= MOST_NEURONS]
        for width in (10, 50, 100)
    }
    return {"width of each hidden layer": over_width, "hidden layers": over_depth}


def main():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        taken, n_cells, memory = pool.submit(a_million_cells).result()
    panels = growth()
    lines = [
        "# What the exact geometry costs",
        "",
        f"Written on {date.today()} by `OMP_NUM_THREADS=1 python benchmarks/geometry.py`: the least of {TURNS} turns,",
        f"in seconds of one core out of {os.cpu_count()} ({platform.machine()}), Python {platform.python_version()},",
        f"NumPy {np.__version__}. Other work ran beside it, with a load of {os.getloadavg()[0]:.1f}. The box is that",
        "of the spiral; untrained networks have He weights and normal biases of 0.3.",
        "",
        f"One layer of 1,414 neurons in a box that holds nearly all crossings: {n_cells:,} cells in {taken:.1f} s and",
        f"{memory:.2f} GB.",
        "",
        "| network | cells | `linear_regions` | boundary segments | `decision_boundary` | `creases` |",
        "|---|---:|---:|---:|---:|---:|",
        *named_rows(),
        "",
        "## Beside edge subdivision",
        "",
        "[`edge_subdivision.py`](edge_subdivision.py) is the method of Berzins (ICML 2023), written anew from the",
        "paper in NumPy, one neuron after the other. Both ran in turns on the same untrained networks, and found as",
        "many cells and vertices. It gives vertices and edges only; `linear_regions` also the polygon and the affine",
        "map of each cell.",
        "",
        "| network | cells | vertices | edge subdivision | `linear_regions` | times |",
        "|---|---:|---:|---:|---:|---:|",
        *compared_rows(),
        "",
        "## Growth",
        "",
        "![Seconds over width and over depth](geometry.svg)",
        "",
        "The cells grow about with the square of the number of neurons, in whatever layers they stand. So do the",
        "seconds of cutting; in wide layers those of the affine maps come to count, which grow with the number of",
        "cells times the number of neurons.",
        "",
    ]
    for title, curves in panels.items():
        lines += [f"| {title} | | cells | seconds |", "|---:|---|---:|---:|"]
        lines += [
            f"| {x} | {label} | {cells:,} | {taken:.3f} |"
            for label, curve in curves.items()
            for x, taken, cells in curve
        ]
        lines.append("")
    for name, text in (("geometry.md", "\n".join(lines)), ("geometry.svg", svg(panels, 1e-3, 1e1))):
        draft = HERE / (name + ".part")
        draft.write_text(text)
        draft.replace(HERE / name)
        print(text if name.endswith(".md") else f"wrote {HERE / name}")


if __name__ == "__main__":
    main()
