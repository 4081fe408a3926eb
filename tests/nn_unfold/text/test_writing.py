"""Text, formulas and live numbers."""

from __future__ import annotations

import numpy as np
import pytest
from manim import UP, FadeIn, Text, VGroup, tempconfig

from nn_unfold.errors import UnfoldError
from nn_unfold.motion.follow import Follow
from nn_unfold.text import catalog as catalogs
from nn_unfold.text import font, labels
from nn_unfold.text.catalog import translate
from nn_unfold.text.font import check_glyphs
from nn_unfold.text.formulas import formula
from nn_unfold.text.labels import CAPTION_COLUMNS, anchored, caption, columns, in_lines, label, stack
from nn_unfold.text.numbers import LiveAffine, LiveMatrix, LiveNumber
from nn_unfold.theme import theme


def entry(live, row=0, column=0):
    """The outline of a number of a LiveMatrix."""
    return live.entries[row * live.columns + column].points


def of(text, like):
    """The outline that the characters of a number have, flush right in the first place of a matrix."""
    start = like.columns_wide - len(text)
    return np.concatenate([like.glyphs[c] + [(start + i) * like.advance, 0, 0] for i, c in enumerate(text)])


# Text


def test_a_glyph_that_the_font_lacks_is_named():
    check_glyphs("plane 平面 −1")
    with pytest.raises(UnfoldError, match=r"'🙂' \(U\+1F642 SLIGHTLY SMILING FACE\)"):
        label("a plane 🙂")
    rare = next(chr(c) for c in range(0x4E00, 0x9FFF) if c not in font._glyphs())
    with pytest.raises(UnfoldError, match=f"no glyph for '{rare}'"):
        formula(f'"{rare}"')


def test_labels_take_size_and_colour_of_the_theme_unless_told():
    text = label("plane")
    assert text.get_color().to_hex().lower() == theme().ink
    assert label("plane", size=2 * theme().label_size).height == pytest.approx(2 * text.height, rel=0.05)
    assert label("plane", colour="#ff0000").get_color().to_hex().lower() == "#ff0000"


def test_a_label_is_the_outline_of_its_text_the_first_time_and_the_next(tmp_path):
    with tempconfig({"media_dir": str(tmp_path)}):
        for _ in range(2):
            labels._letters.cache_clear()
            text = Text("all planes, 平面", font=theme().font, font_size=theme().label_size, disable_ligatures=True)
            letters = [part.points for part in text if part.get_fill_opacity() > 0]
            assert len(letters) == len("allplanes,平面")
            np.testing.assert_allclose(label("all planes, 平面").points, np.concatenate(letters), rtol=0, atol=1e-12)
        [stored] = tmp_path.rglob("*.npy")
        whole = stored.read_bytes()
        for damaged in (b"", whole[:1000], b"not an array"):
            stored.write_bytes(damaged)
            labels._letters.cache_clear()
            np.testing.assert_allclose(label("all planes, 平面").points, np.concatenate(letters), rtol=0, atol=1e-12)
            assert stored.read_bytes() == whole
    labels._letters.cache_clear()


@pytest.fixture
def catalog(tmp_path, monkeypatch):
    """A catalog of one message in a language that there is not."""
    (tmp_path / "xx.toml").write_text('"plane" = "Ebene"\n', encoding="utf-8")
    monkeypatch.setattr(catalogs, "CATALOGS", tmp_path)
    catalogs._catalog.cache_clear()
    yield monkeypatch
    catalogs._catalog.cache_clear()


def test_texts_are_translated_where_the_catalog_has_them(catalog):
    assert translate("plane") == "plane"
    catalog.setenv("UNFOLD_LANGUAGE", "xx")
    assert (translate("plane"), translate("crease")) == ("Ebene", "crease")
    assert label("plane").words == "Ebene"
    assert LiveNumber("plane", 0.0)[0].words.startswith("Ebene")
    catalog.setenv("UNFOLD_LANGUAGE", "yy")
    with pytest.raises(UnfoldError, match=r"no catalog for the language 'yy': .* to one of en, xx"):
        translate("plane")


def test_captions_break_into_two_lines_of_like_length():
    text = "Between two captions of the same length there is hardly any difference to be seen"
    first, second = in_lines(text)
    assert f"{first} {second}" == text
    assert abs(columns(first) - columns(second)) < 12
    assert in_lines("short") == ["short"]
    chinese = "平面" * 30
    assert "".join(in_lines(chinese)) == chinese
    assert max(map(columns, in_lines(chinese))) <= CAPTION_COLUMNS
    with pytest.raises(UnfoldError, match="shorten it"):
        in_lines("word " * 40)
    with pytest.raises(UnfoldError, match="shorten it"):
        in_lines("w" * 100)


def test_the_lines_of_captions_have_a_fixed_pitch():
    low, high = (caption(f"{word} " * 16) for word in ("noon", "Ably"))
    assert len(low) == len(high) == 2
    pitches = [(rows[0].get_center() - rows[1].get_center())[1] for rows in (low, high)]
    assert pitches[0] == pytest.approx(pitches[1], abs=0.02)


def test_what_is_anchored_goes_with_its_place(stage):
    text = anchored(label("here"), np.array([1.0, 2.0, 0.0]), 0.5 * UP)
    for part in text.get_family():
        np.testing.assert_array_equal(part.anchor, [1.0, 2.0, 0.0])
    np.testing.assert_allclose(text.get_center(), [0, 0.5, 0], atol=1e-9)


def test_a_stack_is_flush_left():
    rows = stack(label("a"), label("wide"), label("wider still"))
    lefts = [row.get_left()[0] for row in rows]
    np.testing.assert_allclose(lefts, lefts[0])
    assert rows[0].get_bottom()[1] > rows[1].get_top()[1] > rows[2].get_top()[1]


# Live numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (-0.001, "0.00"),
        (-0.5, "−0.50"),
        (1.005, "1.00"),
        (9.996, "10.00"),
        (-12.3, "−12.3"),
        (1234.5, "1234"),
        (-12345.0, None),
    ],
)
def test_a_number_has_a_fixed_place_and_gives_up_decimals_where_it_is_long(value, text):
    live = LiveMatrix([[7.0]], brackets=False)
    if text is None:
        with pytest.raises(UnfoldError, match="-12345 has no room in 5 characters"):
            live.set_values([[value]])
    else:
        np.testing.assert_allclose(entry(live.set_values([[value]])), of(text, live), atol=1e-12)


def test_numbers_stand_in_rows_and_columns():
    live = LiveMatrix([[1.0, 2.0], [3.0, 4.0]])
    base = of("2.00", live)
    np.testing.assert_allclose(entry(live, 0, 1), base + np.array([live.pitch[0], 0, 0]), atol=1e-12)
    np.testing.assert_allclose(entry(live, 1, 0), of("3.00", live) - [0, live.pitch[1], 0], atol=1e-12)
    with pytest.raises(UnfoldError, match=r"2 rows and 2 columns, but was given \(2, 3\)"):
        live.set_values(np.zeros((2, 3)))


def test_brackets_hold_the_numbers():
    live = LiveMatrix([[-1.0, -2.0], [-3.0, -4.0]])
    left, right = live[2], live[3]
    assert left.get_right()[0] <= live.entries.get_left()[0] + 0.05
    assert right.get_left()[0] >= live.entries.get_right()[0] - 0.05
    for side in (left, right):
        assert side.get_top()[1] > live.entries.get_top()[1]
        assert side.get_bottom()[1] < live.entries.get_bottom()[1]


def test_a_nan_leaves_its_place_empty():
    live = LiveMatrix([[np.nan, 1.0]])
    assert not len(entry(live))
    assert len(entry(live.set_values([[1.0, np.nan]])))
    assert not len(entry(live, 0, 1))


def test_centred_numbers_have_the_same_middle():
    live = LiveMatrix([[0.25]], brackets=False, centred=True).centre_on(np.array([1.0, 2.0, 0.0]))
    middle = live.entries.get_center()
    np.testing.assert_allclose(middle, [1, 2, 0], atol=0.02)
    live.set_values([[10.25]])
    np.testing.assert_allclose(live.entries.get_center(), middle, atol=0.02)


def test_new_numbers_stand_where_the_matrix_was_moved_turned_and_scaled_to():
    moved, fresh = LiveMatrix([[1.0, -2.0]]), LiveMatrix([[3.0, -4.0]])
    for live in (moved, fresh):
        live.shift([1, 2, 0]).scale(0.5).rotate(0.3, about_point=np.zeros(3))
    moved.set_values([[3.0, -4.0]])
    for one, other in zip(moved.entries, fresh.entries, strict=True):
        np.testing.assert_allclose(one.points, other.points, atol=1e-9)


def test_a_number_and_its_name_stand_on_one_line():
    for name in ("loss", "epoch", "accuracy"):
        live = LiveNumber(name, 0.25)
        words = live[0]
        assert words.words == name
        # No letter reaches the number, not even before a minus, and those without a tail stand on its line.
        live.set_value(-0.25)
        assert words.get_right()[0] < live.number.entries.get_left()[0]
        assert words.foot == pytest.approx(live.number.entries.get_bottom()[1], abs=0.02)
    assert len(LiveNumber("", 1.0)) == 1


def test_an_affine_map_shows_its_numbers():
    live = LiveAffine(np.eye(2), np.zeros(2))
    live.show(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, -6.0]))
    fresh = LiveAffine(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, -6.0]))
    for one, other in ((live.weight, fresh.weight), (live.bias, fresh.bias)):
        for a, b in zip(one.entries, other.entries, strict=True):
            np.testing.assert_allclose(a.points - one.frame.points[0], b.points - other.frame.points[0], atol=1e-9)
    assert live.weight.get_right()[0] < live.bias.get_left()[0]


def test_a_read_out_follows_a_function_of_time(stage):
    live = LiveNumber("", 0.0)
    stage.add(live)
    follow = Follow(live, lambda t: (t**2,), live.set_value)
    follow.begin()
    follow.interpolate(0.5)
    np.testing.assert_allclose(entry(live.number), of("0.25", live.number), atol=1e-12)
    stage.play(Follow(live, lambda t: (t**2,), live.set_value))
    np.testing.assert_allclose(entry(live.number), of("1.00", live.number), atol=1e-12)


def test_live_numbers_fade(stage, picture):
    empty = picture(stage)
    live = LiveMatrix([[1.0]])
    stage.play(FadeIn(live))
    assert (picture(stage) != empty).any()
    stage.remove(live)
    stage.add(VGroup(live).set_opacity(0))
    np.testing.assert_array_equal(picture(stage), empty)


def test_only_the_ink_of_a_matrix_can_be_seen(stage, picture):
    matrix = LiveMatrix([[0.5, 0.25]], brackets=False)
    stage.add(matrix)
    before = picture(stage)
    matrix.set_opacity(1).set_stroke(width=0, opacity=1)
    np.testing.assert_array_equal(picture(stage), before)
    stage.play(matrix.animate.set_opacity(0))
    assert not np.array_equal(picture(stage), before)
    stage.play(matrix.animate.set_opacity(1))
    np.testing.assert_array_equal(picture(stage), before)
