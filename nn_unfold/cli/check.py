"""`unfold check`: films are held to their promise, in words, pictures and layout."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nn_unfold.cli import options, output
from nn_unfold.errors import UnfoldError
from nn_unfold.out.films import Film

if TYPE_CHECKING:
    from nn_unfold.out.checks import Report


@click.command("check")
@click.argument("names", metavar="[FILM]...", nargs=-1)
@click.option("--all", "-a", "everything", is_flag=True, help="Check all films.")
@click.option(
    "--seeds",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Other seeds to play each film with, and then also with 3 and 7 classes where it has classes.",
)
@options.film_options
@options.JSON
@options.MEDIA_DIR
def command(names: tuple[str, ...], everything: bool, seeds: int, as_json: bool, media_dir: Path | None) -> int:
    """Play films without drawing them, and tell what is not true.

    Looked for are sentences that do not hold, what is cut or covered at any moment, and what is drawn elsewhere than
    the network says. The exit status is 1 where something is found; in motion, a fault may be seen in one moment of a
    hundred.
    """
    films = options.chosen_films(names, everything)
    with redirect_stdout(sys.stderr):
        options.start_manim()
        reports = list(check(films, seeds, options.media_dir_or_default(media_dir)))
    if as_json:
        output.write_json({"films": [report.as_dict() for report in reports]})
    else:
        _summarize(reports)
    return 0 if all(report.well for report in reports) else 1


def check(films: Iterable[Film], seeds: int, media_dir: Path) -> Iterator[Report]:
    """Play films without drawing them, each with its own seed and with others.

    Args:
        films: which.
        seeds: how many seeds beside the film's own.
        media_dir: where trained networks are kept.
    """
    from manim import tempconfig

    from nn_unfold.out.checks import Finding, Report, cases, examine
    from nn_unfold.out.rendering import load, settings, studio

    values = settings("l", media_dir)
    for film in films:
        with studio(film, values), tempconfig({"verbosity": "ERROR"}):
            try:
                variants = cases(load(film), seeds)
            except (UnfoldError, SyntaxError, ImportError) as error:
                yield Report(film.name, "own seed", [Finding("failure", 0, 0.0, str(error))])
                continue
            for case, variant in variants.items():
                yield examine(variant, case)


def _summarize(reports: Sequence[Report]) -> None:
    for report in reports:
        share = f" ({report.faulty / report.moments:.1%})" if report.faulty else ""
        print(
            f"{'✓' if report.well else '✗'} {report.film}, {report.case}: {report.claims} claims, {report.vertices:,} "
            f"vertices, {report.numbers} numbers of a training, {report.faulty} of {report.moments} moments "
            f"faulty{share}"
        )
        for found in report.findings:
            place = f"beat {found.beat}, {int(found.time) // 60}:{found.time % 60:04.1f}"
            print(output.paragraph(f"{place}, {found.kind}: {found.message}", indent="    ", first="  → "))
