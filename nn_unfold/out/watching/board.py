"""What the page of a film under work shows: written by the one who draws, read by the threads of the server."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Board:
    """The state of the page, the pictures of the beats, and the file of the draft.

    The state is JSON: `film` its name; `captions` of the beats; `shown` the number of the beat under work; `pictures`
    for each beat the number of its newest picture; `saved` when the file was saved, in seconds since 1970; `drawn` the
    `saved` of the newest picture of the beat under work; `error` in one line; `draft` one of "", rendering, done and
    failed; `drafts` how many are done.
    """

    def __init__(self, film: str) -> None:
        self._condition = threading.Condition()
        self._state: dict[str, Any] = {
            "film": film,
            "captions": [],
            "shown": 1,
            "pictures": {},
            "saved": None,
            "drawn": None,
            "error": "",
            "draft": "",
            "drafts": 0,
        }
        self._pictures: dict[int, bytes] = {}
        self._draft: Path | None = None
        self._version = 0
        self._closed = False

    def write(self, **changes: Any) -> None:
        """Change entries of the state."""
        with self._condition:
            self._state |= changes
            self._turn()

    def hang(self, number: int, picture: bytes, **changes: Any) -> None:
        """Show a new picture of a beat, a PNG, and change entries of the state with it."""
        with self._condition:
            self._pictures[number] = picture
            self._state |= changes
            self._state["pictures"] = {**self._state["pictures"], number: self._version + 1}
            self._turn()

    def keep(self, captions: list[str]) -> None:
        """Name the captions of all beats; pictures of beats that are no more are taken down."""
        with self._condition:
            self._pictures = {n: picture for n, picture in self._pictures.items() if n <= len(captions)}
            pictures = {n: version for n, version in self._state["pictures"].items() if n <= len(captions)}
            self._state |= {"captions": captions, "pictures": pictures}
            self._turn()

    def link(self, draft: Path) -> None:
        """Show a finished draft."""
        with self._condition:
            self._draft = draft
            self._state |= {"draft": "done", "drafts": self._state["drafts"] + 1}
            self._turn()

    def close(self) -> None:
        """Let all who wait go."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def picture(self, number: int) -> bytes | None:
        """The picture of a beat, a PNG; None where there is none yet."""
        with self._condition:
            return self._pictures.get(number)

    @property
    def draft(self) -> Path | None:
        """The file of the newest draft; None where there is none yet."""
        with self._condition:
            return self._draft

    @property
    def closed(self) -> bool:
        """Whether nothing more will come."""
        with self._condition:
            return self._closed

    def after(self, version: int, timeout: float) -> tuple[int, Mapping[str, Any]] | None:
        """The state as soon as it is newer than a version, with its own; None where that takes too long.

        Args:
            version: the last one that was seen; -1 for none.
            timeout: seconds.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._version > version, timeout)
            return None if self._closed or self._version <= version else (self._version, dict(self._state))

    def _turn(self) -> None:
        self._version += 1
        self._condition.notify_all()
