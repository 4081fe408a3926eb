"""Sheets: pieces of the input plane that a network moves and folds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from nn_core.geometry import decision_boundary, pull_back
from nn_core.geometry.box import Box, longer_side
from nn_core.geometry.mesh import Mesh, refined, sheet_mesh
from nn_core.network import Layer, Network
from nn_unfold.errors import UnfoldError
from nn_unfold.space.base import SpatialGroup, spatial_parts
from nn_unfold.space.primitives import Faces, Segments
from nn_unfold.space.ticks import nice_step
from nn_unfold.theme import bilinear, rgb, theme

_TOLERANCE = 1 / 400  # how far a sheet or a curved crease may be from a smooth network, as a share of their size
_MOST_LINES = 60  # of a grid of distance 1, along the longer side


class Sheet(SpatialGroup):
    """A piece of the input plane, coloured by position, split exactly where a network folds it.

    Between its vertices the sheet is exact where the network is piecewise linear. Where a layer is smooth, triangles
    are halved until the sheet is as near to the network as `tolerance`.

    Args:
        box: (x_min, x_max, y_min, y_max) in data units.
        network: of 2 inputs, with any number of outputs; its creases split the sheet. None for a plane sheet.
        grid: the distance of grid lines in data units. If not given, it is 1, or another round number where the box is
            much smaller or larger than that.
        boundary: whether the sheet shows the network's decision boundary too.
        tolerance: how far the sheet may be from the network's output between its vertices, in output units. If not
            given, networks with a smooth layer before their last one (or among the first `depth` layers) get 1/400 of
            the size of what is seen.
        depth: of how many layers that output is; of all if not given.
        opacity: of the faces, 0 to 1.
        picture: (h, w, 3) or (h, w, 4) uint8 on the sheet, in place of its colours.

    Attributes:
        mesh: the nn_core.geometry Mesh; its vertices are input points.
        faces, grid, outline: the parts.
        creases: a SpatialGroup of Segments, one for each layer with a kink in its activation, such as ReLU, in order.
            A layer whose creases are not in the box has no segments. Hidden until drawn.
        boundary: the decision boundary, empty if not asked for; hidden until drawn.
    """

    def __init__(
        self,
        box: Box,
        network: Network | None = None,
        *,
        grid: float | None = None,
        boundary: bool = False,
        tolerance: float | None = None,
        depth: int | None = None,
        opacity: float = 1.0,
        picture: np.ndarray | None = None,
    ) -> None:
        if boundary and network is None:
            raise UnfoldError("boundary=True needs a network: give the one whose decision boundary is to be shown.")
        self.box = box
        self.options: dict[str, Any] = {
            "grid": grid,
            "boundary": boundary,
            "tolerance": tolerance,
            "depth": depth,
        }
        layers = [] if network is None else network.layers
        n_exact = next((k for k, layer in enumerate(layers) if layer.activation.slopes is None), len(layers))
        # Behind a smooth layer creases and boundaries are curves: the sheet can't be split along them.
        curved = n_exact < len(layers) - 1
        folding = Network(layers[:n_exact]) if curved and n_exact else None if curved else network
        mesh = sheet_mesh(box, folding, grid=_grid_for(box) if grid is None else grid, boundary=boundary and not curved)
        if network is not None and tolerance is not None:
            shown = Network(network.layers[:depth])
            mesh = refined(mesh, lambda u: shown.forward(u).output, tolerance=tolerance)
        elif network is not None and n_exact < (len(layers) - 1 if depth is None else depth):
            mesh = refined(mesh, _seen(network, mesh.vertices, depth), tolerance=_TOLERANCE)
        self.mesh = mesh
        tokens = theme()
        low, high = np.array(box[::2]), np.array(box[1::2])
        share = (mesh.vertices - low) / (high - low)
        rgba = np.full((len(share), 4), opacity)
        rgba[:, :3] = bilinear(tokens.corners, share) if picture is None else 1.0
        self.faces = Faces(mesh.vertices, mesh.triangles, rgba, origin=mesh.vertices, uv=share, picture=picture)
        self.grid = _lines(mesh.vertices[mesh.grid_segments], tokens.grid, tokens.grid_width, tokens.grid_opacity)
        self.outline = _lines(mesh.vertices[mesh.outline_segments], tokens.edge, tokens.line_width)
        self.creases = SpatialGroup(
            *(
                _lines(ends, tokens.crease, tokens.crease_width, cased=True)
                for ends in _creases(network, mesh, n_exact if curved else len(layers), box)
            )
        )
        ends = mesh.vertices[mesh.boundary_segments]
        if boundary and curved and network is not None:
            ends = decision_boundary(network, box).segments
        self.boundary = _lines(ends, tokens.boundary, tokens.boundary_width, cased=True)
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
        X: ArrayLike,
        network: Network | None = None,
        *,
        grid: float | None = None,
        margin: float = 0.5,
        **options: Any,
    ) -> Self:
        """A sheet around data points X (n, 2). Its sides are on grid lines, at least `margin` grids from the data."""
        X = np.asarray(X, dtype=float)
        if grid is None:
            (x_min, y_min), (x_max, y_max) = X.min(axis=0), X.max(axis=0)
            grid = _grid_for((x_min, x_max, y_min, y_max))
        low = np.floor(X.min(axis=0) / grid - margin) * grid
        high = np.ceil(X.max(axis=0) / grid + margin) * grid
        return cls((low[0], high[0], low[1], high[1]), network, grid=grid, **options)

    def show(self, network: Network, *, tolerance: float | None = None) -> Self:  # type: ignore[override]
        """Split the sheet again, where this network folds it, and put it into the input plane.

        Each part keeps its opacity. A boundary is visible where the sheet had none before.

        Args:
            network: its creases split the sheet.
            tolerance: as in Sheet, from now on; unchanged if not given.

        Raises:
            UnfoldError: for a network with another number of layers that have creases.
        """
        if tolerance is not None:
            self.options["tolerance"] = tolerance
        fresh = Sheet(self.box, network, picture=self.faces.picture, **self.options)
        if len(fresh.creases) != len(self.creases):
            raise UnfoldError(
                f"The sheet was made for {len(self.creases)} layers with creases, but this network has "
                f"{len(fresh.creases)}: make the sheet with a network of the same kind."
            )
        self.opacities = {name: self._opacity(name) for name in self.opacities}
        # The parts stay the same mobjects: an animation that runs holds references to them.
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
        """The opacity of a part; of an empty part the last one that it had."""
        parts = [part for part in spatial_parts([getattr(self, name)]) if len(part.points)]
        return parts[0].get_opacity() if parts else self.opacities[name]


class Lattice(SpatialGroup):
    """The lines of a grid over a piece of the input plane, without faces, in short pieces that layers can bend.

    Args:
        box: (x_min, x_max, y_min, y_max) in data units.
        grid: the distance of lines in data units; the first ones are the lower and the left side of the box.
        pieces: into how many pieces each line is split.

    Attributes:
        grid, outline: the parts.
    """

    def __init__(self, box: Box, *, grid: float = 1.0, pieces: int = 120) -> None:
        tokens = theme()
        x_min, x_max, y_min, y_max = box

        def lines(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
            """Pieces (k, 2, 2) of vertical lines at xs and horizontal lines at ys."""
            along = np.linspace(0, 1, pieces + 1)
            vertical = [np.column_stack([np.full(pieces + 1, x), y_min + along * (y_max - y_min)]) for x in xs]
            horizontal = [np.column_stack([x_min + along * (x_max - x_min), np.full(pieces + 1, y)]) for y in ys]
            return np.concatenate([np.stack([line[:-1], line[1:]], axis=1) for line in [*vertical, *horizontal]])

        inner = lines(np.arange(x_min + grid, x_max - 1e-9, grid), np.arange(y_min + grid, y_max - 1e-9, grid))
        rim = lines(np.array([x_min, x_max]), np.array([y_min, y_max]))
        self.grid = Segments(inner, [*rgb(tokens.grid), tokens.grid_opacity], width=tokens.grid_width, origin=inner)
        self.outline = Segments(rim, [*rgb(tokens.edge), 1.0], width=tokens.line_width, origin=rim)
        super().__init__(self.grid, self.outline)


def _lines(ends: np.ndarray, colour: str, width: float, opacity: float = 1.0, *, cased: bool = False) -> Segments:
    return Segments(ends, [*rgb(colour), opacity], width=width, cased=cased, origin=ends)


def _grid_for(box: Box) -> float:
    """The distance of grid lines in a box: 1 where that makes some lines but not too many, else a round number."""
    side = longer_side(box)
    return 1.0 if 1 <= side <= _MOST_LINES or side <= 0 else nice_step(side, 8)


def _seen(network: Network, X: np.ndarray, depth: int | None) -> Callable[[np.ndarray], np.ndarray]:
    """What is seen of a network: the outputs of all layers of up to 3 neurons and of the last one, each of size 1."""
    shown = Network(network.layers[:depth])
    numbers = [k for k, layer in enumerate(shown.layers) if layer.n_out <= 3 or k == len(shown.layers) - 1]
    activations = shown.forward(X).a
    sizes = [max(float(np.ptp(activations[k], axis=0).max()), 1e-12) for k in numbers]

    def outputs(U: np.ndarray) -> np.ndarray:
        activations = shown.forward(U).a
        return np.hstack([activations[k] / size for k, size in zip(numbers, sizes, strict=True)])

    return outputs


def _creases(network: Network | None, mesh: Mesh, n_exact: int, box: Box) -> Iterator[np.ndarray]:
    """The creases (k, 2, 2) of each layer that has a kink in its activation.

    Args:
        network: or None, which has none.
        mesh: with the creases of the first `n_exact` layers.
        n_exact: the creases of all other layers are curves.
        box: of the mesh.
    """
    layers = [] if network is None else network.layers
    for number, layer in enumerate(layers):
        if not layer.activation.bends:
            continue
        if number < n_exact:
            yield mesh.vertices[mesh.crease_segments[mesh.crease_neurons[:, 0] == number]]
            continue
        front = Network([*layers[:number], Layer(layer.weight, layer.bias)])
        pieces = layer.activation.pieces(layer.n_out)
        curves = [
            pull_back(normal, kink, front, box, tolerance=longer_side(box) * _TOLERANCE)
            for kink, bends in zip(pieces.kinks, pieces.bends, strict=True)
            for normal in np.eye(layer.n_out)[bends]
        ]
        yield np.concatenate([np.empty((0, 2, 2)), *curves])
