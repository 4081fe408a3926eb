"""Key frames and captions, given to Typst."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, Literal

import typst
from PIL import Image

from nn_unfold.engine.files import written_whole
from nn_unfold.out.beats import key_frames
from nn_unfold.out.exporters import Order, Step
from nn_unfold.out.transcripts import clock
from nn_unfold.settings import option
from nn_unfold.text.font import font
from nn_unfold.theme import theme

_HERE = Path(__file__).parent


def write_handout(order: Order) -> list[Step]:
    """Write a PDF of the key frames of beats with their captions, on pages of A4.

    Raises:
        UnfoldError: where the film can't be made.
        OSError: where the file can't be written.
    """
    return _write(order, "handout.typ", "pdf", lines=1080, per_page=order.per_page)


def write_sheet(order: Order) -> list[Step]:
    """Write one picture, 1920 pixels wide, of the key frames of beats with their captions.

    Raises:
        UnfoldError: where the film can't be made.
        OSError: where the file can't be written.
    """
    return _write(order, "sheet.typ", "png", lines=720)


def _write(order: Order, document: str, form: Literal["pdf", "png"], *, lines: int, **more: Any) -> list[Step]:
    found, pictures = key_frames(order.film, order.settings(lines, 60), order.beats)
    tokens, used = theme(), font()
    with tempfile.TemporaryDirectory(prefix="unfold-") as name:
        folder = Path(name)
        for step, picture in zip(found, pictures, strict=True):
            Image.fromarray(picture).save(folder / f"{step.number}.png")
        film = {
            "title": order.film.scene,
            "about": order.film.teaches or order.film.about,
            "language": option("language"),
            "font": used.typst,
            "background": tokens.background,
            "ink": tokens.ink,
            "faint": tokens.faint,
            "aspect": pictures[0].shape[1] / pictures[0].shape[0],
            "beats": [{"number": s.number, "caption": s.caption, "time": clock(s.start)} for s in found],
            **more,
        }
        (folder / "film.json").write_text(json.dumps(film), encoding="utf-8")
        (folder / "main.typ").write_text((_HERE / document).read_text("utf-8"), encoding="utf-8")
        data = typst.compile(
            folder / "main.typ",
            root=folder,
            font_paths=[used.file.parent],
            ignore_system_fonts=True,
            format=form,
            ppi=72,
            timestamp=0,
        )
    assert isinstance(data, bytes)
    with written_whole(order.path) as file:
        file.write(data)
    return found
