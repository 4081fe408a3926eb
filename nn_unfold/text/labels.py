"""Labels and captions: lines of text, each one outline, and how flat things are laid out."""

from __future__ import annotations

import tempfile
import unicodedata
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import manim
import numpy as np
from manim import DOWN, LEFT, ORIGIN, UP, MarkupText, Text, VGroup, VMobject, config

from nn_unfold.engine.files import written_whole
from nn_unfold.engine.seals import is_whole, seal
from nn_unfold.engine.studio import folder_for
from nn_unfold.errors import UnfoldError
from nn_unfold.shapes import WIDE, unit_of
from nn_unfold.text.catalog import translate
from nn_unfold.text.font import Font, check_glyphs, font
from nn_unfold.theme import theme

_LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
_BEARING = 0.05  # the width of an em on both sides of a quote
CAPTION_COLUMNS = 64  # half-width characters of one caption line at the theme's size, in a frame of 16:9
_PITCH = 0.0165  # frame units from one line of a caption to the next, for each point of its size


def columns(text: str) -> int:
    """The width of a text in half-width characters.

    Accents that combine with the letter before them take no room, and quotes are wide among wide characters only.

    >>> columns("plane"), columns("平面"), columns("it’s"), columns("“平面”")
    (5, 4, 4, 8)
    """
    wide = "WFA" if has_wide(text) else "WF"
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 1 + (unicodedata.east_asian_width(c) in wide)
        for c in text
    )


def has_wide(text: str) -> bool:
    """Whether there are Chinese, Japanese or Korean characters in a text."""
    return any(unicodedata.east_asian_width(c) in "WF" for c in text)


def in_lines(text: str, width: int = CAPTION_COLUMNS) -> list[str]:
    """Break a text into at most two lines: where it has a line break itself, or so that they are of about one length.

    Raises:
        UnfoldError: where two lines are not enough.
    """
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and columns(lines[0]) > width:
        [text] = lines
        lines = _broken(text, 2)
    if len(lines) > 2 or max(map(columns, lines), default=0) > width:
        raise UnfoldError(f"The caption {text!r} doesn't fit into two lines of {width} characters: shorten it.")
    return lines or [""]


def _broken(text: str, count: int) -> list[str]:
    """A text in at most so many lines of about one length."""
    breaks = [i for i in range(1, len(text)) if _may_break(text[i - 1], text[i])]
    if count == 1 or not breaks:
        return [text]
    # The first line is as long as the others are on average.
    best = min(breaks, key=lambda i: abs((count - 1) * columns(text[:i]) - columns(text[i:])))
    return [text[:best].strip(), *_broken(text[best:].strip(), count - 1)]


def caption_room() -> tuple[int, int]:
    """How many half-width characters a line of a caption has room for in this frame, and how many lines there are.

    In a narrow frame lines are shorter, and there are more: what fits into two lines in 16:9 has room in every shape.
    """
    margin, whole = 2 * theme().margin, unit_of(config.frame_width, config.frame_height) * WIDE
    share = (config.frame_width - margin) / (whole - margin)
    width = min(CAPTION_COLUMNS, int(CAPTION_COLUMNS * share + 1e-6))
    return width, -(-2 * CAPTION_COLUMNS // width)


def caption_height() -> float:
    """The height of the band for captions in this frame, in frame units."""
    tokens, (_, lines) = theme(), caption_room()
    return tokens.caption_height + (lines - 2) * tokens.caption_size * _PITCH


def _may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters: at a space, or after a wide one that is no opening bracket."""
    if after == " ":
        return True
    opening, closing = unicodedata.category(before) in ("Ps", "Pi"), unicodedata.category(after) in ("Po", "Pe", "Pf")
    return has_wide(before) and not opening and not closing


class Label(VMobject):
    """A line of text as one outline.

    Its letters never move alone, and what is one mobject is copied, hashed and drawn once in every play, not fifty
    times. For letters that do move, take Manim's Text.

    Args:
        words: what it says, in one line.
        size: Manim font size.
        colour: hex; the theme's ink if not given.
    """

    def __init__(self, words: str, size: float, colour: str | None = None) -> None:
        super().__init__(color=colour or theme().ink, fill_opacity=1, stroke_width=0)
        words = unicodedata.normalize("NFC", " ".join(words.split()))
        *letters, nought = letter_outlines(words, size)
        self.words = words
        self.points = np.concatenate([np.empty((0, 3)), *letters])
        self._foot = 0.0
        if letters:
            low, high = self._levels()
            self._foot = float((nought[:, 1].min() - low) / (high - low))

    @property
    def foot(self) -> float:
        """How high the line is that its letters stand on, whichever of them have tails, as long as it is upright."""
        low, high = self._levels()
        return float(low + self._foot * (high - low))

    def _levels(self) -> tuple[float, float]:
        return self.points[:, 1].min(), self.points[:, 1].max()


def label(text: str, *, size: float | None = None, colour: str | None = None, **values: Any) -> Label:
    """A piece of text, translated.

    Args:
        text: a message in English.
        size: Manim font size; the theme's label size if not given.
        colour: hex; the theme's ink if not given.
        values: fill the placeholders of the message, as in `translate`.
    """
    words = translate(text, **values)
    return Label(words, size or theme().label_size, colour).center()


def letter_outlines(words: str, size: float) -> list[np.ndarray]:
    """The outline (n, 3) of each letter of a text, without spaces, and of a nought behind it, which stands on the line.

    Args:
        words: in composed form (NFC), in one line.
        size: Manim font size.
    """
    return _letter_outlines(words, size, font())


@lru_cache(maxsize=512)
def _letter_outlines(words: str, size: float, font: Font) -> list[np.ndarray]:
    """Those of a font, kept as a file: to have Pango set a text and to parse what it says takes 300 times as long."""
    folder, whole = config.get_dir("text_dir"), words + "0"
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in words):
        # In Arabic or Hebrew the nought would come first, on the left.
        whole = f"{_LEFT_TO_RIGHT}{words}{_LEFT_TO_RIGHT}0"
    parts = [manim.__version__, font.family, font.digest, f"{float(size)}", whole]
    name = sha256("\n".join(parts).encode()).hexdigest()
    path = folder / f"{name}.npy"
    if is_whole(path):
        outlines = np.load(path, allow_pickle=False)
    else:
        check_glyphs(words)
        text = _set(whole, size, font)
        letters = _closed_up(whole, [part.points for part in text if part.get_fill_opacity() > 0], font)
        # All lie in the plane: in the place of z stands which letter it is.
        outlines = np.concatenate(letters)
        outlines[:, 2] = np.repeat(np.arange(len(letters)), [len(letter) for letter in letters])
        with written_whole(path) as file:
            np.save(file, outlines)
            file.flush()
            seal(Path(file.name))
    starts = np.unique(outlines[:, 2], return_index=True)[1]
    return np.split(outlines * [1, 1, 0], starts[1:])


def _set(words: str, size: float, font: Font) -> VMobject:
    """A text as Pango sets it: a part for each glyph, spaces of Text among them."""
    # Manim takes a file that is there for what it would write. In a folder of its own there is none.
    with tempfile.TemporaryDirectory() as folder, folder_for("text_dir", Path(folder)):
        try:
            return Text(words, font=font.family, font_size=size, disable_ligatures=True)
        except ValueError:  # its glyphs are not one for each character, as in Arabic or with marks above letters
            return MarkupText(escape(words), font=font.family, font_size=size)


def _closed_up(words: str, letters: list[np.ndarray], font: Font) -> list[np.ndarray]:
    """The letters of a text without the empty halves of quotes: Chinese fonts give these the width of a character.

    Among wide characters they keep it, as there it is the custom.
    """
    characters = words.replace(" ", "")
    if has_wide(words) or len(characters) != len(letters):
        return letters
    shift, closed = 0.0, []
    for character, letter in zip(characters, letters, strict=True):
        left, right, advance = font.box(character) if unicodedata.category(character) in ("Pi", "Pf") else (0, 0, 0)
        em = np.ptp(letter[:, 0]) / (right - left) if advance >= 1 else 0.0
        closed.append(letter - [shift + em * (left - _BEARING), 0, 0] if em else letter - [shift, 0, 0])
        shift += em * (advance - (right - left) - 2 * _BEARING)
    return closed


def caption(text: str, **values: Any) -> VGroup:
    """A caption, centred, translated, in as many lines as the frame asks for; values fill its placeholders."""
    lines = in_lines(translate(text, **values))
    width, most = caption_room()
    if max(map(columns, lines)) > width:
        whole = ("" if has_wide(lines[0]) else " ").join(lines)
        tries = [_broken(whole, count) for count in range(2, most + 1)]
        lines = next((broken for broken in tries if max(map(columns, broken)) <= width), tries[-1])
    size = theme().caption_size
    rows = VGroup(*(Label(line, size).center() for line in lines))
    # Other fonts may be wider than the one by which lines are broken.
    rows.scale(min(1.0, (config.frame_width - 2 * theme().margin) / max(rows.width, 1e-9)))
    # Rows are set by a fixed pitch, not by the height of the letters that happen to stand in them.
    for i, row in enumerate(rows):
        row.move_to(ORIGIN).shift(DOWN * i * size * _PITCH)
    return rows.move_to(ORIGIN)


def anchored(
    mobject: VMobject, place: np.ndarray, offset: np.ndarray = ORIGIN, line: np.ndarray | None = None
) -> VMobject:
    """Tie a flat mobject to a place in space: the camera moves it there, upright and in its own size.

    Args:
        mobject: text, a formula or any vector mobject.
        place: (3,) scene units.
        offset: (3,) where its centre stands from the place, in frame units on the screen.
        line: (2, 3) ends of a line that it belongs to: where things hide that, it fades.
    """
    mobject.move_to(offset)
    anchor = np.asarray(place, dtype=float)
    for part in mobject.get_family():
        vars(part).update(anchor=anchor, belongs_to=line)
    return mobject


def outlined(text: VMobject, width: float = 2.5) -> Any:
    """The same text with a rim in the colour of the background, so that it can be read over whatever it lies on."""
    return text.set_stroke(theme().background, width=width, background=True)


def stand(text: Any, height: float) -> Any:
    """The same label or number, on a line at this height."""
    return text.shift(UP * (height - text.foot))


def stack(*mobjects: VMobject, gap: float = 0.35) -> VGroup:
    """Mobjects one below the other, flush left."""
    return VGroup(*mobjects).arrange(DOWN, buff=gap, aligned_edge=LEFT)
