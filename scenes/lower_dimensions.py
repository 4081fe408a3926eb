"""What is lost on the way to fewer dimensions: distances that can't all stay, a shadow, and a map of the earth."""

import numpy as np
from manim import DEGREES, Animation, FadeIn, FadeOut, Line, ManimColor, interpolate_color
from scipy.spatial.transform import Rotation

from nn_core.datasets import load_land
from nn_core.embedding import stress_layout
from nn_core.globe import area, on_map
from nn_core.network import Layer
from nn_unfold import (
    GLOBE,
    TOP,
    AffineFlow,
    Bars,
    Cloud,
    Follow,
    Globe,
    LiveMatrix,
    Roll,
    Rolled,
    Segments,
    Solid,
    SpatialGroup,
    Stage,
    Table,
    Unroll,
    cube,
    formula,
    in_space,
    number,
    polygon,
    rgb,
    stack,
)
from nn_unfold.theme import theme

EQUAL = 1e-6  # how far distances may be from 1 that are called equal
WRONG = 0.25  # how far off a distance is that has the full colour of what is too long or too short
STEPS = 60  # that are shown of a layout that settles
DROP = Layer(np.eye(2, 3), np.zeros(2))  # the shadow of a light from straight above
HEIGHT = 1.35  # of the solid above its shadow
LATITUDES = tuple(np.radians([0.0, 30.0, 60.0]))
GREENLAND, AUSTRALIA = np.radians([[-40.0, 72.0], [135.0, -25.0]])
ASLANT = {"phi": 68 * DEGREES, "theta": -60 * DEGREES}
FRONT = {"phi": 90 * DEGREES, "theta": -90 * DEGREES}


class LowerDimensions(Stage):
    """Distances, shadows and maps: what can't be kept where there are fewer dimensions, in numbers."""

    seed = 0

    def construct(self):
        self.rng = np.random.default_rng(self.seed)
        self.place_points()
        self.cast_a_shadow()
        self.unroll_the_earth()

    def place_points(self):
        """Three, four and five points that shall all be equally far from each other."""
        three = self.settle(np.eye(3, 2))
        flat = self.settle(self.grown(three[-1], 2))
        four = self.settle(self.grown(flat[-1], 3, points=4))
        five = self.settle(self.grown(four[-1], 3))
        shadow = self.settle(self.grown(five[-1], 4, points=5))

        with self.beat("Three points, all at the distance 1 from each other: a triangle.", holds=is_equal(three[-1])):
            self.points, self.bars = Arrangement(three[-1:]), Distances(three[-1:])
            self.play(self.aside(formula("d_(i j) = 1"), self.bars))
            self.look(reach(three, flat), **TOP._asdict())
            self.play(FadeIn(self.points))
        low, high = np.sort(distances(flat[-1]))[[0, -1]]
        with self.beat(
            "A fourth has no place in the plane. At best, the distances run from {low:.2f} to {high:.2f}.",
            holds=not is_equal(flat[-1]),
            low=low,
            high=high,
        ):
            self.settling(flat)
        with self.beat("In space it has one: all six are equal. That is a tetrahedron.", holds=is_equal(four[-1])):
            self.play(self.reframe(reach(flat[-1:], four), **ASLANT))
            self.settling(four)
            self.play(self.turn(45 * DEGREES, self.points, run_time=self.tokens.step))
        off = np.abs(distances(five[-1]) - 1)
        with self.beat(
            "A fifth has none in space. At best, {wrong} of ten distances are wrong, by up to {off:.2f}.",
            holds=not is_equal(five[-1]),
            wrong=number(int((off > EQUAL).sum())),
            off=off.max(),
        ):
            self.play(self.reframe(reach(four[-1:], five)))
            self.settling(five)
        turned = np.stack([shadow[-1] @ in_four(angle).T for angle in np.linspace(0, np.pi, 121)])
        with self.beat(
            "With a fourth number each, all ten are equal. What is seen here is a shadow, which leaves it out.",
            holds=is_equal(shadow[-1]),
        ):
            self.play(self.reframe(reach(shadow, turned)))
            self.settling(shadow)
            self.settling(turned, run_time=1.5 * self.tokens.step)

    def settle(self, start):
        """The way (STEPS + 1, n, d) of points from here to where their distances are nearest to 1."""
        way = [start - start.mean(axis=0), *stress_layout(1 - np.eye(len(start)), start=start, steps=3000)]
        return np.stack([way[i] for i in np.r_[0, np.geomspace(1, len(way) - 1, STEPS).round().astype(int)]])

    def grown(self, X, d, points=None):
        """These points with one more near their middle, or as many as they are, in d dimensions; hardly moved."""
        more = len(X) + 1 if points is None else points
        grown = np.zeros((more, d))
        grown[: len(X), : X.shape[1]] = X
        return grown + self.rng.normal(0, 0.05, grown.shape)

    def settling(self, way, run_time=None):
        """Let points go their way; where there are more than before, what was shown gives way to them first."""
        before, bars = self.points, self.bars
        self.points, self.bars = Arrangement(way), Distances(way)
        self.remove(before)
        self.add(self.points)
        if len(bars.values) != len(self.bars.values):
            self.play(self.aside(*self._aside[:-1], self.bars))
        else:
            self.bars = bars.follow(way)
        self.play(Roll(self.points, self.bars, steps=len(way) - 1, run_time=run_time or self.tokens.step))

    def cast_a_shadow(self):
        """A cube, and its shadow on the floor while it turns."""
        solid, start = Solid(cube(-0.5, 0.5), opacity=0.9), Rotation.from_euler("zx", [25, 20], degrees=True)
        shade, dim = (
            Solid(cube(-0.5, 0.5)),
            interpolate_color(ManimColor(self.tokens.background), ManimColor(self.tokens.faint), 0.45),
        )
        shade.faces.set_color(dim)
        rays = Segments(np.zeros((8, 2, 3)), [*rgb(self.tokens.accent), 0.6], width=self.tokens.grid_width)
        world = Turning(solid, shade, rays)
        world.turn_to(start)
        matrix = LiveMatrix(start.as_matrix()[:2])
        floor = polygon(
            np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * 1.1, self.tokens.faint, opacity=0.12
        )
        falling = solid.copy()
        falling.faces.order = -1  # behind the solid, as long as both are at one place
        drop = AffineFlow(falling, layer=DROP, kind="lerp", run_time=self.tokens.step)

        with self.beat("A shadow is a linear map. A light from above leaves out the height: three numbers become two."):
            self.play(self.aside(stack(formula("bold(s) = W bold(x)"), matrix)), FadeOut(self.points))
            self.look(floor, solid, **ASLANT)
            self.play(FadeIn(floor, solid, falling))
            falling.faces.set_color(dim)
            self.play(drop)
            self.remove(falling)
            self.play(FadeIn(shade, rays))
        ways = shadow_lengths(start)
        with self.beat(
            "Parallel edges stay parallel. Of {edges} equal edges, the shadow shows lengths from {low:.2f} to {high:.2f}.",
            holds=np.ptp(ways) > 0.01,
            edges=len(ways),
            low=ways.min(),
            high=ways.max(),
        ):
            upright, _ = Rotation.align_vectors([[0, 0, 1]], [[1, 1, 1]])
            tumble = Tumble(world, start, upright, run_time=self.tokens.turn)
            self.play(
                tumble,
                Follow(
                    matrix,
                    lambda t: [tumble.at(t).as_matrix()[:2]],
                    matrix.set_values,
                    run_time=tumble.run_time,
                    rate_func=tumble.rate_func,
                ),
            )
        shadows = np.unique((upright.apply(cube(-0.5, 0.5))[:, :2]).round(9), axis=0)
        with self.beat(
            "Now the light runs along a diagonal: two of eight corners have one shadow, and nothing tells them apart.",
            holds=len(shadows) == 7,
        ):
            self.play(
                self.swing(floor, shade, solid, phi=20 * DEGREES, theta=ASLANT["theta"]),
                solid.faces.animate.set_opacity(0.2),
            )
        self.play(FadeOut(floor, solid, shade, rays), self.aside())

    def unroll_the_earth(self):
        """The globe, two maps of it, and what they do to circles and to lands."""
        globe = Globe(latitudes=LATITUDES[:1] + tuple(s * x for x in LATITUDES[1:] for s in (1, -1)))
        flat, equal = Rolled(1.0, 1.0), Rolled(1.0, 1.0, "equal_area")
        sizes, ratios = (
            LiveMatrix(np.ones((3, 1)), brackets=False, centred=True, size=1.15 * self.tokens.label_size)
            for _ in range(2)
        )
        table = Table({"phi": np.degrees(LATITUDES).round(), "A": sizes, "a \\/ b": ratios})
        lands = {
            height: [abs(area(on_map(land_at(place), height))) for place in (GREENLAND, AUSTRALIA)]
            for height in ("mercator", "equal_area")
        }

        def measuring(flow):
            def show(t):
                measured = np.array([measure(flow.at(globe.rings[i], t)) for i in (0, 1, 3)])
                sizes.set_values(measured[:, :1] / measured[0, 0])
                ratios.set_values(measured[:, 1:])

            return Follow(table, lambda t: [t], show, run_time=flow.run_time, rate_func=flow.rate_func)

        def go(start, stop, *views, **options):
            flow = Unroll(globe, start=start, stop=stop, **options)
            self.play(flow, measuring(flow), self.follow(flow, globe, **views[0]))
            return flow

        with self.beat(
            "A shadow would lay the back of the earth on its front. All circles drawn on it are of one size."
        ):
            self.play(self.aside(table))
            self.look(globe, phi=75 * DEGREES, theta=-90 * DEGREES)
            self.play(FadeIn(globe))
        with self.beat(
            "Cut along a meridian, it is stretched to a cylinder, more and more towards the poles. That is not linear."
        ):
            go(GLOBE, Rolled(), {"phi": 75 * DEGREES, "theta": -60 * DEGREES})
        before = globe.coast.points.copy()
        opened = Unroll(globe, start=Rolled(), stop=flat).at(globe.coast.origin, 1.0)
        same = np.isclose(total(before), total(opened), rtol=1e-3)
        with self.beat("A cylinder can be unrolled: no length on it changes.", holds=same):
            go(Rolled(), flat, FRONT)
        looks, truly = (greenland / australia for greenland, australia in lands.values())
        with self.beat(
            "Mercator's map keeps angles. Greenland looks {times:.1f} times as large as Australia: in truth {truly:.1f} times.",
            holds=looks > 1 > truly,
            times=looks,
            truly=truly,
        ):
            pass
        widest = measure(Unroll(globe, start=flat, stop=equal).at(globe.rings[3], 1.0))[1]
        with self.beat(
            "Lambert's map keeps areas: at 60 degrees circles become {widest:.1f} times as long as wide. No map keeps both.",
            holds=widest > 1.5,
            widest=widest,
        ):
            go(flat, equal, FRONT)


class Arrangement(SpatialGroup):
    """Points on a way (T, n, d), each tied to all others; of more than three numbers the first three are seen."""

    def __init__(self, way):
        self.way, (_, self.n, _) = way, way.shape
        self.ties = Segments(
            np.zeros((self.n * (self.n - 1) // 2, 2, 3)), (1, 1, 1, 1), width=0.5 * theme().boundary_width
        )
        self.cloud = Cloud(np.zeros((self.n, 3)), radius=1.5 * theme().dot_radius)
        super().__init__(self.ties, self.cloud)
        self.show_step(0)

    def show_step(self, step):
        X = between(self.way, step)
        seen = np.zeros((self.n, 3))
        seen[:, : min(3, X.shape[1])] = X[:, :3]
        self.cloud.points = seen
        self.ties.points = np.stack([seen[i] for i in np.triu_indices(self.n, 1)], axis=1).reshape(-1, 3)
        self.ties.rgba[:, :3] = np.repeat(shades(distances(X)), 2, axis=0)
        return self


class Distances(Bars):
    """The distances of points on a way, all numbers of theirs counted, beside a line at 1."""

    def __init__(self, way):
        self.way = way
        super().__init__(distances(way[0]), (0.0, 1.3), size=(3.0, 1.8))
        left, right = self.place([[self.ranges[0][0], 1.0], [self.ranges[0][1], 1.0]])
        self.add(Line(left, right, stroke_color=theme().accent, stroke_width=theme().axis_width))
        self.show_step(0)

    def follow(self, way):
        self.way = way
        return self

    def show_step(self, step):
        values = distances(between(self.way, step))
        self.set_values(values)
        for bar, colour in zip(self.bars, shades(values), strict=True):
            bar.set_fill("#{:02x}{:02x}{:02x}".format(*(np.clip(colour, 0, 1) * 255).astype(int)))
        return self


class Turning(SpatialGroup):
    """A solid at HEIGHT, its shadow on the floor, and a ray of light from each corner to its shadow."""

    def __init__(self, solid, shade, rays):
        self.solid, self.shade, self.rays = solid, shade, rays
        super().__init__(shade, rays, solid)

    def turn_to(self, rotation):
        for part, edge in ((self.solid.faces, self.shade.faces), (self.solid.edges, self.shade.edges)):
            turned = rotation.apply(part.origin)
            part.points, edge.points = turned + np.array([0, 0, HEIGHT]), turned * np.array([1, 1, 0])
        self.rays.points = np.stack([self.solid.faces.points, self.shade.faces.points], axis=1).reshape(-1, 3)
        return self


class Tumble(Animation):
    """Turns a solid with its shadow from one rotation to another, about one axis."""

    def __init__(self, world, start, stop, **kwargs):
        self.start, self.way = start, (stop * start.inv()).as_rotvec()
        super().__init__(world, **kwargs)

    def at(self, t):
        return Rotation.from_rotvec(t * self.way) * self.start

    def interpolate_mobject(self, alpha):
        self.mobject.turn_to(self.at(self.rate_func(alpha)))


def between(way, step):
    """Where points are after a number of steps of their way (T, n, d)."""
    first = min(int(step), len(way) - 1)
    share = step - first
    return way[first] if share <= 0 else (1 - share) * way[first] + share * way[min(first + 1, len(way) - 1)]


def reach(*ways):
    """A cloud of all places that points on some ways come to, as far as they are seen."""
    return Cloud(np.concatenate([in_space(way[..., :3].reshape(-1, min(3, way.shape[2]))) for way in ways]))


def distances(X):
    """The distances of all pairs of points (n, d), in the order of `numpy.triu_indices`."""
    i, j = np.triu_indices(len(X), 1)
    return np.linalg.norm(X[i] - X[j], axis=1)


def is_equal(X):
    """Whether points are all at the distance 1 from each other."""
    return bool(np.abs(distances(X) - 1).max() < EQUAL)


def shades(values):
    """The colours of distances: ink where they are 1, towards the theme's positive if longer, negative if shorter."""
    tokens = theme()
    ink, longer, shorter = (np.array(rgb(colour)) for colour in (tokens.ink, tokens.positive, tokens.negative))
    off = (np.asarray(values) - 1)[:, None]
    return ink + np.clip(np.abs(off) / WRONG, 0, 1) * (np.where(off > 0, longer, shorter) - ink)


def in_four(angle):
    """A rotation of four dimensions that mixes the third with the fourth, (4, 4)."""
    rotation = np.eye(4)
    rotation[2:, 2:] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return rotation


def shadow_lengths(rotation):
    """How long the shadows of the twelve edges of a unit cube are."""
    start, end = Solid(cube(-0.5, 0.5)).edges.origin.reshape(-1, 2, 3).swapaxes(0, 1)
    return np.linalg.norm(rotation.apply(end - start)[:, :2], axis=1)


def measure(ring):
    """The area of a small flat figure (k, 3), and how many times it is as long as it is wide."""
    spread = np.linalg.svd(ring - ring.mean(axis=0), compute_uv=False)
    return np.linalg.norm(np.cross(ring, np.roll(ring, -1, axis=0)).sum(axis=0)) / 2, spread[0] / spread[1]


def land_at(place):
    """The outline (k, 2) of the land that a place is on."""
    for ring in load_land():
        (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
        met = (y0 > place[1]) != (y1 > place[1])
        if (x0 + (place[1] - y0) / np.where(met, y1 - y0, 1) * (x1 - x0) < place[0])[met].sum() % 2:
            return ring


def total(ends):
    """The length of line segments (2 k, 3) in all."""
    return np.linalg.norm(ends[1::2] - ends[::2], axis=1).sum()
