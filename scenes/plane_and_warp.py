"""The input plane beside the last hidden plane in one training: the straight line there is the curve here."""

import numpy as np
from manim import FadeIn, FadeOut, VGroup

from nn_core.geometry import linearly_separable, pull_back
from nn_core.geometry.box import box_around
from nn_core.geometry.lines import best_line_accuracy, polylines
from nn_core.geometry.mesh import squares
from nn_core.network import Network
from nn_core.optimizers import Momentum
from nn_unfold import (
    Accuracy,
    Carried,
    Cloud,
    Draw,
    Faces,
    Follow,
    HeatPlane,
    Lattice,
    Learning,
    LossCurve,
    Morph,
    NetworkDiagram,
    Panel,
    Recipe,
    Shape,
    SpatialGroup,
    Stage,
    in_space,
    number,
    of_points,
    rgb,
)
from nn_unfold.stage.bench import heading

LINES = 20  # squares of the grid along a side of the input plane
RIM = (-1.1, 1.1, -1.1, 1.1)  # a little more than tanh can reach
PALE = 0.25  # the opacity of what steps back
NOTES = (2.6, 2.6)  # frame units: the width of the numbers beside the planes, or their height above these
HEADROOM = 0.8  # frame units above a plane, for its name
NEAR = 2  # squares around the one that is looked at


class PlaneAndWarp(Stage):
    """What bends a grid until a straight line separates two classes, and where it stretches and folds the plane."""

    recipe = Recipe(
        data="circle",
        data_options={"n_per_class": 100, "noise": 0.2},
        sizes=(2, 6, 2, 2),
        activations="tanh",
        optimizer=Momentum(0.01, 0.1),
        initializer="glorot",
        batch_size=10,
        l2=1e-3,
        epochs=200,
        snapshots=None,
        seed=9,
    )

    accepts = Shape(hidden=(..., None, 2), outputs=2, activations={"tanh"}, last={"identity", "sigmoid"}, history=True)

    def construct(self):
        trained, tokens = self.subject(self.recipe), self.tokens
        history, start, final = trained.history, trained.history.network_at(0), trained.network
        front, last = Network(final.layers[:-1]), final.layers[-1]
        box = box_around(trained.X, margin=0.1, square=True)
        side = (box[1] - box[0]) / LINES

        column, rest = self.area().grown(tokens.label_room).apart(*NOTES, gap=tokens.margin, shares=2)
        halves = rest.shared(2, gap=tokens.margin)
        frames = [half.rows(0, min(half.size[0], half.size[1] - HEADROOM), gap=0) for half in halves]
        titles = [
            heading(words, [above.centre[0], above.bottom + 1.3 * tokens.label_room, 0])
            for words, (above, _) in zip(("input plane", "last hidden plane"), frames, strict=True)
        ]
        here, there = (Panel(square.grown(tokens.label_room)) for _, square in frames)
        over_here, over_there = self.sides(here, there)
        look = {"shades": tokens.points, "radius": 0.75 * tokens.dot_radius}
        depth = len(front.layers)
        left, right = HeatPlane(start, box), HeatPlane(start, RIM, depth=depth)
        grid, cloud = Lattice(box, grid=side), Cloud(trained.X, trained.y, **look)
        carried = Carried(Lattice(box, grid=side), Cloud(trained.X, trained.y, **look), depth=depth)
        here.add(left, grid, cloud)
        there.add(right, carried)
        diagram = NetworkDiagram(start, size=(NOTES[0], 2.3), radius=0.18)
        curve = LossCurve(history, size=(NOTES[0] - 0.9, 1.1))
        count = Accuracy("points right", start, trained.X, trained.y, count=True)
        shown = VGroup(diagram, curve, count).arrange(column.along, buff=tokens.margin)
        shown.move_to(column.centre)

        here_own, (points, values) = not trained.given, of_points(trained)
        with self.beat(
            "Two classes of points, and a grid over their plane. No straight line separates them.",
            holds=not trained.given and not linearly_separable(trained.X, trained.y),
            otherwise=[
                ("Two classes of points, and a grid over their plane. A straight line could separate them.", here_own),
                *points,
            ],
            **values,
        ):
            self.look(left)
            self.play(FadeIn(titles[0], grid, left.outline))
            self.play(FadeIn(cloud))

        with self.beat(
            "A layer of {first} neurons, then one of {second}: two numbers are a plane. There the grid is warped.",
            first=number(front.layers[-2].n_out),
            second=number(front.n_out),
        ):
            self.play(FadeIn(diagram, titles[1]))
            self.look(carried)
            self.play(FadeIn(carried))
            warp = Morph(carried, layers=start.layers[:depth], run_time=5)
            self.play(warp, self.follow(warp, carried))

        best = round(trained.n * best_line_accuracy(Network(start.layers[:-1]).forward(trained.X).output, trained.y))
        with self.beat(
            "Untrained, it has {right} of {n} points right. The best of all lines {there} would have {best}.",
            holds=True,
            right=trained.right_at(0),
            n=trained.n,
            best=best,
            there=over_there,
        ):
            self.play(self.reframe(right))
            self.play(FadeIn(left.face, left.boundary, right, *shown[1:]))

        with self.beat(
            "Training moves the grid and the line together, until {right} of {n} points are on their side of it.",
            holds=trained.right > max(best, trained.right_at(0)),
            otherwise="Training moves the grid and the line together. In the end {right} of {n} points are right.",
            right=trained.right,
            n=trained.n,
        ):
            self.play(Learning(history, left, right, carried, *shown, run_time=14))

        curved = polylines(pull_back(last.weight[1] - last.weight[0], last.bias[0] - last.bias[1], front, box))
        ends = np.concatenate([np.empty((0, 2)), *curved])
        bent = len(ends) > 0 and np.linalg.matrix_rank(ends - ends[0], tol=0.1 * side) == 2
        with self.beat(
            "The last layer is affine: {there} the decision boundary is a straight line, {here} a curve.",
            holds=last.activation.name == "identity" and len(right.boundary.points) == 2 and bent,
            otherwise="The last layer is affine: the decision boundary {there} can only be a straight line.",
            here=over_here,
            there=over_there,
        ):
            paler = (part.animate.set_opacity(PALE) for part in (left.face, right.face, cloud, carried[1]))
            self.play(*paler, *(plane.boundary.animate.set_opacity(0) for plane in (left, right)))
            self.play(*(Draw(plane.boundary, run_time=4) for plane in (left, right)))

        path = max(curved, key=len, default=trained.X[:2])
        around = np.array_equal(path[0], path[-1])
        dots = [Cloud(path[:1], shades=[tokens.accent], radius=2.5 * tokens.dot_radius) for _ in range(2)]
        walker = Carried(dots[1], depth=depth).show(final)

        def go(place):
            dots[0].points = in_space(place)
            dots[1].origin = place
            walker.show(final)

        with self.beat(
            "It is the same line: a point that goes once round the curve runs along it and comes back.",
            holds=around,
            otherwise="It is the same line: a point that follows the curve runs along it.",
        ):
            here.add(dots[0])
            there.add(walker)
            self.play(FadeIn(dots[0], walker))
            walk = along(path)
            self.play(Follow(SpatialGroup(dots[0], walker), lambda t: [walk(t)], go, run_time=8))

        mesh = squares(box, LINES)
        areas = signed_areas(front.forward(mesh.vertices).output, mesh.triangles)
        over = areas * np.sign(np.sign(areas).sum() or 1) < 0
        with self.beat(
            "So the plane is folded: {over} of {squares} squares of the grid are turned over.",
            holds=over.any(),
            otherwise="The plane is bent, and not folded: none of {squares} squares of the grid is turned over.",
            over=over.sum(),
            squares=len(areas),
        ):
            self.play(FadeOut(dots[0], walker))
            folded = self.marked(mesh, over, here, there, front)
            self.play(FadeIn(folded))

        most = np.abs(areas).argmax()
        middle = mesh.vertices[mesh.triangles[most, [0, 2]]].mean(axis=0)
        with self.beat(
            "Near the boundary squares are stretched most: this one has {times} times the area of the average one.",
            holds=np.linalg.norm(ends - middle, axis=1).min(initial=np.inf) < NEAR * side,
            otherwise="This square is stretched most: it has {times} times the area of the average one.",
            times=round(np.abs(areas[most]) / np.abs(areas).mean()),
        ):
            self.play(FadeOut(folded))
            largest = self.marked(mesh, np.arange(len(areas)) == most, here, there, front)
            self.play(FadeIn(largest))
            low, high = (np.clip(middle + way * (NEAR + 0.5) * side, box[0], box[1]) for way in (-1, 1))
            part = low[0], high[0], low[1], high[1]
            piece, image = Lattice(part, grid=side), Carried(Lattice(part, grid=side), depth=depth)
            image.show(final)
            close = HeatPlane(final, part, opacity=PALE)
            here.add(piece, close)
            there.add(image)
            self.play(FadeOut(left, grid, cloud, carried), FadeIn(piece, image, close))
            self.play(self.reframe(close, run_time=4))

    def marked(self, mesh, which, here, there, front):
        """Some squares of a mesh, (n,) flags, in the input plane and where the layers in front take them."""
        triangles = mesh.triangles[np.tile(which, 2)]
        used, corners = np.unique(triangles, return_inverse=True)
        places = mesh.vertices[used]
        colour = [*rgb(self.tokens.accent), 0.6]
        faces = [
            Faces(points, corners.reshape(-1, 3), colour, origin=places, order=1)
            for points in (places, front.forward(places).output)
        ]
        for panel, part in zip((here, there), faces, strict=True):
            panel.add(part)
        return SpatialGroup(*faces)


def along(path):
    """The point (1, 2) of a polyline (k, 2) at a share of its length."""
    ends = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    return lambda t: np.array([[np.interp(t * ends[-1], ends, axis) for axis in path.T]])


def signed_areas(places, triangles):
    """The areas (n,) of the squares whose halves are the first and the last n triangles; below 0 if turned over."""
    a, b, c = np.moveaxis(places[triangles], 1, 0)
    (x, y), (u, v) = (b - a).T, (c - a).T
    return ((x * v - y * u) / 2).reshape(2, -1).sum(axis=0)
