"""The door to `manim render`: what stops a film is told there in one line, and the other films go on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

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
