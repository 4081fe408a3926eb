"""All pictures of a frame in one texture, so that one draw call can paint everything that bears a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nn_unfold.engine.paint.batch import Batch

PADDING = 8  # pixels that repeat the border of a picture, so that mipmaps don't mix neighbours


class Atlas:
    """The pictures of some batches, one below the other.

    Attributes:
        pixels: (h, w, 4) uint8, premultiplied, top row first.
    """

    def __init__(self, batches: Sequence[Batch]) -> None:
        pictures = {id(batch.picture): batch.picture for batch in batches if batch.picture is not None}
        self._places: dict[int, np.ndarray] = {}
        width = max([picture.shape[1] for picture in pictures.values()], default=1) + 2 * PADDING
        height = sum(picture.shape[0] + 2 * PADDING for picture in pictures.values()) or 1
        self.pixels = np.zeros((height, width, 4), dtype=np.uint8)
        top = 0
        for key, picture in pictures.items():
            rows, columns = picture.shape[:2]
            padded = np.pad(picture, [(PADDING, PADDING), (PADDING, PADDING), (0, 0)], mode="edge")
            block = self.pixels[top : top + len(padded), : padded.shape[1]]
            block[..., 3] = padded[..., 3] if picture.shape[2] == 4 else 255
            block[..., :3] = padded[..., :3] * (block[..., 3:] / 255.0) + 0.5
            self._places[key] = np.array([PADDING, top + PADDING, columns, rows], dtype=float)
            top += len(padded)

    def __bool__(self) -> bool:
        return bool(self._places)

    def locate(self, picture: np.ndarray, uv: np.ndarray) -> np.ndarray:
        """Texture coordinates (..., 2) in the atlas of places (..., 2) in a picture, from (0, 0) at its lower left."""
        left, top, columns, rows = self._places[id(picture)]
        height, width = self.pixels.shape[:2]
        # Texture coordinates stay half a pixel away from the border: there, colours would mix with the padding.
        x = left + 0.5 + uv[..., 0] * (columns - 1)
        y = top + 0.5 + (1 - uv[..., 1]) * (rows - 1)
        return np.stack([x / width, y / height], axis=-1)
