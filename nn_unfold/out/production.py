"""Films in the making: all are rehearsed, rendered by a crew and joined, and each ends in a report."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.progress import Progress, TaskID

from nn_unfold.engine.files import written_whole
from nn_unfold.errors import UnfoldError
from nn_unfold.out.films import Film
from nn_unfold.out.plan import pieces
from nn_unfold.out.rendering import Rehearsal, rehearse, render_whole, told
from nn_unfold.out.workers import Crew

TRIES = 2  # how often a piece is given to a worker, if workers are killed
_LOOK = 0.2  # seconds between two looks at what is there


@dataclass
class Report:
    """How the making of a film ended.

    Attributes:
        film: its name.
        state: "done", "failed" or "stopped".
        file: the film or still.
        subtitles: its captions, where it has any.
        length: seconds that the film lasts.
        frames: of the film.
        segments: how many the film is joined of.
        rendered: how many of them were rendered this time; the others were there.
        seconds: from its rehearsal to its end.
        message: what went wrong, or is worth knowing, in one line.
    """

    film: str
    state: str
    file: str | None = None
    subtitles: str | None = None
    length: float | None = None
    frames: int | None = None
    segments: int | None = None
    rendered: int | None = None
    seconds: float = 0.0
    message: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass
class _InWork:
    """A film that is rehearsed and not yet joined."""

    rehearsal: Rehearsal
    bar: TaskID
    began: float
    missing: int
    tries: int = 1
    futures: list[Future[Mapping[str, Any]]] = field(default_factory=list)


class Production:
    """Films in the making.

    While workers render one film, the next is rehearsed.

    Args:
        settings: of Manim, as of `rendering.settings`.
        crew: who renders.
        progress: where bars are shown.
    """

    def __init__(self, settings: Mapping[str, Any], crew: Crew, progress: Progress) -> None:
        self._settings, self._crew, self._progress = settings, crew, progress
        self._reports: dict[str, Report] = {}
        self._in_work: list[_InWork] = []
        self._all: TaskID | None = None

    def make(self, films: Sequence[Film]) -> list[Report]:
        """Make films; Ctrl-C stops all workers and keeps what is finished.

        Returns:
            A report for each film.
        """
        if len(films) > 1:
            self._all = self._progress.add_task("all films", total=None, state="")
        try:
            for film in films:
                self._start(film)
                self._look()
            while self._in_work:
                running = [future for work in self._in_work for future in work.futures if not future.done()]
                wait(running, timeout=_LOOK, return_when=FIRST_COMPLETED)
                self._look()
        except KeyboardInterrupt:
            self._crew.stop()
            for film in films:
                self._reports.setdefault(film.name, Report(film.name, "stopped", message="Finished pieces are kept."))
        return [self._reports[film.name] for film in films]

    def _start(self, film: Film) -> None:
        began = time.monotonic()
        bar = self._progress.add_task(film.name, total=None, state="rehearsal")
        try:
            work = _InWork(rehearse(film, self._settings), bar, began, 0)
            self._progress.update(bar, total=work.rehearsal.frames, state="")
            self._in_work.append(work)
            work.missing = len(_missing(work.rehearsal))
            self._give_out(work)
        except UnfoldError as error:
            self._end(film.name, bar, began, Report(film.name, "failed", message=str(error)))

    def _give_out(self, work: _InWork) -> None:
        """Hand the pieces that are missing to the crew."""
        rehearsal = work.rehearsal
        todo = pieces(rehearsal.film, self._settings, rehearsal.plays, rehearsal.present(), self._crew.size)
        work.futures = [self._crew.submit(piece, rehearsal.networks) for piece in todo]

    def _look(self) -> None:
        """See what the workers have done, and end films that are complete."""
        for work in list(self._in_work):
            report = None
            try:
                self._receive(work)
                present = work.rehearsal.present()
                done = sum(play.frames for play in work.rehearsal.plays if play.key in present)
                self._progress.update(work.bar, completed=done)
                if all(future.done() for future in work.futures):
                    report = self._finish(work)
            except UnfoldError as error:
                for future in work.futures:
                    future.cancel()
                report = self._report(work, "failed", message=str(error))
            if report is not None:
                self._end(work.rehearsal.film.name, work.bar, work.began, report)
        if self._all is not None:
            bars = [task for task in self._progress.tasks if task.id != self._all]
            self._progress.update(
                self._all,
                total=sum(task.total or 0 for task in bars),
                completed=sum(task.completed for task in bars),
            )

    def _receive(self, work: _InWork) -> None:
        """Put away the segments that have come from elsewhere."""
        for future in work.futures:
            if future.done() and _error(future) is None:
                with told(work.rehearsal.film):
                    for key, (digest, data) in future.result().items():
                        _store(work.rehearsal.segment(key), digest, data)
                future.result().clear()

    def _finish(self, work: _InWork) -> Report | None:
        """Join a film, or have lost pieces rendered once more; None while it is still in work."""
        errors = [error for error in map(_error, work.futures) if error is not None]
        lost = [error for error in errors if isinstance(error, self._crew.lost)]
        for error in errors:
            if error not in lost:
                words = " ".join(str(error).split()) or type(error).__name__
                raise error if isinstance(error, UnfoldError) else UnfoldError(f"{work.rehearsal.film.scene}: {words}")
        if lost:
            # The crew works on one film after the other: a killed worker is held against the first alone.
            work.tries += work is self._in_work[0]
            if work.tries > TRIES:
                raise UnfoldError(
                    f"{work.rehearsal.film.scene}: a worker was killed, and another in its place. If memory is short, "
                    "take fewer --workers; finished pieces are kept."
                )
            self._give_out(work)
            return None
        astray = _missing(work.rehearsal)
        if not astray:
            work.rehearsal.join()
            return self._report(work, "done")
        self._progress.update(work.bar, state="last pieces")
        render_whole(work.rehearsal.film, self._settings)
        message = (
            f"{len(astray)} segments had other keys than in the rehearsal and were rendered at the end: something in "
            "this film depends on more than the time, or its code was changed meanwhile."
        )
        return self._report(work, "done", message)

    def _report(self, work: _InWork, state: str, message: str | None = None) -> Report:
        rehearsal = work.rehearsal
        done = state == "done"
        return Report(
            rehearsal.film.name,
            state,
            file=str(rehearsal.path) if done else None,
            subtitles=str(rehearsal.subtitles) if done and rehearsal.subtitles else None,
            length=rehearsal.frames / rehearsal.frame_rate,
            frames=rehearsal.frames,
            segments=len({play.key for play in rehearsal.plays}),
            rendered=work.missing - len(_missing(rehearsal)),
            message=message,
        )

    def _end(self, name: str, bar: TaskID, began: float, report: Report) -> None:
        self._in_work = [work for work in self._in_work if work.rehearsal.film.name != name]
        report.seconds = round(time.monotonic() - began, 2)
        self._reports[name] = report
        self._progress.update(bar, state=report.state)
        self._progress.stop_task(bar)


def _missing(rehearsal: Rehearsal) -> set[str]:
    return {play.key for play in rehearsal.plays} - rehearsal.present()


def _error(future: Future[Any]) -> BaseException | None:
    """What stopped a piece; None where nothing did."""
    try:
        return future.exception()
    except CancelledError as error:
        return error


def _store(path: Path, digest: str, data: bytes) -> None:
    """Write a segment under its name, if it is what was sent.

    Raises:
        UnfoldError: where it was damaged on its way.
    """
    if hashlib.sha256(data).hexdigest() != digest:
        raise UnfoldError(f"The segment {path.name} was damaged on its way from a worker: render again.")
    with written_whole(path) as file:
        file.write(data)
