"""A film of a network that is in memory, for notebooks and scripts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nn_core.network import Network
from nn_core.readers import from_sklearn, from_torch
from nn_core.storage import save
from nn_unfold.errors import UnfoldError
from nn_unfold.settings import PREFIX


def show(
    network: Any,
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    names: Sequence[str] = (),
    classes: Sequence[str] = (),
    film: str = "your_network",
    quality: str = "l",
    media_dir: str | Path | None = None,
    **options: str,
) -> Any:
    """Render the film of a network of your own.

    In a notebook these are three lines::

        from nn_unfold import show
        model = MLPClassifier((8,)).fit(X, y)
        show(model, X, y)

    Args:
        network: a Network, a fitted model of scikit-learn (in a Pipeline with a scaler too), a module of PyTorch, or
            the path of a file that `unfold show` takes.
        X: (n, d) its data; without them a network of two inputs is shown with points of the film's own.
        y: (n,) their labels: numbers of classes, or text.
        names: of the d features.
        classes: of the numbers in y, in their order.
        film: its name; `unfold fits` lists those that take a network.
        quality: a letter as of `unfold render`: l, m, h, p or k.
        media_dir: the folder of films; as in manim.cfg if not given.
        options: of Unfold, such as theme="light", language="zh", or features="age,income".

    Returns:
        In a notebook the video, to be shown there; elsewhere the path of the file.

    Raises:
        UnfoldError: for a network or data that the film can't show, in one line.
    """
    from nn_unfold.out.films import UnknownFilm, find
    from nn_unfold.out.rendering import render_whole, settings

    with TemporaryDirectory() as folder:
        given = {**options, "network": str(_saved(network, Path(folder) / "network.npz"))}
        if X is not None:
            given["data"] = str(_table(X, y, names, classes, Path(folder) / "points.npz"))
        try:
            chosen = find(film)
        except UnknownFilm as error:
            raise UnfoldError(str(error)) from None
        with _options(given):
            path = render_whole(chosen, settings(quality, None if media_dir is None else Path(media_dir)))
    return _video(path)


def _saved(network: Any, path: Path) -> Path:
    """The file of a network, written where it is in memory."""
    if isinstance(network, str | Path):
        return Path(network).absolute()
    if not isinstance(network, Network):
        try:
            torch_module = any(kind.__module__.partition(".")[0] == "torch" for kind in type(network).__mro__)
            network = from_torch(network) if torch_module else from_sklearn(network)
        except (TypeError, ValueError) as error:
            raise UnfoldError(f"The network can't be taken: {' '.join(str(error).split()).rstrip('.')}.") from error
    save(network, path)
    return path


def _table(X: ArrayLike, y: ArrayLike | None, names: Sequence[str], classes: Sequence[str], path: Path) -> Path:
    """The data in a file, as `read_points` takes them."""
    names = list(names) or [str(name) for name in getattr(X, "columns", ())]
    arrays: dict[str, np.ndarray] = {"X": np.asarray(X, dtype=float)}
    if y is not None:
        labels = np.asarray(y)
        arrays["y"] = labels.astype(str) if labels.dtype.kind == "O" else labels
    for name, texts in (("names", names), ("classes", list(classes))):
        if texts:
            arrays[name] = np.array(texts, dtype=str)
    np.savez(path, **arrays)  # type: ignore[arg-type]  # the stub takes an option for an array
    return path


@contextmanager
def _options(values: Mapping[str, str]) -> Iterator[None]:
    """Within, these options of Unfold are given, and no others in the environment."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    try:
        os.environ.update({f"{PREFIX}{name.upper()}": value for name, value in values.items()})
        yield
    finally:
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            del os.environ[name]
        os.environ.update(kept)


def _video(path: Path) -> Any:
    """The video for a notebook; the path where there is none."""
    try:
        from IPython import get_ipython
        from IPython.display import Video
    except ImportError:
        return path
    return path if get_ipython() is None else Video(str(path), embed=True)
