"""The processors and the memory of this machine. Imports neither NumPy nor Manim."""

from __future__ import annotations

import os

import psutil

# Gigabytes that a worker needs, measured: by itself, and for each megapixel of the picture (most of it in the encoder).
_WORKER, _MEGAPIXEL = 0.4, 0.2
_SHARE = 0.8  # of the free memory: other programs need some too


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_memory() -> float:
    """How many gigabytes of memory are free, or can be freed without swapping."""
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
    """Limit the threads of this process, and of those that it starts, to their shares of the processors.

    Call it before NumPy is imported. Linear algebra has one thread in any case: the networks of films are small, the
    last bits of a product of matrices may depend on the number of threads, and the key of a segment depends on those
    bits. Variables that the environment has already are left as they are.
    """
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    share = processors() // workers
    # Mesa's painter on the processor: with 0 threads it paints in the thread that calls it.
    os.environ.setdefault("LP_NUM_THREADS", str(share if share > 1 else 0))
