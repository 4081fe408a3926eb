"""Ctrl-C and SIGTERM take effect between two frames, not while Manim starts or ends an encoder.

Python can raise KeyboardInterrupt between any two lines. Between two lines that belong together, this would leave an
encoder that waits for ever, or a half-written file.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_PATIENCE = 2.0  # seconds: a signal that is sent again after this time takes effect at once

_handlers: dict[int, Callable[[int, Any], object]] = {}  # the handlers that were set before, by signal
_waiting: dict[int, float] = {}  # signals that have come, and when


@contextmanager
def between_frames() -> Iterator[None]:
    """Within, a signal waits until `heed` is called, or until the end; sent again a little later it doesn't wait."""
    if _handlers or threading.current_thread() is not threading.main_thread():  # only the main thread gets signals
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
    """Call the handlers of the signals that have come in the meantime."""
    while _waiting:
        number, _ = _waiting.popitem()
        _handlers[number](number, None)
