"""safetensors: the order of layers, and tables that lie."""

import json
import re

import numpy as np
import pytest

from nn_core.readers import read_network


def made(arrays, table=None):
    """A file of these arrays, or with a table of one's own."""
    body, entries = b"", {}
    for name, array in arrays.items():
        kind = {"f": "F", "i": "I"}[array.dtype.kind] + str(array.dtype.itemsize * 8)
        data = array.tobytes()
        entries[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    head = json.dumps(entries if table is None else table).encode()
    return len(head).to_bytes(8, "little") + head + body


A, B, C = (np.random.default_rng(i).normal(size=shape) for i, shape in enumerate([(5, 2), (4, 5), (3, 4)]))


@pytest.mark.parametrize("names", [("fc2", "fc9", "fc10"), ("input", "hidden", "output")])
def test_layers_are_put_in_order_by_number_or_by_shape(tmp_path, names):
    arrays = dict(sorted((f"{name}.weight", array) for name, array in zip(names, (A, B, C), strict=True)))
    assert next(iter(arrays)) != f"{names[0]}.weight"
    (tmp_path / "a.safetensors").write_bytes(made(arrays))
    network = read_network(tmp_path / "a.safetensors", activations="relu")
    assert [layer.weight.tolist() for layer in network.layers] == [A.tolist(), B.tolist(), C.tolist()]


def test_an_order_that_cannot_be_told_is_not_guessed(one_line):
    square = {f"{name}.weight": np.eye(2) for name in ("input", "hidden", "output")}
    assert "can't be told from their names" in one_line(made(square), "a.safetensors", activations="relu")


ENTRY = {"dtype": "F64", "shape": [2, 2], "data_offsets": [0, 32]}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"0.weight": ENTRY, "1.weight": ENTRY}, "don't fit"),
        ({"0.weight": ENTRY, "1.weight": {**ENTRY, "data_offsets": [16, 48]}}, "don't fit"),
        ({"0.weight": {**ENTRY, "data_offsets": [32, 64]}}, "don't fit"),
        ({"0.weight": ENTRY}, "64 bytes follow the table, its arrays take 32"),
        ({"0.weight": {**ENTRY, "data_offsets": [0, 10**18]}}, "doesn't fit the bytes"),
        ({"0.weight": {**ENTRY, "shape": [10**9, 10**9]}}, "doesn't fit the bytes"),
        ({"0.weight": {**ENTRY, "shape": [-2, -2]}}, "as expected"),
        ({"0.weight": {**ENTRY, "shape": [True, 4]}}, "as expected"),
        ({"0.weight": {**ENTRY, "shape": "22"}}, "as expected"),
        ({"0.weight": {**ENTRY, "dtype": "F8_E4M3"}}, "of type F8_E4M3"),
        ({"0.weight": 3}, "as expected"),
        ([1], "no JSON object"),
        ({"0.weight": {**ENTRY, "shape": [1] * 9 + [4]}}, "10 dimensions"),
    ],
)
def test_tables_that_lie(table, words, one_line):
    line = one_line(made({"a": np.zeros(8)}, table), "a.safetensors", activations="relu")
    assert re.search(words, line), line


def test_a_header_of_a_terabyte(one_line):
    assert "its table has" in one_line((10**12).to_bytes(8, "little") + b"{}", "a.safetensors")
    assert "its table has" in one_line(b"\x01", "a.safetensors")
