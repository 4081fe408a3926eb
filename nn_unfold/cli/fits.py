"""`unfold fits`: which films can show a network, and why the others can't."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nn_unfold.cli import options, output
from nn_unfold.errors import UnfoldError
from nn_unfold.out.films import Film, films

if TYPE_CHECKING:
    from nn_core.network import Network
    from nn_core.readers import Points


@click.command("fits")
@options.NETWORK_FILE
@options.ACTIVATIONS
@options.DATA
@options.LABEL
@options.JSON
def command(as_json: bool) -> None:
    """List the films that can show a network of your own, and why the others can't.

    NETWORK is a file of PyTorch, Keras, ONNX, safetensors, NumPy or JSON. It is read without running anything in it.
    Or it is a folder of such files, checkpoints of one training in the order of the numbers in their names.
    """
    with redirect_stdout(sys.stderr):
        options.start_manim()
        from nn_unfold.model.given import read_data, read_networks
        from nn_unfold.settings import option

        networks = read_networks(Path(option("network")))
        points = read_data(Path(option("data"))) if option("data") else None
        reasons = {film: why_not(film, networks, points) for film in films()}
    if as_json:
        listed = [{"name": film.name, "fits": not why, "reason": why} for film, why in reasons.items()]
        return output.write_json({"network": repr(networks[-1]), "films": listed})
    print(output.paragraph(f"{networks[-1]}"))
    taking = [film for film, why in reasons.items() if not why]
    print(output.paragraph(f"Films that can show it: {', '.join(film.name for film in taking) or 'none'}."))
    for film, why in reasons.items():
        if why:
            print(output.paragraph(f"{film.name}: {why}.", indent="    ", first="  "))
    return None


def why_not(film: Film, networks: list[Network], points: Points | None) -> str:
    """Why a film can't show a network; empty if it can.

    Args:
        film: which.
        networks: the network, or what it was at several moments of its training.
        points: its data; None for those of the film.
    """
    from nn_unfold.model.given import brought
    from nn_unfold.model.subject import Shape
    from nn_unfold.out.rendering import load

    try:
        scene = load(film)
        if not isinstance(scene.accepts, Shape):
            return scene.accepts or "it takes no network"
        reason = scene.accepts.fits(networks[-1])
        return reason or scene.accepts.takes(brought(networks, points, scene.recipe, source="it")) or ""
    except UnfoldError as error:
        return " ".join(str(error).split()).rstrip(".")
    except Exception as error:  # a film's file can fail in any way
        return f"its file can't be loaded ({type(error).__name__}: {error})"
