"""Beats over a transparent background, to be laid over slides and other films. Alpha is straight, not premultiplied."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

import av
import numpy as np
from PIL import Image

from nn_unfold.engine.files import written_whole
from nn_unfold.errors import UnfoldError
from nn_unfold.out.beats import Frame, Take, frames
from nn_unfold.out.exporters import Order, Step
from nn_unfold.settings import option
from nn_unfold.shapes import size_in

LINES = 1080
RATE = 30  # frames a second

# Container, codec, its pixel format and its options.
_FILMS = {
    ".mov": ("mov", "prores_ks", "yuva444p10le", {"profile": "4444", "alpha_bits": "16"}),
    ".webm": ("webm", "libvpx-vp9", "yuva420p", {"crf": "24", "b": "0", "auto-alt-ref": "0", "deadline": "good"}),
}


def write_alpha(order: Order) -> list[Step]:
    """Write beats with a transparent background, as .mov, .webm, or an archive of PNG pictures.

    Raises:
        UnfoldError: where the film can't be made, or these beats have no frames.
        OSError: where the file can't be written.
    """
    written = 0
    with written_whole(order.path) as file, _writer(order.path.suffix.lower(), file) as write:

        def take(frame: Frame, count: int) -> None:
            nonlocal written
            written += count
            write(frame, count)

        found = frames(order.film, order.settings(LINES, RATE), order.beats, take, transparent=True)
        if not written:
            raise UnfoldError(f"Beats {order.beats} of {order.film.scene} have no frames: choose others by --beats.")
    return found


@contextmanager
def _writer(suffix: str, file: IO[bytes]) -> Iterator[Take]:
    """What writes frames (h, w, 4) into a file of this kind."""
    if suffix == ".zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            yield _into_archive(archive)
        return
    container, codec, pixels, options = _FILMS[suffix]
    with av.open(file, "w", format=container) as film:
        stream = cast(av.VideoStream, film.add_stream(codec, rate=RATE, options=options))
        stream.width, stream.height = size_in(option("shape"), LINES)
        stream.pix_fmt = pixels

        def take(frame: Frame, count: int) -> None:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgba").reformat(format=pixels)
            for _ in range(count):
                picture.pts = None
                film.mux(stream.encode(picture))

        yield take
        film.mux(stream.encode())


def _into_archive(archive: zipfile.ZipFile) -> Take:
    """What writes frames as 00001.png, 00002.png, and so on; one that stays is written as often as it is shown."""
    number = 0

    def take(frame: Frame, count: int) -> None:
        nonlocal number
        with io.BytesIO() as picture:
            Image.fromarray(frame).save(picture, "PNG")
            data = picture.getvalue()
        for _ in range(count):
            number += 1
            # Without the time of day, so that equal pictures make equal archives.
            archive.writestr(zipfile.ZipInfo(f"{number:05}.png"), data)

    return take
