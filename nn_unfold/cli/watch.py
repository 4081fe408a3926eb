"""`unfold watch`: a film under work, in the browser; each save brings a new picture."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path

import click

from nn_unfold.cli import options


@click.command("watch")
@click.argument("name", metavar="FILM")
@click.option("--open", "opened", is_flag=True, help="Open the page in the browser.")
@click.option("--no-draft", is_flag=True, help="Draw the pictures only, and render no film behind them.")
@options.film_options
@options.MEDIA_DIR
def command(name: str, opened: bool, no_draft: bool, media_dir: Path | None) -> None:
    """Show the beat you work on in the browser, and draw it again after each save.

    FILM is the name of a film, as `unfold list` shows it, or the path of its file. Its file is watched, the files
    beside it that it imports, its catalog, and a network and data that were brought. What is wrong with the film is
    told on the page in one line. A draft of the whole film follows. Ctrl-C ends it.
    """
    [film] = options.chosen_films((name,), everything=False)
    output = sys.stdout
    with redirect_stdout(sys.stderr):
        options.start_manim()
        from nn_unfold.out.rendering import settings
        from nn_unfold.out.watching.board import Board
        from nn_unfold.out.watching.draft import Draft
        from nn_unfold.out.watching.server import served
        from nn_unfold.out.watching.watch import Watch

        values = settings("l", options.media_dir_or_default(media_dir))
        board = Board(film.name)
        with served(board) as address:
            print(f"{film.name} is shown at {address} (Ctrl-C ends)", file=output, flush=True)
            if opened:
                import webbrowser

                webbrowser.open(address)
            Watch(film, values, board, None if no_draft else Draft).run()
