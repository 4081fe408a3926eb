"""Signals: numbers that run through a diagram."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, cast

import numpy as np
from manim import (
    Animation,
    Dot,
    Line,
    Mobject,
    VGroup,
    linear,
    smooth,
)

from nn_unfold.theme import theme

_ARRIVAL = 0.3  # the share of a stage of `Signals` in which a column takes its numbers


class Wiring(Protocol):
    """What signals run through, such as a NetworkDiagram; it is a mobject.

    Attributes:
        neurons: for each column, the shapes of those that are drawn.
        shown: for each column, the numbers of those.
        edges: for each layer, the lines to each neuron that is drawn, from each one of the column before.
        pulses: where the pulses are while they run.
    """

    neurons: VGroup
    shown: list[list[int]]
    edges: VGroup
    pulses: VGroup


class Signals(Animation):
    """Pulses that run along the edges of one layer after the other; the columns take numbers as they arrive.

    The radius of a pulse shows the size of what runs along its edge, beside the largest in its layer, and
    its colour the sign. What is zero sends none.

    Args:
        diagram: where they run.
        order: pairs of a layer and the amounts (n_out, n_in) on its edges, in the order in which they run.
        arrivals: triples of a column and its values (n,) before and after: one more than there are layers in `order`.
        take: shows them as `NetworkDiagram.set_numbers` does.
        back: whether they run against the direction of the edges.
        run_time: seconds in all; one theme step per layer if not given.
    """

    def __init__(
        self,
        diagram: Wiring,
        order: Sequence[tuple[int, np.ndarray]],
        arrivals: Sequence[tuple[int, np.ndarray, np.ndarray]],
        take: Callable[..., Any],
        *,
        back: bool = False,
        run_time: float | None = None,
        **kwargs: Any,
    ) -> None:
        self.order, self.arrivals, self.take, self.back = order, arrivals, take, back
        self.stages = len(order) + _ARRIVAL
        run_time = theme().step * self.stages if run_time is None else run_time
        super().__init__(cast(Mobject, diagram), run_time=run_time, **{"rate_func": linear, **kwargs})

    @property
    def diagram(self) -> Wiring:
        """Where they run."""
        return cast(Wiring, self.mobject)

    def begin(self) -> None:
        """Make the pulses, which are there, seen or not, until the end."""
        self.pulses = [self._made(layer, amounts) for layer, amounts in self.order]
        self.diagram.pulses.add(*(dot for pulses in self.pulses for _, dot in pulses))
        super().begin()

    def finish(self) -> None:
        """Show the end, without pulses."""
        super().finish()
        self.diagram.pulses.submobjects = []

    def interpolate_mobject(self, alpha: float) -> None:
        """Show this moment."""
        now = self.rate_func(alpha) * self.stages
        for stage, (column, before, after) in enumerate(self.arrivals):
            share = float(np.clip((now - stage) / _ARRIVAL, 0.0, 1.0)) if alpha < 1 else 1.0
            self.take(column, after, before=before, share=share)
        rim = self.diagram.neurons[0][0].width / 2
        for stage, pulses in enumerate(self.pulses):
            gone = (now - stage - _ARRIVAL / 2) / (1 - _ARRIVAL / 2)
            for edge, dot in pulses:
                start, end = edge.get_start_and_end()[:: -1 if self.back else 1]
                hidden = rim / float(np.linalg.norm(end - start))  # the share of the edge that is under a neuron
                along = hidden + smooth(np.clip(gone, 0, 1)) * (1 - 2 * hidden)
                dot.move_to(start + along * (end - start)).set_opacity(float(0 < gone < 1))

    def _made(self, layer: int, amounts: np.ndarray) -> list[tuple[Line, Dot]]:
        """The edges of a layer on which something runs, with the pulse for it."""
        tokens = theme()
        diagram = self.diagram
        drawn = amounts[np.ix_(diagram.shown[layer + 1], diagram.shown[layer])].ravel()
        shares = np.abs(drawn) / max(float(np.abs(amounts).max()), 1e-12)
        thickness = 0.16 * diagram.neurons[0][0].width
        made: list[tuple[Line, Dot]] = []
        for edge, amount, share in zip(diagram.edges[layer], drawn, shares, strict=True):
            if share > 0:
                dot = Dot(
                    radius=thickness * (0.25 + 0.75 * share),
                    color=tokens.positive if amount > 0 else tokens.negative,
                )
                dot.set_stroke(tokens.ink, width=1.5)
                made.append((cast(Line, edge), dot))
        return made


def show_numbers(
    numbers: Iterable[Any], shown: Sequence[int], before: np.ndarray, after: np.ndarray, share: float
) -> None:
    """Write the numbers after, as visible as the share says, or those before where it is 0."""
    for number, live in zip(shown, numbers, strict=False):
        live.set_values([[after[number] if share else before[number]]])
        live.entries.set_fill(opacity=share or 1.0)
