"""The font that all text is set in, and which characters it has.

It is the one that is shipped, for English and Chinese, unless the option `font` names another: an installed font, or a
font file. Pango sets the labels and Typst the formulas: both must find it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import manimpango
import typst
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont, TTLibError

from nn_unfold.errors import UnfoldError
from nn_unfold.settings import option, refusal

FONTS = Path(__file__).parent / "fonts"
FONT_FILE = FONTS / "NotoSansSC-gb1-subset.otf"

_FAMILY_NAMES = (16, 1)  # in the table `name` of a font file: the typographic family, and the older entry


@dataclass(frozen=True)
class Font:
    """A font.

    Attributes:
        family: its name for Pango.
        typst: its name for Typst.
        file: where it is.
        digest: of the file, for the keys of what is kept on the disk.
        glyphs: by Unicode number, the name of the glyph of each character that it has.
    """

    family: str
    typst: str
    file: Path
    digest: str
    glyphs: Mapping[int, str] = field(compare=False, repr=False)

    def box(self, character: str) -> tuple[float, float, float]:
        """The left and right end of a character's ink and its advance, in widths of an em."""
        return _box(self.file, self.glyphs[ord(character)])


def font() -> Font:
    """The font in force.

    Raises:
        UnfoldError: for a font that is not installed, or a file that is none.
    """
    return _font(option("font"))


def _registered(file: Path) -> bool:
    """Make a font file known to Pango, also where a text was set before, as by Manim's own Text."""
    if not (file.is_file() and manimpango.register_font(str(file))):
        return False
    # Pango looks for fonts when it sets its first text, and keeps that list. A new list is made after this call.
    library = ctypes.util.find_library("pangocairo-1.0")
    if library is not None:
        ctypes.CDLL(library).pango_cairo_font_map_set_default(None)
    return True


@lru_cache(maxsize=8)
def _font(wanted: str) -> Font:
    for file in [Path(wanted)] if Path(wanted).is_absolute() else _files(wanted) if wanted else [FONT_FILE]:
        names = _family_names(file) if _registered(file) else []
        families = [name for name in manimpango.list_fonts() if name in names]
        found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[file.parent]).fonts()
        known = [info.family for info in found if info.path and Path(info.path).name == file.name]
        if families and known:
            with TTFont(file, lazy=True, fontNumber=0) as opened:
                glyphs = dict(opened.getBestCmap())
            return Font(families[0], known[0], file, sha256(file.read_bytes()).hexdigest()[:16], glyphs)
    installed = sorted({info.family for info, _ in _installed()})[:12]
    raise refusal("font", f"a font file, or an installed font such as {', '.join(installed)}")


def _installed() -> list[tuple[typst.FontInfo, Path]]:
    """Fonts of this machine, and their files."""
    return [(info, Path(info.path)) for info in typst.Fonts(include_embedded_fonts=False).fonts() if info.path]


def _files(family: str) -> Iterator[Path]:
    """The files of an installed font, the plain one first; of several widths, each is a family for Pango."""
    plain = sorted(_installed(), key=lambda font: (font[0].style != "normal", abs(font[0].weight - 400), font[1]))
    for _, path in plain:
        if family.casefold() in {name.casefold() for name in _family_names(path)}:
            yield path


@lru_cache(maxsize=1024)
def _family_names(file: Path) -> list[str]:
    try:
        with TTFont(file, lazy=True, fontNumber=0) as opened:
            names = [opened["name"].getDebugName(number) for number in _FAMILY_NAMES]
    except (OSError, TTLibError, KeyError):
        return []
    return [name for name in names if name]


@lru_cache(maxsize=256)
def _box(file: Path, glyph: str) -> tuple[float, float, float]:
    with TTFont(file, lazy=True, fontNumber=0) as opened:
        em, shapes = opened["head"].unitsPerEm, opened.getGlyphSet()
        pen = BoundsPen(shapes)
        shapes[glyph].draw(pen)
        left, _, right, _ = pen.bounds or (0, 0, 0, 0)
        return left / em, right / em, shapes[glyph].width / em


def check_glyphs(text: str) -> None:
    """See that the font in force can write this text.

    Raises:
        UnfoldError: naming each character that the font lacks.
    """
    used = font()
    missing = sorted({c for c in text if not c.isspace() and ord(c) not in used.glyphs})
    if missing:
        names = ", ".join(f"{c!r} (U+{ord(c):04X} {unicodedata.name(c, 'unnamed')})" for c in missing)
        raise UnfoldError(
            f"The font {used.file.name} has no glyph for {names} in the text {text!r}: use other words, a formula for "
            "mathematics, or set UNFOLD_FONT to a font that has them."
        )
