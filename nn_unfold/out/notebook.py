"""Films in a notebook: the film, its page or its last frame, shown below the cell.

>>> from nn_unfold import show_film, show_page, show_still
>>> show_still("relu_fold")  # doctest: +SKIP
>>> show_page("relu_fold", theme="light")  # doctest: +SKIP
>>> show_film("relu_fold", quality="m", network="mine.npz")  # doctest: +SKIP
"""

from __future__ import annotations

import html
import inspect
import tempfile
from pathlib import Path
from typing import Any

from nn_unfold.errors import UnfoldError
from nn_unfold.out.films import Film, UnknownFilm, find
from nn_unfold.settings import given, media_folder


def show_film(film: str | type, *, quality: str = "m", **options: str) -> Any:
    """Render a film and show it; what was rendered before is not rendered again.

    Args:
        film: the name of a film, the path of its file, or its class.
        quality: a letter, as in `manim render -q`.
        options: of Unfold, such as theme="light", language="zh", network="mine.npz", voice="piper".

    Returns:
        An IPython.display.Video, which holds the film.

    Raises:
        UnfoldError: where IPython is missing, or the film is, or can't be made.
    """
    display = _display()
    return display.Video(str(_rendered(film, quality, options)), embed=True, mimetype="video/mp4")


def show_still(film: str | type, *, quality: str = "m", **options: str) -> Any:
    """Show the last frame of a film; arguments and errors as of `show_film`.

    Returns:
        An IPython.display.Image.
    """
    display = _display()
    return display.Image(filename=str(_rendered(film, quality, options, format="png")))


def show_page(film: str | type, *, height: int = 640, **options: str) -> Any:
    """Show a film as a page, to step through, turn and zoom; arguments and errors as of `show_film`.

    Args:
        film: which.
        height: of the page, in pixels.
        options: of Unfold.

    Returns:
        An IPython.display.HTML, which holds the page.
    """
    display = _display()
    from nn_unfold.out.exporters import Order, export

    found = _film(film)
    with given(**options), tempfile.TemporaryDirectory(prefix="unfold-") as folder:
        path = Path(folder) / "page.html"
        export("page", Order(found, path, media_folder()))
        page = html.escape(path.read_text(encoding="utf-8"))
    frame = f'<iframe srcdoc="{page}" style="width: 100%; height: {height}px; border: 0" allowfullscreen></iframe>'
    # The space keeps IPython from a warning that is about frames with addresses.
    return display.HTML(f" {frame}")


def _rendered(film: str | type, quality: str, options: dict[str, str], **more: Any) -> Path:
    from nn_unfold.out.rendering import render_whole, settings

    if quality not in "lmhpk" or len(quality) != 1:
        raise UnfoldError(f"quality is {quality!r}, expected one of l, m, h, p, k.")
    found = _film(film)
    with given(**options):
        return render_whole(found, settings(quality, None), **more)


def _film(film: str | type) -> Film:
    """The film of a name or a class.

    Raises:
        UnfoldError: where there is none.
    """
    try:
        if isinstance(film, str):
            return find(film)
        return Film(film.__name__, _source(film), film.__name__, live=film)
    except UnknownFilm as error:
        raise UnfoldError(str(error)) from error


def _source(film: type) -> Path:
    """The file of a class; a name without a file for one that was written in a cell."""
    try:
        return Path(inspect.getfile(film)).resolve()
    except (TypeError, OSError):
        return Path(f"{film.__name__}.py")


def _display() -> Any:
    try:
        import IPython.display
    except ModuleNotFoundError:
        raise UnfoldError("To show films in a notebook, install IPython: pip install 'nn-unfold[notebook]'.") from None
    return IPython.display
