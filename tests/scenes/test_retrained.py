"""Nothing in a film is hard-wired: with other networks, and with more or fewer classes, it plays and is laid out."""

from __future__ import annotations

import importlib
from dataclasses import replace

import numpy as np
import pytest

from scenes.command.films import films
from scenes.kit.layout import findings
from scenes.kit.training import Recipe

CLASSES = [getattr(importlib.import_module(f"scenes.{film.name}"), film.scene) for film in films()]
FILMS = [film for film in CLASSES if isinstance(getattr(film, "recipe", None), Recipe)]
OF_CLASSES = [film for film in FILMS if "n_classes" in film.recipe.data_options]


def retrained(film, **changes):
    """The same film on another recipe."""
    return type(film.__name__, (film,), {"recipe": replace(film.recipe, **changes), "__module__": film.__module__})


def of_classes(film, n_classes):
    """The same film on data of so many classes."""
    options = {**film.recipe.data_options, "n_classes": n_classes}
    return retrained(film, data_options=options, sizes=(*film.recipe.sizes[:-1], n_classes))


@pytest.mark.parametrize("more", [1, 2, 3])
@pytest.mark.parametrize("film", FILMS, ids=lambda film: film.__name__)
def test_other_seeds(film, more, play, picture):
    stage = play(retrained(film, seed=film.recipe.seed + more))
    assert not findings(stage)
    assert np.ptp(picture(stage)) > 100


@pytest.mark.parametrize("n_classes", [3, 7])
@pytest.mark.parametrize("film", OF_CLASSES, ids=lambda film: film.__name__)
def test_other_numbers_of_classes(film, n_classes, play, picture):
    stage = play(of_classes(film, n_classes))
    assert not findings(stage)
    assert np.ptp(picture(stage)) > 100
