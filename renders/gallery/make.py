"""Make the pictures of the gallery: stills of films at the ends of chosen beats. Run from the project's root.

python renders/gallery/make.py [film ...]
"""

import importlib
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from manim import tempconfig

HERE = Path(__file__).parent
# The beats, counted from 1, that show each film best.
BEATS = {
    "relu_fold": (4, 7, 10),
    "fold_into_space": (4, 6),
    "softmax_surfaces": (4,),
    "playground": (6,),
    "descent": (4,),
    "backpropagation": (10,),
}


def still(film, beats):
    """The film, keeping a picture at the end of these beats."""

    class Kept(film):
        @contextmanager
        def beat(self, text):
            with super().beat(text):
                yield
            if len(self.beats) in beats:
                self.renderer.static_image = None
                self.renderer.update_frame(self)
                # 256 colours, dithered, are a quarter of the size and look the same.
                picture = self.camera.get_image().convert("RGB").quantize(256)
                picture.save(HERE / f"{film.__module__.split('.')[-1]}-{len(self.beats):02d}.png", optimize=True)

    return Kept


def main(names):
    size = {"pixel_width": 1280, "pixel_height": 720, "frame_rate": 15, "dry_run": True, "progress_bar": "none"}
    for name in names:
        film = getattr(importlib.import_module(f"scenes.{name}"), name.title().replace("_", ""))
        with tempfile.TemporaryDirectory() as folder, tempconfig({**size, "media_dir": folder, "verbosity": "WARNING"}):
            still(film, BEATS[name])(skip_animations=True).render()


if __name__ == "__main__":
    main(sys.argv[1:] or list(BEATS))
