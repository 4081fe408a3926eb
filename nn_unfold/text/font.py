"""The font that all text is set in, and which characters it has."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

import manimpango
from fontTools.ttLib import TTFont

from nn_unfold.errors import UnfoldError

FONTS = Path(__file__).parent / "fonts"
FONT_FILE = FONTS / "NotoSansSC-gb1-subset.otf"


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    """The characters that the shipped font has; reading them also makes the font known to Pango."""
    manimpango.register_font(str(FONT_FILE))
    with TTFont(FONT_FILE, lazy=True) as font:
        return frozenset(font.getBestCmap())


def check_glyphs(text: str) -> None:
    """See that the shipped font can write this text.

    Raises:
        UnfoldError: naming each character that the font lacks.
    """
    missing = sorted({c for c in text if not c.isspace() and ord(c) not in _glyphs()})
    if missing:
        names = ", ".join(f"{c!r} (U+{ord(c):04X} {unicodedata.name(c, 'unnamed')})" for c in missing)
        raise UnfoldError(
            f"The font {FONT_FILE.name} has no glyph for {names} in the text {text!r}: "
            "use other words, or a formula for mathematics."
        )
