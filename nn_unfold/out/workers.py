"""What renders the pieces: processes on this machine, or (see `cluster`) workers of a scheduler on any machines."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from tqdm import tqdm

from nn_unfold.errors import UnfoldError
from nn_unfold.out.plan import Piece
from nn_unfold.out.rendering import Rehearsal, render_piece
from nn_unfold.settings import given

Sent = tuple[str, bytes]
"""The SHA-256 of a segment, and the segment."""


@dataclass
class Rendered:
    """What a worker gives back for a piece.

    Attributes:
        seconds: that it took.
        segments: by key, those that the worker could not write into the folder of the film itself.
    """

    seconds: float
    segments: dict[str, Sent] = field(default_factory=dict)


class Executor(Protocol):
    """Renders pieces, several at a time."""

    @property
    def size(self) -> int:
        """How many pieces it renders at a time."""

    @property
    def lost(self) -> tuple[type[BaseException], ...]:
        """What a future raises where not the film failed, but its worker ended."""

    def submit(self, piece: Piece, rehearsal: Rehearsal) -> Future[Rendered]:
        """Start to render a piece of a film as it was rehearsed."""

    def stop(self) -> None:
        """Cancel all work now."""

    def close(self) -> None:
        """Let the workers end."""


class Pool:
    """Processes on this machine, each with its share of the processors.

    Args:
        size: how many.
    """

    lost: tuple[type[BaseException], ...] = (BrokenProcessPool,)

    def __init__(self, size: int) -> None:
        self.size = size
        self._executor = self._start()

    def _start(self) -> ProcessPoolExecutor:
        # Not by fork: neither an OpenGL context nor the threads of a library work in a forked process.
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(self.size, mp_context=context, initializer=_prepare_worker)
        with _ignoring_ctrl_c():
            # The workers import Manim while the first film is still rehearsed.
            for _ in range(self.size):
                executor.submit(int)
        return executor

    def submit(self, piece: Piece, rehearsal: Rehearsal) -> Future[Rendered]:
        """Start to render a piece; where a worker was killed, all are started anew."""
        try:
            return self._executor.submit(_render, piece, rehearsal.options)
        except BrokenProcessPool:
            self._executor = self._start()
            return self._executor.submit(_render, piece, rehearsal.options)

    def stop(self) -> None:
        """End all workers; what they have not finished is deleted."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        for worker in multiprocessing.active_children():
            worker.terminate()
        self._executor.shutdown()

    def close(self) -> None:
        """Let the workers end."""
        self._executor.shutdown(cancel_futures=True)


@contextmanager
def _ignoring_ctrl_c() -> Iterator[None]:
    """Processes that start here ignore Ctrl-C from their first moment: this process handles it."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _render(piece: Piece, options: Mapping[str, str]) -> Rendered:
    """Render a piece with the options of its rehearsal; SIGTERM cancels it and ends the worker."""
    end_on_sigterm()
    began = time.monotonic()
    try:
        with given(**options):
            render_piece(piece)
    except UnfoldError:
        raise
    except SystemExit:
        # The executor would take this for the end of the piece, and the worker would wait for another one: for ever,
        # where a killed worker held the lock of the queue.
        os._exit(1)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return Rendered(time.monotonic() - began)


def _prepare_worker() -> None:
    """Prepare a new process: it ends on SIGTERM, and when its parent process has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_parent, daemon=True).start()
    # Manim counts with tqdm. Its own lock is shared by processes and stays locked when a worker ends while holding it.
    tqdm.set_lock(threading.RLock())
    sys.stdout = sys.stderr  # standard output is for the result of the command


def end_on_sigterm() -> None:
    """Ignore Ctrl-C, which the process that gave the work handles; on SIGTERM cancel the work and end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, frame: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second signal must not interrupt the cleaning up
    sys.exit(f"Ended by signal {number}.")
