"""Mobjects in space in scenes of every kind: SpatialScene, Stage, stock scenes of Manim, notebooks."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
import wave
from pathlib import Path
from urllib.error import URLError

import av
import numpy as np
import pytest
from manim import (
    BLUE,
    DEGREES,
    IN,
    LEFT,
    OUT,
    RED,
    RIGHT,
    UP,
    AnimationGroup,
    Circle,
    Dot,
    FadeIn,
    ImageMobject,
    LaggedStart,
    Line,
    ManimColor,
    MovingCameraScene,
    Scene,
    Sphere,
    Square,
    Succession,
    ThreeDAxes,
    ThreeDCamera,
    ThreeDScene,
    ValueTracker,
    VGroup,
    always_redraw,
    config,
    linear,
    tempconfig,
)
from manim.renderer.cairo_renderer import CairoRenderer

from nn_unfold.engine.camera import SpatialCamera, StageCamera
from nn_unfold.engine.renderer import SpatialRenderer
from nn_unfold.engine.scene import SpatialScene
from nn_unfold.errors import UnfoldError
from nn_unfold.flat.heat_map import HeatMap
from nn_unfold.out.films import find
from nn_unfold.out.plan import Piece
from nn_unfold.out.rendering import rehearse, render_piece, settings
from nn_unfold.space.axes import Axes
from nn_unfold.space.primitives import Cloud, Faces
from nn_unfold.space.sheet import Sheet
from nn_unfold.stage.layout import findings
from nn_unfold.stage.stage import Stage
from nn_unfold.stage.view import TOP, View
from nn_unfold.text.labels import label
from nn_unfold.theme import THEMES

PROJECT = Path(__file__).resolve().parents[3]


def shot(scene: Scene) -> np.ndarray:
    """The frame (h, w, 3) of a scene as it stands."""
    scene.renderer.static_image = None
    scene.renderer.update_frame(scene)
    return scene.renderer.get_frame()[..., :3].copy()


def frames_of(scene: SpatialScene, monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """A list to which every frame is added that a scene plays from now on."""
    scene.renderer._original_skipping_status = False
    frames: list[np.ndarray] = []
    monkeypatch.setattr(scene.renderer, "add_frame", lambda frame, **options: frames.append(frame[..., :3].copy()))
    return frames


def plate(height: float, colour: tuple[float, float, float]) -> Faces:
    corners = np.array([[-1, -1, height], [1, -1, height], [1, 1, height], [-1, 1, height]])
    return Faces(corners, [[0, 1, 2], [0, 2, 3]], [*colour, 1.0])


# A ThreeDScene that can do more


@pytest.mark.parametrize(("phi", "theta", "zoom"), [(0, -90, 1), (60, 30, 1), (75, -45, 0.6), (120, 10, 2)])
def test_what_manim_draws_looks_as_in_a_three_d_scene(phi, theta, zoom):
    frames = []
    for kind in (ThreeDScene, SpatialScene):
        scene = kind()
        scene.set_camera_orientation(phi * DEGREES, theta * DEGREES, zoom=zoom)
        title = Square(0.5).to_corner(UP + LEFT)
        scene.add_fixed_in_frame_mobjects(title)
        scene.add(ThreeDAxes(), Circle().shift(OUT), Line(LEFT, RIGHT + UP), Sphere(resolution=(6, 6)).shift(2 * RIGHT))
        frames.append(shot(scene).astype(int))
    stray = np.abs(frames[0] - frames[1]).max()
    assert stray <= 3
    assert frames[0].any()


def test_true_depth_when_only_a_part_moves(monkeypatch):
    scene = SpatialScene()
    above, below = plate(1.0, (1, 0, 0)), plate(0.0, (0, 1, 0))
    # The one that stands is the nearer: drawn once as a background it would lie under the other.
    scene.add(above, below)
    frames = frames_of(scene, monkeypatch)
    scene.play(below.animate(rate_func=linear).shift(0.5 * IN), run_time=0.4)
    assert len(frames) == 6
    for frame in frames:
        assert np.argmax(frame[135, 240]) == 0


@pytest.mark.parametrize("way", ["move_camera", "ambient rotation"])
def test_the_camera_of_manim_moves_the_picture(way, monkeypatch):
    scene = SpatialScene()
    scene.add(Sheet((-2, 2, -1, 1)), Square())
    frames = frames_of(scene, monkeypatch)
    if way == "move_camera":
        scene.move_camera(phi=1.0, run_time=0.4)
    else:
        scene.begin_ambient_camera_rotation(rate=1.0)
        scene.wait(0.4)
    assert len(frames) == 6
    assert (frames[0] != frames[-1]).any()
    np.testing.assert_array_equal(frames[-1], shot(scene) if way == "ambient rotation" else frames[-1])


def test_axes_and_clouds_are_seen():
    scene = SpatialScene()
    empty = shot(scene)
    for thing in (Axes((-1, 1, -1, 1), ("x_1", "x_2")), Cloud([[0.0, 0.0]])):
        scene.clear()
        scene.add(thing)
        assert (shot(scene) != empty).any()


def test_the_background_of_an_author_stays():
    with tempconfig({"background_color": "#204060"}):
        assert tuple(shot(SpatialScene())[0, 0]) == (0x20, 0x40, 0x60)
    scene = SpatialScene()
    scene.camera.background_color = ManimColor("#804020")
    assert tuple(shot(scene)[0, 0]) == (0x80, 0x40, 0x20)


@pytest.mark.parametrize("kind", [SpatialScene, Stage])
def test_every_keyword_that_manim_gives_a_scene_is_taken(kind):
    angles = {"phi": 0.3, "theta": 0.4}
    scene = kind(
        renderer=None,
        camera_class=StageCamera,
        always_update_mobjects=True,
        random_seed=3,
        skip_animations=True,
        ambient_camera_rotation=0.1,
        default_angled_camera_orientation_kwargs=angles,
    )
    assert scene.always_update_mobjects
    assert scene.random_seed == 3
    assert scene.ambient_camera_rotation == 0.1
    assert scene.default_angled_camera_orientation_kwargs == angles
    assert scene.renderer.skip_animations
    assert type(scene.camera) is StageCamera
    own = SpatialRenderer(camera_class=StageCamera)
    assert kind(own).renderer is own


@pytest.mark.parametrize("kind", [SpatialScene, Stage])
def test_what_cannot_paint_is_refused_in_one_line(kind):
    with pytest.raises(UnfoldError, match="CairoRenderer, which can't paint mobjects in space"):
        kind(renderer=CairoRenderer())
    with pytest.raises(UnfoldError, match="camera class ThreeDCamera, which can't paint"):
        kind(camera_class=ThreeDCamera)
    with tempconfig({"renderer": "opengl"}), pytest.raises(UnfoldError, match="leave --renderer=opengl away"):
        kind()


# Stock scenes


@pytest.mark.parametrize("kind", [Scene, ThreeDScene, MovingCameraScene])
@pytest.mark.parametrize(
    "make",
    [
        lambda: Sheet((-1, 1, -1, 1)),
        lambda: Cloud([[0.0, 1.0]]),
        lambda: Axes((-1, 1, -1, 1)),
        lambda: VGroup(HeatMap(1.0, np.eye(3))),
    ],
)
@pytest.mark.parametrize("way", ["add", "play"])
def test_a_stock_scene_tells_in_one_line_what_it_cannot_paint(kind, make, way):
    def construct(scene):
        if way == "add":
            scene.add(make())
            scene.wait(0.2)
        else:
            scene.play(FadeIn(make()), run_time=0.2)

    scene = type("Mine", (kind,), {"construct": construct})()
    with pytest.raises(
        UnfoldError, match=r"(lives in space|with a picture), and this scene can't paint it: .* nn_unfold\.SpatialScene"
    ):
        scene.render()


# What stands still


@pytest.mark.parametrize("kind", [SpatialScene, Stage])
def test_what_an_updater_of_its_group_moves_does_not_freeze_while_things_move_in_space(kind, monkeypatch):
    scene = kind()
    sheet, tracker = Sheet((-1, 1, -1, 1)), ValueTracker(-6.0)
    pointer = always_redraw(lambda: VGroup(VGroup(Dot([tracker.get_value(), 3, 0], radius=0.3, color=RED))))
    still = Square(0.4, color=BLUE).move_to([5, 3, 0])
    inner = VGroup(Dot([-6, -3.5, 0], radius=0.3))
    VGroup(inner).add_updater(lambda group: group)
    holder = VGroup(inner).add_updater(lambda group: group.set_x(tracker.get_value()))
    scene.add(still, pointer, holder, sheet)
    frames = frames_of(scene, monkeypatch)
    moves = [sheet.animate.shift(0.2 * OUT), tracker.animate(rate_func=linear).set_value(2.0)]
    scene.play(*moves, run_time=0.4)
    scale = 480 / config.frame_width
    for row in (round(135 - 3 * scale), round(135 + 3.5 * scale)):
        middles = [np.flatnonzero(frame[row, :330].max(axis=1) > 150).mean() for frame in frames]
        assert (np.diff(middles) > 10).all()


def test_what_an_updater_of_the_scene_moves_does_not_freeze_either(stage, monkeypatch):
    dot, sheet = Dot([-6, 3, 0], radius=0.3, color=RED), Sheet((-1, 1, -1, 1))
    stage.add(dot, sheet)
    stage.add_updater(lambda dt: dot.shift(10 * dt * RIGHT))
    frames = frames_of(stage, monkeypatch)
    stage.play(sheet.animate.shift(0.2 * OUT), run_time=0.4)
    row = round(135 - 3 * 480 / config.frame_width)
    middles = [np.flatnonzero(frame[row].max(axis=1) > 150).mean() for frame in frames]
    assert (np.diff(middles) > 10).all()


def test_mobjects_that_stand_are_held_and_those_beside_a_moving_panel_too(stage, monkeypatch):
    held = []
    monkeypatch.setattr(type(stage.camera), "hold", lambda camera, mobjects: held.append(list(mobjects)))
    stage.renderer._original_skipping_status = False
    left, right = stage.panels(2)
    sheet, word = Sheet((-1, 1, -1, 1)), label("still")
    left.add(sheet)
    stage.add(word, sheet)
    stage.play(stage.reframe(sheet, phi=0.4), run_time=0.2)
    assert word[0] in held[0] or word in held[0]
    assert held[-1] == []
    assert right.area != left.area


# Nothing


def test_to_play_nothing_is_nothing(stage):
    word = label("one")
    stage.play(stage.aside(word))
    before = stage.clock, len(stage.renderer.plays), stage.time
    stage.play(stage.aside(word))  # it is there already
    stage.play(AnimationGroup())
    stage.play(AnimationGroup(AnimationGroup(), LaggedStart()), Succession(), run_time=2)
    stage.play(*[])
    stage.play([], (animation for animation in []))
    assert (stage.clock, len(stage.renderer.plays), stage.time) == before
    stage.play(stage.aside())
    stage.play(stage.aside())
    assert len(stage.renderer.plays) == before[1] + 1


@pytest.mark.parametrize("group", [AnimationGroup, Succession, LaggedStart])
def test_nothing_beside_something_is_left_out(stage, group):
    dot = Dot()
    stage.play(group(AnimationGroup(run_time=3), dot.animate(run_time=1).shift(2 * UP), group()))
    np.testing.assert_allclose(dot.get_center(), 2 * UP)
    assert len(stage.renderer.plays) == 1


# The frame and the background of a stage


@pytest.mark.parametrize(("width", "height"), [(860, 360), (480, 360), (360, 640), (427, 240), (480, 270)])
def test_layout_and_picture_agree_at_any_size(width, height):
    with tempconfig({"pixel_width": width, "pixel_height": height}):
        stage = Stage(skip_animations=True)
        camera = stage.camera
        assert camera.frame_width / camera.frame_height == pytest.approx(width / height)
        assert (camera.frame_width, camera.frame_height) == pytest.approx((config.frame_width, config.frame_height))
        # It has the room of 16:9, or more where it is very long.
        assert config.frame_width * config.frame_height == pytest.approx(max(128 / 9, 8 * width / height) * 8)
        # A square in a panel is a square on the screen.
        (panel,) = stage.panels(1)
        sheet = plate(0.0, (1.0, 1.0, 1.0))
        panel.add(sheet)
        View(*TOP, 1.0, np.zeros(3)).take(panel)
        stage.add(sheet)
        seen = (shot(stage).astype(int) - shot(Stage())[0, 0]).max(axis=2) > 60
        across, down = (np.ptp(np.flatnonzero(seen.any(axis=axis))) for axis in (0, 1))
        assert across == pytest.approx(down, abs=1.5)
        # A caption is on the screen.
        with stage.beat("Everything is where it belongs."):
            stage.look(sheet)
        assert findings(stage) == []


def test_a_second_stage_of_another_size_has_the_frame_of_that_size():
    with tempconfig({}):
        for width, height in ((860, 360), (360, 640), (480, 270)):
            config.pixel_width, config.pixel_height = width, height
            Stage()
            assert min(config.frame_width, config.frame_height) == pytest.approx(8)
            assert config.frame_width / config.frame_height == pytest.approx(width / height)


@pytest.mark.parametrize(("theme", "colour"), [("dark", "#301020"), ("light", "#ffeedd"), ("dark-safe", "#002b36")])
def test_a_stage_has_the_background_that_the_settings_say(theme, colour, monkeypatch):
    monkeypatch.setenv("UNFOLD_THEME", theme)
    assert tuple(shot(Stage())[0, 0]) == tuple(ManimColor(THEMES[theme].background).to_int_rgb())
    with tempconfig({"background_color": colour}):
        assert tuple(shot(Stage())[0, 0]) == tuple(ManimColor(colour).to_int_rgb())
        assert config.background_color == ManimColor(colour)


@pytest.mark.parametrize(("theme", "colour"), [("dark", "#ffffff"), ("dark", "#808080"), ("light", "#303030")])
def test_a_background_on_which_text_cannot_be_read_is_refused(theme, colour, monkeypatch):
    monkeypatch.setenv("UNFOLD_THEME", theme)
    with (
        tempconfig({"background_color": colour}),
        pytest.raises(UnfoldError, match=rf"(?i)background_color is {colour}.* contrast of .*: choose another"),
    ):
        Stage()


# What stops a film


def absent(folder):
    return np.genfromtxt(folder / "points.csv")


def program(folder):
    subprocess.run(["no-such-latex", "x"], check=True)


def network(folder):
    def no_answer(url):
        raise URLError(OSError(-3, "Temporary failure in name resolution"))

    return no_answer(urllib.request.Request("http://localhost"))


def folder_instead(folder):
    return (folder / ".").open()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (absent, r"can't be rendered.*points\.csv"),
        (lambda folder: ImageMobject(str(folder / "face.png")), r"can't be rendered.*face\.png"),
        (program, r"wants the program no-such-latex, which is not installed"),
        (network, r"wants something from the network .*name resolution"),
        (folder_instead, r"can't be rendered.*[Ii]s a directory"),
    ],
    ids=["table", "picture", "program", "network", "folder"],
)
def test_an_error_of_the_system_is_told_as_what_it_is(fault, words, tmp_path):
    class Film(Stage):
        def construct(self):
            fault(tmp_path)

    with pytest.raises(UnfoldError, match=rf"(?s)Film \(line \d+\) .*{words}") as error:
        Film().render()
    assert len(str(error.value).splitlines()) == 1
    assert "written" not in str(error.value)
    assert "make room" not in str(error.value)


def test_a_missing_sound_is_named(tmp_path):
    class Film(Stage):
        def construct(self):
            self.wait(0.2)
            self.add_sound("gong.wav")

    with (
        tempconfig({"dry_run": False, "format": "mp4", "media_dir": str(tmp_path)}),
        pytest.raises(UnfoldError, match=r"Film \(line \d+\) can't be rendered.*gong\.wav"),
    ):
        Film().render()


# Sound

NOISY = '''
"""A film with sounds."""
from manim import FadeIn, RIGHT

from nn_unfold import Sheet, Stage


class Noisy(Stage):
    def construct(self):
        sheet = Sheet((-1, 1, -1, 1))
        self.look(sheet)
        self.play(FadeIn(sheet), run_time=1)
        self.add_sound("tone.wav")
        self.play(sheet.animate.shift(0.1 * RIGHT), run_time=1)
        self.play(sheet.animate.shift(0.1 * RIGHT), run_time=1)
        self.add_sound("tone.wav", time_offset=-0.5, gain=-3)
        self.wait(1)
'''


@pytest.fixture
def noisy(tmp_path, monkeypatch):
    (tmp_path / "noisy.py").write_text(NOISY)
    with wave.open(str(tmp_path / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        tone = 20_000 * np.sin(np.arange(4000) * 2 * np.pi * 440 / 8000)
        file.writeframes(tone.astype("<i2").tobytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path / "noisy.py"


def loud(path: Path) -> np.ndarray:
    """Seconds at which a film is loud, to a tenth."""
    with av.open(str(path)) as film:
        stream = film.streams.audio[0]
        sound = np.concatenate([np.abs(frame.to_ndarray()).max(axis=0) for frame in film.decode(stream)])
        tenth = stream.rate // 10
    levels = sound[: len(sound) // tenth * tenth].reshape(-1, tenth).max(axis=1)
    return np.flatnonzero(levels > 0.2 * levels.max()) / 10


# Pydub leaves open what it has read.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_film_has_its_sounds_also_from_the_cache_and_from_workers(noisy, tmp_path):
    film = find(str(noisy))
    heard = []
    values = {**settings("l", tmp_path / "one"), "pixel_width": 160, "pixel_height": 90, "disable_caching": False}
    for folder, there in (("one", False), ("one", True), ("two", False)):
        values["media_dir"] = str(tmp_path / folder)
        rehearsal = rehearse(film, values)
        keys = tuple(play.key for play in rehearsal.plays)
        missing = set(keys) - rehearsal.present()
        assert there == (not missing)
        for first, last in ((0, 1), (2, 3)) if missing else ():
            render_piece(Piece(film, values, first, last, keys[first : last + 1]))
        rehearsal.join()
        heard.append(loud(rehearsal.path))
        rehearsal.path.unlink()
    for times in heard:
        assert times[0] == pytest.approx(1.0, abs=0.15)
        assert 2.4 <= times[times > 2][0] <= 2.65
        assert not ((times > 1.7) & (times < 2.3)).any()


def test_a_second_render_by_manim_has_its_sounds_and_a_part_has_its_own(noisy, tmp_path):
    def rendered(*options):
        command = [sys.executable, "-m", "manim", "render", "noisy.py", "-r", "160,90", "--fps", "15", "-v", "ERROR"]
        done = subprocess.run(
            [*command, "--progress_bar", "none", "--media_dir", "out", *options],
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        (film,) = (tmp_path / "out").rglob("Noisy.mp4")
        return loud(film)

    first = rendered()
    np.testing.assert_array_equal(rendered(), first)
    # From the second play on, everything comes a second earlier; the sound before it is left out.
    part = rendered("-n", "1,3")
    assert part[0] == pytest.approx(1.5, abs=0.15)


# Notebooks, and many scenes at once

CELL = """
%%manim -v WARNING --progress_bar none -ql Plane

class Plane(Stage):
    def construct(self):
        sheet = Sheet((-1, 1, -1, 1))
        self.look(sheet)
        self.play(FadeIn(sheet), run_time=0.2)
"""

NOTEBOOK = f"""
import IPython
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

shell = InteractiveShell.instance()
shell.run_cell("from manim import *\\nfrom nn_unfold import Sheet, Stage").raise_error()
with capture_output() as shown:
    shell.run_cell({CELL.strip()!r}).raise_error()
print("shown", [type(output.obj if hasattr(output, "obj") else output).__name__ for output in shown.outputs])
with capture_output() as told:
    shell.run_cell({CELL.strip().replace("self.look(sheet)", "self.beat('word ' * 60).__enter__()")!r})
print("told", repr(told.stdout + told.stderr))
"""


def test_a_notebook_shows_a_stage_and_tells_what_is_wrong_in_one_line(tmp_path):
    (tmp_path / "notebook.py").write_text(NOTEBOOK)
    done = subprocess.run(
        [sys.executable, "notebook.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(tmp_path.rglob("jupyter/Plane*.mp4"))) == 1
    shown, told = (
        next(line for line in done.stdout.splitlines() if line.startswith(word)) for word in ("shown", "told")
    )
    assert "RichOutput" in shown or "Video" in shown
    assert "doesn't fit into two lines" in told
    assert "Traceback" not in told


MANY = """
from manim import *
from nn_unfold import Sheet, SpatialScene, Stage

class A(Stage):
    def construct(self):
        sheet = Sheet((-1, 1, -1, 1))
        self.look(sheet)
        self.play(FadeIn(sheet), run_time=0.2)

class B(A):
    def construct(self):
        super().construct()
        self.beat("word " * 60).__enter__()

class C(SpatialScene):
    def construct(self):
        self.play(FadeIn(Sheet((-1, 1, -1, 1))), run_time=0.2)
"""


def test_a_film_that_fails_between_two_good_ones_does_not_stop_them(tmp_path):
    (tmp_path / "many.py").write_text(MANY)
    small = ("-r", "160,90", "--progress_bar", "none", "-v", "WARNING")
    done = subprocess.run(
        [sys.executable, "-m", "manim", "render", "-a", "many.py", *small],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "doesn't fit into two lines" in done.stderr
    assert "Traceback" not in done.stdout
    assert {path.stem for path in tmp_path.glob("media/videos/many/90p*/*.mp4")} == {"A", "C"}


def test_a_script_gets_the_exception():
    class Film(Stage):
        def construct(self):
            raise UnfoldError("No.")

    with pytest.raises(UnfoldError, match=r"^No\.$"):
        Film().render()
    assert issubclass(UnfoldError, Exception)


def test_the_camera_of_a_spatial_scene_is_that_of_manim_in_its_angles():
    scene = SpatialScene()
    scene.set_camera_orientation(phi=0.7, theta=0.2, gamma=0.1, zoom=1.5, focal_distance=11.0)
    assert isinstance(scene.camera, SpatialCamera)
    assert scene.camera.get_focal_distance() == 11.0
    points = np.random.default_rng(0).normal(size=(20, 3))
    clip = np.column_stack([points, np.ones(20)]) @ scene.camera.projection().T
    seen = clip[:, :2] / clip[:, 3:] * [scene.camera.frame_width / 2, -scene.camera.frame_height / 2]
    scene.camera.reset_rotation_matrix()
    np.testing.assert_allclose(seen, ThreeDCamera.project_points(scene.camera, points)[:, :2], atol=1e-9)
