"""Decision boundaries in space: the planes that separate the classes behind a hidden layer of three neurons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from nn_core.geometry.solids import winning_planes
from nn_core.network import Network
from nn_unfold.errors import UnfoldError
from nn_unfold.space.base import SpatialGroup, SpatialMobject, spatial_parts
from nn_unfold.space.primitives import Faces, LiveLines
from nn_unfold.theme import rgb, theme


class DecisionPlanes(SpatialGroup):
    """The decision boundary of a network in the space of its last hidden layer, which has three neurons, exactly.

    Two classes have one plane between them. Of K classes each pair has a plane, and the boundary is the part of it
    where no third class has a larger score: convex pieces that meet at edges. Every piece has the mixed colour of its
    two classes.

    Args:
        network: its last layer has 3 inputs and any number of outputs; a single one tells two classes apart.
        low: (3,) the lowest corner of the box that is shown.
        high: (3,) the highest.
        opacity: of the faces, 0 to 1; that of surfaces if not given.
        colour: hex, of all pieces, instead of those of the classes.

    Attributes:
        faces: the pieces.
        edges: their outlines.
        classes: for each piece the two classes that it separates, the smaller first.

    Raises:
        UnfoldError: for a last layer that does not have 3 inputs, a network whose classes are not separated by planes
            there, or a box without room.
    """

    def __init__(
        self,
        network: Network,
        low: Sequence[float] | np.ndarray,
        high: Sequence[float] | np.ndarray,
        *,
        opacity: float | None = None,
        colour: str | None = None,
    ) -> None:
        tokens, none = theme(), np.empty((0, 3))
        self.low, self.high, self.colour = np.asarray(low, dtype=float), np.asarray(high, dtype=float), colour
        self.classes: list[tuple[int, int]] = []
        self.faces = Faces(none, np.empty((0, 3), int), (0, 0, 0, 0))
        self.faces.kept_opacity = tokens.surface_opacity if opacity is None else opacity
        self.edges = LiveLines(width=tokens.line_width)
        super().__init__(self.faces, self.edges)
        self.show(network)

    @classmethod
    def around(cls, *things: SpatialMobject | SpatialGroup, network: Network, **options: float | str | None) -> Self:
        """The boundary in the box that some spatial mobjects fill now, as large as they are or a little larger."""
        points = np.concatenate([part.points for part in spatial_parts(things)])
        low, high = points.min(axis=0), points.max(axis=0)
        room = 0.05 * float((high - low).max())
        return cls(network, low - room, high + room, **options)  # type: ignore[arg-type]

    def show(self, network: Network) -> Self:  # type: ignore[override]
        """Show the boundary of another network in the same box. The opacities stay."""
        classifier = network.classifier()
        if len(classifier.layers) > len(network.layers):
            raise UnfoldError(
                f"This network's classes are read behind its last activation, {network.layers[-1].activation.name}, so "
                "they are not separated by planes in its last hidden layer: show them with Regions."
            )
        layer = classifier.layers[-1]
        try:
            pieces = winning_planes(layer.weight, layer.bias, self.low, self.high)
        except ValueError as error:
            raise UnfoldError(f"The decision boundary can't be shown in space: {error}.") from error
        tokens = theme()
        self.classes = [piece.classes for piece in pieces]
        shades = np.array([rgb(c) for c in tokens.class_colours(max(layer.n_out, 2))])
        vertices: list[np.ndarray] = [np.empty((0, 3))]
        colours: list[np.ndarray] = [np.empty((0, 3))]
        triangles: list[np.ndarray] = [np.empty((0, 3), int)]
        ends: list[np.ndarray] = [np.empty((0, 2, 3))]
        count = 0
        for polygon, classes in pieces:
            mixed = shades[list(classes)].mean(axis=0) if self.colour is None else np.array(rgb(self.colour))
            fan = [[0, i, i + 1] for i in range(1, len(polygon) - 1)]
            triangles.append(count + np.array(fan))
            vertices.append(polygon)
            colours.append(np.tile(mixed, (len(polygon), 1)))
            ends.append(np.stack([polygon, np.roll(polygon, -1, axis=0)], axis=1))
            count += len(polygon)
        self.faces.triangles = np.concatenate(triangles)
        self.faces.replace_vertices(np.concatenate(vertices), np.concatenate(colours))
        self.edges.lay(np.concatenate(ends), rgb(tokens.boundary))
        return self
