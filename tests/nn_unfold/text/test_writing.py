"""Text, formulas and live numbers."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path
from string import Formatter

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
    rare = next(chr(c) for c in range(0x4E00, 0x9FFF) if c not in font.font().glyphs)
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
            labels._letter_outlines.cache_clear()
            text = Text(
                "all planes, 平面", font=font.font().family, font_size=theme().label_size, disable_ligatures=True
            )
            letters = [part.points for part in text if part.get_fill_opacity() > 0]
            assert len(letters) == len("allplanes,平面")
            np.testing.assert_allclose(label("all planes, 平面").points, np.concatenate(letters), rtol=0, atol=1e-12)
        [stored] = tmp_path.rglob("*.npy")
        whole = stored.read_bytes()
        for damaged in (b"", whole[:1000], b"not an array"):
            stored.write_bytes(damaged)
            labels._letter_outlines.cache_clear()
            np.testing.assert_allclose(label("all planes, 平面").points, np.concatenate(letters), rtol=0, atol=1e-12)
            assert stored.read_bytes() == whole
    labels._letter_outlines.cache_clear()


@pytest.fixture
def catalog(tmp_path, monkeypatch):
    """Writes the shipped catalogs: by language, what stands in its file."""
    monkeypatch.setattr(catalogs, "CATALOGS", tmp_path / "shipped")
    monkeypatch.chdir(tmp_path)
    catalogs._read.cache_clear()
    (tmp_path / "shipped").mkdir()

    def write(language, text, folder="shipped"):
        (tmp_path / folder).mkdir(exist_ok=True)
        path = tmp_path / folder / f"{language}.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("UNFOLD_LANGUAGE", language)
        return path

    yield write
    catalogs._read.cache_clear()


def test_texts_are_translated_where_the_catalog_has_them(catalog, monkeypatch):
    assert translate("plane") == "plane"
    catalog("xx", '"plane" = "Ebene"\n')
    assert (translate("plane"), translate("crease")) == ("Ebene", "crease")
    assert label("plane").words == "Ebene"
    assert LiveNumber("plane", 0.0)[0].words.startswith("Ebene")
    monkeypatch.setenv("UNFOLD_LANGUAGE", "yy")
    with pytest.raises(UnfoldError, match=r"language is 'yy' \(UNFOLD_LANGUAGE\), expected one of en, xx"):
        translate("plane")


def test_numbers_and_words_stand_where_each_language_wants_them(catalog):
    message = "A line parts {right} of {n} {what}, a loss of {loss:.2f}."
    values = {"right": 498, "n": np.int64(500), "what": "points", "loss": 0.1234}
    assert translate(message, **values) == "A line parts 498 of 500 points, a loss of 0.12."
    catalog("xx", f'"{message}" = "{{loss:.1f}}: von {{n}} {{what}} {{right}}"\n"points" = "Punkten"\n')
    assert translate(message, **values) == "0.1: von 500 Punkten 498"
    assert label("{a} {{b}}", a=1).words == "1 {b}"
    assert translate("a set {x}") == "a set {x}"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "one other other other"),
        ("zh", "other other other other"),
        ("pl", "one few many many"),
        ("qq", "one other other other"),
    ],
)
def test_the_plural_form_is_that_of_the_language(catalog, language, expected):
    forms = {form: f"{{n}} {form}" for form in set(expected.split()) | {"other"}}
    table = ", ".join(f'{form} = "{text}"' for form, text in forms.items())
    catalog(language, f'"{{n}} points" = {{ {table} }}\n')
    assert [translate("{n} points", n=n).split()[1] for n in (1, 3, 5, np.int32(11))] == expected.split()


def test_two_numbers_can_each_choose_a_form(catalog):
    catalog(
        "de",
        '"{a} in {b}" = { by = "a", one = { by = "b", one = "1/1", other = "1/{b}" }, other = "{a}/{b}" }\n'
        '"{a}, {b}" = { other = "" }\n',
    )
    assert [translate("{a} in {b}", a=a, b=b) for a, b in [(1, 1), (1, 3), (4, 1)]] == ["1/1", "1/3", "4/1"]
    with pytest.raises(UnfoldError, match=r"set by = to one of .*a, b"):
        translate("{a}, {b}", a=1, b=2)


@pytest.mark.parametrize(
    ("text", "message", "complaint"),
    [
        ('"x {n}" = "{m}"', "x {n}", "no value for 'm'"),
        ('"x {n}" = "{n"', "x {n}", "can't take the values n"),
        ('"x {n}" = "{n:zz}"', "x {n}", "can't take the values n"),
        ('"x {n}" = { one = "1" }', "x {n}", "`other` in it"),
        ('"x {n}" = { uno = "1", other = "2" }', "x {n}", "zero, one, two, few, many, other"),
        ('"x {n}" = 5', "x {n}", "must be a text"),
        ('[relu_fold]\n"a" = "b"', "x {n}", "must be a text"),
        ('"x', "x {n}", "can't be read"),
    ],
)
def test_a_mistake_in_a_catalog_is_one_line_that_names_it(catalog, text, message, complaint):
    path = catalog("xx", text)
    with pytest.raises(UnfoldError) as error:
        translate(message, n=2)
    assert complaint in str(error.value)
    assert path.name in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_an_own_catalog_stands_beside_the_film_and_comes_first(catalog, tmp_path):
    catalog("xx", '"plane" = "Ebene"\n"point" = "Punkt"\n')
    film = tmp_path / "films" / "mine.py"
    catalog("xx", '"plane" = "Fläche"\n', folder="films")
    (tmp_path / "films" / "catalogs").mkdir()
    (tmp_path / "films" / "xx.toml").rename(tmp_path / "films" / "catalogs" / "xx.toml")
    with tempconfig({"input_file": str(film)}):
        assert [translate(message) for message in ("plane", "point")] == ["Fläche", "Punkt"]
        line = catalogs.untranslated(["plane", "crease", "point", "fold", "fold"])
        assert line.startswith("2 captions have no translation into 'xx'")
        assert "'crease', 'fold'" in line
        assert str(film.parent / "catalogs" / "xx.toml") in line
        assert catalogs.untranslated(["plane", "point"]) is None
    assert translate("plane") == "Ebene"


def test_every_translation_that_is_shipped_names_the_same_values_as_its_message():
    for path in catalogs.CATALOGS.glob("*.toml"):
        for message, entry in catalogs._read(path, 0).items():
            for text in texts(entry):
                assert fields(text) <= fields(message), f"{message!r} in {path.name}"
                check_glyphs(text)


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def texts(entry):
    if isinstance(entry, str):
        return [entry]
    return [text for form, part in entry.items() if form != "by" for text in texts(part)]


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


def test_a_caption_breaks_where_it_says_so_and_keeps_marks_with_their_words():
    assert in_lines("first\nsecond  line ") == ["first", "second line"]
    assert in_lines("\n one \n") == ["one"]
    with pytest.raises(UnfoldError, match="shorten it"):
        in_lines("a\nb\nc")
    for n in range(20, 32):
        for mark in "。，”":
            second = in_lines("平" * n + mark + "面" * 30)[1]
            assert not second.startswith(mark)
    assert label("one\nline").words == "one line"


@pytest.mark.parametrize(
    ("words", "width"), [("it’s “so” — a–b…", 16), ("“平面”…", 10), ("cafe\u0301", 4), ("a\u200bb", 2)]
)
def test_the_width_of_a_text_counts_what_takes_room(words, width):
    assert columns(words) == width


@pytest.mark.parametrize("straight", ["it's a line", "a 'plane' here", 'a "plane" here', 'no "plane", no line'])
def test_quotes_take_no_more_room_than_straight_ones(straight):
    curly = straight
    for quote, pair in (("'", "‘’"), ('"', "“”")):
        if curly.count(quote) == 1:
            curly = curly.replace(quote, pair[1])
        else:
            curly = curly.replace(quote, pair[0], 1).replace(quote, pair[1], 1)
    one, other = label(straight), label(curly)
    em = label("nn").width / 1.1
    assert abs(other.width - one.width) < 0.1 * em
    # No letter has moved over another.
    letters = labels.letter_outlines(curly, theme().label_size)
    for before, after in itertools.pairwise(letters):
        assert before[:, 0].max() < after[:, 0].min() + 0.06 * em
    # In Chinese they are as wide as a character.
    assert label("平“面”平").width == pytest.approx(label("平平面平平").width, rel=0.02)


def test_accents_that_are_typed_apart_are_one_letter(catalog):
    np.testing.assert_array_equal(label("cafe\u0301").points, label("café").points)
    assert caption("Cafe\u0301 a\u0300 la").submobjects[0].words == "Café à la"
    catalog("xx", '"cafe\u0301" = "x"\n')
    assert translate("café") == translate("cafe\u0301") == "x"
    np.testing.assert_array_equal(formula('"e\u0301"')[0].points, formula('"é"')[0].points)


# Fonts


DEJAVU = next(iter(Path("/usr/share/fonts").rglob("DejaVuSans.ttf")), None)
other_fonts = pytest.mark.skipif(DEJAVU is None, reason="DejaVu Sans is not installed")


@other_fonts
@pytest.mark.parametrize("as_file", [True, False])
def test_another_font_sets_what_the_shipped_one_lacks(monkeypatch, tmp_path, as_file):
    words = "Плоскость, مستوى"
    shipped = label("plane")
    with pytest.raises(UnfoldError, match="no glyph for"):
        label(words)
    (tmp_path / "own.ttf").write_bytes(DEJAVU.read_bytes())
    monkeypatch.setenv("UNFOLD_FONT", str(tmp_path / "own.ttf") if as_file else "dejavu sans")
    assert font.font().family == "DejaVu Sans"
    assert label(words).width > 0
    assert label("plane").width != pytest.approx(shipped.width, rel=0.01)
    assert formula('"Плоскость" x').width > 0
    with pytest.raises(UnfoldError, match=r"own.ttf has no glyph for '平'|DejaVuSans.ttf has no glyph for '平'"):
        label("平")
    with pytest.raises(UnfoldError, match="no glyph for '平'"):
        formula('"平"')


@other_fonts
@pytest.mark.parametrize("words", ["مستوى", "שלום, מישור", "x\u0323\u0305y", "مستوى (2) abc"])
def test_scripts_that_run_to_the_left_and_marks_above_letters_are_set(monkeypatch, words):
    monkeypatch.setenv("UNFOLD_FONT", "DejaVu Sans")
    *letters, nought = labels.letter_outlines(words, 24.0)
    np.testing.assert_allclose(np.ptp(nought, axis=0), np.ptp(labels.letter_outlines("", 24.0)[0], axis=0), atol=1e-2)
    assert nought[:, 0].min() > max(letter[:, 0].max() for letter in letters)


@other_fonts
def test_a_caption_in_a_wide_font_stays_on_the_screen(monkeypatch):
    monkeypatch.setenv("UNFOLD_FONT", "DejaVu Sans")
    assert caption(("WWWWWWWW " * 7).strip()).width < 14.3


@pytest.mark.parametrize("name", ["Nosuch Font", "nosuch.ttf", "damaged.ttf"])
def test_a_font_that_is_not_there_is_one_line(monkeypatch, tmp_path, name):
    (tmp_path / "damaged.ttf").write_bytes(b"not a font")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNFOLD_FONT", name)
    with pytest.raises(UnfoldError, match=rf"font is '{name}' \(UNFOLD_FONT\), expected") as error:
        label("plane")
    assert len(str(error.value).splitlines()) == 1


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
        (-12345.0, "−1e4"),
        (1234567.0, "1.2e6"),
        (-1e150, None),
        (np.inf, None),
    ],
)
def test_a_number_has_a_fixed_place_and_gives_up_decimals_where_it_is_long(value, text):
    live = LiveMatrix([[7.0]], brackets=False)
    if text is None:
        with pytest.raises(UnfoldError, match="has no room in 5 characters"):
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


def test_the_font_is_known_also_after_a_text_of_manims_own(tmp_path):
    """In a process of its own: Pango lists the fonts when it sets its first text."""
    program = (
        "import sys; from manim import Text, config; config.media_dir = sys.argv[1]; config.verbosity = 'ERROR'\n"
        "if sys.argv[2]: Text(sys.argv[2])\n"
        "from nn_unfold.text.labels import label; print(label('right').width)\n"
    )
    widths = [
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / (first or "none")), first],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()[-1]
        for first in ("", "before")
    ]
    assert widths[0] == widths[1]
