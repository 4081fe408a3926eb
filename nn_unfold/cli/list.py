"""`unfold list`: the films that there are. It reads their files and imports none of them."""

from __future__ import annotations

from pathlib import Path

import click

from nn_unfold.cli import options, output
from nn_unfold.out.films import films


@click.command("list")
@options.JSON
@options.MEDIA_DIR
def command(as_json: bool, media_dir: Path | None) -> None:
    """List the films and what they teach."""
    folder = options.media_dir_or_default(media_dir)
    found = [(film, film.length(folder)) for film in films()]
    if as_json:
        listed = [
            {
                "name": film.name,
                "scene": film.scene,
                "file": str(film.file),
                "shipped": film.shipped,
                "length": length,
                "data": list(film.data),
                "about": film.about,
                "teaches": film.teaches,
            }
            for film, length in found
        ]
        return output.write_json(listed)
    for film, length in found:
        details = [output.clock(length), f"data: {', '.join(film.data)}" if film.data else ""]
        print("  ".join([film.name, *filter(None, details)]))
        if not film.shipped:
            print(f"    {film.file}")
        print(output.paragraph(film.teaches or film.about, indent="    "))
    if not all(length for _, length in found):
        print(output.paragraph("The length of a film is shown once it has been rendered."))
    return None
