"""What holds for every film: each sentence and picture is true, also for seeds that nobody chose, and all can be seen.

The tests of this file may run in any process: see tests/conftest.py.
"""

from __future__ import annotations

import importlib
import inspect
import tomllib
from pathlib import Path

import pytest

from nn_unfold.out.checks import cases, examine
from nn_unfold.stage.stage import Stage
from nn_unfold.text.catalog import CATALOGS

PROJECT = Path(__file__).resolve().parents[2]


def film_in(path: Path) -> type[Stage]:
    """The one film of a file."""
    module = importlib.import_module(f"scenes.{path.stem}")
    classes = [c for _, c in inspect.getmembers(module, inspect.isclass) if issubclass(c, Stage)]
    (film,) = (c for c in classes if c.__module__ == module.__name__)
    return film


FILMS = {path.stem: film_in(path) for path in sorted((PROJECT / "scenes").glob("[!_]*.py"))}
# Ten seeds each, but for films that take many seconds. `make check` also looks at the layout of all, in motion.
FEWER = {"approximation": 4, "digit_reader": 1, "digits_apart": 2, "digits_layers": 1, "descent": 4, "playground": 4}
SEEDS = [(name, case) for name, film in FILMS.items() for case in cases(film, FEWER.get(name, 10))]
WIDEST = ("seed +1", "7 classes")  # cases whose layout is looked at too, at the ends of beats


@pytest.mark.parametrize("name", FILMS)
def test_every_film_keeps_its_promise_and_its_catalog_is_whole(name):
    """Nothing is false, astray or hidden, and all that the film may say can be said in Chinese.

    Also what this seed does not say counts, and the words that fill a sentence. The film is played once for all this.
    """
    film, said = FILMS[name], set()
    assert film.__name__ == name.title().replace("_", "")

    class Read(film):
        def beat(self, text, *, holds=None, otherwise=None, **values):
            others = [otherwise] if isinstance(otherwise, str) else otherwise or []
            said.update([text, *(other if isinstance(other, str) else other[0] for other in others)])
            said.update(v for k, v in values.items() if isinstance(v, str) and v.isalpha() and k != "activation")
            return super().beat(text, holds=holds, otherwise=otherwise, **values)

    report = examine(Read)
    assert report.well, report.findings
    assert report.told
    assert said - tomllib.loads((CATALOGS / "zh.toml").read_text(encoding="utf-8")).keys() == set()


@pytest.mark.parametrize(("name", "case"), [each for each in SEEDS if each[1] != "own seed"])
def test_what_is_said_and_shown_is_true_for_other_seeds(name, case):
    film = cases(FILMS[name], 10)[case]
    report = examine(film, case, motion=False, layout=case in WIDEST)
    assert report.findings == []


@pytest.mark.parametrize("name", ["fold_into_space", "softmax_surfaces"])
def test_a_film_fits_in_the_light_and_in_chinese(name, monkeypatch):
    monkeypatch.setenv("UNFOLD_THEME", "light")
    monkeypatch.setenv("UNFOLD_LANGUAGE", "zh")
    report = examine(FILMS[name])
    assert report.well, report.findings


@pytest.mark.parametrize("name", FILMS)
def test_a_film_fits_on_a_phone(name, monkeypatch):
    """`make check` looks at the other shapes too, and at films in motion."""
    monkeypatch.setenv("UNFOLD_SHAPE", "9:16")
    report = examine(FILMS[name], motion=False)
    assert report.findings == []
