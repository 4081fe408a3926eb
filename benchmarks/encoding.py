"""The processor time of a whole film beside that of encoding its very frames alone: python benchmarks/encoding.py.

The film is rendered by `manim render` without a cache, in a process of its own; its networks are trained before. Then
its frames are read back from it, and Manim's own segment encoder encodes them again with the same settings: only its
time counts. Both have one thread for painter, encoder and linear algebra, and take turns; medians count.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import av
from manim._config.utils import ManimConfig, make_config_parser
from manim._config.video_encoder import VideoEncoderSpec
from manim.scene.video_segment_encoder import VideoSegmentEncoder

ROOT = Path(__file__).parents[1]


class Cost(NamedTuple):
    """Of a process: seconds on the clock, processor seconds, and the most memory that it had, in MB."""

    wall: float
    processor: float
    memory: float


def render(film, media, *options, threads=None):
    """What it costs to render a film of the project; with so many threads for the painter, or as many as it takes.

    With 0 it works in the thread that calls it.
    """
    command = [sys.executable, "-m", "manim", "render", "-v", "ERROR", "--progress_bar", "none"]
    painter = {} if threads is None else {"LP_NUM_THREADS": str(threads)}
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--media_dir", str(media), *options, f"scenes/{film}.py"],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **painter},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{film} could not be rendered: see above.")
    return Cost(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)


def settings(pixels, rate):
    """The encoder's settings for frames like these (h, w, 4), as manim.cfg has them."""
    project = ManimConfig().digest_parser(make_config_parser(ROOT / "manim.cfg"))
    options = tuple(sorted((name, str(value)) for name, value in project.video_encoder_options.items()))
    height, width = pixels.shape[:2]
    return VideoEncoderSpec("mp4", project.video_codec, "yuv420p", width, height, rate, options)


def encode(film, target):
    """The processor seconds of encoding a film's frames, and how many these are."""
    seconds, count, encoder = 0.0, 0, None
    with av.open(str(film)) as container:
        rate = container.streams.video[0].average_rate
        for frame in container.decode(video=0):
            pixels = frame.to_ndarray(format="rgba")
            began = time.process_time()
            encoder = encoder or VideoSegmentEncoder(target=target, spec=settings(pixels, rate))
            encoder.write_frame(pixels)
            seconds += time.process_time() - began
            count += 1
    began = time.process_time()
    encoder.finish()
    return seconds + time.process_time() - began, count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", nargs="*", default=["relu_fold"])
    parser.add_argument("--quality", default="h")
    parser.add_argument("--turns", type=int, default=2)
    options = parser.parse_args()
    print(f"load of the machine at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| film | frames | film, s of processor | encoding alone | ratio | memory, MB |")
    print("|---|---|---|---|---|---|")
    for film in options.films:
        with tempfile.TemporaryDirectory() as folder:
            render(film, folder, "-s", "-ql")
            wholes, alones = [], []
            for _ in range(options.turns):
                wholes.append(render(film, folder, f"-q{options.quality}", "--disable_caching", threads=0))
                [path] = (p for p in Path(folder, "videos").rglob("*.mp4") if "partial_movie_files" not in p.parts)
                alone, frames = encode(path, Path(folder) / "again.mp4")
                alones.append(alone)
        whole, alone = median(cost.processor for cost in wholes), median(alones)
        memory = max(cost.memory for cost in wholes)
        row = f"{frames} | {whole:.0f} | {alone:.0f} | {whole / alone:.2f} | {memory:.0f}"
        print(f"| {film} | {row} |", flush=True)


if __name__ == "__main__":
    main()
