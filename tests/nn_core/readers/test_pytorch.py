"""Files of PyTorch that its own code would not write: hostile ones, and ones of other versions."""

import io
import os
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from nn_core.readers import read_network
from nn_core.readers.pickles import Name, Record, read_pickle

MAGIC = 0x1950A86A20F9469CFC6C


def archive(pickled, storages=(), *, folder="net/", extra=()):
    """A zip file as torch.save writes it, of a pickle and raw numbers."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(f"{folder}data.pkl", pickled)
        for key, data in storages:
            file.writestr(f"{folder}data/{key}", data)
        for name, data in extra:
            file.writestr(name, data)
    return buffer.getvalue()


class Storage:
    """Pickled as an id: ("storage", torch.FloatStorage, key, "cpu", n)."""

    def __init__(self, key, n, kind="FloatStorage"):
        self.key, self.n, self.kind = key, n, kind


class Global:
    """Pickled as the name of a class or function that need not exist."""

    def __init__(self, name):
        self.name = name


class Tensor:
    """Pickled as PyTorch does a tensor."""

    def __init__(self, storage, shape, strides=None, offset=0):
        self.args = (storage, offset, shape, strides or tuple(np.cumprod([1, *shape[:0:-1]])[::-1].tolist()), False, {})


class Pickler(pickle._Pickler):
    """Writes what a hostile hand can write: any name, any call."""

    def persistent_id(self, obj):
        if isinstance(obj, Storage):
            return ("storage", Global(f"torch {obj.kind}"), obj.key, "cpu", obj.n)
        return None

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Global):
            self.write(b"c" + obj.name.replace(" ", "\n").encode() + b"\n")
        elif isinstance(obj, Tensor):
            self.save(Global("torch._utils _rebuild_tensor_v2"))
            self.save(obj.args)
            self.write(b"R")
        else:
            super().save(obj, save_persistent_id)


def pickled(obj, protocol=2):
    buffer = io.BytesIO()
    Pickler(buffer, protocol).dump(obj)
    return buffer.getvalue()


def state(weight, bias):
    """A state_dict of one layer and its storages."""
    tensors = OrderedDict(
        [
            ("0.weight", Tensor(Storage("0", weight.size), weight.shape)),
            ("0.bias", Tensor(Storage("1", bias.size), bias.shape)),
        ]
    )
    return tensors, [("0", weight.astype("<f4").tobytes()), ("1", bias.astype("<f4").tobytes())]


@pytest.fixture
def plain():
    return state(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([0.5, 0.25, 0.0]))


def test_what_is_written_here_is_read(tmp_path, plain):
    tensors, storages = plain
    (tmp_path / "a.pt").write_bytes(archive(pickled(tensors), storages))
    network = read_network(tmp_path / "a.pt")
    np.testing.assert_array_equal(network.layers[0].weight, [[1, 2], [3, 4], [5, 6]])
    np.testing.assert_array_equal(network.layers[0].bias, [0.5, 0.25, 0])


def test_numbers_of_the_other_byte_order(tmp_path, plain):
    tensors, _ = plain
    storages = [("0", np.arange(6, dtype=">f4").tobytes()), ("1", np.ones(3, ">f4").tobytes())]
    data = archive(pickled(tensors), storages, extra=[("net/byteorder", "big")])
    (tmp_path / "a.pt").write_bytes(data)
    np.testing.assert_array_equal(read_network(tmp_path / "a.pt").layers[0].weight, np.arange(6).reshape(3, 2))


class Hostile:
    """Whoever unpickles it makes a folder."""

    def __init__(self, trap):
        self.trap = trap

    def __reduce__(self):
        return os.mkdir, (str(self.trap),)


def legacy(*objects):
    return b"".join(pickle.dumps(obj, 2) for obj in (MAGIC, 1001, {"little_endian": True}, *objects))


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("wrap", ["alone", "beside", "state", "legacy", "bare"])
def test_a_pickle_that_would_run_code_runs_nothing(tmp_path, plain, one_line, protocol, wrap):
    trap = tmp_path / "trap"
    hostile = Hostile(trap)
    tensors, storages = plain
    if wrap == "beside":
        tensors["extra"] = hostile
    content = {"alone": hostile, "beside": tensors, "state": {"state_dict": tensors, "x": hostile}}.get(wrap, hostile)
    if wrap in ("legacy", "bare"):
        dumped = pickle.dumps(hostile, protocol)
        data = legacy() + dumped if wrap == "legacy" else dumped
    else:
        data = archive(pickled(content, protocol), storages)
    pickle.loads(pickle.dumps(hostile))  # it works
    assert trap.exists()
    trap.rmdir()
    line = one_line(data)
    assert not trap.exists()
    if wrap != "bare":
        assert "nothing was run" in line or "posix.mkdir" in line or "instruction" in line


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (b"cos\nsystem\n(S'touch /tmp/never'\ntR.", "call os.system: nothing was run"),
        (b"(S'touch /tmp/never'\nios\nsystem\n.", "instruction INST"),
        (b"(cos\nsystem\nS'touch /tmp/never'\no.", "instruction OBJ"),
        (b"cbuiltins\neval\n(S'1/0'\ntR.", "call builtins.eval"),
        (b"c__builtin__\ngetattr\n(cos\nsystem\nS'x'\ntR.", "call __builtin__.getattr"),
        (b"\x82\x01.", "instruction EXT1"),
        (b"\x80\x02.", "damaged"),
        (b"]", "damaged|doesn't end|pickle"),
        (b"g5\n.", "damaged"),
        (b"(((", "pickle|damaged"),
        (b"0.", "damaged"),
        (b"}(]K\x01u.", "neither text nor numbers"),
        (b"cos\nsystem\n.", "neither a state_dict nor a module"),
        (b"cos\nsystem\n)\x81}b.", "no module of PyTorch"),
        (b"cos\nsystem\n)\x81}U\x08_modulesK\x01sb.", "no module of PyTorch"),
        (b"ctorch._utils\n_rebuild_tensor_v2\n)R.", "damaged"),
        (b"ccollections\nOrderedDict\n(K\x01tR.", "damaged"),
        (b"U\x04netzQ.", "no storage"),
        (b"P5\n.", "instruction PERSID"),
    ],
)
def test_programs_of_all_kinds_end_in_one_line(program, words, one_line):
    import re

    line = one_line(archive(program))
    assert re.search(words, line), line
    assert not os.path.exists("/tmp/never")


def test_nothing_is_imported(one_line):
    one_line(archive(b"cantigravity\nfly\n)\x81}b."))
    assert "antigravity" not in sys.modules


def test_a_class_is_a_name_and_an_object_a_record():
    content = read_pickle(io.BytesIO(b"\x80\x02clesson\nNet\n)\x81}U\x01aK\x07sb."), {})
    assert isinstance(content, Record)
    assert content.kind == Name("lesson", "Net")
    assert content.state == {"a": 7}


def test_a_tuple_of_tuples_of_itself_is_no_key(one_line):
    """Hashing it would take 2**60 steps."""
    program = b"\x80\x02)" + b"2\x86" * 60 + b"0}" + b")" + b"2\x86" * 60 + b"K\x01s."
    assert "neither text nor numbers" in one_line(archive(program))


def test_modules_that_hold_each_other_in_a_circle(one_line):
    sequential = b"ctorch.nn.modules.container\nSequential\n)\x81q\x01"
    program = b"\x80\x02" + sequential + b"}X\x08\x00\x00\x00_modules}X\x01\x00\x00\x000h\x01ssb."
    assert "in a circle" in one_line(archive(program))


@pytest.mark.parametrize(
    ("tensor", "storages", "words"),
    [
        (Tensor(Storage("0", 4), (3, 2)), {"0": 16}, "ends behind its 4 numbers"),
        (Tensor(Storage("0", 6), (3, 2), (2, -1)), {"0": 24}, "odd place, shape or stride"),
        (Tensor(Storage("0", 6), (3, 2), (2,)), {"0": 24}, "as many strides"),
        (Tensor(Storage("0", 6), (10**9, 10**9), (0, 0)), {"0": 24}, "expected at most"),
        (Tensor(Storage("0", 10**12), (3, 2)), {"0": 24}, "storage of 1,000,000,000,000 numbers"),
        (Tensor(Storage("0", 6), (3, 2)), {"0": 20}, "cut off"),
        (Tensor(Storage("0", 6), (3, 2)), {}, "lacks"),
        (Tensor(Storage("../../etc/passwd", 6), (3, 2)), {}, "lacks"),
        (Tensor(Storage("0", 6, "QUInt8Storage"), (3, 2)), {"0": 24}, "of the kind QUInt8Storage"),
        (Tensor(Storage("0", 6), (3, 2), offset=1), {"0": 24}, "ends behind"),
        (Tensor("no", (3, 2)), {"0": 24}, "odd place"),
        (Tensor(Storage("0", 6), (1,) * 9), {"0": 24}, "strides"),
    ],
)
def test_tensors_that_lie(tensor, storages, words, one_line):
    data = archive(pickled({"0.weight": tensor}), [(key, b"\0" * n) for key, n in storages.items()])
    assert words in one_line(data)


def test_numbers_that_are_not_finite(plain, one_line):
    tensors, storages = plain
    storages[0] = ("0", np.array([1, np.nan, 2, 3, 4, np.inf], "<f4").tobytes())
    assert "the weight of the layer '0' holds NaN or infinity" in one_line(archive(pickled(tensors), storages))


@pytest.mark.parametrize(
    ("names", "shapes", "words"),
    [
        (["conv.weight", "conv.bias"], [(4, 1, 3, 3), (4,)], "a convolution"),
        (["rnn.weight_ih_l0", "rnn.weight_hh_l0"], [(4, 2), (4, 4)], "a recurrent layer"),
        (["a.in_proj_weight", "a.in_proj_bias"], [(6, 2), (6,)], "attention"),
        (["norm.weight", "norm.bias"], [(4,), (4,)], "LayerNorm"),
        (["0.parametrizations.weight.original0"], [(4, 1)], "parametrisation"),
        (["fc.bias"], [(4,)], "no weight"),
    ],
)
def test_layers_that_a_network_here_does_not_have_are_named(names, shapes, words, one_line):
    tensors = {
        name: Tensor(Storage(str(i), int(np.prod(shape))), shape)
        for i, (name, shape) in enumerate(zip(names, shapes, strict=True))
    }
    storages = [(str(i), np.zeros(shape, "<f4").tobytes()) for i, shape in enumerate(shapes)]
    line = one_line(archive(pickled(tensors), storages), activations="relu")
    assert words in line
    assert names[0].split(".")[0] in line


def test_a_bomb_is_refused_by_what_it_promises(tmp_path, one_line):
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("net/data.pkl", b"\x80\x02}.")
        with file.open("net/data/0", "w") as entry:
            for _ in range(300):
                entry.write(b"\0" * (1 << 20))
    assert path.stat().st_size < 1_000_000
    assert "the limit is" in one_line(path)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "C:\\x"])
def test_entries_out_of_the_archive(name, one_line):
    assert "leads out of the archive" in one_line(archive(b"\x80\x02}.", extra=[(name, "x")]))


def test_thousands_of_entries(one_line):
    assert "5,001 entries" in one_line(archive(b"\x80\x02}.", extra=[(f"{i}", "") for i in range(5000)]))


def test_the_old_format_with_a_storage_that_lies(one_line, plain):
    content = pickled(OrderedDict([("0.weight", Tensor(Storage("0", 6), (3, 2)))]))
    head = legacy() + content + pickle.dumps(["0"], 2)
    assert "has 7 numbers, not 6" in one_line(head + struct.pack("<q", 7) + b"\0" * 24)
    assert "cut off" in one_line(head + struct.pack("<q", 6) + b"\0" * 20)
    assert "table of storages" in one_line(legacy() + content + pickle.dumps(["1"], 2))
    assert "version 1002" in one_line(b"".join(pickle.dumps(obj, 2) for obj in (MAGIC, 1002, {})))
