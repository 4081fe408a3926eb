"""Pictures: the painter shows each pixel where it lies, through any map; points show their own pictures."""

from __future__ import annotations

import runpy
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from manim import PI, Rotate

from nn_core.network import Layer, Network
from nn_unfold.errors import UnfoldError
from nn_unfold.motion.flows import ActivationFlow, AffineFlow
from nn_unfold.space.picture import Picture, PictureCloud, house, read_picture
from nn_unfold.stage import layout
from nn_unfold.stage.view import TOP

STILLS = Path(__file__).parent / "stills"
QUARTERS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 0]]], dtype=np.uint8)  # top row first


@pytest.fixture
def pixel(stage, picture):
    """The colour on the screen at a point of the scene."""

    def pixel(place):
        x, y, _ = stage.camera.project_point(np.asarray(place, dtype=float))
        frame = picture(stage)
        h, w, _ = frame.shape
        return frame[round(h * (0.5 - y / stage.camera.frame_height)), round(w * (0.5 + x / stage.camera.frame_width))]

    return pixel


@pytest.fixture
def flat(stage):
    """Without shading, colours are those of the picture."""
    stage.camera.tokens = type(stage.tokens)(**{**vars(stage.tokens), "shading": 0.0})


@pytest.mark.parametrize("name", ["folded_picture", "pictures_as_points"])
def test_stills(name, play, snapshot):
    film = runpy.run_path(str(STILLS / f"{name}.py"))["".join(word.capitalize() for word in name.split("_"))]
    stage = play(film)
    snapshot(stage, name)
    assert layout.findings(stage) == []


def test_a_picture_lies_upright_in_its_box():
    sheet = Picture(np.zeros((30, 60, 3), dtype=np.uint8), height=2.0, centre=(1.0, -1.0))
    assert sheet.box == (-1.0, 3.0, -2.0, 0.0)


@pytest.mark.usefixtures("flat")
def test_every_quarter_is_shown_in_its_place_and_moves_with_the_sheet(stage, pixel):
    sheet = Picture(np.kron(QUARTERS, np.ones((32, 32, 1), dtype=np.uint8)), grid=5.0)
    stage.add(sheet)
    stage.look(sheet, phi=TOP[0], theta=TOP[1])
    places = {(-0.5, 0.5): (0, 0), (0.5, 0.5): (0, 1), (-0.5, -0.5): (1, 0), (0.5, -0.5): (1, 1)}
    for (x, y), quarter in places.items():
        np.testing.assert_allclose(pixel([x, y, 0]), QUARTERS[quarter], atol=3)
    stage.play(Rotate(sheet, PI / 2))
    for (x, y), quarter in places.items():
        np.testing.assert_allclose(pixel([-y, x, 0]), QUARTERS[quarter], atol=3)


@pytest.mark.usefixtures("flat")
def test_a_network_carries_the_picture_along(stage, pixel):
    layer = Layer([[0.8, 0.6], [-0.6, 0.8]], [0.3, 0.1], "leaky_relu")
    sheet = Picture(np.kron(QUARTERS, np.ones((32, 32, 1), dtype=np.uint8)), network=Network([layer]), grid=5.0)
    stage.add(sheet)
    stage.play(AffineFlow(sheet, layer=layer))
    stage.play(ActivationFlow(sheet, layer=layer))
    stage.look(sheet, phi=TOP[0], theta=TOP[1])
    for x, y, quarter in [(-0.5, 0.6, (0, 0)), (0.5, 0.6, (0, 1)), (-0.2, -0.15, (1, 0))]:
        moved = layer.activation(np.array([x, y]) @ layer.weight.T + layer.bias)
        np.testing.assert_allclose(pixel([*moved, 0]), QUARTERS[quarter], atol=3)


@pytest.mark.usefixtures("flat")
def test_what_is_transparent_shows_what_is_behind(stage, pixel):
    window = np.zeros((16, 16, 4), dtype=np.uint8)
    window[:, :8] = [0, 255, 0, 255]
    behind = Picture(np.full((4, 4, 3), [255, 0, 0], dtype=np.uint8), height=4.0, grid=50.0)
    sheet = Picture(window, grid=50.0).shift([0, 0, 0.1])
    stage.add(behind, sheet)
    stage.look(behind, phi=TOP[0], theta=TOP[1])
    np.testing.assert_allclose(pixel([-0.5, 0.5, 0.1]), [0, 255, 0], atol=3)
    np.testing.assert_allclose(pixel([0.5, 0.5, 0.1]), [255, 0, 0], atol=3)


def test_points_show_their_own_pictures(stage, pixel):
    shades = np.linspace(0.1, 1.0, 7)
    X = np.array([[0.0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1], [1, 2]])
    cloud = PictureCloud(np.ones((7, 9, 9)) * shades[:, None, None], X, radius=40)
    stage.add(cloud)
    stage.look(cloud, phi=TOP[0], theta=TOP[1])
    for place, shade in zip(X, shades, strict=True):
        np.testing.assert_allclose(pixel([*place, 0]), 255 * shade, atol=3)


def test_a_thumbnail_stands_upright(stage, picture):
    digit = np.zeros((20, 20))
    digit[:10, :10] = 1.0
    cloud = PictureCloud(digit[None], np.zeros((1, 2)), radius=300)
    stage.add(cloud)
    frame = picture(stage).astype(int)
    h, w = frame.shape[0] // 2, frame.shape[1] // 2
    bright = [frame[h + dy, w + dx].mean() > 128 for dy, dx in ((-40, -40), (-40, 40), (40, -40), (40, 40))]
    assert bright == [True, False, False, False]


def test_the_house_is_no_mirror_image_of_itself():
    drawn = house(64).astype(int)
    assert drawn.shape == (64, 64, 3)
    for mirrored in (drawn[::-1], drawn[:, ::-1], drawn.swapaxes(0, 1), np.rot90(drawn)):
        assert np.abs(drawn - mirrored).mean() > 10


def test_files_and_grey_arrays_are_read(tmp_path):
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    iio.imwrite(tmp_path / "grey.png", grey)
    np.testing.assert_array_equal(read_picture(tmp_path / "grey.png"), np.repeat(grey[..., None], 3, axis=2))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((4, 4, 3)), r"this has \(4, 4, 3\) and float64"),
        (np.zeros((4, 4, 2), np.uint8), r"\(4, 4, 2\)"),
        ("nowhere.png", "nowhere.png can't be read .*: give a PNG or JPEG file"),
    ],
)
def test_what_is_no_picture_is_refused(wrong, message):
    with pytest.raises(UnfoldError, match=message):
        Picture(wrong)


def test_as_many_pictures_as_points():
    with pytest.raises(UnfoldError, match="3 pictures for 2 points"):
        PictureCloud(np.zeros((3, 8, 8)), np.zeros((2, 2)))


def test_a_picture_that_shows_a_network_keeps_its_picture():
    picture = Picture()
    pixels, corners = picture.faces.picture, picture.faces.uv.copy()
    front = Network([Layer([[1.0, 0.5], [0.0, 1.0]], [0.2, 0.0]), Layer([[1.0, 0.0]], [0.0])])
    folding = Network([Layer([[1.0, 0.5], [0.0, 1.0]], [0.2, 0.0], "relu"), Layer([[1.0, 0.0]], [0.0])])
    picture.show(front)
    assert picture.faces.picture is pixels
    assert (picture.faces.rgba == 1).all()
    split = Picture(network=folding)
    split.show(folding)
    np.testing.assert_array_equal(split.faces.picture, pixels)
    assert (split.faces.rgba == 1).all()
    assert len(split.faces.points) > len(corners)
    box = np.array(split.box)
    np.testing.assert_allclose(split.faces.uv, (split.faces.origin - box[::2]) / (box[1::2] - box[::2]))
