"""Ticks: round numbers along an axis, and how they are written."""

from __future__ import annotations

import numpy as np

from nn_unfold.text.numbers import MINUS


def nice_step(length: float, most: int) -> float:
    """The smallest of 1, 2, 5 times a power of ten that divides a length into at most so many steps.

    >>> nice_step(6.0, 8), nice_step(1.0, 4)
    (1.0, 0.5)
    """
    least = length / most
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(power * m for m in (1, 2, 5, 10) if power * m >= least * (1 - 1e-9)))


def tick_text(value: float) -> str:
    """A number as it is written beside a tick: large ones with commas, very large and very small ones with an exponent.

    >>> tick_text(1950.0), tick_text(0.25), tick_text(20000.0), tick_text(2.5e7), tick_text(-3e-5)
    ('1950', '0.25', '20,000', '2.5e7', '−3e−5')
    """
    if value == 0 or 1e-4 <= abs(value) < 1e7:
        # By custom a number of four digits, such as a year, has no comma.
        text = f"{value + 0.0:.10g}" if abs(value) < 1e4 else f"{float(f'{value:.10g}'):,}".removesuffix(".0")
    else:
        mantissa, exponent = f"{value:.9e}".split("e")
        text = f"{float(mantissa):.10g}e{int(exponent)}"
    return text.replace("-", MINUS)
