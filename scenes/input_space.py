"""The space of pictures: a camera of three pixels, whose pictures are the points of a cube, and what holds for more."""

import numpy as np
from manim import DEGREES, FadeIn, FadeOut, Square, VGroup, rgb_to_color
from scipy.spatial import ConvexHull
from scipy.spatial.distance import cdist

from nn_core.datasets import load_digits
from nn_unfold import (
    TOP,
    Axes,
    Cloud,
    Draw,
    Flow,
    Follow,
    LiveMatrix,
    LiveNumber,
    Picture,
    PictureCloud,
    Segments,
    Solid,
    Stage,
    cube,
    formula,
    rgb,
    stack,
)
from nn_unfold.theme import theme

SCENE = np.array([0.9, 0.2, 0.2])  # something bright in front of the first pixel
MOVED = np.roll(SCENE, 1)
NEAR = 0.1  # how far pixels of pictures nearby may differ
SMOOTH = 0.2  # how far neighbouring pixels of a smooth scene may differ
RANDOM, SCENES = 250, 60
HIGH = 1.2  # of the pictures above and below their line
DAY, NIGHT = 0.82, 0.16  # the light, 0 to 1
CAMERA = (240, 320)  # rows and columns of pixels
ASLANT = {"phi": 68 * DEGREES, "theta": -62 * DEGREES}


class InputSpace(Stage):
    """Every picture is a point: near points look alike, most are noise, and what is seen fills a corner."""

    seed = 0

    def construct(self):
        self.rng = np.random.default_rng(self.seed)
        self.axes = Axes((0, 1, 0, 1, 0, 1), ("x_1", "x_2", "x_3"), at_corner=True)
        self.frame = Solid(cube()).edges
        self.camera_of_three()
        self.more_pixels()

    def camera_of_three(self):
        """Three pixels, so that the space of their pictures can be seen."""
        frame, axes = self.frame, self.axes
        pixels, point = ThreePixels(np.zeros(3)), Cloud(np.zeros((1, 3)), radius=1.4 * self.tokens.dot_radius)
        corners = pictures(cube())

        with self.beat("A camera of three pixels. Its picture is three numbers, from 0, dark, to 1, bright."):
            self.play(self.aside(pixels))
            self.look(axes, frame, **ASLANT)
            self.play(FadeIn(frame, axes))
        with self.beat("Three numbers are a point in a cube: each picture has its place, and each place a picture."):
            self.play(FadeIn(point))
            for number in range(3):
                self.go(point, pixels, SCENE * (np.arange(3) <= number), run_time=1)
            self.play(FadeIn(corners))
        near = SCENE + self.rng.uniform(-NEAR, NEAR, (6, 3))
        most = np.abs(near - SCENE).max()
        with self.beat(
            "What is near looks alike: no pixel of these pictures differs by more than {most:.2f} from it.",
            holds=most <= NEAR,
            most=most,
        ):
            around = pictures(near, radius=0.75)
            self.play(FadeOut(corners), FadeIn(around))
        far, distance = np.linalg.norm(MOVED - SCENE), LiveNumber("distance", 0.0)
        nearest = np.linalg.norm(near - SCENE, axis=1).max()
        with self.beat(
            "But moved by one pixel, the same thing is {far:.2f} away: {times} times as far as any of these.",
            holds=far > 2 * nearest,
            far=far,
            times=int(far / nearest),
        ):
            self.play(self.aside(pixels, distance))
            path = Segments(np.array([[SCENE, MOVED]]), [*rgb(self.tokens.accent), 0.0], width=self.tokens.crease_width)
            moment = {"run_time": self.tokens.step}
            way = Follow(distance, lambda t: [t * far], distance.set_value, **moment)
            self.play(
                *self.going(point, pixels, MOVED, rate_func=lambda t: t, **moment),
                way,
                Draw(path, rate_func=lambda t: t, **moment),
            )
        noise = self.rng.random((RANDOM, 3))
        smooth = int((np.abs(np.diff(noise, axis=1)) < SMOOTH).all(axis=1).sum())
        with self.beat(
            "Most points are noise. In {smooth} of {n} random ones, neighbouring pixels differ by less than {least}.",
            holds=smooth < RANDOM / 2,
            smooth=smooth,
            n=RANDOM,
            least=SMOOTH,
        ):
            many = pictures(noise, radius=0.5)
            self.play(FadeOut(around, path, point), self.aside())
            self.play(FadeIn(many))
            self.play(self.turn(40 * DEGREES, frame, axes, run_time=self.tokens.turn))
        day, night = (scenes(light, SCENES, self.rng) for light in (DAY, NIGHT))
        percent = 100 * sum(ConvexHull(X).volume for X in (day, night))
        with self.beat(
            "By day all pictures lie in one corner, by night in another. Both take up {percent:.1f} % of the cube.",
            holds=bool(day.min() > night.max()),
            percent=percent,
        ):
            self.play(FadeOut(many))
            seen = [
                pictures(day, radius=0.5, colour=self.tokens.accent),
                pictures(night, radius=0.5, colour=self.tokens.positive),
            ]
            for each in seen:
                self.play(FadeIn(each))
            self.play(self.turn(-40 * DEGREES, frame, axes, run_time=self.tokens.turn))
        self.play(FadeOut(*seen, frame, axes))

    def more_pixels(self):
        """Digits of 784 pixels, and a camera of 76,800."""
        X = load_digits().X_test
        moved = np.roll(X.reshape(-1, 28, 28), 1, axis=2).reshape(X.shape)
        there, apart = np.linalg.norm(moved - X, axis=1), cdist(X, X)
        np.fill_diagonal(apart, np.inf)
        other = apart.min(axis=1)
        chosen = np.argsort(there - other)[self.rng.integers(len(X) * 3 // 4, len(X))]
        like = apart[chosen].argmin()
        places = np.array([[0, HIGH], [other[chosen], HIGH], [there[chosen], -HIGH]])
        digits = PictureCloud(X[[chosen, like]].reshape(-1, 28, 28), places[:2], radius=66)
        shifted = PictureCloud(moved[[chosen]].reshape(-1, 28, 28), places[2:], radius=66)
        stems = [Segments(np.array([[place, place * [1, 0]]]), [*rgb(self.tokens.faint), 1.0]) for place in places]
        line = Axes((0, 1.15 * places[:, 0].max()), ("d",))

        with self.beat(
            "A digit of 784 pixels is a point in 784 dimensions. The one most like this is {near:.1f} away.",
            holds=True,
            near=other[chosen],
        ):
            self.play(self.aside(formula("d = abs(bold(x) - bold(x)')", size=self.tokens.formula_size)))
            self.look(line, Cloud(1.4 * places * [0, 1]), **TOP._asdict())
            self.play(FadeIn(line))
            self.play(FadeIn(digits, *stems[:2]))
        more = int((there > other).sum())
        with self.beat(
            "Moved by a pixel it is farther from itself. So it is for {more} of {n} digits.",
            holds=bool(there[chosen] > other[chosen]),
            more=more,
            n=len(X),
        ):
            self.play(FadeIn(shifted, stems[2]))
        with self.beat("A camera of 320 by 240 has 76,800 pixels: a cube of 76,800 dimensions. A random point in it:"):
            self.play(FadeOut(line, digits, shifted, *stems), self.aside(formula("bold(x) in [0, 1]^(76800)")))
            grey = self.rng.integers(0, 256, CAMERA, dtype=np.uint8)
            picture = Picture(grey, height=3.0)
            picture.grid.set_opacity(0)
            self.look(picture, **TOP._asdict())
            self.play(FadeIn(picture))
        with self.beat("All that it will ever see lies in a few corners. A network learns from these points alone."):
            pass

    def going(self, point, pixels, to, **options):
        """Animations that take a point straight to another place, and show its picture on the way."""
        start = point.points[0].copy()
        move = Going(point, to=to, **options)
        yield move
        yield Follow(
            pixels, lambda t: [(1 - t) * start + t * to], pixels.show, run_time=move.run_time, rate_func=move.rate_func
        )

    def go(self, *args, **options):
        self.play(*self.going(*args, **options))


class Going(Flow):
    """Takes a single point straight to a place."""

    def __init__(self, point, *, to, **options):
        self.to = to
        super().__init__(point, **options)

    def place(self, points, t):
        return (1 - t) * points + t * self.to


class ThreePixels(VGroup):
    """Three pixels as large squares, and their numbers below."""

    def __init__(self, values):
        tokens = theme()
        self.squares = VGroup(*(Square(1.2, stroke_color=tokens.faint, stroke_width=2) for _ in range(3))).arrange(
            buff=0
        )
        self.numbers = LiveMatrix(np.zeros((1, 3)), size=1.1 * tokens.label_size)
        super().__init__(*stack(self.squares, self.numbers))
        self.show(values)

    def show(self, values):
        self.values = np.asarray(values, dtype=float)
        for square, value in zip(self.squares, self.values, strict=True):
            square.set_fill(rgb_to_color([value] * 3), opacity=1)
        self.numbers.set_values(self.values[None])
        return self


def pictures(X, radius=1.0, colour=None):
    """Points of the cube (n, 3) as the pictures that they are, framed; the radius is a share of the theme's."""
    stripes = np.clip(X, 0, 1).repeat(4, axis=1)[:, None, :].repeat(12, axis=1)
    cloud = PictureCloud(stripes, X, radius=radius * theme().thumbnail_radius)
    return cloud.set_color(colour or theme().faint)


def scenes(light, n, rng):
    """Pictures of smooth scenes in some light, (n, 3): one brightness, a slope from side to side, and a little noise."""
    slope = rng.normal(0, 0.03, (n, 1)) * np.array([-1, 0, 1])
    return np.clip(light + rng.normal(0, 0.05, (n, 1)) + slope + rng.normal(0, 0.015, (n, 3)), 0, 1)
