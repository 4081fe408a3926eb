"""What is said in a film as text: a script, captions, chapters.

Formats: WebVTT of the W3C, SubRip (.srt), FFmpeg's metadata files, and chapter lists as video sites read them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from nn_unfold.out.exporters import Step


def plain_script(title: str, steps: Sequence[Step]) -> str:
    """The text to read: for each beat its number, its times and its caption."""
    parts = [f"{step.number}. {clock(step.start)} to {clock(step.end)}\n{_line(step)}\n" for step in steps]
    return "\n".join([f"{title}\n", *parts])


def markdown_script(title: str, steps: Sequence[Step]) -> str:
    """The same as Markdown, each beat a heading and a paragraph."""
    parts = [
        f"## {step.number}. {clock(step.start)} to {clock(step.end)}\n\n{_escaped(_line(step))}\n" for step in steps
    ]
    return "\n".join([f"# {_escaped(title)}\n", *parts])


def webvtt(title: str, steps: Sequence[Step]) -> str:
    """Captions, or chapters, as WebVTT."""
    cues = [f"{step.number}\n{_span(step, '.')}\n{html.escape(_line(step), quote=False)}\n" for step in steps]
    return "\n".join(["WEBVTT\n", *cues])


def srt(title: str, steps: Sequence[Step]) -> str:
    """Captions as SubRip; cues are numbered from 1."""
    return "\n".join(f"{i}\n{_span(step, ',')}\n{_line(step)}\n" for i, step in enumerate(steps, start=1))


def chapter_list(title: str, steps: Sequence[Step]) -> str:
    """A line `0:00 caption` for each beat; the first is at 0:00, as video sites want it."""
    starts = [0.0, *(step.start for step in steps[1:])]
    return "".join(f"{clock(start)} {_line(step)}\n" for start, step in zip(starts, steps, strict=True))


def ffmetadata(title: str, steps: Sequence[Step]) -> str:
    """Chapters for `ffmpeg -i film.mp4 -i chapters.ffmeta -map_chapters 1 -codec copy`; times in milliseconds."""
    parts = [f";FFMETADATA1\ntitle={_quoted(title)}\n"]
    for step in steps:
        times = f"START={round(step.start * 1000)}\nEND={round(step.end * 1000)}"
        parts.append(f"[CHAPTER]\nTIMEBASE=1/1000\n{times}\ntitle={_quoted(_line(step))}\n")
    return "\n".join(parts)


def clock(seconds: float) -> str:
    """`1:08`, and from an hour on `1:00:08`; whole seconds, rounded down."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _line(step: Step) -> str:
    return " ".join(step.caption.split())


def _span(step: Step, point: str) -> str:
    return f"{_stamp(step.start, point)} --> {_stamp(step.end, point)}"


def _stamp(seconds: float, point: str) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{thousandths:03}"


def _escaped(text: str) -> str:
    """Text for Markdown, none of whose signs is markup."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$])", r"\\\1", text)


def _quoted(text: str) -> str:
    """Text for FFmpeg's metadata, in which these signs are special."""
    return re.sub(r"([=;#\\])", r"\\\1", text)
