"""The draft of a film under work: a process of its own renders it, and the next save stops that process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

import psutil

from nn_unfold.errors import UnfoldError
from nn_unfold.out.films import Film


class Draft:
    """A process that renders a film in the lowest quality. What it has finished when it is stopped is used again."""

    def __init__(self, film: Film, media_dir: Path) -> None:
        words = ["render", str(film.file), "--quality", "l", "--media-dir", str(media_dir), "--json"]
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # `stop` closes it
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nn_unfold", *words],
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=subprocess.DEVNULL,
            # A file of compiled Python that was written within the second of two saves may be that of the first.
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        if os.name == "posix":  # the next picture comes first
            psutil.Process(self._process.pid).nice(10)

    def finished(self) -> Path | None:
        """The file of the film; None as long as it is rendered.

        Raises:
            UnfoldError: where it can't be.
        """
        if self._process.poll() is None:
            return None
        self._said.seek(0)
        try:
            answer = json.loads(self._said.read())
            report = answer["films"][0] if "films" in answer else {"message": answer["error"]}
        except (ValueError, LookupError):
            report = {"message": f"The draft ended with status {self._process.returncode}."}
        if report.get("state") != "done":
            raise UnfoldError(report.get("message") or "The draft was stopped.")
        return Path(report["file"])

    def stop(self) -> None:
        """End the process and its workers, which end with it."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(1.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._said.close()
