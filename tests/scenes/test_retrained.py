"""Nothing in a film is hard-wired: with other networks, and with more or fewer classes, it plays and is laid out."""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest

from nn_unfold.model.recipe import Recipe
from nn_unfold.out.films import films

CLASSES = [getattr(importlib.import_module(f"scenes.{film.name}"), film.scene) for film in films()]
FILMS = [film for film in CLASSES if hasattr(film, "recipe") or hasattr(film, "seed")]
OF_CLASSES = [film for film in FILMS if "n_classes" in getattr(film, "recipe", Recipe("", (), "")).data_options]


def another(film, **changes):
    """The same film with other class attributes."""
    return type(film.__name__, (film,), {**changes, "__module__": film.__module__})


@pytest.mark.parametrize("more", [1, 2, 3])
@pytest.mark.parametrize("film", FILMS, ids=lambda film: film.__name__)
def test_other_seeds(film, more, flaws):
    if hasattr(film, "recipe"):
        film = another(film, recipe=replace(film.recipe, seed=film.recipe.seed + more))
    else:
        film = another(film, seed=film.seed + more)
    assert not flaws(film)


@pytest.mark.parametrize("n_classes", [3, 7])
@pytest.mark.parametrize("film", OF_CLASSES, ids=lambda film: film.__name__)
def test_other_numbers_of_classes(film, n_classes, flaws):
    recipe = film.recipe
    options, sizes = {**recipe.data_options, "n_classes": n_classes}, (*recipe.sizes[:-1], n_classes)
    assert not flaws(another(film, recipe=replace(recipe, data_options=options, sizes=sizes)))
