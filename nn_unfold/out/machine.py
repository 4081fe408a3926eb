"""What this machine has to give: processors and memory. Imports neither NumPy nor Manim."""

from __future__ import annotations

import os

import psutil

# Gigabytes that a worker takes, measured: by itself, and for each megapixel of the picture, most of it in the encoder.
_WORKER, _MEGAPIXEL = 0.4, 0.2
_SHARE = 0.8  # of the memory that is free: something must be left for whoever works beside


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_memory() -> float:
    """How many gigabytes of memory can be had without any program's being put to sleep."""
    return float(psutil.virtual_memory().available) / 1e9


def room_for_workers(lines: int, memory: float) -> int:
    """How many workers so much memory is enough for; at least one.

    Args:
        lines: the height of the pictures, which are 16:9.
        memory: gigabytes.
    """
    megapixels = lines * lines * 16 / 9 / 1e6
    return max(1, int(_SHARE * memory / (_WORKER + _MEGAPIXEL * megapixels)))


def share_processors(workers: int) -> None:
    """Let the processes that start from now on, and this one, keep to their shares of the processors.

    To be called before NumPy is imported. Linear algebra has one thread in any case: networks of films are small, and
    the last bits of a product of matrices may depend on the number of threads, and the key of a segment on those. The
    encoder has one thread by manim.cfg. What the environment says already is left as it is.
    """
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    share = processors() // workers
    # Mesa's painter on the processor; with 0 it works in the thread that calls it.
    os.environ.setdefault("LP_NUM_THREADS", str(share if share > 1 else 0))
