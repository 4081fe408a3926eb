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


def straight(premultiplied: np.ndarray) -> np.ndarray:
    """Colours (h, w, 4), uint8, that are not multiplied by their alpha; those without alpha are (0, 0, 0, 0)."""
    alpha = premultiplied[..., 3:].astype(np.uint32)
    colours = (premultiplied[..., :3] * np.uint32(255) + alpha // 2) // np.maximum(alpha, 1)
    whole = np.concatenate([np.minimum(colours, 255) * (alpha > 0), alpha], axis=-1)
    return whole.astype(np.uint8)
