import zipfile
from pathlib import Path

import numpy as np
import pytest

ARCHIVE = Path(__file__).parents[1] / "data" / "foreign.zip"


@pytest.fixture(scope="session")
def foreign(tmp_path_factory):
    """The folder with the files of other libraries, made by data/record_foreign.py."""
    folder = tmp_path_factory.mktemp("foreign")
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def recorded(foreign):
    """What the other libraries computed: "case/x", "case/y"."""
    with np.load(foreign / "foreign.npz") as file:
        return dict(file)


@pytest.fixture
def one_line(tmp_path):
    """Checks that reading a file ends in one line that names the file, and gives the line."""
    from nn_core.readers import read_network

    def read(data, name="file.pt", reader=read_network, **options):
        path = data
        if isinstance(data, bytes):
            path = tmp_path / name
            path.write_bytes(data)
        with pytest.raises(ValueError, match=r".") as caught:
            reader(path, **options)
        line = str(caught.value)
        assert "\n" not in line
        assert str(path) in line
        assert len(line) < 600 + len(str(path))
        return line

    return read
