"""A film with its beats as chapters in the MP4: the packets of the rendered film are copied, not encoded again."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import IO

import av

from nn_unfold.engine.files import written_whole
from nn_unfold.errors import UnfoldError
from nn_unfold.out.beats import steps
from nn_unfold.out.exporters import ALL, Order, Step
from nn_unfold.out.rendering import render_whole, settings


def write_film_with_chapters(order: Order) -> list[Step]:
    """Render a film in 1080p, with the segments that exist, and write it with a chapter for each beat.

    Raises:
        UnfoldError: where the film can't be made, or a part of it is asked for.
        OSError: where the file can't be written.
    """
    if order.beats != ALL:
        raise UnfoldError("Chapters in an .mp4 are those of the whole film: leave out --beats, or write .txt or .vtt.")
    values = settings("h", order.media_dir)
    found = steps(order.film, values, order.beats)
    rendered = render_whole(order.film, values)
    with written_whole(order.path) as file:
        remux(rendered, file, order.film.scene, found)
    return found


def remux(film: Path, file: IO[bytes], title: str, steps: list[Step]) -> None:
    """Copy an MP4 and give it chapters.

    Args:
        film: an MP4.
        file: to write to.
        title: of the film.
        steps: the beats; each is a chapter until the next begins.
    """
    with av.open(str(film)) as source, av.open(file, "w", format="mp4") as target:
        streams = {
            stream.index: target.add_stream_from_template(stream)
            for stream in (*source.streams.video, *source.streams.audio)
        }
        target.metadata["title"] = title
        length = 0 if source.duration is None else source.duration * 1000 // av.time_base
        starts = [round(step.start * 1000) for step in steps]
        ends = [*starts[1:], max(length, round(steps[-1].end * 1000))]
        target.set_chapters(
            [
                {
                    "id": step.number,
                    "start": start,
                    "end": end,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": step.caption},
                }
                for step, start, end in zip(steps, starts, ends, strict=True)
            ]
        )
        for packet in source.demux(*(source.streams[index] for index in streams)):
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
