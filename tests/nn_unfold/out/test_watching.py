"""A film under work: each save brings the picture of the beat that changed, and what is wrong comes in one line."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nn_unfold.out.films import find
from nn_unfold.out.rendering import settings
from nn_unfold.out.watching.board import Board
from nn_unfold.out.watching.change import Change, beat_spans, changed_lines
from nn_unfold.out.watching.server import served
from nn_unfold.out.watching.watch import Watch

TINY = '''"""A plane rises."""

from helper import COLOUR
from manim import FadeIn, Square

from nn_unfold import Stage


class Tiny(Stage):
    """A square."""

    def construct(self):
        square = Square(1, color=COLOUR, fill_opacity=1)
        with self.beat("A square."):
            self.add(square)
        with self.beat("It is moved."):
            square.shift((2, 0, 0))
'''
HELPER = 'COLOUR = "#ff0000"\n'


class Page:
    """What a browser sees."""

    def __init__(self, address: str) -> None:
        match = re.fullmatch(r"http://(127\.0\.0\.1):([0-9]+)/", address)
        assert match, address
        self.host, self.port = match[1], int(match[2])

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def states(self) -> Iterator[dict]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        connection.request("GET", "/events")
        answer = connection.getresponse()
        try:
            while line := answer.readline():
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))
        finally:
            answer.close()
            connection.close()

    def picture(self, number: int) -> np.ndarray:
        status, headers, body = self.get(f"/picture/{number}")
        assert (status, headers["Content-Type"]) == (200, "image/png")
        return np.asarray(Image.open(io.BytesIO(body)).convert("RGB")).astype(int)


@contextmanager
def interrupted_after(script) -> Iterator[list]:
    """Run a script in a thread beside what is in the body; Ctrl-C comes when it ends. Gives what it raised."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            script()
        except BaseException as error:
            failed.append(error)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=run)
    thread.start()
    yield failed
    thread.join()


def save(path: Path, text: str) -> float:
    """Write a file as editors do: another one is put into its place."""
    new = path.with_suffix(".new")
    new.write_text(text)
    began = time.time()
    os.utime(new, (began, began))
    new.replace(path)
    return began


def until(states: Iterator[dict], wanted) -> dict:
    return next(state for state in states if wanted(state))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text(HELPER)
    path = tmp_path / "tiny.py"
    path.write_text(TINY)
    return path


def test_a_save_brings_the_beat_that_changed_and_an_error_one_line(film: Path, tmp_path: Path):
    board = Board("tiny")
    values = settings("l", tmp_path / "media")
    before = sys.dont_write_bytecode

    def script() -> None:
        states = page.states()
        first = until(states, lambda s: len(s["pictures"]) == 2 and len(s["captions"]) == 2)
        assert first["captions"] == ["A square.", "It is moved."]
        assert first["shown"] == 1
        assert first["error"] == ""
        old = page.picture(2)

        # A caption of the second beat: that beat.
        began = save(film, TINY.replace("It is moved.", "It was moved."))
        state = until(states, lambda s: (s["drawn"] or 0) >= began - 0.01)
        assert state["shown"] == 2
        assert (page.picture(2) != old).any()
        until(states, lambda s: s["captions"] == ["A square.", "It was moved."])

        # A mistake: the picture stays.
        kept = page.picture(2)
        save(film, TINY.replace("(2, 0, 0))", "(2, 0, 0)"))
        state = until(states, lambda s: s["error"])
        assert "\n" not in state["error"]
        assert "SyntaxError" in state["error"]
        assert state["shown"] == 2
        assert (page.picture(2) == kept).all()

        # It is mended, and the square goes elsewhere; a line of the first beat is as it was.
        began = save(film, TINY.replace("It is moved.", "It was moved.").replace("(2, 0, 0)", "(-2, 0, 0)"))
        state = until(states, lambda s: (s["drawn"] or 0) >= began - 0.01)
        assert (state["error"], state["shown"]) == ("", 2)
        red = page.picture(2)
        columns = np.nonzero((red[:, :, 0] > 200) & (red[:, :, 1] < 60))[1]
        assert columns.mean() < red.shape[1] / 2

        # A file that the film imports: the beat that was shown, and all others.
        began = save(film.with_name("helper.py"), HELPER.replace("#ff0000", "#0000ff"))
        state = until(states, lambda s: (s["drawn"] or 0) >= began - 0.01)
        assert state["shown"] == 2
        blue = page.picture(2)
        assert ((blue[:, :, 2] > 200) & (blue[:, :, 0] < 60)).any()

        # A beat that fails when it is played, and one that is taken away.
        save(film, TINY.replace("square.shift((2, 0, 0))", "square.shift(1 / 0)"))
        assert "ZeroDivisionError" in until(states, lambda s: s["error"])["error"]
        save(film, TINY[: TINY.index('        with self.beat("It is moved.")')])
        state = until(states, lambda s: s["captions"] == ["A square."] and not s["error"])
        assert state["shown"] == 1
        assert page.get("/picture/2")[0] == 404

    with served(board) as address:
        page = Page(address)
        with interrupted_after(script) as failed, pytest.raises(KeyboardInterrupt):
            Watch(find(str(film)), values, board, None).run()
    assert not failed, failed
    assert sys.dont_write_bytecode == before


def test_only_this_machine_sees_the_page_and_nothing_else(tmp_path: Path):
    board = Board("tiny")
    with served(board) as address:
        page = Page(address)
        status, headers, body = page.get("/")
        assert status == 200
        nonce = re.search(r"script-src 'nonce-([\w-]+)'", headers["Content-Security-Policy"])
        assert nonce
        assert f'<script nonce="{nonce[1]}">'.encode() in body
        assert page.get("/", Host=f"localhost:{page.port}")[0] == 200
        for host in ("evil.example", f"evil.example:{page.port}", "127.0.0.1", f"127.0.0.1:{page.port + 1}", ""):
            for path in ("/", "/events", "/picture/1", "/draft.mp4"):
                assert page.get(path, Host=host)[0] == 403, (host, path)
        board.hang(1, b"picture")
        for path in ("/../pyproject.toml", "/page.html", "/picture/0", "/picture/2", "/picture/1/", "/draft.mp4"):
            assert page.get(path)[0] == 404, path

        draft = tmp_path / "draft.mp4"
        draft.write_bytes(bytes(range(100)))
        board.link(draft)
        assert page.get("/draft.mp4")[2] == bytes(range(100))
        status, headers, body = page.get("/draft.mp4", Range="bytes=90-")
        assert (status, headers["Content-Range"], body) == (206, "bytes 90-99/100", bytes(range(90, 100)))
        assert page.get("/draft.mp4", Range="bytes=5-6")[2] == bytes([5, 6])
        assert page.get("/draft.mp4", Range="bytes=100-")[0] == 416


def test_the_command_tells_its_address_and_ctrl_c_ends_it_in_one_line(film: Path, tmp_path: Path, unfold_here):
    board_made = threading.Event()
    original = Watch.run

    def script() -> None:
        assert board_made.wait(20)

    def run(self: Watch) -> None:
        board_made.set()
        original(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Watch, "run", run)
        with interrupted_after(script) as failed:
            done = unfold_here("watch", film, "--no-draft", "--media-dir", tmp_path / "media", cwd=tmp_path)
    assert not failed
    assert done.returncode == 130
    assert re.fullmatch(r"tiny is shown at http://127\.0\.0\.1:[0-9]+/ \(Ctrl-C ends\)\n", done.stdout)
    assert done.stderr.strip() == "Stopped; finished pieces are kept."


class _Drafts:
    """Drafts that a test finishes, in place of processes."""

    def __init__(self) -> None:
        self.begun: list[_Drafts._One] = []

    def __call__(self, film, media_dir):
        self.begun.append(_Drafts._One())
        return self.begun[-1]

    class _One:
        path: Path | None = None
        stopped = False

        def finished(self) -> Path | None:
            return self.path

        def stop(self) -> None:
            self.stopped = True


def test_a_draft_follows_and_the_next_save_stops_it(film: Path, tmp_path: Path):
    board, drafts = Board("tiny"), _Drafts()

    def script() -> None:
        states = page.states()
        until(states, lambda s: s["draft"] == "rendering")
        save(film, TINY.replace("It is moved.", "It was moved."))
        until(states, lambda s: s["draft"] == "")
        until(states, lambda s: s["draft"] == "rendering")
        first, second = drafts.begun
        assert first.stopped
        assert not second.stopped
        file = tmp_path / "draft.mp4"
        file.write_bytes(b"film")
        second.path = file
        assert until(states, lambda s: s["draft"] == "done")["drafts"] == 1
        assert page.get("/draft.mp4")[2] == b"film"

    with served(board) as address:
        page = Page(address)
        with interrupted_after(script) as failed, pytest.raises(KeyboardInterrupt):
            Watch(find(str(film)), settings("l", tmp_path / "media"), board, drafts).run()
    assert not failed, failed


def test_changed_lines_and_the_beats_around_them():
    before = TINY.encode()
    assert changed_lines(before, before) == set()
    spans = beat_spans(before)
    assert [len(span) for span in spans] == [2, 2]
    assert beat_spans(b"def (") == []
    folder = Path("/films")
    in_second = Change.between(folder, {"tiny.py": before}, {"tiny.py": before.replace(b"(2, 0, 0)", b"(3, 0, 0)")})
    assert in_second.in_beats
    assert in_second.lines["tiny.py"] <= set(spans[1])
    outside = Change.between(folder, {"tiny.py": before}, {"tiny.py": before.replace(b"Square(1", b"Square(2")})
    assert not outside.in_beats
