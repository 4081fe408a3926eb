"""Formulas, set by Typst."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from manim import MathTypst, VMobject, config

from nn_unfold.engine.files import alone_in
from nn_unfold.engine.seals import is_whole, seal
from nn_unfold.engine.studio import folder_for
from nn_unfold.text.font import check_glyphs, font
from nn_unfold.theme import theme

# What the font of mathematics has: Latin, Greek, Cyrillic; Greek with accents; letterlike signs; mathematical letters.
_OF_MATHEMATICS = ((0x00, 0x530), (0x1E00, 0x2000), (0x2000, 0x2C00), (0x1D400, 0x1D800))


def _lean(text: VMobject) -> Any:
    """The same text without the parsed SVG that Manim keeps with every glyph, and copies and hashes in every play."""
    for part in text.get_family():
        part.__dict__.pop("path_obj", None)
    return text


def _of_text(character: str) -> bool:
    """Whether the font of text must have this character, since the font of mathematics lacks it."""
    letter = unicodedata.category(character)[0] in "LM" or unicodedata.east_asian_width(character) in "WF"
    return letter and not any(first <= ord(character) < end for first, end in _OF_MATHEMATICS)


@contextmanager
def _kept(source: str) -> Iterator[None]:
    """Within, Manim keeps what Typst makes of this source in a folder of its own, if all that is there is whole."""
    folder = config.get_dir("tex_dir")
    own = folder / f"unfold-{sha256(source.encode()).hexdigest()[:16]}"
    with alone_in(folder):
        if not all(map(is_whole, own.glob("*.svg"))):
            shutil.rmtree(own)
        kept = set(own.glob("*.svg"))
        with folder_for("tex_dir", own):
            yield
        for path in set(own.glob("*.svg")) - kept:
            seal(path)


def formula(typst: str, *, size: float | None = None, colour: str | None = None) -> MathTypst:
    """A formula in Typst's notation, such as ``bold(z) = W bold(x) + bold(b)``.

    Raises:
        UnfoldError: where quoted text in it has a character that the font lacks.
    """
    typst = unicodedata.normalize("NFC", typst)
    check_glyphs("".join(filter(_of_text, typst)))
    tokens, used = theme(), font()
    preamble = f'#set text(font: ("New Computer Modern", "{used.typst}")) // {used.digest}'
    with _kept(preamble + typst):
        written = MathTypst(
            typst,
            font_size=size or tokens.formula_size,
            color=colour or tokens.ink,
            typst_preamble=preamble,
            font_paths=[used.file.parent],
        )
    # Groups are looked up by their labels alone.
    labelled = {key for keys in written._label_aliases.values() for key in keys}
    written.id_to_vgroup_dict = {key: group for key, group in written.id_to_vgroup_dict.items() if key in labelled}
    return _lean(written)
