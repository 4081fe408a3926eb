"""The command `check`: films are held to their promise, in words, pictures and layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from manim import tempconfig
from rich.console import Console
from rich.table import Table

from nn_unfold.errors import UnfoldError
from nn_unfold.out.checks import Finding, Report, cases, examine
from nn_unfold.out.films import Film
from nn_unfold.out.rendering import load, settings, studio


def check(films: Iterable[Film], seeds: int, media_dir: Path | None) -> Iterator[Report]:
    """Play films without drawing them, each with its own seed and with others.

    Args:
        films: which.
        seeds: how many seeds beside the film's own.
        media_dir: where trained networks are kept, if not where manim.cfg says.
    """
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


def summarize(reports: Sequence[Report]) -> None:
    """Print what was found."""
    table = Table("film", "", "claims", "vertices", "moments", "faulty", "")
    for report in reports:
        faulty = f"{report.faulty} ({report.faulty / report.moments:.1%})" if report.faulty else "0"
        numbers = (f"{report.claims}", f"{report.vertices:,}", f"{report.moments}", faulty)
        table.add_row(report.film, report.case, *numbers, "✓" if report.well else "✗")
    Console().print(table)
    for report in reports:
        for found in report.findings:
            place = f"beat {found.beat}, {int(found.time) // 60}:{found.time % 60:04.1f}"
            print(f"{report.film} ({report.case}), {place}, {found.kind}: {found.message}")
