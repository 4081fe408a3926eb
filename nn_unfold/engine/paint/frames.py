"""Frames that are done with, to be drawn on again: memory that is new is slow when it is first written to."""

from __future__ import annotations

from collections import deque

import numpy as np

_spare: deque[np.ndarray] = deque(maxlen=8)


def give_back(frame: np.ndarray) -> None:
    """Let a frame be drawn over; whoever gives it back must not look at it again."""
    _spare.append(frame)


def blank_like(frame: np.ndarray) -> np.ndarray:
    """An array of the shape and type of a frame, with anything in it."""
    while _spare:
        spare = _spare.pop()
        if spare.shape == frame.shape and spare.dtype == frame.dtype:
            return spare
    return np.empty_like(frame)
