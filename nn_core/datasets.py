"""Data sets: small clouds of points with labels, drawn from a generator passed in; handwritten digits; and land.

Each maker returns X (n, 2) float64 and y (n,) int64, the classes one after the other. `noise` is the standard
deviation of what is added to every coordinate, in data coordinates, unless its maker says otherwise. `rng` is a
generator or a seed. A maker raises a TypeError or a ValueError for arguments that it can't use.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from importlib import resources
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_core.archives import read_idx
from nn_core.arrays import Array, Rng, generator, numbers, real_number, shortened, whole_number

Points = NDArray[np.float64]
Labels = NDArray[np.int64]
Data = tuple[Points, Labels]

_Made = TypeVar("_Made")
_MOST_POINTS = 10_000_000


def _count(value: Any, name: str) -> int:
    return whole_number(value, name, least=1, most=_MOST_POINTS)


_DOORS: dict[str, Callable[[Any, str], Any]] = {
    "n": _count,
    "n_per_class": _count,
    "repeats": _count,
    "n_per_cluster": _count,
    "n_classes": lambda value, name: whole_number(value, name, least=1, most=1000),
    "n_clusters": lambda value, name: whole_number(value, name, least=1, most=1000),
    "noise": partial(real_number, least=0, most=1e6),
    "turns": partial(real_number, least=-1e6, most=1e6),
    "inner": partial(real_number, least=0, most=1e6),
    "outer": lambda value, name: tuple(numbers(value, name, shape=(2,)).tolist()),
    "size": partial(real_number, least=0, most=1e6),
    "inputs": lambda value, name: whole_number(value, name, least=1, most=1000),
    "frequency": partial(real_number, least=-1e6, most=1e6),
    "phase": partial(real_number, least=-1e6, most=1e6),
    "rng": lambda value, name: generator(value),
}
"""What each argument of a maker must be."""


def _maker(make: Callable[..., _Made]) -> Callable[..., _Made]:
    """The same maker, with the door for its arguments before it."""
    names = list(signature(make).parameters)

    def taken(name: str, value: Any) -> Any:
        return _DOORS[name](value, name) if name in _DOORS else value

    @wraps(make)
    def checked(*args: Any, **options: Any) -> _Made:
        # What is too much is told by the call itself.
        before = [taken(name, value) for name, value in zip(names, args, strict=False)]
        after = {name: taken(name, value) for name, value in options.items()}
        return make(*before, *args[len(names) :], **after)

    return checked


@_maker
def make_crescent(n_per_class: int = 100, *, noise: float = 0.12, rng: np.random.Generator) -> Data:
    """A full moon (0) within a crescent (1): no line separates them, two creases do.

    The moon is a disc of radius 0.7 around (0, -0.3); the crescent follows 200 degrees of the circle of
    radius 2 around the origin, open below.

    >>> X, y = make_crescent(50, rng=np.random.default_rng(0))
    >>> X.shape, y[0], y[-1]
    ((100, 2), np.int64(0), np.int64(1))
    """
    moon = _disc(n_per_class, 0.7, rng) - np.array([0, 0.3])
    arc = _polar(2.0, np.deg2rad(rng.uniform(-10, 190, n_per_class)))
    return _labelled([moon, arc], noise, rng)


@_maker
def make_moons(n_per_class: int = 100, *, noise: float = 0.1, rng: np.random.Generator) -> Data:
    """Two half circles of radius 1 that reach into each other."""
    upper, lower = rng.uniform(0, np.pi, (2, n_per_class))
    return _labelled([_polar(1.0, upper), _polar(1.0, -lower) + np.array([1, 0.5])], noise, rng)


@_maker
def make_spiral(n_per_class: int = 100, *, n_classes: int = 5, noise: float = 0.2, rng: np.random.Generator) -> Data:
    """Arms from radius 0.2 to 1, each through 2 / n_classes of a whole turn; the noise is in radians."""
    radius = np.linspace(0.2, 1, n_per_class)
    arms = []
    for i in range(n_classes):
        turn = 2 * np.pi * np.linspace(i, i + 2, n_per_class) / n_classes + rng.normal(0, noise, n_per_class)
        arms.append(_clockwise(radius, turn))
    return _labelled(arms, 0, rng)


def spiral_arms(X: ArrayLike, *, n_classes: int = 5) -> Labels:
    """Which arm of `make_spiral`, continued for ever, is nearest in angle: (n, 2) -> (n,)."""
    X = numbers(X, "X", shape=("n", 2), dtype=np.float64)
    # The arm i is at radius r when it has turned by (i + 2 (r - .2) / .8) / n_classes.
    turn = np.arctan2(X[:, 0], X[:, 1]) / (2 * np.pi) * n_classes
    start = turn - 2 * (np.hypot(X[:, 0], X[:, 1]) - 0.2) / 0.8
    return np.round(start).astype(np.int64) % n_classes


def spiral_arm(radius: Points, arm: int, *, n_classes: int = 5) -> Points:
    """The middle line of an arm of `make_spiral` at these radii, continued for ever: (n,) -> (n, 2).

    >>> spiral_arms(spiral_arm(np.array([0.2, 1.0, 7.3]), 4)).tolist()
    [4, 4, 4]
    """
    return _clockwise(radius, 2 * np.pi * (arm + 2 * (radius - 0.2) / 0.8) / n_classes)


@_maker
def make_two_spirals(
    n_per_class: int = 100, *, turns: float = 1.75, noise: float = 0.0, rng: np.random.Generator
) -> Data:
    """Two arms from the centre to radius 5, half a turn apart (TensorFlow Playground's)."""
    share = np.arange(n_per_class) / n_per_class
    angle = 2 * np.pi * turns * share
    return _labelled([_clockwise(5 * share, angle), _clockwise(5 * share, angle + np.pi)], noise, rng)


@_maker
def make_circle(
    n_per_class: int = 100,
    *,
    inner: float = 2.5,
    outer: tuple[float, float] = (3.5, 5.0),
    noise: float = 0.0,
    rng: np.random.Generator,
) -> Data:
    """What lies within the radius `inner` (0), and what lies between the two `outer` radii (1).

    As in TensorFlow Playground, radii are drawn evenly, so points are denser near the centre.
    """
    angle = rng.uniform(0, 2 * np.pi, (2, n_per_class))
    core = _polar(rng.uniform(0, inner, n_per_class), angle[0])
    return _labelled([core, _polar(rng.uniform(*outer, n_per_class), angle[1])], noise, rng)


@_maker
def make_ring(n_per_class: int = 100, *, noise: float = 0.0, rng: np.random.Generator) -> Data:
    """A disc of radius 1/3 in a ring from 2/3 to 1, which no network of width 2 separates (Olah 2014)."""
    return make_circle(n_per_class, inner=1 / 3, outer=(2 / 3, 1), noise=noise, rng=rng)


@_maker
def make_xor(n_per_class: int = 100, *, noise: float = 0.0, rng: np.random.Generator) -> Data:
    """Two opposite squares (0) and the other two (1), 0.3 off the axes (TensorFlow Playground's)."""
    size = rng.uniform(0, 5, (2, n_per_class, 2)) + 0.3
    side = rng.choice([-1.0, 1.0], (2, n_per_class))
    classes = [size[k] * np.stack([side[k], side[k] * (1 - 2 * k)], axis=1) for k in range(2)]
    return _labelled(classes, noise, rng)


def xor_points() -> Data:
    """The four points of exclusive or: (0, 0), (0, 1), (1, 0), (1, 1), labelled 0, 1, 1, 0."""
    return np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])


@_maker
def make_gauss(n_per_class: int = 100, *, noise: float = 1.0, rng: np.random.Generator) -> Data:
    """Normal clouds around (2, 2) and (-2, -2) (TensorFlow Playground)."""
    return _labelled([np.full((n_per_class, 2), centre) for centre in (2.0, -2.0)], noise, rng)


@_maker
def make_clusters(
    n_per_cluster: int = 80, *, n_clusters: int = 2, noise: float = 0.35, rng: np.random.Generator
) -> Data:
    """Clusters in a row, 2 apart, around the origin, labelled 0, 1, 0, ...: a line parts two, not three."""
    across = 2.0 * np.arange(n_clusters) - (n_clusters - 1)
    X, cluster = _labelled([np.tile([x, 0.0], (n_per_cluster, 1)) for x in across], noise, rng)
    return X, cluster % 2


@_maker
def make_quadrants(n: int = 200, *, rng: np.random.Generator) -> Data:
    """Points of the square [-1, 1]^2, labelled by their quadrant, 0 to 3 counter-clockwise."""
    X = rng.uniform(-1, 1, (n, 2))
    return X, quadrants(X)


def quadrants(X: ArrayLike) -> Labels:
    """The quadrant of each point, 0 to 3 counter-clockwise from the upper right: (n, 2) -> (n,)."""
    X = numbers(X, "X", shape=("n", 2))
    right, up = X[:, 0] >= 0, X[:, 1] >= 0
    return np.where(up, np.where(right, 0, 1), np.where(right, 3, 2)).astype(np.int64)


@_maker
def make_signs(n: int = 200, *, rng: np.random.Generator) -> Data:
    """Numbers in [-1, 1], X (n, 1), labelled 1 where they are positive."""
    X = rng.uniform(-1, 1, (n, 1))
    return X, (X[:, 0] > 0).astype(np.int64)


@_maker
def make_parity(n: int = 8) -> Data:
    """The numbers 0 to n - 1, X (n, 1), labelled by x mod 2."""
    return np.arange(float(n))[:, None], np.arange(n) % 2


@_maker
def make_curves(n_per_class: int = 100, *, noise: float = 0.0, rng: np.random.Generator) -> Data:
    """Two interleaved curves, a sine wave 0.2 below and 0.2 above its middle line, x in [-1, 1]."""
    x = rng.uniform(-1, 1, (2, n_per_class))
    wave = 0.5 * np.sin(np.pi * x) + np.array([[-0.2], [0.2]])
    return _labelled(list(np.stack([x, wave], axis=-1)), noise, rng)


@_maker
def make_cloud(n: int = 200, *, rng: np.random.Generator) -> Data:
    """Points tanh(N(0, I)) of the open square (-1, 1)^2, labelled by their quadrant."""
    X = np.tanh(rng.normal(size=(n, 2)))
    return X, quadrants(X)


def position_colours(X: ArrayLike) -> Points:
    """A colour (red, green, blue in [0, 1]) that tells where a point is: hue by angle, pale near the origin.

    >>> position_colours(np.array([[1.0, 0.0], [0.0, 0.0]])).tolist()
    [[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    """
    X = numbers(X, "X", shape=("n", 2), dtype=np.float64)
    sixths = np.arctan2(X[:, 1], X[:, 0]) * 3 / np.pi
    hue = np.clip(np.abs((sixths[:, None] + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    radius = np.minimum(np.hypot(X[:, 0], X[:, 1]), 1)[:, None]
    return np.asarray(1 - radius * (1 - hue))


@_maker
def make_day(n: int = 200, *, rng: np.random.Generator) -> Data:
    """Points with x in [0, 3], labelled 1 above `day_night_curve`, which is a hill there.

    Points within 0.1 of the curve are left out.
    """
    return _above_curve(n, 0, 3, rng)


@_maker
def make_night(n: int = 200, *, rng: np.random.Generator) -> Data:
    """The rule of `make_day` with x in [-3, 0], where the curve is a valley that nothing by day tells of."""
    return _above_curve(n, -3, 0, rng)


@_maker
def make_day_night(n: int = 200, *, rng: np.random.Generator) -> tuple[Data, Data]:
    """One rule in two regions, to train in the first, by day, and to ask in the second, by night.

    Returns:
        (X, y) of `make_day` and (X, y) of `make_night`, n points each.
    """
    return make_day(n, rng=rng), make_night(n, rng=rng)


def day_night_curve(x: Points) -> Points:
    """The curve y = 1.2 sin(pi x / 3) that parts the classes by day and by night: (n,) -> (n,)."""
    return np.asarray(1.2 * np.sin(np.pi * x / 3))


def _above_curve(n: int, left: float, right: float, rng: np.random.Generator) -> Data:
    x = rng.uniform(left, right, n)
    # The height above the curve, drawn from [-2, 2] without the strip from -0.1 to 0.1.
    above = rng.uniform(0.1, 2, n) * rng.choice([-1, 1], n)
    return np.stack([x, day_night_curve(x) + above], axis=1), (above > 0).astype(np.int64)


def hill(X: ArrayLike) -> Points:
    """A probability surface over the plane: 0.99 at the origin, 0.01 far away: (n, 2) -> (n,)."""
    X = numbers(X, "X", shape=("n", 2), dtype=np.float64)
    return np.asarray(0.01 + 0.98 * np.exp(-0.5 * np.sum(X * X, axis=1)))


def waves(X: ArrayLike, *, frequency: float = 1.3) -> Points:
    """A probability surface of hills and valleys, from 0.02 to 0.98; frequency in radians per unit: (n, 2) -> (n,)."""
    X = numbers(X, "X", shape=("n", 2), dtype=np.float64)
    return np.asarray(0.5 + 0.48 * np.sin(frequency * X[:, 0]) * np.cos(frequency * X[:, 1]))


SURFACES: dict[str, Callable[[Points], Points]] = {
    "hill": hill,
    "waves": waves,
    "ripples": partial(waves, frequency=7.0),
}
"""Probability surfaces over the plane by name, (n, 2) -> (n,)."""


@_maker
def make_labelled(
    n: int = 200,
    *,
    probability: str | Callable[[Points], Points] = hill,
    size: float = 3.0,
    repeats: int = 1,
    rng: np.random.Generator,
) -> Data:
    """Points of the square [-size, size]^2, each labelled 1 with the probability that the surface has there.

    Args:
        n: how many different points.
        probability: the surface, (n, 2) -> (n,), or a name of `SURFACES`.
        size: half the side of the square; 0 puts all points at the origin.
        repeats: how many labels each point gets, one row of X for each.
        rng: where the points and labels come from.

    Raises:
        TypeError: the probability is no function.
        ValueError: there is no surface of this name, or it leaves [0, 1].
    """
    X = np.repeat(rng.uniform(-size, size, (n, 2)), repeats, axis=0)
    if isinstance(probability, str):
        if probability not in SURFACES:
            raise ValueError(f"there is no surface {shortened(probability)}; choose one of {', '.join(SURFACES)}")
        probability = SURFACES[probability]
    if not callable(probability):
        raise TypeError(f"probability is {shortened(probability)}, expected a function of points (n, 2)")
    p = numbers(probability(X), "the probability", shape=(len(X),))
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"the probability runs from {p.min():.4g} to {p.max():.4g}; it must stay in [0, 1]")
    return X, (rng.random(len(X)) < p).astype(np.int64)


@_maker
def make_wave(
    n: int = 50, *, frequency: float = 2.5, phase: float = 0.0, noise: float = 0.25, rng: np.random.Generator
) -> tuple[Points, Points]:
    """Measurements of a sine wave: x (n, 1) evenly from -1 to 3, and y (n, 1), its value with normal noise.

    Args:
        n: how many.
        frequency: radians per unit of x.
        phase: radians at x = 0.
        noise: the standard deviation of y.
        rng: where the noise comes from.

    >>> make_wave(3, noise=0, rng=np.random.default_rng(0))[1].round(2).tolist()  # sin(2.5 x) at -1, 1, 3
    [[-0.6], [0.6], [0.94]]
    """
    x = np.linspace(-1, 3, n)[:, None]
    return x, np.sin(frequency * x + phase) + rng.normal(0, noise, x.shape)


FUNCTIONS: dict[str, Callable[[Points], Points]] = {
    "sine": lambda x: np.asarray(np.sin(2 * x)),
    "cubic": lambda x: np.asarray((x**3 - 3 * x) / 2),
    "abs": lambda x: np.asarray(np.abs(x) - 1),
    "step": lambda x: np.where(x < 0, -1.0, 1.0),
}
"""Functions of one variable by name, (n,) -> (n,); their values run from -1 to 1 where x does from -2 to 2."""


def function_values(X: ArrayLike, function: str | Callable[[Points], Points]) -> Points:
    """The product of a function's values at each of some variables: (n, d) -> (n,).

    Args:
        X: (n, d) places, one column for each variable.
        function: of one variable, (n,) -> (n,), or a name of `FUNCTIONS`.

    Raises:
        TypeError: the function is none.
        ValueError: there is no function of this name, or its values are of another shape or not finite.

    >>> function_values([[-2.0], [0.5]], "abs").tolist()
    [1.0, -0.5]
    """
    X = numbers(X, "X", shape=("n", "d"), dtype=np.float64)
    if isinstance(function, str):
        if function not in FUNCTIONS:
            raise ValueError(f"there is no function {shortened(function)}; choose one of {', '.join(FUNCTIONS)}")
        function = FUNCTIONS[function]
    if not callable(function):
        names = ", ".join(FUNCTIONS)
        raise TypeError(f"function is {shortened(function)}, expected one of {names}, or a function of x (n,)")
    columns = [numbers(function(x), "the function's values", shape=(len(X),), dtype=np.float64) for x in X.T]
    return np.asarray(np.prod(columns, axis=0))


@_maker
def make_function(
    n: int = 200,
    *,
    function: str | Callable[[Points], Points] = "sine",
    inputs: int = 1,
    noise: float = 0.0,
    rng: np.random.Generator,
) -> tuple[Points, Points]:
    """Values of a function at random places: X (n, inputs) in [-2, 2], and y (n, 1).

    Args:
        n: how many.
        function: of one variable, (n,) -> (n,), or a name of `FUNCTIONS`.
        inputs: how many variables; y is the product of the function's values at each of them.
        noise: the standard deviation of what is added to y.
        rng: where the places and the noise come from.

    Raises:
        TypeError: as `function_values`.
        ValueError: likewise.

    >>> X, y = make_function(50, function="abs", rng=np.random.default_rng(0))
    >>> X.shape, np.array_equal(y, np.abs(X) - 1)
    ((50, 1), True)
    """
    X = rng.uniform(-2, 2, (n, inputs))
    return X, function_values(X, function)[:, None] + rng.normal(0, noise, (n, 1))


PLAYGROUND: dict[str, Callable[..., Data]] = {
    "circle": make_circle,
    "xor": make_xor,
    "gauss": make_gauss,
    "spiral": make_two_spirals,
}
"""The four data sets of TensorFlow Playground, in its domain [-6, 6]^2; it draws 250 points a class."""

CONVNETJS: dict[str, Callable[..., Data]] = {
    "circle": partial(make_circle, inner=2.0, outer=(3.0, 5.0)),
    "spiral": partial(make_two_spirals, turns=1.25, noise=0.1),
}
"""Those of ConvNetJS's classify2d, with 50 (circle) and 100 (spiral) points a class."""


DATA_SETS: dict[str, Callable[..., tuple[Array, Array | Labels]]] = {
    "cloud": make_cloud,
    "clusters": make_clusters,
    "crescent": make_crescent,
    "circle": make_circle,
    "curves": make_curves,
    "day": make_day,
    "function": make_function,
    "gauss": make_gauss,
    "labelled": make_labelled,
    "moons": make_moons,
    "night": make_night,
    "quadrants": make_quadrants,
    "ring": make_ring,
    "signs": make_signs,
    "spiral": make_spiral,
    "two_spirals": make_two_spirals,
    "wave": make_wave,
    "xor": make_xor,
    "parity": make_parity,
    "xor_points": xor_points,
    "digits": lambda: load_digits()[:2],
}
"""All of them by name, for `draw`: what they give is X (n, d), and y (n,), or (n, 1) where it is real numbers."""


def draw(name: str, *, rng: Rng, **options: Any) -> tuple[Array, Array | Labels]:
    """The data set of a name.

    Args:
        name: one of `DATA_SETS`.
        rng: where the random numbers come from, or a seed; some sets need none.
        options: of its maker.

    Raises:
        TypeError: its maker has no such option, or one of another kind.
        ValueError: there is no such set, or an option is unfit.

    >>> X, y = draw("moons", rng=0, n_per_class=3)
    >>> X.shape, y.tolist()
    ((6, 2), [0, 0, 0, 1, 1, 1])
    """
    if not isinstance(name, str) or name not in DATA_SETS:
        raise ValueError(f"there is no data set {shortened(name)}; choose one of {', '.join(sorted(DATA_SETS))}")
    known = [option for option in signature(DATA_SETS[name]).parameters if option != "rng"]
    for option in options:
        if option not in known:
            raise TypeError(f"the data set {name!r} has no option {option!r}; it has {', '.join(known) or 'none'}")
    if "rng" in signature(DATA_SETS[name]).parameters:
        options["rng"] = rng
    return DATA_SETS[name](**options)


class Digits(NamedTuple):
    """Pictures of 28 x 28 pixels as rows X (n, 784), from 0 (paper) to 1 (ink), and their digits y (n,)."""

    X: Points
    y: Labels
    X_test: Points
    y_test: Labels


def load_digits() -> Digits:
    """The 2,000 and 500 digits that come along, equally many of each (see data/LICENSE-mnist.md)."""
    with (
        (resources.files("nn_core") / "data" / "mnist-2000-500.npz").open("rb") as file,
        np.load(file) as data,
    ):
        X, y, X_test, y_test = (data[name] for name in ("Xtr", "ytr", "Xte", "yte"))
    return Digits(_pictures(X), y.astype(np.int64), _pictures(X_test), y_test.astype(np.int64))


def load_land() -> list[Points]:
    """The outlines of all land on the earth, coarsely: rings of places (k, 2), longitude and latitude in radians.

    A ring is closed by the way from its last place to its first. Rings are cut at the 180th meridian, and that of
    Antarctica is closed there and at the pole. Seas within land are rings too. (See data/LICENSE-land.md.)
    """
    with (
        (resources.files("nn_core") / "data" / "land-110m.npz").open("rb") as file,
        np.load(file) as data,
    ):
        points, lengths = np.radians(data["points"].astype(np.float64)), data["lengths"]
    return np.split(points, np.cumsum(lengths)[:-1])


def read_mnist(images: str | Path, labels: str | Path) -> tuple[NDArray[np.float32], Labels]:
    """Pictures X (n, n_pixels) float32, 0 to 1, and labels y (n,) of two IDX files, as the full MNIST's.

    Raises:
        OSError: a file can't be opened.
        ValueError: as `read_idx`, the files don't belong together, or the pictures have more than 2^26 pixels.
    """
    X, y = read_idx(images, limit=2**26), read_idx(labels, limit=2**26)
    if X.ndim != 3 or X.dtype != np.uint8 or y.ndim != 1:
        raise ValueError(
            f"expected pictures (n, height, width) and labels (n,), but {images} holds {X.shape} and {labels} {y.shape}"
        )
    if len(X) != len(y):
        raise ValueError(f"{images} holds {len(X)} pictures but {labels} {len(y)} labels; they must be as many")
    return X.reshape(len(X), -1).astype(np.float32) / np.float32(255), y.astype(np.int64)


def _pictures(pixels: NDArray[np.uint8]) -> Points:
    return pixels.reshape(len(pixels), -1) / 255.0


def _polar(radius: float | Points, angle: Points) -> Points:
    """Points (n, 2) at this radius and angle, counter-clockwise from the x axis."""
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def _clockwise(radius: Points, turn: Points) -> Points:
    """Points (n, 2) at this radius, turned clockwise from the top, as all the spirals are."""
    return np.stack([radius * np.sin(turn), radius * np.cos(turn)], axis=-1)


def _disc(n: int, radius: float, rng: np.random.Generator) -> Points:
    """Points (n, 2) spread evenly over a disc."""
    return _polar(radius * np.sqrt(rng.random(n)), rng.uniform(0, 2 * np.pi, n))


def _labelled(classes: list[Points], noise: float, rng: np.random.Generator) -> Data:
    """The points of all classes with normal noise, labelled 0, 1, ... class by class."""
    X = np.concatenate(classes)
    return X + rng.normal(0, noise, X.shape), np.repeat(np.arange(len(classes)), [len(c) for c in classes])
