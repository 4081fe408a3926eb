"""Every test of the vocabulary runs in the studio of nn_unfold.testing."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from manim import tempconfig


@pytest.fixture(autouse=True)
def _in_the_studio(studio: None) -> None:
    """Settings of Manim that a test changes end with it."""


@pytest.fixture
def unfold_here(monkeypatch: pytest.MonkeyPatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `unfold` in this process, which has imported Manim already, and answers as `subprocess.run` does.

    `unfold_here(*arguments, cwd=folder)`. For commands that need no process of their own: not for the first import of
    Manim, for pipes and signals, nor for the keys of segments.
    """

    def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        from nn_unfold.cli.main import main

        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        words = [str(argument) for argument in arguments]
        environment = dict(os.environ)
        with monkeypatch.context() as patch, tempconfig({}):
            patch.chdir(cwd)
            patch.setenv("COLUMNS", "80")
            patch.setattr("sys.stdout", out)
            patch.setattr("sys.stderr", err)
            try:
                main(words)
            except SystemExit as end:
                status = int(end.code or 0)
            finally:
                os.environ.clear()  # options of films go there
                os.environ.update(environment)
        said, complained = (stream.buffer.getvalue().decode() for stream in (out, err))
        return subprocess.CompletedProcess(words, status, said, complained)

    return run
