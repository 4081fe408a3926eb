"""Makes what the handbook consists of beside its texts: a picture for each word, pages of names, the gallery.

`make docs` runs this and then Sphinx. What is made is kept in `docs/_build`, with a stamp of the code that it depends
on, and made anew only where that has changed.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import html
import importlib.util
import json
import shutil
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

from rich.progress import track

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
BUILD, GENERATED, WORDS = DOCS / "_build", DOCS / "generated", DOCS / "words"
EXTRA = BUILD / "extra"
LOOP = 6.0  # seconds of a film that move in the gallery
POSTER = 0.6  # the share of the beats after which a film shows what it is about

ROOMS = {
    "Scenes": ("Stage", "SpatialScene", "Panel"),
    "In space": (
        *("Sheet", "Lattice", "Cloud", "Axes", "Picture", "PictureCloud", "GraphEdges", "Faces", "Segments"),
        *("SpatialGroup", "Solid", "cube", "Globe", "Unroll", "polygon", "bold_lines", "function_curve", "anchored"),
    ),
    "What a network says": (
        *("Regions", "LinearRegions", "DecisionBoundary", "DecisionPlanes", "HeatPlane", "Hyperplanes"),
        *("NetworkCurve", "WeightArrow", "ZeroLines", "Response", "Residuals", "BeyondData", "Probe"),
    ),
    "Surfaces": ("Landscape", "LevelLines", "Trail", "Anneal", "Rise", "rise"),
    "Motion": ("AffineFlow", "ActivationFlow", "Passage", "Morph", "Flow", "Draw", "Follow"),
    "Learning": ("Learning", "LossCurve", "Metric", "Accuracy", "SurfaceError", "Carried"),
    "On the screen": (
        *("NetworkDiagram", "HeatMap", "DataThumbnails", "Plot", "FunctionPlot", "Bars", "Table", "Tags"),
        *("Reading", "ClassLegend", "Pixels", "PixelGallery", "RowBars", "Tally"),
    ),
    "Words and numbers": ("formula", "label", "stack", "LiveNumber", "LiveMatrix", "LiveAffine"),
}
"""The words that have a picture, by the page that they stand on."""

NN_CORE = (
    *("activations", "network", "decisions", "losses", "initializers", "optimizers", "training", "descent"),
    *("datasets", "preprocessing", "embedding", "projections", "interpolation", "slicing", "storage", "readers"),
    *("geometry", "checking"),
)


def example_file(name: str) -> Path:
    """The file of a word: `NetworkDiagram` is in `network_diagram.py`, the function `rise` in `rise_function.py`."""
    letters = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).removeprefix("_")
    return WORDS / (f"{letters}_function.py" if name == "rise" else f"{letters}.py")


def code_stamp() -> str:
    """A hash of all code that pictures depend on."""
    digest = hashlib.sha256()
    for folder in ("nn_core", "nn_unfold"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def made(path: Path, stamp: str, make: Callable[[Path], object]) -> bool:
    """Make a file where there is none of this stamp; whether it was made."""
    note = path.with_name(f"{path.name}.stamp")
    if path.is_file() and note.is_file() and note.read_text() == stamp:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)
    note.write_text(stamp)
    return True


# Words


def picture_of(source: Path) -> Callable[[Path], None]:
    """What renders an example into a file: a clip where something moves, or a still."""

    def make(path: Path) -> None:
        from manim import tempconfig

        from nn_unfold.out.rendering import settings

        kind = {"format": "mp4"} if path.suffix == ".mp4" else {"format": "png", "save_last_frame": True}
        spec = importlib.util.spec_from_file_location(source.stem, source)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[source.stem] = module  # where Manim looks for the source of functions
        spec.loader.exec_module(module)
        chosen = {**settings("l", BUILD / "media"), **kind, "input_file": str(source), "output_file": source.stem}
        with tempconfig(chosen):
            scene = module.Example()
            scene.render()
            shutil.copyfile(scene.renderer.file_writer.final_file_path, path)

    return make


def moves(source: Path) -> bool:
    """Whether an example has an animation."""
    return ".play(" in source.read_text()


def write_words() -> None:
    """The pages of words, each word with its picture and its code."""
    stamp = code_stamp()
    folder = GENERATED / "words"
    folder.mkdir(parents=True, exist_ok=True)
    names = [name for room in ROOMS.values() for name in room]
    for name in track(names, "Pictures of words", console=None):
        source = example_file(name)
        target = EXTRA / "pictures" / f"{source.stem}{'.mp4' if moves(source) else '.png'}"
        made(target, stamp + hashlib.sha256(source.read_bytes()).hexdigest(), picture_of(source))
    pages = []
    for room, words in ROOMS.items():
        page = room.lower().replace(" ", "-")
        pages.append(page)
        (folder / f"{page}.md").write_text(f"# {room}\n\n" + "\n".join(map(_word, words)))
    others = sorted(set(public_names()) - set(names))
    rest = "\n".join(
        f"```{{eval-rst}}\n.. autoclass:: nn_unfold.{name}\n   :no-members:\n```\n"
        if _is_class(name)
        else f"```{{eval-rst}}\n.. autofunction:: nn_unfold.{name}\n```\n"
        if _is_function(name)
        else f"`{name}`: {_constant(name)}\n"
        for name in others
    )
    (folder / "other-names.md").write_text(f"# Other names\n\nNames without a picture of their own.\n\n{rest}")
    listed = "\n".join([*pages, "other-names"])
    (folder / "index.md").write_text(
        "# Words\n\nAll public names of `nn_unfold`. Each example is a whole scene: save it as a file and run\n"
        "`unfold render FILE.py -q l`, or `manim render -ql FILE.py`.\n\n"
        f"```{{toctree}}\n:maxdepth: 2\n\n{listed}\n```\n"
    )


def _word(name: str) -> str:
    source = example_file(name)
    about = (ast.get_docstring(ast.parse(source.read_text())) or "").partition(": ")[2]
    about = about[:1].upper() + about[1:]
    picture = f"../../pictures/{source.stem}"
    shown = (
        f'<video src="{picture}.mp4" autoplay loop muted playsinline controls width="640"'
        f' aria-label="{html.escape(about)}"></video>'
        if moves(source)
        else f'<img src="{picture}.png" width="640" alt="{html.escape(about)}">'
    )
    directive = "autoclass" if _is_class(name) else "autofunction"
    return (
        f"## {name}\n\n{about}\n\n```{{raw}} html\n{shown}\n```\n\n"
        f"```{{literalinclude}} ../../words/{source.name}\n:language: python\n```\n\n"
        f"```{{eval-rst}}\n.. {directive}:: nn_unfold.{name}\n```\n"
    )


def public_names() -> list[str]:
    """The public names of nn_unfold."""
    import nn_unfold

    return [name for name in nn_unfold.__all__ if not name.startswith("_")]


def _is_class(name: str) -> bool:
    import nn_unfold

    return isinstance(getattr(nn_unfold, name), type)


def _is_function(name: str) -> bool:
    import types

    import nn_unfold

    return isinstance(getattr(nn_unfold, name), types.FunctionType)


def _constant(name: str) -> str:
    return {
        "MINUS": "the minus sign of numbers, which is as wide as a plus.",
        "TOP": "the direction from which a plane is seen from above, as in `self.look(sheet, **TOP._asdict())`.",
        "Box": "a rectangle (x_min, x_max, y_min, y_max).",
    }.get(name, "")


# The API of nn_core


def write_api() -> None:
    """A page for each module of nn_core."""
    folder = GENERATED / "api"
    folder.mkdir(parents=True, exist_ok=True)
    for module in NN_CORE:
        (folder / f"{module}.md").write_text(
            f"# nn_core.{module}\n\n```{{eval-rst}}\n.. automodule:: nn_core.{module}\n   :imported-members:\n```\n"
            if (ROOT / "nn_core" / module).is_dir()
            else f"# nn_core.{module}\n\n```{{eval-rst}}\n.. automodule:: nn_core.{module}\n```\n"
        )
    listed = "\n".join(NN_CORE)
    (folder / "index.md").write_text(
        "# The network and its mathematics\n\n`nn_core` needs NumPy and SciPy alone.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"
    )


# The gallery


def write_gallery(only: list[str], *, pages: bool) -> None:
    """The gallery: a page with all films, and for each a poster, a loop, and the page on which it can be turned."""
    from nn_unfold.out.films import films

    about = tomllib.loads((DOCS / "gallery" / "films.toml").read_text(encoding="utf-8"))
    folder = EXTRA / "gallery"
    (folder / "films").mkdir(parents=True, exist_ok=True)
    chosen = [film for film in films() if film.shipped and (not only or film.name in only)]
    if missing := [film.name for film in chosen if film.name not in about]:
        sys.exit(f"docs/gallery/films.toml has no entry for {', '.join(missing)}: add its topics.")
    stamp = code_stamp()
    entries = []
    for film in track(chosen, "Films of the gallery"):
        own = stamp + hashlib.sha256(film.file.read_bytes()).hexdigest()
        note = folder / "films" / f"{film.name}.json"
        made(note, own, lambda path, film=film: path.write_text(json.dumps(_show(film, path.with_suffix("")))))
        if pages:
            made(folder / "films" / f"{film.name}.html", own, lambda path, film=film: _page(film, path))
        entry = {"name": film.name, "about": film.about, "teaches": film.teaches, "topics": about[film.name]}
        entry["page"] = (folder / "films" / f"{film.name}.html").is_file()
        entries.append({**entry, **json.loads(note.read_text())})
    data = json.dumps(entries, ensure_ascii=False).replace("<", "\\u003c")
    page = (DOCS / "gallery" / "template.html").read_text(encoding="utf-8").replace("/*FILMS*/[]", data)
    (folder / "index.html").write_text(page, encoding="utf-8")


def _show(film: object, stem: Path) -> dict[str, float]:
    """Write the poster and the loop of a film; its length in seconds."""
    from PIL import Image

    from nn_unfold.out.beats import frames, key_frames
    from nn_unfold.out.exporters import ALL, Order, Range
    from nn_unfold.out.loops import MOST, RATE, fitted

    order = Order(film, stem, BUILD / "media")  # type: ignore[arg-type]
    steps, pictures = key_frames(film, order.settings(720, RATE), ALL)  # type: ignore[arg-type]
    best = min(len(steps) - 1, round(POSTER * len(steps)))
    Image.fromarray(pictures[best]).save(stem.with_suffix(".webp"), quality=82)
    kept: list[tuple[object, int]] = []

    def take(frame: object, count: int) -> None:
        room = round(LOOP * RATE) - sum(many for _, many in kept)
        if room > 0:
            kept.append((frame.copy(), min(count, room)))  # type: ignore[attr-defined]

    number = steps[best].number
    frames(film, order.settings(360, RATE), Range(number, number), take)  # type: ignore[arg-type]
    most = round(MOST[".webp"] * sum(count for _, count in kept) / RATE)
    stem.with_name(f"{stem.name}-loop.webp").write_bytes(fitted(kept, ".webp", most))  # type: ignore[arg-type]
    return {"seconds": round(steps[-1].end)}


def _page(film: object, path: Path) -> None:
    from nn_unfold.out.exporters import Order, export

    export("page", Order(film, path, BUILD / "media"))  # type: ignore[arg-type]


def main() -> None:
    """Make what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-gallery", action="store_true", help="words and names alone")
    parser.add_argument(
        "--pages", action="store_true", help="the page of each film too: this takes long the first time"
    )
    parser.add_argument("--films", nargs="*", default=[], help="of the gallery; all if none is named")
    arguments = parser.parse_args()
    from manim import config

    config.verbosity = "WARNING"
    write_words()
    write_api()
    if not arguments.no_gallery:
        write_gallery(arguments.films, pages=arguments.pages)


if __name__ == "__main__":
    main()
