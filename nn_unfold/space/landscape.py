"""Landscapes: heights over a plane, such as a network's outputs over its input or over a hidden plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Self

import numpy as np
from manim import Animation, LaggedStart, linear

from nn_core.geometry import decision_boundary, refined, sheet_mesh, upper_envelope
from nn_core.geometry.mesh import Mesh, fans, squares
from nn_core.network import Layer, Network
from nn_unfold.errors import UnfoldError
from nn_unfold.motion.surfaces import Rise
from nn_unfold.space.base import SpatialGroup, SpatialMobject
from nn_unfold.space.functions import Affine, Softmax
from nn_unfold.space.primitives import Box, Cloud, Faces, Segments
from nn_unfold.theme import rgb, theme

FLOOR, HIGHEST = -1, -2  # in place of the number of a surface
_FINEST = 96  # edges of softmax surfaces that would fit into the longer side of their box more often stay whole
_OVERLAP = 0.6  # how much of one surface's rise is over when the next one begins


class Patch(NamedTuple):
    """What a surface stands over: vertices (n, 2) and triangles (m, 3)."""

    vertices: np.ndarray
    triangles: np.ndarray


class Surface(SpatialGroup):
    """One surface of a landscape.

    Attributes:
        faces: its `origin` (n, 2) is the place in the plane below each vertex.
    """

    def __init__(self, faces: Faces) -> None:
        self.faces = faces
        super().__init__(faces)


class Landscape(SpatialGroup):
    """Surfaces over a plane, as high as K functions of the place; they may cut each other.

    A vertex of surface k over the place x stands at z = base + height * f_k(x), to the last digit.

    Args:
        function: (n, 2) -> (n, K) or (n,), the values of all surfaces.
        patches: where each surface stands, or one for all.
        ridges: (r, 2, 2) lines in the plane above which the highest surfaces cut each other.
        height: scene units per unit of value.
        base: z of the floor, which is where the value is 0.
        grid: the distance of the lines drawn on the surfaces, in units of the plane; None for none.
        colours: a hex colour for each surface; if not given class colours, and for a single surface the
            first of the sheet's corner colours where it is lowest and the last where it is highest.
        ramp: for a single surface, the colours of the values 0 and 1 instead; what lies beyond has the nearer one.
        opacity: of the faces, 0 to 1; that of the theme if not given.
        highest: whether every surface is only there where it is the highest.

    Attributes:
        function, base: as given.
        unit_height: the scene units per unit of value.
        surfaces: a SpatialGroup of K `Surface`s, to fade or colour one by one.
        ridges: Segments, hidden until drawn.
    """

    def __init__(
        self,
        function: Callable[[np.ndarray], np.ndarray],
        patches: Sequence[Patch],
        *,
        ridges: np.ndarray | None = None,
        height: float = 1.0,
        base: float = 0.0,
        grid: float | None = None,
        colours: Sequence[str] | None = None,
        ramp: tuple[str, str] | None = None,
        opacity: float | None = None,
        highest: bool = False,
    ) -> None:
        tokens = theme()
        self.function, self.unit_height, self.base = function, height, base
        n_surfaces = self.values(np.zeros((1, 2))).shape[1]
        if len(patches) == 1:
            patches = list(patches) * n_surfaces
        if colours is None and n_surfaces > 1:
            colours = tokens.class_colours(n_surfaces)
        opacity = tokens.surface_opacity if opacity is None else opacity
        surfaces = []
        low, high = _span(patches)
        for k, (vertices, triangles) in enumerate(patches):
            rgba = np.full((len(vertices), 4), opacity)
            rgba[:, :3] = self._by_value(vertices, ramp) if colours is None else rgb(colours[k])
            rim = (vertices - low) / (high - low)
            faces = Faces(vertices, triangles, rgba, grid=grid, rim=rim, origin=vertices)
            on = HIGHEST if highest else k
            surfaces.append(Surface(_of(faces, on)))
        self.surfaces = SpatialGroup(*surfaces)
        ridges = np.empty((0, 2, 2)) if ridges is None else ridges
        self.ridges = _of(
            Segments(ridges, [*rgb(tokens.boundary), 0.0], width=tokens.boundary_width, cased=True, origin=ridges),
            HIGHEST,
        )
        super().__init__(self.surfaces, self.ridges)
        self.set_function(function)

    @classmethod
    def planes(cls, weight: np.ndarray, bias: np.ndarray, box: Box, **options: Any) -> Self:
        """The planes z_k = w_k x + b_k over a box: what the last layer of a network gives before softmax.

        Args:
            weight: (K, 2).
            bias: (K,).
            box: (x_min, x_max, y_min, y_max) in units of the plane.
            options: of Landscape.
        """
        function = Affine(np.asarray(weight, dtype=float), np.asarray(bias, dtype=float))
        return cls(function, [_patch(squares(box, 1))], ridges=_ridges(function, box), **options)

    @classmethod
    def envelope(cls, weight: np.ndarray, bias: np.ndarray, box: Box, **options: Any) -> Self:
        """The highest of the planes z_k = w_k x + b_k at each place: exact convex cells, one for each winner.

        A plane that wins nowhere has an empty surface, so that numbers of surfaces are numbers of planes.

        Args:
            weight: (K, 2).
            bias: (K,).
            box: (x_min, x_max, y_min, y_max) in units of the plane.
            options: of Landscape.
        """
        function = Affine(np.asarray(weight, dtype=float), np.asarray(bias, dtype=float))
        regions = upper_envelope(weight, bias, box)
        # All surfaces share their vertices, which are all on the envelope: the painter sees that they fit together.
        vertices, corners = np.unique(np.concatenate([r.polygon for r in regions]), axis=0, return_inverse=True)
        patches = [Patch(vertices, np.empty((0, 3), int)) for _ in function.bias]
        rings = np.split(corners.ravel(), np.cumsum([len(region.polygon) for region in regions])[:-1])
        for region, ring in zip(regions, rings, strict=True):
            triangles, _ = fans(vertices, ring, np.array([0, len(ring)]))
            patches[region.index] = Patch(vertices, triangles)
        return cls(function, patches, ridges=_ridges(function, box), highest=True, **options)

    @classmethod
    def softmax(
        cls,
        weight: np.ndarray,
        bias: np.ndarray,
        box: Box,
        *,
        temperature: float = 1.0,
        tolerance: float = 6e-3,
        **options: Any,
    ) -> Self:
        """The probabilities of K classes over a box: softmax of z_k = w_k x + b_k.

        Args:
            weight: (K, 2).
            bias: (K,).
            box: (x_min, x_max, y_min, y_max) in units of the plane.
            temperature: z is divided by it.
            tolerance: how far flat triangles may be off, as a probability, at any temperature.
            options: of Landscape.
        """
        weight, bias = np.asarray(weight, dtype=float), np.asarray(bias, dtype=float)
        patch = _softmax_patch(weight.tobytes(), bias.tobytes(), tuple(box), tolerance, _octave(temperature))
        function, ridges = Softmax(weight, bias, temperature), _ridges(Affine(weight, bias), box)
        landscape = cls(function, [patch], ridges=ridges, **options)
        landscape.meshed = tuple(box), tolerance
        return landscape

    @classmethod
    def over(
        cls,
        function: Callable[[np.ndarray], np.ndarray],
        box: Box,
        *,
        tolerance: float,
        network: Network | None = None,
        **options: Any,
    ) -> Self:
        """Any continuous function of the plane, such as a network's output or a loss.

        Args:
            function: (n, 2) -> (n, K) or (n,).
            box: (x_min, x_max, y_min, y_max) in units of the plane.
            tolerance: how far flat triangles may be off, in units of the function.
            network: the surfaces are split exactly along its creases, if it has any.
            options: of Landscape.
        """
        mesh = squares(box, 8) if network is None else sheet_mesh(box, network)
        return cls(function, [_patch(refined(mesh, function, tolerance=tolerance))], **options)

    def values(self, X: np.ndarray) -> np.ndarray:
        """The values (n, K) of all surfaces at places (n, 2) of the plane."""
        values = np.asarray(self.function(X))
        return values[:, None] if values.ndim == 1 else values

    def at(self, X: np.ndarray, surface: np.ndarray | int = HIGHEST) -> np.ndarray:
        """The points (n, 3) in scene units above places (n, 2) of the plane.

        Args:
            X: the places.
            surface: on which surface, one for all or (n,); HIGHEST or FLOOR too.
        """
        X = np.asarray(X, dtype=float)
        values = self.values(X)
        # Two more columns, so that HIGHEST and FLOOR count from the end.
        values = np.column_stack([values, values.max(axis=1), np.zeros(len(X))])
        chosen = values[np.arange(len(X)), surface]
        return np.column_stack([X, self.base + self.unit_height * chosen])

    def set_function(self, function: Callable[[np.ndarray], np.ndarray]) -> Self:
        """Show the values of another function of as many surfaces, on the same mesh."""
        self.function = function
        for part in self.get_family():
            if isinstance(part, SpatialMobject):
                part.points = self.at(part.origin, part.surface)
        return self

    def set_unit_height(self, height: float) -> Self:
        """Change the scene units per unit of value."""
        self.unit_height = height
        return self.set_function(self.function)

    def set_temperature(self, temperature: float) -> Self:
        """Change the temperature of softmax surfaces; `Temper` does it in motion.

        Raises:
            UnfoldError: for surfaces that have none.
        """
        function = self.tempered(temperature)
        vertices, triangles = patch = _softmax_patch(
            function.weight.tobytes(), function.bias.tobytes(), *self.meshed, _octave(temperature)
        )
        low, high = _span([patch])
        for k, faces in enumerate(surface.faces for surface in self.surfaces):
            if faces.origin is vertices:
                break
            faces.origin = faces.uv = vertices
            faces.surface = np.full(len(vertices), k)
            faces.triangles, faces.rim = triangles, (vertices - low) / (high - low)
            faces.rgba = np.repeat(faces.rgba[:1], len(vertices), axis=0)
        return self.set_function(function)

    def tempered(self, temperature: float) -> Softmax:
        """The function of softmax surfaces at another temperature.

        Raises:
            UnfoldError: for surfaces that have none.
        """
        if not isinstance(self.function, Softmax):
            raise UnfoldError(
                f"These surfaces show {type(self.function).__name__}, which has no temperature: "
                "make them with Landscape.softmax."
            )
        return Softmax(self.function.weight, self.function.bias, temperature)

    def add_points(
        self, X: np.ndarray, y: np.ndarray | None = None, *, surface: np.ndarray | int = HIGHEST, **options: Any
    ) -> SpatialGroup:
        """Data points on the surfaces, each with a stem down to the floor; they stay on the surfaces.

        Args:
            X: (n, 2) places of the plane.
            y: (n,) labels.
            surface: on which surface they stand, one for all or (n,).
            options: of Cloud.

        Returns:
            A SpatialGroup of the stems and the cloud, now a part of this landscape.
        """
        tokens = theme()
        ends = np.repeat(np.asarray(X, dtype=float)[:, None], 2, axis=1)
        stems = Segments(ends, [*rgb(tokens.faint), tokens.stem_opacity], width=tokens.grid_width, origin=ends)
        surface = np.broadcast_to(surface, len(X))
        points = SpatialGroup(
            _of(stems, np.stack([np.full(len(X), FLOOR), surface], axis=1).ravel()),
            _of(Cloud(X, y, **options), surface),
        )
        self.add(points)
        self.set_function(self.function)
        return points

    def rise(self, *, in_turn: bool = False, run_time: float | None = None) -> Animation:
        """An animation in which the surfaces rise from the floor, all at once or one after another."""
        step = theme().step
        if in_turn:
            rising = [Rise(surface, base=self.base) for surface in self.surfaces]
            time = run_time or step * (1 + _OVERLAP * (len(rising) - 1))
            return LaggedStart(*rising, lag_ratio=_OVERLAP, run_time=time, rate_func=linear)
        return Rise(self, base=self.base, run_time=run_time or step)

    def _by_value(self, vertices: np.ndarray, ramp: tuple[str, str] | None) -> np.ndarray:
        """Colours (n, 3) of a single surface, from low to high."""
        share = self.values(vertices)[:, :1]
        if ramp is None:
            share = (share - share.min()) / max(float(np.ptp(share)), 1e-12)
        low, high = (np.array(rgb(colour)) for colour in ramp or (theme().corners[0], theme().corners[3]))
        share = np.clip(share, 0, 1)
        return (1 - share) * low + share * high


def _of(part: SpatialMobject, surface: np.ndarray | int) -> Any:
    """Note on which surface the vertices of a part stand."""
    part.surface = np.broadcast_to(surface, len(part.points)).copy()
    return part


def _span(patches: Sequence[Patch]) -> tuple[np.ndarray, np.ndarray]:
    """The low and the high corner (2,) of the box that the patches fill."""
    vertices = np.concatenate([patch.vertices for patch in patches])
    return vertices.min(axis=0), vertices.max(axis=0)


def _patch(mesh: Mesh) -> Patch:
    return Patch(mesh.vertices, mesh.triangles)


def _octave(temperature: float) -> int:
    """The power of 2 at or below a temperature."""
    return int(np.floor(np.log2(temperature)))


@lru_cache(maxsize=64)
def _softmax_patch(weight: bytes, bias: bytes, box: Box, tolerance: float, octave: int) -> Patch:
    """A mesh for softmax surfaces from the temperature 2^octave to twice that.

    The colder it is, the steeper they are: one mesh for all temperatures would be far too fine for each. What bends in
    between bends at one of the two ends.
    """
    w, b = np.frombuffer(weight).reshape(-1, 2), np.frombuffer(bias)
    cold, warm = (Softmax(w, b, 2.0**power) for power in (octave, octave + 1))
    # Split where two of them are equal, no two surfaces cut each other inside a triangle.
    first, second = np.triu_indices(len(b), 1)
    differences = Layer(w[first] - w[second], b[first] - b[second], "relu")
    mesh = sheet_mesh(box, Network([differences])) if len(first) else squares(box, 8)
    shortest = max(box[1] - box[0], box[3] - box[2]) / _FINEST
    return _patch(refined(mesh, lambda X: np.hstack([cold(X), warm(X)]), tolerance=tolerance, shortest=shortest))


def _ridges(planes: Affine, box: Box) -> np.ndarray:
    """The lines (r, 2, 2) in the plane above which the highest of K planes cut each other."""
    if len(planes.bias) < 2:
        return np.empty((0, 2, 2))
    return decision_boundary(Network([Layer(planes.weight, planes.bias)]), box).segments
