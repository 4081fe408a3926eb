"""The ways out of the house: what a film can become beside an MP4.

Each is a record in `EXPORTERS`; the help of `unfold export` and its table in the README say what stands there. A new
one is a function that writes a file, and a record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nn_unfold.errors import UnfoldError
from nn_unfold.out.films import Film


class NoSuchBeats(UnfoldError):
    """A film has not so many beats as were asked for."""


@dataclass(frozen=True)
class Range:
    """Some beats in a row.

    Attributes:
        first: the number of the first; that of the first beat of a film is 1.
        last: the number of the last; None for that of the film.
    """

    first: int = 1
    last: int | None = None

    @classmethod
    def of(cls, text: str) -> Range:
        """Read `4`, `3-5` or `3-`.

        Raises:
            NoSuchBeats: for anything else.
        """
        match = re.fullmatch(r"([1-9][0-9]{0,5})(-([1-9][0-9]{0,5})?)?", text.strip(), re.ASCII)
        if match is None:
            raise NoSuchBeats(f"{text!r} are no beats: write a number from 1, or a range, such as 4, 3-5 or 3-.")
        first = int(match[1])
        last = int(match[3]) if match[3] else None if match[2] else first
        if last is not None and last < first:
            raise NoSuchBeats(f"{text!r} ends before it begins: write {last}-{first}.")
        return cls(first, last)

    def __contains__(self, number: int) -> bool:
        return self.first <= number and (self.last is None or number <= self.last)

    def __str__(self) -> str:
        if self.first == self.last:
            return f"{self.first}"
        return f"{self.first}-{'' if self.last is None else self.last}"


ALL = Range()


@dataclass(frozen=True)
class Step:
    """A beat of a film.

    Attributes:
        number: from 1.
        caption: in the language of the film.
        start, end: seconds of film.
        file: its clip, where it has one by itself.
    """

    number: int
    caption: str
    start: float
    end: float
    file: str | None = None


@dataclass(frozen=True)
class Order:
    """What is to be written.

    Attributes:
        film: which.
        path: of the file; its suffix is one of the exporter's.
        media_dir: where trained networks and segments are kept.
        beats: which.
        per_page: key frames on a page of a handout.
    """

    film: Film
    path: Path
    media_dir: Path
    beats: Range = ALL
    per_page: int = 6

    def settings(self, lines: int, rate: float) -> dict[str, Any]:
        """Settings of Manim for pictures whose shorter side has so many pixels, and so many a second."""
        from nn_unfold.out.rendering import settings
        from nn_unfold.settings import option
        from nn_unfold.shapes import size_in

        width, height = size_in(option("shape"), lines)
        size = {"pixel_width": width, "pixel_height": height, "frame_rate": rate}
        return {**settings("h", self.media_dir), **size}


@dataclass(frozen=True)
class Exporter:
    """One way out.

    Attributes:
        suffixes: of the files that it can write; the first if no path is given.
        gives: what it writes.
        lacks: what it can't do.
        write: writes the file, and tells which beats are in it.
        parts: whether it can write some beats of a film.
    """

    suffixes: tuple[str, ...]
    gives: str
    lacks: str
    write: Callable[[Order], list[Step]]
    parts: bool = True


@dataclass(frozen=True)
class Exported:
    """What `export` wrote.

    Attributes:
        film: its name.
        kind: of the exporter.
        file: absolute path.
        bytes: its size.
        beats: that are in it.
    """

    film: str
    kind: str
    file: str
    bytes: int
    beats: list[Step]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def export(kind: str, order: Order) -> Exported:
    """Write a film in another form; the file is there in full or not at all.

    Raises:
        UnfoldError: where the film can't be made, or not in this form.
        NoSuchBeats: where it has fewer beats.
        OSError: where the file can't be written.
    """
    beats = EXPORTERS[kind].write(order)
    return Exported(order.film.name, kind, str(order.path), order.path.stat().st_size, beats)


# Manim is imported when something is written: the table is read by the help too.


def _page(order: Order) -> list[Step]:
    from nn_unfold.out.page.record import record
    from nn_unfold.out.page.write import write
    from nn_unfold.out.rendering import settings

    recording = record(order.film, settings("h", order.media_dir))
    write(recording, order.path)
    return [Step(i, beat.caption, beat.start, beat.end) for i, beat in enumerate(recording.beats, start=1)]


def _slides(order: Order) -> list[Step]:
    from nn_unfold.out.slides.write import write_slides

    return write_slides(order)


def _pptx(order: Order) -> list[Step]:
    from nn_unfold.out.powerpoint import write_pptx

    return write_pptx(order)


def _script(order: Order) -> list[Step]:
    from nn_unfold.out.transcripts import markdown_script, plain_script

    return _text(order, {".txt": plain_script, ".md": markdown_script})


def _captions(order: Order) -> list[Step]:
    from nn_unfold.out.transcripts import srt, webvtt

    return _text(order, {".vtt": webvtt, ".srt": srt})


def _chapters(order: Order) -> list[Step]:
    from nn_unfold.out.transcripts import chapter_list, ffmetadata, webvtt

    if order.path.suffix.lower() == ".mp4":
        from nn_unfold.out.chapters import write_film_with_chapters

        return write_film_with_chapters(order)
    return _text(order, {".txt": chapter_list, ".vtt": webvtt, ".ffmeta": ffmetadata})


def _text(order: Order, forms: Mapping[str, Callable[[str, list[Step]], str]]) -> list[Step]:
    from nn_unfold.engine.files import written_whole
    from nn_unfold.out.beats import steps

    found = steps(order.film, order.settings(1080, 60), order.beats)
    text = forms[order.path.suffix.lower()](order.film.scene, found)
    with written_whole(order.path) as file:
        file.write(text.encode("utf-8"))
    return found


def _sheet(order: Order) -> list[Step]:
    from nn_unfold.out.paper.write import write_sheet

    return write_sheet(order)


def _handout(order: Order) -> list[Step]:
    from nn_unfold.out.paper.write import write_handout

    return write_handout(order)


def _loop(order: Order) -> list[Step]:
    from nn_unfold.out.loops import write_loop

    return write_loop(order)


def _alpha(order: Order) -> list[Step]:
    from nn_unfold.out.alpha import write_alpha

    return write_alpha(order)


EXPORTERS: Mapping[str, Exporter] = {
    "page": Exporter(
        (".html",),
        "one HTML file to step through, scrub, turn and zoom in a browser, without a network",
        "parts of a film; sound; browsers without WebGL 2",
        _page,
        parts=False,
    ),
    "slides": Exporter(
        (".html",),
        "one HTML file for lectures (reveal.js): a clip for each beat that stops at its end, captions as speaker notes",
        "turning and zooming; less than the size of the clips in 1080p; the notes need a second window (key s)",
        _slides,
    ),
    "pptx": Exporter(
        (".pptx",),
        "slides for PowerPoint and LibreOffice: the clips with their key frames as posters, captions as notes",
        "turning and zooming; text that can be edited; to be opened by programs that can't play H.264",
        _pptx,
    ),
    "script": Exporter((".txt", ".md"), "the text to read, with times", "pauses within a beat", _script),
    "captions": Exporter((".vtt", ".srt"), "captions for a player", "style and place of the captions", _captions),
    "chapters": Exporter(
        (".txt", ".vtt", ".ffmeta", ".mp4"),
        "a chapter for each beat: the list that video sites take, WebVTT, ffmetadata, or the film with chapters in it",
        "shorter titles than the captions; .mp4 of some beats only; sites may want 10 s for each chapter",
        _chapters,
    ),
    "sheet": Exporter((".png",), "one picture of the key frames of all beats", "what happens within a beat", _sheet),
    "handout": Exporter(
        (".pdf",),
        "the key frames of all beats with their captions, 6 or 1 on an A4 page (--theme light spares ink)",
        "what happens within a beat; vector graphics: only the text is sharp at any size",
        _handout,
    ),
    "gif": Exporter(
        (".gif",),
        "a loop 640 pixels wide, at most 0.4 MB for a second",
        "more than 30 s; sound; more than 128 colours, so that shades show steps",
        _loop,
    ),
    "webp": Exporter(
        (".webp",),
        "a loop 640 pixels wide, at most 0.12 MB for a second",
        "more than 30 s; sound; old programs can't open it",
        _loop,
    ),
    "alpha": Exporter(
        (".mov", ".webm", ".zip"),
        "1080p with a transparent background and straight alpha: ProRes 4444, VP9, or pictures (PNG) in an archive",
        "sound; text of a dark theme can't be read on white: choose --theme for the background",
        _alpha,
    ),
}
"""By their names, all kinds of files that a film can be exported to."""
