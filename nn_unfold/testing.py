"""What tests of films need, as a plugin of pytest: films played without waiting, and baseline frames.

It is loaded by the entry point `pytest11` wherever this package is installed. It imports Manim when a test asks for one
of these fixtures:

==============  =====================================================================================================
`play`          `play(Film)` plays a film without its movements and returns the stage at its end;
                `play(Film, at_end_of_beat)` calls `at_end_of_beat(stage)` at the end of each beat
`flaws`         `flaws(Film)` lists what is cut, covered or off the screen at the end of any beat
`takes_of`      `takes_of(Film, kinds)` keeps the frame and copies of the mobjects of these kinds, for each beat
`stage`         an empty stage whose animations are skipped
`picture`       `picture(stage)` is the frame that it shows, (270, 480, 3) uint8
`snapshot`      `snapshot(stage, "name")` compares the frame with the baseline `snapshots/<module>-<name>.png`
`differing`     `differing(frame, other)` says where two frames differ, (270, 480) bool
`studio`        Manim set for small pictures without files, 480x270
`media`         the folder of trained networks and formulas, one for all tests of a run
==============  =====================================================================================================

Baselines lie in `snapshots/` beside the file of the test; ``pytest --update-snapshots`` writes them. After a failure,
the expected and the actual frame and their difference lie in `failed/` beside it. A baseline that no test asks for
fails the run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import pytest

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from manim import Mobject

    from nn_unfold.stage.stage import Stage

    Frame = npt.NDArray[np.uint8]

LEVELS = 24  # of 255: how far two blurred frames may differ
STRAY = 24  # pixels of a frame that may differ more


class Take(NamedTuple):
    """What the end of a beat shows.

    Attributes:
        frame: (270, 480, 3).
        shown: copies of mobjects in display order, by kind.
        time: seconds of film so far.
    """

    frame: Frame
    shown: dict[type[Mobject], list[Mobject]]
    time: float


# Films


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what films write; trained networks and formulas in it are shared by all tests of a run."""
    for name in [name for name in os.environ if name.startswith("UNFOLD_")]:
        del os.environ[name]  # the settings of whoever runs the tests don't count
    base = tmp_path_factory.getbasetemp()
    # The workers of pytest-xdist have folders of their own in one of the run.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "renders"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def studio(media: Path) -> Generator[None]:
    """Manim set for small pictures, 480x270, and no files but in `media`."""
    with _studio(media):
        yield


@pytest.fixture
def stage(studio: None) -> Stage:
    """An empty stage whose animations are skipped: what is played is at once where it ends."""
    from nn_unfold.stage.stage import Stage

    return Stage(skip_animations=True)


@pytest.fixture(scope="session")
def picture() -> Callable[[Stage], Frame]:
    """Takes a picture of a stage as it is: (270, 480, 3) uint8."""
    return _picture


@pytest.fixture(scope="session")
def play(media: Path) -> Callable[..., Stage]:
    """Plays a film without waiting for its movements, and lets a test look at the end of each beat.

    `play(film, at_end_of_beat)` calls `at_end_of_beat(stage)` and returns the stage at the end of the film.
    """

    def play(film: type[Stage], at_end_of_beat: Callable[[Stage], object] = lambda stage: None) -> Stage:
        class Watched(film):  # type: ignore[misc, valid-type]  # the class is a value here
            @contextmanager
            def beat(self, *args: Any, **kwargs: Any) -> Iterator[None]:
                with super().beat(*args, **kwargs):
                    yield
                at_end_of_beat(self)

        with _studio(media):
            stage: Stage = Watched(skip_animations=True)
            stage.render()
        return stage

    return play


@pytest.fixture(scope="session")
def takes_of(play: Callable[..., Stage]) -> Callable[..., list[Take]]:
    """Plays a film and keeps what the end of each beat shows.

    `takes_of(film, kinds)` gives a `Take` for each beat, with copies of the mobjects of these kinds.
    """

    def takes_of(film: type[Stage], kinds: Sequence[type[Mobject]]) -> list[Take]:
        taken = []

        def take(stage: Stage) -> None:
            family = dict.fromkeys(part for mobject in stage.mobjects for part in mobject.get_family())
            shown = {kind: [part.copy() for part in family if isinstance(part, kind)] for kind in kinds}
            taken.append(Take(_picture(stage), shown, stage.clock))

        play(film, take)
        return taken

    return takes_of


@pytest.fixture(scope="session")
def flaws(play: Callable[..., Stage]) -> Callable[[type[Stage]], list[str]]:
    """Plays a film and lists what is cut, covered or off the screen at the end of any beat; a film has beats."""

    def flaws(film: type[Stage]) -> list[str]:
        from nn_unfold.stage.layout import findings

        found: list[str] = []
        stage = play(film, lambda stage: found.extend(f"beat {len(stage.beats)}: {line}" for line in findings(stage)))
        return found if stage.beats else ["there are no beats"]

    return flaws


@contextmanager
def _studio(media: Path) -> Iterator[None]:
    from manim import tempconfig

    small = {"pixel_width": 480, "pixel_height": 270, "frame_rate": 15, "progress_bar": "none", "verbosity": "WARNING"}
    with tempconfig({**small, "media_dir": str(media), "dry_run": True}):
        yield


def _picture(stage: Stage) -> Frame:
    renderer: Any = stage.renderer
    renderer.static_image = None
    renderer.update_frame(stage)
    frame: Frame = renderer.get_frame()[..., :3]
    return frame


# Baseline frames


def outside(expected: Frame, actual: Frame) -> npt.NDArray[np.bool_]:
    """Where two frames (h, w, 3) differ by more than a rasteriser may: (h, w) booleans.

    A blur of one pixel removes the steps of edges, in which rasterisers differ. The step of an edge that is a whole
    pixel off remains far above LEVELS.
    """
    import numpy as np
    from scipy.ndimage import gaussian_filter

    if expected.shape != actual.shape:
        return np.ones(actual.shape[:2], dtype=bool)
    one, other = (gaussian_filter(frame.astype(float), (1, 1, 0)) for frame in (expected, actual))
    return np.asarray(np.abs(one - other).max(axis=2) > LEVELS)


@dataclass
class Snapshots:
    """The baseline frames of one file of tests.

    Attributes:
        folder: of the file.
        module: the name of the file, without `test_` and `.py`.
        update: whether a frame that differs becomes the new baseline.
        asked: the paths of the baselines that tests of this run have asked for.
    """

    folder: Path
    module: str
    update: bool
    asked: set[str]
    tolerated: ClassVar[int] = STRAY

    def __call__(self, shown: Stage | Frame, name: str) -> None:
        """Compare a stage, or a frame (h, w, 3), with the baseline of this name.

        Fails where they differ; `pytest --update-snapshots` makes a new baseline of what is shown.
        """
        import numpy as np
        from PIL import Image

        frame = shown if isinstance(shown, np.ndarray) else _picture(shown)
        path = self.folder / "snapshots" / f"{self.module}-{name}.png"
        if str(path) in self.asked:
            pytest.fail(f"Two tests ask for the baseline {path.name}.")
        self.asked.add(str(path))
        baseline = None
        if path.is_file():
            with Image.open(path) as image:
                baseline = np.asarray(image.convert("RGB"))
        stray = frame.shape[0] * frame.shape[1] if baseline is None else int(outside(baseline, frame).sum())
        if stray <= STRAY:
            return
        if self.update:
            path.parent.mkdir(exist_ok=True)
            # Six bits of each colour: half the size, and well within the tolerance.
            Image.fromarray(frame // 4 * 4 + 2).save(path, optimize=True)
            return
        kept = self.folder / "failed" / path.stem
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
def differing() -> Callable[[Frame, Frame], npt.NDArray[np.bool_]]:
    """Says where two frames differ by more than a rasteriser may."""
    return outside


@pytest.fixture
def snapshot(request: pytest.FixtureRequest, studio: None) -> Snapshots:
    """`snapshot(stage, "name")` compares what a stage shows with snapshots/<module>-<name>.png."""
    config = request.config
    update = bool(config.getoption("update_snapshots"))
    return Snapshots(request.path.parent, _module(request.path), update, config.stash[_BASELINES].asked)


def _module(path: Path) -> str:
    return path.stem.removeprefix("test_").removesuffix("_test")


# Baselines that no test asks for


class _Baselines:
    """Notes which baselines the tests of a run ask for, and fails a run that leaves one unused.

    A baseline is judged where all tests of its file ran and passed, in one process or in several.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.asked: set[str] = set()
        self._ran: set[str] = set()  # files of tests
        self._in_part: set[str] = {str(Path(arg.split("::")[0]).absolute()) for arg in config.args if "::" in arg}

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self._in_part |= {str(item.path) for item in items}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        path = str(self._config.rootpath / report.nodeid.split("::")[0])
        (self._ran if report.passed else self._in_part).add(path)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over what a worker of pytest-xdist noted."""
        noted = getattr(node, "workeroutput", {})
        self.asked |= set(noted.get("asked_baselines", ()))
        self._in_part |= set(noted.get("in_part", ()))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput.update(asked_baselines=sorted(self.asked), in_part=sorted(self._in_part))
        elif session.exitstatus == pytest.ExitCode.OK and self.unused():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for path in self.unused():
            terminalreporter.write_line(f"No test asks for the baseline {path}: delete it.", red=True)

    def unused(self) -> list[Path]:
        """Baselines that no test has asked for."""
        whole = {Path(path) for path in self._ran - self._in_part}
        judged = {(path.parent, _module(path)) for path in whole}
        unused = []
        for folder in {path.parent for path in whole}:
            kept = {_module(path) for path in folder.glob("*.py")}
            for path in folder.glob("snapshots/*.png"):
                module = path.stem.partition("-")[0]
                if str(path) not in self.asked and ((folder, module) in judged or module not in kept):
                    unused.append(path)
        return sorted(unused)


_BASELINES = pytest.StashKey[_Baselines]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--update-snapshots``."""
    parser.getgroup("unfold").addoption(
        "--update-snapshots",
        action="store_true",
        help="write the frames of this run as the new baselines in snapshots/ beside the tests",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Note the baselines that tests ask for."""
    config.stash[_BASELINES] = _Baselines(config)
    config.pluginmanager.register(config.stash[_BASELINES], "unfold-baselines")
