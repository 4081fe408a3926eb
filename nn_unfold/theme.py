"""Tokens: every colour, size, font and duration that a film uses, read when a scene is built.

Choose a theme with the environment variable ``UNFOLD_THEME`` or in ``manim.cfg``::

    [unfold]
    theme = light
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from nn_unfold.colours import VISIONS, more_colours
from nn_unfold.colours import rgb as rgb
from nn_unfold.errors import UnfoldError
from nn_unfold.settings import option

MOST_CLASSES = 32
READABLE = 4.5  # the least contrast of text and its background that WCAG 2 accepts


@dataclass(frozen=True)
class Theme:
    """The tokens of one look. Colours are hex strings, lengths are in scene units unless said otherwise."""

    name: str
    background: str
    ink: str  # text and formulas
    faint: str  # axes, ticks, secondary text
    grid: str  # the grid lines on a sheet
    edge: str  # the border of a sheet
    crease: str
    boundary: str  # where the network changes its mind
    accent: str
    casing: str  # the rims of lines that lie on sheets: as dark or bright as the background, where they can't be seen
    corners: tuple[str, str, str, str]  # a sheet's colours at (low, low), (high, low), (low, high), (high, high)
    binary: tuple[str, str]  # the two classes of a two-class problem
    classes: tuple[str, ...]  # the classes of any other
    positive: str  # weights above and below zero
    negative: str
    neutral: str  # between them, at zero
    points: tuple[str, str]  # points of classes 0 and 1 on a ground in the colours of below and above zero
    caption_size: float = 30.0  # Manim font sizes
    label_size: float = 24.0
    formula_size: float = 38.0
    line_width: float = 2.0  # pixels at 1080 lines
    grid_width: float = 1.8
    crease_width: float = 9.0
    boundary_width: float = 10.0
    axis_width: float = 2.4
    dot_radius: float = 9.0
    grid_opacity: float = 0.5
    surface_opacity: float = 0.72
    stem_opacity: float = 0.6
    veil_opacity: float = 0.7  # over what is far from the data
    thumbnail_radius: float = 22.0  # half the side of a picture that stands for a point, in pixels at 1080 lines
    edge_opacity: float = 0.55  # of short edges of a graph
    hatches: float = 40.0  # lines of a veil along the longer side of its box
    shading: float = 0.25
    light: tuple[float, float, float] = (-0.4472, -0.5367, 0.7155)
    margin: float = 0.45
    caption_height: float = 1.15
    aside_width: float = 3.9
    label_room: float = 0.36  # around what is in space, for the labels of its axes
    breath: float = 0.5  # seconds of rest between two movements
    step: float = 2.0  # seconds of an ordinary movement
    turn: float = 3.0  # seconds of a camera move

    def class_colours(self, n_classes: int) -> tuple[str, ...]:
        """One colour per class: those of the theme, and beyond them others that look apart.

        Raises:
            UnfoldError: for so many classes that their colours could not be told apart.
        """
        if n_classes <= 2:
            return self.binary
        if n_classes > MOST_CLASSES:
            raise UnfoldError(
                f"The data have {n_classes} classes, and eyes can tell {MOST_CLASSES} colours apart: "
                "put some classes together."
            )
        visions = tuple(VISIONS) if self.name.endswith("-safe") else ("common",)
        more = more_colours(self.classes, max(0, n_classes - len(self.classes)), self.background, self.ink, visions)
        return (*self.classes, *more)[:n_classes]


_DARK = Theme(
    name="dark",
    background="#0d1017",
    ink="#f4f6fa",
    faint="#aab4c4",
    grid="#ffffff",
    edge="#ffffff",
    crease="#ffe98a",
    boundary="#ffffff",
    accent="#ffd166",
    casing="#000000",
    corners=("#1a73d9", "#f25973", "#1abf99", "#facc40"),
    binary=("#fafaff", "#11131c"),
    classes=(
        "#f55c66", "#fac738", "#4dc785", "#4d9ef5", "#a875eb",
        "#f58f3d", "#3dcfd6", "#f58fc7", "#a3c43d", "#c2a68a",
    ),
    positive="#4d9ef5",
    negative="#f5864d",
    neutral="#1d2431",
    points=("#ffc7a3", "#b0d4ff"),
)  # fmt: skip

_LIGHT = replace(
    _DARK,
    name="light",
    background="#fbfaf7",
    ink="#1a1e27",
    faint="#5c6575",
    grid="#1a1e27",
    edge="#1a1e27",
    crease="#7a2e00",
    boundary="#1a1e27",
    accent="#b35900",
    casing="#ffffff",
    corners=("#8fbdf2", "#f5a3b0", "#8ddcc7", "#fae199"),
    binary=("#ffffff", "#1a1e27"),
    classes=(
        "#d93644", "#c98f00", "#1f9959", "#1f6fd1", "#7d45cf",
        "#d16a12", "#0f9aa3", "#cf4f98", "#7a961a", "#8f7050",
    ),
    positive="#1f6fd1",
    negative="#d1601f",
    neutral="#efebe3",
    points=("#8a3a08", "#0c3f7d"),
    grid_opacity=0.35,
)  # fmt: skip

# The colours of Okabe and Ito (2008) but for their black, and three more for each background: told apart by
# common vision, protanopia and deuteranopia. Sheets run from blue to yellow, the axis that colour-blind
# people share, and from dark to light; on the dark one all stay darker than the creases.
_OKABE_ITO = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")

THEMES: Mapping[str, Theme] = {
    "dark": _DARK,
    "light": _LIGHT,
    "dark-safe": replace(
        _DARK,
        name="dark-safe",
        crease="#ffef9f",
        corners=("#0b3f66", "#7a5c14", "#3f8fc4", "#c9a640"),
        classes=(*_OKABE_ITO, "#2f55ff", "#ffffb9", "#e0f0ff"),
        positive="#56b4e9",
        negative="#e69f00",
        points=("#ffe0a1", "#cdeafa"),
    ),
    "light-safe": replace(
        _LIGHT,
        name="light-safe",
        corners=("#5f9fcc", "#d9bf73", "#a3cfe8", "#fbf3c4"),
        classes=(*_OKABE_ITO, "#2a2aff", "#000000", "#7a0019"),
        positive="#0072b2",
        negative="#b36200",
        points=("#5e3300", "#00324f"),
    ),
}


def theme() -> Theme:
    """The theme in force.

    Raises:
        UnfoldError: for a name that is not a theme.
    """
    return THEMES[option("theme")]


def samples_at(height: float) -> int:
    """Samples per pixel for a picture of this many lines: drafts do without, their lines are smooth anyway."""
    return 4 if height >= 720 else 0


def bilinear(corners: tuple[str, str, str, str], where: np.ndarray) -> np.ndarray:
    """The colours of a sheet: (n, 3) from places (n, 2) in the unit square, mixed from four corner colours."""
    s, t = np.clip(where, 0.0, 1.0).T[:, :, None]
    low_low, high_low, low_high, high_high = (np.array(rgb(c)) for c in corners)
    return (1 - s) * (1 - t) * low_low + s * (1 - t) * high_low + (1 - s) * t * low_high + s * t * high_high


def signed_colours(shares: np.ndarray | float) -> np.ndarray:
    """The colours (..., 3) of numbers (...), from the theme's negative at -1 over neutral at 0 to positive at 1."""
    tokens = theme()
    shares = np.clip(np.asarray(shares, dtype=float), -1.0, 1.0)[..., None]
    negative, neutral, positive = (np.array(rgb(c)) for c in (tokens.negative, tokens.neutral, tokens.positive))
    return neutral + np.abs(shares) * (np.where(shares < 0, negative, positive) - neutral)
