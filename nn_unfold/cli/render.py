"""`unfold render`: films, each rendered by several processes or by a cluster."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nn_unfold.cli import options, output
from nn_unfold.errors import UnfoldError
from nn_unfold.out.films import Film
from nn_unfold.out.looks import Look

if TYPE_CHECKING:
    from rich.progress import Progress

    from nn_unfold.out.production import Report
    from nn_unfold.out.workers import Executor

_PEM = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("render")
@click.argument("names", metavar="[FILM]...", nargs=-1)
@click.option("--all", "-a", "everything", is_flag=True, help="Render all films.")
@options.QUALITY
@options.WORKERS
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Render with the workers of this scheduler of dask.distributed, such as tcp://10.0.0.1:8786. "
    "Only in a network that you trust, or with TLS.",
)
@click.option("--tls-ca-file", type=_PEM, metavar="FILE", help="With --scheduler tls://..., as of `dask scheduler`.")
@click.option("--tls-cert", type=_PEM, metavar="FILE", help="The same.")
@click.option("--tls-key", type=_PEM, metavar="FILE", help="The same.")
@options.film_options_in_looks
@click.option("--sections", is_flag=True, help="Write one clip for each beat as well.")
@options.STILL
@options.JSON
@options.MEDIA_DIR
def command(
    names: tuple[str, ...],
    everything: bool,
    quality: str,
    workers: int | None,
    scheduler: str | None,
    tls_ca_file: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    languages: tuple[str | None, ...],
    themes: tuple[str | None, ...],
    sections: bool,
    still: bool,
    as_json: bool,
    media_dir: Path | None,
) -> int:
    """Render films, each with several processes.

    FILM is the name of a film, as `unfold list` shows it, or the path of its file. What was rendered before is not
    rendered again.
    """
    _exclude(workers=workers, scheduler=scheduler)
    _exclude(still=still, sections=sections)
    _exclude(still=still, scheduler=scheduler)
    tls = (tls_ca_file, tls_cert, tls_key)
    if any(tls) and scheduler is None:
        raise click.UsageError("--tls-ca-file, --tls-cert and --tls-key are for --scheduler.")
    chosen = options.chosen_films(names, everything)
    count = 1 if still or scheduler is not None else _workers(workers, options.QUALITIES[quality])

    # NumPy reads the number of its threads when it is imported.
    from nn_unfold.out.machine import share_processors

    share_processors(count)
    # Standard output is for the result; what others print goes where the progress is shown.
    with redirect_stdout(sys.stderr):
        options.start_manim()
        from nn_unfold.out.rendering import settings

        values = settings(quality, options.media_dir_or_default(media_dir), sections=sections)
        looks = options.looks(languages, themes)
        _check_folder(Path(values["media_dir"]))
        if still:
            reports = _stills(chosen, looks, values)
        else:
            reports = _films(chosen, looks, values, _executor(count, scheduler, tls))
    if as_json:
        output.write_json({"films": [report.as_dict() for report in reports]})
    else:
        _summarize(reports)
    states = {report.state for report in reports}
    return 130 if "stopped" in states else 1 if "failed" in states else 0


def _exclude(**given: Any) -> None:
    """See that at most one of two options is given."""
    if all(value not in (None, False) for value in given.values()):
        raise click.UsageError(f"{' and '.join(f'--{name}' for name in given)} exclude each other.")


def _workers(wanted: int | None, lines: int) -> int:
    """So many workers as are wanted, else one for each processor; fewer where memory is not enough for them."""
    from nn_unfold.out.machine import free_memory, processors, room_for_workers

    wanted, memory = wanted or processors(), free_memory()
    count = min(wanted, room_for_workers(lines, memory))
    if count < wanted:
        print(
            f"{count} of {wanted} workers are used: {memory:.1f} GB of memory are free, and more workers need more.",
            file=sys.stderr,
        )
    return count


def _check_folder(folder: Path) -> None:
    """See that films can be written.

    Raises:
        UnfoldError: where they can't.
    """
    from manim import tempconfig

    from nn_unfold.engine.studio import check_output_folder

    try:
        with tempconfig({"media_dir": str(folder)}):
            check_output_folder()
    except UnfoldError as error:
        raise UnfoldError(str(error).replace("--media_dir", "--media-dir")) from None


def _executor(count: int, scheduler: str | None, tls: tuple[Path | None, ...]) -> Executor:
    if scheduler is not None:
        from nn_unfold.out.cluster import Certificates, Cluster

        return Cluster(scheduler, Certificates(*tls))
    from nn_unfold.out.workers import Pool

    return Pool(count)


@contextmanager
def _progress() -> Iterator[Progress]:
    import rich
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

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
        yield progress


def _films(chosen: list[Film], looks: list[Look], values: dict[str, Any], executor: Executor) -> list[Report]:
    from nn_unfold.out.production import Production

    try:
        with _progress() as progress:
            return Production(values, executor, progress).make(chosen, looks)
    finally:
        with suppress(KeyboardInterrupt):  # the films are finished
            executor.close()


def _stills(chosen: list[Film], looks: list[Look], values: dict[str, Any]) -> list[Report]:
    """A picture of the last frame of each film."""
    from nn_unfold.out.production import Report
    from nn_unfold.out.rendering import render_whole

    reports: list[Report] = []
    with _progress() as progress:
        bar = progress.add_task("stills", total=len(chosen) * len(looks), state="")
        for film, look in product(chosen, looks):
            began = time.monotonic()
            report = Report.of(film, look, "done")
            try:
                with look.worn():
                    report.file = str(render_whole(film, values, format="png"))
            except UnfoldError as error:
                report.state, report.message = "failed", str(error)
            except KeyboardInterrupt:
                report.state = "stopped"
                return [*reports, report]
            report.seconds = round(time.monotonic() - began, 2)
            reports.append(report)
            progress.advance(bar)
    return reports


def _summarize(reports: list[Report]) -> None:
    """Two lines for a film: the second is its path, which is never cut."""
    for report in reports:
        length = f"{output.clock(report.length)} long" if report.length else ""
        pieces = "" if report.segments is None else f"{report.rendered} of {report.segments} segments rendered"
        print("  ".join(filter(None, [report.film, report.state, length, pieces, f"took {report.seconds:.1f} s"])))
        if report.file:
            print(f"    {report.file}")
    for report in reports:
        if report.message:
            print(f"{report.film}: {' '.join(report.message.split())}", file=sys.stderr)
