"""Formulas, set by Typst."""

from __future__ import annotations

import unicodedata
from typing import Any

from manim import MathTypst, VMobject, config

from nn_unfold.engine.files import alone_in
from nn_unfold.text.font import FONTS, check_glyphs
from nn_unfold.theme import theme


def _lean(text: VMobject) -> Any:
    """The same text without the parsed SVG that Manim keeps with every glyph, and copies and hashes in every play."""
    for part in text.get_family():
        part.__dict__.pop("path_obj", None)
    return text


def formula(typst: str, *, size: float | None = None, colour: str | None = None) -> MathTypst:
    """A formula in Typst's notation, such as ``bold(z) = W bold(x) + bold(b)``.

    Raises:
        UnfoldError: where quoted text in it has a character that the shipped font lacks.
    """
    check_glyphs("".join(c for c in typst if unicodedata.east_asian_width(c) in "WF"))
    tokens = theme()
    with alone_in(config.get_dir("tex_dir")):
        written = MathTypst(
            typst,
            font_size=size or tokens.formula_size,
            color=colour or tokens.ink,
            typst_preamble=f'#set text(font: ("New Computer Modern", "{tokens.font}"))',
            font_paths=[FONTS],
        )
    # Groups are looked up by their labels alone.
    labelled = {key for keys in written._label_aliases.values() for key in keys}
    written.id_to_vgroup_dict = {key: group for key, group in written.id_to_vgroup_dict.items() if key in labelled}
    return _lean(written)
