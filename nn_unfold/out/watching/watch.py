"""Plays a film again whenever its files are saved, and draws the beat under work first."""

from __future__ import annotations

import importlib
import io
import linecache
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from manim import tempconfig
from PIL import Image

from nn_unfold.errors import UnfoldError
from nn_unfold.out.beats import shown, walk
from nn_unfold.out.films import Film, read, sources
from nn_unfold.out.watching.board import Board
from nn_unfold.out.watching.change import Change, signatures
from nn_unfold.out.watching.draft import Draft
from nn_unfold.settings import film_folders, option, settings_files
from nn_unfold.stage.stage import Stage
from nn_unfold.text.catalog import translate

INTERVAL = 0.1  # seconds between two looks at the files


class _SavedAgain(UnfoldError):
    """The film that is played is not the newest any more."""


class Watch:
    """A film under work: all that Manim, fonts and networks need stays in this process from one save to the next.

    Args:
        film: which.
        settings: of Manim, for the pictures.
        board: where pictures are hung.
        drafts: begins to render the film; None for no drafts.
    """

    def __init__(
        self,
        film: Film,
        settings: Mapping[str, Any],
        board: Board,
        drafts: Callable[[Film, Path], Draft] | None = Draft,
    ) -> None:
        self._film, self._settings, self._board, self._drafts = film, settings, board, drafts
        self._draft: Draft | None = None
        self._signatures = signatures([film.file])
        self._drawn: dict[str, bytes] = {}  # the files of the film when its beat under work was drawn last
        self._captions: dict[int, str] = {}  # and what its beats said
        self._number = 1  # the beat under work

    def run(self) -> None:
        """Draw the film, then draw it again after each save, until Ctrl-C."""
        # A file of compiled Python that was written within the second of two saves may be that of the first.
        compiled, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            saved = time.time()
            while True:
                with suppress(_SavedAgain):
                    self._turn(saved)
                while not self._changed():
                    self._see_to_draft()
                    time.sleep(INTERVAL)
                saved = self._time_of_save()
        finally:
            sys.dont_write_bytecode = compiled
            self._stop_draft()

    def _turn(self, saved: float) -> None:
        """All that follows a save: the picture of the beat under work, those of the others, and the draft."""
        self._stop_draft()
        self._board.write(saved=saved)
        try:
            film = self._read()
            missing = self._play(film, saved)
            if missing:
                self._paint_others(film, missing)
        except _SavedAgain:
            raise
        except (UnfoldError, OSError) as error:
            self._board.write(error=" ".join(str(error).split()))
            return
        if self._drafts is not None:
            self._draft = self._drafts(film, Path(self._settings["media_dir"]))
            self._board.write(draft="rendering")

    def _read(self) -> Film:
        """The film as its file describes it now; what is imported from its folder is imported anew."""
        self._signatures = signatures(self._signatures)  # what is saved from here on is the next save
        film = read(self._film.file)
        if film is None:
            raise UnfoldError(f"{self._film.file} holds no film: a film is a class with a method `construct`.")
        now = sources(film)
        paths = {film.file.parent / name for name in now}
        self._signatures = {**signatures([*paths, *_given_files(film)]), **self._signatures}
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            # A film may lie beside this package, as in a checkout of it.
            own = name.partition(".")[0] in ("nn_unfold", "nn_core")
            if file and Path(file) in paths and not own:
                del sys.modules[name]
        importlib.invalidate_caches()
        linecache.checkcache()
        self._film, self._now = film, now
        return film

    def _play(self, film: Film, saved: float) -> set[int]:
        """Play the film, draw the beat under work, and those after it.

        Returns:
            The numbers of beats that are not drawn yet.
        """
        change = Change.between(film.file.parent, self._drawn, self._now)
        touched, found, drawn = False, False, set[int]()  # found: the beat under work
        captions: dict[int, str] = {}

        def at_start(number: int, stage: Stage) -> None:
            nonlocal touched
            self._give_way()
            touched = change.touches_beat_played_now()

        def at_key(number: int, stage: Stage) -> None:
            nonlocal found
            told = stage.told[-1]
            captions[number] = translate(told.message, **told.values)
            known = self._captions.get(number)
            worked_on = not found and bool(self._captions) and (touched or known not in (None, captions[number]))
            # Where no beat was touched it is the same beat as before, which may have changed with what all share.
            stays = not found and number == self._number and not change.in_beats
            if worked_on or stays or drawn:
                self._give_way()
                picture = _png(stage)
                drawn.add(number)
                if worked_on or stays:
                    found = worked_on
                    self._number = number
                    self._drawn = self._now
                    self._board.hang(number, picture, shown=number, drawn=saved, error="")
                else:
                    self._board.hang(number, picture)

        steps = walk(film, self._settings, at_start=at_start, at_key=at_key)
        self._captions = {step.number: step.caption for step in steps}
        self._board.keep([step.caption for step in steps])
        self._number = min(self._number, len(steps))
        self._drawn = self._now
        self._board.write(error="", shown=self._number)
        return set(self._captions) - drawn

    def _paint_others(self, film: Film, missing: set[int]) -> None:
        """Play the film again and draw these beats."""

        def at_start(number: int, stage: Stage) -> None:
            self._give_way()

        def at_key(number: int, stage: Stage) -> None:
            if number in missing:
                self._board.hang(number, _png(stage))

        walk(film, self._settings, at_start=at_start, at_key=at_key)

    # Saves

    def _changed(self) -> bool:
        """Whether a file was saved since they were read; one that an editor is just replacing is not saved yet."""
        now = signatures(self._signatures)
        return now != self._signatures and now[self._film.file] is not None

    def _give_way(self) -> None:
        """Leave the film that is played, where it was saved again.

        Raises:
            _SavedAgain: where it was.
        """
        if self._changed():
            raise _SavedAgain("The film was saved again.")

    def _time_of_save(self) -> float:
        """When the file was written that was saved last, in seconds since 1970; now, where its time says nothing."""
        now = signatures(self._signatures)
        times = [
            signature[0] / 1e9 for path, signature in now.items() if signature != self._signatures[path] and signature
        ]
        latest, clock = max(times, default=0.0), time.time()
        return latest if clock - 10.0 < latest <= clock else clock

    # The draft

    def _see_to_draft(self) -> None:
        """Show the draft when it is finished."""
        if self._draft is None:
            return
        try:
            path = self._draft.finished()
        except UnfoldError as error:
            self._board.write(error=" ".join(str(error).split()))
            self._stop_draft(state="failed")
            return
        if path is not None:
            self._board.link(path)
            self._stop_draft(state="done")

    def _stop_draft(self, state: str = "") -> None:
        if self._draft is not None:
            self._draft.stop()
            self._draft = None
            self._board.write(draft=state)


def _png(stage: Stage) -> bytes:
    """What a stage shows now."""
    file = io.BytesIO()
    Image.fromarray(shown(stage)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _given_files(film: Film) -> set[Path]:
    """What a film reads beside its own files: settings, catalogs, and the network and data that were brought."""
    with tempconfig({"input_file": str(film.file)}):
        found = {folder / "catalogs" / f"{option('language')}.toml" for folder in film_folders()}
        found |= {*settings_files(), *(folder / "manim.cfg" for folder in film_folders())}
        for given in filter(None, map(option, ("network", "data"))):
            path = Path(given)
            found |= {path, *path.iterdir()} if path.is_dir() else {path}
    return found
