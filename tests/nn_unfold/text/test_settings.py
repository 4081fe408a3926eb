"""Options: where they are given, what a mistake says, and that no film overwrites one with other options."""

from __future__ import annotations

import click
import pytest
from manim import config, tempconfig

from nn_unfold.errors import UnfoldError
from nn_unfold.settings import OPTIONS, THEME_NAMES, named_by_options, option, recipe_fields, variant
from nn_unfold.stage.stage import Stage
from nn_unfold.text.labels import label
from nn_unfold.theme import THEMES


@pytest.fixture(autouse=True)
def somewhere(tmp_path, monkeypatch):
    """A working directory without a manim.cfg."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text("x,y,label\n1,2,a\n3,4,b\n")
    return tmp_path


GOOD = {
    "language": "zh",
    "theme": "light",
    "captions": "band",
    "voice": "piper",
    "font": "DejaVu Sans",
    "network": "own.csv",
    "data": "own.csv",
    "label": "species",
    "features": "age,income",
    "activations": "relu, tanh",
    "set": "seed=7 sizes=2,3,2",
    "shape": "9:16",
}
WRONG = {
    "language": ["12", "z h", "zh/../en", "中文", "x"],
    "theme": ["drak", "Light", "light,dark", "1"],
    "captions": ["burnt", "None"],
    "voice": ["pipe", "nosuch/", "own.csv"],
    "font": ["nosuch.ttf", "a\nb"],
    "network": ["nosuch.npz", "own.csv/below", "~nosuchuser/x", "x" * 5000],
    "data": ["nosuch.csv"],
    "label": ["a\nb"],
    "features": ["a\nb"],
    "activations": ["rely", "relu,,tanh"],
    "set": ["seed", "=7", "7=seed", "'seed=7", "seed="],
    "shape": ["16:10", "9x16", "wide", "0:0"],
}


def test_every_option_is_tested_here():
    assert set(GOOD) == set(WRONG) == set(OPTIONS)
    assert set(THEME_NAMES) == set(THEMES)


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("where", ["environment", "manim.cfg", "above the film"])
def test_an_option_counts_wherever_it_is_given(name, where, somewhere, monkeypatch):
    folder = somewhere
    if where == "environment":
        monkeypatch.setenv(f"UNFOLD_{name.upper()}", f" {GOOD[name]} ")
    else:
        folder = somewhere / "project" if where == "above the film" else somewhere
        folder.mkdir(exist_ok=True)
        (folder / "own.csv").write_text("")
        (folder / "manim.cfg").write_text(f"[unfold]\n{name} = {GOOD[name]}\n", encoding="utf-8-sig")
    with tempconfig({"input_file": str(somewhere / "project" / "films" / "mine.py")}):
        expected = str(folder / "own.csv") if GOOD[name] == "own.csv" else GOOD[name]
        assert option(name) == expected


def test_a_config_file_of_the_command_line_comes_first(somewhere):
    (somewhere / "manim.cfg").write_text("[unfold]\ntheme = light\nlanguage = zh\n")
    (somewhere / "other.cfg").write_text("[unfold]\ntheme = light-safe\n")
    with click.Context(click.Command("render")) as context:
        context.params["config_file"] = "other.cfg"
        assert (option("theme"), option("language")) == ("light-safe", "en")
    assert (option("theme"), option("language")) == ("light", "zh")


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_one_line_that_says_where_it_stands(name, value, somewhere, monkeypatch):
    def see(place):
        with pytest.raises(UnfoldError, match="expected") as error:
            option(name)
        assert str(error.value).startswith(f"{name} is ")
        assert place in str(error.value)
        assert len(str(error.value).splitlines()) == 1

    with monkeypatch.context() as patch:
        patch.setenv(f"UNFOLD_{name.upper()}", value)
        see(f"UNFOLD_{name.upper()}")
    (somewhere / "manim.cfg").write_text("[unfold]\n{} = {}\n".format(name, value.replace("\n", "\n  ")))
    see(str(somewhere / "manim.cfg"))


@pytest.mark.parametrize("name", OPTIONS)
def test_an_empty_variable_is_none_and_an_empty_line_is_a_mistake(name, somewhere, monkeypatch):
    monkeypatch.setenv(f"UNFOLD_{name.upper()}", "  ")
    assert option(name) == OPTIONS[name].default
    (somewhere / "manim.cfg").write_text(f"[unfold]\n{name} =\n")
    with pytest.raises(UnfoldError, match=rf"{name} in \[unfold\] of .*manim.cfg has no value"):
        option(name)


@pytest.mark.parametrize("name", ["UNFOLD_LANG", "UNFOLD_THEMES", "UNFOLD_NETWORKS", "UNFOLD_DTA"])
def test_a_misspelt_variable_is_told(name, monkeypatch):
    monkeypatch.setenv(name, "light")
    with pytest.raises(UnfoldError, match=rf"no option {name}, did you mean UNFOLD_\w+\?"):
        option("theme")
    monkeypatch.delenv(name)
    monkeypatch.setenv("UNFOLD_APT", "no")  # of setup.sh
    assert option("theme") == "dark"


def test_fields_of_a_recipe():
    assert recipe_fields() == {}


def test_fields_of_a_recipe_from_the_environment(monkeypatch):
    monkeypatch.setenv("UNFOLD_SET", "seed=7  'data_options.name=two words'\nepochs=5")
    assert recipe_fields() == {"seed": "7", "data_options.name": "two words", "epochs": "5"}


# Names of films


def test_a_film_with_other_options_has_another_name(somewhere, monkeypatch):
    assert variant() == ""
    names = set()
    for name, value in GOOD.items():
        with monkeypatch.context() as patch:
            patch.setenv(f"UNFOLD_{name.upper()}", value)
            names.add(variant())
            assert "/" not in variant()
            assert " " not in variant()
    # The network and the data are one file here, and the shape is that of the picture: see test_column.py.
    assert len(names) == len(GOOD) - 1
    monkeypatch.setenv("UNFOLD_LANGUAGE", "zh")
    monkeypatch.setenv("UNFOLD_THEME", "light")
    assert variant() == "-zh-light"


class Film(Stage):
    def construct(self):
        with self.beat("Hello there."):
            self.add(label("x"))


def test_no_language_or_theme_overwrites_another(monkeypatch):
    with tempconfig({"dry_run": False, "save_sections": True, "format": "mp4"}):
        plain = Film(skip_animations=True).output_plan
        monkeypatch.setenv("UNFOLD_LANGUAGE", "zh")
        monkeypatch.setenv("UNFOLD_THEME", "light")
        other = Film(skip_animations=True).output_plan
        assert config.output_file in (None, "")
        assert plain.primary_artifact.name == "Film.mp4"
        assert other.primary_artifact.name == "Film-zh-light.mp4"
        for part in ("primary_artifact", "subcaption_file", "section_index"):
            assert getattr(plain, part) != getattr(other, part)
        assert plain.section_path(0, "x") != other.section_path(0, "x")
        with tempconfig({"output_file": "own"}), named_by_options("Film"):
            assert config.output_file == "own"


def test_captions_that_a_catalog_lacks_are_told_in_one_line(monkeypatch, caplog):
    monkeypatch.setenv("UNFOLD_LANGUAGE", "zh")
    with caplog.at_level("WARNING", logger="manim"):
        Film(skip_animations=True).render()
    [line] = [record.getMessage() for record in caplog.records if "translation" in record.getMessage()]
    assert "1 caption has no translation into 'zh': 'Hello there.'" in line
    assert "catalogs/zh.toml" in line
