"""Texts are messages in plain English: a catalog gives them in another language, with their plural forms.

A catalog is a file `<language>.toml`. Each key is a message exactly as it stands in a film, placeholders included::

    "One straight line separates {right} of {n}." = "{n} 个点中，一条直线分开了 {right} 个。"
    "{wrong} points are wrong." = { one = "{wrong} point is wrong.", other = "{wrong} points are wrong." }
    "{a} of {b} lines" = { by = "b", one = "{a} of {b} line", other = "{a} of {b} lines" }

The plural forms are those of CLDR (zero, one, two, few, many, other); `other` must be there, and counts for every form
that is missing. `by` names the value that chooses the form; without it, it is the only whole number among the values. A
form may be a table again, for a second number. The English catalog holds nothing but such tables.

Own catalogs come before the shipped ones: `catalogs/<language>.toml` in the folder of the film, in that of the
manim.cfg above it, and in the working directory.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from numbers import Integral
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError

from nn_unfold.errors import UnfoldError
from nn_unfold.settings import film_folders, option, refusal

CATALOGS = Path(__file__).parent / "catalogs"
FORMS = ("zero", "one", "two", "few", "many", "other")

Entry = str | Mapping[str, Any]
"""A translation, or one for each plural form."""


def translate(message: str, **values: Any) -> str:
    """The message in the language in force, with its numbers and words; as it is where no catalog has it.

    Args:
        message: in English, with placeholders such as {right} or {loss:.2f} if there are values.
        values: what fills the placeholders. A word among them is a message too.

    Raises:
        UnfoldError: for a language without a catalog, a catalog that can't be read, or a placeholder without a value.

    >>> translate("One straight line separates {right} of {n}.", right=498, n=500)
    'One straight line separates 498 of 500.'
    """
    language = option("language")
    entry, source = _entry(message, language)
    text = _form(entry, values, language, message, source)
    if not values:
        return text
    words = {name: translate(value) if isinstance(value, str) else value for name, value in values.items()}
    try:
        return text.format(**words)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise UnfoldError(
            f"The text {text!r} of {source} can't take the values {', '.join(values)} ({_reason(error)}): "
            "name only these in braces, and write {{ and }} for braces themselves."
        ) from error


def untranslated(messages: Iterable[str]) -> str | None:
    """One line that says how many messages have no translation, which, and where to add them; None where all have."""
    language = option("language")
    missing = [m for m in dict.fromkeys(messages) if language != "en" and not _found(m, language)]
    if not missing:
        return None
    own = film_folders()[0] / "catalogs" / f"{language}.toml"
    some = ", ".join(map(repr, missing[:3])) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
    have = "caption has" if len(missing) == 1 else "captions have"
    return f"{len(missing)} {have} no translation into {language!r}: {some}. Add them to {own}."


def languages() -> list[str]:
    """The languages that have a catalog, and English."""
    found = {path.stem for folder in _folders() for path in folder.glob("*.toml")}
    return ["en", *sorted(found - {"en"})]


def _folders() -> list[Path]:
    return [*(folder / "catalogs" for folder in film_folders()), CATALOGS]


def _found(message: str, language: str) -> bool:
    return any(_composed(message) in _read(path, path.stat().st_mtime_ns) for path in _paths(language))


def _paths(language: str) -> list[Path]:
    return [path for folder in _folders() if (path := folder / f"{language}.toml").is_file()]


def _entry(message: str, language: str) -> tuple[Entry, str]:
    """The translation of a message and the catalog that has it; the message itself where none has."""
    paths = _paths(language)
    if not paths and language != "en":
        raise refusal(
            "language", f"one of {', '.join(languages())}, or an own catalogs/{language}.toml beside the film"
        )
    for path in paths:
        known = _read(path, path.stat().st_mtime_ns)
        if (key := _composed(message)) in known:
            return known[key], path.name if path.parent == CATALOGS else str(path)
    return message, "the film"


@lru_cache(maxsize=16)
def _read(path: Path, time: int) -> dict[str, Entry]:
    """The entries of a catalog that was last changed at this time."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnfoldError(f"The catalog {path} can't be read ({_reason(error)}): correct that place.") from error
    for message, entry in entries.items():
        _check(entry, f"{message!r} in the catalog {path}")
    return {_composed(message): entry for message, entry in entries.items()}


def _composed(message: str) -> str:
    """The message with each accent in one character with its letter, however it was typed."""
    return unicodedata.normalize("NFC", message)


def _check(entry: Any, where: str) -> None:
    """See that an entry is a text, or a table of plural forms.

    Raises:
        UnfoldError: where it is something else.
    """
    if isinstance(entry, str):
        return
    forms = {key: form for key, form in entry.items() if key != "by"} if isinstance(entry, dict) else {}
    if "other" not in forms or not set(forms) <= set(FORMS) or not isinstance(entry.get("by", ""), str):
        raise UnfoldError(
            f"The translation of {where} must be a text, or a table of {', '.join(FORMS)} with `other` in it, "
            f"and perhaps `by`; it is {entry!r}."
        )
    for form in forms.values():
        _check(form, where)


def _form(entry: Entry, values: Mapping[str, Any], language: str, message: str, source: str) -> str:
    """The text for these values: the entry, or the plural form that its number asks for."""
    while not isinstance(entry, str):
        counts = [name for name, value in values.items() if isinstance(value, Integral) and not isinstance(value, bool)]
        by = entry.get("by", counts[0] if len(counts) == 1 else None)
        if by not in counts:
            known = ", ".join(counts) or "there are none"
            raise UnfoldError(
                f"The translation of {message!r} in {source} has plural forms, but which number chooses one is not "
                f"clear: set by = to one of the whole numbers among the values ({known})."
            )
        entry = entry.get(_plural_form(language, int(values[by])), entry["other"])
    return entry


@lru_cache(maxsize=256)
def _plural_form(language: str, number: int) -> str:
    """The CLDR plural form of a number; of a language that CLDR does not know, as in English."""
    try:
        return str(Locale.parse(language.replace("-", "_")).plural_form(abs(number)))
    except (UnknownLocaleError, ValueError):
        return "one" if abs(number) == 1 else "other"


def _reason(error: Exception) -> str:
    return f"no value for {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
