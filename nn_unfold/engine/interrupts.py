"""Ctrl-C and SIGTERM are heeded between two frames, not in the middle of Manim's account of its encoders.

Python lets a signal raise wherever the program just is. Between two lines that belong together, that leaves an encoder
that waits for ever, or a half-written file.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_PATIENCE = 2.0  # seconds after which a signal that is sent once more does not wait

_handlers: dict[int, Callable[[int, Any], object]] = {}  # who is to get the signals
_waiting: dict[int, float] = {}  # signals, and since when they wait


@contextmanager
def between_frames() -> Iterator[None]:
    """Within, a signal waits until `heed` is called, or until the end; who is sure sends it again a little later."""
    if _handlers or threading.current_thread() is not threading.main_thread():  # no other thread sees signals
        yield
        return
    _handlers.update((number, handler) for number in _SIGNALS if callable(handler := signal.getsignal(number)))
    for number in _handlers:
        signal.signal(number, _wait)
    try:
        yield
    finally:
        for number, handler in _handlers.items():
            if signal.getsignal(number) is _wait:  # and not another that has been set since
                signal.signal(number, handler)
        try:
            heed()
        finally:
            _handlers.clear()
            _waiting.clear()


def _wait(number: int, frame: Any) -> None:
    now = time.monotonic()
    if now - _waiting.setdefault(number, now) > _PATIENCE:
        del _waiting[number]
        _handlers[number](number, frame)


def heed() -> None:
    """Do what the signals that have come in the meantime ask for."""
    while _waiting:
        number, _ = _waiting.popitem()
        _handlers[number](number, None)
