"""Workers on other machines, through a scheduler of dask.distributed; no disk needs to be shared.

A piece travels as text, with the trained networks that its film needs; its segments come back as bytes, with their
hashes. A worker has a checkout of the same code, and renders each piece in a process of its own, which ends with it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

from nn_unfold.errors import UnfoldError
from nn_unfold.films import FOLDER as SHIPPED
from nn_unfold.out.films import Film
from nn_unfold.out.plan import Piece
from nn_unfold.out.workers import end_cleanly
from nn_unfold.settings import OPTIONS, option

PATIENCE = 6  # seconds for a scheduler to answer
PACKAGE = Path(__file__).resolve().parents[1]
_SHAPING = ("manim", "numpy", "scipy", "av")  # packages that shape a film

Sent = tuple[str, bytes]  # a segment with its SHA-256


class PieceFailed(RuntimeError):
    """A piece could not be rendered by a worker; the message is one line.

    Not an `UnfoldError`: that is a SystemExit, which would end the worker.
    """


class Cluster:
    """The workers of a scheduler, one piece for each of their threads.

    Args:
        address: of the scheduler, such as tcp://10.0.0.1:8786.

    Raises:
        UnfoldError: where dask.distributed is not installed, or the scheduler does not answer, or has no workers.
    """

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ModuleNotFoundError:
            raise UnfoldError("For --scheduler, install dask.distributed: pip install 'nn-unfold[cluster]'.") from None
        self.address = address
        try:
            self._client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UnfoldError(
                f"No scheduler answers at {address} ({' '.join(str(error).split())}): start one with `dask scheduler`, "
                "or render without --scheduler."
            ) from None
        self.lost: tuple[type[BaseException], ...] = (
            CancelledError,
            distributed.comm.CommClosedError,
            distributed.client.FutureCancelledError,
            distributed.scheduler.KilledWorker,
        )
        self.size = sum(self._client.nthreads().values())
        if not self.size:
            self._client.close()
            raise UnfoldError(f"The scheduler at {address} has no workers: start some with `dask worker {address}`.")
        try:
            self._client.submit(fingerprint, pure=False).result(timeout=5 * PATIENCE)
        except Exception as error:  # a module that is missing there shows in many ways
            self._client.close()
            mistake = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise UnfoldError(
                f"The cluster at {address} can't take this work ({mistake}): its scheduler and workers need "
                "this checkout and its packages; pip install -e '.[cluster]' there."
            ) from None
        self._executor = self._client.get_executor(pure=False)
        self._over = distributed.Event(f"unfold-{uuid.uuid4()}", client=self._client)

    def submit(self, piece: Piece, networks: Iterable[Path]) -> Future[dict[str, Sent]]:
        """Have a piece rendered.

        Raises:
            UnfoldError: for a film that other machines don't have, or where the scheduler has gone.
        """
        if piece.film.file.parent != SHIPPED:
            raise UnfoldError(f"{piece.film.file} is not in {SHIPPED}, where the workers of a cluster have it too.")
        if self._client.status != "running":
            raise UnfoldError(
                f"The scheduler at {self.address} has gone; finished pieces are kept. Render again when it is back, "
                "or without --scheduler."
            )
        order = {
            "film": piece.film.name,
            "scene": piece.film.scene,
            "settings": {**piece.settings},
            "first": piece.first,
            "last": piece.last,
            "wanted": piece.wanted,
            "options": {name: option(name) for name in OPTIONS},
        }
        sent = {path.name: path.read_bytes() for path in networks}
        return self._executor.submit(render_there, json.dumps(order), sent, fingerprint(), self._over.name)

    def stop(self) -> None:
        """Have all work thrown away."""
        if self._client.status == "running":
            self._over.set()
        self._executor.shutdown(wait=False)
        self._client.close(timeout=PATIENCE)

    def close(self) -> None:
        """Leave the scheduler."""
        self._executor.shutdown(wait=False)
        self._client.close(timeout=PATIENCE)


def fingerprint() -> dict[str, str]:
    """What must be the same on two machines for their pieces to fit: the code, and the packages that shape a film."""
    digest = hashlib.sha256()
    for folder in (PACKAGE, PACKAGE.parent / "nn_core", SHIPPED):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    versions = {package: importlib.metadata.version(package) for package in _SHAPING}
    return {"code": digest.hexdigest()[:12], "Python": ".".join(platform.python_version_tuple()[:2]), **versions}


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """What two fingerprints differ in, in words; empty where they agree."""
    differing = [name for name in ours if theirs.get(name) != ours[name]]
    return ", ".join(f"{name} {theirs.get(name)} there and {ours[name]} here" for name in differing)


# On the worker's side


def render_there(order: str, networks: Mapping[str, bytes], expected: Mapping[str, str], over: str) -> dict[str, Sent]:
    """Render a piece on the machine of a worker, in a folder that is gone afterwards.

    Args:
        order: the piece, as JSON.
        networks: the trained networks of its film, by file name.
        expected: the fingerprint of the machine that ordered it.
        over: the name of the event that is set when the piece is no longer wanted.

    Returns:
        The segments with their hashes, by key.

    Raises:
        PieceFailed: in one line.
    """
    import distributed

    host = platform.node()
    if found := differences(expected, fingerprint()):
        raise PieceFailed(f"The worker on {host} has other code: {found}. Bring both to the same commit and packages.")
    stop = distributed.Event(over)
    with tempfile.TemporaryDirectory(prefix="unfold-") as folder:
        trained = Path(folder) / "trained"
        trained.mkdir()
        for name, data in networks.items():
            (trained / Path(name).name).write_bytes(data)
        piece = json.loads(order)
        piece["settings"]["media_dir"] = folder
        environment = {f"UNFOLD_{name.upper()}": value for name, value in piece["options"].items()}
        single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LP_NUM_THREADS": "0"}
        said = Path(folder) / "said"
        with said.open("w") as file:
            child = subprocess.Popen(
                [sys.executable, "-m", __name__],
                env={**os.environ, **single, **environment},
                cwd=PACKAGE.parent,
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
            )
        # Standard input stays open: its end tells the child that the worker has gone.
        with child.stdin as line:
            try:
                line.write(json.dumps(piece).encode() + b"\n")
                line.flush()
                while child.poll() is None:
                    if stop.is_set():
                        raise PieceFailed("Stopped.")
                    time.sleep(0.2)
            finally:
                child.terminate()
                child.wait()
        if child.returncode:
            lines = said.read_text(errors="replace").strip().splitlines()
            raise PieceFailed(f"On {host}: {lines[-1] if lines else f'ended with status {child.returncode}.'}")
        segments = {path.stem: path.read_bytes() for path in Path(folder).rglob("partial_movie_files/*/[!.]*.mp4")}
        return {key: (hashlib.sha256(data).hexdigest(), data) for key, data in segments.items()}


def _render_ordered() -> None:
    """Render the piece that standard input tells; end when that is closed."""
    from nn_unfold.out.rendering import render_piece

    end_cleanly()
    order: dict[str, Any] = json.loads(sys.stdin.readline())

    def follow() -> None:
        os.read(sys.stdin.fileno(), 1)
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    film = Film(order["film"], SHIPPED / f"{order['film']}.py", order["scene"])
    render_piece(Piece(film, order["settings"], order["first"], order["last"], tuple(order["wanted"])))


if __name__ == "__main__":
    _render_ordered()
