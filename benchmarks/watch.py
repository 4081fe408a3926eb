"""How soon a saved change is seen: python benchmarks/watch.py [FILM…].

A copy of each film is watched as by `unfold watch`. The caption of its first, middle and last beat is changed by turns;
the clock runs from the write of the file to the last byte of the picture, fetched from the page's address as a browser
does. The networks and texts are there before.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from nn_unfold.out.films import find, sources

FILMS = ("relu_fold", "xor", "spiral_regions", "playground")
SETTLED = 4.0  # seconds in which the other beats are drawn, before the next save


def captions(source: str) -> list[ast.Constant]:
    """The texts of the beats of a film, in order."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    texts = [
        call.args[0]
        for call in calls
        if getattr(call.func, "attr", "") == "beat" and call.args and isinstance(call.args[0], ast.Constant)
    ]
    return sorted(texts, key=lambda text: text.lineno)


def changed(source: str, number: int, word: str) -> str:
    """The film with one more word in a caption."""
    text = captions(source)[number]
    lines = source.splitlines(keepends=True)
    line = lines[text.end_lineno - 1].encode()  # offsets count bytes
    lines[text.end_lineno - 1] = (
        line[: text.end_col_offset - 1] + f" {word}".encode() + line[text.end_col_offset - 1 :]
    ).decode()
    return "".join(lines)


def states(address: str) -> Iterator[dict[str, Any]]:
    """What the page is told, as long as the server lives."""
    with urlopen(f"{address}events") as events:
        for line in events:
            if line.startswith(b"data: "):
                yield json.loads(line.removeprefix(b"data: "))


def measure(name: str, turns: int) -> dict[str, list[float]]:
    """Seconds from save to picture, for three beats of a film."""
    film = find(name)
    with tempfile.TemporaryDirectory() as folder:
        for part, content in sources(film).items():
            path = Path(folder, part)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        path = Path(folder, film.file.name)
        source = path.read_text(encoding="utf-8")
        last = len(captions(source)) - 1
        with subprocess.Popen(
            [sys.executable, "-m", "nn_unfold", "watch", str(path), "--no-draft"], stdout=subprocess.PIPE, text=True
        ) as watch:
            try:
                assert watch.stdout is not None
                address = next(word for word in watch.stdout.readline().split() if word.startswith("http"))
                told = states(address)
                next(state for state in told if len(state["pictures"]) == len(state["captions"]) > 0)
                found: dict[str, list[float]] = {}
                for turn in range(turns):
                    for place, number in (("first", 0), ("middle", last // 2), ("last", last)):
                        time.sleep(SETTLED)
                        began = time.time()
                        path.write_text(changed(source, number, f"Turn {turn}."), encoding="utf-8")
                        state = next(s for s in told if (s["drawn"] or 0) > began - 0.05 or s["error"])
                        if state["error"]:
                            sys.exit(state["error"])
                        with urlopen(f"{address}picture/{state['shown']}") as picture:
                            picture.read()
                        found.setdefault(place, []).append(time.time() - began)
                return found
            finally:
                watch.terminate()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", nargs="*", default=FILMS, metavar="FILM")
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    print(f"{date.today()}, load at the start {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| film | first beat, s | middle beat, s | last beat, s | load |")
    print("|---|---:|---:|---:|---:|", flush=True)
    for name in given.films:
        found = measure(name, given.turns)
        cells = [f"{min(times):.2f} to {max(times):.2f}" for times in found.values()]
        print(f"| {name} | {' | '.join(cells)} | {os.getloadavg()[0]:.1f} |", flush=True)


if __name__ == "__main__":
    main()
