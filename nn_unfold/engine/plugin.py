"""What Manim imports at the end of `import manim`, since this package is a plugin of it (entry point `manim.plugins`).

`manim render` answers a file that is not there with a traceback. Here it answers with one line. Nothing else of Manim
changes by the plugin alone, and nothing of Unfold is imported before it is used.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

from manim.utils import module_ops

_get_module = module_ops.get_module


def _get_module_or_one_line(file_name: Path) -> ModuleType:
    """As in Manim, which raises FileNotFoundError for a missing file and ValueError for another kind of file.

    `manim render` calls it where it prints the traceback of any Exception; SystemExit is none.
    """
    if str(file_name) != "-" and "manim.cli.render.commands" in sys.modules:
        if not file_name.is_file():
            print(f"There is no file {str(file_name)!r}: `unfold list` shows the films.", file=sys.stderr)
            sys.exit(2)
        if file_name.suffix != ".py":
            print(f"{str(file_name)!r} is no Python file: the name of a film ends in .py.", file=sys.stderr)
            sys.exit(2)
    return _get_module(file_name)


module_ops.get_module = _get_module_or_one_line
