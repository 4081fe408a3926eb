"""Several films at once: each is rehearsed, rendered in pieces by an executor, joined, and ends in a report."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.progress import Progress, TaskID

from nn_unfold.engine.files import written_whole
from nn_unfold.errors import UnfoldError
from nn_unfold.out.exporters import Step
from nn_unfold.out.films import Film
from nn_unfold.out.looks import Look
from nn_unfold.out.plan import pieces
from nn_unfold.out.rendering import Rehearsal, one_line_errors, rehearse, render_whole
from nn_unfold.out.workers import Executor, Rendered
from nn_unfold.settings import option

TRIES = 2  # how often a piece is given to a worker, if workers are killed
_LOOK = 0.2  # seconds between two looks at the workers


@dataclass
class Report:
    """How the rendering of a film ended.

    Attributes:
        film: its name.
        source: the file that it is written in.
        language, theme: of the film.
        state: "done", "failed" or "stopped".
        file: the film or still.
        subtitles: its captions, where it has any.
        length: seconds that the film lasts.
        frames: of the film.
        segments: how many the film is joined of.
        rendered: how many of them were rendered this time; the others existed.
        seconds: in which it was rehearsed, rendered by at least one worker, or joined; waiting is not counted.
        beats: its beats with their times, and with their clips where these are written.
        message: what went wrong, or is worth knowing, in one line.
    """

    film: str
    source: str
    language: str
    theme: str
    state: str
    file: str | None = None
    subtitles: str | None = None
    length: float | None = None
    frames: int | None = None
    segments: int | None = None
    rendered: int | None = None
    seconds: float = 0.0
    beats: list[Step] = field(default_factory=list)
    message: str | None = None

    @classmethod
    def of(cls, film: Film, look: Look, state: str, **more: Any) -> Report:
        """A report of a film in a language and a theme."""
        with look.worn():
            return cls(film.name, str(film.file), option("language"), option("theme"), state, **more)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass
class _Work:
    """A film that is rehearsed and not yet joined.

    Attributes:
        rehearsal: of the film.
        look: its language and theme.
        bar: that shows how far it is.
        busy: when it was rehearsed or rendered, as (from, to) of the clock; these may overlap.
        missing: how many segments were to be rendered.
        tries: how often its pieces were submitted.
        futures: of its pieces.
    """

    rehearsal: Rehearsal
    look: Look
    bar: TaskID
    busy: list[tuple[float, float]]
    missing: int = 0
    tries: int = 1
    futures: list[Future[Rendered]] = field(default_factory=list)


class Production:
    """Renders several films; while workers render one, the next is rehearsed.

    Args:
        settings: of Manim, as of `rendering.settings`.
        executor: what renders the pieces.
        progress: where bars are shown.
    """

    def __init__(self, settings: Mapping[str, Any], executor: Executor, progress: Progress) -> None:
        self._settings, self._executor, self._progress = settings, executor, progress
        self._reports: dict[tuple[Film, Look], Report] = {}
        self._places: dict[Path, Film] = {}
        self._in_work: list[_Work] = []
        self._all: TaskID | None = None

    def make(self, films: Sequence[Film], looks: Sequence[Look] = (Look(),)) -> list[Report]:
        """Render films, each in several languages and themes; Ctrl-C stops all workers and keeps what is finished.

        Returns:
            A report for each film in each look.
        """
        wanted = [(film, look) for film in films for look in looks]
        if len(wanted) > 1:
            self._all = self._progress.add_task("all films", total=None, state="")
        try:
            for film, look in wanted:
                with look.worn():
                    self._start(film, look)
                self._look()
            while self._in_work:
                running = [future for work in self._in_work for future in work.futures if not future.done()]
                wait(running, timeout=_LOOK, return_when=FIRST_COMPLETED)
                self._look()
        except KeyboardInterrupt:
            self._executor.stop()
            for film, look in wanted:
                stopped = Report.of(film, look, "stopped", message="Finished pieces are kept.")
                self._reports.setdefault((film, look), stopped)
        return [self._reports[each] for each in wanted]

    def _start(self, film: Film, look: Look) -> None:
        began = time.monotonic()
        bar = self._progress.add_task(escape(f"{film.name} {look}".strip()), total=None, state="rehearsal")
        try:
            rehearsal = rehearse(film, self._settings)
            other = self._places.setdefault(rehearsal.path, film)
            if other != film:
                raise UnfoldError(
                    f"{film.file} and {other.file} would both be written to {rehearsal.path}: render one of them "
                    "by itself, with another --media-dir."
                )
            work = _Work(rehearsal, look, bar, [(began, time.monotonic())])
            self._progress.update(bar, total=rehearsal.frames, state="")
            self._in_work.append(work)
            work.missing = len(_missing(rehearsal))
            self._submit(work)
        except UnfoldError as error:
            report = Report.of(film, look, "failed", message=str(error))
            self._end(film, look, bar, [(began, time.monotonic())], report)

    def _submit(self, work: _Work) -> None:
        """Submit the pieces that are missing."""
        rehearsal = work.rehearsal
        todo = pieces(rehearsal.film, self._settings, rehearsal.plays, rehearsal.present(), self._executor.size)
        work.futures = [self._executor.submit(piece, rehearsal) for piece in todo]
        for future in work.futures:
            future.add_done_callback(lambda future: _note_time(future, work.busy))

    def _look(self) -> None:
        """Look at what the workers have done, and end films that are complete."""
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
                self._end(work.rehearsal.film, work.look, work.bar, work.busy, report)
        if self._all is not None:
            bars = [task for task in self._progress.tasks if task.id != self._all]
            self._progress.update(
                self._all,
                total=sum(task.total or 0 for task in bars),
                completed=sum(task.completed for task in bars),
            )

    def _receive(self, work: _Work) -> None:
        """Store the segments that have come from other machines."""
        keys = {play.key for play in work.rehearsal.plays}
        for future in work.futures:
            if future.done() and _error(future) is None:
                sent = future.result().segments
                with one_line_errors(work.rehearsal.film):
                    for key in sent.keys() & keys:
                        _store(work.rehearsal.segment(key), *sent[key])
                sent.clear()

    def _finish(self, work: _Work) -> Report | None:
        """Join a film, or have lost pieces rendered once more; None while it is still in work."""
        errors = [error for error in map(_error, work.futures) if error is not None]
        lost = [error for error in errors if isinstance(error, self._executor.lost)]
        for error in errors:
            if error not in lost:
                words = " ".join(str(error).split()) or type(error).__name__
                raise error if isinstance(error, UnfoldError) else UnfoldError(f"{work.rehearsal.film.scene}: {words}")
        if lost:
            # Workers render one film after the other: a killed worker counts as a failed try of the first alone.
            work.tries += work is self._in_work[0]
            if work.tries > TRIES:
                raise UnfoldError(
                    f"{work.rehearsal.film.scene}: a worker was killed, and another in its place. If memory is short, "
                    "take fewer --workers; finished pieces are kept."
                )
            self._submit(work)
            return None
        began = time.monotonic()
        unexpected = _missing(work.rehearsal)
        message = None
        if not unexpected:
            work.rehearsal.join()
        else:
            self._progress.update(work.bar, state="last pieces")
            with work.look.worn():
                render_whole(work.rehearsal.film, self._settings)
            message = (
                f"{len(unexpected)} segments had other keys than in the rehearsal and were rendered at the end: "
                "something in this film depends on more than the time, or its code was changed meanwhile."
            )
        work.busy.append((began, time.monotonic()))
        return self._report(work, "done", message)

    def _report(self, work: _Work, state: str, message: str | None = None) -> Report:
        rehearsal = work.rehearsal
        done = state == "done"
        return Report.of(
            rehearsal.film,
            work.look,
            state,
            file=str(rehearsal.path) if done else None,
            subtitles=str(rehearsal.subtitles) if done and rehearsal.subtitles else None,
            length=rehearsal.frames / rehearsal.frame_rate,
            frames=rehearsal.frames,
            segments=len({play.key for play in rehearsal.plays}),
            rendered=work.missing - len(_missing(rehearsal)),
            beats=rehearsal.beats(),
            message=message,
        )

    def _end(self, film: Film, look: Look, bar: TaskID, busy: list[tuple[float, float]], report: Report) -> None:
        self._in_work = [work for work in self._in_work if (work.rehearsal.film, work.look) != (film, look)]
        report.seconds = round(covered(busy), 2)
        self._reports[film, look] = report
        self._progress.update(bar, state=report.state)
        self._progress.stop_task(bar)


def covered(spans: Sequence[tuple[float, float]]) -> float:
    """How long it was that at least one of these spans of time lasted.

    >>> covered([(0, 2), (1, 3), (5, 6)])
    4.0
    """
    total, end = 0.0, float("-inf")
    for start, stop in sorted(spans):
        total += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return total


def _note_time(future: Future[Rendered], busy: list[tuple[float, float]]) -> None:
    """Note when a piece was rendered: it has just ended, and the worker says how long it took."""
    if _error(future) is None:
        now = time.monotonic()
        busy.append((now - future.result().seconds, now))


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
