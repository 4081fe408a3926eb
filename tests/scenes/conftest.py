"""Every test of a film runs in the studio of nn_unfold.testing; a film lasts half a minute to one and a half."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nn_unfold.testing import Take


@pytest.fixture(autouse=True)
def _in_the_studio(studio: None) -> None:
    """Settings of Manim that a test changes end with it."""


@pytest.fixture(scope="session")
def takes_of(takes_of: Callable[..., list[Take]]) -> Callable[..., list[Take]]:
    """As in nn_unfold.testing; the film must have the length of a film of this project."""

    def of_a_usual_length(*args: object) -> list[Take]:
        takes = takes_of(*args)
        assert 30 <= takes[-1].time <= 90
        return takes

    return of_a_usual_length
