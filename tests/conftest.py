"""Options of the test run, and what must hold of it as a whole, be it in one process or in several."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

FRAMES = Path(__file__).parent / "scenes"

_ASKED = pytest.StashKey[set[str]]()
_WHOLE = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots",
        action="store_true",
        help="write the frames of this run as the new baselines in tests/scenes/snapshots",
    )


def pytest_configure(config: pytest.Config) -> None:
    # A shell has what it runs in the background ignore Ctrl-C, and so would the films that tests stop by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[_ASKED], config.stash[_WHOLE] = set(), False


@pytest.fixture(scope="session")
def asked(pytestconfig: pytest.Config) -> set[str]:
    """The names of the baseline frames that tests of this process have asked for so far."""
    return pytestconfig.stash[_ASKED]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note whether all tests of frames run, and keep those of a file together, which share the film that they play."""
    ran = {item.path for item in items}
    named = any("::" in arg for arg in config.args)
    config.stash[_WHOLE] = not named and set(FRAMES.glob("test_*.py")) <= ran
    for item in items:
        if not item.path.stem.endswith(("films", "retrained")):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def pytest_deselected(items: list[pytest.Item]) -> None:
    for item in items:
        item.config.stash[_WHOLE] = False


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    """Take over what a worker of pytest-xdist knows."""
    output = getattr(node, "workeroutput", {})
    stash = node.config.stash
    stash[_ASKED] |= set(output.get("asked", ()))
    stash[_WHOLE] = output.get("whole", False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A baseline that no test asks for is an error; only a whole run without failures can tell."""
    stash = session.config.stash
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput.update(asked=sorted(stash[_ASKED]), whole=stash[_WHOLE])
    elif orphans(session.config) and not session.testsfailed:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for path in orphans(config) if not terminalreporter.stats.get("failed") else []:
        terminalreporter.write_line(f"No test asks for the baseline {path.name}: delete it.", red=True)


def orphans(config: pytest.Config) -> list[Path]:
    """Baselines that nobody has asked for in a whole run."""
    baselines = sorted((FRAMES / "snapshots").glob("*.png")) if config.stash[_WHOLE] else []
    return [path for path in baselines if path.name not in config.stash[_ASKED]]
