"""Films in a notebook: what is shown holds the film, and needs no file afterwards."""

from __future__ import annotations

import builtins
import io
import re

import numpy as np
import pytest
from manim import Square
from PIL import Image

from nn_unfold import Stage, show_film, show_page, show_still
from nn_unfold.errors import UnfoldError


class Shown(Stage):
    """A square."""

    def construct(self):
        with self.beat("A square."):
            self.add(Square(fill_opacity=1, color="#ff0000"))


@pytest.fixture(autouse=True)
def somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_still_of_a_class_has_the_theme(tmp_path):
    shown = np.asarray(Image.open(io.BytesIO(show_still(Shown, quality="l", theme="light").data)).convert("RGB"))
    assert shown.shape == (480, 854, 3)
    assert shown[0, 0].min() > 200
    assert (shown[200, 427] == [255, 0, 0]).all()


def test_a_film_is_embedded():
    shown = show_film(Shown, quality="l")
    assert shown.embed
    assert len(re.search(r"data:video/mp4;base64,([A-Za-z0-9+/=]+)", shown._repr_html_())[1]) > 5000


def test_a_page_is_embedded(tmp_path):
    text = show_page(Shown, height=300).data
    assert "height: 300px" in text
    assert "A square." not in re.sub(r'srcdoc="[^"]*"', "", text)  # all of the page is in the frame
    assert "&lt;!doctype html&gt;" in text


def test_what_can_not_be_shown_is_told(monkeypatch):
    with pytest.raises(UnfoldError, match=r"no film 'relu_fild'\. Did you mean relu_fold"):
        show_film("relu_fild")
    with pytest.raises(UnfoldError, match="no option 'them'"):
        show_film(Shown, them="light")
    with pytest.raises(UnfoldError, match="expected one of l, m"):
        show_still(Shown, quality="x")
    with pytest.raises(UnfoldError, match="not a film of Unfold"):
        show_still(dict)
    given = builtins.__import__

    def missing(name, *rest):
        if name.startswith("IPython"):
            raise ModuleNotFoundError(name=name)
        return given(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UnfoldError, match="install IPython"):
        show_film(Shown)
