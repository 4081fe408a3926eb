"""Points: tables in the many ways in which they are written, and what is told of them."""

import os
import re
import tracemalloc

import numpy as np
import pytest

from nn_core.network import Network
from nn_core.readers import Points, read_points
from nn_core.readers.tables import LONGEST_LINE

X = np.array([[1.5, -2.0], [3.0, 4.25], [1000.5, 6.0], [-0.5, 7.0]])
LABELS = ["no", "yes", "yes", "no"]


@pytest.fixture
def read(tmp_path):
    def read(text, name="a.csv", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_points(path, **options)

    return read


def assert_points(points, classes=("no", "yes"), y=(0, 1, 1, 0)):
    np.testing.assert_array_equal(points.X, X)
    assert points.classes == classes
    assert points.y.tolist() == list(y)
    assert points.X.dtype == np.float64
    assert points.y.dtype == np.int64


PLAIN = "a,b,kind\n1.5,-2,no\n3,4.25,yes\n1000.5,6,yes\n-0.5,7,no\n"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.removeprefix("a,b,kind\n"),
        PLAIN.removesuffix("\n"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "|"),
        PLAIN.replace(",", "  "),
        PLAIN.replace(",", ", "),
        PLAIN.replace(",", ";").replace(".", ","),
        PLAIN.replace(",", "\t").replace(".", ","),
        "a;b;kind\n1,5;-2;no\n3;4,25;yes\n1.000,5;6;yes\n-0,5;7;no\n",
        PLAIN.replace("1000.5", '"1,000.5"'),
        '"a","b","kind"\n"1,5","-2","no"\n"3","4,25","yes"\n"1000,5","6","yes"\n"-0,5","7","no"\n',
        "# made by hand\n\n" + PLAIN + "\n\n",
        "a,b,kind,\n" + "".join(line + ",\n" for line in PLAIN.splitlines()[1:]),
        PLAIN.replace("1.5", "1.5e0").replace("-0.5", "\u22120.5"),
        "\ufeff" + PLAIN,
        ("\ufeff" + PLAIN).encode("utf-16-le"),
        "kind,a,b\nno,1.5,-2\nyes,3,4.25\nyes,1000.5,6\nno,-0.5,7\n",
        PLAIN.replace("no\n", '"no"\n').replace("yes\n", '"yes"\n'),
    ],
)
def test_one_table_written_in_many_ways(read, text):
    assert_points(read(text))


def test_names_and_notes(read):
    points = read(PLAIN)
    assert points.names == ("a", "b")
    assert points.notes == ("the column 'kind' is taken as the label",)
    assert read(PLAIN, label="kind").notes == ()
    assert read("# u v w\n1 2 0\n3 4 1\n5 6 1\n7 8 0\n").names == ("u", "v")
    assert read("1 2 0\n3 4 1\n5 6 1\n7 8 0\n").names == ("x_1", "x_2")


def test_the_label_is_the_column_that_is_named_so_or_given(read):
    text = "species,x,y_1\n2,1.5,3\n1,2.5,4\n2,3.5,5\n"
    assert read(text).classes == ("1", "2")
    assert read(text).y.tolist() == [1, 0, 1]
    for label in ("SPECIES", 0, -3, "0"):
        assert read(text, label=label).y.tolist() == [1, 0, 1]
    without = read(text, label=False)
    assert without.y is None
    assert without.classes == ()
    assert without.X.shape == (3, 3)
    with pytest.raises(ValueError, match="it has no column 'sort'; its columns are species, x, y_1"):
        read(text, label="sort")
    with pytest.raises(ValueError, match="it has no column 3, but 3 columns: 0 to 2"):
        read(text, label=3)


def test_few_integers_at_the_end_are_labels_and_gaps_between_them_are_kept_as_names(read):
    points = read("1.5,2,7\n3,4,-1\n5,6,7\n8,9,12\n1,1,7\n2,2,12\n")
    assert points.classes == ("-1", "7", "12")
    assert points.y.tolist() == [1, 0, 1, 2, 1, 2]
    # Numbers that are not few are no labels, and fractions aren't.
    assert read("".join(f"{i},{i},{i}\n" for i in range(40))).y is None
    assert read("1,2,0.5\n3,4,1.5\n").y is None
    # Two columns are a point of the plane.
    assert read("1,0\n2,1\n3,0\n4,1\n").y is None


def test_targets_of_a_regression(read):
    text = "a,b,target\n" + "".join(f"{i},{i * i},{i / 4}\n" for i in range(30))
    points = read(text)
    assert points.classes == ()
    np.testing.assert_array_equal(points.y, np.arange(30) / 4)
    few = "a,b,target\n1,2,3\n4,5,6\n7,8,3\n"
    assert read(few).classes == ("3", "6")
    assert read(few, regression=True).y.tolist() == [3.0, 6.0, 3.0]
    with pytest.raises(ValueError, match="holds text: it can't be the target"):
        read(PLAIN, regression=True)


def test_what_is_left_out_is_told(read):
    points = read("id,a,b,name,kind\n1,1,NA,u,no\n2,3,4,v,yes\n3,5,6,u,\n4,,7,v,no\n5,8,9,u,no\n", label="kind")
    assert points.X.tolist() == [[3, 4], [8, 9]]
    assert points.classes == ("no", "yes")
    assert points.notes == (
        "the column 'id' counts the rows and is left out",
        "the column 'name' holds text (such as 'u') and is left out",
        "2 of 5 rows have gaps (the first: row 1) and are left out",
        "1 rows have no label and are left out",
    )


@pytest.mark.parametrize("gap", ["", "NA", "n/a", "NaN", "?", "null", "inf", "-"])
def test_gaps_of_all_kinds(read, gap):
    points = read(f"a,b,kind\n1,{gap},no\n3,4,yes\n", label="kind")
    assert points.X.tolist() == [[3, 4]]
    assert "1 of 2 rows have gaps (the first: row 1)" in points.notes[0]


def test_a_column_of_gaps(read):
    points = read("a,b,c\n1,,2\n3,NA,4\n", label=False)
    assert points.names == ("a", "c")
    assert points.notes == ("the column 'b' holds only gaps and is left out",)


def test_letters_that_are_not_utf_8(read):
    points = read("a,b,kind\n1,2,caf\xe9\n3,4,th\xe9\n5,6,caf\xe9\n".encode("latin-1"))
    assert points.classes == ("caf\xe9", "th\xe9")
    assert "is read as Latin-1" in points.notes[0]


def test_thousands_of_columns(read):
    text = "\n".join(",".join(str(i * j % 7 + 0.5) for j in range(3000)) + f",{i % 2}" for i in range(6))
    points = read(text)
    assert points.X.shape == (6, 3000)
    assert points.classes == ("0", "1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty"),
        ("\n\n#\n", "no rows"),
        ("a,b\n", "no column of numbers"),
        ("a,b\nc,d\n", "no column of numbers"),
        ("1,2\n3,4,5\n", "row 2 has 3 cells, but the first one has 2"),
        ("a,b,kind\n1,2,x\n3\n", "row 3 has 1 cells"),
        ('1,2\n3,"4\n' * 3 + "5,6\n" * 100_000, "quote not closed|cells"),
        (b"\x89PNG\r\n\x1a\n\0\0", "it is no text"),
        ("1e200,2\n3,4\n", "numbers as large as 1e\\+200"),
        ("a,b,kind\n,1,no\n2,,no\n", "all of its rows have gaps"),
        (",".join("1" for _ in range(10_001)) + "\n", "10,001 cells"),
    ],
)
def test_tables_that_are_none(read, text, words):
    with pytest.raises(ValueError, match=words) as caught:
        read(text)
    assert "\n" not in str(caught.value)


def test_a_gigabyte_on_one_line_is_refused_before_it_is_held(tmp_path):
    path = tmp_path / "a.csv"
    with open(path, "wb") as file:
        file.write(b"1,2,3,")
        file.truncate(1 << 30)  # sparse: of zeros, which take no room on the disk
    with pytest.raises(ValueError, match="no text"):
        read_points(path)
    path.write_bytes(b"1," * (LONGEST_LINE // 2 + 1) + b"1\n")
    tracemalloc.start()
    with pytest.raises(ValueError, match="line 1 has more than 1,000,000 characters"):
        read_points(path)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


def test_too_many_cells(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1,2,3,4,5,6,7,8\n" * 500_001)
    with pytest.raises(ValueError, match=r"more than 4,000,000 cells: save so many points as \.npz"):
        read_points(path)


def test_what_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_points(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="no regular file"):
        read_points(tmp_path)
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ValueError, match="no regular file"):
        read_points(tmp_path / "pipe.csv")


# Arrays -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("y", [LABELS, [0, 1, 1, 0], [[0], [1], [1], [0]], np.eye(2)[[0, 1, 1, 0]], [-1, 1, 1, -1]])
def test_npz(tmp_path, y):
    np.savez(tmp_path / "a.npz", X=X, y=y)
    points = read_points(tmp_path / "a.npz")
    np.testing.assert_array_equal(points.X, X)
    assert points.y.tolist() == [0, 1, 1, 0]
    assert len(points.classes) == 2


def test_npz_with_names(tmp_path):
    np.savez(tmp_path / "a.npz", data=X, target=[0, 2, 2, 0], target_names=["a", "b", "c"], feature_names=["u", "v"])
    points = read_points(tmp_path / "a.npz")
    assert points.names == ("u", "v")
    assert points.classes == ("a", "b", "c")
    assert points.y.tolist() == [0, 2, 2, 0]
    np.save(tmp_path / "a.npy", X)
    np.testing.assert_array_equal(read_points(tmp_path / "a.npy").X, X)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"Z": X}, "it lacks the array X; its arrays are Z"),
        ({"X": X, "y": [1, 2]}, r"its y has shape \(2,\), expected \(4,\)"),
        ({"X": X.ravel()}, r"expected numbers \(n, d\)"),
        ({"X": np.array([["a"]])}, "expected numbers"),
        ({"X": X, "y": [0, 1, 5, 0], "classes": ["a", "b"]}, "its y counts to 5, but it names 2 classes"),
        ({"X": np.full((3, 2), np.nan)}, "all of its rows have gaps"),
    ],
)
def test_npz_that_is_wrong(tmp_path, arrays, words):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=words) as caught:
        read_points(tmp_path / "a.npz")
    assert str(tmp_path / "a.npz") in str(caught.value)


def test_parquet(tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"a": X[:, 0], "b": X[:, 1], "kind": LABELS})
    frame.to_parquet(tmp_path / "a.parquet")
    assert_points(read_points(tmp_path / "a.parquet"))


def test_parquet_without_its_library_is_one_line(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match="pyarrow is needed: pip install pyarrow"):
        read_points(tmp_path / "a.parquet")


# What is done with points -----------------------------------------------------------------------------------------


def test_the_digest_knows_the_data_the_order_of_labels_and_the_scaling(read):
    points = read(PLAIN)
    assert re.fullmatch("[0-9a-f]{64}", points.digest)
    assert points.digest == read(PLAIN.replace(",", ";")).digest
    others = [
        read(PLAIN.replace("4.25", "4.26")),
        read(PLAIN.replace("no", "sure")),
        points.ordered(["yes", "no"]),
        points.standardised()[0],
        read(PLAIN, label=1),
        read(PLAIN.replace("a,b", "a,c")),
    ]
    assert len({points.digest, *(other.digest for other in others)}) == 7


def test_years_and_dollars_look_like_data_near_zero_and_the_network_is_the_same(read):
    rng = np.random.default_rng(0)
    data = np.column_stack([rng.integers(1950, 2025, 50), rng.normal(3e6, 4e5, 50), np.full(50, 7.0)])
    points = Points(data, None, ("year", "dollars", "same"))
    near, scaling = points.standardised()
    np.testing.assert_allclose(near.X.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(near.X.std(axis=0), [1, 1, 0], atol=1e-9)
    assert near.scaling is scaling
    network = Network.create([3, 5, 2], ["relu", "identity"], rng=rng)
    of_units = scaling.unfolded(network)
    np.testing.assert_allclose(of_units.logits(data), network.logits(near.X), rtol=1e-9, atol=1e-9)
    again = scaling.folded_into(of_units)
    np.testing.assert_allclose(again.logits(near.X), network.logits(near.X), rtol=1e-9, atol=1e-9)


def test_labels_in_the_order_of_the_network(read):
    points = read(PLAIN).ordered(["maybe", "yes", "no"])
    assert points.y.tolist() == [2, 1, 1, 2]
    assert points.classes == ("maybe", "yes", "no")
    with pytest.raises(ValueError, match="the points are of the class 'no', expected one of yes"):
        points.ordered(["yes"])
    with pytest.raises(ValueError, match="no classes"):
        read(PLAIN, label=False).ordered(["yes"])
