"""What a save changed: which files, which of their lines, and which beats stand there."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from types import FrameType

Sources = Mapping[str, bytes]
"""The files of a film by their paths relative to its folder, as `films.sources` gives them."""

Signature = tuple[int, int, int] | None
"""Of a file: its time in nanoseconds, its size and its number on the disk; None where there is no file."""


def signatures(paths: Iterable[Path]) -> dict[Path, Signature]:
    """What tells for each of these files whether it was saved."""
    found: dict[Path, Signature] = {}
    for path in paths:
        try:
            status = path.stat()
            found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            found[path] = None
    return found


def changed_lines(before: bytes, after: bytes) -> set[int]:
    r"""The lines of a file that are new or different, from 1; where lines were taken away, the one above them.

    >>> sorted(changed_lines(b"a b c".replace(b" ", b"\n"), b"a B c d".replace(b" ", b"\n")))
    [2, 4]
    """
    matcher = SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    found: set[int] = set()
    for tag, _, _, start, stop in matcher.get_opcodes():
        if tag != "equal":
            found |= set(range(start + 1, stop + 1)) or {max(start, 1)}
    return found


def beat_spans(source: bytes) -> list[range]:
    """The lines of each `with self.beat(...)` of a file, in order; none where it is not Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [
        range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and any(_is_beat(item.context_expr) for item in node.items)
    ]


def _is_beat(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "beat"


@dataclass(frozen=True)
class Change:
    """The lines that differ between two states of the files of a film.

    Attributes:
        folder: of the film.
        lines: for each file those that changed, as of `changed_lines`.
        spans: for each file the lines of its beats.
    """

    folder: Path
    lines: Mapping[str, set[int]]
    spans: Mapping[str, list[range]]

    @classmethod
    def between(cls, folder: Path, before: Sources, after: Sources) -> Change:
        """What differs between two states; a file that is new differs in all lines."""
        lines = {name: changed_lines(before.get(name, b""), source) for name, source in after.items()}
        return cls(folder, lines, {name: beat_spans(source) for name, source in after.items()})

    @property
    def in_beats(self) -> bool:
        """Whether any beat was touched, and so will be met when the film is played."""
        return any(self._touches(name, span) for name, spans in self.spans.items() for span in spans)

    def touches_beat_played_now(self) -> bool:
        """Whether something changed in the beat that this is called from, through the vocabulary.

        A beat in a function of its own has changed as well where the line that calls the function has.
        """
        frame: FrameType | None = inspect.currentframe()
        while frame is not None:
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(self.folder):
                name = path.relative_to(self.folder).as_posix()
                around = [span for span in self.spans.get(name, ()) if frame.f_lineno in span]
                place = min(around, key=len, default=range(frame.f_lineno, frame.f_lineno + 1))
                if self._touches(name, place):
                    return True
            frame = frame.f_back
        return False

    def _touches(self, name: str, span: range) -> bool:
        return not self.lines.get(name, set()).isdisjoint(span)
