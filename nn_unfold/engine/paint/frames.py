"""A pool of frames that are encoded and can be used again: the first write to new memory is slow."""

from __future__ import annotations

from collections import deque

import numpy as np

_spare: deque[np.ndarray] = deque(maxlen=8)


def give_back(frame: np.ndarray) -> None:
    """Put a frame into the pool; the caller must not use it any more."""
    _spare.append(frame)


def blank_like(frame: np.ndarray) -> np.ndarray:
    """An array of the shape and type of a frame; its contents are undefined."""
    while _spare:
        spare = _spare.pop()
        if spare.shape == frame.shape and spare.dtype == frame.dtype:
            return spare
    return np.empty_like(frame)
