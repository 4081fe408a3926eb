"""The command `unfold`: the table of its commands, and the one place where errors become a line and an exit status.

A new command is a file with a function `command`, made with click, and a line in `COMMANDS`. The options that several
commands have are in `options`. A command returns its exit status, or None for 0. It raises `click.UsageError` for wrong
arguments (status 2) and `UnfoldError` for what fails (status 1). It writes its result with `output`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click

from nn_unfold.cli import output
from nn_unfold.errors import UnfoldError

COMMANDS: Mapping[str, str] = {
    "list": "nn_unfold.cli.list",
    "render": "nn_unfold.cli.render",
    "show": "nn_unfold.cli.show",
    "watch": "nn_unfold.cli.watch",
    "fits": "nn_unfold.cli.fits",
    "export": "nn_unfold.cli.export",
    "check": "nn_unfold.cli.check",
    "doctor": "nn_unfold.cli.doctor",
    "licences": "nn_unfold.cli.licences",
}
"""The module of each command. A module is imported when its command runs, and imports Manim when it needs it."""

DONE, FAILED, USAGE, STOPPED = 0, 1, 2, 130


class _Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="nn-unfold", message="%(prog)s %(version)s")
@click.pass_context
def commands(ctx: click.Context) -> None:
    """Unfold: films of what a neural network does to space."""
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run `unfold` and end the program.

    Args:
        arguments: of the command line, without the name of the program; those of this process if not given.
    """
    output.prepare_streams()
    _provide_home()
    words = list(sys.argv[1:] if arguments is None else arguments)
    status, message = _run(words)
    if message:
        line = " ".join(message.split())
        with suppress(OSError):  # where the output can't be written, standard error still may
            if "--json" in words:
                output.write_json({"error": line})
        print(line, file=sys.stderr)
    sys.exit(output.close_streams(status))


def _run(words: list[str]) -> tuple[int, str]:
    """The exit status of a command line, and the line that says why it failed."""
    try:
        status = commands.main(words, prog_name="unfold", standalone_mode=False)
        return (status if isinstance(status, int) else DONE), ""
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "unfold"
        return USAGE, f"{error.format_message()} (`{path} --help` shows what is possible.)"
    except UnfoldError as error:
        return FAILED, str(error)
    except (KeyboardInterrupt, click.Abort):
        return STOPPED, "Stopped; finished pieces are kept."
    except BrokenPipeError:  # the reader of the output has all that it wants
        return DONE, ""
    except ModuleNotFoundError as error:
        return FAILED, f"The package {error.name} is not installed for {sys.executable}: pip install nn-unfold."
    except OSError as error:
        return FAILED, f"{error.strerror or error}: {error.filename or 'the output'} can't be read or written."
    except Exception as error:
        if os.environ.get("UNFOLD_TRACEBACK"):
            raise
        import traceback

        place = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"{type(error).__name__}: {error}"
        return FAILED, f"{reason} ({place.filename}, line {place.lineno}). UNFOLD_TRACEBACK=1 shows the traceback."


def _provide_home() -> None:
    """Manim looks into the home folder; a user without one (in a container, say) has an empty folder for it."""
    try:
        Path.home()
    except RuntimeError:
        import tempfile

        os.environ["HOME"] = tempfile.gettempdir()
