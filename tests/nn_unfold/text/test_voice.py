"""What is spoken: recordings and programs, and how long beats last with them."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from manim import tempconfig

from nn_unfold.errors import UnfoldError
from nn_unfold.out import clips
from nn_unfold.out.exporters import ALL, Order
from nn_unfold.out.films import find
from nn_unfold.text.voice import spoken

FILM = """from nn_unfold import Stage


class Said(Stage):
    def construct(self):
        with self.beat("One."):
            pass
        with self.beat("Two."):
            pass
"""


def record(file: Path, seconds: float) -> None:
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(22050)
        sound.writeframes((12000 * np.sin(np.arange(round(22050 * seconds)) * 0.2)).astype("<i2").tobytes())


@pytest.fixture
def media(tmp_path):
    with tempconfig({"media_dir": str(tmp_path / "media")}):
        yield tmp_path / "media"


def test_beats_last_as_long_as_they_are_spoken(tmp_path, monkeypatch):
    (tmp_path / "said.py").write_text(FILM)
    monkeypatch.setattr(clips, "LINES", 90)
    monkeypatch.setattr(clips, "RATE", 15)
    (tmp_path / "me").mkdir()
    for number, seconds in enumerate((3.0, 5.0), start=1):
        record(tmp_path / "me" / f"{number:02}.wav", seconds)
    monkeypatch.setenv("UNFOLD_VOICE", str(tmp_path / "me"))
    order = Order(find(str(tmp_path / "said.py")), tmp_path / "x.html", tmp_path / "media", ALL)
    for clip, seconds in zip(clips.clips(order, tmp_path), (3.0, 5.0), strict=True):
        assert seconds <= clip.step.end - clip.step.start <= seconds + 1
        with av.open(str(clip.file)) as film:
            heard = np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)])
        loud = np.flatnonzero(np.abs(heard) > 0.05) / clips.HERTZ
        assert loud[0] < 0.1
        assert loud[-1] == pytest.approx(seconds, abs=0.1)
    (tmp_path / "me" / "02.wav").unlink()
    with pytest.raises(UnfoldError, match=r"no recording .*02\.wav of beat 2, 'Two\.'"):
        clips.clips(order, tmp_path)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all"])
def test_what_is_no_recording_is_told(content, tmp_path, monkeypatch):
    (tmp_path / "01.wav").write_bytes(content)
    monkeypatch.setenv("UNFOLD_VOICE", str(tmp_path))
    with pytest.raises(UnfoldError, match="record it as WAV"):
        spoken("One.", 1)


@pytest.mark.parametrize("voice", ["piper", "espeak"])
def test_a_missing_program_is_told(voice, media, monkeypatch):
    monkeypatch.setenv("UNFOLD_VOICE", voice)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("nn_unfold.text.voice.importlib.util.find_spec", lambda name: None)
    with pytest.raises(UnfoldError, match="is not installed"):
        spoken("One.", 1)
    assert not list(media.rglob("*.wav"))


def test_piper_speaks_english_only(media, monkeypatch):
    monkeypatch.setenv("UNFOLD_VOICE", "piper")
    monkeypatch.setenv("UNFOLD_LANGUAGE", "zh")
    with pytest.raises(UnfoldError, match="speaks English"):
        spoken("一", 1)


def test_a_program_speaks_once_for_each_text(media, tmp_path, monkeypatch):
    record(tmp_path / "sound.wav", 1.5)
    program = tmp_path / "espeak-ng"
    program.write_text(
        f'#!/bin/sh\ncat >> {tmp_path}/said\necho " $*" | cut -c1-12 >> {tmp_path}/said\n'
        f'for last; do :; done\n/bin/cp {tmp_path}/sound.wav "$last"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("UNFOLD_VOICE", "espeak")
    first, again, other = (spoken(words, 1) for words in ("One.", "One.", "Two."))
    assert first == again
    assert first.seconds == other.seconds == 1.5
    assert first.file != other.file
    monkeypatch.setenv("UNFOLD_LANGUAGE", "zh")
    assert spoken("One.", 1).file not in (first.file, other.file)
    assert (tmp_path / "said").read_text() == "One. -v en --std\nTwo. -v en --std\nOne. -v cmn --st\n"
    program.write_text("#!/bin/sh\necho it hurts >&2\nexit 3\n")
    with pytest.raises(UnfoldError, match="it hurts"):
        spoken("Three.", 1)
    assert len(list(media.rglob("spoken/*"))) == 3


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="eSpeak NG is not installed")
@pytest.mark.parametrize(
    ("language", "words"), [("en", "One straight line separates them."), ("zh", "一条直线把它们分开。")]
)
def test_espeak_speaks(language, words, media, monkeypatch):
    monkeypatch.setenv("UNFOLD_VOICE", "espeak")
    monkeypatch.setenv("UNFOLD_LANGUAGE", language)
    said = spoken(words, 1)
    assert said is not None
    assert 0.8 < said.seconds < 6
