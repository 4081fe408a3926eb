"""The door to `manim render`: what stops a film is told there in one line, and the other films go on."""

from __future__ import annotations

import inspect
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError

import click

from nn_unfold.errors import UnfoldError


@contextmanager
def told_by_manim(*, at_once: bool = False) -> Iterator[None]:
    """Within, an UnfoldError becomes one line on standard error and exit status 1, if `manim render` is running.

    Elsewhere it is raised as it is: a notebook, a test or `unfold` has a door of its own.

    Args:
        at_once: end the program now; if not, at the end of `manim render -a`, after the other films.
    """
    try:
        yield
    except UnfoldError as error:
        context = click.get_current_context(silent=True)
        if context is None or not context.command.callback or "manim.cli" not in context.command.callback.__module__:
            raise
        print(error, file=sys.stderr)
        if at_once:
            sys.exit(1)
        context.call_on_close(lambda: sys.exit(1))


def stopped_by(error: OSError, film: type) -> str:
    """The line for whoever renders a film that wanted a file, a program or the network in vain."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == inspect.getfile(film)]
    name = f"{film.__name__} (line {own[-1].lineno})" if own else film.__name__
    reason = " ".join(str(error.strerror or error).split())
    if isinstance(error, URLError | ConnectionError | TimeoutError | socket.gaierror):
        return f"{name} can't be rendered: it wants something from the network ({reason}). Films need none: save it."
    if error.filename is None:
        return f"{name} can't be rendered: {reason}."
    if isinstance(error, FileNotFoundError) and any(frame.filename == subprocess.__file__ for frame in frames):
        return f"{name} can't be rendered: it wants the program {error.filename}, which is not installed."
    return f"{name} can't be rendered: it wants the file {error.filename} ({reason}). Give the right path."
