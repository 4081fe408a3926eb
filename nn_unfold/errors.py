"""The one exception that speaks to the person who renders a film."""


class UnfoldError(SystemExit):
    """A mistake that its reader can mend: the message says what was given, what was expected, what to do.

    It derives from SystemExit, so that `manim render` ends with this one line and exit status 1, where
    any other exception would print a traceback.
    """
