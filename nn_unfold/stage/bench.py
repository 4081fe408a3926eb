"""A work bench: all that shows how one network learns, laid out once, so that it can be brought, run and taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from manim import LEFT, RIGHT, UP, FadeIn, FadeOut, Mobject, VGroup, VMobject

from nn_core.network import Network
from nn_unfold.flat.diagram import NetworkDiagram
from nn_unfold.flat.plots import LossCurve
from nn_unfold.model.recipe import Recipe
from nn_unfold.model.subject import Trained
from nn_unfold.motion.learning import Carried, Learning, Metric
from nn_unfold.space.heat import HeatPlane
from nn_unfold.space.primitives import Box, Cloud
from nn_unfold.space.sheet import Lattice
from nn_unfold.stage.view import Area, Panel
from nn_unfold.text.formulas import formula
from nn_unfold.text.labels import label, stand
from nn_unfold.theme import theme

_NAMES, HEADINGS = 0.9, 0.25  # frame units left of the diagram for the names of features, and above it for headings
_RADIUS = 0.45  # of a neuron, at most
_LETTERS = 68  # the font size of a name beside a neuron of height 1, at most
_LINES = 6  # pieces into which the lattice divides the domain
_PIECES = 300  # of each of its lines
_RIM = 1.1  # half the side of the last hidden plane, of tanh neurons


class Bench:
    """A network of two classes and a last hidden layer of two tanh neurons, with live pictures of what it does.

    Args:
        recipe: of the network.
        trained: from that recipe.
        domain: (x_min, x_max, y_min, y_max), the part of the input plane that is shown.
        room: where the diagram goes.
        corner: likewise the curve of the loss, with the epoch.
        output: the panel for the answers over the domain.
        hidden: the panel for the last hidden plane.

    Attributes:
        trained: as given.
        start: the network before its training.
        diagram: a NetworkDiagram with live heat maps, and what is written beside it; see `drawn`.
        map: a HeatPlane of the domain.
        cloud: the data in it.
        floor: a HeatPlane of the last hidden plane.
        carried: a lattice over the domain and the data, where the hidden layers take them; first in the domain.
        curve: of the loss.
        epoch: a number that counts the epochs.
    """

    def __init__(
        self, recipe: Recipe, trained: Trained, domain: Box, *, room: Area, corner: Area, output: Panel, hidden: Panel
    ) -> None:
        tokens = theme()
        self.recipe, self.trained, self.domain = recipe, trained, domain
        self.start = trained.history.network_at(0)
        self.n_front = len(self.start.layers) - 1
        look: dict[str, Any] = {"shades": tokens.points, "radius": 0.75 * tokens.dot_radius}
        self.cloud, points = (Cloud(trained.X, trained.y, **look) for _ in range(2))
        self.map = HeatPlane(self.start, domain, features=recipe.inputs)
        self.floor = HeatPlane(self.start, (-_RIM, _RIM, -_RIM, _RIM), depth=self.n_front)
        lattice = Lattice(domain, grid=(domain[1] - domain[0]) / _LINES, pieces=_PIECES)
        self.carried = Carried(lattice, points, depth=self.n_front, features=recipe.inputs)
        output.add(self.map, self.cloud)
        hidden.add(self.floor, self.carried)
        self.curve = LossCurve(trained.history, size=(corner.size[0] - 1.1, 0.8)).move_to(corner.centre)
        self.epoch = Metric(trained.history, "epoch", size=0.9 * tokens.label_size)
        self.epoch.align_to(self.curve, RIGHT)
        # Both numbers stand on one line.
        lines: list[Any] = [self.epoch, self.curve.numbers[0]]
        (_, here, _), (_, there, _) = (live.number.frame.points[0] for live in lines)
        self.epoch.shift((there - here) * UP)
        self.diagram = self.drawn(room, self.start)

    def drawn(self, room: Area, network: Network) -> VGroup:
        """A diagram of this network in a room, followed by the names of its features and of its columns."""
        top, field = room.columns(_NAMES, 0, gap=0)[1].rows(HEADINGS, 0, gap=0.2)
        options: dict[str, Any] = {"plane": self.domain, "features": self.recipe.inputs}
        diagram = NetworkDiagram(network, size=field.size, radius=_RADIUS, **options).move_to(field.centre)
        first, *inner, last = diagram.neurons
        size = min(1.2 * theme().label_size, _LETTERS * first[0].height)
        names = [formula(name, size=size) for name in self.recipe.features]
        columns = {"features": first, "hidden layers": VGroup(*inner), "output": last}
        headings = [heading(name, [column.get_x(), top.bottom, 0]) for name, column in columns.items()]
        return VGroup(diagram, diagram.beside(0, names, LEFT), *headings)

    def learning(self, *more: Mobject, diagram: VGroup | None = None, **options: Any) -> Learning:
        """An animation of the whole training that everything follows but the last hidden plane.

        Args:
            more: what else follows: the parts of that plane, if it is shown.
            diagram: what `drawn` gave, if another than the bench's own is shown.
            options: of Learning.
        """
        followers = (diagram or self.diagram)[0], self.map, self.curve, self.epoch
        return Learning(self.trained.history, *followers, *more, **options)

    def enter(self) -> FadeIn:
        """An animation that brings all of it, as it is before the training."""
        self.carried.show(self.start)
        return FadeIn(*self._parts())

    def leave(self) -> FadeOut:
        """An animation that takes all of it away."""
        return FadeOut(*self._parts())

    def _parts(self) -> list[Mobject]:
        return [self.map, self.cloud, self.floor, self.carried, self.diagram, self.curve, self.epoch]


def heading(text: str, place: Sequence[float]) -> VMobject:
    """A word above a part of the screen that says what is shown there.

    Args:
        text: a message in English.
        place: (3,) the middle of the line that it stands on.
    """
    word = label(text, size=0.85 * theme().label_size, colour=theme().faint)
    return stand(word.set_x(place[0]), place[1])
