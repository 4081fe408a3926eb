"""How the tests of this repository run, in one process or in several."""

from __future__ import annotations

import signal

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # A shell has what it runs in the background ignore Ctrl-C, and so would the films that tests stop by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file in one process: they share the films that they play."""
    for item in items:
        if not item.path.stem.endswith(("films", "retrained")):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
