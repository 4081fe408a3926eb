"""`unfold export`: a film as a page, a handout, a loop and more; the table of kinds is in `out.exporters`."""

from __future__ import annotations

import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import click

from nn_unfold.cli import options, output
from nn_unfold.errors import UnfoldError
from nn_unfold.out.exporters import ALL, EXPORTERS, Exported, NoSuchBeats, Order, Range, export
from nn_unfold.out.films import Film
from nn_unfold.settings import option
from nn_unfold.shapes import SHAPES, tag


def _beats(context: click.Context, parameter: click.Parameter, value: str | None) -> Range:
    try:
        return ALL if value is None else Range.of(value)
    except NoSuchBeats as error:
        raise click.BadParameter(str(error), context, parameter) from None


def _kinds() -> str:
    """The table of exporters for the help."""
    rows = (f"{kind} ({', '.join(way.suffixes)}): {way.gives}. Not: {way.lacks}." for kind, way in EXPORTERS.items())
    return "Kinds:\n\n" + "\n\n".join(rows)


@click.command("export", epilog=_kinds())
@click.argument("name", metavar="FILM")
@click.option("--to", "kind", type=click.Choice([*EXPORTERS]), required=True, help="What the film becomes; see below.")
@click.option("--beats", callback=_beats, metavar="RANGE", help="Some beats only, such as 4, 3-5 or 3-.")
@click.option(
    "--output",
    "-o",
    "path",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The file; its suffix chooses among those of a kind.  [default: in exports/ of the folder of films]",
)
@click.option(
    "--per-page",
    type=click.Choice(["6", "1"]),
    help="Key frames on a page of a handout.  [default: 6]",
)
@options.film_options_in_looks
@options.JSON
@options.MEDIA_DIR
def command(
    name: str,
    kind: str,
    beats: Range,
    path: Path | None,
    per_page: str | None,
    languages: tuple[str | None, ...],
    themes: tuple[str | None, ...],
    as_json: bool,
    media_dir: Path | None,
) -> None:
    """Write a film in another form than an MP4.

    FILM is the name of a film, as `unfold list` shows it, or the path of its file.
    """
    [film] = options.chosen_films((name,), False)
    exporter, folder = EXPORTERS[kind], options.media_dir_or_default(media_dir)
    if per_page is not None and kind != "handout":
        raise click.UsageError("--per-page is for --to handout.")
    if beats != ALL and not exporter.parts:
        raise click.UsageError(f"A {kind} is of the whole film: leave out --beats.")
    if path is not None and path.suffix.lower() not in exporter.suffixes:
        raise click.UsageError(f"A {kind} can't be written to {path}: its name must end in {_any(exporter.suffixes)}.")
    with redirect_stdout(sys.stderr):
        options.start_manim()
        looks = options.looks(languages, themes)
        done = []
        for look in looks:
            with look.worn():
                place = _place(path, film, kind, beats, folder, apart=len(looks) > 1)
                _check(place)
                try:
                    done.append(export(kind, Order(film, place, folder, beats, int(per_page or 6))))
                except NoSuchBeats as error:
                    raise click.UsageError(str(error)) from None
    if as_json:
        output.write_json({"exports": [exported.as_dict() for exported in done]})
    else:
        for exported in done:
            _summarize(exported)


def _place(path: Path | None, film: Film, kind: str, beats: Range, folder: Path, *, apart: bool) -> Path:
    """The file to write.

    Args:
        path: that was asked for.
        film: which.
        kind: of the exporter.
        beats: which.
        folder: of films.
        apart: whether the name must tell the language and the theme, since there are several.
    """
    look = "-".join(filter(None, [option("language"), option("theme"), tag(*SHAPES[option("shape")])]))
    if path is not None:
        return (path.with_name(f"{path.stem}-{look}{path.suffix}") if apart else path).absolute()
    part = "" if beats == ALL else f"-{str(beats).rstrip('-')}"
    how = "" if option("captions") == "burned" else f"-{option('captions')}"
    how += f"-{Path(option('voice')).name}" if option("voice") else ""
    return (folder / "exports" / film.name / f"{kind}{part}-{look}{how}{EXPORTERS[kind].suffixes[0]}").absolute()


def _any(suffixes: tuple[str, ...]) -> str:
    *others, last = suffixes
    return f"{', '.join(others)} or {last}" if others else last


def _check(path: Path) -> None:
    """See that a file can be written before the work is done.

    Raises:
        UnfoldError: where it can't.
    """
    if path.is_dir():
        raise UnfoldError(f"{path} is a folder: give the path of a file.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise UnfoldError(
            f"Nothing can be written to {path.parent} ({error.strerror}): give write permission there, "
            "or choose another path with -o."
        ) from error


def _summarize(done: Exported) -> None:
    beats = f"{len(done.beats)} beat{'' if len(done.beats) == 1 else 's'}"
    print(f"{done.film}  {done.kind}  {beats}  {done.bytes / 1e6:.2f} MB")
    print(f"    {done.file}")
