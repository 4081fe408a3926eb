"""`unfold show`: the film of a network of your own, whatever its shape."""

from __future__ import annotations

from pathlib import Path

import click

from nn_unfold.cli import options, render

FILM = "your_network"


@click.command("show")
@options.NETWORK_FILE
@options.ACTIVATIONS
@options.DATA
@options.LABEL
@options.FEATURES
@options.QUALITY
@options.WORKERS
@options.THEME
@options.LANGUAGE
@options.STILL
@options.JSON
@options.MEDIA_DIR
@click.pass_context
def command(context: click.Context, /, **chosen: bool | int | str | Path | None) -> int:
    """Render the film of a network of your own, layer by layer.

    NETWORK is a file of PyTorch, Keras, ONNX, safetensors, NumPy or JSON. It is read without running anything in it.
    Of a folder of checkpoints the last one is shown.
    Without --data, the network is shown with points of the film's own; that takes a network of two inputs.
    """
    status: int = context.invoke(render.command, names=(FILM,), **chosen)
    return status
