"""Signals wait for the end of a frame, and then do what they always did."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest
from manim import RIGHT, tempconfig
from manim.scene.scene_file_writer import _PartialMovieEncodeJob

from nn_unfold.engine import interrupts
from nn_unfold.engine.interrupts import between_frames, heed
from nn_unfold.engine.renderer import SpatialRenderer
from nn_unfold.errors import UnfoldError
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.stage import Stage


class Ended(Exception):
    """What the handler of SIGTERM raises here."""


def end(number, frame):
    raise Ended


@pytest.fixture(autouse=True)
def sigterm() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, end)
    yield
    signal.signal(signal.SIGTERM, before)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Ended)])
def test_a_signal_waits_until_it_is_heeded(number, error):
    passed = []

    def frames():
        with between_frames():
            send(number)
            send(number)
            passed.append("the lines that belong together")
            heed()
            passed.append("the next frame")

    with pytest.raises(error):
        frames()
    assert passed == ["the lines that belong together"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is end
    heed()  # it has been done


def test_a_signal_waits_until_the_end_also_of_the_outer_one():
    passed = []

    def frames():
        with between_frames():
            with between_frames():
                send(signal.SIGTERM)
                passed.append("inner")
            passed.append("outer")

    with pytest.raises(Ended):
        frames()
    assert passed == ["inner", "outer"]
    with pytest.raises(Ended):
        send(signal.SIGTERM)


def test_who_is_sure_does_not_wait(monkeypatch):
    monkeypatch.setattr(interrupts, "_PATIENCE", -1.0)
    passed = []

    def frames():
        with between_frames():
            send(signal.SIGINT)
            passed.append("it has waited")

    with pytest.raises(KeyboardInterrupt):
        frames()
    assert not passed


def test_a_handler_that_is_set_meanwhile_stays():
    with between_frames():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    with between_frames():
        send(signal.SIGTERM)  # what is ignored stays so


def test_beside_the_main_thread_nothing_is_done():
    def work():
        with between_frames():
            seen.append(signal.getsignal(signal.SIGTERM))

    seen: list[object] = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [end]


class Moves(Stage):
    def construct(self) -> None:
        sheet = Sheet((-1, 1, -1, 1))
        for _ in range(3):
            self.play(sheet.animate.shift(RIGHT), run_time=0.4)


@pytest.mark.parametrize("where", ["as an encoder is made", "in a frame", "as an encoder is told the end"])
def test_ctrl_c_leaves_no_encoder_waiting_and_nothing_half_written(where, tmp_path, monkeypatch):
    """Wherever it comes; where an encoder is told the end, it used to wait for ever."""
    owner, name = {
        "as an encoder is made": (_PartialMovieEncodeJob, "__init__"),
        "in a frame": (SpatialRenderer, "update_frame"),
        "as an encoder is told the end": (_PartialMovieEncodeJob, "seal"),
    }[where]
    stock, calls = getattr(owner, name), []

    def interrupted(self, *args, **kwargs):
        calls.append(name)
        if len(calls) == 2:
            if name == "seal":
                self._sealed = True  # Manim's own first line
            send(signal.SIGINT)
            if name == "seal":
                self._sealed = False
        return stock(self, *args, **kwargs)

    monkeypatch.setattr(owner, name, interrupted)
    with tempconfig({"media_dir": str(tmp_path), "dry_run": False, "format": "mp4"}):
        with pytest.raises(UnfoldError, match="Stopped"):
            Moves().render()
        waiting = [thread for thread in threading.enumerate() if thread.name.startswith("partial-movie-encoder")]
        for thread in waiting:
            thread.join(timeout=5)
        assert not any(thread.is_alive() for thread in waiting)
        assert not list(tmp_path.rglob(".unfinished-*"))
        assert not list(tmp_path.rglob("Moves.mp4"))
        monkeypatch.undo()
        Moves().render()  # goes on from there
    assert list(tmp_path.rglob("Moves.mp4"))
