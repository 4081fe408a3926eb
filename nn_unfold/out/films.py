"""Films are found by reading their files: to list them, nothing is imported and nothing is trained."""

from __future__ import annotations

import ast
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nn_unfold.films import FOLDER as SHIPPED

LONGEST = 2_000_000  # bytes of a file that is read as a film
_DATA = ("make_", "load_")  # how functions of nn_core.datasets begin
_UNREADABLE = (OSError, SyntaxError, ValueError, RecursionError, MemoryError)  # what reading a film can raise


@dataclass(frozen=True)
class Film:
    """A film as its file describes it.

    Attributes:
        name: of the file, without `.py`.
        file: where it is. Two films may have one name, and never one file.
        scene: the class.
        about: the first sentence of the file.
        teaches: what the class says of itself.
        data: the data sets that it uses.
        live: the class itself, where it is at hand, as in a notebook; else it is loaded from the file.
    """

    name: str
    file: Path
    scene: str
    about: str = ""
    teaches: str = ""
    data: tuple[str, ...] = ()
    live: type | None = None

    @property
    def shipped(self) -> bool:
        """Whether it comes with Unfold."""
        return self.file.parent == SHIPPED

    def rendered(self, media_dir: Path) -> list[Path]:
        """The finished films of this name, newest first, whatever their quality."""
        try:
            found = media_dir.glob(f"videos/{_literal(self.name)}/*/{self.scene}.mp4")
            return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)
        except OSError:  # a path that is too long, or a folder that may not be read
            return []

    def length(self, media_dir: Path) -> float | None:
        """Seconds that it lasts, by its newest render that can be read; None where there is none."""
        lengths = (duration(path) for path in self.rendered(media_dir))
        return next((length for length in lengths if length is not None), None)


class UnknownFilm(LookupError):
    """There is no film of this name; the message is one line and says which names are near."""


def films() -> list[Film]:
    """The films that come with Unfold and those in `scenes/` of the working directory, by name."""
    folders = dict.fromkeys([SHIPPED, Path("scenes").resolve()])
    paths = sorted((path for folder in folders for path in folder.glob("[!_]*.py")), key=lambda path: path.stem)
    return [film for film in map(read, paths) if film is not None]


def find(name: str) -> Film:
    """The film of this name.

    Args:
        name: `relu_fold`, `ReluFold`, or the path of a file.

    Raises:
        UnknownFilm: with the names that are near.
    """
    path, known = Path(name), films()
    if path.suffix == ".py" and _is_file(path):
        film = read(path.resolve())
        if film is None:
            raise UnknownFilm(f"{_short(name)} holds no film: a film is a class with a method `construct`.")
        return film
    named = [film for film in known if name in (film.name, film.scene)]
    if len(named) > 1:
        places = " and ".join(str(film.file) for film in named)
        raise UnknownFilm(f"{_short(name)} is the name of several films, {places}: give the path of one of them.")
    if named:
        return named[0]
    import difflib

    names = {spelt: film.name for film in known for spelt in (film.name, film.scene.lower())}
    wanted = (path.stem if path.suffix == ".py" else name).lower()[:80]
    near = dict.fromkeys(names[match] for match in difflib.get_close_matches(wanted, names))
    hint = f"Did you mean {' or '.join(near)}?" if near else "`unfold list` shows all films."
    raise UnknownFilm(f"There is no film {_short(name)}. {hint}")


def read(path: Path) -> Film | None:
    """The film in a file, or None where no class has a method `construct` or inherits one.

    A file that isn't Python is a film all the same: it is on the list, and rendering it reports the mistake.
    """
    named = path.stem.title().replace("_", "")
    try:
        tree = _parse(path)
    except _UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        return Film(path.stem, path, named, about=f"This file can't be read: {reason}.")
    scenes = {name: scene for name, scene in _scenes(tree, path).items() if not name.startswith("_")}
    if not scenes:
        return None
    scene = scenes.get(named) or next(iter(scenes.values()))
    return Film(path.stem, path, scene.name, _summary(tree), _summary(scene), tuple(dict.fromkeys(_data(tree))))


def sources(film: Film) -> dict[str, bytes]:
    """The file of a film and the files beside it that it imports, by their paths relative to its folder.

    Raises:
        OSError: where one can't be read.
    """
    folder, found, todo = film.file.parent, dict[str, bytes](), [film.file]
    while todo:
        path = todo.pop()
        name = path.relative_to(folder).as_posix()
        if name in found:
            continue
        found[name] = path.read_bytes()
        try:
            tree = ast.parse(found[name])
        except _UNREADABLE:  # Python will say so where the film is loaded
            continue
        for module in _imported_modules(tree):
            for part in module.split("."):
                package = folder / part
                todo += [file for file in (package.with_suffix(".py"),) if file.is_file()]
                todo += sorted(package.rglob("*.py")) if (package / "__init__.py").is_file() else []
    return found


def duration(path: Path) -> float | None:
    """Seconds that an MP4 file lasts, as its header says; None where it has none that can be read.

    Source of the format: ISO/IEC 14496-12, boxes `moov` and `mvhd`. PyAV knows it too, but takes a quarter of the time
    that listing all films may take.
    """
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2)
            movie = _box(file, b"moov", 0, end)
            header = movie and _box(file, b"mvhd", *movie)
            if not header:
                return None
            file.seek(header[0])
            wide = file.read(4)[0] == 1
            file.seek(16 if wide else 8, 1)  # the times of creation and change
            rate, length = struct.unpack(">IQ", file.read(12)) if wide else struct.unpack(">II", file.read(8))
            return float(length / rate) if rate and length else None
    except (OSError, IndexError, struct.error):
        return None


def _box(file: BinaryIO, kind: bytes, start: int, stop: int) -> tuple[int, int] | None:
    """Where the content of the first box of this kind begins and ends, between two positions of a file."""
    while start + 8 <= stop:
        file.seek(start)
        size, found = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            head = 16
        size = size or stop - start
        if size < head or start + size > stop:
            return None
        if found == kind:
            return start + head, start + size
        start += size
    return None


def _parse(path: Path) -> ast.Module:
    if path.stat().st_size > LONGEST:
        raise ValueError(f"it has more than {LONGEST} bytes")
    with warnings.catch_warnings(action="ignore"):  # an odd escape in a string is reported when the film is rendered
        return ast.parse(path.read_text(encoding="utf-8"))


def _scenes(tree: ast.Module, path: Path, reading: frozenset[Path] = frozenset()) -> dict[str, ast.ClassDef]:
    """The classes of a file that have a method `construct`, or inherit it from such a class, here or in another file.

    Args:
        tree: of the file.
        path: of the file.
        reading: files that are being read already, since they import this one.
    """
    found: dict[str, ast.ClassDef] = {}
    imported: set[str] | None = None
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        builds = any(isinstance(part, ast.FunctionDef) and part.name == "construct" for part in node.body)
        bases = {ast.unparse(base) for base in node.bases}
        if not builds and not bases & found.keys():
            if imported is None:  # other files are read only where a class has no `construct` of its own
                imported = set(_imported_scenes(tree, path, reading | {path}))
            builds = bool(bases & imported)
        if builds or bases & found.keys():
            found[node.name] = node
    return found


def _imported_scenes(tree: ast.Module, path: Path, reading: frozenset[Path]) -> Iterator[str]:
    """The names that a file has for scenes of other files: of its own folder, or of those that come with Unfold."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                for scene in _scenes_of(alias.name, path.parent, reading):
                    yield f"{alias.asname or alias.name}.{scene}"
        elif isinstance(node, ast.ImportFrom):
            scenes = _scenes_of(node.module or "", path.parent, reading)
            for alias in node.names:
                if alias.name == "*":
                    yield from scenes
                elif alias.name in scenes:
                    yield alias.asname or alias.name
                else:
                    for scene in _scenes_of(alias.name, path.parent, reading):
                        yield f"{alias.asname or alias.name}.{scene}"


def _scenes_of(module: str, folder: Path, reading: frozenset[Path]) -> set[str]:
    """The scenes in the file of a module, if it lies in this folder or among the films that come with Unfold."""
    found: set[str] = set()
    for path in (folder / f"{module.rpartition('.')[2]}.py", SHIPPED / f"{module.rpartition('.')[2]}.py"):
        if path not in reading and path.is_file():
            try:
                found |= _scenes(_parse(path), path, reading).keys()
            except _UNREADABLE:
                continue
    return found


def _imported_modules(tree: ast.Module) -> Iterator[str]:
    """The modules that a file imports, and what it imports from them, which may be modules too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module or ''}.{alias.name}".lstrip(".") for alias in node.names)


def _summary(node: ast.Module | ast.ClassDef) -> str:
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
                if word.arg == "data" and isinstance(word.value, ast.Constant) and isinstance(word.value.value, str):
                    yield word.value.value
        for beginning in _DATA:
            if called.startswith(beginning):
                yield called.removeprefix(beginning)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or that no file can have
        return False


def _literal(name: str) -> str:
    """A name as `glob` takes it for itself."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def _short(name: str) -> str:
    """A name in quotes, in one line, cut where it is very long."""
    return repr(name if len(name) <= 80 else f"{name[:77]}...")
