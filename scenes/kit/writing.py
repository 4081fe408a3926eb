"""Text, formulas and numbers on the screen.

All text is drawn in the shipped font, so that it looks the same on every machine; formulas come from
Typst. Texts are message ids in plain English: a catalog in `catalogs/` gives them in another language.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import manim
import manimpango
import numpy as np
from fontTools.ttLib import TTFont
from manim import DOWN, LEFT, ORIGIN, RIGHT, UP, Animation, MathTypst, Text, VGroup, VMobject, config, linear

from nn_unfold.engine.files import alone_in, written_whole
from nn_unfold.errors import UnfoldError
from nn_unfold.settings import FONTS, option
from nn_unfold.theme import theme

FONT_FILE = FONTS / "NotoSansSC-gb1-subset.otf"
CATALOGS = Path(__file__).parent / "catalogs"
CAPTION_COLUMNS = 64  # half-width characters of one caption line at the theme's size
MINUS = "\N{MINUS SIGN}"


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


def translate(message: str) -> str:
    """The message in the language in force, or as it is where the catalog lacks it.

    Raises:
        UnfoldError: for a language without a catalog.
    """
    language = option("language")
    return message if language == "en" else _catalog(language).get(message, message)


@lru_cache(maxsize=4)
def _catalog(language: str) -> dict[str, str]:
    path = CATALOGS / f"{language}.toml"
    known = ["en", *sorted(p.stem for p in CATALOGS.glob("*.toml"))]
    if language not in known:
        raise UnfoldError(
            f"There is no catalog for the language {language!r}: set UNFOLD_LANGUAGE, or language in the "
            f"[unfold] section of manim.cfg, to one of {', '.join(known)}."
        )
    return {str(key): str(value) for key, value in tomllib.loads(path.read_text(encoding="utf-8")).items()}


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


def _lean(text: VMobject) -> Any:
    """The same text without the parsed SVG that Manim keeps with every glyph, and copies and hashes in every play."""
    for part in text.get_family():
        part.__dict__.pop("path_obj", None)
    return text


def caption(text: str) -> VGroup:
    """A caption of one or two lines, centred, translated."""
    lines = in_lines(translate(text))
    size = theme().caption_size
    rows = VGroup(*(label(line, size=size) for line in lines))
    # Rows are set by a fixed pitch, not by the height of the letters that happen to stand in them.
    for i, row in enumerate(rows):
        row.move_to(ORIGIN).shift(DOWN * i * size * 0.0165)
    return rows.move_to(ORIGIN)


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


class Frame(VMobject):
    """Points that remember where something was moved, turned and scaled to: never seen, whatever colour it is given."""

    def __init__(self, points: np.ndarray) -> None:
        super().__init__()
        self.points = points

    def set_fill(self, color: Any = None, opacity: float | None = None, family: bool = True) -> Self:
        """Take the colour, but stay unseen."""
        return super().set_fill(color, 0.0, family)

    def set_stroke(self, color: Any = None, width: float | None = None, *args: Any, **kwargs: Any) -> Self:
        """Take the colour, but stay unseen."""
        return super().set_stroke(color, 0.0, *args, **kwargs)


class LiveMatrix(VGroup):
    """A matrix of numbers that can change from frame to frame without being laid out anew.

    Args:
        values: (r, c) the numbers to start with.
        decimals: digits after the point.
        digits: digits before it that there is room for; a larger number gives up decimals.
        brackets: draw them.
        centred: let each number stand in the middle of its place, and not flush right in its column.
        size: Manim font size.

    Attributes:
        entries: one vector mobject per number, row by row.
    """

    def __init__(
        self,
        values: np.ndarray,
        *,
        decimals: int = 2,
        digits: int = 1,
        brackets: bool = True,
        centred: bool = False,
        size: float | None = None,
        colour: str | None = None,
    ) -> None:
        super().__init__()
        tokens = theme()
        size = size or tokens.label_size
        self.decimals, self.digits, self.centred = decimals, digits, centred
        self.glyphs, self.advance, height = _digit_glyphs(size)
        self.rows, self.columns = np.shape(values)
        self.columns_wide = 2 + digits + decimals if decimals else 1 + digits
        self.pitch = np.array([(self.columns_wide + 1) * self.advance, 1.75 * height])
        # The frame remembers where the matrix was moved, turned and scaled to: origin, one right, one up.
        self.frame = Frame(np.array([ORIGIN, RIGHT, UP, UP]) * height)
        self.unit = height
        self.entries = VGroup(
            *(
                VMobject(fill_color=colour or tokens.ink, fill_opacity=1, stroke_width=0)
                for _ in range(self.rows * self.columns)
            )
        )
        self.add(self.frame, self.entries)
        if brackets:
            self.add(*self._brackets(height))
        self.set_values(values)

    def _brackets(self, height: float) -> list[VMobject]:
        right = self.columns * self.pitch[0] - self.advance
        top, bottom = 1.35 * height, -(self.rows - 1) * self.pitch[1] - 0.35 * height
        hook = 0.45 * self.advance
        sides = []
        for x, inward in ((-0.5 * self.advance, hook), (right + 0.5 * self.advance, -hook)):
            side = VMobject(stroke_color=theme().ink, stroke_width=2)
            side.set_points_as_corners([[x + inward, top, 0], [x, top, 0], [x, bottom, 0], [x + inward, bottom, 0]])
            sides.append(side)
        return sides

    def set_values(self, values: np.ndarray) -> Self:
        """Show these numbers, (r, c), where the matrix now stands; the place of a NaN stays empty.

        Raises:
            UnfoldError: for a matrix of another shape, or a number that has no room.
        """
        values = np.asarray(values, dtype=float)
        if values.shape != (self.rows, self.columns):
            raise UnfoldError(
                f"The matrix on screen has {self.rows} rows and {self.columns} columns, but was given {values.shape}: "
                "make a new LiveMatrix for a layer of another shape."
            )
        origin, right, up = self.frame.points[:3]
        basis = np.array([right - origin, up - origin]) / self.unit
        for entry, ((row, column), value) in zip(self.entries, np.ndenumerate(values), strict=True):
            text = "" if np.isnan(value) else self._written(value)
            shift = 0.0
            if self.centred:
                text = text.lstrip()
                shift = (self.columns_wide - len(text)) / 2
            corner = np.array([column, -row]) * self.pitch
            outlines = [
                self.glyphs[character][:, :2] + corner + [(shift + place) * self.advance, 0]
                for place, character in enumerate(text)
                if character != " "
            ]
            entry.points = origin + np.concatenate(outlines) @ basis if outlines else np.zeros((0, 3))
        return self

    def centre_on(self, place: np.ndarray) -> Self:
        """Put the middle of the numbers' places at a point (3,), whatever numbers stand there."""
        origin, right, up = self.frame.points[:3]
        basis = np.array([right - origin, up - origin]) / self.unit
        middle = np.array([self.columns, -self.rows]) * self.pitch - [self.advance, -self.unit - self.pitch[1]]
        return self.shift(place - origin - middle / 2 @ basis)

    def _written(self, value: float) -> str:
        """The number in exactly as many characters as an entry has room for, flush right."""
        for decimals in range(self.decimals, -1, -1):
            text = f"{value:.{decimals}f}"
            if float(text) == 0:
                text = text.lstrip("-")
            if len(text) <= self.columns_wide:
                return text.replace("-", MINUS).rjust(self.columns_wide)
        raise UnfoldError(f"The number {value:.6g} has no room in {self.columns_wide} characters: give more digits.")


class LiveNumber(VGroup):
    """A number with its name in front of it, such as "loss 0.31", that can change from frame to frame.

    Args:
        name: a message in English, or "" for none.
        value: the number to start with.
        decimals: digits after the point.
        digits: digits before it that there is room for.
        size: Manim font size.
        colour: of the name and the number; the theme's ink if not given.
    """

    def __init__(
        self,
        name: str,
        value: float,
        *,
        decimals: int = 2,
        digits: int = 1,
        size: float | None = None,
        colour: str | None = None,
    ) -> None:
        super().__init__()
        size = size or theme().label_size
        self.number = LiveMatrix([[value]], decimals=decimals, digits=digits, brackets=False, size=size, colour=colour)
        if name:
            words = Label(translate(name), size, colour)
            nought = _letters(words.words, size)[-1]
            self.add(stand(words, 0).shift(LEFT * (nought[:, 0].min() + self.number.advance / 2)))
        self.add(self.number)

    @property
    def foot(self) -> float:
        """How high the line is that name and number stand on, as long as they are upright."""
        return float(self.number.frame.points[0, 1])

    def set_value(self, value: float) -> Self:
        """Show this number where the mobject now stands."""
        self.number.set_values([[value]])
        return self


@lru_cache(maxsize=8)
def _digit_glyphs(size: float) -> tuple[dict[str, np.ndarray], float, float]:
    """Outlines of the characters of numbers on a common baseline, the width of a digit, and its height."""
    characters = "0123456789." + MINUS
    letters = _letters(characters, size)[:-1]
    corners = [(outline.min(axis=0), outline.max(axis=0)) for outline in letters]
    bottom, top = corners[0][0][1], corners[0][1][1]
    middles = [(low[0] + high[0]) / 2 for low, high in corners]
    advance = (middles[9] - middles[0]) / 9
    base = np.array([middles[0] - advance / 2, bottom, 0.0])
    glyphs = {
        c: outline - base - [i * advance, 0, 0] for i, (c, outline) in enumerate(zip(characters, letters, strict=True))
    }
    # The point and the minus are set in the middle of a digit's width, so that columns of numbers align.
    for character in (".", MINUS):
        outline = glyphs[character]
        middle = (outline[:, 0].min() + outline[:, 0].max()) / 2
        glyphs[character] = outline + np.array([advance / 2 - middle, 0, 0])
    return glyphs, float(advance), float(top - bottom)


class LiveAffine(VGroup):
    """An affine map in numbers, W x + b, that can follow a flow.

    Args:
        weight: (n_out, n_in).
        bias: (n_out,).
        variable: what the map acts on, a letter in Typst.
        size: Manim font size of the numbers.
    """

    def __init__(self, weight: np.ndarray, bias: np.ndarray, *, variable: str = "x", size: float | None = None) -> None:
        super().__init__()
        digits = len(f"{max(np.abs(weight).max(), np.abs(bias).max(), 1.0):.0f}")
        self.weight = LiveMatrix(weight, digits=digits, size=size)
        self.bias = LiveMatrix(np.reshape(bias, (-1, 1)), digits=digits, size=size)
        between = formula(f"bold({variable}) +", size=1.2 * (size or theme().label_size))
        self.add(self.weight, between, self.bias)
        self.arrange(RIGHT, buff=0.12)

    def show(self, weight: np.ndarray, bias: np.ndarray) -> Self:
        """Show these numbers: weight (n_out, n_in), bias (n_out,)."""
        self.weight.set_values(weight)
        self.bias.set_values(np.reshape(bias, (-1, 1)))
        return self


class Follow(Animation):
    """Keep a read-out on a function of time.

    Args:
        mobject: what shows the values.
        values: share of the run time in [0, 1] -> the arguments of `show`.
        show: how the mobject shows them.
    """

    def __init__(
        self,
        mobject: VMobject,
        values: Callable[[float], Iterable[Any]],
        show: Callable[..., Any],
        **kwargs: Any,
    ) -> None:
        self.values, self.show = values, show
        super().__init__(mobject, **{"rate_func": linear, **kwargs})

    def interpolate_mobject(self, alpha: float) -> None:
        """Show the values of this moment."""
        self.show(*self.values(self.rate_func(alpha)))


def stack(*mobjects: VMobject, gap: float = 0.35) -> VGroup:
    """Mobjects one below the other, flush left."""
    return VGroup(*mobjects).arrange(DOWN, buff=gap, aligned_edge=LEFT)
