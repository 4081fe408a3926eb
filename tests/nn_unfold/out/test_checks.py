"""The check of films finds what is wrong, and finds nothing in the films, for seeds that nobody chose."""

from __future__ import annotations

import importlib
import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest
from manim import RIGHT, FadeIn, there_and_back

from nn_core.network import Layer, Network
from nn_core.training import fit
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.flat.plots import LossCurve
from nn_unfold.motion.flows import AffineFlow, Passage
from nn_unfold.motion.learning import Learning, Metric
from nn_unfold.out.checks import cases, examine
from nn_unfold.out.films import films
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.stage import Stage
from nn_unfold.text.catalog import CATALOGS
from nn_unfold.text.labels import label
from scenes.fold_into_space import FoldIntoSpace

FILMS = {film.name: getattr(importlib.import_module(f"scenes.{film.name}"), film.scene) for film in films()}
# Ten seeds each, but for films that take many seconds. `make check` also looks at the layout of all, in motion.
FEWER = {"digits_apart": 2, "descent": 4, "playground": 4}
SEEDS = [(name, case) for name, film in FILMS.items() for case in cases(film, FEWER.get(name, 10))]
WIDEST = ("seed +1", "7 classes")  # cases whose layout is looked at too, at the ends of beats
LAYER = Layer([[2.0, 0.0], [0.0, 0.5]], [0.0, 0.0])


def found(film, **options) -> list[str]:
    return [finding.kind for finding in examine(film, **options).findings]


class Honest(Stage):
    """A film without a fault."""

    def construct(self):
        sheet = Sheet((-1, 1, -1, 1))
        flow = AffineFlow(sheet, layer=LAYER)
        with self.beat("A plane of {n} corners.", holds=True, n=4):
            self.look(sheet)
            self.add(sheet)
            self.play(flow, self.follow(flow, sheet))
            back = Passage(sheet, layers=[LAYER], start=1, stop=0)
            self.play(back, self.follow(back, sheet))


def test_nothing_is_found_in_an_honest_film():
    report = examine(Honest)
    assert report.findings == []
    assert report.well
    assert report.claims == 1
    assert report.vertices > 4
    assert report.moments > 10
    assert report.told == ["A plane of 4 corners."]
    assert json.loads(json.dumps(report.as_dict()))["well"] is True


def test_a_sentence_that_is_false_and_has_no_other_wording():
    class Lies(Stage):
        def construct(self):
            with self.beat("Two and two are five.", holds=2 + 2 == 5):
                pass
            with self.beat("Two and two are five.", holds=False, otherwise=[("They are six.", False)]):
                pass
            with self.beat("Two and two are five.", holds=False, otherwise=[("Six.", False), "They are {n}."], n=4):
                pass

    assert found(Lies) == ["claim", "claim"]
    assert not examine(Lies).well


def test_without_its_layout_a_film_says_the_same_and_is_held_to_the_same():
    seen, unseen = examine(FoldIntoSpace, motion=False), examine(FoldIntoSpace, layout=False)
    assert unseen.told == seen.told
    assert (unseen.claims, unseen.vertices) == (seen.claims, seen.vertices)
    assert unseen.moments == 0

    class Lies(FoldIntoSpace):
        def construct(self):
            super().construct()
            with self.beat("Two and two are five.", holds=2 + 2 == 5):
                pass

    assert found(Lies, layout=False) == ["claim"]


def test_what_crosses_over_on_its_way_is_found_though_it_ends_well():
    class Crosses(Stage):
        def construct(self):
            word = label("away")
            with self.beat("A word."):
                self.add(word)
                self.play(word.animate(rate_func=there_and_back, run_time=2).shift(8 * RIGHT))

    report = examine(Crosses)
    assert {finding.kind for finding in report.findings} == {"motion"}
    assert report.faulty > 1
    assert not report.well
    assert found(Crosses, motion=False) == []


def test_a_vertex_that_is_not_where_the_network_puts_it():
    class Astray(Stage):
        def construct(self):
            sheet = Sheet((-1, 1, -1, 1))
            with self.beat("A plane."):
                self.look(sheet)
                self.play(flow := AffineFlow(sheet, layer=LAYER), self.follow(flow, sheet))
                sheet.faces.points = sheet.faces.points + np.array([0.01, 0, 0])

    assert found(Astray) == ["forward"]


@pytest.mark.parametrize("offset", [0.0, 0.01])
def test_a_curve_that_tells_of_another_network_than_the_one_that_is_drawn(offset):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)), np.arange(40) % 2
    network = Network.create([2, 3, 2], rng=rng)
    history = fit(network, X, y, epochs=20, batch_size=8, rng=rng, l2=0.01, snapshots=range(21))

    class Curve(LossCurve):
        def show_epoch(self, epoch):
            return super().show_epoch(epoch + offset)

    class Trains(Stage):
        def construct(self):
            diagram, curve = NetworkDiagram(history.network_at(0)), Curve(history, size=(2.5, 1.0))
            with self.beat("It learns."):
                self.play(self.aside(curve), FadeIn(diagram.shift(RIGHT)))
                self.play(Learning(history, diagram, curve, Metric(history, "accuracy"), run_time=4))

    report = examine(Trains)
    assert report.numbers >= 24
    assert {finding.kind for finding in report.findings} == ({"curve"} if offset else set())


def test_a_film_that_can_not_be_played():
    class Fails(FoldIntoSpace):
        recipe = replace(FoldIntoSpace.recipe, data="nowhere")

    [finding] = examine(Fails).findings
    assert finding.kind == "failure"
    assert "nowhere" in finding.message


def test_cases_have_other_seeds_and_other_numbers_of_classes():
    film = FILMS["spiral_regions"]
    variants = cases(film, 2)
    assert list(variants) == ["own seed", "seed +1", "seed +2", "3 classes", "7 classes"]
    assert variants["seed +2"].recipe.seed == film.recipe.seed + 2
    assert variants["7 classes"].recipe.sizes[-1] == variants["7 classes"].recipe.data_options["n_classes"] == 7
    assert list(cases(film, 0)) == ["own seed"]
    assert FILMS["activations"].seed + 1 == cases(FILMS["activations"], 1)["seed +1"].seed


@pytest.mark.parametrize("name", FILMS)
def test_every_film_keeps_its_promise(name):
    report = examine(FILMS[name])
    assert report.well, report.findings
    assert report.told


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


def wordings(film) -> set[str]:
    """All that the beats of a film may say, also what this seed does not, and the words that fill it."""
    said: set[str] = set()

    class Read(film):
        def beat(self, text, *, holds=None, otherwise=None, **values):
            others = [otherwise] if isinstance(otherwise, str) else otherwise or []
            said.update([text, *(other if isinstance(other, str) else other[0] for other in others)])
            said.update(v for k, v in values.items() if isinstance(v, str) and v.isalpha() and k != "activation")
            return super().beat(text, holds=holds, otherwise=otherwise, **values)

    Read(skip_animations=True).render()
    return said


@pytest.mark.parametrize("name", FILMS)
def test_all_that_a_film_says_is_in_the_catalog(name):
    catalog = tomllib.loads((CATALOGS / "zh.toml").read_text(encoding="utf-8"))
    assert wordings(FILMS[name]) - catalog.keys() == set()


def test_values_are_told_as_they_are():
    class Counts(Stage):
        def construct(self):
            with self.beat("{right} of {n}.", holds=np.bool_(True), right=498, n=500):
                pass

    assert examine(Counts).told == ["498 of 500."]
