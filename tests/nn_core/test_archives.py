import gzip
import io
import os
import struct
import tracemalloc
import warnings
import zipfile
import zlib

import numpy as np
import pytest

from nn_core.archives import MOST_BYTES, Archive, Gunzip, read_array, read_arrays, read_idx


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def headed(text, data=b"", version=1):
    text = text.encode()
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def zipped(path, entries, method=zipfile.ZIP_DEFLATED):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two entries of a name
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, data in entries:
                archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4),
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.arange(6, dtype=">i2").reshape(1, 2, 3),
        np.array(7),
        np.array([True, False]),
        np.array(["tanh", "ünï"]),
        np.array([b"a", b"bc"]),
        np.zeros((0, 784)),
        np.array([np.nan, np.inf], np.float16),
        np.array([1.5], np.longdouble),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_arrays_come_back_as_numpy_wrote_them(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    np.savez_compressed(tmp_path / "a.npz", a=array, b=np.ones(2))
    for found in (read_array(tmp_path / "a.npy"), read_arrays(tmp_path / "a.npz")["a"]):
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype.newbyteorder("=")
        assert found.shape == array.shape
        assert found.flags.writeable


@pytest.mark.parametrize("version", [1, 2, 3])
def test_headers_as_other_programs_write_them(tmp_path, version):
    (tmp_path / "a.npy").write_bytes(headed('{"shape":(2,),"fortran_order":False,"descr":"<i2"}', b"\1\0\2\0", version))
    assert read_array(tmp_path / "a.npy").tolist() == [1, 2]


HEADER = "{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"descr": "'|O'"}, "only real numbers and text are read"),
        ({"descr": "'<c16'"}, "only real numbers"),
        ({"descr": "'<M8[s]'"}, "only real numbers"),
        ({"descr": "[('a', '<f8')]"}, "header of its array is odd"),
        ({"descr": "'<f3'"}, "only real numbers"),
        ({"descr": "'<U999999999'"}, "only real numbers"),
        ({"descr": "'<U0'"}, "only real numbers"),
        ({"order": "1"}, "is odd"),
        ({"shape": "(True,)"}, "is odd"),
        ({"shape": "(-2,)"}, "is odd"),
        ({"shape": "2"}, "is odd"),
        ({"shape": "(2.0,)"}, "is odd"),
        ({"shape": "(9" + "0" * 30 + ",)"}, "is odd"),
        ({"shape": f"({10**17},)"}, "promises 800,000,000,000,000,000 bytes"),
        ({"shape": f"(0, {10**17})"}, "promises 800,000,000,000,000,000 bytes"),
        ({"shape": "(" + "1, " * 40 + ")"}, "40 dimensions"),
        ({"shape": "(3,)"}, r"promises 24 bytes for \(3,\), but 16 follow"),
        ({"shape": "(1,)"}, r"promises 8 bytes for \(1,\), but 16 follow"),
        ({"shape": "(" * 4000 + ")" * 4000}, "is odd"),
        ({"shape": "(" * 9000 + ")" * 9000}, "header of its array has 18,0.. bytes; at most 10,000"),
    ],
)
def test_odd_headers_are_told_in_a_line(tmp_path, change, message):
    fields = {"descr": "'<f8'", "order": "False", "shape": "(2,)"}
    good, bad = (headed(HEADER.format(**each), bytes(16)) for each in (fields, fields | change))
    (tmp_path / "a.npy").write_bytes(good)
    assert read_array(tmp_path / "a.npy").tolist() == [0, 0]
    (tmp_path / "a.npy").write_bytes(bad)
    zipped(tmp_path / "a.npz", [("a.npy", bad)])
    for read, path in ((read_array, tmp_path / "a.npy"), (read_arrays, tmp_path / "a.npz")):
        with pytest.raises(ValueError, match=message) as error:
            read(path)
        assert "\n" not in str(error.value)
        assert path.name in str(error.value)
        assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([("../a.npy", b"")], "leads out of the archive"),
        ([("/a.npy", b"")], "leads out of the archive"),
        ([("c:a.npy", b"")], "leads out of the archive"),
        ([("b/../../a.npy", b"")], "leads out of the archive"),
        ([("b\\a.npy", b"")], "leads out of the archive"),
        ([("a\n.npy", b"")], "leads out of the archive"),
        ([("a.npy", npy(np.ones(2))), ("a.npy", npy(np.ones(3)))], "'a.npy' is there twice"),
        ([(f"{i}.npy", b"") for i in range(1001)], "has 1,001 entries; at most 1,000"),
        ([("a.txt", b"hello")], "it holds 'a.txt'"),
        ([("a.npy", b"hello")], "no .npy file: it starts with b'hello'"),
    ],
)
def test_entries_that_are_not_read(tmp_path, entries, message):
    with pytest.raises(ValueError, match=message) as error:
        read_arrays(zipped(tmp_path / "a.npz", entries))
    assert "\n" not in str(error.value)


def test_links_are_not_followed(tmp_path):
    link = zipfile.ZipInfo("a.npy")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with pytest.raises(ValueError, match="is a link"):
        read_arrays(zipped(tmp_path / "a.npz", [(link, b"/etc/passwd")]))


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_only_deflate_unpacks(tmp_path, method):
    with pytest.raises(ValueError, match=rf"packed by the method {method}; only stored \(0\) and deflate \(8\)"):
        read_arrays(zipped(tmp_path / "a.npz", [("a.npy", npy(np.ones(2)))], method))


def test_encrypted_entries(tmp_path):
    path = zipped(tmp_path / "a.npz", [("a.npy", npy(np.ones(2)))])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="encrypted"):
        read_arrays(path)


def bomb(path):
    """Less than a MB that unpacks to 400 MB of zeros, as an .npy file that names them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = headed(HEADER.format(descr="'<f8'", order="False", shape=f"({25 * 2**21},)"))
    block = bytes(2**24)
    parts, size, check = [packer.compress(head)], len(head), zlib.crc32(head)
    for _ in range(25):
        parts.append(packer.compress(block))
        size, check = size + len(block), zlib.crc32(block, check)
    parts.append(packer.flush())
    packed = b"".join(parts)
    fields = (0, 8, 0, 0, check, len(packed), size, 9, 0)
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, *fields) + b"version_0"[:9]
    entry = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, *fields, 0, 0, 0, 0, 0) + b"version_0"[:9]
    body = local + packed
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(entry), len(body), 0)
    path.write_bytes(body + entry + end)
    assert len(body) < 1e6


def test_sizes_are_judged_before_bytes_are_read(tmp_path):
    bomb(tmp_path / "a.npz")
    (tmp_path / "a.gz").write_bytes(
        gzip.compress(b"\0\0\x08\x03" + struct.pack(">III", 3000, 1000, 1000) + bytes(2**22))
    )
    # Zeros without end, of which the header names few.
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"\0\0\x08\x01" + struct.pack(">I", 5) + bytes(2**26)))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"promises 419,430,\d+ bytes, the limit is 268,435,456"):
            Archive(tmp_path / "a.npz")
        with pytest.raises(ValueError, match="promises 3,000,000,000 bytes"):
            read_idx(tmp_path / "a.gz")
        with pytest.raises(ValueError, match="there are more"):
            read_idx(tmp_path / "b.gz")
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()
    with pytest.raises(ValueError, match="the limit is 100; give a larger"):
        read_arrays(zipped(tmp_path / "c.npz", [("a.npy", npy(np.ones(9)))]), limit=100)


def test_a_promise_that_deflate_cannot_keep(tmp_path):
    content = b"\0\0\x08\x01" + struct.pack(">I", MOST_BYTES)
    (tmp_path / "a.gz").write_bytes(gzip.compress(content))
    with pytest.raises(ValueError, match="there are at most"):
        read_idx(tmp_path / "a.gz")


def test_a_list_of_entries_without_end(tmp_path):
    path = zipped(tmp_path / "a.npz", [("a.npy", npy(np.ones(2)))])
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\5\6")
    data[end + 12 : end + 20] = struct.pack("<II", 2**21, 0)
    path.write_bytes(bytes(2**21) + data)
    with pytest.raises(ValueError, match="list of entries has more than"):
        Archive(path)


def test_a_folder_or_a_pipe_is_no_archive(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="no regular file"):
        Archive(tmp_path / "pipe")
    with pytest.raises(OSError, match="directory"):
        Archive(tmp_path)
    with pytest.raises(FileNotFoundError):
        Archive(tmp_path / "nothing")
    with pytest.raises(TypeError, match=r"a path is expected, .* not NoneType"):
        Archive(None)


def test_files_of_an_archive(tmp_path):
    with Archive(zipped(tmp_path / "a.zip", [("b/", b""), ("b/c.txt", b"hello")])) as archive:
        assert archive.names == ["b/c.txt"]
        assert archive.size("b/c.txt") == 5
        assert archive.read("b/c.txt") == b"hello"
        with pytest.raises(ValueError, match="lacks 'd'"):
            archive.read("d")
        with pytest.raises(ValueError, match=r"no \.npy file"):
            archive.array("b/c.txt")


def test_gzip_files_may_be_joined_but_not_of_thousands():
    def unpack(data):
        return Gunzip(io.BytesIO(data)).read(100)

    assert unpack(gzip.compress(b"one, ") + gzip.compress(b"two")) == b"one, two"
    with pytest.raises(ValueError, match="joined of more than 1,000"):
        unpack(gzip.compress(b"") * 1001)
    with pytest.raises(EOFError):
        unpack(gzip.compress(b"hello")[:-1])
    with pytest.raises(zlib.error):
        unpack(gzip.compress(b"hello")[:-8] + bytes(8))
