"""Three lines for a notebook: a network in memory is shown as its file would be."""

from __future__ import annotations

import os

import numpy as np
import pytest

from nn_core.network import Network
from nn_core.readers import read_points
from nn_core.storage import load
from nn_unfold import show
from nn_unfold.errors import UnfoldError
from nn_unfold.out import rendering
from nn_unfold.settings import option

X = np.random.default_rng(0).normal([40, 5, 3, 2], size=(30, 4))
NETWORK = Network.create([4, 5, 2], "relu", rng=np.random.default_rng(1))


@pytest.fixture
def rendered(monkeypatch, tmp_path, studio):
    """What the film would be rendered with."""
    seen = {}

    def render(film, settings, **more):
        seen.update(film=film.name, settings=settings, network=load(option("network")), features=option("features"))
        if option("data"):
            seen["points"] = read_points(option("data"))
        return tmp_path / "film.mp4"

    monkeypatch.setattr(rendering, "render_whole", render)
    return seen


@pytest.mark.parametrize(
    "labels", [np.arange(30) % 2, np.array(["no", "yes"] * 15), np.array(["no", "yes"] * 15, object)]
)
def test_a_network_in_memory_is_shown_with_its_data(rendered, tmp_path, labels):
    before = dict(os.environ)
    path = show(NETWORK, X, labels, names=["a", "b", "c", "d"], features="a,c", film="your_network", media_dir=tmp_path)
    assert path == tmp_path / "film.mp4"
    assert (rendered["film"], rendered["features"]) == ("your_network", "a,c")
    np.testing.assert_array_equal(rendered["network"].parameters, NETWORK.parameters)
    np.testing.assert_array_equal(rendered["points"].X, X)
    np.testing.assert_array_equal(rendered["points"].y, np.arange(30) % 2)
    assert rendered["points"].names == ("a", "b", "c", "d")
    assert dict(os.environ) == before


def test_in_a_notebook_it_is_a_video(rendered, tmp_path, monkeypatch):
    import IPython

    (tmp_path / "film.mp4").write_bytes(b"video")
    monkeypatch.setattr(IPython, "get_ipython", object)
    assert "<video" in show(NETWORK, X, classes=())._repr_html_()


def test_what_is_no_network_is_one_line(rendered):
    with pytest.raises(UnfoldError, match="The network can't be taken") as error:
        show({"weights": 3})
    assert len(str(error.value).splitlines()) == 1
    with pytest.raises(UnfoldError, match="your_netwrk"):
        show(NETWORK, film="your_netwrk")
