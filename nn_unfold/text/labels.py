"""Labels and captions: lines of text, each one outline, and how flat things are laid out."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from hashlib import sha256
from typing import Any

import manim
import numpy as np
from manim import DOWN, LEFT, ORIGIN, UP, Text, VGroup, VMobject, config

from nn_unfold.engine.files import alone_in, written_whole
from nn_unfold.errors import UnfoldError
from nn_unfold.text.catalog import translate
from nn_unfold.text.font import check_glyphs
from nn_unfold.theme import theme

CAPTION_COLUMNS = 64  # half-width characters of one caption line at the theme's size


def columns(text: str) -> int:
    """The width of a text in half-width characters.

    >>> columns("plane"), columns("平面")
    (5, 4)
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def in_lines(text: str, width: int = CAPTION_COLUMNS) -> list[str]:
    """Break a text into at most two lines of about the same length.

    Raises:
        UnfoldError: where two lines are not enough.
    """
    if columns(text) <= width:
        return [text]
    # A line may break at a space, or after any full-width character.
    breaks = [i for i in range(1, len(text)) if text[i] == " " or unicodedata.east_asian_width(text[i - 1]) in "WF"]
    best = min(breaks, key=lambda i: abs(columns(text[:i]) - columns(text[i:])), default=0)
    lines = [text[:best].strip(), text[best:].strip()]
    if not breaks or max(map(columns, lines)) > width:
        raise UnfoldError(f"The caption {text!r} doesn't fit into two lines of {width} characters: shorten it.")
    return lines


class Label(VMobject):
    """A line of text as one outline.

    Its letters never move alone, and what is one mobject is copied, hashed and drawn once in every play, not fifty
    times. For letters that do move, take Manim's Text.

    Args:
        words: what it says.
        size: Manim font size.
        colour: hex; the theme's ink if not given.
    """

    def __init__(self, words: str, size: float, colour: str | None = None) -> None:
        super().__init__(color=colour or theme().ink, fill_opacity=1, stroke_width=0)
        *letters, nought = _letters(words, size)
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


def label(text: str, *, size: float | None = None, colour: str | None = None) -> Label:
    """A piece of text in the shipped font, translated.

    Args:
        text: a message in English.
        size: Manim font size; the theme's label size if not given.
        colour: hex; the theme's ink if not given.
    """
    words = translate(text)
    return Label(words, size or theme().label_size, colour).center()


@lru_cache(maxsize=512)
def _letters(words: str, size: float) -> list[np.ndarray]:
    """The outline (n, 3) of each letter of a text, without spaces, and of a nought behind it, which stands on the line.

    They are kept as a file: to have Pango set a text and to parse what it says takes 300 times as long.
    """
    folder, font, whole = config.get_dir("text_dir"), theme().font, words + "0"
    name = sha256("\n".join([manim.__version__, font, f"{float(size)}", whole]).encode()).hexdigest()
    path = folder / f"{name}.npy"
    try:
        outlines = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):  # it is not there, or damaged
        check_glyphs(words)
        with alone_in(folder):
            text = Text(whole, font=font, font_size=size, disable_ligatures=True)
        letters = [part for part in text if part.get_fill_opacity() > 0]
        lengths = [len(letter.points) for letter in letters]
        # All lie in the plane: in the place of z stands which letter it is.
        outlines = np.concatenate([letter.points for letter in letters])
        outlines[:, 2] = np.repeat(np.arange(len(letters)), lengths)
        with written_whole(path) as file:
            np.save(file, outlines)
    starts = np.unique(outlines[:, 2], return_index=True)[1]
    return np.split(outlines * [1, 1, 0], starts[1:])


def caption(text: str, **values: Any) -> VGroup:
    """A caption of one or two lines, centred, translated; values fill its placeholders."""
    lines = in_lines(translate(text, **values))
    size = theme().caption_size
    rows = VGroup(*(label(line, size=size) for line in lines))
    # Rows are set by a fixed pitch, not by the height of the letters that happen to stand in them.
    for i, row in enumerate(rows):
        row.move_to(ORIGIN).shift(DOWN * i * size * 0.0165)
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
        part.anchor, part.belongs_to = anchor, line
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
