"""The check of films finds what is wrong, and nothing in a film without a fault."""

from __future__ import annotations

import json
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
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.stage import Stage
from nn_unfold.text.labels import label
from scenes.activations import Activations
from scenes.fold_into_space import FoldIntoSpace
from scenes.spiral_regions import SpiralRegions

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
    film = SpiralRegions
    variants = cases(film, 2)
    assert list(variants) == ["own seed", "seed +1", "seed +2", "3 classes", "7 classes"]
    assert variants["seed +2"].recipe.seed == film.recipe.seed + 2
    assert variants["7 classes"].recipe.sizes[-1] == variants["7 classes"].recipe.data_options["n_classes"] == 7
    assert list(cases(film, 0)) == ["own seed"]
    assert Activations.seed + 1 == cases(Activations, 1)["seed +1"].seed


def test_values_are_told_as_they_are():
    class Counts(Stage):
        def construct(self):
            with self.beat("{right} of {n}.", holds=np.bool_(True), right=498, n=500):
                pass

    assert examine(Counts).told == ["498 of 500."]
