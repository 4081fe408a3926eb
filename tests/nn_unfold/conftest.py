"""Every test of the vocabulary runs in the studio of nn_unfold.testing."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _in_the_studio(studio: None) -> None:
    """Settings of Manim that a test changes end with it."""
