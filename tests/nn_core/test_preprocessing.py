import numpy as np
import pytest

from nn_core.preprocessing import FEATURES, features, normalise, principal_axes, subtract_mean, whiten


@pytest.fixture
def cloud():
    rng = np.random.default_rng(3)
    return rng.normal(size=(400, 3)) @ np.array([[3.0, 1, 0], [0, 1, 0.5], [0, 0, 0.2]]) + np.array([5.0, -2, 1])


@pytest.mark.parametrize("fit", [subtract_mean, normalise, principal_axes, whiten])
def test_there_and_back(cloud, fit):
    change = fit(cloud)
    np.testing.assert_allclose(change.apply(cloud).mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(change.invert(change.apply(cloud)), cloud, atol=1e-12)
    assert change.explained.sum() == pytest.approx(1)


def test_each_leaves_the_covariance_that_it_promises(cloud):
    np.testing.assert_allclose(np.cov(subtract_mean(cloud).apply(cloud).T), np.cov(cloud.T))
    np.testing.assert_allclose(normalise(cloud).apply(cloud).std(axis=0), 1)
    turned = principal_axes(cloud).apply(cloud)
    covariance = np.cov(turned.T, bias=True)
    assert covariance == pytest.approx(np.diag(np.diag(covariance)), abs=1e-12)
    assert (np.diff(np.diag(covariance)) < 0).all()
    np.testing.assert_allclose(np.cov(whiten(cloud).apply(cloud).T, bias=True), np.eye(3), atol=1e-12)


def test_pca_keeps_the_best_plane_and_goes_back_to_the_nearest_point(cloud):
    plane = principal_axes(cloud, 2)
    rest = cloud - plane.invert(plane.apply(cloud))
    assert (rest**2).sum() / ((cloud - cloud.mean(axis=0)) ** 2).sum() == pytest.approx(1 - plane.explained.sum())
    assert plane.matrix.shape == (2, 3)


def test_the_outcome_does_not_depend_on_the_sign_that_the_solver_chose(cloud):
    np.testing.assert_allclose(principal_axes(cloud).matrix, principal_axes(cloud[::-1]).matrix, atol=1e-10)
    matrix = principal_axes(cloud).matrix
    assert (matrix[np.arange(3), np.abs(matrix).argmax(axis=1)] > 0).all()


def test_features_that_never_change_become_zero():
    X = np.array([[1.0, 7.0], [3.0, 7.0]])
    for fit in (normalise, whiten):
        change = fit(X)
        np.testing.assert_allclose(np.abs(change.apply(X)), [[1, 0], [1, 0]], atol=1e-12)
        np.testing.assert_allclose(change.invert(change.apply(X)), X)
    np.testing.assert_array_equal(principal_axes(np.ones((3, 2))).explained, [0, 0])


def test_whitening_with_epsilon_leaves_small_axes_small(cloud):
    spread = whiten(cloud, epsilon=1.0).apply(cloud).std(axis=0)
    assert spread[0] > 0.9
    assert spread[-1] < 0.5


def test_unfit_data():
    with pytest.raises(ValueError, match="k is 4, expected 1 to 3"):
        principal_axes(np.ones((5, 3)), 4)
    for X in ([1.0, 2.0], [[np.nan]], np.empty((0, 2))):
        with pytest.raises(ValueError, match=r"X (has shape|holds NaN)"):
            normalise(X)


def test_features_of_points():
    X = np.random.default_rng(0).normal(size=(50, 2))
    x, y = X.T
    given = features(X, list(FEATURES))
    np.testing.assert_array_equal(given, np.stack([x, y, x * x, y * y, x * y, np.sin(x), np.sin(y)], axis=1))
    np.testing.assert_array_equal(features(X, ["sin x_2", "x_1"]), given[:, [6, 0]])
    with pytest.raises(ValueError, match="no feature is called 'x_3'; choose some of x_1, x_2, "):
        features(X, ["x_3"])
    with pytest.raises(ValueError, match=r"X has shape \(50, 1\), expected \(n, 2\)"):
        features(X[:, :1], ["x_1"])


def test_a_feature_that_never_changes_is_judged_by_itself():
    rng = np.random.default_rng(0)
    for constant in (14.62, 0.1, 1e-30, -1e9):
        for other in (1e-9, 1.0, 1e9):
            X = np.stack([np.full(1001, constant), other * rng.normal(size=1001)], axis=1)
            for rescale in (normalise, whiten):
                out = rescale(X).apply(X)
                spreads = np.sort(out.std(axis=0))
                np.testing.assert_allclose(spreads, [0, 1], atol=1e-6)
                np.testing.assert_allclose(rescale(X).invert(out), X, rtol=1e-9)
            np.testing.assert_allclose(principal_axes(X).explained, [1, 0], atol=1e-15)
    # What changes by rounding alone never changes.
    assert normalise([[0.1 + 0.2], [0.3]]).apply([[0.3]]).tolist() == [[0.0]]
    # A small feature beside a large one is none that never changes.
    X = rng.normal(size=(500, 2)) * [1e6, 1e-4]
    np.testing.assert_allclose(np.cov(whiten(X).apply(X).T, bias=True), np.eye(2), atol=1e-4)
    np.testing.assert_allclose(normalise(X).apply(X).std(axis=0), 1)


def test_a_direction_without_spread_stays_silent():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 1))
    X = np.hstack([x, 3 * x, rng.normal(size=(300, 1))])
    out = whiten(X).apply(X)
    np.testing.assert_allclose(out.std(axis=0), [1, 1, 0], atol=1e-9)
    few = rng.normal(size=(3, 5))
    np.testing.assert_allclose(whiten(few).apply(few).std(axis=0), [1, 1, 0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(principal_axes(few).invert(principal_axes(few).apply(few)), few)


def test_numbers_that_are_too_large():
    with pytest.raises(ValueError, match=r"numbers up to 1e.100 are worked with"):
        normalise([[1e300], [0.0]])
    with pytest.raises(ValueError, match="too large to be worked with"):
        features([[1e300, 1.0]], ["x_1^2"])
    tiny = 1e-99 * np.array([[1.0], [2], [4]])
    np.testing.assert_allclose(normalise(tiny).apply(tiny).std(), 1)
