"""Films as pages: what is packed is what was recorded, and a browser shows what the film shows."""

from __future__ import annotations

import io
import json
import re
import shutil
import zlib
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from nn_unfold.errors import UnfoldError
from nn_unfold.out import rendering
from nn_unfold.out.films import find
from nn_unfold.out.page.pack import PIXEL, Pool, keys, packed
from nn_unfold.out.page.record import Recording, record
from nn_unfold.out.page.write import write

TINY = '''"""A plane and a cloud."""

import numpy as np
from manim import DOWN, UP, DEGREES, FadeIn

from nn_unfold import Axes, Cloud, Sheet, SpatialGroup, Stage, formula


class Tiny(Stage):
    """A plane & its points: they rise <together>."""

    def construct(self):
        X = np.random.default_rng(0).uniform(-1, 1, (40, 2))
        world = SpatialGroup(Sheet((-1, 1, -1, 1), grid=0.5), Cloud(X, np.arange(40) % 3))
        axes = Axes((-1, 1, -1, 1), ("x_1", "x_2"))
        self.look(world, axes)
        with self.beat("A plane."):
            self.play(FadeIn(world), FadeIn(axes))
        with self.beat("It is turned, and a formula comes."):
            self.play(self.aside(formula("x^2 + 1")))
            self.play(self.turn(40 * DEGREES, world, axes, run_time=2))
'''


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "tiny.py"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="module")
def recording(tiny: Path) -> Recording:
    return record(find(str(tiny)), rendering.settings("l", tiny.parent / "media"))


def unpacked(pool: list[dict], data: bytes, number: int) -> np.ndarray:
    """An array (k, n, c) of a page, as `player.js` reads it."""
    entry = pool[number]
    k, n, c = entry["s"]
    planes = np.frombuffer(data, np.uint8, entry["p"] * k * n * c, entry["o"]).reshape(entry["p"], -1).astype(np.int64)
    unsigned = sum(plane << (8 * p) for p, plane in enumerate(planes))
    less = np.where(unsigned % 2, -(unsigned + 1) // 2, unsigned // 2).reshape(c, k, n)
    less[:, 0] = np.cumsum(less[:, 0], axis=1)
    whole = np.cumsum(less, axis=1).transpose(1, 2, 0)
    return whole * np.array(entry.get("d", [1] * c)) + np.array(entry.get("l", [0] * c))


@pytest.mark.parametrize("step", [0, 0.01])
def test_what_is_packed_comes_back(step):
    rng = np.random.default_rng(1)
    pool = Pool()
    values = rng.normal(size=(4, 30, 3)) if step else rng.integers(-70_000, 70_000, (4, 30, 3))
    first, again = pool.add(values, step), pool.add(values.copy(), step)
    assert first == again
    assert np.abs(unpacked(pool.entries, bytes(pool.bytes), first) - values).max() <= step / 2 + 1e-9


def test_moments_on_a_straight_line_are_left_out_and_no_others():
    times = np.linspace(0, 1, 21)
    bend = [np.array([min(t, 0.5), 0.0]) for t in times]
    assert keys(times, bend, 1e-6) == [0, 10, 20]
    assert keys(times, [np.ones(2)] * 21, 1e-6) == [0]
    wave = [np.array([np.sin(6 * t)]) for t in times]
    kept = keys(times, wave, 0.01)
    between = np.interp(times, times[kept], [wave[k][0] for k in kept])
    assert 2 < len(kept) < 21
    assert np.abs(between - np.sin(6 * times)).max() <= 0.01


def test_places_in_a_page_are_those_of_the_film(recording):
    description, data = packed(recording)
    data = zlib.decompress(data)
    checked = 0
    for track, described in zip(recording.tracks, description["tracks"], strict=True):
        for span, kept in zip(track.spans, described["s"], strict=True):
            if track.kind != "batch" or "of" in kept["c"]["points"]:
                continue
            channel = kept["c"]["points"]
            series = unpacked(description["pool"], data, channel["a"])
            times = np.array(recording.times[span.first : span.first + span.length])
            zoom = max(v[3] for t in recording.tracks if t.kind == "view" for s in t.spans for v in s.values["view"])
            for number, points in enumerate(span.values["points"]):
                flat = series.reshape(len(series), -1)
                at = [np.interp(times[number], times[channel["k"]], column) for column in flat.T]
                off = np.abs(np.array(at) - np.ravel(points)).max()
                assert off * zoom * 1080 / 8 < 2 * PIXEL
                checked += 1
    assert checked > 20


def test_a_page_asks_for_nothing_and_bears_any_text(recording, tmp_path):
    write(recording, tmp_path / "tiny.html")
    page = (tmp_path / "tiny.html").read_text(encoding="utf-8")
    assert not re.search(r"(src|href)\s*=|https?://|url\(|import\(|fetch\(", page)
    assert "A plane &amp; its points: they rise &lt;together&gt;." in page
    film = json.loads(zlib.decompress(b64decode(re.search(r'const FILM = "([^"]*)"', page)[1])))
    assert [caption for caption, *_ in film["beats"]] == ["A plane.", "It is turned, and a formula comes."]
    assert 0 < film["beats"][0][2] <= film["beats"][1][1] < film["beats"][1][2] <= film["length"]
    assert film["length"] == pytest.approx(recording.length)
    assert len(page) < 300_000


def test_a_film_that_fails_leaves_no_page(tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text(TINY.replace("np.arange(40)", "np.arange(40) / nothing"))
    with pytest.raises(UnfoldError, match="nothing"):
        record(find(str(broken)), rendering.settings("l", tmp_path / "media"))


# In a browser


def similarity(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    """The structural similarity of two pictures (h, w, 3), over some pixels (Wang et al. 2004, Gaussian windows)."""
    a, b = (picture.astype(float) @ [0.299, 0.587, 0.114] for picture in (one, other))

    def mean(values: np.ndarray) -> np.ndarray:
        return gaussian_filter(values, 1.5)

    ma, mb = mean(a), mean(b)
    va, vb, both = mean(a * a) - ma**2, mean(b * b) - mb**2, mean(a * b) - ma * mb
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    index = (2 * ma * mb + c1) * (2 * both + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2))
    return float(index[where].mean())


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium here: `make browser` installs it")
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[browser]'")
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with sync.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield running
        running.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a recording as a page, and tells of all that the browser complains of or asks for."""
    said: list[str] = []
    page = browser.new_page(viewport={"width": 854, "height": 480})
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: request.url.startswith("file:") or said.append(request.url))

    def open_page(recording: Recording, how: str = "bare"):
        write(recording, tmp_path / "film.html")
        page.goto(f"file://{tmp_path / 'film.html'}#{how}")
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_page
    page.close()
    assert said == []


def frames_of(path: Path, media: Path) -> list[np.ndarray]:
    """What the film shows at the end of each beat, (480, 854, 3)."""
    film, frames = find(str(path)), []
    with rendering.studio(film, rendering.settings("l", media), dry_run=True):
        scene = rendering.load(film)

        class Watched(scene):
            def add_subcaption(self, *args, **kwargs):
                super().add_subcaption(*args, **kwargs)
                frames.append(shown(self))

        Watched(skip_animations=True).render()
        return frames


def shown(stage) -> np.ndarray:
    stage.renderer.static_image = None
    stage.renderer.update_frame(stage)
    return stage.renderer.get_frame()[..., :3].copy()


def test_a_browser_shows_what_the_film_shows(tiny, recording, opened):
    page = opened(recording)
    background = np.array([int(recording.look["background"][i : i + 2], 16) for i in (1, 3, 5)])
    frames = frames_of(tiny, tiny.parent / "media")
    assert len(frames) == len(recording.beats) == 2
    for number, frame in enumerate(frames):
        page.evaluate(f"player.seek(player.film.beats[{number}][2] - 1e-3)")
        picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        painted = np.abs(np.stack([frame, picture]).astype(int) - background).max(axis=(0, 3)) > 8
        assert similarity(frame, picture, painted) > 0.97
        # A mirror image would be noticed.
        assert similarity(frame, picture[:, ::-1], painted) < 0.9


def test_a_page_can_be_turned_and_goes_back(recording, opened):
    page = opened(recording, "beat=1")
    before = page.screenshot()
    page.mouse.move(500, 150)
    page.mouse.down()
    page.mouse.move(400, 150, steps=3)
    page.mouse.up()
    assert page.evaluate("player.turned.theta") == pytest.approx(0.8)
    assert page.screenshot() != before
    page.mouse.wheel(0, -200)
    page.wait_for_function("player.turned.zoom > 1.1")
    page.keyboard.press("Home")
    page.wait_for_function("player.turned.zoom === 1 && player.turned.theta === 0")
    page.evaluate("document.activeElement.blur()")  # or a ring shows which part has the keyboard
    assert page.screenshot() == before


def test_steps_are_beats_by_key_and_by_button(recording, opened):
    page = opened(recording, "t=0")
    assert page.inner_text("#caption") == "A plane."
    page.keyboard.press("ArrowRight")
    page.wait_for_function("!player.playing")
    assert page.evaluate("player.time") == pytest.approx(recording.beats[0].end, abs=0.01)
    page.click("#next")
    page.wait_for_function("player.time > player.film.beats[1][1]")
    page.keyboard.press("PageUp")
    page.click("#chapters li:nth-child(2) button")
    page.wait_for_function("document.getElementById('caption').textContent.startsWith('It is turned')")
    assert page.get_attribute("#chapters li:nth-child(2) button", "aria-current") == "step"


def test_where_motion_is_not_wanted_a_step_shows_its_end(browser, recording, tmp_path):
    write(recording, tmp_path / "film.html")
    page = browser.new_page(reduced_motion="reduce")
    page.goto(f"file://{tmp_path / 'film.html'}")
    page.wait_for_selector("body[data-ready]")
    page.keyboard.press("ArrowRight")
    assert not page.evaluate("player.playing")
    assert page.evaluate("player.time") == pytest.approx(recording.beats[0].end, abs=0.01)
    page.close()
