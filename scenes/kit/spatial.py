"""What lives in space: mobjects that the painter draws, and that every Manim animation can move.

Each keeps its vertices in Manim's own `points` array (n, 3), in scene units, and its colours in `rgba`
(n, 4). Scene units are data units: a vertex of a sheet that a layer has moved *is* that layer's output,
and the camera sees to it that it fits on the screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from manim import Group, ManimColor, Mobject
from manim.utils.color import ParsableManimColor, color_to_rgb

from nn_core.geometry.mesh import Mesh, refined, sheet_mesh
from nn_core.network import Network
from scenes.kit.errors import UnfoldError
from scenes.kit.paint.batch import Batch
from scenes.kit.theme import bilinear, rgb, theme

Box = tuple[float, float, float, float]


class SpatialMobject(Mobject):
    """Vertices and their colours; what stands between the vertices is the subclass's `batch`.

    Args:
        points: (n, 2) or (n, 3) vertices; two columns lie in the plane z = 0.
        rgba: (n, 4) straight-alpha colours, or one of them for all.
        origin: (n, d) where each vertex came from, in the input space of a network.
    """

    def __init__(
        self,
        points: np.ndarray,
        rgba: np.ndarray | Sequence[float],
        *,
        origin: np.ndarray | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.points = in_space(points)
        self.rgba = np.broadcast_to(np.asarray(rgba, dtype=float), (len(self.points), 4)).copy()
        self.origin = None if origin is None else np.asarray(origin, dtype=float)

    def batch(self) -> Batch:
        """The arrays that the painter draws."""
        raise NotImplementedError

    def get_array_attrs(self) -> list[str]:
        """The arrays that Manim copies along with the points."""
        return [*super().get_array_attrs(), "rgba"]

    def apply_over_attr_arrays(self, func: Any) -> Self:
        """Manim changes dimensions through this; the colours have none to change."""
        self.points = func(self.points)
        return self

    def set_color(self, color: ParsableManimColor, alpha: float | None = None, family: bool = True) -> Self:
        """Give all vertices one colour; their opacity stays, unless `alpha` says otherwise."""
        super().set_color(color, alpha, family)
        self.rgba[:, :3] = color_to_rgb(color)
        if alpha is not None:
            self.rgba[:, 3] = alpha
        return self

    def get_color(self) -> ManimColor:
        """The mean colour of the vertices."""
        return ManimColor.from_rgb(self.rgba[:, :3].mean(axis=0))

    def set_opacity(self, opacity: float, family: bool = True) -> Self:
        """Give all vertices one opacity from 0 (gone) to 1 (opaque)."""
        self.rgba[:, 3] = opacity
        if family:
            for part in self.submobjects:
                part.set_opacity(opacity)
        return self

    def get_opacity(self) -> float:
        """The mean opacity of the vertices."""
        opacities = self.rgba[:, 3]
        # The mean of equal numbers may be off by a rounding, and what is given on from frame to frame would drift.
        even = len(opacities) > 0 and (opacities == opacities[0]).all()
        return float(opacities[0] if even else opacities.mean())

    def fade(self, darkness: float = 0.5, family: bool = True) -> Self:
        """Take away this share of the opacity."""
        self.rgba[:, 3] *= 1.0 - darkness
        return super().fade(darkness, family)

    def interpolate_color(self, mobject1: Mobject, mobject2: Mobject, alpha: float) -> Self:
        """Mix the colours of two mobjects, vertex by vertex."""
        self.rgba = (1.0 - alpha) * mobject1.rgba + alpha * mobject2.rgba
        return self

    def align_points_with_larger(self, larger_mobject: Mobject) -> Self:
        """Only clouds can grow; a mesh can't become one with other vertices.

        Raises:
            UnfoldError: always, naming both.
        """
        raise UnfoldError(
            f"A {type(self).__name__} of {len(self.points)} vertices can't be transformed into one of "
            f"{len(larger_mobject.points)}: build both from the same mesh, or fade one out and the other in."
        )


class Faces(SpatialMobject):
    """Faces between vertices.

    Args:
        points: (n, 2) or (n, 3) vertices in scene units.
        triangles: (m, 3) indices of vertices.
        rgba: (n, 4) colours, or one for all.
        order: among faces in one plane the higher order lies on top.
        grid: the distance of lines drawn on the faces, in units of `uv`; None for none.
        uv: (n, 2) places of the vertices in the plane that carries these lines; their origin if not given. With a
            picture, places in that, from (0, 0) at its lower left to (1, 1).
        picture: (h, w, 3) or (h, w, 4) uint8, which the colours tint; None for none.
        rim: (n, 2) places of the vertices in a unit square along whose sides the faces have a line; None for none.
    """

    def __init__(
        self,
        points: np.ndarray,
        triangles: np.ndarray,
        rgba: np.ndarray | Sequence[float],
        *,
        order: int = 0,
        grid: float | None = None,
        uv: np.ndarray | None = None,
        picture: np.ndarray | None = None,
        rim: np.ndarray | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(points, rgba, **kwargs)
        self.triangles = np.asarray(triangles, dtype=int).reshape(-1, 3)
        self.order = order
        self.grid_step = grid or 0.0
        self.uv = self.origin if uv is None else np.asarray(uv, dtype=float)
        self.picture, self.rim = picture, rim

    def batch(self) -> Batch:
        """Faces."""
        return Batch(
            self.points,
            self.rgba,
            triangles=self.triangles,
            size=float(self.order),
            uv=self.uv,
            grid=self.grid_step,
            picture=self.picture,
            rim=self.rim,
        )


class Segments(SpatialMobject):
    """Straight lines, each with its own two ends.

    Args:
        ends: (k, 2, 2) or (k, 2, 3) pairs of ends in scene units.
        rgba: one colour for all, or (k, 4), one per line.
        width: pixels at 1080 lines.
        cased: give the lines a dark rim, for those that cross bright sheets.
        origin: (k, 2, d) where the ends came from.
    """

    def __init__(
        self,
        ends: np.ndarray,
        rgba: np.ndarray | Sequence[float],
        *,
        width: float | None = None,
        cased: bool = False,
        origin: np.ndarray | None = None,
        **kwargs: Any,
    ) -> None:
        ends = np.asarray(ends, dtype=float)
        ends = ends.reshape(len(ends), 2, -1) if ends.size else np.zeros((0, 2, 2))
        colours = np.broadcast_to(np.asarray(rgba, dtype=float), (len(ends), 4))
        if origin is not None:
            origin = np.reshape(origin, (2 * len(ends), -1)) if len(ends) else np.zeros((0, 2))
        super().__init__(ends.reshape(-1, ends.shape[-1]), np.repeat(colours, 2, axis=0), origin=origin, **kwargs)
        self.width_px = theme().line_width if width is None else width
        self.cased = cased

    def batch(self) -> Batch:
        """Lines."""
        ends = np.arange(len(self.points)).reshape(-1, 2)
        return Batch(self.points, self.rgba, segments=ends, size=self.width_px, cased=self.cased)

    def pointwise_become_partial(self, mobject: Segments, a: float, b: float) -> Self:
        """Show the part of another's lines from share `a` to share `b` of their length: Manim's `Create`."""
        start, end = mobject.points[::2], mobject.points[1::2]
        lengths = np.linalg.norm(end - start, axis=1)
        after = np.cumsum(lengths)
        # The total is the last of the running sums: another sum may differ by a rounding, and hide the last lines.
        total, before = float(after[-1]) if len(after) else 0.0, after - lengths
        share = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        low, high = (np.clip((x * total - before) * share, 0.0, 1.0)[:, None] for x in (a, b))
        self.points[::2], self.points[1::2] = start + low * (end - start), start + high * (end - start)
        # A line that a fold has shrunk to a point is passed like any other.
        shown = (after >= a * total) & (before <= b * total) & (b > a)
        self.rgba = mobject.rgba.copy()
        self.rgba[:, 3] *= np.repeat(shown, 2)
        return self


class LiveLines(Segments):
    """Lines in the plane that are other ones at every moment, such as the border of a network that learns.

    Args:
        options: of Segments.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(np.empty((0, 2, 2)), (0, 0, 0, 0), **options)
        self.opacity = 1.0  # of lines that are nowhere, nobody could tell it

    def lay(self, ends: np.ndarray, colours: np.ndarray | Sequence[float]) -> Self:
        """Be these lines (k, 2, 2), in one colour (3,) or one for each (k, 3); the opacity stays as it is now."""
        if len(self.points):
            self.opacity = self.get_opacity()
        self.origin = ends.reshape(-1, 2)
        self.points = in_space(self.origin)
        self.rgba = np.full((len(self.points), 4), self.opacity)
        self.rgba[:, :3] = np.repeat(np.broadcast_to(colours, (len(ends), 3)), 2, axis=0)
        return self


def bold_lines(ends: np.ndarray, colour: str | None = None) -> Segments:
    """Lines (k, 2, 2) in the input plane that stand out from a sheet; in the colour of boundaries, if none is given."""
    tokens = theme()
    rgba = [*rgb(colour or tokens.boundary), 1.0]
    return Segments(ends, rgba, width=tokens.boundary_width, cased=True, origin=ends)


class Cloud(SpatialMobject):
    """Data points as small lit balls; classes differ in colour, brightness and shape.

    Args:
        X: (n, 2) or (n, 3) points in scene units.
        y: (n,) integer labels, or None for a cloud of one kind.
        n_classes: how many classes there are, if more than `y` shows.
        radius: pixels at 1080 lines.
        shades: a hex colour for each class; those of the theme if not given.
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray | None = None,
        *,
        n_classes: int | None = None,
        radius: float | None = None,
        shades: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        labels = np.zeros(len(X), dtype=int) if y is None else np.asarray(y, dtype=int)
        count = n_classes or (int(labels.max(initial=0)) + 1)
        colours = np.array([rgb(c) for c in shades or theme().class_colours(count)])
        rgba = np.concatenate([colours[labels], np.ones((len(labels), 1))], axis=1)
        super().__init__(X, rgba, origin=np.asarray(X, dtype=float), **kwargs)
        self.radius_px = theme().dot_radius if radius is None else radius
        self.markers = labels % 7

    def batch(self) -> Batch:
        """Balls."""
        return Batch(self.points, self.rgba, dots=np.arange(len(self.points)), size=self.radius_px, marker=self.markers)

    def align_points_with_larger(self, larger_mobject: Mobject) -> Self:
        """Double points up until there are as many as in the larger cloud."""
        again = np.arange(len(larger_mobject.points)) % len(self.points)
        self.points, self.rgba, self.markers = self.points[again], self.rgba[again], self.markers[again]
        return self


class SpatialGroup(Group):
    """Spatial mobjects that fade and colour together."""

    def set_opacity(self, opacity: float) -> Self:
        """Give all parts one opacity."""
        for part in self.submobjects:
            part.set_opacity(opacity)
        return self

    def interpolate_color(self, mobject1: Mobject, mobject2: Mobject, alpha: float) -> Self:
        """A group has no colours of its own; stock Manim can't restore groups for want of this."""
        return self


class Sheet(SpatialGroup):
    """A piece of the input plane, coloured by place, split exactly where a network folds it.

    Args:
        box: (x_min, x_max, y_min, y_max) in data units.
        network: whose creases split the sheet; None for a sheet that is not to be folded.
        grid: the distance of grid lines in data units.
        boundary: whether the sheet shows the network's decision boundary too.
        tolerance: how far the sheet may stand from the network's output between its vertices, in output
            units, where a smooth layer bends it; None for networks without smooth layers.
        depth: of how many layers that output is; of all if not given.
        opacity: of the faces, 0 to 1.
        picture: (h, w, 3) or (h, w, 4) uint8 that the sheet bears instead of the colours of its place.

    Attributes:
        mesh: the nn_core.geometry Mesh; its vertices are input points.
        faces, grid, outline: the parts.
        creases: a SpatialGroup with the creases of each layer that makes any, such as ReLU, in order, be they in
            the box or not; hidden until drawn.
        boundary: the decision boundary, empty if not asked for; hidden until drawn.
    """

    def __init__(
        self,
        box: Box,
        network: Network | None = None,
        *,
        grid: float = 1.0,
        boundary: bool = False,
        tolerance: float | None = None,
        depth: int | None = None,
        opacity: float = 1.0,
        picture: np.ndarray | None = None,
    ) -> None:
        self.box = box
        self.options = {"grid": grid, "boundary": boundary, "tolerance": tolerance, "depth": depth}
        self.mesh = mesh = sheet_mesh(box, network, grid=grid, boundary=boundary)
        if network is not None and tolerance is not None:
            shown = Network(network.layers[:depth])
            self.mesh = mesh = refined(mesh, lambda u: shown.forward(u).output, tolerance=tolerance)
        tokens = theme()
        low, high = np.array(box[::2]), np.array(box[1::2])
        share = (mesh.vertices - low) / (high - low)
        rgba = np.full((len(share), 4), opacity)
        rgba[:, :3] = bilinear(tokens.corners, share) if picture is None else 1.0
        self.faces = Faces(mesh.vertices, mesh.triangles, rgba, origin=mesh.vertices, uv=share, picture=picture)
        self.grid = self._lines(mesh, mesh.grid_segments, tokens.grid, tokens.grid_width, tokens.grid_opacity)
        self.outline = self._lines(mesh, mesh.outline_segments, tokens.edge, tokens.line_width, 1.0)
        layers = mesh.crease_neurons[:, 0]
        self.creases = SpatialGroup(
            *(
                self._lines(
                    mesh,
                    mesh.crease_segments[layers == layer],
                    tokens.crease,
                    tokens.crease_width,
                    1.0,
                    cased=True,
                )
                for layer in _creasing(network)
            )
        )
        self.boundary = self._lines(
            mesh, mesh.boundary_segments, tokens.boundary, tokens.boundary_width, 1.0, cased=True
        )
        for hidden in (self.creases, self.boundary):
            hidden.set_opacity(0.0)
        empty = not len(self.boundary.points)
        self.opacities = {
            "faces": opacity,
            "grid": tokens.grid_opacity,
            "outline": 1.0,
            "creases": 0.0,
            "boundary": float(empty),
        }
        super().__init__(self.faces, self.grid, self.outline, self.creases, self.boundary)

    @classmethod
    def over(
        cls,
        X: np.ndarray,
        network: Network | None = None,
        *,
        grid: float = 1.0,
        margin: float = 0.5,
        **options: Any,
    ) -> Self:
        """A sheet that holds data points X (n, 2), its sides on grid lines at least `margin` grids away."""
        low = np.floor(X.min(axis=0) / grid - margin) * grid
        high = np.ceil(X.max(axis=0) / grid + margin) * grid
        return cls((low[0], high[0], low[1], high[1]), network, grid=grid, **options)

    def show(self, network: Network, *, tolerance: float | None = None) -> Self:
        """Split the sheet anew, exactly where this network folds it, and lay it into the input plane.

        Each part keeps its opacity; a boundary is visible where the sheet had none before.

        Args:
            network: whose creases split the sheet.
            tolerance: as of Sheet, from now on; as it is now if not given.

        Raises:
            UnfoldError: for a network that has creases in other layers than the sheet was made for.
        """
        if tolerance is not None:
            self.options["tolerance"] = tolerance
        fresh = Sheet(self.box, network, **self.options)
        if len(fresh.creases) != len(self.creases):
            raise UnfoldError(
                f"The sheet was made for {len(self.creases)} layers with creases, but this network has "
                f"{len(fresh.creases)}: make the sheet with a network of the same make."
            )
        self.opacities = {name: self._opacity(name) for name in self.opacities}
        # Parts stay the same mobjects, since a running animation knows which it has to draw.
        parts = [self.faces, self.grid, self.outline, self.boundary, *self.creases]
        others = [fresh.faces, fresh.grid, fresh.outline, fresh.boundary, *fresh.creases]
        for part, other in zip(parts, others, strict=True):
            part.points, part.rgba, part.origin = other.points, other.rgba, other.origin
        self.mesh = fresh.mesh
        self.faces.triangles, self.faces.uv = fresh.faces.triangles, fresh.faces.uv
        for name, opacity in self.opacities.items():
            getattr(self, name).set_opacity(opacity)
        return self

    def _opacity(self, name: str) -> float:
        """The opacity of a part; of one that has nothing to be seen, what it was when it had."""
        parts = [part for part in spatial_parts([getattr(self, name)]) if len(part.points)]
        return parts[0].get_opacity() if parts else self.opacities[name]

    @staticmethod
    def _lines(
        mesh: Mesh, pairs: np.ndarray, colour: str, width: float, opacity: float, *, cased: bool = False
    ) -> Segments:
        ends = mesh.vertices[pairs]
        return Segments(ends, [*rgb(colour), opacity], width=width, cased=cased, origin=ends)


class Lattice(SpatialGroup):
    """Only the lines of a grid over a piece of the input plane, in pieces so short that smooth layers bend them.

    Args:
        box: (x_min, x_max, y_min, y_max) in data units.
        grid: the distance of lines in data units; they go through the low corner.
        pieces: of each line.

    Attributes:
        grid, outline: the parts.
    """

    def __init__(self, box: Box, *, grid: float = 1.0, pieces: int = 120) -> None:
        tokens = theme()
        x_min, x_max, y_min, y_max = box

        def lines(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
            """Pieces (k, 2, 2) of upright lines at xs and level lines at ys."""
            along = np.linspace(0, 1, pieces + 1)
            upright = [np.column_stack([np.full(pieces + 1, x), y_min + along * (y_max - y_min)]) for x in xs]
            level = [np.column_stack([x_min + along * (x_max - x_min), np.full(pieces + 1, y)]) for y in ys]
            return np.concatenate([np.stack([line[:-1], line[1:]], axis=1) for line in [*upright, *level]])

        inner = lines(np.arange(x_min + grid, x_max - 1e-9, grid), np.arange(y_min + grid, y_max - 1e-9, grid))
        rim = lines(np.array([x_min, x_max]), np.array([y_min, y_max]))
        self.grid = Segments(inner, [*rgb(tokens.grid), tokens.grid_opacity], width=tokens.grid_width, origin=inner)
        self.outline = Segments(rim, [*rgb(tokens.edge), 1.0], width=tokens.line_width, origin=rim)
        super().__init__(self.grid, self.outline)


def polygon(corners: np.ndarray, colour: str, *, opacity: float = 1.0) -> SpatialGroup:
    """A convex polygon with its border.

    Args:
        corners: (k, 3) in order.
        colour: hex.
        opacity: of the face; the border is opaque.
    """
    k = len(corners)
    fan = [[0, i, i + 1] for i in range(1, k - 1)]
    border = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
    return SpatialGroup(Faces(corners, np.array(fan), [*rgb(colour), opacity]), Segments(border, [*rgb(colour), 1.0]))


def _creasing(network: Network | None) -> list[int]:
    """The layers whose activation has a kink."""
    layers = [] if network is None else network.layers
    return [number for number, layer in enumerate(layers) if layer.activation.bends]


def in_space(points: np.ndarray) -> np.ndarray:
    """(n, 2) or (n, 3) points as a fresh (n, 3) array; the plane lies at z = 0.

    Raises:
        UnfoldError: for points of any other width.
    """
    points = np.asarray(points, dtype=float)
    if points.ndim != 2 or points.shape[1] not in (2, 3):
        raise UnfoldError(
            f"Points in space have shape (n, 2) or (n, 3), but these have {points.shape}: "
            "project them first, for example with nn_core.embedding.pca."
        )
    return np.pad(points, [(0, 0), (0, 3 - points.shape[1])])


def spatial_parts(mobjects: Iterable[Mobject]) -> list[SpatialMobject]:
    """All spatial mobjects among these and their parts, each once, in display order."""
    family = dict.fromkeys(part for mobject in mobjects for part in mobject.get_family())
    return [part for part in family if isinstance(part, SpatialMobject)]
