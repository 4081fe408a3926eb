"""Slides: each file is opened again by the library that reads such files, and in a real browser."""

from __future__ import annotations

import base64
import io
import re
import shutil
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from nn_unfold.errors import UnfoldError
from nn_unfold.out import clips
from nn_unfold.out.exporters import Order, Range, export
from nn_unfold.out.films import Film, find
from nn_unfold.out.rendering import render_whole

TWO = '''"""Two beats."""

import wave
from pathlib import Path

from manim import Square

from nn_unfold import Stage


class Two(Stage):
    """A <square> & nothing."""

    def construct(self):
        square = Square(fill_opacity=1, color="#ff0000")
        with self.beat("A square of {n} sides & more.", n=4):
            self.add(square)
            self.wait(0.5)
            self.key_frame()
            self.remove(square)
        with self.beat("It is gone."):
            self.add_sound(str(Path(__file__).with_name("tone.wav")), time_offset=0.5)
            self.wait(0.5)
'''
CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Film:
    import wave

    folder = tmp_path_factory.mktemp("slides")
    (folder / "two.py").write_text(TWO)
    with wave.open(str(folder / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22050)
        file.writeframes((12000 * np.sin(np.arange(6000) * 0.2)).astype("<i2").tobytes())
    return find(str(folder / "two.py"))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clips, "LINES", 90)
    monkeypatch.setattr(clips, "RATE", 15)


def order_of(film: Film, path: Path, **more) -> Order:
    return Order(film, path, film.file.parent / "media", **more)


def sound(file: Path | io.BytesIO) -> np.ndarray | None:
    """The loudness of an MP4 in each tenth of a second; None where it has no sound."""
    with av.open(file if isinstance(file, io.BytesIO) else str(file)) as film:
        if not film.streams.audio:
            return None
        wave = np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)])
    return np.array([np.abs(part).max() for part in np.array_split(wave, len(wave) // 4410)])


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # of Manim
def test_clips_are_those_of_the_film_with_their_sounds(two, tmp_path):
    order = order_of(two, tmp_path / "x.html")
    render_whole(two, order.settings(90, 15))
    before = {path: path.stat().st_mtime_ns for path in order.media_dir.rglob("partial_movie_files/*/*.mp4")}
    first, second = clips.clips(order, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in order.media_dir.rglob("partial_movie_files/*/*.mp4")} == before
    for clip in (first, second):
        with av.open(str(clip.file)) as film:
            length = float(film.streams.video[0].duration * film.streams.video[0].time_base)
        assert length == pytest.approx(clip.step.end - clip.step.start, abs=0.01)
    assert sound(first.file) is None
    assert (first.picture[..., 0] > 200).mean() > 0.02
    assert (second.picture[:40, :, 0] < 100).all()
    loud = sound(second.file) > 0.05
    assert 9 <= np.flatnonzero(loud)[0] <= 11  # half a second after the caption, which takes as long to come
    [alone] = clips.clips(order_of(two, tmp_path / "x.html", beats=Range(2, 2)), tmp_path / "alone")
    assert alone.step == second.step
    assert np.array_equal(sound(alone.file) > 0.05, loud)


def test_slides_are_one_file_with_all_in_it(two, tmp_path):
    order = order_of(two, tmp_path / "x.html")
    export("slides", order)
    text = order.path.read_text(encoding="utf-8")
    assert re.findall(r'<aside class="notes">(.*?)</aside>', text) == ["A square of 4 sides &amp; more.", "It is gone."]
    assert "<square>" not in text
    assert not re.search(r"""(src|href)=["']https?:""", text)
    data = re.findall(r'<script type="text/plain" id="clip-\d">(.*?)</script>', text)
    assert [sound(io.BytesIO(base64.b64decode(clip))) is None for clip in data] == [True, False]


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: make browser")
def test_slides_play_and_stop_in_a_browser(two, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: make browser")
    order = order_of(two, tmp_path / "x.html")
    export("slides", order)
    state = """() => { const video = Reveal.getCurrentSlide().querySelector("video");
        return [Reveal.getIndices().h, video.ended, video.paused]; }"""
    with playwright.sync_playwright() as started:
        options = ["--no-sandbox", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required"]
        browser = started.chromium.launch(executable_path=CHROMIUM, args=options)
        page = browser.new_context(offline=True).new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(order.path.as_uri())
        page.wait_for_selector("body[data-ready]")
        assert page.evaluate(state)[0] == 0
        page.wait_for_function("Reveal.getCurrentSlide().querySelector('video').ended")
        page.keyboard.press("ArrowRight")
        assert page.evaluate(state)[:2] == [1, False]
        page.wait_for_function("Reveal.getCurrentSlide().querySelector('video').ended")
        page.keyboard.press("ArrowLeft")
        page.wait_for_function("Reveal.getCurrentSlide().querySelector('video').currentTime > 0.1")
        assert page.evaluate(state) == [0, False, False]
        page.keyboard.press("k")
        assert page.evaluate(state) == [0, False, True]
        browser.close()
    assert not errors


def test_a_presentation_has_clips_posters_and_notes(two, tmp_path):
    pptx = pytest.importorskip("pptx")
    order = order_of(two, tmp_path / "x.pptx")
    export("pptx", order)
    deck = pptx.Presentation(str(order.path))
    assert [slide.notes_slide.notes_text_frame.text for slide in deck.slides] == [
        "A square of 4 sides & more.",
        "It is gone.",
    ]
    for slide, red in zip(deck.slides, (True, False), strict=True):
        [movie] = slide.shapes
        assert movie.width == deck.slide_width
        poster = np.asarray(Image.open(io.BytesIO(movie.poster_frame.blob)).convert("RGB"))
        assert ((poster[..., 0] > 200) & (poster[..., 1] < 100)).any() == red
        kinds = sorted(relation.reltype.rpartition("/")[2] for relation in slide.part.rels.values())
        assert kinds == ["image", "media", "notesSlide", "slideLayout", "video"]
        media = {r.target_part.partname for r in slide.part.rels.values() if r.reltype.endswith(("media", "video"))}
        [name] = media
        with zipfile.ZipFile(order.path) as package:
            assert (sound(io.BytesIO(package.read(name.lstrip("/")))) is None) == red
        assert slide._element.xpath(".//p:video//p:cond/@delay") == ["0"]
    first = order.path.read_bytes()
    export("pptx", order)
    assert order.path.read_bytes() == first


def test_a_beat_without_frames_is_told(tmp_path):
    path = tmp_path / "none.py"
    path.write_text(
        "from nn_unfold import Stage\n\n\nclass Empty(Stage):\n    def construct(self):\n        self.wait(1)\n"
    )
    for kind, suffix in (("slides", ".html"), ("pptx", ".pptx")):
        with pytest.raises(UnfoldError, match="has no beats"):
            export(kind, Order(find(str(path)), tmp_path / f"x{suffix}", tmp_path / "media"))
        assert not list(tmp_path.glob(f"*{suffix}"))
