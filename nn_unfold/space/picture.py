"""Pictures in the plane: a sheet with a picture on it, and clouds whose points are small pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
from numpy.typing import ArrayLike

from nn_unfold.engine.paint.batch import Batch
from nn_unfold.errors import UnfoldError
from nn_unfold.space.primitives import Cloud
from nn_unfold.space.sheet import Sheet
from nn_unfold.theme import rgb, theme


class Picture(Sheet):
    """A Sheet with a picture on it, in the plane z = 0: any map can move it, and any network can fold it.

    Args:
        picture: (h, w), (h, w, 3) or (h, w, 4) uint8, or a file. If not given, a house: its left and right, top and
            bottom are easy to tell apart.
        height: of the picture in scene units; its width follows.
        centre: (2,) of the picture.
        options: of Sheet.

    Raises:
        UnfoldError: for an array or a file that is no picture.
    """

    def __init__(
        self,
        picture: np.ndarray | str | Path | None = None,
        *,
        height: float = 2.0,
        centre: tuple[float, float] = (0.0, 0.0),
        **options: Any,
    ) -> None:
        pixels = house() if picture is None else read_picture(picture)
        width = height * pixels.shape[1] / pixels.shape[0]
        x, y = centre
        box = (x - width / 2, x + width / 2, y - height / 2, y + height / 2)
        super().__init__(box, picture=pixels, **options)


class PictureCloud(Cloud):
    """A cloud whose points are small pictures, in frames of their class colours. They always face the camera.

    Args:
        pictures: (n, h, w) numbers from 0 to 1, dark to bright, or (n, h, w, 3) uint8.
        X: (n, 2) or (n, 3) points in scene units.
        y: (n,) labels, as in Cloud.
        radius: half the side of a picture, in pixels of a frame 1080 pixels high.
        options: of Cloud.

    Raises:
        UnfoldError: where there is not one picture for each point.
    """

    def __init__(
        self,
        pictures: np.ndarray,
        X: np.ndarray,
        y: ArrayLike | None = None,
        *,
        radius: float | None = None,
        **options: Any,
    ) -> None:
        if len(pictures) != len(X):
            raise UnfoldError(f"There are {len(pictures)} pictures for {len(X)} points: give one for each.")
        super().__init__(X, y, radius=theme().thumbnail_radius if radius is None else radius, **options)
        pixels = np.asarray(pictures)
        if pixels.dtype != np.uint8:
            pixels = (np.clip(pixels, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
        if pixels.ndim == 3:
            pixels = np.repeat(pixels[..., None], 3, axis=3)
        n, rows, columns = pixels.shape[:3]
        # All pictures together in one, in about as many rows as columns: a single texture for the painter.
        across = int(np.ceil(np.sqrt(n)))
        down = -(-n // across)
        sheet = np.zeros((down * across, rows, columns, 3), dtype=np.uint8)
        sheet[:n] = pixels[..., :3]
        self.contact = sheet.reshape(down, across, rows, columns, 3).swapaxes(1, 2).reshape(down * rows, -1, 3)
        row, column = np.divmod(np.arange(n), across)
        # Half a pixel inside: otherwise interpolation would mix in pixels of the next picture.
        left, top = (column * columns + 0.5) / (across * columns), 1 - (row * rows + 0.5) / (down * rows)
        wide, high = (columns - 1) / (across * columns), (rows - 1) / (down * rows)
        self.windows = np.column_stack([left, left + wide, top - high, top])

    def batch(self) -> Batch:
        """The points, as the painter draws them."""
        return Batch(
            self.points,
            self.rgba,
            dots=np.arange(len(self.points)),
            size=self.radius_px,
            uv=self.windows,
            picture=self.contact,
        )


def read_picture(picture: np.ndarray | str | Path) -> np.ndarray:
    """A picture as (h, w, 3) or (h, w, 4) uint8, top row first.

    Args:
        picture: a file, or such an array, or a grey one (h, w).

    Raises:
        UnfoldError: where the file can't be read, or the array is no picture.
    """
    if not isinstance(picture, np.ndarray):
        try:
            picture = iio.imread(picture)
        except Exception as error:  # each image format raises its own kind of error
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UnfoldError(f"The picture {picture} can't be read ({reason}): give a PNG or JPEG file.") from error
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in (3, 4) or 0 in picture.shape:
        raise UnfoldError(
            f"A picture has shape (h, w), (h, w, 3) or (h, w, 4) and type uint8, but this has {picture.shape} and "
            f"{picture.dtype}: convert it first."
        )
    return picture


def house(size: int = 512) -> np.ndarray:
    """A house under a sun, (size, size, 3) uint8 in the colours of the theme. Its mirror images look different."""
    tokens = theme()
    red, yellow, green, blue, violet = (np.array(rgb(colour)) for colour in tokens.classes[:5])
    pixel = 1 / size
    x, y = np.meshgrid((np.arange(size) + 0.5) * pixel, 1 - (np.arange(size) + 0.5) * pixel)
    picture = np.broadcast_to(0.35 * blue + 0.65 * np.ones(3), (size, size, 3)) * (0.75 + 0.25 * y[..., None])

    def fill(distance: np.ndarray, colour: np.ndarray) -> None:
        """Paint where a signed distance is negative, with a smooth edge."""
        covered = np.clip(0.5 - distance / pixel, 0.0, 1.0)[..., None]
        picture[:] = (1 - covered) * picture + covered * colour

    def block(left: float, right: float, bottom: float, top: float) -> np.ndarray:
        """The signed distance from a rectangle, along the axis in which it is larger."""
        horizontal = np.abs(x - (left + right) / 2) - (right - left) / 2
        return np.asarray(np.maximum(horizontal, np.abs(y - (bottom + top) / 2) - (top - bottom) / 2))

    dark = 0.3 * violet
    fill(np.hypot(x - 0.8, y - 0.8) - 0.11, yellow)
    fill(y - (0.2 + 0.03 * np.sin(7 * x)), 0.85 * green)
    fill(block(0.22, 0.3, 0.6, 0.86), 0.6 * red)
    fill(block(0.14, 0.66, 0.16, 0.56), 0.1 * yellow + 0.88)
    # The roof: below both of its slopes and above its eaves.
    slopes = (np.abs(x - 0.4) * 0.28 + (y - 0.84) * 0.34) / np.hypot(0.28, 0.34)
    fill(np.maximum(slopes, 0.55 - y), red)
    fill(block(0.2, 0.33, 0.16, 0.42), 0.75 * violet)
    fill(np.hypot(x - 0.305, y - 0.29) - 0.012, yellow)
    fill(block(0.43, 0.59, 0.3, 0.46), dark)
    for left, bottom in ((0.44, 0.31), (0.515, 0.31), (0.44, 0.385), (0.515, 0.385)):
        fill(block(left, left + 0.065, bottom, bottom + 0.065), 0.5 * yellow + 0.5)
    fill(block(0.82, 0.86, 0.16, 0.34), 0.45 * red + 0.1 * green)
    fill(np.hypot(x - 0.84, y - 0.42) - 0.1, 0.6 * green)
    return np.asarray((np.clip(picture, 0.0, 1.0) * 255 + 0.5).astype(np.uint8))
