"""What commands write: text that fits the terminal, JSON, and streams that may be closed or know few characters."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import textwrap
from contextlib import suppress
from typing import Any


class _MayClose:
    """A text stream that drops what is written after its reader has closed it, as `head -1` does."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with suppress(BrokenPipeError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(BrokenPipeError):
            self._stream.flush()


def prepare_streams() -> None:
    """Let standard output and error be written to, whatever they are: closed, or in an encoding with few characters."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # it was closed before the program began
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
            setattr(sys, name, _MayClose(stream))


def close_streams(status: int) -> int:
    """Write what is still in the buffers of the streams.

    Args:
        status: the exit status so far.

    Returns:
        The exit status: 1 where the output could not be written.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError) as error:
            if stream is sys.stdout and not status:  # a command that failed has said so
                status = 1
                with suppress(OSError):
                    print(f"The output can't be written ({getattr(error, 'strerror', error)}).", file=sys.stderr)
        # Python flushes once more at its end, and would report what can't be written.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return status


def write_json(value: Any) -> None:
    """Write JSON to standard output; signs that its encoding lacks are escaped as JSON does it."""
    plain = (sys.stdout.encoding or "ascii").lower().replace("-", "") != "utf8"
    print(json.dumps(value, indent=2, ensure_ascii=plain))


def paragraph(text: str, *, indent: str = "", first: str | None = None) -> str:
    """Text in lines that fit the terminal; words, and so paths without spaces, are never cut.

    Args:
        text: in one line.
        indent: before each line.
        first: before the first line, if not the indent.
    """
    return textwrap.fill(
        text,
        width=max(40, min(shutil.get_terminal_size().columns, 100)) - 1,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def clock(seconds: float | None) -> str:
    """Minutes and seconds, as `1:08`; nothing for None."""
    return "" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02}"
