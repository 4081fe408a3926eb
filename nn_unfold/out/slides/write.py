"""One HTML file of slides: reveal.js, the clips, and what is said as notes for the speaker."""

from __future__ import annotations

import base64
import html
import io
import tempfile
from pathlib import Path
from string import Template

from PIL import Image

from nn_unfold.engine.files import written_whole
from nn_unfold.out.beats import Frame
from nn_unfold.out.clips import Clip, clips
from nn_unfold.out.exporters import Order, Step
from nn_unfold.settings import option
from nn_unfold.theme import theme

_HERE = Path(__file__).parent


def write_slides(order: Order) -> list[Step]:
    """Write beats as slides.

    Raises:
        UnfoldError: where the film can't be made, or a beat has no frames.
        OSError: where the file can't be written.
    """
    with tempfile.TemporaryDirectory(prefix="unfold-") as folder:
        made = clips(order, Path(folder))
        height, width = made[0].picture.shape[:2]
        page = Template(_read("slides.html")).substitute(
            LANGUAGE=html.escape(option("language")),
            TITLE=html.escape(order.film.scene),
            ABOUT=html.escape(order.film.teaches or order.film.about),
            BACKGROUND=theme().background,
            INK=theme().ink,
            WIDTH=width,
            HEIGHT=height,
            SLIDES="\n".join(map(_slide, made)),
            CLIPS="\n".join(map(_data, made)),
            REVEAL_STYLE=_read("reveal/reveal.css"),
            REVEAL=_text(_read("reveal/reveal.js").encode()),
            NOTES=_text(_read("reveal/notes.js").encode()),
            START=_read("slides.js"),
        )
    with written_whole(order.path) as file:
        file.write(page.encode("utf-8"))
    return [clip.step for clip in made]


def jpeg(picture: Frame) -> bytes:
    """A picture (h, w, 3) as JPEG."""
    with io.BytesIO() as file:
        Image.fromarray(picture).save(file, "JPEG", quality=88)
        return file.getvalue()


def _slide(clip: Clip) -> str:
    caption = html.escape(clip.step.caption)
    poster = f"data:image/jpeg;base64,{_text(jpeg(clip.picture))}"
    return (
        f'<section><video data-clip="clip-{clip.step.number}" data-poster="{poster}" aria-label="{caption}" '
        f'preload="auto" playsinline></video><aside class="notes">{caption}</aside></section>'
    )


def _data(clip: Clip) -> str:
    return f'<script type="text/plain" id="clip-{clip.step.number}">{_text(clip.file.read_bytes())}</script>'


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
