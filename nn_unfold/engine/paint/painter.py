"""The painter: one depth-buffered pass over everything that lives in space.

It knows arrays and pixels, not mobjects: `Batch` in, premultiplied RGBA out.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from string import Template
from typing import Any, NamedTuple, cast

import moderngl
import numpy as np

from nn_unfold.engine.paint.atlas import Atlas
from nn_unfold.engine.paint.batch import OPAQUE, Batch
from nn_unfold.engine.paint.occlusion import NO_LINES, Occlusion
from nn_unfold.engine.paint.order import arranged
from nn_unfold.engine.paint.primitives import FACE, LAYOUT, POINT, REACH, VERTEX, assemble, veils_in
from nn_unfold.engine.paint.rims import count_borders, rims
from nn_unfold.errors import UnfoldError

REFERENCE_HEIGHT = 1080  # widths and radii are given in pixels of a picture of 16:9 this high

_BACK = (2.5, 2.0)  # polygon offset of faces, by their slope: a line in a tilted plane keeps its full width
_FAINTEST = 0.004  # fragments with less alpha are discarded

_MOST_EDGES = 20_000  # with more borders of faces than this, MSAA is faster than lines along them

_OVER = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
_NOTHING = (moderngl.ZERO, moderngl.ONE)
_DEVICES = 8  # how many devices of EGL are tried

NO_GL = (
    "Unfold cannot open an OpenGL context, which it needs to paint ({reason}). "
    "On Debian or Ubuntu run: apt-get install libegl1 libgl1 libgl1-mesa-dri"
)


@lru_cache(maxsize=4)
def painter_for(width: int, height: int, samples: int) -> Painter:
    """The painter for pictures of this size, kept for the process."""
    return Painter(width, height, samples)


class Painting(NamedTuple):
    """The smallest rectangle of a picture that holds everything painted.

    Attributes:
        pixels: (h, w, 4) uint8, premultiplied RGBA, top row first.
        left, top: the place of its first pixel in the picture.
        seen: (n,) the visible share, 0 to 1, of each line that was watched.
    """

    pixels: np.ndarray
    left: int
    top: int
    seen: np.ndarray = np.empty(0)

    def whole(self, height: int, width: int) -> np.ndarray:
        """The whole picture (height, width, 4), transparent where nothing is painted."""
        picture = np.zeros((height, width, 4), dtype=np.uint8)
        h, w = self.pixels.shape[:2]
        picture[self.top : self.top + h, self.left : self.left + w] = self.pixels
        return picture


class Painter:
    """Framebuffers of one size that turn batches into pixels.

    To clear, resolve and read back a whole picture takes longer than to paint it, so only the rectangle that holds
    everything painted is cleared, resolved and read.

    Args:
        width: pixels.
        height: pixels.
        samples: samples per pixel (MSAA) where faces intersect; 0 for drafts.

    Raises:
        UnfoldError: where no OpenGL context can be had.
    """

    __slots__ = (
        "_atlas",
        "_atlas_digest",
        "_buffer",
        "_context",
        "_frame",
        "_occlusion",
        "_programs",
        "_sampled",
        "_samples",
        "height",
        "width",
    )

    def __init__(self, width: int, height: int, samples: int) -> None:
        self.width, self.height = width, height
        self._context = context = _open_context()
        size = (width, height)
        self._frame = context.framebuffer([context.renderbuffer(size)], context.depth_renderbuffer(size))
        self._programs: dict[tuple[bool, ...], moderngl.Program] = {}
        self._occlusion = Occlusion(context, _program(context, "occlusion"))
        self._samples = min(samples, context.max_samples)
        self._sampled: _Multisampled | None = None  # allocated on first use: the multisample buffer is large
        self._atlas, self._atlas_digest = context.texture((1, 1), 4), b""
        self._buffer = np.zeros(height * width * 4, dtype=np.uint8)

    def paint(
        self,
        batches: list[Batch],
        projection: np.ndarray,
        *,
        light: np.ndarray,
        shading: float,
        grid: tuple[float, float, float, float],
        grid_width: float,
        casing: tuple[float, float, float] = (0.0, 0.0, 0.0),
        within: tuple[int, int, int, int] | None = None,
        watched: np.ndarray = NO_LINES,
        wide_height: float | None = None,
    ) -> Painting:
        """Paint the batches.

        Opaque faces come first and fill the depth buffer, then opaque lines and points; all translucent
        primitives follow in one call, sorted from far to near.

        Args:
            batches: what to paint, in display order.
            projection: (4, 4) matrix from scene units to clip space, y pointing down.
            light: (3,) unit vector towards the light, in scene units.
            shading: 0 (flat colours) to 1 (fully lit).
            grid: straight-alpha colour of the lines on faces.
            grid_width: their width in pixels at 1080 lines.
            casing: the colour that the rims of cased lines tend to: that of the background, or black or white.
            within: the rectangle (left, top, right, bottom) in pixels beyond which nothing is painted; else the whole.
            watched: (n, 2, 3) ends of lines, in scene units. They are not painted; the visible share of each is
                measured. Faces that are opaque or nearly so hide them.
            wide_height: the height in pixels of the picture of 16:9 that shows all as large as this one; its own
                height if not given.

        Returns:
            The picture; its pixels are valid until the next call.
        """
        batches = [batch for batch in batches if batch.rgba[:, 3].any()]
        atlas = Atlas(batches)
        scale = (wide_height or self.height) / REFERENCE_HEIGHT
        batches = arranged(batches, projection)
        # MSAA is slow: it is used only where faces intersect or bear a picture, or have very many borders.
        too_many = sum(count_borders(batch) for batch in batches) > _MOST_EDGES
        several = self._samples > 0 and (too_many or _end_without_edges(batches))
        if not (several or too_many):
            batches = [*batches, *(rims(batch, projection, light, shading) for batch in batches)]
        sampled = self._several_samples() if several else None
        frame = sampled.frame if sampled else self._frame
        vertices, indices, counts = assemble(batches, projection, scale, atlas, casing)
        left, top, width, height = region = self._region(vertices, projection, within)
        if len(indices) == 0 or width <= 0 or height <= 0:
            return Painting(np.zeros((1, 1, 4), dtype=np.uint8), 0, 0, np.ones(len(watched)))
        context = self._context
        frame.use()
        frame.scissor = region
        frame.depth_mask = True
        frame.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)
        if atlas:
            self._load(atlas)
        context.enable_only(moderngl.DEPTH_TEST)
        context.blend_func = _OVER
        uniforms = {
            "projection": projection.T,
            "pixel": (2 / self.width, 2 / self.height),
            "to_eye": _pixel_towards_eye(projection, self.height),
            "light": light,
            "shading": shading,
            "grid": grid,
            "grid_width": grid_width * scale,
        }
        extras: dict[str, Any] = {
            "PICTURES": bool(atlas),
            "GRIDS": any(batch.grid for batch in batches),
            "RIMS": any(batch.rim is not None for batch in batches),
            "TILTED": any(len(batch.triangles) and np.ptp(batch.points[:, 2]) for batch in batches),
        }
        translucent = indices[len(indices) - counts[-1] :]
        veils, veiling = veils_in(vertices, translucent if len(watched) else translucent[:0])
        programs = partial(self._program_for, **extras)
        drawing = _Drawing(context, frame, vertices, np.concatenate([indices, veils]), programs, uniforms)
        faces, edges, lines, points, loose = counts
        after = np.cumsum(counts)
        if atlas:
            context.enable(moderngl.BLEND)  # a picture may have holes
        drawing.draw(0, faces, depth_write=True, offset=_BACK)
        context.enable(moderngl.BLEND)
        context.blend_func = _NOTHING
        seen = self._occlusion.measure(watched, projection, frame, region)
        context.blend_func = _OVER
        drawing.draw(faces, edges + lines, depth_write=False)
        drawing.draw(after[2], points, depth_write=True)
        if lines and loose and vertices["kind"][translucent[:, 0]].min() == FACE:
            # A translucent face must not cover a line that lies on it: the core of the line goes into the depth buffer.
            context.blend_func = _NOTHING
            drawing.draw(after[1], lines, depth_write=True, faintest=0.5)
            context.blend_func = _OVER
        drawing.draw(after[3], loose, depth_write=False, offset=_BACK)
        if len(veils):
            context.blend_func = _NOTHING
            drawing.draw(len(indices), len(veils), depth_write=True, offset=_BACK)
            behind = self._occlusion.measure(watched, projection, frame, region)
        drawing.release()
        if sampled:
            self._frame.use()
            self._frame.scissor = region
            context.enable_only(moderngl.NOTHING)
            sampled.resolve()
        pixels = self._buffer[: height * width * 4].reshape(height, width, 4)
        self._frame.read_into(pixels, viewport=region, components=4)
        shares = seen()
        if len(veils):
            shares += veiling * (behind() - shares)
        return Painting(pixels, left, top, shares)

    def _several_samples(self) -> _Multisampled:
        if self._sampled is None:
            self._sampled = _Multisampled(self._context, (self.width, self.height), self._samples)
        return self._sampled

    def _region(
        self, vertices: np.ndarray, projection: np.ndarray, within: tuple[int, int, int, int] | None
    ) -> tuple[int, int, int, int]:
        """The rectangle (left, top, width, height) in pixels that holds all vertices and what is drawn around them."""
        if not len(vertices):
            return 0, 0, 0, 0
        first, above, last, below = within or (0, 0, self.width, self.height)
        first, above, last, below = max(0, first), max(0, above), min(self.width, last), min(self.height, below)
        rows = projection[[0, 1, 3]].astype("f4")
        # A contiguous copy first: on a field of records the product would go number by number.
        x, y, w = (np.ascontiguousarray(vertices["position"]) @ rows[:, :3].T + rows[:, 3]).T
        if w.min() <= 0:
            return first, above, last - first, below - above  # something is behind the eye
        around = np.where(vertices["kind"] == FACE, 1.0, REACH * vertices["size"] + 2.0)
        across, down = (x / w + 1) * self.width / 2, (y / w + 1) * self.height / 2
        left, top = max(first, int((across - around).min())), max(above, int((down - around).min()))
        right, bottom = min(last, int((across + around).max()) + 1), min(below, int((down + around).max()) + 1)
        return left, top, right - left, bottom - top

    def _load(self, atlas: Atlas) -> None:
        """Make the pictures of this frame the texture, unless they are already."""
        digest = hashlib.blake2b(atlas.pixels.data, digest_size=16).digest()
        if digest != self._atlas_digest:
            self._atlas.release()
            height, width = atlas.pixels.shape[:2]
            self._atlas = self._context.texture((width, height), 4, atlas.pixels)
            self._atlas.build_mipmaps(max_level=3)
            self._atlas.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
            self._atlas_digest = digest
        self._atlas.use(0)

    def _program_for(self, kinds: np.ndarray, **extras: bool) -> moderngl.Program:
        """The program that draws these kinds of vertices (n,), with these extras, and nothing else."""
        present = {
            "FACES": kinds.min() == FACE,
            "LINES": ((kinds > FACE) & (kinds < POINT)).any(),
            "POINTS": kinds.max() >= POINT,
            **extras,
        }
        key = tuple(bool(value) for value in present.values())
        if key not in self._programs:
            constants = {name: str(bool(value)).lower() for name, value in present.items()}
            self._programs[key] = _program(self._context, "spatial", constants)
        return self._programs[key]


class _Drawing:
    """Triangles in buffers of the graphics card, drawn part by part.

    Args:
        context: of OpenGL.
        frame: to draw on.
        vertices: (n,) as the shaders know them.
        triangles: (t, 3) indices.
        program_for: gives the program that draws vertices of these kinds (n,).
        uniforms: their values, for all programs.
    """

    def __init__(
        self,
        context: moderngl.Context,
        frame: moderngl.Framebuffer,
        vertices: np.ndarray,
        triangles: np.ndarray,
        program_for: Callable[[np.ndarray], moderngl.Program],
        uniforms: Mapping[str, Any],
    ) -> None:
        self._context, self._frame, self._program_for, self._uniforms = context, frame, program_for, uniforms
        self._kinds = vertices["kind"][triangles[:, 0]]
        self._buffers = context.buffer(vertices), context.buffer(triangles.astype("u4"))
        self._arrays: dict[moderngl.Program, moderngl.VertexArray] = {}

    def draw(
        self,
        first: int,
        count: int,
        *,
        depth_write: bool,
        offset: tuple[float, float] = (0.0, 0.0),
        faintest: float = _FAINTEST,
    ) -> None:
        """Draw some triangles, one after the other.

        Args:
            first: the number of the first one.
            count: how many.
            depth_write: whether they hide what is drawn later and lies behind them.
            offset: of polygons: a factor of their slope, and steps of the depth buffer.
            faintest: fragments with less alpha are discarded.
        """
        if not count:
            return
        program = self._program_for(self._kinds[first : first + count])
        if program not in self._arrays:
            vertices, triangles = self._buffers
            self._arrays[program] = self._context.vertex_array(
                program, [(vertices, LAYOUT, *cast(tuple[str, ...], VERTEX.names))], triangles, skip_errors=True
            )
            _set(program, self._uniforms)
        _set(program, {"faintest": faintest})
        self._frame.depth_mask = depth_write
        self._context.polygon_offset = offset
        self._arrays[program].render(moderngl.TRIANGLES, vertices=3 * count, first=3 * first)

    def release(self) -> None:
        """Free the memory of the graphics card."""
        for array in self._arrays.values():
            array.release()
        for buffer in self._buffers:
            buffer.release()


class _Multisampled:
    """A framebuffer with several samples per pixel, and the program that averages them.

    Args:
        context: of OpenGL.
        size: width and height in pixels.
        samples: per pixel.
    """

    __slots__ = ("_resolve", "_texture", "frame")

    def __init__(self, context: moderngl.Context, size: tuple[int, int], samples: int) -> None:
        self._texture = context.texture(size, 4, samples=samples)
        self.frame = context.framebuffer([self._texture], context.depth_renderbuffer(size, samples=samples))
        program = _program(context, "resolve")
        _set(program, {"count": samples}, dtype="i4")
        self._resolve = context.vertex_array(program, [])

    def resolve(self) -> None:
        """Draw the mean of each pixel's samples on the framebuffer in use."""
        self._texture.use(0)
        self._resolve.render(moderngl.TRIANGLES, vertices=3)


def _pixel_towards_eye(projection: np.ndarray, height: int) -> np.ndarray:
    """(3,) scene units: as far as a pixel of a picture of this height is wide, along the view axis, where w is 1."""
    axis, down = projection[3, :3], projection[1, :3]
    across = down - (down @ axis) * axis / (axis @ axis)  # without the shift to the middle of a panel
    return -axis / np.linalg.norm(axis) * (2 / height) / np.linalg.norm(across)


def _end_without_edges(batches: list[Batch]) -> bool:
    """Whether faces bear a picture, or translucent faces may intersect others: there, edges are no lines of a mesh."""
    faces = [batch for batch in batches if len(batch.triangles)]
    if any(batch.picture is not None for batch in faces):
        return True
    levels = [(batch.points[:, 2].min(), batch.points[:, 2].max()) for batch in faces]
    loose = [i for i, batch in enumerate(faces) if batch.depth is None and batch.rgba[:, 3].min() < OPAQUE]
    return any(len({*levels[i], *levels[j]}) > 1 for i in loose for j in range(len(faces)) if i != j)


@lru_cache(maxsize=1)
def _open_context() -> moderngl.Context:
    """The context of this process: painters of all sizes share it, since only one can be current."""
    # On Linux EGL needs no screen, and names graphics cards before Mesa's painter on the processor: a card may be too
    # old, or closed to this user. Elsewhere the system's own way is the only one.
    egl = sys.platform.startswith("linux")
    reasons = []
    choices: list[dict[str, Any]] = [{"backend": "egl", "device_index": number} for number in range(_DEVICES)]
    for options in choices if egl else [{}]:
        try:
            return moderngl.create_context(standalone=True, require=330, **options)
        except Exception as error:  # moderngl and glcontext raise bare Exceptions of every kind here
            reasons.append(str(error) or "no reason given")
    raise UnfoldError(NO_GL.format(reason=reasons[0].splitlines()[0]))


def _program(context: moderngl.Context, name: str, constants: Mapping[str, str] | None = None) -> moderngl.Program:
    """The program of the two shaders of this name, in which `$CONSTANT` stands for what is given."""
    vertex, fragment = (
        Template((Path(__file__).parent / f"{name}.{kind}").read_text(encoding="utf-8")).substitute(constants or {})
        for kind in ("vert", "frag")
    )
    return context.program(vertex_shader=vertex, fragment_shader=fragment)


def _set(program: moderngl.Program, uniforms: Mapping[str, Any], dtype: str = "f4") -> None:
    """Give a program the numbers that it needs of these."""
    for name, value in uniforms.items():
        if name in program:
            cast(moderngl.Uniform, program[name]).write(np.ascontiguousarray(value, dtype=dtype))
