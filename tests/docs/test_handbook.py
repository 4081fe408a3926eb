"""The handbook: every example shows what it showed, every name and film has its place, and no link leads nowhere."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def loaded(path: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


build = loaded(DOCS / "build.py", "handbook_build")
WORDS = [name for room in build.ROOMS.values() for name in room]


@pytest.mark.parametrize("name", WORDS)
def test_an_example_shows_what_it_showed(name, studio, snapshot):
    source = build.example_file(name)
    module = loaded(source, f"word_{source.stem}")
    # Two words of one example would be one picture.
    assert re.search(rf"\b{name}\b", source.read_text())
    scene = module.Example(skip_animations=True)
    scene.render()
    snapshot(scene, source.stem)


def test_every_example_has_its_place():
    assert sorted(DOCS.glob("words/*.py")) == sorted(map(build.example_file, WORDS))
    assert set(WORDS) <= set(build.public_names())


def test_examples_are_short():
    for path in DOCS.glob("words/*.py"):
        body = path.read_text().split("def construct(self):")[1]
        assert len(body.strip().splitlines()) <= 15, path.name


def test_every_film_has_its_topics():
    topics = tomllib.loads((DOCS / "gallery" / "films.toml").read_text(encoding="utf-8"))
    assert {path.stem for path in ROOT.glob("scenes/[!_]*.py")} <= topics.keys()
    assert all(topics.values())


@pytest.fixture(scope="module")
def handbook(tmp_path_factory):
    """The handbook as HTML, without pictures, and what Sphinx complained of."""
    folder = tmp_path_factory.mktemp("handbook")
    source = folder / "docs"
    shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns("_build", "generated"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "GENERATED", source / "generated")
        patch.setattr(build, "EXTRA", source / "_build" / "extra")
        patch.setattr(build, "made", lambda *arguments: False)
        build.EXTRA.mkdir(parents=True)
        build.write_words()
        build.write_api()
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "-q", source, folder / "html"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return folder / "html", done


def test_it_is_built_without_a_warning(handbook):
    html, done = handbook
    assert done.returncode == 0, done.stderr
    text = (html / "generated" / "words" / "in-space.html").read_text(encoding="utf-8")
    assert "A piece of the input plane, split exactly where a network folds it" in text
    assert "class Example" in re.sub("<[^>]*>", "", text)


def test_links_within_it_lead_somewhere(handbook):
    html, _ = handbook
    for page in html.rglob("*.html"):
        if page.parent.name == "_modules" or "_modules" in page.parts:
            continue
        for target in re.findall(r'(?:href|src)="([^"#?]+)', page.read_text(encoding="utf-8")):
            if target.startswith(("http://", "https://", "mailto:", "data:")):
                continue
            if "pictures/" in target or "gallery/" in target:  # these are made by `make docs`
                continue
            assert (page.parent / target).exists(), f"{page.relative_to(html)}: {target}"


def test_nothing_is_fetched_from_elsewhere(handbook):
    html, _ = handbook
    for page in html.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'<(?:script|img|link|video|iframe)[^>]*(?:src|href)="https?:', text), page.name


# The gallery in a browser

FILMS = [
    {"name": "one", "about": "First.", "teaches": "Teaches one.", "topics": ["folding"], "page": True, "seconds": 61},
    {"name": "two", "about": "Second.", "teaches": "", "topics": ["folding", "training"], "page": False, "seconds": 40},
    {"name": "three", "about": "<b>Third</b>.", "teaches": "", "topics": ["training"], "page": False, "seconds": 9},
]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    """The gallery of three films, in real Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="`make browser` installs what pages are tested with")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("`make browser` installs Chromium")
    from PIL import Image

    folder = tmp_path_factory.mktemp("gallery")
    (folder / "films").mkdir()
    for film in FILMS:
        for name in (film["name"], f"{film['name']}-loop"):
            Image.new("RGB", (64, 36), "navy").save(folder / "films" / f"{name}.webp")
    page = (DOCS / "gallery" / "template.html").read_text(encoding="utf-8")
    data = json.dumps(FILMS).replace("<", "\\u003c")
    (folder / "index.html").write_text(page.replace("/*FILMS*/[]", data), encoding="utf-8")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser, folder / "index.html"
        browser.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_gallery_filters_and_plays(gallery, width):
    browser, file = gallery
    page = browser.new_page(viewport={"width": width, "height": 800})
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert page.locator(".film:visible").count() == 3
    assert page.locator("h2").all_inner_texts() == ["one", "two", "three"]
    assert page.locator("text=<b>Third</b>.").count() == 1  # text, not markup
    # With the keyboard alone.
    page.locator(".topics button", has_text="training").focus()
    page.keyboard.press("Enter")
    assert page.locator(".film:visible").count() == 2
    assert page.locator("#count").inner_text() == "2 of 3 films"
    page.reload()  # the choice is in the address
    assert page.locator(".film:visible").count() == 2
    button = page.locator(".film:visible .picture button").first
    button.focus()
    page.keyboard.press("Space")
    assert button.get_attribute("aria-pressed") == "true"
    assert page.locator(".film:visible img").first.get_attribute("src") == "films/two-loop.webp"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not said
    assert all(url.startswith("file:") for url in asked)
    page.close()
