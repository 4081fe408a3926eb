"""Colours as eyes see them, colour-blind ones too: how far two are apart, and more that are far from given ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

Array = np.ndarray

# Machado, Oliveira and Fernandes (2009), the matrices at full severity, on linear RGB.
VISIONS: Mapping[str, Array] = {
    "common": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    ),
}
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)
_CONTRAST, _CHROMA = 2.0, 85.0
_LEVELS = 12  # of each channel: the colours that more are chosen from


@lru_cache(maxsize=256)
def rgb(colour: str) -> tuple[float, float, float]:
    """A hex colour as three numbers in [0, 1].

    >>> rgb("#ff0080")
    (1.0, 0.0, 0.5019607843137255)
    """
    digits = colour.lstrip("#")
    red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


def linear(values: Array) -> Array:
    """Linear light (..., 3) of sRGB values (..., 3) in [0, 1]."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(values: Array, vision: str = "common") -> Array:
    """CIE L*a*b* (D65) of sRGB values (..., 3), as an eye of this vision sees them.

    Distances of about 2 are just noticed side by side.
    """
    light = np.clip(linear(values) @ VISIONS[vision].T, 0, 1)
    xyz = light @ _TO_XYZ.T / _TO_XYZ.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def distances(one: Array, other: Array, visions: Sequence[str]) -> Array:
    """How far sRGB colours (n, 3) and (m, 3) look apart, (n, m), to the vision to which they look most alike.

    The unit is that of CIE 1976.
    """
    apart = [np.linalg.norm(lab(one, v)[:, None] - lab(other, v)[None], axis=-1) for v in visions]
    return np.min(apart, axis=0)


def contrast(one: Array, other: Array) -> Array:
    """The contrast ratio of WCAG 2 of sRGB colours (..., 3), from 1 to 21."""
    first, second = (linear(values) @ _TO_XYZ[1] + 0.05 for values in (one, other))
    return np.maximum(first / second, second / first)


@lru_cache(maxsize=32)
def more_colours(
    given: tuple[str, ...], count: int, background: str, ink: str, visions: tuple[str, ...]
) -> tuple[str, ...]:
    """Further colours that can be seen on a background, each as far as can be from all that are there.

    Args:
        given: hex colours that they are added to.
        count: how many to add.
        background: hex; they have a contrast of 2 or more with it, and are less bright than neon.
        ink: hex; of lines and text, to which they shall not come near.
        visions: names of `VISIONS`, to all of which they shall look apart.

    Returns:
        Hex colours, always the same ones and in the same order, however many are asked for.
    """
    steps = np.linspace(0, 255, _LEVELS).round() / 255
    candidates = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    chroma = np.linalg.norm(lab(candidates)[:, 1:], axis=1)
    candidates = candidates[(contrast(candidates, np.array(rgb(background))) >= _CONTRAST) & (chroma <= _CHROMA)]
    there = np.array([rgb(colour) for colour in (*given, background, ink)])
    nearest = distances(candidates, there, visions).min(axis=1)
    found = []
    for _ in range(count):
        best = candidates[int(nearest.argmax())]
        found.append("#" + "".join(f"{round(255 * value):02x}" for value in best))
        nearest = np.minimum(nearest, distances(candidates, best[None], visions)[:, 0])
    return tuple(found)
