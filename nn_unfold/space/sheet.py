"""Sheets: pieces of the input plane that a network moves and folds."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from nn_core.geometry.mesh import Mesh, refined, sheet_mesh
from nn_core.network import Network
from nn_unfold.errors import UnfoldError
from nn_unfold.space.base import SpatialGroup, spatial_parts
from nn_unfold.space.primitives import Box, Faces, Segments
from nn_unfold.theme import bilinear, rgb, theme


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


def _creasing(network: Network | None) -> list[int]:
    """The layers whose activation has a kink."""
    layers = [] if network is None else network.layers
    return [number for number, layer in enumerate(layers) if layer.activation.bends]
