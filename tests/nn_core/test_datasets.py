import gzip
import struct
from functools import partial

import numpy as np
import pytest

from nn_core import datasets as ds
from nn_core.datasets import read_idx, read_mnist

MAKERS = {
    "crescent": ds.make_crescent,
    "moons": ds.make_moons,
    "spiral": partial(ds.make_spiral, n_classes=2),
    "two_spirals": ds.make_two_spirals,
    "ring": ds.make_ring,
    "clusters": ds.make_clusters,
    "curves": ds.make_curves,
    **{f"playground_{name}": make for name, make in ds.PLAYGROUND.items()},
    **{f"convnetjs_{name}": make for name, make in ds.CONVNETJS.items()},
}


@pytest.mark.parametrize("name", MAKERS)
def test_two_classes_of_equal_size_the_same_for_the_same_generator(name):
    X, y = MAKERS[name](30, rng=np.random.default_rng(4))
    again, _ = MAKERS[name](30, rng=np.random.default_rng(4))
    other, _ = MAKERS[name](30, noise=0.1, rng=np.random.default_rng(5))
    np.testing.assert_array_equal(X, again)
    assert not np.array_equal(X, other)
    assert X.shape == (60, 2)
    assert X.dtype == np.float64
    assert y.dtype == np.int64
    np.testing.assert_array_equal(np.bincount(y), [30, 30])


def radius(X):
    return np.hypot(X[:, 0], X[:, 1])


def test_spiral_arms_run_where_the_formula_says():
    X, y = ds.make_spiral(50, noise=0, rng=np.random.default_rng(0))
    assert np.bincount(y).tolist() == [50] * 5
    r, i = np.tile(np.linspace(0.2, 1, 50), 5), y
    share = np.tile(np.linspace(0, 1, 50), 5)
    angle = 2 * np.pi * (i + 2 * share) / 5
    np.testing.assert_allclose(X, r[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1), atol=1e-12)
    np.testing.assert_array_equal(ds.spiral_arms(X), y)
    # The law goes on outside: at radius 1.8 each arm has turned 2/5 further than at 1.
    np.testing.assert_array_equal(ds.spiral_arms(X[49::50] * 1.8), (y[49::50] - 2) % 5)


def test_two_spirals_start_at_the_centre_and_are_opposite():
    X, y = ds.make_two_spirals(100, rng=np.random.default_rng(0))
    np.testing.assert_allclose(X[y == 1], -X[y == 0], atol=1e-12)
    np.testing.assert_allclose(radius(X[y == 0]), 5 * np.arange(100) / 100)
    turned = np.unwrap(np.arctan2(X[1:100, 0], X[1:100, 1]))
    assert turned[-1] - turned[0] == pytest.approx(2 * np.pi * 1.75 * 98 / 100)


@pytest.mark.parametrize(
    ("make", "inner", "outer"),
    [(ds.make_circle, 2.5, (3.5, 5)), (ds.make_ring, 1 / 3, (2 / 3, 1)), (ds.CONVNETJS["circle"], 2, (3, 5))],
)
def test_circles_keep_their_radii(make, inner, outer):
    X, y = make(200, rng=np.random.default_rng(0))
    assert radius(X[y == 0]).max() <= inner
    assert radius(X[y == 1]).min() >= outer[0]
    assert radius(X[y == 1]).max() <= outer[1]


def test_xor():
    X, y = ds.make_xor(200, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(y, (X[:, 0] * X[:, 1] < 0).astype(int))
    assert np.abs(X).min() >= 0.3
    assert np.abs(X).max() <= 5.3
    assert len(np.unique(ds.quadrants(X))) == 4
    points, labels = ds.xor_points()
    np.testing.assert_array_equal(labels, points[:, 0] != points[:, 1])


def test_gauss_and_clusters_lie_where_they_should():
    X, y = ds.make_gauss(4000, rng=np.random.default_rng(0))
    np.testing.assert_allclose(X[y == 0].mean(axis=0), [2, 2], atol=0.08)
    np.testing.assert_allclose(X[y == 1].mean(axis=0), [-2, -2], atol=0.08)
    X, y = ds.make_clusters(500, n_clusters=3, noise=0.1, rng=np.random.default_rng(0))
    assert np.bincount(y).tolist() == [1000, 500]
    np.testing.assert_allclose(X[y == 1].mean(axis=0), 0, atol=0.02)
    assert np.abs(X[y == 0][:, 0]).min() > 1.5


def test_no_line_separates_the_crescent_from_the_moon():
    X, y = ds.make_crescent(100, rng=np.random.default_rng(0))
    moon, crescent = X[y == 0], X[y == 1]
    assert radius(moon).max() < radius(crescent).min()
    # The middle of the moon lies among three points of the crescent: on the left, on the right, and at the
    # top.
    tips = crescent[[crescent[:, 0].argmin(), crescent[:, 0].argmax(), crescent[:, 1].argmax()]]
    shares = np.linalg.solve(np.vstack([tips.T, np.ones(3)]), [*moon[moon[:, 1].argmax()], 1])
    assert (shares > 0).all()


def test_numbers_on_a_line():
    X, y = ds.make_parity(6)
    np.testing.assert_array_equal(X, [[0], [1], [2], [3], [4], [5]])
    np.testing.assert_array_equal(y, [0, 1, 0, 1, 0, 1])
    X, y = ds.make_signs(50, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(y, X[:, 0] > 0)


def test_quadrants_are_counted_counter_clockwise():
    np.testing.assert_array_equal(ds.quadrants(np.array([[1.0, 1], [-1, 1], [-1, -1], [1, -1]])), [0, 1, 2, 3])
    for X, y in (ds.make_quadrants(80, rng=np.random.default_rng(0)), ds.make_cloud(80, rng=np.random.default_rng(0))):
        np.testing.assert_array_equal(ds.quadrants(X), y)
        assert np.abs(X).max() < 1


def test_curves_never_touch():
    X, y = ds.make_curves(300, rng=np.random.default_rng(0))
    above = X[:, 1] - 0.5 * np.sin(np.pi * X[:, 0])
    np.testing.assert_allclose(above, np.where(y, 0.2, -0.2))


def test_colours_by_position():
    colours = ds.position_colours(np.array([[1.0, 0], [-0.5, np.sqrt(3) / 2], [-5, -5 * np.sqrt(3)], [0, 0]]))
    np.testing.assert_allclose(colours, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], atol=1e-12)
    pale = ds.position_colours(np.array([[0.5, 0.0]]))
    np.testing.assert_allclose(pale, [[1, 0.5, 0.5]])


def test_day_and_night_share_the_rule_and_no_point():
    (day, y_day), (night, y_night) = ds.make_day_night(300, rng=np.random.default_rng(0))
    assert day[:, 0].min() >= 0 >= night[:, 0].max()
    for X, y in ((day, y_day), (night, y_night)):
        np.testing.assert_array_equal(y, X[:, 1] > 1.2 * np.sin(np.pi * X[:, 0] / 3))
        assert 0.4 < y.mean() < 0.6
        np.testing.assert_array_equal(y, X[:, 1] > ds.day_night_curve(X[:, 0]))
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(ds.make_day(300, rng=rng)[0], day)
    np.testing.assert_array_equal(ds.make_night(300, rng=rng)[0], night)


def test_labels_are_drawn_from_the_surface():
    X, y = ds.make_labelled(20_000, rng=np.random.default_rng(0))
    p = ds.hill(X)
    assert ds.hill(np.zeros((1, 2)))[0] == pytest.approx(0.99)
    for low in np.arange(0, 1, 0.2):
        some = (p >= low) & (p < low + 0.2)
        assert y[some].mean() == pytest.approx(p[some].mean(), abs=0.05)
    with pytest.raises(ValueError, match=r"the probability runs from 2 to 2; it must stay in \[0, 1\]"):
        ds.make_labelled(5, probability=lambda X: np.full(len(X), 2.0), rng=np.random.default_rng(0))


@pytest.mark.parametrize("name", ds.SURFACES)
def test_surfaces_are_probabilities(name):
    p = ds.SURFACES[name](np.random.default_rng(0).uniform(-4, 4, (2000, 2)))
    assert p.shape == (2000,)
    assert (p >= 0).all()
    assert (p <= 1).all()
    assert np.ptp(p) > 0.9


def test_a_point_can_have_many_labels():
    X, y = ds.make_labelled(3, probability="waves", repeats=4000, rng=np.random.default_rng(0))
    assert len(np.unique(X, axis=0)) == 3
    shares, places = y.reshape(3, 4000).mean(axis=1), X[::4000]
    np.testing.assert_allclose(shares, ds.waves(places), atol=0.03)
    assert not ds.make_labelled(2, size=0, rng=0)[0].any()


@pytest.mark.parametrize("name", ds.FUNCTIONS)
def test_functions_run_from_minus_one_to_one(name):
    values = ds.FUNCTIONS[name](np.linspace(-2, 2, 4001))
    assert values.shape == (4001,)
    assert (values.min(), values.max()) == pytest.approx((-1, 1), abs=1e-6)


def test_values_of_a_function_of_some_variables():
    X, y = ds.make_function(50, function="cubic", inputs=3, rng=0)
    assert np.abs(X).max() <= 2
    np.testing.assert_allclose(y, np.prod((X**3 - 3 * X) / 2, axis=1, keepdims=True), atol=1e-12)
    X, y = ds.make_function(20_000, function=np.exp, noise=0.5, rng=0)
    assert (y - np.exp(X)).std() == pytest.approx(0.5, abs=0.02)


def test_digits():
    digits = ds.load_digits()
    assert digits.X.shape == (2000, 784)
    assert digits.X_test.shape == (500, 784)
    assert digits.X.min() == 0
    assert digits.X.max() == 1
    np.testing.assert_array_equal(np.bincount(digits.y), [200] * 10)
    np.testing.assert_array_equal(np.bincount(digits.y_test), [50] * 10)
    # no test picture is among the training pictures
    assert not {row.tobytes() for row in digits.X} & {row.tobytes() for row in digits.X_test}


PICTURES = np.arange(3 * 4 * 2, dtype=np.uint8).reshape(3, 4, 2)


def idx(array, kind=8):
    return bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_idx_files(tmp_path, pack):
    (tmp_path / "images").write_bytes(pack(idx(PICTURES)))
    (tmp_path / "labels").write_bytes(pack(idx(np.array([2, 0, 1], np.uint8))))
    np.testing.assert_array_equal(read_idx(tmp_path / "images"), PICTURES)
    X, y = read_mnist(tmp_path / "images", tmp_path / "labels")
    np.testing.assert_allclose(X, PICTURES.reshape(3, 8) / 255)
    np.testing.assert_array_equal(y, [2, 0, 1])


def test_idx_numbers_of_other_types_are_big_endian(tmp_path):
    numbers = np.array([[1, -2], [300, 4]])
    (tmp_path / "file").write_bytes(idx(numbers.astype(">i4"), 12))
    np.testing.assert_array_equal(read_idx(tmp_path / "file"), numbers)
    (tmp_path / "file").write_bytes(idx(numbers.astype(">f8"), 14))
    assert read_idx(tmp_path / "file").dtype == np.float64


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no IDX file"),
        (b"PK\x03\x04 a zip archive", "is no IDX file: it starts with b'PK"),
        (b"\0\0\x07\x01" + bytes(8), "is no IDX file"),
        (idx(PICTURES)[:9], "is not complete"),
        (idx(PICTURES)[:-5], "promises 24 bytes of data .* but there are 19"),
        (idx(PICTURES) + b"more", "but there are more"),
        (gzip.compress(idx(PICTURES), mtime=0)[:-12], "can't be read: "),
        (gzip.compress(idx(PICTURES), mtime=0)[:10] + bytes([255] * 30), "can't be read: "),
    ],
)
def test_damaged_idx_files_are_told_in_a_line(tmp_path, content, message):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        read_idx(tmp_path / "file")
    assert "\n" not in str(error.value)


def test_idx_files_that_do_not_belong_together(tmp_path):
    (tmp_path / "images").write_bytes(idx(PICTURES))
    (tmp_path / "labels").write_bytes(idx(np.zeros(4, np.uint8)))
    with pytest.raises(ValueError, match=r"holds 3 pictures but .* 4 labels"):
        read_mnist(tmp_path / "images", tmp_path / "labels")
    with pytest.raises(ValueError, match="expected pictures"):
        read_mnist(tmp_path / "labels", tmp_path / "images")
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nothing")


@pytest.mark.parametrize("name", sorted(ds.DATA_SETS))
def test_every_set_that_is_offered_can_be_drawn(name):
    X, y = ds.draw(name, rng=3)
    again, _ = ds.draw(name, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(X, again)
    assert len(X) == len(y) > 0
    assert X.ndim == 2
    assert y.shape == (len(X), 1) if name in ("function", "wave") else y.dtype == np.int64


def test_all_makers_are_offered():
    made = {name.removeprefix("make_") for name in dir(ds) if name.startswith("make_")} - {"day_night"}
    assert made | {"xor_points", "digits"} == set(ds.DATA_SETS)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: ds.draw("mooons", rng=0), "there is no data set 'mooons'; choose one of circle, cloud"),
        (lambda: ds.draw(None, rng=0), "there is no data set None"),
        (lambda: ds.draw("moons", rng=0, n=5), "'moons' has no option 'n'; it has n_per_class, noise"),
        (lambda: ds.draw("moons", rng=0, n_per_class=2.5), "n_per_class is 2.5"),
        (lambda: ds.draw("moons", rng=0, n_per_class=0), "n_per_class is 0, expected 1 to 10000000"),
        (lambda: ds.draw("moons", rng=0, noise=-1), "noise is -1, expected"),
        (lambda: ds.make_moons(5, noise="loud", rng=0), "noise is 'loud'"),
        (lambda: ds.make_moons(5, 5, rng=0), "positional"),
        (lambda: ds.make_moons(5), "rng"),
        (lambda: ds.make_circle(5, outer=3, rng=0), "outer"),
        (lambda: ds.make_labelled(5, probability=3, rng=0), "probability is 3"),
        (lambda: ds.make_labelled(5, probability=lambda X: X, rng=0), "the probability has shape"),
        (lambda: ds.make_labelled(5, probability="dunes", rng=0), "no surface 'dunes'; choose one of hill, waves"),
        (
            lambda: ds.draw("function", function="tangent", rng=0),
            "no function .tangent.; choose one of sine, cubic",
        ),
        (lambda: ds.draw("function", function=3, rng=0), "function is 3, expected one of sine"),
        (lambda: ds.draw("function", inputs=0, rng=0), "inputs is 0"),
        (lambda: ds.make_function(5, function=lambda x: x[:2], rng=0), "the function's values have shape"),
        (lambda: ds.make_labelled(5, repeats=0, rng=0), "repeats"),
    ],
)
def test_unfit_options_are_told_in_a_line(draw, message):
    with pytest.raises((TypeError, ValueError), match=message) as error:
        draw()
    assert "\n" not in str(error.value)
