"""Fuzzing: a few cases of each property in every test run, the same ones each time; new ones for as long as asked.

`UNFOLD_FUZZ_SECONDS=3600` (`make fuzz`) shares that time among the properties that run.
"""

from __future__ import annotations

import os
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import nn_core
from nn_core.training import TrainingDiverged

SECONDS = float(os.environ.get("UNFOLD_FUZZ_SECONDS", "0"))
OURS = Path(nn_core.__file__).parent
MOST_TIME = 2.0  # seconds of this process
MOST_MEMORY = 500  # MB

_options = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
settings.register_profile("short", max_examples=60, derandomize=True, database=None, **_options)
settings.register_profile("long", max_examples=50, **_options)


@pytest.fixture(scope="session")
def cases(request: pytest.FixtureRequest) -> Counter[str]:
    """How many calls gave a result, and how many were refused."""
    counts: Counter[str] = Counter()
    request.config.stash[_COUNTS] = counts
    return counts


_COUNTS = pytest.StashKey[Counter[str]]()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that sums up what several workers have counted."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["fuzz"] = dict(session.config.stash.get(_COUNTS, Counter()))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    node.config.stash.setdefault(_COUNTS, Counter()).update(getattr(node, "workeroutput", {}).get("fuzz", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if counts := config.stash.get(_COUNTS, None):
        terminalreporter.write_line(
            f"fuzzing: {counts['taken']:,} calls taken, {counts['refused']:,} refused in a line"
        )


@pytest.fixture
def repeat(request: pytest.FixtureRequest) -> Callable[[Callable[[], None]], None]:
    """Run a property of hypothesis: once, or again and again until its share of the time is over."""
    n_properties = sum("repeat" in getattr(item, "fixturenames", ()) for item in request.session.items)

    def run(check: Callable[[], None]) -> None:
        fuzz = settings.get_profile("long" if SECONDS else "short")(check)
        end = time.monotonic() + SECONDS / n_properties
        while True:
            fuzz()
            if time.monotonic() >= end:
                return

    return run


@pytest.fixture
def outcome(cases: Counter[str]) -> Callable[[Callable[[], Any]], Any]:
    """What a call gives, or None if it is refused as it should be: soon, in little memory, in one line of our own."""

    def judged(call: Callable[[], Any]) -> Any:
        memory, begin = _peak(), time.process_time()
        result, refusal = None, None
        try:
            result = call()
        except (ValueError, TypeError, OSError, TrainingDiverged) as error:
            refusal = error
        cases["taken" if refusal is None else "refused"] += 1
        if refusal is not None:
            words, frame = str(refusal), traceback.extract_tb(refusal.__traceback__)[-1]
            where = f"{frame.filename}:{frame.lineno}: {type(refusal).__name__}: {words}"
            assert OURS in Path(frame.filename).parents, f"not raised by nn_core: {where}"
            assert "\n" not in words, f"several lines: {where}"
            assert 5 < len(words) < 800, f"{len(words)} letters: {where}"
        took, grown = time.process_time() - begin, _peak() - memory
        assert took < MOST_TIME, f"took {took:.1f} s"
        assert grown < MOST_MEMORY, f"took {grown:.0f} MB"
        return result

    return judged


def _peak() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**10 if sys.platform != "darwin" else 2**20)


def finite(*arrays: Any) -> bool:
    """Whether there is no NaN and no infinity in any of them."""
    return all(np.isfinite(np.asarray(array)).all() for array in arrays)
