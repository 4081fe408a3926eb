"""Fingerprints: of code by its meaning, and of functions by what they compute. They are parts of the keys of caches."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np


def meaning(source: bytes) -> bytes:
    r"""A file of Python as its syntax tree: comments, docstrings and layout don't count.

    >>> meaning(b"def f(x):\n    return x + 1") == meaning(b"def f( x ):  # adds\n    'Add.'\n    return x+1")
    True
    >>> meaning(b"def f(x): return x + 1") == meaning(b"def f(x): return x + 2")
    False

    Raises:
        SyntaxError: it is no Python.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            # Texts that stand alone are docstrings, and what is said below constants.
            node.body = [part for part in node.body if not _is_text(part)] or [ast.Pass()]
    return ast.dump(tree).encode()


def code_fingerprint(modules: Iterable[str], package: Path) -> str:
    """A hash of some modules of a package and of all modules of it that they import, directly or not.

    Args:
        modules: their dotted names below the package, such as "training".
        package: its folder.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in _with_imports(modules, package):
        digest.update(f"{path.relative_to(package).as_posix()}\n".encode() + _meaning_of(path, path.stat().st_mtime_ns))
    return digest.hexdigest()


def computed(function: Callable[..., object], *arguments: object) -> str:
    """A hash of what a function returns for these arguments: arrays and numbers count to the last bit.

    >>> computed(np.abs, np.array([-1.0, 2.0])) == computed(lambda x: np.maximum(x, -x), np.array([-1.0, 2.0]))
    True
    """
    digest = hashlib.sha256()
    results = function(*arguments)
    for part in results if isinstance(results, tuple | list) else [results]:
        array = np.ascontiguousarray(np.asarray(part, dtype=float))
        digest.update(f"{array.shape}\n".encode() + array.tobytes())
    return digest.hexdigest()


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


@lru_cache(maxsize=256)
def _meaning_of(path: Path, time: int) -> bytes:
    """The meaning of a file that was last changed at this time."""
    return meaning(path.read_bytes())


def _with_imports(modules: Iterable[str], package: Path) -> list[Path]:
    """The files of modules of a package, and of those that they import, in the order of their names."""
    found: set[Path] = set()
    todo = [file for module in modules for file in _files(package, module)]
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                first, _, rest = name.partition(".")
                if first == package.name:
                    todo += _files(package, rest)
    return sorted(found)


def _files(package: Path, module: str) -> list[Path]:
    """The file of a module, and those of the packages in which it lies."""
    parts = module.split(".") if module else []
    packages = [package.joinpath(*parts[:depth], "__init__.py") for depth in range(len(parts) + 1)]
    return [path for path in (package.joinpath(*parts).with_suffix(".py"), *packages) if path.is_file()]
