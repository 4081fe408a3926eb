"""How the cost of a frame grows with what is on it: python benchmarks/growth.py.

Writes the figures to growth.md and their curves to growth.svg, beside this file. The painter works on pictures of
854 x 480 pixels with one thread; the number of frames is that of one storyboard at growing frame rates; workers share a
film of 720 lines. Processor time, of all processes together. Linux only.
"""

from __future__ import annotations

import os

os.environ.update(LP_NUM_THREADS="0", OMP_NUM_THREADS="1")

import platform
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from charts import svg
from manim import DEGREES, tempconfig
from painting import ROOT, SECONDS, render
from workers import render as render_by
from workers import render_anew

from nn_core.geometry.mesh import squares
from nn_unfold.engine.paint.painter import Painter
from nn_unfold.space.primitives import Cloud, Faces
from nn_unfold.stage.stage import Stage

HERE = Path(__file__).parent
TURNS = 5
COUNTS = (1_000, 3_000, 10_000, 30_000, 100_000)
RATES = (15, 30, 60, 120)
WORKERS = (1, 2, 4, 8)
SIZE = 854, 480


def seconds_a_frame(stage, things):
    """The median processor time of painting things from five sides."""
    painter = Painter(*SIZE, 0)
    tokens = stage.tokens
    times = []
    for turn in range(TURNS + 1):
        stage.look(*things, phi=55 * DEGREES, theta=(20 + 10 * turn) * DEGREES)
        began = time.process_time()
        painter.paint(
            [thing.batch() for thing in things],
            stage.camera.projection(),
            light=np.array(tokens.light),
            shading=tokens.shading,
            grid=(1.0, 1.0, 1.0, 0.5),
            grid_width=1.0,
        )
        times.append(time.process_time() - began)
    return statistics.median(times[1:])  # the first compiles shaders


def surface(count, height, opacity):
    """A wavy surface of about so many triangles over a square of side 2."""
    mesh = squares((-1, 1, -1, 1), round(np.sqrt(count / 2)))
    x, y = mesh.vertices.T
    points = np.column_stack([mesh.vertices, height + 0.2 * np.sin(3 * x) * np.cos(2 * y)])
    return Faces(points, mesh.triangles, [0.3, 0.6, 0.9, opacity])


def growth():
    """Curves (count, seconds) by panel and by kind."""
    stage = Stage(skip_animations=True)
    rng = np.random.default_rng(0)
    kinds = {
        "points": lambda n: [Cloud(rng.normal(size=(n, 3)))],
        "opaque triangles": lambda n: [surface(n, 0, 1.0)],
        "translucent triangles": lambda n: [surface(n // 3, 0.1 * k, 0.6) for k in range(3)],
    }
    painted = {kind: [(n, seconds_a_frame(stage, make(n))) for n in COUNTS] for kind, make in kinds.items()}
    with tempfile.TemporaryDirectory() as folder:
        settings = ("--config_file", str(ROOT / "manim.cfg"))
        films = [(rate * SECONDS, render("fold_232_unfold", rate, folder, *settings)[1]) for rate in RATES]
        cores, kept = sorted(os.sched_getaffinity(0)), Path(folder) / "kept"
        render_by("relu_fold", "m", kept, len(cores), cores)
        shared = [(count, render_anew("relu_fold", "m", kept, count, cores)[1]) for count in WORKERS]
    return {"things in a frame": painted, "frames of a film": {"fold_232": films}, "workers": {"relu_fold": shared}}


def main():
    with tempconfig({"dry_run": True}):
        panels = growth()
    lines = [
        "# How the cost of a frame grows",
        "",
        f"Written by `python benchmarks/growth.py` on {os.cpu_count()} cores ({platform.machine()}) under a load of",
        f"{os.getloadavg()[0]:.1f} at the end, its own workers included: seconds of processor time, one thread each.",
        "What all films take, frames or not, is in.",
        "",
        "![Seconds over the number of things, of frames and of workers](growth.svg)",
        "",
    ]
    for title, curves in panels.items():
        counts = [count for count, _ in next(iter(curves.values()))]
        lines += ["| " + " | ".join([title, *(f"{count:,}" for count in counts), "exponent"]) + " |"]
        lines += ["|---|" + "---:|" * (len(counts) + 1)]
        for kind, curve in curves.items():
            (x0, y0), (x1, y1) = curve[-2:]
            exponent = np.log(y1 / y0) / np.log(x1 / x0)
            lines += ["| " + " | ".join([kind, *(f"{taken:.3f}" for _, taken in curve), f"{exponent:.2f}"]) + " |"]
        lines += [""]
    lines += [
        "The exponent is that of the last step: 1 is linear growth. More workers cost more than one, because each goes",
        "through the plays before its own.",
    ]
    (HERE / "growth.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (HERE / "growth.svg").write_text(svg(panels, 1e-3, 1e2), encoding="utf-8")


if __name__ == "__main__":
    main()
