"""A small studio for tests: films at 480x270, stopped where a test wants to look, and baseline frames.

`frames_comparison` of Manim skips without a word where cairo is older than 1.18, so this is a harness of our own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest
from manim import Mobject, tempconfig
from PIL import Image
from scipy.ndimage import gaussian_filter

from nn_unfold.stage.layout import findings
from nn_unfold.stage.stage import Stage

HERE = Path(__file__).parent
SNAPSHOTS = HERE / "snapshots"
FAILED = HERE.parent / "failed"

LEVELS = 24  # of 255: how far two blurred frames may differ
STRAY = 24  # pixels of a frame that may differ more


def pytest_configure(config: pytest.Config) -> None:
    """The settings of whoever runs the tests don't count."""
    for name in [name for name in os.environ if name.startswith("UNFOLD_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what films write; trained networks and formulas in it are shared by all tests of a run."""
    base = tmp_path_factory.getbasetemp()
    # The workers of pytest-xdist have folders of their own in one of the run.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "renders"
    folder.mkdir(exist_ok=True)
    return folder


def _studio(media: Path, **settings: object) -> AbstractContextManager[None]:
    """Manim set for small pictures, and no files but in `media`."""
    small = {"pixel_width": 480, "pixel_height": 270, "frame_rate": 15, "progress_bar": "none", "verbosity": "WARNING"}
    return tempconfig({**small, "media_dir": str(media), "dry_run": True, **settings})


@pytest.fixture(autouse=True)
def studio(media: Path) -> Iterator[None]:
    """Every test of the films runs in the studio."""
    with _studio(media):
        yield


@pytest.fixture
def stage(studio: None) -> Stage:
    """An empty stage whose animations are skipped: what is played is at once where it ends."""
    return Stage(skip_animations=True)


@pytest.fixture(scope="session")
def picture() -> Callable[[Stage], np.ndarray]:
    """Takes a picture of a stage as it stands: (270, 480, 3) uint8."""
    return _picture


@pytest.fixture(scope="session")
def play(media: Path) -> Callable[..., Stage]:
    """Plays a film without waiting for its movements, and lets a test look at the end of each beat.

    `play(film, at_end_of_beat)` calls `at_end_of_beat(stage)` and returns the stage at the end of the film.
    """

    def play(film: type[Stage], at_end_of_beat: Callable[[Stage], object] = lambda stage: None) -> Stage:
        class Watched(film):
            @contextmanager
            def beat(self, text: str, **claim: Any) -> Iterator[None]:
                with super().beat(text, **claim):
                    yield
                at_end_of_beat(self)

        with _studio(media):
            stage = Watched(skip_animations=True)
            stage.render()
        return stage

    return play


@pytest.fixture(scope="session")
def takes_of(play: Callable[..., Stage]) -> Callable[..., list[Take]]:
    """Plays a film, which takes half a minute to one and a half, and keeps what the end of each beat shows.

    `takes_of(film, kinds)` gives a `Take` for each beat, with copies of the mobjects of these kinds.
    """

    def takes_of(film: type[Stage], kinds: Sequence[type[Mobject]]) -> list[Take]:
        taken = []

        def take(stage: Stage) -> None:
            family = dict.fromkeys(part for mobject in stage.mobjects for part in mobject.get_family())
            shown = {kind: [part.copy() for part in family if isinstance(part, kind)] for kind in kinds}
            taken.append(Take(_picture(stage), shown))

        assert 30 <= play(film, take).clock <= 90
        return taken

    return takes_of


@pytest.fixture(scope="session")
def flaws(play: Callable[..., Stage]) -> Callable[[type[Stage]], list[str]]:
    """Plays a film and tells what is cut, covered or off the screen at the end of any beat; a film has beats."""

    def flaws(film: type[Stage]) -> list[str]:
        found: list[str] = []
        stage = play(film, lambda stage: found.extend(f"beat {len(stage.beats)}: {line}" for line in findings(stage)))
        return found if stage.beats else ["there are no beats"]

    return flaws


def _picture(stage: Stage) -> np.ndarray:
    stage.renderer.static_image = None
    stage.renderer.update_frame(stage)
    return stage.renderer.get_frame()[..., :3]


def outside(expected: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Where two frames (h, w, 3) differ by more than a rasteriser may: (h, w) booleans.

    A blur of one pixel takes the steps out of edges, in which rasterisers differ; what is left of the step of
    an edge that stands a whole pixel away is far above LEVELS.
    """
    if expected.shape != actual.shape:
        return np.ones(actual.shape[:2], dtype=bool)
    one, other = (gaussian_filter(frame.astype(float), (1, 1, 0)) for frame in (expected, actual))
    return np.abs(one - other).max(axis=2) > LEVELS


class Take(NamedTuple):
    """What the end of a beat shows: the frame (270, 480, 3), and copies of mobjects in display order, by kind."""

    frame: np.ndarray
    shown: dict[type[Mobject], list[Mobject]]


@dataclass
class Snapshots:
    """The baseline frames of one module of tests, and those that all modules have asked for."""

    module: str
    update: bool
    asked: set[str]
    tolerated: ClassVar[int] = STRAY

    def __call__(self, shown: Stage | np.ndarray, name: str) -> None:
        """Compare a stage, or a frame (h, w, 3), with the baseline of this name.

        Fails where they differ; `pytest --update-snapshots` makes a new baseline of what is shown.
        """
        frame = shown if isinstance(shown, np.ndarray) else _picture(shown)
        path = SNAPSHOTS / f"{self.module}-{name}.png"
        assert path.name not in self.asked, f"two tests ask for the baseline {path.name}"
        self.asked.add(path.name)
        baseline = None
        if path.is_file():
            with Image.open(path) as image:
                baseline = np.asarray(image.convert("RGB"))
        stray = frame.shape[0] * frame.shape[1] if baseline is None else int(outside(baseline, frame).sum())
        if stray <= STRAY:
            return
        if self.update:
            SNAPSHOTS.mkdir(exist_ok=True)
            # Six bits of each colour: half the size, and well within the tolerance.
            Image.fromarray(frame // 4 * 4 + 2).save(path, optimize=True)
            return
        kept = FAILED / path.stem
        kept.mkdir(parents=True, exist_ok=True)
        Image.fromarray(frame).save(kept / "actual.png")
        if baseline is None:
            pytest.fail(f"There is no baseline {path.name}: look at {kept}/actual.png, then run --update-snapshots.")
        Image.fromarray(baseline).save(kept / "expected.png")
        Image.fromarray(outside(baseline, frame)).save(kept / "difference.png")
        pytest.fail(
            f"{stray} pixels of {path.name} differ, {STRAY} may: look at expected, actual, difference in {kept}."
        )


@pytest.fixture(scope="session")
def differing() -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Tells where two frames differ by more than a rasteriser may."""
    return outside


@pytest.fixture
def snapshot(request: pytest.FixtureRequest, asked: set[str]) -> Snapshots:
    """`snapshot(stage, "name")` compares what a stage shows with snapshots/<module>-<name>.png."""
    return Snapshots(
        module=request.path.stem.removeprefix("test_"),
        update=request.config.getoption("update_snapshots"),
        asked=asked,
    )
