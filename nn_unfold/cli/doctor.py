"""`unfold doctor`: checks, one by one, what films need on this machine."""

from __future__ import annotations

import importlib.metadata
import io
import os
import platform
import shutil
import stat
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import click

from nn_unfold.cli import options, output
from nn_unfold.out.machine import free_memory, room_for_workers

LEAST = 1.0  # gigabytes of memory: a worker in 1080p
ROOM = 2.0  # gigabytes: the segments and the film of a minute and a half in 4K, with room to spare
_SYSTEM = "on Debian or Ubuntu run: apt-get install"


@dataclass(frozen=True)
class Finding:
    """The result of a check.

    Attributes:
        subject: what was checked.
        well: whether it is as films need it.
        found: what was found.
        remedy: what to do if it is not well.
    """

    subject: str
    well: bool
    found: str
    remedy: str = ""


@click.command("doctor")
@options.JSON
@options.MEDIA_DIR
def command(as_json: bool, media_dir: Path | None) -> int:
    """See whether this machine has all that films need."""
    with redirect_stdout(sys.stderr):
        findings = examine(options.media_dir_or_default(media_dir))
    if as_json:
        output.write_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            mark = "✓" if finding.well else "✗"
            print(output.paragraph(f"{mark} {finding.subject}: {finding.found}", first="", indent="    "))
            if not finding.well:
                print(output.paragraph(f"→ {finding.remedy}", first="  ", indent="    "))
    return 0 if all(finding.well for finding in findings) else 1


def examine(media_dir: Path) -> list[Finding]:
    """Check all that films need.

    Args:
        media_dir: where films go.
    """
    checks: dict[str, tuple[Callable[[], str], str]] = {
        "Python": (_python, "install Python 3.11 or newer, then `PYTHON=python3.12 make setup`"),
        "packages": (_packages, "make setup, or: pip install -e . -c constraints.txt"),
        "settings": (_settings, "correct or delete what is named, in the environment or in manim.cfg"),
        "painter": (_painter, f"{_SYSTEM} libegl1 libgl1 libgl1-mesa-dri"),
        "font": (_font, f"{_SYSTEM} libpango1.0-dev; if the font itself is missing, install nn-unfold again"),
        "formulas": (_formulas, "pip install 'manim[typst]>=0.22,<0.23'"),
        "encoder": (_encoder, "choose a codec that is there: delete `codec` from [video_encoder] in manim.cfg"),
        "cache": (lambda: _cache(media_dir), f"delete what is named, or choose another --media-dir than {media_dir}"),
        "output": (lambda: _output(media_dir), f"give write permission to {media_dir}, or choose --media-dir"),
        "memory": (_memory, "close other programs, or choose a smaller --quality"),
        "disk": (lambda: _disk(media_dir), f"make room for {media_dir}, or choose --media-dir"),
    }
    return [_result(subject, check, remedy) for subject, (check, remedy) in checks.items()]


def _result(subject: str, check: Callable[[], str], remedy: str) -> Finding:
    try:
        return Finding(subject, True, check())
    except (Exception, SystemExit) as error:  # whatever fails here is a finding
        return Finding(subject, False, " ".join(str(error).split()) or type(error).__name__, remedy)


def _python() -> str:
    from packaging.specifiers import SpecifierSet

    version, wanted = platform.python_version(), _distribution().metadata["Requires-Python"]
    if not SpecifierSet(wanted).contains(version, prereleases=True):
        raise RuntimeError(f"this is {version}, and {wanted} is needed")
    return version


def _packages() -> str:
    from packaging.requirements import Requirement

    found = []
    for requirement in map(Requirement, _distribution().requires or []):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        version = importlib.metadata.version(requirement.name)
        if not requirement.specifier.contains(version, prereleases=True):
            raise RuntimeError(f"{requirement.name} {version} is installed, but {requirement} is needed")
        found.append(f"{requirement.name} {version}")
    return ", ".join(found)


def _distribution() -> importlib.metadata.Distribution:
    return importlib.metadata.distribution("nn-unfold")


def _settings() -> str:
    options.start_manim()
    from nn_unfold.settings import OPTIONS, option, settings_files

    files = ", ".join(map(str, settings_files())) or "no manim.cfg"
    return ", ".join(f"{name} {option(name)}" for name in OPTIONS) + f" ({files})"


def _painter() -> str:
    import moderngl

    from nn_unfold.engine.paint.painter import painter_for

    painter_for(64, 36, 4)
    context = moderngl.get_context()
    return f"{context.info['GL_RENDERER']}, OpenGL {context.version_code / 100:.1f}"


def _font() -> str:
    from manim import tempconfig

    from nn_unfold.text.font import font
    from nn_unfold.text.labels import label

    with tempfile.TemporaryDirectory() as folder, tempconfig({"media_dir": folder, "verbosity": "WARNING"}):
        if not label("x").family_members_with_points():
            raise RuntimeError("Pango draws no text")
    return font().file.name


def _formulas() -> str:
    from manim import tempconfig

    from nn_unfold.text.formulas import formula

    with tempfile.TemporaryDirectory() as folder, tempconfig({"media_dir": folder, "verbosity": "WARNING"}):
        if not formula("sum_i x_i").family_members_with_points():
            raise RuntimeError("Typst draws no formula")
    return f"Typst {importlib.metadata.version('typst')}"


def _encoder() -> str:
    import av
    import numpy as np
    from manim import config

    codec = "libx264" if config.video_codec == "auto" else config.video_codec
    with io.BytesIO() as file, av.open(file, "w", format="mp4") as film:
        stream = cast(av.VideoStream, film.add_stream(codec, rate=15, options=dict(config.video_encoder_options)))
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((36, 64, 3), dtype=np.uint8), format="rgb24")
        for packet in [*stream.encode(frame), *stream.encode()]:
            film.mux(packet)
    return f"{codec} through PyAV {av.__version__}"


def _cache(folder: Path) -> str:
    """The cache is not trusted where other users can change it, or where something in it is damaged."""
    from nn_unfold.engine.seals import is_whole

    kept = [path for path in (folder, folder / "trained", folder / "videos", folder / "texts") if path.is_dir()]
    networks = list((folder / "trained").glob("*.npz"))
    segments = list(folder.glob("videos/**/partial_movie_files/*/[!.]*.*"))
    sealed = [*segments, *folder.glob("texts/[!.]*.npy"), *folder.glob("Tex/unfold-*/*.svg")]
    damaged = [*(path for path in networks if not _is_archive(path)), *(path for path in sealed if not is_whole(path))]
    if faults := [*_foreign([*kept, *networks]), *(f"{path} is damaged" for path in damaged)]:
        raise RuntimeError("; ".join(faults[:3]) + (f"; and {len(faults) - 3} more" if len(faults) > 3 else ""))
    return f"{len(networks)} networks, {len(segments)} segments"


def _foreign(paths: list[Path]) -> Iterator[str]:
    if hasattr(os, "getuid"):
        for path in paths:
            status = path.stat()
            if status.st_uid not in (os.getuid(), 0):
                yield f"{path} belongs to another user"
            elif status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
                yield f"{path} can be written by every user"


def _is_archive(path: Path) -> bool:
    """Whether an archive is whole, by the checksums in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False


def _output(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        return f"{folder} can be written"


def _memory() -> str:
    free = free_memory()
    if free < LEAST:
        raise RuntimeError(f"{free:.1f} GB are free, and {LEAST:.0f} GB are wanted")
    hall, screen = (room_for_workers(lines, free) for lines in (1080, 2160))
    return f"{free:.1f} GB free, enough for {hall} workers in 1080p and {screen} in 4K"


def _disk(folder: Path) -> str:
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    if free < ROOM:
        raise RuntimeError(f"{free:.1f} GB are free, and {ROOM:.0f} GB are wanted")
    return f"{free:.0f} GB free"
