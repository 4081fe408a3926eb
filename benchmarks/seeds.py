"""Is the seed that a film ships a typical one? `python benchmarks/seeds.py [FILM]...` prints a table.

For each film with a trained network, the one number that the film is about is measured for its own seed and for
the seeds 0 to 29. A typical seed is one near the median. Takes three minutes of one processor.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from manim import logger

from nn_core.datasets import load_digits, make_night
from nn_core.geometry import linear_regions
from nn_core.geometry.box import box_around
from nn_unfold.model.cache import train
from nn_unfold.model.recipe import Recipe
from nn_unfold.model.subject import Trained

SEEDS = range(30)


class Measure(NamedTuple):
    """The one number that a film is about: its name, and how it is read off a trained network."""

    name: str
    of: Callable[[Trained, Recipe], float]


def right(trained: Trained, recipe: Recipe) -> float:
    return trained.right


def last_loss(trained: Trained, recipe: Recipe) -> float:
    return round(float(trained.history.loss[-1]), 4)


def by_night(trained: Trained, recipe: Recipe) -> float:
    X, y = make_night(trained.n, rng=np.random.default_rng(recipe.seed))
    return float((trained.network.predict(X) == y).sum())


def right_among_new(trained: Trained, recipe: Recipe) -> float:
    digits = load_digits()
    return float((trained.network.predict(digits.X_test) == digits.y_test).sum())


def pieces(trained: Trained, recipe: Recipe) -> float:
    return len(linear_regions(trained.network, box_around(trained.X)))


def growth(trained: Trained, recipe: Recipe) -> float:
    return round(abs(float(np.linalg.det(trained.network.layers[0].weight))), 2)


MEASURES = {
    "affine_on_a_picture": Measure("factor of areas in the layer", growth),
    "argmax_planes": Measure("points right", right),
    "beyond_the_data": Measure("points right", right),
    "digits_apart": Measure("new digits right", right_among_new),
    "five_operations": Measure("points right", right),
    "fold_into_space": Measure("points right", right),
    "one_line": Measure("loss at the end", last_loss),
    "outside_the_data": Measure("right by night", by_night),
    "plane_and_warp": Measure("points right", right),
    "playground": Measure("points of the disc right", right),
    "relu_fold": Measure("points right", right),
    "spiral_bottleneck": Measure("points right", right),
    "spiral_regions": Measure("pieces around the data", pieces),
    "three_clusters": Measure("points right", right),
    "why_deep": Measure("pieces of the deep network", pieces),
    "xor": Measure("points right", right),
    "your_network": Measure("points right", right),
}


def row(name: str, folder: Path) -> str:
    """A row of the table."""
    film = getattr(importlib.import_module(f"scenes.{name}"), "".join(map(str.title, name.split("_"))))
    own: Recipe = film.recipe
    measure = MEASURES[name]
    values = {
        seed: measure.of(train(replace(own, seed=seed), folder), replace(own, seed=seed))
        for seed in sorted({own.seed, *SEEDS})
    }
    drawn, mine = np.array([values[seed] for seed in SEEDS]), values[own.seed]
    low, median, high = np.quantile(drawn, [0.25, 0.5, 0.75])
    below, same = int((drawn < mine).sum()), int((drawn == mine).sum())
    nearest = sorted(values, key=lambda seed: (abs(values[seed] - median), seed))[:6]
    return (
        f"| {name} | {measure.name} | {own.seed} | {mine:g} | {drawn.min():g} | {low:g} | {median:g} | {high:g} "
        f"| {drawn.max():g} | {below} less, {same} the same | {', '.join(map(str, nearest))} |"
    )


def main() -> None:
    logger.setLevel("ERROR")
    print("| film | number | seed | its own | least | quarter | median | three quarters | most | of 30 | typical |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with TemporaryDirectory() as folder:
        for name in sys.argv[1:] or MEASURES:
            print(row(name, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
