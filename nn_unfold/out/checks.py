"""A film is played without being drawn, and held to its promise: sentences, pictures and layout.

It is played for its own seed and for others, and where there are classes for other numbers of them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from manim import Animation, AnimationGroup, FadeIn, FadeOut, Mobject, VGroup, VMobject, tempconfig

from nn_core.network import Layer
from nn_unfold.engine.camera import Perspective
from nn_unfold.errors import UnfoldError
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.flat.plots import LossCurve
from nn_unfold.model.recipe import Recipe
from nn_unfold.motion.flows import ActivationFlow, AffineFlow, Flow, Morph, Passage
from nn_unfold.motion.learning import Carried, Learning, Metric
from nn_unfold.space.base import SpatialMobject, in_space, spatial_parts
from nn_unfold.space.response import Response
from nn_unfold.stage import layout
from nn_unfold.stage.claims import Wordings
from nn_unfold.stage.stage import Stage
from nn_unfold.stage.view import CameraMove, View

RATE = 3  # moments a second at which the layout is looked at in motion
TOLERATED = 0.01  # the share of them that may have a fault
PRECISION = 1e-6  # how far a vertex may be from where the network puts it, as a share of the largest coordinate
SMALL = {"pixel_width": 480, "pixel_height": 270, "frame_rate": 15, "dry_run": True, "progress_bar": "none"}


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a film.

    Attributes:
        kind: "claim", "layout" (at the end of a beat), "motion", "forward" (what is drawn is not what the network
            computes), "curve" (what is told of a training is not what the network has that is drawn) or "failure" (the
            film can't be played).
        beat: from 1.
        time: seconds from the start of the film.
        message: what is wrong, in one line.
        moments: in how many moments this was seen; for "motion".
    """

    kind: str
    beat: int
    time: float
    message: str
    moments: int = 1


@dataclass
class Report:
    """What playing a film once has shown.

    Attributes:
        film: its name.
        case: which film this was: "own seed", "seed 7", "3 classes".
        findings: what is wrong.
        told: its sentences, in English.
        claims: how many of them were held to the numbers.
        vertices: how many vertices were compared with the forward pass.
        numbers: how many numbers of a training were compared with the network that is drawn beside them.
        moments: at how many moments the layout was looked at in motion.
        faulty: in how many of them something was wrong.
    """

    film: str
    case: str
    findings: list[Finding] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    claims: int = 0
    vertices: int = 0
    numbers: int = 0
    moments: int = 0
    faulty: int = 0

    @property
    def well(self) -> bool:
        """Whether nothing is wrong; of the moments in motion, one in a hundred may be."""
        rest = any(finding.kind != "motion" for finding in self.findings)
        return not rest and self.faulty <= TOLERATED * self.moments

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "well": self.well}


def cases(film: type[Stage], seeds: int, classes: Sequence[int] = (3, 7)) -> dict[str, type[Stage]]:
    """A film as it is, with other seeds, and with other numbers of classes where its data have classes.

    Args:
        film: a class.
        seeds: how many seeds beside its own.
        classes: how many classes.
    """
    found = {"own seed": film}
    for by in range(1, seeds + 1):
        changes = _reseeded(film, by)
        if changes:
            found[f"seed +{by}"] = _variant(film, changes)
    recipes = _recipes(film)
    for count in classes if seeds else ():
        changes = {name: _with_classes(recipe, count) for name, recipe in recipes.items() if _has_classes(recipe)}
        if changes:
            found[f"{count} classes"] = _variant(film, changes)
    return found


def examine(film: type[Stage], case: str = "own seed", *, motion: bool = True, layout: bool = True) -> Report:
    """Play a film without drawing it, and see what is wrong.

    Args:
        film: a class.
        case: what the report calls it.
        motion: whether the layout is looked at in motion too, not only at the ends of beats.
        layout: whether it is looked at at all. Without, captions and columns are not set, nothing fades and the camera
            stands still, which takes a third of the time.
    """
    report = Report(film.__name__, case)
    options = {"__module__": film.__module__, "report": report, "motion": motion and layout, "seen": layout}
    watched = type(film.__name__, (_Watched, film) if layout else (_Watched, _Unseen, film), options)
    try:
        with tempconfig(SMALL):
            watched(skip_animations=True).render()
    except UnfoldError as error:
        report.findings.append(Finding("failure", 0, 0.0, str(error)))
    return report


class _Watched(Stage):
    """A film that looks at itself at the end of each beat and on the way."""

    report: Report
    motion: bool
    seen: bool  # whether the layout counts

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._paths = _Paths()
        self._still = False  # whether nothing moves in the play that goes on
        self._seen: dict[str, Finding] = {}  # what was wrong a moment ago

    @contextmanager
    def beat(self, text: str, **claim: Any) -> Iterator[None]:
        with super().beat(text, **claim):
            told = self.told[-1]
            self.report.told.append(str(told))
            self.report.claims += told.holds is not None
            if told.holds is False:
                self._tell("claim", str(told))
            yield
        for line in layout.findings(self) if self.seen else ():
            self._tell("layout", line)
        strays, count = self._paths.strays(self)
        self.report.vertices += count
        for line in strays:
            self._tell("forward", line)

    def play(self, *args: Any, **kwargs: Any) -> None:
        before = {part: part.points for part in spatial_parts(self.mobjects)}
        self._still = True
        super().play(*args, **kwargs)
        if self._still and self.motion:
            # Manim does not go through the moments of a frame that stands still.
            self._go_through(self.clock - self.duration, self.duration)
        self._paths.add(self.animations or [], before)

    def play_internal(self, skip_rendering: bool = False) -> None:
        self._still = False
        if self.motion:
            self._go_through(self.clock, self.get_run_time(self.animations or []))
        super().play_internal(skip_rendering)

    def _go_through(self, start: float, duration: float) -> None:
        """Look at the moments of a play."""
        first, last = (int(np.floor(time * RATE + 1e-6)) for time in (start, start + duration))
        lines: list[str] | None = None
        for number in range(first + 1, last + 1):
            if not self._still:
                self.update_to_time(min(number / RATE - start, duration))
                self._compare_numbers()
            if lines is None or not self._still:
                lines = layout.findings(self, self._moving())
            self._look(number / RATE, lines)

    def _compare_numbers(self) -> None:
        """Hold what is told of a training to the network that is drawn beside it."""
        for learning in _nested(self.animations or []):
            for name, value, expected in _told(learning) if isinstance(learning, Learning) else ():
                self.report.numbers += 1
                if abs(value - expected) > PRECISION * max(1.0, abs(expected)):
                    self._tell("curve", f"the {name} is {value:.6g}, and the network that is drawn has {expected:.6g}")

    def _moving(self) -> set[Perspective]:
        return {move.camera for move in _nested(self.animations or []) if isinstance(move, CameraMove)}

    def _look(self, time: float, lines: list[str]) -> None:
        """Note what is wrong at a moment; what goes on for several moments is one finding."""
        self.report.moments += 1
        self.report.faulty += bool(lines)
        seen = {}
        for line in lines:
            name = re.sub(r"\d+\.\d+", "#", line)
            finding = self._seen.get(name) or Finding("motion", len(self.told), round(time, 2), line, 0)
            if finding in self.report.findings:
                self.report.findings.remove(finding)
            seen[name] = replace(finding, moments=finding.moments + 1)
        self.report.findings += seen.values()
        self._seen = seen

    def _tell(self, kind: str, message: str) -> None:
        self.report.findings.append(Finding(kind, len(self.told), round(self.clock, 2), message))


class _Unseen(Stage):
    """A film that nobody looks at: what it says and where its network takes things is all that counts."""

    @contextmanager
    def beat(
        self, text: str, *, holds: bool | None = None, otherwise: Wordings | None = None, **values: Any
    ) -> Iterator[None]:
        self._claim(text, holds, otherwise, values)
        self._within_beat = True
        yield
        self._within_beat = False

    def play(self, *args: Any, **kwargs: Any) -> None:
        moves = []
        for each in args:
            if type(each) is FadeIn or type(each) is FadeOut:
                (self.add if type(each) is FadeIn else self.remove)(each.mobject)  # type: ignore[arg-type]
            elif not isinstance(each, CameraMove):
                moves.append(each)
        self.animations = []
        if moves:
            super().play(*moves, **kwargs)

    def aside(self, *mobjects: VMobject) -> Animation:
        self.remove(*self._aside)
        self.add(*mobjects)
        self._aside = VGroup(*mobjects)
        return FadeIn(VGroup())

    def framing(self, *things: Mobject, **options: Any) -> View:
        return View.of(self.lens(*things)[0])

    def follow(self, flow: Flow, *things: Mobject, **options: Any) -> CameraMove:
        return self.reframe(*things, run_time=flow.run_time)

    def swing(self, *things: Mobject, **options: Any) -> CameraMove:
        return self.reframe(*things)

    def turn(self, angle: float, *things: Mobject, **options: Any) -> CameraMove:
        return self.reframe(*things)


class _Paths:
    """The layers that each part with an origin has gone through, and so where it must stand."""

    def __init__(self) -> None:
        # Half layers from the origin: (layer, whether its activation). None where something else has moved a part.
        self.of: dict[SpatialMobject, list[tuple[Layer, bool]] | None] = {}

    def add(self, animations: Iterable[Animation], before: Mapping[SpatialMobject, np.ndarray]) -> None:
        """Note what these animations, which are over, have done.

        Args:
            animations: of one play.
            before: where all parts stood.
        """
        known: set[SpatialMobject] = set()
        for animation in _nested(animations):
            for part, path in self._after(animation):
                self.of[part] = path
                known.add(part)
        for part, points in before.items():
            if part not in known and not np.array_equal(part.points, points):
                self.of[part] = None

    def _after(self, animation: Animation) -> Iterator[tuple[SpatialMobject, list[tuple[Layer, bool]] | None]]:
        if isinstance(animation, Learning):
            network = animation.history.interpolated(animation.stop)
            for follower in animation.followers:
                if isinstance(follower, Carried) and follower.features is None:
                    for part in spatial_parts([follower]):
                        yield part, _halves(network.layers[: follower.n_layers])
        for part in spatial_parts([animation.mobject]):  # type: ignore[list-item]  # with Cairo it is a Mobject
            if isinstance(animation, AffineFlow | ActivationFlow):
                path = self.of.get(part, [])
                half = animation.layer, isinstance(animation, ActivationFlow)
                yield part, None if path is None else [*path, half]
            elif isinstance(animation, Passage):
                halves = [half for flow in animation.flows for half in [(flow.layer, isinstance(flow, ActivationFlow))]]
                count = 2 * animation.stop
                yield part, halves[: int(count)] if count == int(count) else None
            elif isinstance(animation, Morph):
                whole = {0.0: [], 1.0: _halves(animation.network.layers)}
                yield part, whole.get(float(animation.stop))

    def strays(self, stage: Stage) -> tuple[list[str], int]:
        """What stands where its network does not put it, and how many vertices were compared."""
        lines, count = [], 0
        for part in spatial_parts(stage.mobjects):
            path = self.of.get(part)
            if path is None or part.origin is None or not len(part.origin):
                continue
            place = np.asarray(part.origin, dtype=float)
            for layer, bends in path:
                place = layer.activation(place) if bends else place @ layer.weight.T + layer.bias
            expected = in_space(np.pad(place, [(0, 0), (0, max(0, 2 - place.shape[1]))]))
            count += len(expected)
            if expected.shape != part.points.shape:
                lines.append(f"{type(part).__name__} has {len(part.points)} vertices, its origin {len(expected)}")
                continue
            off = float(np.abs(part.points - expected).max())
            if off > PRECISION * max(1.0, float(np.abs(expected).max())):
                lines.append(f"{type(part).__name__} is {off:.2g} away from where the network puts it")
        return lines, count


def _told(learning: Learning) -> Iterator[tuple[str, float, float]]:
    """What curves and numbers tell of a training, and what the network has that is drawn: (name, value, value)."""
    drawn = [f.network for f in learning.followers if isinstance(f, NetworkDiagram | Response)]
    told: dict[str, float] = {}
    for follower in learning.followers:
        if isinstance(follower, LossCurve):
            told |= follower.values
        elif isinstance(follower, Metric) and follower.metric != "epoch":
            told[follower.metric] = follower.value
    objective = learning.history.objective
    if not drawn or not told:
        return
    trace, loss = drawn[0].forward(objective.data.x_and_1[:, :-1]), objective.loss
    outputs = trace.logits if loss.of == "z" else trace.output
    penalty = sum(objective.l2 / 2 * float((layer.weight**2).sum()) for layer in drawn[0].layers)
    expected = {"loss": loss.value(outputs, objective.data.t) + penalty}
    if objective.decision is not None:
        right = objective.decision.read(trace.logits, trace.output) == objective.data.labels
        expected["accuracy"] = float(right.mean())
    for name in told.keys() & expected.keys():
        yield name, told[name], expected[name]


def _halves(layers: Iterable[Layer]) -> list[tuple[Layer, bool]]:
    return [(layer, bends) for layer in layers for bends in (False, True)]


def _nested(animations: Iterable[Animation]) -> Iterator[Animation]:
    for animation in animations:
        yield animation
        if isinstance(animation, AnimationGroup):
            yield from _nested(animation.animations)


def _variant(film: type[Stage], changes: Mapping[str, Any]) -> type[Stage]:
    """The same film with other class attributes."""
    return type(film.__name__, (film,), {**changes, "__module__": film.__module__})


def _recipes(film: type[Stage]) -> dict[str, Recipe]:
    return {name: value for name, value in inspect.getmembers(film) if isinstance(value, Recipe)}


def _reseeded(film: type[Stage], by: int) -> dict[str, Any]:
    """The seeds of a film's recipes, and its own if it has one, moved on."""
    changes: dict[str, Any] = {name: replace(r, seed=r.seed + by) for name, r in _recipes(film).items()}
    if isinstance(seed := getattr(film, "seed", None), int):
        changes["seed"] = seed + by
    return changes


def _has_classes(recipe: Recipe) -> bool:
    return "n_classes" in recipe.data_options


def _with_classes(recipe: Recipe, count: int) -> Recipe:
    options = {**recipe.data_options, "n_classes": count}
    return replace(recipe, data_options=options, sizes=(*recipe.sizes[:-1], count))
