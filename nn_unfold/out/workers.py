"""Who renders the pieces: processes on this machine, or (see `cluster`) a scheduler with workers anywhere."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tqdm import tqdm

from nn_unfold.errors import UnfoldError
from nn_unfold.out.plan import Piece
from nn_unfold.out.rendering import render_piece


class Crew(Protocol):
    """Those who render pieces.

    Attributes:
        size: how many pieces they render at a time.
        lost: what a future raises when it is not the film that failed, but the worker that went away.
    """

    size: int
    lost: tuple[type[BaseException], ...]

    def submit(self, piece: Piece, networks: Iterable[Path]) -> Future[dict[str, bytes]]:
        """Have a piece rendered; the future gives the segments that are not in the folder of the film already."""

    def stop(self) -> None:
        """Have all work thrown away, now."""

    def close(self) -> None:
        """Send the workers home."""


class Pool:
    """Processes on this machine, each with its share of the processors.

    Args:
        size: how many.
    """

    lost = (BrokenProcessPool,)

    def __init__(self, size: int) -> None:
        self.size = size
        self._executor = self._hire()

    def _hire(self) -> ProcessPoolExecutor:
        # Never fork: an OpenGL context and the threads of a library don't survive it.
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(self.size, mp_context=context, initializer=_settle_in)
        with _ctrl_c_left_to_this_process():
            # They import Manim while the first film is still rehearsed.
            for _ in range(self.size):
                executor.submit(int)
        return executor

    def submit(self, piece: Piece, networks: Iterable[Path]) -> Future[dict[str, bytes]]:
        """Have a piece rendered, by new workers where one of the old ones was killed."""
        try:
            return self._executor.submit(_render, piece)
        except BrokenProcessPool:
            self._executor = self._hire()
            return self._executor.submit(_render, piece)

    def stop(self) -> None:
        """End all workers; what they have not finished is thrown away."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        for worker in multiprocessing.active_children():
            worker.terminate()
        self._executor.shutdown()

    def close(self) -> None:
        """Let the workers end."""
        self._executor.shutdown(cancel_futures=True)


@contextmanager
def _ctrl_c_left_to_this_process() -> Iterator[None]:
    """Processes that start here ignore Ctrl-C from their first moment."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _render(piece: Piece) -> dict[str, bytes]:
    """Render a piece; SIGTERM throws it away and ends the worker."""
    end_cleanly()
    try:
        render_piece(piece)
    except UnfoldError:
        raise
    except SystemExit:
        # The executor would take this for the end of the piece, and have the worker wait for another one: for ever,
        # where a killed worker has taken with it the lock on the queue.
        os._exit(1)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return {}  # the segments are where they belong


def _settle_in() -> None:
    """Make a new process a worker: it ends when it is told to, or when the one that it works for has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, daemon=True).start()
    # Manim counts with tqdm, whose own lock between processes would outlive a worker that ends at once.
    tqdm.set_lock(threading.RLock())
    sys.stdout = sys.stderr  # what scripts read on standard output is not for workers to say


def end_cleanly() -> None:
    """Leave Ctrl-C to the process that gave the work, and take SIGTERM as the order to throw it away and end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _throw_away)


def _throw_away(number: int, frame: object) -> None:
    # Once is enough: the second time would disturb the throwing away.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(f"Ended by signal {number}.")
