"""One HTML file from a recording: the player, the painter's shaders, the style and all numbers."""

from __future__ import annotations

import base64
import html
import json
import zlib
from pathlib import Path
from string import Template

from nn_unfold.engine.files import written_whole
from nn_unfold.engine.paint import painter
from nn_unfold.out.page.pack import packed
from nn_unfold.out.page.record import Recording

_HERE = Path(__file__).parent
_SHADERS = Path(painter.__file__).parent


def write(recording: Recording, path: Path) -> None:
    """Write a film as a page, which is there in full or not at all.

    Args:
        recording: of the film.
        path: of the .html file.

    Raises:
        OSError: where the file can't be written.
    """
    description, numbers = packed(recording)
    look, (width, height) = recording.look, recording.frame
    style = Template(_read("page.css")).substitute(
        BACKGROUND=look["background"],
        INK=look["ink"],
        FAINT=look["faint"],
        ACCENT=look["accent"],
        ASPECT=f"{width / height:.6f}",
    )
    shaders = {kind: (_SHADERS / f"spatial.{end}").read_text("utf-8") for kind, end in _STAGES.items()}
    page = Template(_read("page.html")).substitute(
        LANGUAGE=html.escape(recording.language),
        TITLE=html.escape(recording.title),
        ABOUT=html.escape(recording.about),
        STYLE=style,
        FILM=_text(zlib.compress(_script(description).encode(), 9)),
        SHADERS=_script(shaders),
        NUMBERS=_text(numbers),
        PLAYER=_read("player.js"),
    )
    with written_whole(path) as file:
        file.write(page.encode("utf-8"))


_STAGES = {"vertex": "vert", "fragment": "frag"}


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _script(value: object) -> str:
    """JSON that can stand in a script of a page: no text in it ends the script."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
