"""A language and a theme in which films are made."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from nn_unfold.settings import given


@dataclass(frozen=True)
class Look:
    """A language and a theme; None for what is set elsewhere."""

    language: str | None = None
    theme: str | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, [self.language, self.theme]))

    def worn(self) -> AbstractContextManager[None]:
        """Within, films are made in this language and theme."""
        return given(language=self.language, theme=self.theme)
