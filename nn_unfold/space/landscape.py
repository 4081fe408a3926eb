"""Landscapes: heights over a plane, such as a network's outputs over its input or over a hidden plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from nn_core.geometry import decision_boundary, refined, sheet_mesh, upper_envelope
from nn_core.geometry.box import Box
from nn_core.geometry.mesh import Mesh, fans, squares
from nn_core.network import Layer, Network
from nn_unfold.errors import UnfoldError
from nn_unfold.space.base import SpatialGroup, SpatialMobject, spatial_parts
from nn_unfold.space.functions import Affine, Softmax
from nn_unfold.space.primitives import Cloud, Faces, Segments
from nn_unfold.theme import rgb, theme

FLOOR, HIGHEST = -1, -2  # in place of the number of a surface
_FINEST = 96  # an edge of a softmax surface is not halved if more than this many would fit into the side of the box

Part = TypeVar("Part", bound=SpatialMobject)


class Patch(NamedTuple):
    """The part of the plane below a surface: vertices (n, 2) and triangles (m, 3)."""

    vertices: np.ndarray
    triangles: np.ndarray


class Surface(SpatialGroup):
    """One surface of a landscape.

    Attributes:
        faces: their `origin` (n, 2) is the point of the plane below each vertex.
    """

    def __init__(self, faces: Faces) -> None:
        self.faces = faces
        super().__init__(faces)


class Landscape(SpatialGroup):
    """Surfaces over a plane: the graphs of K functions of two variables. Surfaces may intersect.

    A vertex of surface k over the point x of the plane is at z = base + height * f_k(x), exactly.

    Args:
        function: (n, 2) -> (n, K) or (n,), the values of all surfaces.
        patches: the part of the plane below each surface, or one for all.
        ridges: (r, 2, 2) lines in the plane above which the highest surfaces intersect.
        height: scene units per unit of value.
        base: z of the floor, where the value is 0.
        grid: the distance of the lines drawn on the surfaces, in units of the plane; None for no lines.
        colours: a hex colour for each surface. If not given, several surfaces have class colours; a single surface goes
            from the first of the sheet's corner colours, where it is lowest, to the last, where it is highest.
        ramp: for a single surface, the colours of the values 0 and 1 instead; values beyond have the nearer one.
        opacity: of the faces, 0 to 1; that of the theme if not given.
        highest: whether every surface is drawn only where it is the highest.

    Attributes:
        function, base: as given.
        unit_height: the scene units per unit of value.
        surfaces: a SpatialGroup of K surfaces, to fade or colour one by one.
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
        self.meshed: tuple[Box, float] | None = None  # the box and the tolerance of softmax surfaces
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
    def planes(cls, weight: ArrayLike, bias: ArrayLike, box: Box, **options: Any) -> Self:
        """The planes z_k = w_k x + b_k over a box: what the last layer of a network gives before softmax.

        Args:
            weight: (K, 2), or (K, 1) for functions of the first coordinate; K is 1 or more.
            bias: (K,).
            box: (x_min, x_max, y_min, y_max) in units of the plane.
            options: of Landscape.

        Raises:
            UnfoldError: for a weight or a bias of another shape.
        """
        function = _scores(weight, bias)
        return cls(function, [_patch(squares(box, 1))], ridges=_ridges(function, box), **options)

    @classmethod
    def envelope(cls, weight: ArrayLike, bias: ArrayLike, box: Box, **options: Any) -> Self:
        """The highest of the planes z_k = w_k x + b_k at each point: exact convex cells, one for each winner.

        A plane that wins nowhere has an empty surface, so surface k always belongs to plane k.

        Args:
            weight: (K, 2) or (K, 1). A single score competes with 0, which becomes surface 0.
            bias: (K,).
            box: (x_min, x_max, y_min, y_max) in units of the plane.
            options: of Landscape.

        Raises:
            UnfoldError: for a weight or a bias of another shape.
        """
        function = _against_zero(_scores(weight, bias))
        regions = upper_envelope(function.weight, function.bias, box)
        # All surfaces share their vertices: so the painter knows that their edges are common.
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
        weight: ArrayLike,
        bias: ArrayLike,
        box: Box,
        *,
        temperature: float = 1.0,
        tolerance: float = 6e-3,
        **options: Any,
    ) -> Self:
        """The probabilities of K classes over a box: softmax of z_k = w_k x + b_k.

        Args:
            weight: (K, 2) or (K, 1). A single score competes with 0, which becomes surface 0: the two surfaces are
                sigmoid(-z) and sigmoid(z).
            bias: (K,).
            box: (x_min, x_max, y_min, y_max) in units of the plane.
            temperature: z is divided by it.
            tolerance: how far flat triangles may be from the surface, as a probability, at any temperature.
            options: of Landscape.

        Raises:
            UnfoldError: for a weight or a bias of another shape.
        """
        scores = _against_zero(_scores(weight, bias))
        function = Softmax(scores.weight, scores.bias, temperature)
        patch = _softmax_patch(function.weight.tobytes(), function.bias.tobytes(), box, tolerance, _octave(temperature))
        landscape = cls(function, [patch], ridges=_ridges(scores, box), **options)
        landscape.meshed = box, tolerance
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
        """The graph of any continuous function of the plane, such as a loss, or the output of a regression network.

        Args:
            function: (n, 2) -> (n, K) or (n,).
            box: (x_min, x_max, y_min, y_max) in units of the plane.
            tolerance: how far flat triangles may be from the function, in its units.
            network: the surfaces are split exactly along its creases, if it has any.
            options: of Landscape.
        """
        mesh = squares(box, 8) if network is None else sheet_mesh(box, network)
        return cls(function, [_patch(refined(mesh, function, tolerance=tolerance))], **options)

    def values(self, X: np.ndarray) -> np.ndarray:
        """The values (n, K) of all surfaces at points (n, 2) of the plane."""
        values = np.asarray(self.function(X))
        return values[:, None] if values.ndim == 1 else values

    def at(self, X: np.ndarray, surface: np.ndarray | int = HIGHEST) -> np.ndarray:
        """The points (n, 3) in scene units above points (n, 2) of the plane.

        Args:
            X: the points of the plane.
            surface: the number of a surface, HIGHEST or FLOOR; one for all points or (n,).
        """
        X = np.asarray(X, dtype=float)
        values = self.values(X)
        # Two more columns: HIGHEST and FLOOR are their indices, counted from the end.
        values = np.column_stack([values, values.max(axis=1), np.zeros(len(X))])
        chosen = values[np.arange(len(X)), surface]
        return np.column_stack([X, self.base + self.unit_height * chosen])

    def set_function(self, function: Callable[[np.ndarray], np.ndarray]) -> Self:
        """Show the values of another function of as many surfaces, on the same mesh."""
        self.function = function
        for part in spatial_parts([self]):
            if part.origin is not None and part.on_surface is not None:
                part.points = self.at(part.origin, part.on_surface)
        return self

    def set_unit_height(self, height: float) -> Self:
        """Change the scene units per unit of value."""
        self.unit_height = height
        return self.set_function(self.function)

    def set_temperature(self, temperature: float) -> Self:
        """Change the temperature of softmax surfaces; `Anneal` does it in motion.

        Raises:
            UnfoldError: for surfaces that have no temperature.
        """
        function = self.at_temperature(temperature)
        box, tolerance = self.meshed or ((0, 1, 0, 1), 1.0)  # softmax surfaces always have one
        vertices, triangles = patch = _softmax_patch(
            function.weight.tobytes(), function.bias.tobytes(), box, tolerance, _octave(temperature)
        )
        low, high = _span([patch])
        for k, faces in enumerate(self.faces()):
            if faces.origin is vertices:
                break
            faces.origin = faces.uv = vertices
            faces.on_surface = np.full(len(vertices), k)
            faces.triangles, faces.rim = triangles, (vertices - low) / (high - low)
            faces.rgba = np.repeat(faces.rgba[:1], len(vertices), axis=0)
        return self.set_function(function)

    def faces(self) -> list[Faces]:
        """The faces of all surfaces, in order."""
        return [surface.faces for surface in self.surfaces.submobjects if isinstance(surface, Surface)]

    @property
    def temperature(self) -> float:
        """The temperature of softmax surfaces.

        Raises:
            UnfoldError: for surfaces that have none.
        """
        return self._softmax().temperature

    def at_temperature(self, temperature: float) -> Softmax:
        """The function of softmax surfaces at another temperature.

        Raises:
            UnfoldError: for surfaces that have no temperature.
        """
        function = self._softmax()
        return Softmax(function.weight, function.bias, temperature)

    def _softmax(self) -> Softmax:
        if not isinstance(self.function, Softmax):
            raise UnfoldError(
                f"These surfaces show {type(self.function).__name__}, which has no temperature: "
                "make them with Landscape.softmax."
            )
        return self.function

    def add_points(
        self, X: np.ndarray, y: ArrayLike | None = None, *, surface: np.ndarray | int = HIGHEST, **options: Any
    ) -> SpatialGroup:
        """Add data points on the surfaces, each with a line down to the floor. They follow the surfaces.

        Args:
            X: (n, 2) points of the plane.
            y: (n,) labels, as in Cloud.
            surface: the number of a surface, HIGHEST or FLOOR; one for all points or (n,).
            options: of Cloud.

        Returns:
            A SpatialGroup of the lines and the cloud, now a part of this landscape.
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

    def _by_value(self, vertices: np.ndarray, ramp: tuple[str, str] | None) -> np.ndarray:
        """Colours (n, 3) of a single surface, from low to high."""
        share = self.values(vertices)[:, :1]
        if ramp is None:
            share = (share - share.min()) / max(float(np.ptp(share)), 1e-12)
        low, high = (np.array(rgb(colour)) for colour in ramp or (theme().corners[0], theme().corners[3]))
        share = np.clip(share, 0, 1)
        return np.asarray((1 - share) * low + share * high)


def _of(part: Part, surface: np.ndarray | int) -> Part:
    """The same part, with the number of the surface on which its vertices lie."""
    part.on_surface = np.broadcast_to(surface, len(part.points)).copy()
    return part


def _scores(weight: ArrayLike, bias: ArrayLike) -> Affine:
    """The scores of K classes as functions of the plane.

    Raises:
        UnfoldError: for other shapes than (K, 2) or (K, 1), and (K,).
    """
    w, b = np.asarray(weight, dtype=float), np.asarray(bias, dtype=float)
    if w.ndim != 2 or w.shape[1] not in (1, 2) or b.shape != w.shape[:1] or not len(w):
        raise UnfoldError(
            f"Surfaces stand over a plane: the weight has shape (K, 2) or (K, 1) and the bias (K,), but these have "
            f"{w.shape} and {b.shape}. Project wider layers first, for example with nn_core.projections.tells_apart."
        )
    return Affine(np.pad(w, [(0, 0), (0, 2 - w.shape[1])]), b)


def _against_zero(scores: Affine) -> Affine:
    """The same scores; a single one gets 0 as its rival, and is then that of class 1."""
    if len(scores.bias) > 1:
        return scores
    return Affine(np.vstack([np.zeros((1, 2)), scores.weight]), np.append(0.0, scores.bias))


def _span(patches: Sequence[Patch]) -> tuple[np.ndarray, np.ndarray]:
    """The lower and the upper corner (2,) of the box around the patches."""
    vertices = np.concatenate([patch.vertices for patch in patches])
    return vertices.min(axis=0), vertices.max(axis=0)


def _patch(mesh: Mesh) -> Patch:
    return Patch(mesh.vertices, mesh.triangles)


def _octave(temperature: float) -> int:
    """The power of 2 at or below a temperature."""
    return int(np.floor(np.log2(temperature)))


@lru_cache(maxsize=64)
def _softmax_patch(weight: bytes, bias: bytes, box: Box, tolerance: float, octave: int) -> Patch:
    """A mesh for softmax surfaces at all temperatures from 2^octave to twice that.

    The lower the temperature, the steeper the surfaces, so one mesh for all temperatures would be too fine for most of
    them. Between two octaves, the surfaces bend most at one of the two.
    """
    w, b = np.frombuffer(weight).reshape(-1, 2), np.frombuffer(bias)
    cold, warm = (Softmax(w, b, 2.0**power) for power in (octave, octave + 1))
    # The mesh is split where two scores are equal. So no two surfaces intersect inside a triangle.
    first, second = np.triu_indices(len(b), 1)
    differences = Layer(w[first] - w[second], b[first] - b[second], "relu")
    mesh = sheet_mesh(box, Network([differences])) if len(first) else squares(box, 8)
    shortest = max(box[1] - box[0], box[3] - box[2]) / _FINEST
    return _patch(refined(mesh, lambda X: np.hstack([cold(X), warm(X)]), tolerance=tolerance, shortest=shortest))


def _ridges(planes: Affine, box: Box) -> np.ndarray:
    """The lines (r, 2, 2) in the plane above which the highest of K planes intersect, or where a single one is 0."""
    return decision_boundary(Network([Layer(planes.weight, planes.bias)]), box).segments
