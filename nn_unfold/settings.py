"""Settings of Unfold: from the environment, or from the section [unfold] of a manim.cfg.

`OPTIONS` is the list of all. An option is given as ``UNFOLD_<NAME>`` in the environment, which comes first, or as a
line of ``[unfold]``. A variable that is empty counts as one that is not there.
"""

from __future__ import annotations

import configparser
import difflib
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import click

from nn_unfold.errors import UnfoldError
from nn_unfold.films import FOLDER
from nn_unfold.shapes import SHAPES, tag

PREFIX = "UNFOLD_"
CAPTION_NAMES = ("burned", "none", "band")
VOICES = ("piper", "espeak")
THEME_NAMES = ("dark", "light", "dark-safe", "light-safe")


class Given(NamedTuple):
    """The value of an option, and where it comes from.

    Attributes:
        value: as it was written, without spaces around it.
        source: how to name that place, such as "UNFOLD_THEME".
        folder: what a relative path in it is relative to.
    """

    value: str
    source: str
    folder: Path


def one_of(*names: str) -> Callable[[Given], str]:
    """A checker for an option with a few values."""

    def check(given: Given) -> str:
        if given.value not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return given.value

    return check


def language_code(given: Given) -> str:
    """A language as in the name of its catalog, such as `zh` or `pt_BR`; that there is one is seen later."""
    if not re.fullmatch(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*", given.value):
        raise ValueError("a language such as en, zh or pt_BR")
    return given.value


def font(given: Given) -> str:
    """The name of an installed font, or the whole path of a font file."""
    if Path(given.value).suffix.lower() in (".ttf", ".otf", ".ttc"):
        return existing_file(given)
    return word(given)


def word(given: Given) -> str:
    """Any text in one line."""
    if len(given.value.splitlines()) > 1:
        raise ValueError("text in one line")
    return given.value


def voice(given: Given) -> str:
    """A program that speaks, or the whole path of a folder of recordings."""
    expected = f"{', '.join(VOICES)}, or a folder of recordings 01.wav, 02.wav, ..."
    if given.value in VOICES:
        return given.value
    try:
        path = existing_file(given)
    except ValueError as error:
        raise ValueError(expected) from error
    if not Path(path).is_dir():
        raise ValueError(expected)
    return path


def activation_names(given: Given) -> str:
    """Names of activations in any framework's spelling, with commas between them."""
    from nn_core.activations import activation  # loads NumPy: what only lists films does without

    for name in given.value.split(","):
        activation(name.strip())
    return given.value


def existing_file(given: Given) -> str:
    """The whole path of a file or folder that is there."""
    try:
        path = (given.folder / Path(given.value).expanduser()).resolve()
        there = path.exists()
    except (OSError, RuntimeError) as error:  # a name that is too long, or the home of a user who does not exist
        raise ValueError(f"a file or folder ({error})") from error
    if not there:
        raise ValueError(f"a file or folder, but there is no {path}")
    return str(path)


def assignments(given: Given) -> str:
    """Fields of a recipe with their values, such as `seed=7 sizes=2,3,2`; what they mean is seen later."""
    for word in _words(given.value):
        if not re.fullmatch(r"[A-Za-z_][\w.]*=.+", word):
            raise ValueError(f"fields of a recipe, such as seed=7 sizes=2,3,2, and not {word!r}")
    return given.value


def _voice_name(value: str) -> str:
    return f"voice-{Path(value).name}"


def _stem(value: str) -> str:
    return Path(value).stem


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes:
        default: its value where it is not given.
        check: takes what was given and gives the value; raises ValueError with what was expected.
        about: what it is, for help texts.
        tag: the value as a part of the name of the film; None where it makes no other film.
    """

    default: str
    check: Callable[[Given], str]
    about: str
    tag: Callable[[str], str] | None = str


OPTIONS: Mapping[str, Option] = {
    "language": Option("en", language_code, "of captions and labels, such as en or zh"),
    "theme": Option("dark", one_of(*THEME_NAMES), f"the colours: {', '.join(THEME_NAMES)}"),
    "captions": Option(
        "burned", one_of(*CAPTION_NAMES), "how they are drawn: burned, none or band", "captions-{}".format
    ),
    "voice": Option(
        "", voice, f"that speaks the captions: {', '.join(VOICES)}, or a folder of recordings", _voice_name
    ),
    "font": Option("", font, "of text: an installed font or a font file; the shipped one if not given", _stem),
    "network": Option("", existing_file, "a trained network that films show in place of their own", _stem),
    "data": Option("", existing_file, "points that films show in place of their own", _stem),
    "label": Option("", word, "the column of the data that holds the labels: its name, or its number from 0"),
    "features": Option(
        "", word, "the two columns that span the plane of a network with more inputs, such as age,income"
    ),
    "activations": Option("", activation_names, "of a network whose file has weights alone, such as relu"),
    "set": Option("", assignments, "fields of recipes, such as seed=7 sizes=2,3,2 epochs=500"),
    # That of the picture is a part of the name of the film, wherever it was chosen: see `variant`.
    "shape": Option("16:9", one_of(*SHAPES), f"of the picture: {', '.join(SHAPES)}", None),
}


_VARIABLES = {name: f"{PREFIX}{name.upper()}" for name in OPTIONS}


def option(name: str) -> str:
    """The value of an option.

    Which files count is told by `settings_files`.

    Raises:
        UnfoldError: for a value that is not one of this option's; where the section or the environment holds an
            option that does not exist; where the section can't be read.
    """
    given = given_for(name)
    if given is None:
        return OPTIONS[name].default
    try:
        return OPTIONS[name].check(given)
    except ValueError as error:
        raise refusal(name, str(error)) from error


def refusal(name: str, expected: str) -> UnfoldError:
    """The line that says that the value of an option is wrong, where it was given, and what was expected."""
    given = given_for(name)
    value, source = (given.value, given.source) if given else (OPTIONS[name].default, "the default")
    return UnfoldError(f"{name} is {value!r} ({source}), expected {expected}: correct or delete it.")


@contextmanager
def given(**values: str | None) -> Iterator[None]:
    """Within, options have these values, as if the environment gave them; None leaves an option as it is.

    Raises:
        UnfoldError: for an option that does not exist.
    """
    if unknown := [name for name in values if name not in OPTIONS]:
        raise UnfoldError(f"There is no option {unknown[0]!r}, expected one of {', '.join(OPTIONS)}.")
    new = {_VARIABLES[name]: value for name, value in values.items() if value is not None}
    before = {name: os.environ.get(name) for name in new}
    os.environ.update(new)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def given_for(name: str) -> Given | None:
    """What was given for an option, not looked at yet; None where nothing was.

    Raises:
        UnfoldError: for options that do not exist, and for a section that can't be read.
    """
    _check_variables()
    if value := os.environ.get(_VARIABLES[name], "").strip():
        return Given(value, _VARIABLES[name], Path.cwd())
    for path in settings_files():
        section = _section(path, path.stat().st_mtime_ns)
        if section is not None:
            return Given(section[name], f"in [unfold] of {path}", path.parent) if name in section else None
    return None


def _check_variables() -> None:
    """See that no option is misspelt in the environment; variables of other programs may be there."""
    for key in os.environ:
        if key.startswith(PREFIX) and key not in _VARIABLES.values():
            bare = key.removeprefix(PREFIX).lower()
            if near := difflib.get_close_matches(bare, OPTIONS, n=1, cutoff=0.65):
                raise UnfoldError(f"There is no option {key}, did you mean {_VARIABLES[near[0]]}? Or `unset {key}`.")


def recipe_fields() -> dict[str, str]:
    """What the option `set` says: for each field of a recipe its value, as text."""
    return dict(word.split("=", 1) for word in _words(option("set")))


def variant() -> str:
    """What is added to the name of a film whose options are not the defaults, such as "-light-zh"; "" for those.

    So no language, theme, network or shape overwrites the film of another. The shape is that of the picture, as the
    option or Manim's settings say.
    """
    from manim import config  # takes a moment: what only lists films does without

    parts = []
    for name, kind in OPTIONS.items():
        value = option(name)
        if kind.tag is not None and value != kind.default:
            parts.append(re.sub(r"[^\w.,-]+", "-", kind.tag(value)).strip("-."))
    parts.append(tag(config.pixel_width, config.pixel_height))
    return "".join(f"-{part}" for part in parts if part)


@contextmanager
def named_by_options(scene: str) -> Iterator[None]:
    """Within, Manim plans the files of a scene under a name that tells its options, such as `ReluFold-zh-light`.

    A name that the author gives, with `-o`, stays as it is.
    """
    from manim import config

    given = config.output_file
    if not given and (options := variant()):
        config.output_file = f"{scene}{options}"
    try:
        yield
    finally:
        config.output_file = given


def settings_files() -> list[Path]:
    """The files whose section ``[unfold]`` counts, the first before the next.

    They are the ``--config_file`` of ``manim render``, the manim.cfg of the working directory, and the nearest one in
    the folders above the film, so that the films of a project have its settings from wherever they are rendered.
    """
    context = click.get_current_context(silent=True)
    named = context.params.get("config_file") if context else None
    return [Path(path).resolve() for path in (named, "manim.cfg", project_file()) if path and Path(path).is_file()]


def project_file() -> Path | None:
    """The nearest manim.cfg in the folders above the film that is rendered; None where there is none."""
    film = film_file()
    folders = film.parents if film else ()
    return next((folder / "manim.cfg" for folder in folders if (folder / "manim.cfg").is_file()), None)


def film_file() -> Path | None:
    """The file of the film that is rendered; None in a notebook, or where none is."""
    from manim import config  # takes a moment: what only lists films does without

    return Path(config.input_file).resolve() if config.input_file else None


def film_folders() -> list[Path]:
    """Where what belongs to a film may lie: its own folder, that of its project, and the working directory."""
    film, project = film_file(), project_file()
    found = [film.parent if film else None, project.parent if project else None, Path.cwd()]
    return list(dict.fromkeys(folder for folder in found if folder is not None))


def media_folder() -> Path:
    """Where films go that say nothing else: `media_dir` of the manim.cfg that counts here, or `media`.

    That file is the one of the working directory or, anywhere in a checkout of this package, that of the checkout.
    """
    file = base_file()
    if file is None:
        return Path("media").resolve()
    parser = configparser.ConfigParser(interpolation=None)
    with suppress(configparser.Error, UnicodeDecodeError):
        parser.read(file, encoding="utf-8")
    return (file.parent / parser.get("CLI", "media_dir", fallback="media")).resolve()


def base_file() -> Path | None:
    """The manim.cfg of the working directory or, anywhere in a checkout of this package, that of the checkout."""
    here, checkout = Path.cwd(), FOLDER.parent
    places = [here, checkout] if here.is_relative_to(checkout) else [here]
    return next((place / "manim.cfg" for place in places if (place / "manim.cfg").is_file()), None)


@lru_cache(maxsize=8)
def _section(path: Path, time: int) -> dict[str, str] | None:
    """The options in a manim.cfg, last changed at this time; None where it has no section for them."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8-sig")
    except (configparser.Error, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise UnfoldError(f"{path} cannot be read ({reason}): correct or delete that line.") from error
    if not parser.has_section("unfold"):
        return None
    given = {key: value.strip() for key, value in parser["unfold"].items()}
    for key, value in given.items():
        if key not in OPTIONS:
            raise UnfoldError(
                f"[unfold] in {path} has an option {key!r}, expected one of {', '.join(OPTIONS)}: "
                "correct or delete that line."
            )
        if not value:
            raise UnfoldError(f"{key} in [unfold] of {path} has no value: give it one, or delete that line.")
    return given


def _words(text: str) -> list[str]:
    """The words of a text, between spaces or lines; quotes hold one together."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ValueError(f"fields of a recipe, such as seed=7 sizes=2,3,2 ({error})") from error
