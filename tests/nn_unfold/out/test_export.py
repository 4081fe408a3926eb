"""What a film can become beside an MP4: each file is opened again, and holds what the film shows and says."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from nn_unfold.cli.main import main
from nn_unfold.engine.paint.frames import straight
from nn_unfold.errors import UnfoldError
from nn_unfold.out import alpha, rendering
from nn_unfold.out.beats import frames, key_frames, steps
from nn_unfold.out.chapters import remux
from nn_unfold.out.exporters import ALL, EXPORTERS, NoSuchBeats, Order, Range, Step, export
from nn_unfold.out.films import Film, find
from nn_unfold.out.loops import LONGEST, MOST, RATE, fitted, thinned
from nn_unfold.out.transcripts import chapter_list, clock, ffmetadata, markdown_script, plain_script, srt, webvtt

TINY = '''"""A plane and a cloud."""

import numpy as np
from manim import DEGREES, FadeIn

from nn_unfold import Cloud, Sheet, SpatialGroup, Stage


class Tiny(Stage):
    """A plane & its points: they rise <together>."""

    def construct(self):
        X = np.random.default_rng(0).uniform(-1, 1, (40, 2))
        world = SpatialGroup(Sheet((-1, 1, -1, 1), grid=0.5), Cloud(X, np.arange(40) % 3))
        self.look(world)
        with self.beat("A plane of {n} points & more.", n=40):
            self.play(FadeIn(world))
        with self.beat("It is turned."):
            self.play(self.turn(40 * DEGREES, world, run_time=2))
        with self.beat("It is turned #back, and this is a sentence of so many words that it needs two lines below."):
            self.play(self.turn(-20 * DEGREES, world, run_time=2))
'''
CAPTIONS = [
    "A plane of 40 points & more.",
    "It is turned.",
    "It is turned #back, and this is a sentence of so many words that it needs two lines below.",
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Film:
    path = tmp_path_factory.mktemp("export") / "tiny.py"
    path.write_text(TINY)
    return find(str(path))


@pytest.fixture
def order(tiny: Film, tmp_path: Path):
    def order(name: str, beats: Range = ALL, **more) -> Order:
        return Order(tiny, tmp_path / name, tiny.file.parent / "media", beats, **more)

    return order


def small(order: Order) -> dict:
    return order.settings(90, 15)


def seconds(stamp: str) -> float:
    hours, minutes, rest = stamp.replace(",", ".").split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)


# Beats


@pytest.mark.parametrize(
    ("text", "inside", "outside"), [("2", [2], [1, 3]), ("3-5", [3, 4, 5], [2, 6]), ("3-", [3, 99], [2])]
)
def test_ranges_of_beats(text, inside, outside):
    chosen = Range.of(text)
    assert all(number in chosen for number in inside)
    assert not any(number in chosen for number in outside)
    assert str(chosen) == text


@pytest.mark.parametrize("text", ["", "0", "-2", "5-3", "1.5", "a", "2-3-4", "٣", "1,2"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(NoSuchBeats):
        Range.of(text)


def test_beats_have_the_captions_and_times_of_the_film(tiny, order):
    found = steps(tiny, small(order("x")), ALL)
    assert [step.caption for step in found] == CAPTIONS
    assert found[0].start == 0
    assert all(one.start < one.end <= other.start for one, other in pairwise(found))
    rehearsal = rendering.rehearse(tiny, {**rendering.settings("l", tiny.file.parent / "media")})
    assert found[-1].end == pytest.approx(rehearsal.frames / rehearsal.frame_rate, abs=0.001)


def test_frames_of_a_beat_are_those_of_the_whole_film(tiny, order):
    whole: list[np.ndarray] = []
    part: list[np.ndarray] = []
    found = frames(tiny, small(order("x")), ALL, lambda frame, count: whole.extend([frame.copy()] * count))
    [second] = frames(tiny, small(order("x")), Range(2, 2), lambda frame, count: part.extend([frame.copy()] * count))
    assert second == found[1]
    first, last = round(second.start * 15), round(second.end * 15)
    assert len(part) == last - first
    assert len({frame.tobytes() for frame in part}) > 20
    assert max(int(np.ptp([a, b], axis=0).max()) for a, b in zip(part, whole[first:last], strict=True)) <= 2


def test_key_frames_are_the_last_ones_without_captions(tiny, order):
    shown: list[np.ndarray] = []
    frames(tiny, small(order("x")), Range(3, 3), lambda frame, count: shown.append(frame.copy()))
    [step], [picture] = key_frames(tiny, small(order("x")), Range(3, 3))
    assert step.number == 3
    assert len(picture) < 90
    above = slice(0, 70)  # the caption is below
    assert np.abs(picture[above].astype(int) - shown[-1][above]).max() <= 2
    background = picture[0, 0]
    assert not (shown[-1][72 : len(picture)] == background).all()  # the first of two lines
    assert (picture[72:] == background).all()


# Text

STEPS = [Step(2, "One = two; #3 \\ *4*\n& <5>", 3723.0004, 3725.25), Step(3, "Then.", 3725.25, 3800.9996)]


@pytest.mark.parametrize(("write", "point"), [(webvtt, "."), (srt, ",")])
def test_captions_have_their_times(write, point):
    text = write("Tiny", STEPS)
    spans = re.findall(r"^(\S+) --> (\S+)$", text, re.MULTILINE)
    assert spans == [(f"01:02:03{point}000", f"01:02:05{point}250"), (f"01:02:05{point}250", f"01:03:21{point}000")]
    assert text.count("\n\n") == len(STEPS) - (write is srt)  # a blank line within a cue would end it
    assert ("&lt;5&gt;" in text) == (write is webvtt)


def test_ffmpeg_reads_its_metadata_as_they_were_meant(tmp_path):
    path = tmp_path / "chapters.ffmeta"
    path.write_text(ffmetadata("A=B;", STEPS), encoding="utf-8")
    with av.open(str(path), format="ffmetadata") as read:
        assert read.metadata["title"] == "A=B;"
        chapters = read.chapters()
    assert [chapter["metadata"]["title"] for chapter in chapters] == ["One = two; #3 \\ *4* & <5>", "Then."]
    assert [(chapter["start"], chapter["end"]) for chapter in chapters] == [(3723000, 3725250), (3725250, 3801000)]


def test_a_chapter_list_begins_at_zero():
    assert chapter_list("Tiny", STEPS).splitlines() == ["0:00 One = two; #3 \\ *4* & <5>", "1:02:05 Then."]
    assert clock(68.99) == "1:08"


def test_scripts_say_what_is_read_and_when():
    assert "2. 1:02:03 to 1:02:05\nOne = two; #3 \\ *4* & <5>\n" in plain_script("Tiny", STEPS)
    assert "## 2. 1:02:03 to 1:02:05\n\nOne = two; \\#3 \\\\ \\*4\\* & \\<5\\>\n" in markdown_script("Tiny", STEPS)


@pytest.mark.parametrize(
    ("kind", "suffix"), [(k, s) for k in ("script", "captions", "chapters") for s in EXPORTERS[k].suffixes]
)
def test_text_is_written_for_the_chosen_beats(kind, suffix, order):
    if suffix == ".mp4":
        with pytest.raises(UnfoldError, match="whole film"):
            export(kind, order("x.mp4", Range(2, 3)))
        return
    wanted = order(f"x{suffix}", Range(2, 3))
    done = export(kind, wanted)
    text = wanted.path.read_text(encoding="utf-8")
    assert "It is turned." in text
    assert "A plane" not in text
    assert [beat.number for beat in done.beats] == [2, 3]
    assert done.bytes == len(text.encode())


def test_a_film_bears_its_chapters(tiny, order):
    values = {**rendering.settings("l", tiny.file.parent / "media"), "pixel_width": 160, "pixel_height": 90}
    rendered = rendering.render_whole(tiny, values)
    found = steps(tiny, values, ALL)
    file = io.BytesIO()
    remux(rendered, file, "Tiny", found)
    file.seek(0)
    with av.open(file) as film, av.open(str(rendered)) as before:
        assert film.metadata["title"] == "Tiny"
        chapters = film.chapters()
        assert [bytes(p) for p in film.demux(video=0)] == [bytes(p) for p in before.demux(video=0)]
    assert [chapter["metadata"]["title"] for chapter in chapters] == CAPTIONS
    starts = [float(chapter["start"] * chapter["time_base"]) for chapter in chapters]
    assert starts == pytest.approx([step.start for step in found], abs=0.002)


# Pictures and paper


def test_a_sheet_shows_every_beat(order):
    export("sheet", order("all.png"))
    export("sheet", order("two.png", Range(2, 3)))
    with Image.open(order("all.png").path) as three, Image.open(order("two.png").path) as two:
        assert three.width == two.width == 1920
        colours = len(np.unique(np.asarray(three.convert("RGB")).reshape(-1, 3), axis=0))
        assert three.height > two.height
    assert colours > 1000


@pytest.mark.parametrize(("per_page", "pages"), [(6, 1), (1, 3)])
def test_a_handout_has_its_pages_and_captions_as_text(per_page, pages, order):
    wanted = order("x.pdf", per_page=per_page)
    export("handout", wanted)
    data = wanted.path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert int(re.search(rb"/Type\s*/Pages\s*/Count (\d+)", data)[1]) == pages
    assert data.count(b"/Subtype/Image") >= 3
    assert b"/Subtype/Type0" in data  # text in a font, not its outlines
    export("handout", wanted)
    assert wanted.path.read_bytes() == data


# Loops


def test_a_tall_picture_is_filled_as_a_wide_one_is(tiny, tmp_path, monkeypatch):
    shares = []
    for shape in ("16:9", "9:16"):
        monkeypatch.setenv("UNFOLD_SHAPE", shape)
        _, [picture, *_] = key_frames(tiny, Order(tiny, tmp_path / "x.png", tmp_path).settings(180, 15), ALL)
        drawn = np.argwhere((np.abs(picture.astype(int) - picture[0, 0]) > 30).any(axis=-1))
        shares.append((np.ptp(drawn, axis=0) / picture.shape[:2]).max())
    assert shares[1] > 0.9 * shares[0] > 0.5


@pytest.mark.parametrize(("kind", "shape", "size"), [("gif", "16:9", (640, 360)), ("webp", "9:16", (360, 640))])
def test_a_loop_keeps_to_its_size_and_time(kind, shape, size, order, monkeypatch):
    monkeypatch.setenv("UNFOLD_SHAPE", shape)
    wanted = order(f"x.{kind}", Range(2, 3))
    done = export(kind, wanted)
    with Image.open(wanted.path) as loop:
        assert loop.size == size
        assert loop.info["loop"] == 0
        times = []
        for number in range(loop.n_frames):
            loop.seek(number)
            loop.load()
            times.append(loop.info["duration"])
    length = done.beats[-1].end - done.beats[0].start
    assert sum(times) / 1000 == pytest.approx(length, abs=0.05)
    assert len(times) > 20
    assert done.bytes <= MOST[f".{kind}"] * length


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_what_moves_much_is_made_smaller_or_refused(suffix):
    rng = np.random.default_rng(0)
    noise = [(rng.integers(0, 256, (36, 64, 3), dtype=np.uint8), 1) for _ in range(30)]
    large = fitted(noise, suffix, 10**9)
    assert len(fitted(noise, suffix, len(large) // 3)) <= len(large) // 3
    with pytest.raises(UnfoldError, match="least for this loop"):
        fitted(noise, suffix, 100)


def test_thinned_frames_last_as_long_as_all():
    pictures = [np.full((2, 2, 3), shade, np.uint8) for shade in range(9)]
    kept = [(pictures[0], 4), (pictures[1], 1), (pictures[1], 1), *((picture, 1) for picture in pictures[2:])]
    for every in (1, 2, 3, 5):
        shown, times = thinned(kept, every)
        assert sum(times) == round(100 * 13 / RATE) * 10
        assert min(times) > 0
        assert not any(np.array_equal(one, other) for one, other in pairwise(shown))


def test_long_beats_are_no_loop(tmp_path):
    path = tmp_path / "long.py"
    path.write_text(
        "from nn_unfold import Stage\n\n\nclass Long(Stage):\n    def construct(self):\n"
        f"        with self.beat('Long.'):\n            self.wait({LONGEST + 1})\n"
    )
    with pytest.raises(UnfoldError, match="30 s at most"):
        export("gif", Order(find(str(path)), tmp_path / "x.gif", tmp_path / "media"))
    assert not list(tmp_path.glob("*.gif"))


def test_a_film_without_beats_is_told(tmp_path):
    path = tmp_path / "still.py"
    path.write_text(
        "from nn_unfold import Stage\n\n\nclass Still(Stage):\n    def construct(self):\n        self.wait(1)\n"
    )
    for kind, suffix in (("script", ".txt"), ("sheet", ".png"), ("gif", ".gif"), ("alpha", ".mov")):
        with pytest.raises(UnfoldError, match="has no beats"):
            export(kind, Order(find(str(path)), tmp_path / f"x{suffix}", tmp_path / "media"))
    assert [found.name for found in tmp_path.glob("*x.*")] == []


# The command


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([*map(str, words)])
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], tiny: Film, monkeypatch: pytest.MonkeyPatch):
    # The command closes the streams of its process at its end.
    monkeypatch.setattr("nn_unfold.cli.output.close_streams", lambda status: status)
    monkeypatch.setattr("nn_unfold.cli.output.prepare_streams", lambda: None)
    media = tiny.file.parent / "media"
    return lambda *words: run(capsys, "export", tiny.file, "--media-dir", media, *words)


def test_the_command_writes_and_tells(command, tmp_path):
    status, out, err = command("--to", "script", "--beats", "2-", "-o", tmp_path / "deep" / "x.md", "--json")
    assert (status, err) == (0, "")
    [told] = json.loads(out)["exports"]
    assert Path(told["file"]).read_text(encoding="utf-8").startswith("# Tiny")
    assert [beat["caption"] for beat in told["beats"]] == CAPTIONS[1:]


def test_several_languages_and_themes_in_one_call(command, tmp_path):
    looks = ["--language", "en,zh", "--theme", "light, dark"]
    status, out, _ = command("--to", "script", *looks, "-o", tmp_path / "x.txt", "--json")
    assert status == 0
    files = [Path(told["file"]).name for told in json.loads(out)["exports"]]
    assert files == ["x-en-light.txt", "x-en-dark.txt", "x-zh-light.txt", "x-zh-dark.txt"]
    assert sorted(files) == sorted(path.name for path in tmp_path.iterdir())
    status, out, err = command("--to", "script", "--theme", "light,drak", "-o", tmp_path / "y.txt")
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "drak" in err


def test_films_are_rendered_in_several_looks_with_their_clips(capsys, command, tiny, tmp_path):
    looks = ["--language", "en,zh", "--theme", "light", "--json"]
    words = [tiny.file, "-ql", "--sections", "-w", "1", "--media-dir", tmp_path, *looks]
    status, out, _ = run(capsys, "render", *words)
    assert status == 0
    english, chinese = json.loads(out)["films"]
    assert (english["language"], chinese["language"], chinese["theme"]) == ("en", "zh", "light")
    assert english["file"] != chinese["file"]
    for told in (english, chinese):
        with av.open(told["file"]) as film:
            assert film.duration / av.time_base == pytest.approx(told["length"], abs=0.01)
        for beat in told["beats"]:
            with av.open(beat["file"]) as clip:
                assert clip.duration / av.time_base == pytest.approx(beat["end"] - beat["start"], abs=0.01)
    assert [beat["caption"] for beat in english["beats"]] == CAPTIONS
    first = [av.open(told["file"]).decode(video=0) for told in (english, chinese)]
    assert all(next(frames).to_ndarray(format="rgb24").mean() > 200 for frames in first)  # light, in the worker too


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["--to", "film"], 2, "'film' is not one of"),
        (["--to", "script", "--beats", "4"], 2, "has 3 beats"),
        (["--to", "sheet", "--beats", "2-9"], 2, "has 3 beats"),
        (["--to", "script", "--beats", "3-1"], 2, "1-3"),
        (["--to", "page", "--beats", "1"], 2, "whole film"),
        (["--to", "gif", "--per-page", "1"], 2, "handout"),
        (["--to", "gif", "-o", "x.mp4"], 2, ".gif"),
        (["--to", "script", "-o", "/dev/null/x.txt"], 1, "/dev/null"),
    ],
)
def test_what_can_not_be_written_is_told_in_one_line(command, words, status, says):
    code, out, err = command(*words)
    assert (code, out) == (status, "")
    assert len(err.splitlines()) == 1
    assert says in err


def test_a_folder_is_no_file(command, tmp_path):
    (tmp_path / "x.txt").mkdir()
    code, _, err = command("--to", "script", "-o", tmp_path / "x.txt")
    assert code == 1
    assert "is a folder" in err


def test_the_help_and_the_readme_say_what_each_kind_gives(command):
    _, out, _ = command("--help")
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    for kind, way in EXPORTERS.items():
        assert way.gives[:30] in " ".join(out.split())
        assert f"| `{kind}` | {', '.join(way.suffixes)} | {way.gives} | {way.lacks} |" in readme


def test_the_table_imports_no_manim():
    import subprocess

    program = "import sys, nn_unfold.cli.export; sys.exit('manim' in sys.modules)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0


# Alpha


def test_straight_colours_are_those_before_they_were_multiplied():
    rng = np.random.default_rng(0)
    colours, alpha = rng.integers(0, 256, (40, 40, 3)), rng.integers(60, 256, (40, 40, 1))
    alpha[:5] = 0
    premultiplied = np.concatenate([np.rint(colours * alpha / 255), alpha], axis=2).astype(np.uint8)
    found = straight(premultiplied)
    assert (found[:5] == 0).all()
    assert (found[..., 3:] == alpha).all()
    assert np.abs(found[5:, :, :3].astype(int) - colours[5:]).max() <= 3


def test_transparent_frames_laid_over_the_background_are_the_film(tiny, order):
    clear: list[np.ndarray] = []
    solid: list[np.ndarray] = []
    frames(tiny, small(order("x")), Range(2, 2), lambda f, n: clear.append(f.copy()), transparent=True)
    frames(tiny, small(order("x")), Range(2, 2), lambda f, n: solid.append(f.copy()))
    assert len(clear) == len(solid)
    for over, film in zip(clear[::8], solid[::8], strict=True):
        hidden = over[..., 3] == 0
        assert hidden.mean() > 0.3
        assert (over[hidden] == 0).all()
        assert ((over[..., 3] > 0) & (over[..., 3] < 255)).any()
        share = over[..., 3:] / 255
        laid = over[..., :3] * share + film[0, 0] * (1 - share)
        assert np.abs(laid - film).max() <= 4


@pytest.mark.parametrize(("suffix", "codec"), [(".mov", "prores"), (".webm", "libvpx-vp9"), (".zip", None)])
def test_alpha_survives_its_file(suffix, codec, order, monkeypatch):
    monkeypatch.setattr(alpha, "LINES", 90)
    wanted = order(f"x{suffix}", Range(2, 2))
    [step] = export("alpha", wanted).beats
    expected: list[np.ndarray] = []
    frames(
        wanted.film,
        wanted.settings(90, alpha.RATE),
        wanted.beats,
        lambda f, n: expected.extend([f.copy()] * n),
        transparent=True,
    )
    if codec is None:
        with zipfile.ZipFile(wanted.path) as archive:
            names = archive.namelist()
            pictures = [np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in names]
        assert names == sorted(names)
    else:
        with av.open(str(wanted.path)) as film:
            decoder = av.CodecContext.create(codec, "r")
            decoder.extradata = film.streams.video[0].codec_context.extradata
            packets = [packet for packet in film.demux(video=0) if packet.size]
            decoded = [frame for packet in packets for frame in decoder.decode(packet)] + decoder.decode(None)
            pictures = [frame.to_ndarray(format="rgba") for frame in decoded]
    assert len(pictures) == len(expected) == round((step.end - step.start) * alpha.RATE)
    last, meant = pictures[-1].astype(int), expected[-1].astype(int)
    assert last.shape == meant.shape == (90, 160, 4)
    off = np.abs(last[..., 3] - meant[..., 3])
    assert off.mean() < 3
    opaque = meant[..., 3] == 255
    assert np.abs(last[opaque] - meant[opaque]).mean() < 12
    if codec is None:
        assert (last == meant).all()


def test_a_film_of_manim_has_straight_alpha(tiny, tmp_path):
    values = {**rendering.settings("l", tmp_path), "pixel_width": 160, "pixel_height": 90, "format": "png"}
    picture = np.asarray(Image.open(rendering.render_whole(tiny, values, transparent=True)))
    solid = np.asarray(Image.open(rendering.render_whole(tiny, values)))[..., :3].astype(int)
    assert (picture[picture[..., 3] == 0] == 0).all()
    share = picture[..., 3:] / 255
    assert ((share > 0) & (share < 1)).any()
    laid = picture[..., :3] * share + solid[0, 0] * (1 - share)
    assert np.abs(laid - solid).max() <= 4


# Captions


def test_captions_are_in_the_picture_on_a_band_or_left_out(tiny, order, monkeypatch):
    last: dict[str, np.ndarray] = {}
    told = {}
    for captions in ("burned", "band", "none"):
        monkeypatch.setenv("UNFOLD_CAPTIONS", captions)

        def take(frame: np.ndarray, count: int, captions: str = captions) -> None:
            last[captions] = frame.copy()

        told[captions] = frames(tiny, small(order("x")), Range(1, 1), take)
    assert told["burned"] == told["band"] == told["none"]
    text = {captions: np.ptp(picture[72:], axis=(0, 1)).max() for captions, picture in last.items()}
    assert text["burned"] > 100
    assert text["band"] > 100
    assert text["none"] < 10
    assert np.abs(last["burned"][:70].astype(int) - last["none"][:70]).max() <= 2


# Key frames


def test_a_beat_marks_its_key_frame(tmp_path):
    path = tmp_path / "marked.py"
    path.write_text(
        "from manim import Square\n\nfrom nn_unfold import Stage\n\n\nclass Marked(Stage):\n    def construct(self):\n"
        "        square = Square(fill_opacity=1, color='#ff0000')\n"
        "        with self.beat('A square comes and goes.'):\n"
        "            self.add(square)\n            self.wait(1)\n            self.key_frame()\n"
        "            self.remove(square)\n"
        "        with self.beat('It is gone.'):\n            self.wait(1)\n"
        "        self.key_frame()\n"
    )
    film = find(str(path))
    with pytest.raises(UnfoldError, match="A key frame is of a beat"):
        key_frames(film, Order(film, path, tmp_path).settings(90, 15), ALL)
    path.write_text(path.read_text().removesuffix("        self.key_frame()\n"))
    _, (with_square, without) = key_frames(film, Order(film, path, tmp_path).settings(90, 15), ALL)
    red = [(picture[..., 0] > 200).mean() for picture in (with_square, without)]
    assert red[0] > 0.02
    assert red[1] == 0
