from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.linalg import polar

from nn_core.activations import ACTIVATIONS, activation
from nn_core.interpolation import KINDS, affine_path, affine_stages, blend, decompose, space_path

ENTRIES = st.floats(-4, 4).map(lambda v: round(v, 3))
SMALL = st.tuples(st.integers(1, 3), st.integers(1, 3)).flatmap(lambda shape: arrays(float, shape, elements=ENTRIES))
TIMES = np.linspace(0, 1, 21)


def rotation(angle):
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def in_space(W):
    """W and its bias (1, -2, 3)[:n_out], and what becomes of points of its domain, both in space."""
    n_out, n_in = W.shape
    bias = np.array([1.0, -2.0, 3.0])[:n_out]
    points = np.zeros((9, 3))
    points[:, :n_in] = np.random.default_rng(0).normal(size=(9, n_in))
    images = np.zeros((9, 3))
    images[:, :n_out] = points[:, :n_in] @ W.T + bias
    return bias, points, images


@settings(max_examples=150, deadline=None)
@given(W=SMALL, kind=st.sampled_from(["polar", "svd", "lerp"]))
def test_every_map_among_1_2_and_3_dimensions_ends_exactly_and_never_jumps(W, kind):
    bias, points, images = in_space(W)
    stages = affine_stages(W, bias, kind)
    np.testing.assert_allclose(stages[0].path(0.0)[0], np.eye(3), atol=1e-12)
    for before, after in pairwise(stages):
        for old, new in zip(before.path(1.0), after.path(0.0), strict=True):
            np.testing.assert_allclose(old, new, atol=1e-12)
    for path in (stages[-1].path, space_path(W, bias, kind)):
        A, b = path(1.0)
        np.testing.assert_allclose(points @ A.T + b, images, atol=1e-12)
    path = affine_path(W, bias, kind)
    np.testing.assert_allclose(path(0.0)[0], np.eye(*W.shape), atol=1e-12)
    np.testing.assert_allclose(path(1.0)[0], W, atol=1e-12)
    np.testing.assert_array_equal(path(1.0)[1], bias)


@settings(max_examples=150, deadline=None)
@given(W=SMALL, kind=st.sampled_from(["polar", "svd"]))
def test_nothing_collapses_on_the_way(W, kind):
    singular_values = np.linalg.svd(W, compute_uv=False)
    assume(singular_values.min() > 0.05)
    inside_out = W.shape == (3, 3) and np.linalg.det(W) < 0
    assume(not inside_out)
    least = min(1, singular_values.min()) - 1e-9
    flattens = W.shape[0] < W.shape[1]
    for path in (*(stage.path for stage in affine_stages(W, W[:, 0], kind)), space_path(W, W[:, 0], kind)):
        for t in TIMES:
            A = path(t)[0]
            if flattens:
                # What is dropped shrinks by 1 - t in the stretch; nothing else shrinks.
                assert np.linalg.svd(A, compute_uv=False)[len(W) - 1] >= least
            else:
                assert np.linalg.det(A) > 0
                assert np.linalg.svd(A, compute_uv=False)[-1] >= least


def test_a_turn_keeps_its_size_where_the_straight_line_shrinks_to_the_cosine():
    angle = 2.0
    for kind, size in (("polar", 1.0), ("svd", 1.0), ("log", 1.0), ("lerp", np.cos(angle / 2))):
        half = affine_path(rotation(angle), [0, 0], kind)(0.5)[0]
        np.testing.assert_allclose(half, size * rotation(angle / 2), atol=1e-12)


def test_polar_is_that_of_scipy_and_moves_in_its_way():
    W = np.array([[1.0, 2.0], [-0.5, 3.0]])
    Q, P = polar(W)
    parts = decompose(W)
    np.testing.assert_allclose(parts.rotation, Q)
    np.testing.assert_allclose(parts.stretch, P)
    assert parts.angle == pytest.approx(np.arctan2(Q[1, 0], Q[0, 0]))
    t = 0.3
    expected = rotation(t * parts.angle) @ ((1 - t) * np.eye(2) + t * P)
    np.testing.assert_allclose(affine_path(W, [0, 0])(t)[0], expected)
    stretch, turn, slide = affine_stages(W, [1, 2])
    assert (stretch.name, turn.name, slide.name) == ("scale", "rotate", "translate")
    np.testing.assert_allclose(stretch.path(t)[0][:2, :2], (1 - t) * np.eye(2) + t * P)
    np.testing.assert_allclose(turn.path(t)[0][:2, :2], rotation(t * parts.angle) @ P)
    np.testing.assert_allclose(slide.path(t)[1], [0.3, 0.6, 0])


def test_svd_stretches_along_the_axes_and_turns_no_more_than_needed():
    turn_in, stretch, turn_out, _ = affine_stages([[3.0, 0], [0, 5.0]], [0, 0], "svd")
    for stage in (turn_in, turn_out):
        np.testing.assert_allclose(stage.path(1.0)[0], stage.path(0.0)[0], atol=1e-12)
    np.testing.assert_allclose(stretch.path(0.5)[0], np.diag([2, 3, 1]), atol=1e-12)
    for W in np.random.default_rng(0).normal(size=(20, 2, 2)):
        frame = affine_stages(W, [0, 0], "svd")[0].path(1.0)[0]
        assert np.linalg.det(frame) == pytest.approx(1)
        assert frame[0, 0] >= np.sqrt(0.5) - 1e-12  # 45 degrees at most
    W = np.array([[1.0, 2.0], [-0.5, 3.0]])
    frame = affine_stages(W, [0, 0], "svd")[0].path(1.0)[0]
    flow = affine_stages(W, [0, 0], "svd")[1].path(1.0)[0] @ frame.T
    np.testing.assert_allclose(flow, np.diag(np.diag(flow)), atol=1e-12)


def test_the_steady_flow_has_determinant_det_to_the_t():
    W = np.array([[1.0, 2.0], [-0.5, 3.0]])
    for t in TIMES:
        assert np.linalg.det(affine_path(W, [0, 0], "log")(t)[0]) == pytest.approx(4**t)
    ten = rotation(0.3)
    np.testing.assert_allclose(affine_path(ten, [0, 0], "log")(1.0)[0], ten)


def test_a_mirror_of_the_plane_turns_it_over_through_space():
    W = np.array([[0.0, 1.0], [1.0, 0.0]])  # keeps the line at 45 degrees
    assert decompose(W).mirror
    assert decompose(W).angle == pytest.approx(np.pi / 4)
    stages = affine_stages(W, [0, 0])
    assert [stage.mirror for stage in stages] == [False, True, False]
    half = stages[1].path(0.5)[0]
    np.testing.assert_allclose(half @ [1, 1, 0], [1, 1, 0], atol=1e-12)
    assert abs((half @ [1, -1, 0])[2]) == pytest.approx(np.sqrt(2))  # on edge
    np.testing.assert_allclose(stages[1].path(1.0)[0] @ [0, 0, 1], [0, 0, -1], atol=1e-12)  # seen from behind
    # A half turn is none.
    assert not decompose(-np.eye(2)).mirror
    assert not any(stage.mirror for stage in affine_stages(-np.eye(2), [0, 0]))


def test_space_turns_inside_out_through_a_flat_state():
    W = np.diag([1.0, 1.0, -1.0])
    stages = affine_stages(W, np.zeros(3), "svd")
    assert [stage.mirror for stage in stages] == [False, False, True, False]
    np.testing.assert_allclose(stages[2].path(0.5)[0], np.diag([1, 1, 0]), atol=1e-12)


def test_the_plane_that_the_series_lifts_is_a_pure_turn_times_three():
    r2, r3 = np.sqrt(2) / 2, np.sqrt(3) / 3
    W = 3 * np.array([[-r2, -r3], [r2, -r3], [0, r3]])
    parts = decompose(W)
    np.testing.assert_allclose(parts.stretch, 3 * np.eye(2), atol=1e-12)
    np.testing.assert_allclose(parts.singular_values, 3)
    assert (parts.rank, parts.determinant, parts.mirror) == (2, None, False)
    A, b = affine_stages(W, [1, 1, 1])[-1].path(1.0)
    np.testing.assert_allclose(A[:, 2], np.cross(W[:, 0], W[:, 1]) / 9, atol=1e-12)
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0.0]]) @ A.T + b
    np.testing.assert_allclose(corners @ [1, 1, 2], 4)


def test_out_of_space_the_rank_drops_at_the_end_only():
    W = np.random.default_rng(0).normal(size=(2, 3))
    path = space_path(W, [0, 0])
    for t in (0.0, 0.5, 0.99):
        assert np.linalg.matrix_rank(path(t)[0]) == 3
    assert np.linalg.matrix_rank(path(1.0)[0]) == 2
    np.testing.assert_array_equal(path(1.0)[0][2].round(12), 0)


@pytest.mark.parametrize("shape", [(5, 5), (4, 7), (7, 4), (1, 6)])
def test_larger_maps_have_paths_too(shape):
    W = np.random.default_rng(1).normal(size=shape)
    for kind in ("polar", "svd", "lerp"):
        path = affine_path(W, np.ones(shape[0]), kind)
        np.testing.assert_allclose(path(1.0)[0], W, atol=1e-12)
        np.testing.assert_allclose(path(0.0)[0], np.eye(*shape), atol=1e-12)
    with pytest.raises(ValueError, match="space has 3 dimensions; use affine_path"):
        affine_stages(W, np.ones(shape[0]))


def test_angles_in_space():
    spin = np.eye(3)
    spin[1:, 1:] = rotation(2.5)
    assert decompose(2 * spin).angle == pytest.approx(2.5)
    assert decompose(np.eye(3)).angle == 0
    assert decompose(rotation(-0.4)).angle == pytest.approx(-0.4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: affine_path(np.eye(2), [0, 0], "slerp"), "no path is called 'slerp'; choose one of polar, svd"),
        (lambda: affine_path(np.diag([1, -1]), [0, 0], "log"), "weight has the eigenvalue -1"),
        (lambda: affine_path(np.diag([1, 0]), [0, 0], "log"), "weight has the eigenvalue 0"),
        (lambda: affine_path(-np.eye(2), [0, 0], "log"), "use 'polar'"),
        (lambda: affine_path(np.ones((3, 2)), [0, 0, 0], "log"), "only a square matrix has a logarithm"),
        (lambda: affine_path(np.eye(2), [0]), r"bias has shape \(1,\) but the weight \(2, 2\)"),
        (lambda: decompose([1, 2]), r"weight has shape \(2,\)"),
        (lambda: decompose([[np.nan]]), "expected finite numbers"),
        (lambda: blend("sigmoid", 0.5, scale=True), "doesn't go through 0 with slope 1"),
    ],
)
def test_what_has_no_path_is_told_in_a_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def test_kinds_are_the_ones_that_there_are():
    W = rotation(0.5)
    for kind in KINDS:
        np.testing.assert_allclose(affine_path(W, [0, 0], kind)(1.0)[0], W, atol=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_blends_are_exact_at_both_ends_and_straight_between(name):
    z = np.linspace(-3, 3, 12)  # no kink among them
    f = activation(name)
    np.testing.assert_array_equal(blend(name, 0)(z), z)
    np.testing.assert_array_equal(blend(name, 1)(z), f(z))
    half = blend(f, 0.25)
    np.testing.assert_allclose(half(z), 0.75 * z + 0.25 * f(z), atol=1e-15)
    np.testing.assert_allclose(half.derivative(z), 0.75 + 0.25 * f.derivative(z), atol=1e-15)
    assert (np.diff(half(z)) > 0).all() or name in ("sin", "abs")


@pytest.mark.parametrize("name", ["relu", "relu6", "hard_tanh", "hard_sigmoid", "prelu(0.2, 0.0)", "hard_tanh(2, 3)"])
@pytest.mark.parametrize("t", [0.25, 0.9, 0.999])
def test_blends_of_piecewise_linear_functions_are_such_with_the_same_kinks(name, t):
    f, between = activation(name), blend(name, t)
    n = 2
    assert between.kinks == f.kinks
    before, now = f.pieces(n), between.pieces(n)
    np.testing.assert_allclose(now.slopes, (1 - t) + t * before.slopes)
    assert now.slopes.min() > 0
    z = np.linspace(-9, 9, 37)[:, None] * np.ones(n)
    number = np.searchsorted(now.kinks, z[:, 0])
    np.testing.assert_allclose(between(z), now.slopes[number] * z + now.intercepts[number], atol=1e-14)
    assert (np.diff(between(z), axis=0) > 0).all()


def test_relu_blends_are_leaky_relus_and_tanh_unrolls():
    assert blend("relu", 0.9).slopes == pytest.approx((0.1, 1.0))
    z = np.linspace(-3, 3, 13)
    np.testing.assert_array_equal(blend("relu", 0.5)(z), np.maximum(z, 0.5 * z))
    for name in ("tanh", "sin"):
        np.testing.assert_allclose(blend(name, 0.5, scale=True)(z), activation(name)(z / 2) * 2)
        np.testing.assert_allclose(blend(name, 1e-6, scale=True)(z), z, atol=1e-9)
        assert blend(name, 0, scale=True).name == "identity"
        slope = blend(name, 0.5, scale=True).derivative(z)
        np.testing.assert_allclose(slope, activation(name).derivative(z / 2))


def test_a_frame_that_would_be_a_mirror_is_turned_to_a_proper_one():
    # Six directions that, each paired with its nearest axis and pointing along it, are left-handed: a rare case.
    frame = np.linalg.qr(np.random.default_rng(1242).normal(size=(6, 6)))[0]
    W = frame @ np.diag([6.0, 5, 4, 3, 2, 1]) @ frame.T
    for t in TIMES:
        assert np.linalg.det(affine_path(W, np.zeros(6), "svd")(t)[0]) > 0.9
