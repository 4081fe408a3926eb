"""Seconds a frame at 1080p: each storyboard on the stage beside stock Manim, as whole processes in turn.

Run from the project's root: ``python benchmarks/painting.py [--runs 3] [--opengl]``. Every process renders the same 60
frames (4 s at 15 a second) without a cache; start-up, building and encoding count, as they do for a user. The ratios
are those of runs that stood side by side, so that a busy machine slows both.
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

HERE = Path(__file__).parent / "storyboards"
BOARDS = {"fold_232": 8, "softmax_surfaces": 15, "grid_warp": 2}  # with the ratios that are asked for
FRAMES = 60


def render(name: str, folder: str, *options: str) -> tuple[float, float]:
    """Wall and processor seconds of one render."""
    command = [sys.executable, "-m", "manim", "render", "-r", "1920,1080", "--fps", "15", "--disable_caching"]
    command += ["-v", "ERROR", "--progress_bar", "none", "--media_dir", folder, *options, f"{name}.py"]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    path = os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    subprocess.run(command, cwd=HERE, check=True, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--opengl", action="store_true", help="also stock Manim's OpenGL renderer")
    options = parser.parse_args()
    print(f"load of the machine at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| storyboard | renderer | s a frame (wall) | s a frame (processor) | stock / Unfold (wall) | asked for |")
    print("|---|---|---|---|---|---|")
    for board, asked in BOARDS.items():
        kinds = {"Unfold": (f"{board}_unfold",), "stock Cairo": (f"{board}_stock",)}
        if options.opengl:
            kinds["stock OpenGL"] = (f"{board}_stock", "--renderer", "opengl", "--write_to_movie")
        times: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(options.runs):
                for kind, (name, *extra) in kinds.items():
                    times[kind].append(render(name, folder, *extra))
        for kind, measured in times.items():
            pairs = zip(measured, times["Unfold"], strict=True)
            ratio = "" if kind == "Unfold" else f"{median(a[0] / b[0] for a, b in pairs):.1f}"
            wall, cpu = (median(m[i] for m in measured) / FRAMES for i in (0, 1))
            print(f"| {board} | {kind} | {wall:.3f} | {cpu:.3f} | {ratio} | {asked if kind == 'stock Cairo' else ''} |")


if __name__ == "__main__":
    main()
