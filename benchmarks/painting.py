"""Seconds a frame at 1080p: each storyboard on the stage beside stock Manim: python benchmarks/painting.py [--opengl].

Every storyboard, four seconds long, is rendered by `manim render` in a process of its own, at two frame rates; what the
frames take that one has more than the other is what a frame takes, encoding included and the start of the process not.
Stock Manim encodes as it does by default, the stage with the settings of manim.cfg. The ratios are those of turns that
stood side by side, so that a busy machine slows both.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
BOARDS = {"fold_232": 8, "softmax_surfaces": 15, "grid_warp": 2}  # with the ratios that are asked for
SECONDS = 4
RATES = {"stock": (5, 15), "unfold": (15, 60)}  # frames a second


def render(name, rate, folder, *options):
    """Wall and processor seconds of one render."""
    command = [sys.executable, "-m", "manim", "render", "-r", "1920,1080", "--fps", str(rate), "--disable_caching"]
    command += ["-v", "ERROR", "--progress_bar", "none", "--media_dir", folder, *options, f"{name}.py"]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    subprocess.run(
        command,
        cwd=ROOT / "benchmarks" / "storyboards",
        check=True,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def a_frame(kind, name, folder, *options):
    """Wall and processor seconds that a frame takes, and the wall seconds of the process without frames."""
    few, many = RATES[kind]
    less, more = (render(name, rate, folder, *options) for rate in (few, many))
    wall, processor = ((b - a) / (SECONDS * (many - few)) for a, b in zip(less, more, strict=True))
    return wall, processor, less[0] - SECONDS * few * wall


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--opengl", action="store_true", help="also stock Manim's OpenGL renderer")
    options = parser.parse_args()
    print(f"load of the machine at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| storyboard | renderer | ms a frame, wall | processor | start, s | ratio of walls | asked for |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for board, asked in BOARDS.items():
        kinds = {"Unfold": ("unfold", f"{board}_unfold", "--config_file", str(ROOT / "manim.cfg"))}
        kinds["stock Cairo"] = ("stock", f"{board}_stock")
        if options.opengl:
            kinds["stock OpenGL"] = ("stock", f"{board}_stock", "--renderer", "opengl")
        times = {kind: [] for kind in kinds}
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(options.turns):
                for kind, (whose, name, *extra) in kinds.items():
                    times[kind].append(a_frame(whose, name, folder, *extra))
        for kind, measured in times.items():
            wall, processor, start = (median(column) for column in zip(*measured, strict=True))
            ratio = median(a[0] / b[0] for a, b in zip(measured, times["Unfold"], strict=True))
            row = [board, kind, f"{1000 * wall:.0f}", f"{1000 * processor:.0f}", f"{start:.1f}"]
            row += ["", ""] if kind == "Unfold" else [f"{ratio:.1f}", str(asked) if kind == "stock Cairo" else ""]
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
