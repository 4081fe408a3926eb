"""Is all that is on the screen where a viewer can see it? A check of a stage as it stands, at any moment.

Boxes are those of control points, in frame units, as the camera shows them: flat, anchored and solid mobjects alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from manim import Mobject, Text, Typst, VMobject, config

from nn_unfold.engine.camera import NEAR, Perspective, StageCamera
from nn_unfold.engine.paint.batch import Batch
from nn_unfold.space.base import SpatialMobject, spatial_parts
from nn_unfold.stage.view import Area, Panel, extent
from nn_unfold.text.labels import Label, caption_height
from nn_unfold.text.numbers import LiveMatrix

if TYPE_CHECKING:
    from nn_unfold.stage.stage import Stage

SLACK = 0.02  # frame units that nobody sees
TOUCH = 0.04  # likewise of two texts, whose boxes hold the control points of their outlines, and these lie outside
COVERED = 0.02  # share of a flat thing's box that what is in space may reach into
OPAQUE = 64  # of 255: what is fainter covers nothing


def findings(stage: Stage, moving: Collection[Perspective] = ()) -> list[str]:
    """What is wrong with the layout of a stage, a readable line for each; an empty list is good.

    Args:
        stage: as it stands.
        moving: cameras and panels that are on their way. A panel cuts what goes beyond it, and while it goes into a
            picture or comes back that is no fault.

    What counts:

    - Texts lie in the safe area of the screen, and not over each other.
    - What lives in space is seen whole, within the free area and the room for labels about it, or in a panel
      that shows a piece of its inside: what reaches beyond a panel on all sides has been looked into on purpose.
    - What lies flat on the screen is clear of what lives in space, and of the caption's band.
    """
    camera = stage.camera
    faded = _faded(stage)
    texts = {
        text: box for text in _texts(stage.mobjects) if text not in faded and (box := _box(camera, text)) is not None
    }
    return [
        *_unsafe(stage, texts),
        *_over_each_other(texts),
        *_out_of_sight(stage, moving),
        *_in_the_way(stage),
    ]


def _faded(stage: Stage) -> set[Mobject]:
    """Labels of axes that have given way to others."""
    camera = stage.camera
    parts = [part for mobject in stage.mobjects for part in mobject.get_family()]
    shown = [part for part in parts if getattr(part, "anchor", None) is not None and _is_shown(part)]
    gone = set()
    for lens in {camera.lens(part) for part in shown}:
        room = camera.room_for_labels(shown, lens)
        gone |= {line for (_, line), share in room.items() if share < 1}
    labels = (text for text in _texts(stage.mobjects) if camera.may_be_hidden(text.family_members_with_points()[0]))
    return {text for text in labels if _line_of(text.family_members_with_points()[0]).tobytes() in gone}


def _unsafe(stage: Stage, texts: dict[VMobject, Area]) -> Iterator[str]:
    edge = stage.tokens.margin / 2
    right, top = config.frame_width / 2 - edge, config.frame_height / 2 - edge
    for text, box in texts.items():
        for beyond, side in _beyond(box, Area(-right, right, -top, top)):
            yield f"{_name(text)} reaches {beyond:.2f} beyond the safe area {side}"


def _over_each_other(texts: dict[VMobject, Area]) -> Iterator[str]:
    for (one, a), (other, b) in combinations(texts.items(), 2):
        across = min(a.right, b.right) - max(a.left, b.left)
        down = min(a.top, b.top) - max(a.bottom, b.bottom)
        if min(across, down) > TOUCH:
            yield f"{_name(one)} lies over {_name(other)} by {across:.2f} x {down:.2f}"


def _out_of_sight(stage: Stage, moving: Collection[Perspective]) -> Iterator[str]:
    room = stage.tokens.label_room
    farthest: dict[str, tuple[float, str]] = {}
    for part in spatial_parts(stage.mobjects):
        points = part.points[part.rgba[:, 3] > 0]
        if not len(points):
            continue
        name = type(part).__name__
        lens, free = stage.lens(part)
        if isinstance(lens, Panel):
            if lens in moving:
                continue
        elif not any(text in stage.mobjects for text in stage._aside):
            free = stage.whole_area()  # the column is still empty
        eye = lens.projection()[3]  # this row of the matrix gives the distance from the eye along the view axis
        if (points @ eye[:3] + eye[3] < NEAR * lens.get_focal_distance()).any():
            yield f"{name} reaches behind the eye of the camera"
            continue
        free = Area(free.left - room, free.right + room, free.bottom - room, free.top + room)
        beyonds = _beyond(_extent(lens.project_points(points)), free)
        if isinstance(lens, Panel) and len(beyonds) == 4:
            continue
        for beyond, side in beyonds:
            farthest[side] = max(farthest.get(side, (0.0, "")), (beyond, name))
    for side, (beyond, name) in farthest.items():
        yield f"{name} reaches {beyond:.2f} beyond the free area {side}"


def _line_of(label: Any) -> np.ndarray:
    """The line (2, 3) in space that a label belongs to."""
    line: np.ndarray = label.belongs_to
    return line


def _in_the_way(stage: Stage) -> Iterator[str]:
    space = _Space(stage)
    band = -config.frame_height / 2 + stage.tokens.margin / 2 + caption_height()
    caption = {part for text in (stage._caption, stage._leaving, stage._band) if text for part in text.get_family()}
    for mobject in stage.mobjects:
        worst, lowest = 0.0, band
        for part in mobject.get_family():
            if not isinstance(part, VMobject) or not _is_flat(part):
                continue
            if (box := _box(stage.camera, part, family=False)) is None:
                continue
            worst = max(worst, space.share_covered(box))
            lowest = lowest if part in caption else min(lowest, box.bottom)
        if worst > COVERED:
            yield f"{_name(mobject)}, flat on the screen, lies over what is in space"
        if lowest < band - SLACK:
            yield f"{_name(mobject)} reaches {band - lowest:.2f} into the band of the caption"


class _Space:
    """Where on the screen something is that lives in space. It is painted only where a flat thing comes near it."""

    def __init__(self, stage: Stage) -> None:
        self.camera = stage.camera
        self.batches: dict[Perspective, list[Batch]] = {}
        for part in spatial_parts(stage.mobjects):
            self.batches.setdefault(self.camera.lens(part), []).append(part.batch())
        marks = (self.camera.may_mark(batch, lens) for lens, batches in self.batches.items() for batch in batches)
        self.marks = [mark for mark in marks if mark is not None]

    def share_covered(self, box: Area) -> float:
        """Which share of the pixels of a box the painter has left its mark on."""
        left, top, right, bottom = np.maximum(self.camera.pixels(*box), 0)
        if not any(
            left < end and start < right and top < low and high < bottom for start, high, end, low in self.marks
        ):
            return 0.0
        pixels = self._covered[top:bottom, left:right]
        return float(pixels.mean()) if pixels.size else 0.0

    @cached_property
    def _covered(self) -> np.ndarray:
        """Booleans, rows from the top of the screen."""
        covered = np.zeros((self.camera.pixel_height, self.camera.pixel_width), dtype=bool)
        for lens, batches in self.batches.items():
            covered |= self.camera.painted(batches, lens).whole(*covered.shape)[..., 3] > OPAQUE
        return covered


def _texts(mobjects: Iterable[Mobject]) -> Iterator[VMobject]:
    """Every text, formula and matrix of numbers, as a whole."""
    for mobject in mobjects:
        if isinstance(mobject, Label | Text | Typst | LiveMatrix):
            yield mobject
        else:
            yield from _texts(mobject.submobjects)


def _is_flat(part: Mobject) -> bool:
    lies_flat = not getattr(part, "shade_in_3d", False) and getattr(part, "anchor", None) is None
    return isinstance(part, VMobject) and lies_flat


def _box(camera: StageCamera, mobject: VMobject, *, family: bool = True) -> Area | None:
    """Where a mobject is seen on the screen, or None where it is not to be seen."""
    parts = mobject.get_family() if family else [mobject]
    shown = [camera.transform_points_pre_display(part, part.points) for part in parts if _is_shown(part)]
    return _extent(np.concatenate(shown)) if shown else None


def _is_shown(part: Mobject) -> bool:
    if isinstance(part, SpatialMobject) or not len(part.points):
        return False
    return part.get_fill_opacity() > 0 or (part.get_stroke_width() > 0 and part.get_stroke_opacity() > 0)


def _extent(points: np.ndarray) -> Area:
    (left, bottom), (right, top) = extent(points[:, :2])
    return Area(left, right, bottom, top)


def _beyond(box: Area, limits: Area) -> list[tuple[float, str]]:
    """How far a box reaches over each side of another, where it does."""
    over = (
        (limits.left - box.left, "on the left"),
        (box.right - limits.right, "on the right"),
        (limits.bottom - box.bottom, "at the bottom"),
        (box.top - limits.top, "at the top"),
    )
    return [(beyond, side) for beyond, side in over if beyond > SLACK]


def _name(mobject: Mobject) -> str:
    if isinstance(mobject, Label):
        return f"the text {mobject.words!r}"
    if isinstance(mobject, Text):
        return f"the text {mobject.original_text!r}"
    if isinstance(mobject, Typst):
        return f"the formula {mobject.typst_code!r}"
    return f"the {type(mobject).__name__}"
