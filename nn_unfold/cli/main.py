"""The command `unfold`: list the films, render and check them, see whether the machine is ready."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    import click
    import cloup
    import rich
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Table

    from nn_unfold.out.machine import free_memory, processors, room_for_workers, share_processors
except ModuleNotFoundError as missing:
    sys.exit(f"The package {missing.name} is not installed for {sys.executable}: `make setup`, or `pip install -e .`")

from nn_unfold.out.films import Film, UnknownFilm, find
from nn_unfold.out.films import films as all_films
from nn_unfold.settings import media_folder

if TYPE_CHECKING:
    from nn_unfold.out.production import Report

# Manim takes a second to import, and what it imports reads the number of threads from the environment:
# each command imports what it needs when it runs.

DONE, FAILED, USAGE, STOPPED = 0, 1, 2, 130
QUALITIES = {"l": 480, "m": 720, "h": 1080, "p": 1440, "k": 2160}  # lines, by Manim's letters

JSON = cloup.option("--json", "as_json", is_flag=True, help="Write JSON, and nothing else, to standard output.")
MEDIA = cloup.option(
    "--media-dir",
    type=click.Path(path_type=Path),
    help="The folder of films.  [default: as in manim.cfg, or ./media]",
)


class Complaint(click.ClickException):
    """One line on standard error, and an exit status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.exit_code = status


@cloup.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Unfold: films of what a neural network does to space."""


@main.command("list")
@JSON
@MEDIA
def list_films(as_json: bool, media_dir: Path | None) -> None:
    """List the films: how long they are, their data, and what they teach."""
    folder = media_dir or media_folder()
    found = [(film, film.length(folder)) for film in all_films()]
    if as_json:
        return _write([_as_dict(film, length) for film, length in found])
    table = Table(
        "film", "length", "data", "what it teaches", caption="The length is known of films that were rendered."
    )
    for film, length in found:
        table.add_row(film.name, _clock(length), ", ".join(film.data), film.teaches or film.about)
    Console().print(table)


@main.command(no_args_is_help=True)
@cloup.argument("names", metavar="[FILM]...", nargs=-1)
@cloup.option("--all", "-a", "everything", is_flag=True, help="Render all films.")
@cloup.option(
    "--quality",
    "-q",
    type=click.Choice([*QUALITIES]),
    default="h",
    show_default=True,
    help=f"Of so many lines: {', '.join(f'{letter} {lines}' for letter, lines in QUALITIES.items())}.",
)
@cloup.option(
    "--workers",
    "-w",
    type=click.IntRange(min=1),
    help="Processes that share each film.  [default: one for each processor, if memory is enough]",
)
@cloup.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Render with the workers of this scheduler of dask.distributed, such as tcp://10.0.0.1:8786.",
)
@cloup.option("--theme", help="dark, light, dark-safe or light-safe.")
@cloup.option("--language", help="Of captions and labels, such as en or zh.")
@cloup.option("--sections", is_flag=True, help="Write one clip for each beat as well.")
@cloup.option("--still", is_flag=True, help="Write a picture of the last frame, and no film.")
@JSON
@MEDIA
@cloup.constraint(cloup.constraints.mutually_exclusive, ["workers", "scheduler"])
@cloup.constraint(cloup.constraints.mutually_exclusive, ["still", "sections"])
@cloup.constraint(cloup.constraints.mutually_exclusive, ["still", "scheduler"])
def render(
    names: tuple[str, ...],
    everything: bool,
    quality: str,
    workers: int | None,
    scheduler: str | None,
    theme: str | None,
    language: str | None,
    sections: bool,
    still: bool,
    as_json: bool,
    media_dir: Path | None,
) -> None:
    """Render films, each with several processes; what was rendered before is not rendered again."""
    films = _chosen(names, everything)
    count = 1 if still or scheduler else workers or _as_many_as_fit(QUALITIES[quality])
    share_processors(count)
    for option, value in (("UNFOLD_THEME", theme), ("UNFOLD_LANGUAGE", language)):
        if value:
            os.environ[option] = value
    # Standard output is for the result; whatever else wants to speak goes where the progress is shown.
    try:
        with redirect_stdout(sys.stderr):
            reports = _render(films, quality, count, scheduler, sections, still, media_dir)
    except KeyboardInterrupt:
        raise Complaint("Stopped; finished pieces are kept.", STOPPED) from None
    if as_json:
        _write({"films": [report.as_dict() for report in reports]})
    else:
        _summarize(reports)
    states = {report.state for report in reports}
    sys.exit(STOPPED if "stopped" in states else FAILED if "failed" in states else DONE)


@main.command()
@JSON
@MEDIA
def doctor(as_json: bool, media_dir: Path | None) -> None:
    """See whether this machine has all that films need."""
    from nn_unfold.cli.doctor import examine

    with redirect_stdout(sys.stderr):
        findings = examine((media_dir or media_folder()).resolve())
    if as_json:
        _write([vars(finding) for finding in findings])
    else:
        for finding in findings:
            print(f"{'✓' if finding.well else '✗'} {finding.subject}: {finding.found}")
            if not finding.well:
                print(f"  → {finding.remedy}")
    sys.exit(DONE if all(finding.well for finding in findings) else FAILED)


@main.command(no_args_is_help=True)
@cloup.argument("names", metavar="[FILM]...", nargs=-1)
@cloup.option("--all", "-a", "everything", is_flag=True, help="Check all films.")
@cloup.option(
    "--seeds",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Other seeds to play each film with, and then also with 3 and 7 classes where it has classes.",
)
@JSON
@MEDIA
def check(names: tuple[str, ...], everything: bool, seeds: int, as_json: bool, media_dir: Path | None) -> None:
    """Play films without drawing them: sentences that are not true, what is cut or covered, what is not the network's.

    The exit status is 1 where something is found; in motion, a fault may be seen in one moment of a hundred.
    """
    from nn_unfold.cli import check as checking

    films = _chosen(names, everything)
    with redirect_stdout(sys.stderr):
        reports = list(checking.check(films, seeds, media_dir))
    if as_json:
        _write({"films": [report.as_dict() for report in reports]})
    else:
        checking.summarize(reports)
    sys.exit(DONE if all(report.well for report in reports) else FAILED)


def _chosen(names: tuple[str, ...], everything: bool) -> list[Film]:
    """The films that are asked for, each once."""
    if everything == bool(names):
        raise Complaint("Say which films to render, or --all; `unfold list` shows them.", USAGE)
    try:
        return all_films() if everything else list({find(name).name: find(name) for name in names}.values())
    except UnknownFilm as error:
        raise Complaint(str(error), USAGE) from None


def _as_many_as_fit(lines: int) -> int:
    """A worker for each processor, or for fewer where memory is short."""
    wanted, memory = processors(), free_memory()
    count = min(wanted, room_for_workers(lines, memory))
    if count < wanted:
        print(
            f"{count} of {wanted} processors are used: {memory:.1f} GB of memory are free, and more workers need more.",
            file=sys.stderr,
        )
    return count


def _render(
    films: list[Film],
    quality: str,
    workers: int,
    scheduler: str | None,
    sections: bool,
    still: bool,
    media_dir: Path | None,
) -> list[Report]:
    from nn_unfold.errors import UnfoldError
    from nn_unfold.out.cluster import Cluster
    from nn_unfold.out.production import Production
    from nn_unfold.out.rendering import settings
    from nn_unfold.out.workers import Pool

    values = settings(quality, media_dir, sections=sections)
    # Training and Manim show their progress on this console too: one console, one display.
    rich.reconfigure(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[state]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=rich.get_console(), speed_estimate_period=120) as progress:
        if still:
            return _stills(films, values, progress)
        try:
            crew = Cluster(scheduler) if scheduler else Pool(workers)
        except UnfoldError as error:
            raise Complaint(str(error), FAILED) from None
        try:
            return Production(values, crew, progress).make(films)
        finally:
            with suppress(KeyboardInterrupt):  # what is done is done
                crew.close()


def _stills(films: list[Film], values: dict[str, Any], progress: Progress) -> list[Report]:
    """A picture of the last frame of each film."""
    from nn_unfold.errors import UnfoldError
    from nn_unfold.out.production import Report
    from nn_unfold.out.rendering import render_whole

    reports: list[Report] = []
    bar = progress.add_task("stills", total=len(films), state="")
    for film in films:
        began = time.monotonic()
        try:
            report = Report(film.name, "done", file=str(render_whole(film, values, format="png")))
        except UnfoldError as error:
            report = Report(film.name, "failed", message=str(error))
        except KeyboardInterrupt:
            return [*reports, Report(film.name, "stopped")]
        report.seconds = round(time.monotonic() - began, 2)
        reports.append(report)
        progress.advance(bar)
    return reports


def _summarize(reports: list[Report]) -> None:
    table = Table("film", "", "length", "rendered", "took", "file")
    for report in reports:
        pieces = "" if report.segments is None else f"{report.rendered} of {report.segments} segments"
        place = report.file or ""
        table.add_row(report.film, report.state, _clock(report.length), pieces, f"{report.seconds:.1f} s", place)
    Console().print(table)
    for report in reports:
        if report.message:
            print(f"{report.film}: {report.message}", file=sys.stderr)


def _as_dict(film: Film, length: float | None) -> dict[str, Any]:
    return {
        "name": film.name,
        "scene": film.scene,
        "file": str(film.file),
        "length": length,
        "data": list(film.data),
        "about": film.about,
        "teaches": film.teaches,
    }


def _write(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def _clock(seconds: float | None) -> str:
    return "" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02}"
