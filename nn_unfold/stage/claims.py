"""What a beat says: a sentence that is held to the numbers, and other wordings for where it is false."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Wordings = str | Sequence[tuple[str, bool] | str]


@dataclass(frozen=True)
class Beat:
    """One step of a film.

    Attributes:
        message: what it says, a message in English with its placeholders.
        values: what fills them; a word among them is a message too.
        holds: whether that is true of what is shown; None for a sentence that claims nothing about numbers.
    """

    message: str
    values: Mapping[str, Any] = field(default_factory=dict)
    holds: bool | None = None

    def __str__(self) -> str:
        return self.message.format(**self.values) if self.values else self.message


def worded(text: str, holds: bool | None, otherwise: Wordings | None, values: Mapping[str, Any]) -> Beat:
    """The first wording that holds; the first of all where none does.

    Args:
        text: the first wording.
        holds: whether it is true; None if it claims nothing.
        otherwise: other wordings in their order, each with whether it is true; one alone is true where those before
            it are false.
        values: what fills the placeholders of all wordings.
    """
    if holds is None or holds:
        return Beat(text, values, None if holds is None else True)
    others = [otherwise] if isinstance(otherwise, str) else otherwise or []
    for other in others:
        message, true = (other, True) if isinstance(other, str) else other
        if true:
            return Beat(message, values, True)
    return Beat(text, values, False)
