"""Files that were damaged, by accident or on purpose: what they hold, or one clear line."""

from __future__ import annotations

import gzip
import io
import struct
import warnings
import zipfile

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nn_core.archives import Archive, read_array, read_arrays
from nn_core.datasets import read_idx, read_mnist
from nn_core.network import Network
from nn_core.storage import load, save

from .conftest import finite

NET = Network.create([3, 4, 2], ["leaky_relu(0.2)", "tanh"], rng=0)
ZIP_FIELDS = {
    b"PK\3\4": (30, (4, 6, 8, 10, 14, 18, 22, 26, 28)),
    b"PK\1\2": (46, tuple(range(4, 46, 2))),
    b"PK\5\6": (22, tuple(range(4, 22, 2))),
}
EXTREMES = [0, 1, 2, 8, 9, 12, 14, 99, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]


def npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


@st.composite
def damaged(draw, whole: bytes) -> bytes:
    """The bytes with some of them changed, missing, doubled or out of place."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 3))):
        how = draw(st.sampled_from(["flip", "flip", "cut", "drop", "double", "noise", "zip", "zip"]))
        place = draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw(st.integers(1, 64))
        if how == "flip" and data:
            data[place] ^= draw(st.integers(1, 255))
        elif how == "cut":
            del data[place:]
        elif how == "drop":
            del data[place : place + length]
        elif how == "double":
            data[place:place] = data[place : place + length]
        elif how == "noise":
            data[place : place + length] = draw(st.binary(min_size=length, max_size=length))
        else:
            signature = draw(st.sampled_from(sorted(ZIP_FIELDS)))
            begins = [i for i in range(len(data)) if data[i : i + 4] == signature]
            if begins:
                begin = draw(st.sampled_from(begins)) + draw(st.sampled_from(ZIP_FIELDS[signature][1]))
                size = draw(st.sampled_from([2, 4]))
                value = draw(st.sampled_from(EXTREMES)) % 256**size
                data[begin : begin + size] = value.to_bytes(size, "little")
    return bytes(data)


DESCRIPTIONS = [
    "'<f8'", "'<f4'", "'|b1'", "'<U4'", "'|O'", "'<M8[s]'", "[('a', '<f8')]", "'<f8' * 9", "8", "'<U99999999'", "'V8'",
    "''",    "'<f999999999'", "'\\x00'", "'" + "a" * 999 + "'", "'>i2'", "'<c8'", "'<U0'",
]  # fmt: skip
SHAPES = [
    "(True,)", "(2.0,)", "None", "(10**9,)", "(1e9,)", "4", "(99999999999,)", "(4", "(" * 99 + ")" * 99, "(4,)" * 9,
    "(0, 99999999999999)", "(__import__('os').getpid(),)", "(4L,)", "(-1,)", "(4, )", "()",
]  # fmt: skip
HEADERS = st.builds(
    lambda descr, order, shape, extra: f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {extra}}}",
    st.sampled_from(DESCRIPTIONS),
    st.sampled_from(["False", "True", "None", "0", "'a'"]),
    st.one_of(st.lists(st.integers(-2, 5)).map(lambda shape: str(tuple(shape))), st.sampled_from(SHAPES)),
    st.sampled_from(["", "", "", "'x': 1", "'shape': (2,),", "#", "\n", " " * 9999]),
)
VALUES = [
    1.7, np.inf, -1, True, None, "a", 2**70, [1], [], "leaky_relu(inf)", "leaky_relu(1e999)", "leaky_relu(e)",
    ["leaky_relu(nan)", "tanh"], ["a"] * 99, [b"tanh"] * 2, 1j, [[1.0, np.nan]], "none", ["z"],
]  # fmt: skip


def headed(header: str, data: bytes, version: int) -> bytes:
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header.encode() + data


@st.composite
def rebuilt(draw) -> bytes:
    """A saved network whose entries were made anew by somebody."""
    file = io.BytesIO()
    save_to = {
        "version": np.array(2),
        "activations": np.array(["leaky_relu(0.2)", "tanh"]),
        "decision": np.array("z"),
        "level": np.array(0.0),
        "weight_0": NET.layers[0].weight,
        "bias_0": NET.layers[0].bias,
        "weight_1": NET.layers[1].weight,
        "bias_1": NET.layers[1].bias,
    }
    entries = {f"{name}.npy": npy(array) for name, array in save_to.items()}
    odd = st.one_of(
        st.sampled_from(VALUES).map(lambda value: npy(np.array(value), allow_pickle=True)),
        st.builds(headed, HEADERS, st.binary(max_size=64), st.sampled_from([1, 2, 3, 9])),
        st.binary(max_size=99),
    )
    for name in draw(st.lists(st.sampled_from(sorted(entries)), min_size=1, max_size=2)):
        if draw(st.booleans()):
            entries[name] = draw(odd)
        else:
            entries.pop(name, None)
    names = [
        "../weight_9.npy",
        "/a.npy",
        "weight_2.npy",
        "a.txt",
        "b/",
        "..\\x.npy",
        "version.npy",
        "é.npy",
        "a" * 9999,
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(file, "w", draw(st.sampled_from([0, 8, 12, 14]))) as archive:
            for name, data in entries.items():
                archive.writestr(name, data)
            if draw(st.integers(0, 3)) == 0:
                archive.writestr(draw(st.sampled_from(names)), draw(odd))
    return file.getvalue()


def test_saved_networks(repeat, outcome, tmp_path):
    path = tmp_path / "net.npz"
    save(NET, path)
    whole = path.read_bytes()

    @given(st.one_of(damaged(whole), rebuilt(), st.binary(max_size=200)))
    def check(data):
        path.write_bytes(data)
        net = outcome(lambda: load(path))
        if net is not None:
            assert finite(net.parameters)
            assert (
                outcome(lambda: net.forward(np.ones((1, net.n_in)))) is not None or np.abs(net.parameters).max() > 1e30
            )
            save(net, tmp_path / "again.npz")
            np.testing.assert_array_equal(load(tmp_path / "again.npz").parameters, net.parameters)

    repeat(check)


def test_archives(repeat, outcome, tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.arange(300.0), b=np.array(["x", "yy"]), c=np.zeros((40, 40)))
    whole = path.read_bytes()

    @given(damaged(whole))
    def check(data):
        path.write_bytes(data)
        found = outcome(lambda: read_arrays(path))
        assert found is None or sum(array.nbytes for array in found.values()) < 2**28
        with_entries = outcome(lambda: Archive(path))
        if with_entries is not None:
            for name in with_entries.names:
                outcome(lambda name=name: with_entries.read(name))
            with_entries.close()

    repeat(check)


def test_single_arrays(repeat, outcome, tmp_path):
    path = tmp_path / "a.npy"

    @given(
        st.one_of(
            damaged(npy(np.arange(12.0).reshape(3, 4))),
            damaged(npy(np.array(["tanh", "relu"]))),
            st.builds(headed, HEADERS, st.binary(max_size=64), st.just(1)),
        )
    )
    def check(data):
        path.write_bytes(data)
        outcome(lambda: read_array(path))

    repeat(check)


def test_idx_files(repeat, outcome, tmp_path):
    path, labels = tmp_path / "images", tmp_path / "labels"
    plain = b"\0\0\x08\x03" + struct.pack(">III", 5, 4, 3) + bytes(range(60))
    labels.write_bytes(b"\0\0\x08\x01" + struct.pack(">I", 5) + bytes(5))
    heads = st.builds(
        lambda kind, shape, rest: (
            b"\0\0" + bytes([kind, len(shape)]) + b"".join(struct.pack(">I", n) for n in shape) + rest
        ),
        st.sampled_from([8, 9, 11, 12, 13, 14, 0, 255]),
        st.lists(st.sampled_from([0, 1, 2, 5, 60000, 2**31, 2**32 - 1]), max_size=40),
        st.binary(max_size=80),
    )

    @given(st.one_of(damaged(plain), damaged(gzip.compress(plain)), heads, heads.map(gzip.compress)))
    def check(data):
        path.write_bytes(data)
        outcome(lambda: read_idx(path))
        found = outcome(lambda: read_mnist(path, labels))
        assert found is None or finite(found[0])

    repeat(check)
