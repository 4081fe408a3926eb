"""Themes and options: how they are chosen, what a mistake says, and whom the colours serve."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from nn_unfold import colours
from nn_unfold.colours import VISIONS, distances, rgb
from nn_unfold.errors import UnfoldError
from nn_unfold.settings import option
from nn_unfold.space.primitives import Cloud
from nn_unfold.stage.stage import Stage
from nn_unfold.theme import THEMES, Theme, bilinear, samples_at, theme

VISIONS_OF = {name: tuple(VISIONS) if name.endswith("safe") else ("common",) for name in THEMES}


def distance(one: str, other: str, vision: str) -> float:
    """How far two colours look apart, in CIE 1976 units."""
    return float(distances(np.array([rgb(one)]), np.array([rgb(other)]), [vision])[0, 0])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    return float(colours.contrast(np.array(rgb(one)), np.array(rgb(other))))


@pytest.fixture(autouse=True)
def somewhere(tmp_path, monkeypatch):
    """A working directory without a manim.cfg."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# Choosing


def test_dark_is_the_default():
    assert theme().name == "dark"
    assert option("language") == "en"


@pytest.mark.parametrize("name", ["dark", "light", "dark-safe", "light-safe"])
def test_a_theme_by_the_environment(name, monkeypatch):
    monkeypatch.setenv("UNFOLD_THEME", name)
    assert theme() is THEMES[name]
    assert theme().name == name


def test_a_theme_by_manim_cfg_and_the_environment_before_it(somewhere, monkeypatch):
    (somewhere / "manim.cfg").write_text("[CLI]\nframe_rate = 5\n[unfold]\ntheme = light-safe\n")
    assert theme().name == "light-safe"
    monkeypatch.setenv("UNFOLD_THEME", "light")
    assert theme().name == "light"


def test_a_stage_takes_the_theme_in_force(monkeypatch, picture):
    monkeypatch.setenv("UNFOLD_THEME", "light")
    stage = Stage(skip_animations=True)
    stage.add(Cloud([[0.0, 0.0]]))
    np.testing.assert_allclose(picture(stage)[0, 0] / 255, rgb(THEMES["light"].background), atol=0.01)


# Mistakes


def test_an_unknown_theme_is_named_with_all_that_there_are(monkeypatch):
    monkeypatch.setenv("UNFOLD_THEME", "drak")
    with pytest.raises(UnfoldError, match=r"theme is 'drak' \(UNFOLD_THEME\), expected one of dark, light, dark-safe"):
        theme()


def test_an_unknown_option_is_named_with_its_file(somewhere):
    (somewhere / "manim.cfg").write_text("[unfold]\ncolour = red\n")
    with pytest.raises(UnfoldError, match=r"manim\.cfg has an option 'colour', expected one of language, theme"):
        theme()


@pytest.mark.parametrize("text", ["theme = light\n", "[unfold\n", "[unfold]\ntheme\n", "[unfold]\n[unfold]\n", "\xff"])
def test_a_file_that_cannot_be_read_is_one_line(somewhere, text):
    (somewhere / "manim.cfg").write_bytes(text.encode("latin-1"))
    with pytest.raises(UnfoldError, match=r"manim\.cfg cannot be read") as error:
        theme()
    assert len(str(error.value).splitlines()) == 1


def test_more_classes_than_colours():
    with pytest.raises(UnfoldError, match="The data have 99 classes, and eyes can tell 32"):
        theme().class_colours(99)


# Colours


def test_colours_are_measured_as_the_standards_say():
    # White, red, green and blue of sRGB in CIE L*a*b*, and a pair of grey at the contrast of WCAG's own example.
    expected = [[100, 0, 0], [53.24, 80.09, 67.20], [87.73, -86.18, 83.18], [32.30, 79.19, -107.86]]
    found = colours.lab(np.array([rgb(colour) for colour in ("#ffffff", "#ff0000", "#00ff00", "#0000ff")]))
    np.testing.assert_allclose(found, expected, atol=0.03)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    # Red and green of like lightness are one to a protanope, blue and yellow are not.
    assert distance("#b03a2e", "#5d5a2e", "protanopia") < 0.45 * distance("#b03a2e", "#5d5a2e", "common")
    assert distance("#2040ff", "#ffe020", "protanopia") > 100


@pytest.mark.parametrize("name", THEMES)
def test_twenty_classes_look_apart(name):
    tokens = THEMES[name]
    found = tokens.class_colours(20)
    assert len(set(found)) == 20
    assert found[: len(tokens.classes)] == tokens.classes
    least = 15 if name.endswith("safe") else 25
    for vision in VISIONS_OF[name]:
        closest = min((distance(*pair, vision), pair) for pair in combinations(found, 2))
        assert closest[0] > least, f"{closest[1]} are {closest[0]:.1f} apart to {vision} vision"
    # The first of many are those of few: a class keeps its colour where more are added.
    assert all(tokens.class_colours(n) == found[:n] for n in range(3, 20))
    assert len(set(tokens.class_colours(32))) == 32
    for colour in found[len(tokens.classes) :]:
        assert contrast(colour, tokens.background) >= 2
        assert distance(colour, tokens.ink, "common") > least


@pytest.mark.parametrize("name", ["dark-safe", "light-safe"])
@pytest.mark.parametrize("vision", ["common", "protanopia", "deuteranopia"])
def test_classes_of_the_safe_themes_look_apart(name, vision):
    colours = THEMES[name].classes
    closest = min((distance(*pair, vision), pair) for pair in combinations(colours, 2))
    assert closest[0] > 15, f"{closest[1]} are {closest[0]:.1f} apart"


@pytest.mark.parametrize("name", ["dark-safe", "light-safe"])
@pytest.mark.parametrize("vision", ["common", "protanopia", "deuteranopia"])
def test_signs_of_weights_and_both_classes_look_apart_in_the_safe_themes(name, vision):
    tokens = THEMES[name]
    assert distance(tokens.positive, tokens.negative, vision) > 40
    assert distance(*tokens.binary, vision) > 40


def test_the_check_of_colour_blindness_can_fail():
    assert distance("#c04040", "#508030", "common") > 60
    assert distance("#c04040", "#508030", "deuteranopia") < 25


@pytest.mark.parametrize("name", THEMES)
def test_classes_look_apart_to_common_vision(name):
    assert min(distance(*pair, "common") for pair in combinations(THEMES[name].classes, 2)) > 15


@pytest.mark.parametrize("name", THEMES)
def test_text_can_be_read_on_the_background(name):
    tokens = THEMES[name]
    assert contrast(tokens.ink, tokens.background) > 7
    assert contrast(tokens.faint, tokens.background) > 4.5


@pytest.mark.parametrize("name", THEMES)
def test_creases_and_boundaries_stand_out_from_the_sheet(name):
    tokens = THEMES[name]
    visions = VISIONS_OF[name]
    for line in (tokens.crease, tokens.boundary):
        for corner in tokens.corners:
            for vision in visions:
                assert distance(line, corner, vision) > 25, f"{line} on {corner} to {vision}"


@pytest.mark.parametrize("name", THEMES)
def test_ten_digits_have_ten_colours(name):
    assert len(set(THEMES[name].class_colours(10))) == 10


def test_every_colour_is_a_hex_string():
    for tokens in THEMES.values():
        assert isinstance(tokens, Theme)
        for colour in (tokens.background, tokens.ink, *tokens.corners, *tokens.binary, *tokens.classes):
            assert colour == "#{:02x}{:02x}{:02x}".format(*(round(255 * c) for c in rgb(colour)))


def test_a_sheet_has_the_colours_of_its_corners_and_their_mean_in_the_middle():
    corners = THEMES["dark"].corners
    where = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [0.5, 0.5]])
    expected = [rgb(colour) for colour in corners]
    np.testing.assert_allclose(bilinear(corners, where), [*expected, np.mean(expected, axis=0)])


def test_finals_have_smooth_edges_and_drafts_do_without():
    assert samples_at(1080) == samples_at(720) == 4
    assert samples_at(480) == 0
