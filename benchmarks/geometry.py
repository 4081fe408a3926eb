"""Seconds that the exact geometry takes, and how they grow with width and depth: python benchmarks/geometry.py.

Writes the figures to geometry.md and their curves to geometry.svg, beside this file. Set OMP_NUM_THREADS=1
to measure one core.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from pathlib import Path

import numpy as np
from charts import svg

from nn_core.datasets import make_spiral
from nn_core.geometry import creases, decision_boundary, linear_regions
from nn_core.network import Network
from nn_core.training import fit

HERE = Path(__file__).parent
BOX = (-1.2, 1.2, -1.2, 1.2)
TURNS = 3
WIDTHS = (10, 20, 50, 100, 200, 400)
DEPTHS = (1, 2, 3, 4, 6, 8)
MOST_NEURONS = 400


def seconds(function, *arguments):
    """The median of a few turns, and what the last one returned."""
    times = []
    for _ in range(TURNS):
        start = time.perf_counter()
        result = function(*arguments)
        times.append(time.perf_counter() - start)
    return statistics.median(times), result


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
            (width, *point(width, depth)) for width in WIDTHS if width * depth <= MOST_NEURONS
        ]
        for depth in (1, 2, 3)
    }
    over_depth = {
        f"width {width}": [(depth, *point(width, depth)) for depth in DEPTHS if width * depth <= MOST_NEURONS]
        for width in (10, 50, 100)
    }
    return {"width of each hidden layer": over_width, "hidden layers": over_depth}


def main():
    panels = growth()
    lines = [
        "# What the exact geometry costs",
        "",
        f"Written by `python benchmarks/geometry.py`: medians of {TURNS} turns in seconds, on {os.cpu_count()} cores",
        f"({platform.machine()}) under a load of {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, NumPy",
        f"{np.__version__}. The box is the spiral's; untrained networks have He weights and normal biases of 0.3.",
        "",
        "| network | cells | `linear_regions` | boundary segments | `decision_boundary` | `creases` |",
        "|---|---:|---:|---:|---:|---:|",
        *named_rows(),
        "",
        "## Growth",
        "",
        "![Seconds over width and over depth](geometry.svg)",
        "",
        "The cells grow about with the square of the number of neurons, in whatever layers they stand. So do the",
        "seconds at first; in wide layers they grow with the cube, since each new corner of a cell takes the z of",
        "every neuron of the layer.",
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
