"""Interpolation: how a layer's map comes about, as a path that starts with "nothing has moved yet".

A matrix is taken apart into scalings and rotations, and each is run through in its own way, so that a rotation
turns and does not shrink on the way. Small maps act in space: a point of the plane stands at z = 0, a map
into space keeps the third axis upright on the lifted plane, a map out of it flattens what it drops, and a
mirror of the plane turns the plane over through space, since within the plane no path of invertible maps
leads there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from nn_core.activations import ACTIVATIONS, Activation, activation, leaky_relu, prelu
from nn_core.arrays import numbers

Matrix = NDArray[np.floating[Any]]
AffinePath = Callable[[float], tuple[Matrix, Matrix]]
_Factor = tuple[str, Callable[[float], Matrix]]

KINDS: dict[str, str] = {
    "polar": "W = Q P: the scaling P grows in a straight line, Q by its angle (Shoemake and Duff 1992)",
    "svd": "W = U S V^T: rotate by V^T, scale along the axes by S, rotate by U",
    "lerp": "(1 - t) I + t W, which collapses a rotation half-way",
    "log": "exp(t log W): a steady flow, whose determinant at t is det(W)^t",
}


@dataclass(frozen=True)
class AffineStage:
    """A part of a map that is shown by itself.

    Attributes:
        name: "rotate", "scale", "blend", "flow" or "translate".
        path: t in [0, 1] -> A (3, 3), b (3,): where a point p that nothing has moved yet stands then, A p +
            b. It starts where the stage before ended.
        mirror: whether orientation is reversed in this stage (a plane turns over through space; in space
            itself it passes through a flat state).
    """

    name: str
    path: AffinePath = field(repr=False)
    mirror: bool = False


@dataclass(frozen=True, eq=False)
class Decomposition:
    """What a matrix does, as numbers to read out.

    Attributes:
        rotation: Q (n_out, n_in) of W = Q P, orthonormal columns (rows where n_out < n_in).
        stretch: P (n_in, n_in), symmetric, no negative eigenvalue.
        singular_values: the factors of the stretch, largest first.
        rank: how many of them are not 0.
        determinant: of W, None where it is not square.
        angle: in radians; the turn of Q, counter-clockwise in (-pi, pi] for a plane, in [0, pi] (the
            largest) beyond. For a mirror of the plane, the direction of the line that stays, in (-pi/2,
            pi/2].
        mirror: whether it reverses orientation.
    """

    rotation: Matrix
    stretch: Matrix
    singular_values: Matrix
    rank: int
    determinant: float | None
    angle: float
    mirror: bool


class Factor(NamedTuple):
    """A matrix that does one thing to space.

    Attributes:
        name: "rotate", "scale" or "dimension".
        matrix: (n_out, n_in); a rotation with determinant 1, a diagonal matrix, or rows of the identity.
    """

    name: str
    matrix: Matrix


class _Svd(NamedTuple):
    """W, extended to a square, as u @ diag(s) @ v.T with det v = 1 and v near the identity."""

    u: Matrix
    s: Matrix
    v: Matrix


def decompose(weight: ArrayLike) -> Decomposition:
    """Angle, stretch, singular values and determinant of a matrix (n_out, n_in).

    >>> quarter = decompose([[0, -2], [2, 0]])
    >>> round(np.degrees(quarter.angle)), quarter.singular_values.tolist(), round(quarter.determinant)
    (90, [2.0, 2.0], 4)
    """
    W = _matrix(weight)
    n_out, n_in = W.shape
    size = max(W.shape)
    u, s, v = _svd(W, size)
    Q = u @ v.T
    determinant = float(np.linalg.det(W)) if n_out == n_in else None
    mirror = bool(np.linalg.det(Q) < 0)
    if size == 2:
        # Of a mirror, Q = [[cos 2a, sin 2a], [sin 2a, -cos 2a]] keeps the line at the angle a.
        angle = float(np.arctan2(Q[1, 0], Q[0, 0])) / (2 if mirror else 1)
    else:
        angle = max(np.abs(_planes(Q)[1]), default=0.0)
    values = np.linalg.svd(W, compute_uv=False)
    return Decomposition(
        Q[:n_out, :n_in],
        ((v * s) @ v.T)[:n_in, :n_in],
        values,
        _rank(values, W),
        determinant,
        float(angle),
        mirror,
    )


def factors(weight: ArrayLike) -> list[Factor]:
    """A matrix (n_out, n_in) as a product of matrices that each do one thing, in the order in which they act.

    They are those of the singular value decomposition, with the change of dimension on its own: up, a plane
    is rotated, scaled, put into space as z = 0 and rotated there; down, space is rotated, its last axis dropped, and
    what is left scaled and rotated. Only the last rotation of a square matrix may be a mirror.

    >>> up = factors([[0.0, 0.0], [2.0, 0.0], [0.0, 3.0]])
    >>> [factor.name for factor in up], up[1].matrix.tolist()
    (['rotate', 'scale', 'dimension', 'rotate'], [[2.0, 0.0], [0.0, 3.0]])
    """
    W = _matrix(weight)
    n_out, n_in = W.shape
    size, inner = max(W.shape), min(W.shape)
    u, s, v = _svd(W, size)
    if n_out < n_in:
        # What is dropped comes last. Its sign is free, so that both rotations can do without a mirror.
        order = np.argsort(s == 0, kind="stable")
        u, s, v = u[:, order], s[order], v[:, order]
        if np.linalg.det(u[:n_out, :n_out]) < 0:
            u[:, 0], v[:, 0] = -u[:, 0], -v[:, 0]
        if np.linalg.det(v) < 0:
            v[:, -1] *= -1
    rotation, scale = Factor("rotate", v[:n_in, :n_in].T), Factor("scale", np.diag(s[:inner]))
    if n_out == n_in:
        return [rotation, scale, Factor("rotate", u)]
    resize = Factor("dimension", np.eye(n_out, n_in))
    middle = [scale, resize] if n_out > n_in else [resize, scale]
    return [rotation, *middle, Factor("rotate", u[:n_out, :n_out])]


def affine_path(weight: ArrayLike, bias: ArrayLike, kind: str = "polar") -> AffinePath:
    """A path from the identity (t = 0) to x -> weight @ x + bias (t = 1), all parts at the same time.

    Args:
        weight: (n_out, n_in), of any size.
        bias: (n_out,), which comes in as t * bias.
        kind: one of `KINDS`.

    Returns:
        t -> (weight, bias) of shapes (n_out, n_in) and (n_out,): what `space_path` shows, seen in the
        output's own coordinates. A mirror of the plane is flat there at the moment when it stands on edge.

    Raises:
        ValueError: shapes that don't fit, an unknown kind, or "log" where there is no real logarithm.

    >>> path = affine_path([[0.0, -1.0], [1.0, 0.0]], [2.0, 0.0])
    >>> weight, bias = path(0.5)
    >>> weight.round(3).tolist(), bias.tolist()  # half of the quarter turn
    ([[0.707, -0.707], [0.707, 0.707]], [1.0, 0.0])
    """
    W, b = _map(weight, bias)
    n_out, n_in = W.shape
    factors = _factors(W, kind, max(3, n_out, n_in))

    def path(t: float) -> tuple[Matrix, Matrix]:
        return _product([part(t) for _, part in factors])[:n_out, :n_in], t * b

    return path


def space_path(weight: ArrayLike, bias: ArrayLike, kind: str = "polar") -> AffinePath:
    """The same path for points in space: t -> A (3, 3), b (3,), for maps among lines, planes and space.

    A point of the plane is given at z = 0. All matrices on the way are invertible, but for the ends of maps
    that lose dimensions, mirrors of space, and the kind "lerp".

    Raises:
        ValueError: as `affine_path`, or a map with more than 3 inputs or outputs.
    """
    W, b = _small_map(weight, bias)
    factors = _factors(W, kind, 3)
    return lambda t: (_product([part(t) for _, part in factors]), t * b)


def affine_stages(weight: ArrayLike, bias: ArrayLike, kind: str = "polar") -> list[AffineStage]:
    """The same map one part after the other: "polar" scales, rotates and translates, "svd" rotates first as well.

    "lerp" and "log" move in one piece, before the translation. The end of the last stage is the map itself.

    Raises:
        ValueError: as `space_path`.

    >>> [stage.name for stage in affine_stages(np.eye(2), [1, 0], "svd")]
    ['rotate', 'scale', 'rotate', 'translate']
    """
    W, b = _small_map(weight, bias)
    factors = _factors(W, kind, 3)
    mirror = W.shape[0] == W.shape[1] and bool(np.linalg.det(_svd(W, len(W)).u) < 0)
    stages, before = [], np.eye(3)
    for i, (name, part) in enumerate(factors):
        # The mirror is in the last factor: Q, U, or the whole.
        stages.append(AffineStage(name, _after(part, before), mirror and i == len(factors) - 1))
        before = part(1.0) @ before
    end = before
    return [*stages, AffineStage("translate", lambda t: (end, t * b))]


def blend(kind: str | Activation, t: float, *, scale: bool = False) -> Activation:
    """An activation on its way from the identity (t = 0) to itself (t = 1), exact at both ends.

    Args:
        kind: the activation, or its name.
        t: in [0, 1].
        scale: False for (1 - t) z + t f(z), which takes ReLU through leaky ReLUs of slope 1 - t, and stays
            one-to-one until t = 1 for every f that never falls; True for f(t z) / t, which rolls tanh or sin
            out of their tangent at 0.

    Raises:
        ValueError: `scale` for a function that doesn't go through 0 with slope 1.

    >>> blend("relu", 0.75)
    Activation(name='leaky_relu(0.25)')
    >>> float(blend("tanh", 0.5, scale=True)(2.0)) == float(2 * np.tanh(1.0))
    True
    """
    f = activation(kind)
    if scale and (np.any(f.function(0.0)) or np.any(f.derivative(0.0) != 1)):
        raise ValueError(f"{f.name} doesn't go through 0 with slope 1, so f(t z) / t isn't the identity at t = 0")
    if t == 0:
        return ACTIVATIONS["identity"]
    if t == 1:
        return f
    if f.slopes is not None:
        return _piecewise_blend(f, t)
    if scale:
        return Activation.of(
            f"{f.name}({t!r} z) / {t!r}", lambda z: f.function(t * z) / t, lambda z: f.derivative(t * z)
        )
    return Activation.of(
        f"{1 - t!r} z + {t!r} {f.name}",
        lambda z: (1 - t) * z + t * f.function(z),
        lambda z: (1 - t) + t * f.derivative(z),
    )


def _piecewise_blend(f: Activation, t: float) -> Activation:
    """(1 - t) z + t f(z): piecewise linear with the same kinks; without a slope 0 as long as f has none below 0."""
    assert f.slopes is not None
    slopes = tuple(
        tuple((1 - t) + t * own for own in slope) if isinstance(slope, tuple) else (1 - t) + t * slope
        for slope in f.slopes
    )
    # Of leaky ReLU it is one again, whose name can be saved.
    if f.kinks == (0.0,) and slopes[1] == 1 and not np.any(f.function(0.0)):
        return prelu(*slopes[0]) if isinstance(slopes[0], tuple) else leaky_relu(slopes[0])
    return Activation.of(
        f"{1 - t!r} z + {t!r} {f.name}",
        lambda z: (1 - t) * z + t * f.function(z),
        lambda z: (1 - t) + t * f.derivative(z),
        f.kinks,
        slopes,
    )


def _matrix(weight: ArrayLike) -> Matrix:
    W = numbers(weight, "weight", dtype=np.float64)
    if W.ndim != 2 or 0 in W.shape:
        raise ValueError(f"weight has shape {W.shape}, expected (n_out, n_in), at least (1, 1)")
    return W


def _map(weight: ArrayLike, bias: ArrayLike) -> tuple[Matrix, Matrix]:
    W, b = _matrix(weight), numbers(bias, "bias", dtype=np.float64)
    if b.shape != W.shape[:1]:
        raise ValueError(f"bias has shape {b.shape} but the weight {W.shape}: give ({len(W)},)")
    return W, b


def _small_map(weight: ArrayLike, bias: ArrayLike) -> tuple[Matrix, Matrix]:
    W, b = _map(weight, bias)
    if max(W.shape) > 3:
        raise ValueError(f"weight has shape {W.shape}, but space has 3 dimensions; use affine_path for larger maps")
    return W, np.pad(b, (0, 3 - len(b)))


def _product(parts: list[Matrix]) -> Matrix:
    """Of the matrices in the order in which they act."""
    return reduce(lambda before, part: part @ before, parts)


def _after(part: Callable[[float], Matrix], before: Matrix) -> AffinePath:
    return lambda t: (part(t) @ before, np.zeros(3))


def _factors(W: Matrix, kind: str, size: int) -> list[_Factor]:
    """Paths of square matrices, in the order in which they act, whose product at t = 1 extends W."""
    one = np.eye(size)
    u, s, v = _svd(W, size)
    if kind == "polar":
        P = (v * s) @ v.T
        return [("scale", lambda t: (1 - t) * one + t * P), ("rotate", _rotating(u @ v.T))]
    if kind == "svd":
        return [
            ("rotate", _rotating(v.T)),
            ("scale", lambda t: np.diag((1 - t) + t * s)),
            ("rotate", _rotating(u)),
        ]
    if kind == "lerp":
        whole = (u * s) @ v.T
        whole[: W.shape[0], : W.shape[1]] = W
        return [("blend", lambda t: (1 - t) * one + t * whole)]
    if kind == "log":
        log = np.zeros((size, size))
        log[: len(W), : len(W)] = _real_log(W)
        return [("flow", lambda t: np.asarray(scipy.linalg.expm(t * log)))]
    raise ValueError(f"no path is called {kind!r}; choose one of {', '.join(KINDS)}")


def _real_log(W: Matrix) -> Matrix:
    if W.shape[0] != W.shape[1]:
        raise ValueError(f"weight has shape {W.shape}, and only a square matrix has a logarithm; use 'polar'")
    values = np.linalg.eigvals(W)
    bad = values[(np.abs(values.imag) <= 1e-12 * np.abs(values).max()) & (values.real <= 0)]
    if bad.size:
        raise ValueError(
            f"weight has the eigenvalue {bad[0].real:.4g}, and no steady flow leads to a matrix with one "
            "at or below 0 (it has no real principal logarithm); use 'polar'"
        )
    return np.real(scipy.linalg.logm(W))


def _rank(values: Matrix, W: Matrix) -> int:
    return int(np.count_nonzero(values > np.finfo(float).eps * max(W.shape) * values.max()))


def _svd(W: Matrix, size: int) -> _Svd:
    """The singular value decomposition of W extended to (size, size).

    Missing rows are 0 (what they would hold is dropped), missing columns complete an orthonormal frame, and
    where both are missing the extension is the identity. Signs are chosen so that det u = 1 wherever W
    leaves it open; for a mirror the first axis beyond W, if there is one, is turned over.
    """
    n_out, n_in = W.shape
    u, s, v = np.eye(size), np.ones(size), np.eye(size)
    u[:n_out, :n_out], values, rows = np.linalg.svd(W)
    v[:n_in, :n_in] = rows.T
    s[: len(values)] = values
    s[n_out:n_in] = 0
    # An axis that is not in W's image or not in its domain may be turned over freely.
    free = np.arange(size) >= _rank(values, W)
    # Pair singular directions with the axes that they are nearest to, so that nothing turns more than it
    # must.
    order = linear_sum_assignment(-np.abs(v))[1]
    signs = np.where(np.diag(v[:, order]) < 0, -1.0, 1.0)
    u, s, v, free = u[:, order] * signs, s[order], v[:, order] * signs, free[order]
    if np.linalg.det(v) < 0:
        least = np.argmin(np.diag(v))
        u[:, least] *= -1
        v[:, least] *= -1
    if np.linalg.det(u) < 0 and free.any():
        u[:, np.flatnonzero(free)[0]] *= -1
    return _Svd(u, s, v)


def _planes(Q: Matrix) -> tuple[Matrix, list[float], list[tuple[int, int]], list[int]]:
    """An orthogonal matrix as turns in planes: the axes (columns), angles, planes, and mirrored axes."""
    T, axes = scipy.linalg.schur(Q, output="real")
    angles, planes, reversed_axes = [], [], []
    i = 0
    while i < len(Q):
        if i + 1 < len(Q) and T[i + 1, i] != 0:
            angles.append(float(np.arctan2(T[i + 1, i], T[i, i])))
            planes.append((i, i + 1))
            i += 1
        elif T[i, i] < 0:
            reversed_axes.append(i)
        i += 1
    # Two reversed axes are a half turn in their plane; one that is left over is a mirror.
    while len(reversed_axes) > 1:
        planes.append((reversed_axes.pop(), reversed_axes.pop()))
        angles.append(np.pi)
    return axes, angles, planes, reversed_axes


def _rotating(Q: Matrix) -> Callable[[float], Matrix]:
    """The path of turns from the identity to Q; a mirror that is left passes through a flat state."""
    axes, angles, planes, mirrored = _planes(Q)

    def path(t: float) -> Matrix:
        turn = np.eye(len(Q))
        for angle, (i, j) in zip(angles, planes, strict=True):
            c, s = np.cos(t * angle), np.sin(t * angle)
            turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s, s, c
        for i in mirrored:
            turn[i, i] = 1 - 2 * t
        return axes @ turn @ axes.T

    return path
