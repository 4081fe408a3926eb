"""Workers on other machines, through a scheduler of dask.distributed; no disk needs to be shared.

A piece travels as text, with the source of its film and the networks that it needs. Its segments come back as bytes,
with their hashes. A worker needs the same version of this package, installed or as a checkout. It renders each piece in
a process of its own, which ends with the piece.

Trust: dask.distributed sends pickled Python between the scheduler, the workers and this process. Whoever can reach the
port of the scheduler can run any code on all of them. Use it in a network where you trust every machine, or with TLS
(`Certificates`), which admits only those who hold a certificate of your authority.
"""

from __future__ import annotations

import functools
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
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from nn_unfold.errors import UnfoldError
from nn_unfold.out.films import Film, sources
from nn_unfold.out.plan import Piece
from nn_unfold.out.rendering import GIVEN, Rehearsal, one_line_errors, render_piece
from nn_unfold.out.workers import Rendered, end_on_sigterm

_RECORDED = "given-voice"  # the folder of recordings on the machine of a worker
PATIENCE = 6  # seconds for a scheduler to answer
PACKAGE = Path(__file__).resolve().parents[1]
_SHAPING = ("manim", "numpy", "scipy", "av")  # packages that the bytes of a film depend on


@dataclass(frozen=True)
class Certificates:
    """The files for TLS, as of `dask scheduler --tls-ca-file --tls-cert --tls-key`; None is as dask's own settings say.

    Attributes:
        ca_file: the certificate of the authority.
        cert: the certificate of this machine.
        key: the key of that certificate.
    """

    ca_file: Path | None = None
    cert: Path | None = None
    key: Path | None = None


class Cluster:
    """The workers of a scheduler, one piece for each of their threads.

    Args:
        address: of the scheduler, such as tcp://10.0.0.1:8786, or tls://10.0.0.1:8786 with TLS.
        certificates: for TLS.

    Raises:
        UnfoldError: where dask.distributed is not installed, the scheduler does not answer or has no workers, or a
            worker has other code than this machine.
    """

    def __init__(self, address: str, certificates: Certificates | None = None) -> None:
        try:
            import distributed
            from distributed.comm.core import CommClosedError
        except ModuleNotFoundError:
            raise UnfoldError("For --scheduler, install dask.distributed: pip install 'nn-unfold[cluster]'.") from None
        self.address = address
        try:
            self._client: Any = distributed.Client(
                address, timeout=PATIENCE, set_as_default=False, security=_security(certificates)
            )
        except Exception as error:  # a wrong address or certificate shows in many ways
            raise UnfoldError(
                f"No scheduler answers at {address} ({_in_one_line(error)}): start one with `dask scheduler`, "
                "or render without --scheduler."
            ) from None
        self.lost: tuple[type[BaseException], ...] = (
            CancelledError,
            CommClosedError,
            distributed.client.FutureCancelledError,
            distributed.scheduler.KilledWorker,
        )
        try:
            self._check_workers()
        except BaseException:
            self._client.close()
            raise
        self._executor: Any = self._client.get_executor(pure=False)
        self._over: Any = distributed.Event(f"unfold-{uuid.uuid4()}", client=self._client)

    @property
    def size(self) -> int:
        """The threads of all workers, with those that came later."""
        return max(1, sum(self._client.nthreads().values())) if self._client.status == "running" else 1

    def submit(self, piece: Piece, rehearsal: Rehearsal) -> Future[Rendered]:
        """Start to render a piece of a film as it was rehearsed.

        Raises:
            UnfoldError: where the scheduler has gone, or a file of the film can't be read.
        """
        if self._client.status != "running":
            raise UnfoldError(
                f"The scheduler at {self.address} has gone; finished pieces are kept. Render again when it is back, "
                "or without --scheduler."
            )
        with one_line_errors(piece.film):
            order = Order.of(piece, rehearsal)
        submitted: Future[Rendered] = self._executor.submit(render_there, order, fingerprint(), self._over.name)
        return submitted

    def stop(self) -> None:
        """Cancel all work now."""
        if self._client.status == "running":
            self._over.set()
        self.close()

    def close(self) -> None:
        """Leave the scheduler."""
        self._executor.shutdown(wait=False)
        self._client.close(timeout=PATIENCE)

    def _check_workers(self) -> None:
        """See that there are workers and that all of them have the code of this machine."""
        try:
            answers = self._client.run(fingerprint, on_error="return")
        except Exception as error:
            answers = {self.address: error}
        if not answers:
            raise UnfoldError(
                f"The scheduler at {self.address} has no workers: start some with `dask worker {self.address}`."
            )
        for worker, answer in answers.items():
            if isinstance(answer, BaseException):  # a package that is missing there shows in many ways
                raise UnfoldError(
                    f"The worker {worker} can't take this work ({_in_one_line(answer)}): it needs the same version of "
                    f"this package, {describe(fingerprint())}, and so does the scheduler: "
                    "pip install 'nn-unfold[cluster]' there."
                )
            if found := refusal(fingerprint(), answer, worker):
                raise UnfoldError(found)


def _security(certificates: Certificates | None) -> Any:
    """Dask's record of certificates; what is not given is as dask's own settings say."""
    from distributed.security import Security

    given = certificates or Certificates()
    values = {"tls_ca_file": given.ca_file, "tls_client_cert": given.cert, "tls_client_key": given.key}
    return Security(**{name: str(path) for name, path in values.items() if path is not None})


def _in_one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


# What must be equal


def fingerprint() -> dict[str, str]:
    """What must be equal on two machines for their pieces to fit: the code, and the packages that a film depends on.

    The films are not part of it, since they travel with their pieces: a checkout and an installed package of one
    version are equal.
    """
    versions = {package: importlib.metadata.version(package) for package in _SHAPING}
    return {**_code(), "Python": ".".join(platform.python_version_tuple()[:2]), **versions}


@functools.cache
def _code() -> dict[str, str]:
    digest = hashlib.sha256()
    for folder in (PACKAGE, PACKAGE.parent / "nn_core"):
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            hidden = any(part.startswith((".", "__pycache__")) for part in parts)
            if path.is_file() and not hidden and (folder, parts[0]) != (PACKAGE, "films"):
                digest.update("/".join(parts).encode() + b"\0" + path.read_bytes())
    commit = ""
    with suppress(OSError, subprocess.SubprocessError):
        if (PACKAGE.parent / ".git").exists():
            asked = ["git", "-C", str(PACKAGE.parent), "rev-parse", "--short=12", "HEAD"]
            commit = subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    return {"code": digest.hexdigest()[:12], "commit": commit, "host": platform.node()}


def describe(of: Mapping[str, str]) -> str:
    """A fingerprint in a few words: `commit 1234abcd, code 5678ef` or, where it is no checkout, `code 5678ef`."""
    return (f"commit {of['commit']}, " if of.get("commit") else "") + f"code {of.get('code')}"


def refusal(ours: Mapping[str, str], theirs: Mapping[str, str], worker: str) -> str:
    """Why a worker can't render for this machine, in one line with the names of both; empty where it can."""
    differing = [name for name in ours if name not in ("commit", "host") and theirs.get(name) != ours[name]]
    if not differing:
        return ""
    there = [describe(theirs) if name == "code" else f"{name} {theirs.get(name)}" for name in differing]
    here = [describe(ours) if name == "code" else f"{name} {ours[name]}" for name in differing]
    return (
        f"The worker {worker} on {theirs.get('host')} has other code: {', '.join(there)} there, {', '.join(here)} here "
        f"on {ours.get('host')}. Bring both to the same commit and packages."
    )


# A piece on its way


@dataclass(frozen=True)
class Order:
    """All that a worker needs to render a piece.

    Attributes:
        piece: as JSON, without its film.
        film: its file, relative to `sources`.
        scene: its class.
        folder: where the film is on the machine of its author, for messages.
        sources: the film and the files beside it that it imports, by name.
        digests: the SHA-256 of each, of `sources` and then of `files`.
        files: the trained networks, and the given network and data, by the folder and name that they get there.
        options: the settings of Unfold, by name.
    """

    piece: str
    film: str
    scene: str
    folder: str
    sources: Mapping[str, bytes]
    files: Mapping[str, bytes]
    digests: tuple[str, ...]
    options: Mapping[str, str]

    @classmethod
    def of(cls, piece: Piece, rehearsal: Rehearsal) -> Order:
        """The order for a piece of a film as it was rehearsed.

        Raises:
            OSError: where one of its files can't be read.
        """
        files = {f"trained/{path.name}": path.read_bytes() for path in rehearsal.networks}
        options = dict(rehearsal.options)
        for name in GIVEN:
            path = Path(options.get(name, ""))
            if name in options and path.is_file():
                options[name] = f"given-{name}/{path.name}"
                files[options[name]] = path.read_bytes()
        # Workers need no voice: they get what it said.
        recorded = Path(options.get("voice", "")).is_dir() and bool(options.get("voice"))
        files |= {f"{_RECORDED if recorded else 'spoken'}/{path.name}": path.read_bytes() for path in rehearsal.sounds}
        if recorded:
            options["voice"] = _RECORDED
        fields = {name: getattr(piece, name) for name in ("settings", "first", "last", "wanted")}
        text, film = sources(piece.film), piece.film
        digests = tuple(hashlib.sha256(data).hexdigest() for data in (*text.values(), *files.values()))
        folder = str(film.file.parent)
        return cls(json.dumps(fields), film.file.name, film.scene, folder, text, files, digests, options)

    def unpack(self, folder: Path) -> Path:
        """Write all files below a folder.

        Returns:
            The file of the film.

        Raises:
            UnfoldError: where a file was damaged on its way, or would lie outside of the folder.
        """
        place = folder / "film" / (Path(self.folder).name or "film")
        for (name, data), digest in zip([*self.sources.items(), *self.files.items()], self.digests, strict=True):
            if hashlib.sha256(data).hexdigest() != digest:
                raise UnfoldError(f"The file {name} was damaged on its way to a worker: render again.")
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise UnfoldError(f"The file {name} would lie outside of the folder of its film.")
            path = (place if name in self.sources else folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return place / self.film


# On the worker's side


def render_there(order: Order, expected: Mapping[str, str], over: str) -> Rendered:
    """Render a piece on the machine of a worker, in a folder that is deleted afterwards.

    Args:
        order: the piece and all that it needs.
        expected: the fingerprint of the machine that ordered it.
        over: the name of the event that is set when the piece is no longer wanted.

    Raises:
        UnfoldError: in one line.
    """
    import distributed

    began, host = time.monotonic(), platform.node()
    if found := refusal(expected, fingerprint(), distributed.get_worker().address):
        raise UnfoldError(found)
    stop: Any = distributed.Event(over)
    with tempfile.TemporaryDirectory(prefix="unfold-") as name:
        folder = Path(name).resolve()
        film = order.unpack(folder)
        piece = json.loads(order.piece)
        piece["settings"]["media_dir"] = str(folder)
        options = {f"UNFOLD_{name.upper()}": value for name, value in order.options.items()}
        for given in GIVEN:
            path = folder / order.options.get(given, "?")
            if path.is_file():
                options[f"UNFOLD_{given.upper()}"] = str(path)
        if order.options.get("voice") == _RECORDED:
            options["UNFOLD_VOICE"] = str(folder / _RECORDED)
        single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LP_NUM_THREADS": "0"}
        foreign = [name for name in os.environ if name.startswith("UNFOLD_")]  # settings of this machine
        environment = {name: value for name, value in os.environ.items() if name not in foreign}
        # The child finds the packages where this process does, and not in the folder where the worker was started.
        modules = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
        said = folder / "said"
        with said.open("w") as file:
            child = subprocess.Popen(
                [sys.executable, "-m", __name__, json.dumps({**piece, "film": str(film), "scene": order.scene})],
                env={**environment, **single, **options, "PYTHONPATH": modules},
                cwd=folder / "film",
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
            )
        # Standard input stays open: its end tells the child that the worker has ended.
        with child:
            try:
                while child.poll() is None:
                    if stop.is_set():
                        raise UnfoldError("Stopped.")
                    time.sleep(0.2)
            finally:
                child.terminate()
        if child.returncode:
            lines = said.read_text(errors="replace").strip().splitlines()
            reason = lines[-1] if lines else f"ended with status {child.returncode}."
            raise UnfoldError(f"On {host}: {reason.replace(str(film.parent), order.folder)}")
        segments = {path.stem: path.read_bytes() for path in folder.rglob("partial_movie_files/*/[!.]*.mp4")}
        sent = {key: (hashlib.sha256(data).hexdigest(), data) for key, data in segments.items()}
        return Rendered(time.monotonic() - began, sent)


def _render_ordered(text: str) -> None:
    """Render the piece in this text; end when standard input is closed."""
    end_on_sigterm()
    order: dict[str, Any] = json.loads(text)

    def end_with_worker() -> None:
        os.read(sys.stdin.fileno(), 1)
        os._exit(1)

    threading.Thread(target=end_with_worker, daemon=True).start()
    file = Path(order["film"])
    film = Film(file.stem, file, order["scene"])
    try:
        render_piece(Piece(film, order["settings"], order["first"], order["last"], tuple(order["wanted"])))
    except UnfoldError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    _render_ordered(sys.argv[1])
