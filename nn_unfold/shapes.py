"""The shape of the picture: its size in pixels, its frame, and how a film of this shape is named.

A frame of every shape has the room of one of 16:9, so that text of one size in points takes the same share of every
picture of as many pixels. Only very long pictures have more room: no side of a frame is shorter than that of 16:9.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd, sqrt

SHAPES: Mapping[str, tuple[int, int]] = {"16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1), "4:3": (4, 3)}
"""By their names, the shapes that the option `shape` knows: width to height. The first is that of every film."""

WIDE = 16 / 9
_CLOSE = 5e-3  # how far a ratio may be off, as a share: 854x480 is not quite 16:9


def size_in(shape: str, lines: int) -> tuple[int, int]:
    """The width and height in pixels of a picture whose shorter side has so many; videos want even numbers.

    >>> size_in("16:9", 480), size_in("9:16", 1080), size_in("4:3", 480)
    ((854, 480), (1080, 1920), (640, 480))

    Args:
        shape: one of `SHAPES`.
        lines: pixels.
    """
    width, height = SHAPES[shape]
    longer = 2 * round(lines * max(width, height) / min(width, height) / 2)
    return (longer, lines) if width > height else (lines, longer) if width < height else (lines, lines)


def is_of(shape: str, width: float, height: float) -> bool:
    """Whether a picture has this shape, but for a few pixels."""
    across, up = SHAPES[shape]
    return abs(width * up / (height * across) - 1) < _CLOSE


def frame_for(width: float, height: float, unit: float = 8.0) -> tuple[float, float]:
    """The width and height of the frame of a picture, in frame units.

    >>> [round(side, 2) for side in frame_for(1080, 1080)], frame_for(1080, 1920)
    ([10.67, 10.67], (8.0, 14.222222222222221))

    Args:
        width: of the picture.
        height: likewise.
        unit: the height of a frame of 16:9.
    """
    ratio = max(width, height) / min(width, height)
    shorter = unit * _growth(ratio)
    return (shorter * ratio, shorter) if width >= height else (shorter, shorter * ratio)


def unit_of(width: float, height: float) -> float:
    """The inverse of `frame_for`: the height of the frame of 16:9 that is as large as this one, in frame units."""
    return min(width, height) / _growth(max(width, height) / min(width, height))


def lines_of(pixel_height: int, frame_width: float, frame_height: float) -> float:
    """The height in pixels of a picture of 16:9 in which a frame unit has as many pixels as in this one.

    Args:
        pixel_height: of the picture.
        frame_width: of its frame.
        frame_height: likewise.
    """
    return pixel_height * (unit_of(frame_width, frame_height) / frame_height)


def _growth(ratio: float) -> float:
    """The shorter side of a frame whose sides have this ratio, as a multiple of that in 16:9."""
    return 1.0 if ratio > WIDE * (1 - 1e-9) else sqrt(WIDE / ratio)


def tag(width: int, height: int) -> str:
    """A picture's shape as a part of the name of a film: "9x16"; "" for 16:9.

    >>> tag(854, 480), tag(480, 854), tag(860, 360)
    ('', '9x16', '43x18')
    """
    for number, shape in enumerate(SHAPES):
        if is_of(shape, width, height):
            return shape.replace(":", "x") if number else ""
    return f"{width // gcd(width, height)}x{height // gcd(width, height)}"
