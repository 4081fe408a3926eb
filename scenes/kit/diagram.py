"""The network as a diagram: neurons in columns, weights as lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import UP, Circle, Dot, Line, VGroup

from nn_core.network import Network
from scenes.kit.theme import theme
from scenes.kit.writing import formula


class NetworkDiagram(VGroup):
    """Neurons as circles, weights as lines: colour for the sign, width for the size.

    Of a wide layer the first and the last neurons are shown, with dots between them.

    Args:
        network: what to draw.
        size: (width, height) of the diagram in frame units.
        most: neurons shown of one layer.
        names: one Typst letter per column, such as ("x", "h", "y"), or None.

    Attributes:
        neurons: for each column a VGroup of circles.
        edges: for each layer a VGroup of lines.
        shown: for each column the numbers of the neurons that are shown.
    """

    def __init__(
        self,
        network: Network,
        *,
        size: tuple[float, float] = (3.0, 2.0),
        most: int = 8,
        names: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        tokens = theme()
        widths = [network.n_in, *(layer.n_out for layer in network.layers)]
        self.shown = [_shown(width, most) for width in widths]
        tallest = max(len(shown) for shown in self.shown)
        radius = min(0.28, 0.38 * size[1] / max(tallest - 1, 1), 0.16 * size[0] / max(len(widths) - 1, 1) * 2)
        pitch = min((size[1] - 2 * radius) / max(tallest - 1, 1), 3.2 * radius)
        columns = np.linspace(-size[0] / 2 + radius, size[0] / 2 - radius, len(widths))
        self.neurons = VGroup()
        dots = VGroup()
        for x, width, shown in zip(columns, widths, self.shown, strict=True):
            column = VGroup()
            for row in range(len(shown)):
                neuron = Circle(radius=radius, stroke_color=tokens.ink, stroke_width=2.5)
                neuron.set_fill(tokens.background, opacity=1)
                neuron.move_to([x, ((len(shown) - 1) / 2 - row) * pitch, 0])
                column.add(neuron)
            self.neurons.add(column)
            if len(shown) < width:
                middle = (column[len(shown) // 2 - 1].get_center() + column[len(shown) // 2].get_center()) / 2
                dots.add(*(Dot(middle + k * 0.12 * pitch * UP, radius=0.025, color=tokens.faint) for k in (-1, 0, 1)))
        self.edges = VGroup(
            *(
                self._lines(np.asarray(layer.weight), self.neurons[i], self.neurons[i + 1], i)
                for i, layer in enumerate(network.layers)
            )
        )
        self.names = VGroup()
        for column, name in zip(self.neurons, names or [], strict=False):
            for number, neuron in enumerate(column, start=1):
                self.names.add(formula(f"{name}_{number}", size=78 * radius).move_to(neuron))
        self.add(self.edges, self.neurons, dots, self.names)

    def set_focus(self, *layers: int) -> Self:
        """Show the weights of these layers (from 0) in full and dim all others; of none given, show all."""
        for number, lines in enumerate(self.edges):
            for line in lines:
                line.set_stroke(opacity=line.strength if not layers or number in layers else 0.2)
        return self

    def _lines(self, weight: np.ndarray, before: VGroup, after: VGroup, layer: int) -> VGroup:
        tokens = theme()
        largest = max(float(np.abs(weight).max()), 1e-12)
        lines = VGroup()
        for row, end in zip(self.shown[layer + 1], after, strict=True):
            for column, start in zip(self.shown[layer], before, strict=True):
                share = abs(float(weight[row, column])) / largest
                line = Line(
                    start.get_center(),
                    end.get_center(),
                    stroke_color=tokens.positive if weight[row, column] >= 0 else tokens.negative,
                    stroke_width=1.0 + 5.0 * share,
                )
                line.strength = 0.35 + 0.65 * share
                lines.add(line.set_stroke(opacity=line.strength))
        return lines


def _shown(width: int, most: int) -> list[int]:
    if width <= most:
        return list(range(width))
    half = most // 2
    return [*range(half), *range(width - half, width)]
