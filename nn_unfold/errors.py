"""The one exception that speaks to the person who makes a film."""

from __future__ import annotations


class UnfoldError(Exception):
    """A mistake that its reader can mend: the message says what was given, what was expected, what to do.

    `manim render` and `unfold` print that one line and end with exit status 1; a notebook shows it without a traceback.
    """

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the line alone."""
        return [str(self)]
