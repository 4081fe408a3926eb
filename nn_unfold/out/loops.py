"""Small loops of beats for web pages and messages, as GIF or WebP, that keep to a size."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from PIL import Image

from nn_unfold.engine.files import written_whole
from nn_unfold.errors import UnfoldError
from nn_unfold.out.beats import Frame, frames
from nn_unfold.out.exporters import Order, Step

LINES = 360  # along the shorter side: 640x360 in 16:9
RATE = 15  # frames a second
LONGEST = 30.0  # seconds; the frames of a loop are all in memory
MOST = {".gif": 400_000, ".webp": 120_000}  # bytes a second

# From the best to the smallest: the first that keeps to the size is taken.
_GIF = ((128, 1), (96, 1), (64, 1), (64, 2), (32, 2), (32, 3), (16, 3), (16, 5))  # colours, and every which frame
_WEBP = ((80, 1), (65, 1), (50, 1), (35, 1), (35, 2), (20, 2), (10, 3), (5, 5))  # quality, and every which frame


def write_loop(order: Order) -> list[Step]:
    """Write beats as a loop that keeps to `MOST`, as .gif or .webp.

    Raises:
        UnfoldError: where the film can't be made, or the beats last too long, or move too much for the size.
        OSError: where the file can't be written.
    """
    kept: list[tuple[Frame, int]] = []

    def take(frame: Frame, count: int) -> None:
        if sum(count for _, count in kept) + count > LONGEST * RATE:
            raise UnfoldError(
                f"A loop lasts {LONGEST:.0f} s at most, and these beats last longer: choose less by --beats."
            )
        kept.append((frame.copy(), count))

    found = frames(order.film, order.settings(LINES, RATE), order.beats, take)
    if not kept:
        raise UnfoldError(f"Beats {order.beats} of {order.film.scene} have no frames: choose others by --beats.")
    suffix = order.path.suffix.lower()
    most = round(MOST[suffix] * sum(count for _, count in kept) / RATE)
    data = fitted(kept, suffix, most)
    with written_whole(order.path) as file:
        file.write(data)
    return found


def fitted(kept: Sequence[tuple[Frame, int]], suffix: str, most: int) -> bytes:
    """A loop of at most so many bytes.

    Args:
        kept: frames (h, w, 3), each with how many frames it stays.
        suffix: .gif or .webp.
        most: bytes.

    Raises:
        UnfoldError: where even the smallest is larger.
    """
    write: Callable[[Sequence[Frame], Sequence[int], int], bytes]
    tries, write = (_GIF, _gif) if suffix == ".gif" else (_WEBP, _webp)
    for quality, every in tries:
        pictures, times = thinned(kept, every)
        data = write(pictures, times, quality)
        if len(data) <= most:
            return data
    raise UnfoldError(
        f"{len(data) / 1e6:.2f} MB is the least for this loop, and {most / 1e6:.2f} MB are allowed: choose calmer "
        "beats by --beats, or a film (`unfold render`)."
    )


def thinned(kept: Sequence[tuple[Frame, int]], every: int) -> tuple[list[Frame], list[int]]:
    """Every so many frames, without those that are like the one before, and for how many milliseconds each stays.

    Times are multiples of 10 ms, as GIF has them, and add up to those of the film.
    """
    pictures: list[Frame] = []
    starts: list[int] = []
    number = 0
    for frame, count in kept:
        first = -(-number // every) * every
        number += count
        if first < number and not (pictures and np.array_equal(pictures[-1], frame)):
            pictures.append(frame)
            starts.append(first)
    marks = [round(100 * start / RATE) * 10 for start in [*starts, number]]
    return pictures, [end - start for start, end in pairwise(marks)]


def _gif(pictures: Sequence[Frame], times: Sequence[int], colours: int) -> bytes:
    # One palette for all frames: what doesn't move keeps its colours, and isn't stored again.
    sample = np.concatenate(pictures[:: max(1, len(pictures) // 12)])[::2, ::2]
    palette = Image.fromarray(np.ascontiguousarray(sample)).quantize(colours, Image.Quantize.MEDIANCUT)
    images = [Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    with io.BytesIO() as file:
        images[0].save(file, "GIF", save_all=True, append_images=images[1:], duration=list(times), loop=0, disposal=1)
        return file.getvalue()


def _webp(pictures: Sequence[Frame], times: Sequence[int], quality: int) -> bytes:
    first, *rest = (Image.fromarray(picture) for picture in pictures)
    with io.BytesIO() as file:
        first.save(
            file, "WEBP", save_all=True, append_images=rest, duration=list(times), loop=0, quality=quality, method=4
        )
        return file.getvalue()
