"""How much of a line in space is visible: occlusion queries against the depth buffer; nothing is painted."""

from __future__ import annotations

from collections.abc import Callable

import moderngl
import numpy as np

_SAMPLES = 9  # points on a line that are tested
_AHEAD = 0.005  # share of the way to the eye: faces that are closer to a line than this hide nothing of it
NO_LINES = np.empty((0, 2, 3))


class Occlusion:
    """Tests lines against what is in a depth buffer.

    Args:
        context: of OpenGL.
        program: draws points at places in normalised device coordinates.
    """

    __slots__ = ("_context", "_free", "_program")

    def __init__(self, context: moderngl.Context, program: moderngl.Program) -> None:
        self._context, self._program = context, program
        self._free: list[moderngl.Query] = []

    def measure(
        self,
        lines: np.ndarray,
        projection: np.ndarray,
        frame: moderngl.Framebuffer,
        region: tuple[int, int, int, int],
    ) -> Callable[[], np.ndarray]:
        """Start the test of which parts of lines are hidden by what has been drawn so far.

        Args:
            lines: (n, 2, 3) ends, in scene units.
            projection: (4, 4) matrix from scene units to clip space, y pointing down.
            frame: in use, with the depth test on, and with a blend function that leaves its colours as they are.
            region: the rectangle (left, top, width, height) in pixels that is drawn in; outside nothing is hidden.

        Returns:
            A function to call when the frame is done: it gives the visible share of each line, (n,), 0 to 1.
        """
        shares = np.linspace(0, 1, _SAMPLES)[:, None]
        clip = ((1 - shares) * lines[:, None, 0] + shares * lines[:, None, 1]) @ projection[:, :3].T + projection[:, 3]
        size, low, extent = np.array(frame.size), np.array(region[:2]), np.array(region[2:])
        before = clip[..., 3] > 0  # in front of the eye
        places = clip[..., :3] / np.where(before, clip[..., 3], 1.0)[..., None]
        # Towards the eye, depth and w of clip space change in a fixed proportion.
        proportion = projection[2, :3] @ projection[3, :3] / (projection[3, :3] @ projection[3, :3])
        places[..., 2] = (places[..., 2] - proportion * _AHEAD) / (1 - _AHEAD)
        pixels = np.floor((places[..., :2] + 1) / 2 * size)
        inside = before & ((pixels >= low) & (pixels < low + extent)).all(axis=-1)
        counts = inside.sum(axis=1)
        if not counts.any():
            return lambda: np.ones(len(lines))
        # A point in the middle of its pixel covers all samples of that pixel.
        places[..., :2] = (pixels + 0.5) / size * 2 - 1
        queries = [self._free.pop() if self._free else self._context.query(samples=True) for _ in lines]
        buffer = self._context.buffer(places[inside].astype("f4"))
        points = self._context.vertex_array(self._program, [(buffer, "3f", "place")])
        frame.depth_mask = False
        first = 0
        for query, count in zip(queries, counts, strict=True):
            with query:
                points.render(moderngl.POINTS, vertices=int(count), first=first)
            first += int(count)
        points.release()
        buffer.release()

        def visible() -> np.ndarray:
            samples = np.array([query.samples for query in queries])
            self._free += queries
            return 1 - (counts - samples / max(frame.samples, 1)) / _SAMPLES

        return visible
