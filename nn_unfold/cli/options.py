"""The options that several commands have, each defined once.

Those that a film reads (network, data, set, theme, language) go into the environment, where workers read them too; a
command that has them needs no parameter for them.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from nn_unfold.errors import UnfoldError
from nn_unfold.out.films import Film, UnknownFilm, films, find
from nn_unfold.out.looks import Look
from nn_unfold.settings import CAPTION_NAMES, media_folder, option
from nn_unfold.shapes import SHAPES

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _into_environment(context: click.Context, option: click.Parameter, value: str | Sequence[str] | None) -> None:
    """Set ``UNFOLD_<OPTION>``; several values are quoted as a shell does it and joined by spaces."""
    if value == "":
        raise click.BadParameter("it is empty.", context, option)
    if value:
        text = value if isinstance(value, str) else shlex.join(value)
        os.environ[f"UNFOLD_{str(option.name).upper()}"] = text


def _assignments(context: click.Context, option: click.Parameter, values: Sequence[str]) -> None:
    for value in values:
        field, equals, _ = value.partition("=")
        if not (equals and all(part.isidentifier() for part in field.split("."))):
            raise click.BadParameter(f"{value!r} is not of the form FIELD=VALUE, such as seed=7.", context, option)
    _into_environment(context, option, values)


def _several(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str | None, ...]:
    """Values with commas between them, each once; None for the one that is set elsewhere."""
    if value is None:
        return (None,)
    words = [word.strip() for word in value.split(",")]
    if not all(words):
        raise click.BadParameter("it is empty, or a comma is too many.", context, option)
    return tuple(dict.fromkeys(words))


def _folder(context: click.Context, option: click.Parameter, value: str | None) -> Path | None:
    if value is not None and not value.strip():
        raise click.BadParameter("it is empty; `.` is this folder.", context, option)
    return None if value is None else Path(value)


FILE = click.Path(exists=True, dir_okay=False, readable=True, resolve_path=True)

QUALITIES = {"l": 480, "m": 720, "h": 1080, "p": 1440, "k": 2160}  # lines, by Manim's letters
MOST_WORKERS = 256

QUALITY = click.option(
    "--quality",
    "-q",
    type=click.Choice([*QUALITIES]),
    default="h",
    show_default=True,
    help=f"Of so many lines: {', '.join(f'{letter} {lines}' for letter, lines in QUALITIES.items())}.",
)
WORKERS = click.option(
    "--workers",
    "-w",
    type=click.IntRange(1, MOST_WORKERS),
    help="Processes that share each film.  [default: one for each processor, if memory is enough]",
)
STILL = click.option("--still", is_flag=True, help="Write a picture of the last frame, and no film.")
JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON, and nothing else, to standard output.")
MEDIA_DIR = click.option(
    "--media-dir",
    metavar="FOLDER",
    callback=_folder,
    help="The folder of films.  [default: as in manim.cfg, or ./media]",
)
NETWORKS = click.Path(exists=True, readable=True, resolve_path=True)  # a folder is one of checkpoints
NETWORK_FILE = click.argument("network", type=NETWORKS, expose_value=False, callback=_into_environment)


def _read_by_films(name: str, help: str, callback: Callable[..., Any] = _into_environment, **more: Any) -> Decorator:
    """An option that goes into the environment, where films read it: no command has a parameter for it."""
    return click.option(name, expose_value=False, callback=callback, help=help, **more)


NETWORK = _read_by_films(
    "--network",
    "A network of your own, or a folder of checkpoints of its training, for films that take it.",
    type=NETWORKS,
    metavar="FILE",
)
DATA = _read_by_films("--data", "Points of your own: a table of numbers and classes.", type=FILE, metavar="FILE")
LABEL = _read_by_films(
    "--label", "The column of --data that holds the classes or values, where it can't be guessed.", metavar="COLUMN"
)
ACTIVATIONS = _read_by_films(
    "--activations",
    "Of --network, where its file holds weights only: one for all hidden layers, or one for each layer.",
    metavar="NAMES",
)
FEATURES = _read_by_films(
    "--features",
    "Of a network with more inputs, the two that span the plane: names or numbers from 0, such as age,income.",
    metavar="TWO",
)
SET = _read_by_films(
    "--set",
    "A field of the film's recipe, such as seed=7 or sizes=2,3,2; may be given several times.",
    _assignments,
    multiple=True,
    metavar="FIELD=VALUE",
)
_THEME = "dark, light, dark-safe or light-safe"
_LANGUAGE = "Of captions and labels, such as en or zh"
THEME = _read_by_films("--theme", f"{_THEME}.", metavar="NAME")
LANGUAGE = _read_by_films("--language", f"{_LANGUAGE}.", metavar="CODE")
THEMES = click.option(
    "--theme", "themes", metavar="NAMES", callback=_several, help=f"{_THEME}; several with commas between them."
)
LANGUAGES = click.option(
    "--language", "languages", metavar="CODES", callback=_several, help=f"{_LANGUAGE}; several likewise."
)
CAPTIONS = _read_by_films(
    "--captions",
    "burned: in the picture; band: there, on a band; none: for a player that has them from the .srt or .vtt.",
    type=click.Choice(CAPTION_NAMES),
)
VOICE = _read_by_films(
    "--voice",
    "That speaks the captions: piper (English), espeak, or a folder of recordings 01.wav, 02.wav, ...",
    metavar="VOICE",
)
SHAPE = _read_by_films("--shape", f"Of the picture: {', '.join(SHAPES)}.", metavar="W:H")


def film_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """All that a film reads: its network and data, --set, --shape, --theme, --language, --captions and --voice."""
    return _options(function, LANGUAGE, THEME)


def film_options_in_looks(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same, with several themes and languages: the parameters `themes` and `languages`, for `looks`."""
    return _options(function, LANGUAGES, THEMES)


def _options(function: Callable[..., Any], *looks: Any) -> Callable[..., Any]:
    for decorate in (VOICE, CAPTIONS, *looks, SHAPE, SET, FEATURES, LABEL, DATA, ACTIVATIONS, NETWORK):
        function = decorate(function)
    return function


def looks(languages: Sequence[str | None], themes: Sequence[str | None]) -> list[Look]:
    """Each language in each theme.

    Raises:
        click.UsageError: for one that does not exist.
    """
    from nn_unfold.text.catalog import translate
    from nn_unfold.theme import theme

    found = [Look(language, name) for language in languages for name in themes]
    try:
        for look in found:
            with look.worn():
                theme()
                translate("")
    except UnfoldError as error:
        raise click.UsageError(str(error)) from None
    return found


def chosen_films(names: tuple[str, ...], everything: bool) -> list[Film]:
    """The films that are asked for, each once.

    Raises:
        click.UsageError: where none is, or one is not known.
    """
    if everything == bool(names):
        raise click.UsageError("Say which films, or --all; `unfold list` shows them.")
    try:
        return films() if everything else list(dict.fromkeys(find(name) for name in names))
    except UnknownFilm as error:
        raise click.UsageError(str(error)) from None


def media_dir_or_default(given: Path | None) -> Path:
    """The folder of films, as an absolute path."""
    return given.absolute() if given is not None else media_folder()


def start_manim() -> None:
    """Import Manim, which reads every manim.cfg, and see that the settings of Unfold are valid.

    Raises:
        UnfoldError: in one line, where a manim.cfg can't be read, or Manim can't be imported.
        click.UsageError: for a theme, language or shape that does not exist.
    """
    try:
        import manim
    except (Exception, SystemExit) as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        file = Path("manim.cfg").absolute()
        remedy = f"if {file} holds what is named here, correct or delete that line" if file.is_file() else ""
        raise UnfoldError(f"Manim can't start ({reason}): {remedy or '`unfold doctor` may say more'}.") from error
    manim.config.verbosity = "WARNING"
    from nn_unfold.text.catalog import translate
    from nn_unfold.theme import theme

    try:
        theme()
        translate("")
        option("shape")
    except UnfoldError as error:
        raise click.UsageError(str(error)) from None
