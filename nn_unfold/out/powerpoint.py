"""Beats as slides of PowerPoint and LibreOffice: each a clip with its key frame as poster, and its caption as note."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from PIL import Image

from nn_unfold.colours import rgb
from nn_unfold.engine.files import written_whole
from nn_unfold.errors import UnfoldError
from nn_unfold.out.clips import clips
from nn_unfold.out.exporters import Order, Step
from nn_unfold.theme import theme

_WIDTH = 13.333  # inches, as PowerPoint has it for 16:9
_BLANK = 6  # the layout without placeholders in the template of python-pptx


def write_pptx(order: Order) -> list[Step]:
    """Write beats as a presentation.

    Raises:
        UnfoldError: where python-pptx is not installed, the film can't be made, or a beat has no frames.
        OSError: where the file can't be written.
    """
    try:
        import pptx
        from pptx.dml.color import RGBColor
        from pptx.util import Inches
    except ModuleNotFoundError:
        raise UnfoldError("For --to pptx, install python-pptx: pip install 'nn-unfold[slides]'.") from None
    background = RGBColor(*(round(255 * channel) for channel in rgb(theme().background)))
    with tempfile.TemporaryDirectory(prefix="unfold-") as name:
        made = clips(order, Path(name))
        height, width = made[0].picture.shape[:2]
        deck: Any = pptx.Presentation()
        deck.slide_width, deck.slide_height = Inches(_WIDTH), Inches(_WIDTH * height / width)
        deck.core_properties.title = order.film.scene
        deck.core_properties.subject = order.film.teaches or order.film.about
        for clip in made:
            slide = deck.slides.add_slide(deck.slide_layouts[_BLANK])
            slide.background.fill.solid()
            slide.background.fill.fore_color.rgb = background
            poster = io.BytesIO()
            Image.fromarray(clip.picture).save(poster, "PNG")
            movie = slide.shapes.add_movie(
                str(clip.file), 0, 0, deck.slide_width, deck.slide_height, poster, mime_type="video/mp4"
            )
            movie.name = f"Beat {clip.step.number}"
            movie.element.nvPicPr.cNvPr.set("descr", clip.step.caption)
            # It begins with its slide: python-pptx lets it wait for a click.
            [condition] = slide.element.xpath(".//p:video//p:cond")
            condition.set("delay", "0")
            slide.notes_slide.notes_text_frame.text = clip.step.caption
        package = io.BytesIO()
        deck.save(package)
    with written_whole(order.path) as file:
        _without_times(package, file)
    return [clip.step for clip in made]


def _without_times(package: io.BytesIO, to: Any) -> None:
    """Copy an archive without the time of day, so that equal films make equal files."""
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(to, "w") as target:
        for entry in source.infolist():
            how = zipfile.ZIP_STORED if entry.filename.endswith((".mp4", ".png")) else zipfile.ZIP_DEFLATED
            target.writestr(zipfile.ZipInfo(entry.filename), source.read(entry), how)
