"""The films: found by reading their files, so that nothing is imported or trained to list them."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nn_unfold.films import FOLDER as SHIPPED

_SOURCES = ("make_", "load_")  # how functions of nn_core.datasets begin


@dataclass(frozen=True)
class Film:
    """A film as its file describes it.

    Attributes:
        name: of the file, without `.py`.
        file: where it is.
        scene: the class.
        about: the first sentence of the file.
        teaches: what the class says of itself.
        data: the data sets that it uses.
    """

    name: str
    file: Path
    scene: str
    about: str = ""
    teaches: str = ""
    data: tuple[str, ...] = ()

    def rendered(self, media_dir: Path) -> list[Path]:
        """The finished films of this name, newest first, whatever their quality."""
        found = media_dir.glob(f"videos/{self.name}/*/{self.scene}.mp4")
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)

    def length(self, media_dir: Path) -> float | None:
        """Seconds that it lasts, by its newest render; None where there is none."""
        import av  # takes a moment, and a list of films that were never rendered does without

        for path in self.rendered(media_dir):
            with av.open(str(path)) as film:
                return film.duration / 1e6
        return None


class UnknownFilm(LookupError):
    """There is no film of this name; the message says which come near."""


def films() -> list[Film]:
    """The films that come with Unfold and those in `scenes/` of the working directory, by name."""
    folders = dict.fromkeys([SHIPPED, Path("scenes").resolve()])
    paths = sorted((path for folder in folders for path in folder.glob("[!_]*.py")), key=lambda path: path.stem)
    return [film for film in map(read, paths) if film is not None]


def find(name: str) -> Film:
    """The film that is called so.

    Args:
        name: `relu_fold`, `ReluFold`, or the path of a file.

    Raises:
        UnknownFilm: with the names that come near.
    """
    known = films()
    named = [film for film in known if name in (film.name, film.scene)]
    if len(named) > 1:
        places = " and ".join(str(film.file) for film in named)
        raise UnknownFilm(f"{name} is the name of several films, {places}: give the path of one of them.")
    if named:
        return named[0]
    path = Path(name)
    if path.suffix == ".py" and path.is_file():
        film = read(path.resolve())
        if film is not None:
            return film
        raise UnknownFilm(f"{name} holds no film: a film is a class with a method `construct`.")
    stem = path.stem if path.suffix == ".py" else name
    names = {spelt: film.name for film in known for spelt in (film.name, film.scene.lower())}
    near = dict.fromkeys(names[match] for match in difflib.get_close_matches(stem.lower(), names))
    hint = f"Did you mean {' or '.join(near)}?" if near else "`unfold list` shows all films."
    raise UnknownFilm(f"There is no film {name!r}. {hint}")


def read(path: Path, *, reading: frozenset[Path] = frozenset()) -> Film | None:
    """The film in a file, or None where no class has a method `construct`.

    A file that isn't Python is a film all the same: it is on the list, and rendering it tells the mistake.

    Args:
        path: of the file.
        reading: files that are being read already, since they import this one.
    """
    named = path.stem.title().replace("_", "")
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError, ValueError) as error:
        return Film(path.stem, path, named, about=f"This file can't be read: {error}.")
    scenes: dict[str, ast.ClassDef] = {}
    known = _imported_films(tree, path.parent, reading | {path})
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            builds = any(isinstance(part, ast.FunctionDef) and part.name == "construct" for part in node.body)
            bases = {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases}
            if builds or bases & (scenes.keys() | known):
                scenes[node.name] = node
    if not scenes:
        return None
    scene = scenes.get(named) or next(iter(scenes.values()))
    return Film(path.stem, path, scene.name, _opening(tree), _opening(scene), tuple(dict.fromkeys(_data(tree))))


def _imported_films(tree: ast.Module, folder: Path, reading: frozenset[Path]) -> set[str]:
    """The names under which a file imports films, of its own folder or of those that come with Unfold."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            stem = node.module.rpartition(".")[2]
            for path in (folder / f"{stem}.py", SHIPPED / f"{stem}.py"):
                film = read(path, reading=reading) if path.is_file() and path not in reading else None
                found |= {alias.asname or alias.name for alias in node.names if film and alias.name == film.scene}
    return found


def _opening(node: ast.Module | ast.ClassDef) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())


def _data(tree: ast.Module) -> Iterator[str]:
    """The data sets that a film names, in its recipes or by calling nn_core.datasets."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called == "Recipe":
            for word in node.keywords:
                if word.arg == "data" and isinstance(word.value, ast.Constant):
                    yield word.value.value
        for beginning in _SOURCES:
            if called.startswith(beginning):
                yield called.removeprefix(beginning)
